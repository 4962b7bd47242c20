"""The Hydra configuration groups that say which market is simulated."""
