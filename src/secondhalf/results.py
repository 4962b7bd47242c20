"""Results of runs and sweeps, for notebooks: ``secondhalf.results.load("out").results`` is a DataFrame."""

from secondhalf.experiments.results.load import Run, Sweep, load

__all__ = ["Run", "Sweep", "load"]
