"""Hydra launcher of sweeps: overrides become jobs, all checked before the first runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher as HydraLauncher
from hydra.types import TaskFunction
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import options
from secondhalf.experiments.command.garbage_collection import collect_from_now_on
from secondhalf.experiments.execution.folder_lock import lock_folder
from secondhalf.experiments.execution.process_pool import StudyError, exit_with_error
from secondhalf.experiments.execution.settings import Launcher, Output
from secondhalf.experiments.sweep.engines import Engine, make_engine
from secondhalf.experiments.sweep.jobs import Composer, Job, check_different, hydra_overrides, resume_of
from secondhalf.experiments.sweep.run_record import RunRecord
from secondhalf.experiments.sweep.sweep_folder import Status, check_folder, remove_broken
from secondhalf.experiments.sweep.sweep_runner import Work, interruptible


def sweep(sweeper: BasicSweeper, launcher: HydraLauncher, arguments: Sequence[str]) -> list[Sequence[JobReturn]]:
    """Hand all jobs to the launcher at once; exit code 1 when one of them failed, after all others."""
    returned = launcher.launch(all_jobs(sweeper, arguments), 0)
    if any(job.status != JobStatus.COMPLETED for job in returned):
        raise SystemExit(1)
    return [returned]


def all_jobs(sweeper: BasicSweeper, arguments: Sequence[str]) -> list[list[str]]:
    """Overrides of every job, as Hydra's basic sweeper combines them."""
    given = [*(f"{key}={value}" for key, value in (sweeper.params or {}).items()), *arguments]
    context = sweeper.hydra_context
    parsed = OverridesParser.create(context.config_loader if context else None).parse_overrides(given)
    return [list(job) for batch in sweeper.split_arguments(parsed, None) for job in batch]


class Launched:
    """The sweep of one command, in one batch or, with a sweeper that learns, in several.

    Parameters
    ----------
    engine
        `local` or `ray`
    config
        the sweep's own configuration
    task_function
        the function that Hydra would call; it carries the study's name
    """

    def __init__(self, engine: str, config: DictConfig, task_function: TaskFunction) -> None:
        self.config, self.study = config, str(vars(task_function)["study"].name)
        self.folder = Path(str(config.hydra.sweep.dir))
        self.engine_name = engine
        self.work: Work | None = None
        with errors_exit():
            self.composer = Composer(self.study, hydra_overrides(config.hydra), _plain(config))

    def batch(self, overrides: Sequence[Sequence[str]], first: int) -> list[JobReturn]:
        """Do the jobs of one batch; a run that fails is part of what is returned."""
        with errors_exit():
            jobs = [self.composer.job(first + i, own) for i, own in enumerate(overrides)]
            check_different(jobs)
            collect_from_now_on()  # the runs' processes are forks, which inherit it
            with lock_folder(self.folder, "hydra.sweep.dir"):
                if self.work is None:  # not before the folder is ours: another sweep may just have begun there
                    check_folder(self.folder, jobs, self.study, resume_of(self.config))
                with make_engine(self.engine_name, options(Launcher, self.config)) as engine:
                    return self._do(jobs, engine)

    def _do(self, jobs: list[Job], engine: Engine) -> list[JobReturn]:
        remove_broken(self.folder)
        OmegaConf.save(self.config, self.folder / "multirun.yaml")
        status = self.work.status if self.work else Status(self.folder, self.study)
        output, console = options(Output, self.config), Console(stderr=True)
        self.work = Work(status, engine, output, console, f"hydra.sweep.dir={self.folder}")
        with interruptible(self.work):
            self.work.do(jobs)
            self.work.finish()
        return [_return(job, status.records[job.run]) for job in jobs]


def _plain(config: DictConfig) -> dict[str, Any]:
    """Values of a sweep's own configuration; what a run fills in (`${...}`) stays as it is written."""
    found: Any = OmegaConf.to_container(OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]))
    return dict(found)


@contextmanager
def errors_exit() -> Iterator[None]:
    """What is wrong becomes one sentence and exit code 1."""
    try:
        yield
    except (SettingsError, StudyError) as error:
        exit_with_error(error)


def _return(job: Job, record: RunRecord) -> JobReturn:
    done = JobReturn(overrides=list(job.overrides))
    done.status = JobStatus.COMPLETED if record.status == "succeeded" else JobStatus.FAILED
    done.return_value = record.value if record.status == "succeeded" else StudyError(record.error)
    return done
