"""Run job: one job of a sweep, in a temporary folder that is renamed when the run is over."""

from __future__ import annotations

import errno
import gc
import json
import os
import pickle
import shutil
import socket
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import mesa
import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import setup_globals
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from secondhalf.experiments.command.request import make_request
from secondhalf.experiments.command.studies import find_study
from secondhalf.experiments.execution.process_pool import one_line
from secondhalf.experiments.execution.provenance import peak_memory_mb
from secondhalf.experiments.sweep.jobs import Job
from secondhalf.experiments.sweep.run_record import RunRecord, keep, to_disk

RUNS = "runs"
"""Folder of the runs, in the sweep's."""
LOG = "log.txt"
ASIDE = ".aside"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What no other run would escape."""
OF_A_JOB = ("overrides", "job", "runtime")
"""Parts of Hydra's own settings that are set for each job."""
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class Task:
    """A job and the sweep's folder."""

    job: Job
    folder: Path

    @property
    def place(self) -> Path:
        """The run's folder when it is over."""
        return self.folder / RUNS / self.job.run

    @property
    def aside(self) -> Path:
        """The run's folder until then."""
        return self.place.with_name(f"{self.job.run}{ASIDE}")


def run_job(task: Task) -> RunRecord:
    """Run one job and keep what it leaves; an error is part of the record, with the whole story in log.txt."""
    try:
        shutil.rmtree(task.aside, ignore_errors=True)
        task.aside.mkdir(parents=True)
        record = attempt(task.job, task.aside)
        if record.stops:
            shutil.rmtree(task.aside, ignore_errors=True)  # room for runs.csv
        else:
            settle(record, task)
        return record
    except OSError as error:
        shutil.rmtree(task.aside, ignore_errors=True)
        return RunRecord(task.job.run, "failed", one_line(error), stops=error.errno in FULL)


def settle(record: RunRecord, task: Task) -> None:
    """Let the folder aside, or what a dead process left of it, become the run's."""
    task.aside.mkdir(parents=True, exist_ok=True)
    keep(record, task.aside)
    shutil.rmtree(task.place, ignore_errors=True)
    os.replace(task.aside, task.place)
    to_disk(task.place.parent)


def attempt(job: Job, folder: Path) -> RunRecord:
    """Run a job in `folder`, whatever comes of it."""
    started, began = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), time.perf_counter()
    _forget_peak()
    value, error, stops = None, "", False
    with (folder / LOG).open("w", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        try:
            value = _run(job, folder)
        except (Exception, SystemExit) as caught:
            error = one_line(caught)
            stops = isinstance(caught, OSError) and caught.errno in FULL
            with suppress(OSError):
                traceback.print_exc(file=log)
    seconds, peak = time.perf_counter() - began, _peak()
    _free_models()
    return RunRecord(
        job.run,
        "failed" if error else "succeeded",
        error,
        value,
        round(seconds, 3),
        round(peak, 1),
        socket.gethostname(),
        started,
        stops,
    )


def _run(job: Job, folder: Path) -> float | None:
    config: DictConfig = pickle.loads(job.composed)
    for key, value in job.changes:
        OmegaConf.update(config, key, value)
    with _hydra(job, folder):
        study = find_study(job.study)
        assert study is not None  # a sweep is refused when its study is not there
        found = study.start(make_request(study, config, folder, single=False, values=job.values))
    return float(found) if isinstance(found, (int, float)) else None


@contextmanager
def _hydra(job: Job, folder: Path) -> Iterator[None]:
    """What a study asks of Hydra about its job is answered as under Hydra's own launchers; the files in .hydra too."""
    config: DictConfig = pickle.loads(job.hydra)
    hydra = config.hydra
    with read_write(hydra), open_dict(hydra):
        hydra.overrides.task = list(job.overrides)
        hydra.job.num, hydra.job.id = job.number, str(job.number)
        hydra.runtime.output_dir = str(folder)
    kept = folder / str(hydra.output_subdir or ".hydra")
    kept.mkdir()
    for name, text in _texts(job, hydra).items():
        (kept / f"{name}.yaml").write_text(text, encoding="utf-8")
    setup_globals()
    known = HydraConfig.instance()
    config_node: Any = config
    before, known.cfg = known.cfg, config_node  # `set_config` would copy all of it twice
    try:
        yield
    finally:
        known.cfg = before


def _texts(job: Job, hydra: DictConfig) -> dict[str, str]:
    """Files of .hydra as text, by name; only groups in which the job differs from others of its kind are written anew.

    To write all of them anew would take a tenth of a short run.
    """
    changed = {key.partition(".")[0] for key, _ in job.changes}
    values = job.values
    config = _config_texts(job.plain) | {key: _yaml({key: values[key]}) for key in values if key in changed}
    own = {key: OmegaConf.to_container(hydra[key], resolve=False, enum_to_str=True) for key in OF_A_JOB}
    of_hydra = _hydra_texts(job.hydra) | {key: _under_hydra(key, own[key]) for key in OF_A_JOB}
    return {
        "config": "".join(config.values()),
        "overrides": _yaml(list(job.overrides)),
        "hydra": "hydra:\n" + "".join(of_hydra.values()),
    }


@lru_cache(maxsize=4)
def _config_texts(plain: bytes) -> dict[str, str]:
    return {key: _yaml({key: value}) for key, value in pickle.loads(plain).items()}


@lru_cache(maxsize=4)
def _hydra_texts(composed: bytes) -> dict[str, str]:
    own: Any = OmegaConf.to_container(pickle.loads(composed).hydra, resolve=False, enum_to_str=True)
    return {key: _under_hydra(key, value) for key, value in own.items()}


def _under_hydra(key: str, value: Any) -> str:
    return _yaml({"hydra": {key: value}}).removeprefix("hydra:\n")


def _yaml(values: Any) -> str:
    return str(yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True))


_frozen = False


def _free_models() -> None:
    """Let go of markets: Mesa before 3.5 keeps every model under its counter, and models and agents hold each other.

    What is there after the first run, modules above all, is then left out, or each collection takes as long as a run.
    """
    global _frozen
    getattr(mesa.Agent, "_ids", {}).clear()
    gc.collect()
    if not _frozen:
        gc.freeze()
        _frozen = True


def _forget_peak() -> None:
    with suppress(OSError):  # Linux alone can
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Most memory held since `_forget_peak`, in MB; where that cannot be known, since the process began."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return peak_memory_mb()


def summary_of(folder: Path) -> dict[str, Any] | None:
    """What a run wrote into summary.json; None when its study writes none."""
    path = folder / "summary.json"
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
