"""The study `bench`: speed and memory of a day, and of sweeps."""
