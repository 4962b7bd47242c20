"""Snapshots of a market: forks, branches, checkpoints on disk, and what may change when one goes on."""
