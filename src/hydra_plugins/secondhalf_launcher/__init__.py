"""Hydra launcher and sweeper, which Hydra finds here alone; the code is in `secondhalf.experiments.sweep`.

Imported by every Hydra application of the environment, so nothing heavy at the top, and no postponed annotations, which
Hydra would read.
"""

from collections.abc import Sequence
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class SecondHalfLauncher(Launcher):
    """Runs of a sweep on several processes or machines.

    Parameters
    ----------
    engine
        `local` or `ray`
    """

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.launched: Any = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what `launch` needs; called by the sweeper."""
        self.config, self.task_function = config, task_function

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs of one batch; one that fails is a row of runs.csv."""
        from secondhalf.experiments.sweep.hydra_launcher import Launched

        self.launched = self.launched or Launched(self.engine, self.config, self.task_function)
        done: Sequence[JobReturn] = self.launched.batch(job_overrides, initial_job_idx)
        return done


class SecondHalfSweeper(BasicSweeper):
    """Hydra's basic sweeper, which goes its own way only with the launcher above."""

    def sweep(self, arguments: list[str]) -> Any:
        """Hand all jobs to the launcher, which checks them before the first runs; a failed job ends nothing."""
        if not isinstance(self.launcher, SecondHalfLauncher):
            return super().sweep(arguments)
        from secondhalf.experiments.sweep.hydra_launcher import sweep

        return sweep(self, self.launcher, arguments)
