"""Sweep folder: which runs it has and how far they are (runs.csv), so that a sweep that was killed can resume.

A run writes beside its folder, which is renamed when it ends (`run_job`); its record, written last, has the hashes of
its files (`run_record`); `Status.take` decides what is left to do.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.execution.fingerprint import state
from secondhalf.experiments.execution.process_pool import one_line
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.sweep.jobs import Job, short_hash, without_effect
from secondhalf.experiments.sweep.run_job import ASIDE, RUNS
from secondhalf.experiments.sweep.run_record import FORMAT, NAME, RunRecord, durable, keep, read
from secondhalf.version import __version__

ABOUT, TABLE = "sweep.json", "runs.csv"
COLUMNS = (
    "run", "number", "status", "overrides", "error", "wall_seconds", "peak_memory_mb", "host", "started",
)  # fmt: skip
"""Columns of runs.csv."""
PAUSE = 0.5
"""Least seconds between two writings of runs.csv while runs are at work; what is true is in the runs' folders."""
SAID = 5
"""Most settings that a refusal names."""


class About(BaseModel):
    """What sweep.json holds."""

    model_config = ConfigDict(strict=True)

    format: int
    secondhalf: str
    state: str
    study: str
    values: dict[str, str]
    runs: dict[str, dict[str, str]] = Field(min_length=1)


class Status:
    """Runs of a sweep and how far each is.

    Parameters
    ----------
    folder
        of the sweep; `hydra.sweep.dir`
    study
        what its runs are of

    Attributes
    ----------
    jobs
        by name, in the order of the sweep
    records
        of the runs that are over or at work
    """

    def __init__(self, folder: Path, study: str) -> None:
        self.folder, self.study = folder, study
        self.jobs: dict[str, Job] = {}
        self.records: dict[str, RunRecord] = {}
        self._written = 0.0

    def take(self, jobs: Sequence[Job]) -> list[Job]:
        """Add jobs to the sweep; returns those that are still to be run, failed ones among them."""
        left = []
        self._rename_former(jobs)
        for job in {job.run: job for job in reversed(jobs)}.values():
            self.jobs.setdefault(job.run, job)
            known = read(self.folder / RUNS / job.run)
            if known is not None and known.status == "succeeded":
                self.records[job.run] = known
            else:
                left.append(job)
        values = {run: _flat_values(job) for run, job in self.jobs.items()}
        common = values[next(iter(values))]
        about = {
            "format": FORMAT,
            "secondhalf": __version__,
            "state": state(),
            "study": self.study,
            "values": common,
            "runs": {run: dict(own.items() - common.items()) for run, own in values.items()},
        }
        with durable(self.folder / ABOUT) as temporary:
            temporary.write_text(json.dumps(about, ensure_ascii=False) + "\n", encoding="utf-8")
        self.write()
        return left[::-1]

    def _rename_former(self, jobs: Sequence[Job]) -> None:
        """Give finished runs that stand under another name, as of overrides in another order, the name they have now.

        Former versions named a run by its identity alone.
        """
        runs = self.folder / RUNS
        there = [path.name for path in runs.iterdir() if path.suffix != ASIDE] if runs.is_dir() else []
        former = {short_hash(name): name for name in there}
        for job in jobs:
            name = former.get(short_hash(job.identity), job.run)
            known = read(runs / name) if name != job.run and job.run not in there else None
            if known is not None:
                (runs / name / NAME).unlink()
                keep(replace(known, run=job.run), runs / name)
                os.replace(runs / name, runs / job.run)

    def begun(self, job: Job) -> None:
        """A run was handed out."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.records[job.run] = RunRecord(job.run, "running", started=now)
        self._write_now_and_then()

    def over(self, record: RunRecord) -> None:
        """A run has ended."""
        self.records[record.run] = record
        self._write_now_and_then()

    def stopped(self) -> None:
        """Nothing is at work any more."""
        self.records = {run: record for run, record in self.records.items() if record.status != "running"}
        self.write()

    def count(self, status: str) -> int:
        """Runs that are as far as that."""
        return sum(record.status == status for record in self.records.values())

    def errors(self) -> Iterator[tuple[Job, str]]:
        """Failed runs, each with what went wrong."""
        for run, job in self.jobs.items():
            if run in self.records and self.records[run].status == "failed":
                yield job, self.records[run].error

    def write(self) -> None:
        """Write runs.csv."""
        rows = []
        for job in sorted(self.jobs.values(), key=lambda job: job.number):
            record = self.records.get(job.run, RunRecord(job.run, "pending"))
            rows.append(
                (job.run, job.number, record.status, " ".join(job.overrides), record.error, record.wall_seconds,
                 record.peak_memory_mb, record.host, record.started)
            )  # fmt: skip
        with durable(self.folder / TABLE) as temporary:
            write_csv(pd.DataFrame(rows, columns=list(COLUMNS)), temporary)
        self._written = time.monotonic()

    def _write_now_and_then(self) -> None:
        if time.monotonic() - self._written > PAUSE:
            self.write()


def check_folder(
    folder: Path, jobs: Sequence[Job] | None, study: str, resume: bool, name: str = "hydra.sweep.dir"
) -> None:
    """Refuse a folder that holds another sweep, or this one without `resume=true`.

    Parameters
    ----------
    jobs
        all of the sweep; None when they are not known yet
    name
        the setting that names the folder

    Raises
    ------
    SettingsError
        one sentence that names the folder and what is wrong with it
    """
    where = f"{name}={folder}"
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{where}: that is a file; allowed is a folder, or a name that is free")
    try:
        found = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        newer = isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] > FORMAT
        if newer:
            wrote = str(found.get("secondhalf"))[:40]
            raise SettingsError(f"{where}: written by a newer version, secondhalf {wrote}; this is {__version__}")
        about = About.model_validate(found)
    except FileNotFoundError:
        return
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise SettingsError(
            f"{where}: {ABOUT} there is none of a sweep ({f'{place}: ' if place else ''}{first['msg']}); "
            "name another folder, or remove that file"
        ) from error
    except SettingsError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"{where}: {ABOUT} there cannot be read ({one_line(error)})") from error
    if not resume:
        raise SettingsError(f"{where}: there is a sweep already; resume=true goes on with it, or name another folder")
    if about.study != study:
        raise SettingsError(f"{where}: the sweep there is of the study {about.study} and not of {study}")
    if about.state != state():
        raise SettingsError(f"{where}: resume=true needs the program as it was; its sources have changed since")
    if jobs is None:
        return
    asked = {short_hash(job.identity) for job in jobs}
    missing = [about.values | own for run, own in about.runs.items() if short_hash(run) not in asked]
    if missing:
        raise SettingsError(f"{where}: resume=true needs the settings of the sweep there; {_difference(missing, jobs)}")


def _difference(before: Sequence[dict[str, str]], jobs: Sequence[Job]) -> str:
    """Settings that have other values now than in runs that are no longer requested."""
    now, without = [_flat_values(job) for job in jobs], without_effect(jobs[0].study)
    said = []
    for key in dict.fromkeys(key for values in (*now, *before) for key in values):
        there, here = ({values.get(key, "missing") for values in side} for side in (before, now))
        if not there <= here and key.split(".")[0] not in without:
            said.append(f"{key} was {', '.join(sorted(there - here))} and is {', '.join(sorted(here))}")
    if said:
        return "; ".join(said[:SAID]) + ("; and more" if len(said) > SAID else "")
    return "a combination of them, or a file that they name, is not the same"


def _flat_values(job: Job) -> dict[str, str]:
    """Values of a job by dotted key, each as JSON."""
    found = dict(_flat_plain(job.plain))
    for key, value in job.changes:
        found |= _flat(value, key)
        if isinstance(value, dict) and value:
            del found[key]
    return found


@lru_cache(maxsize=4)
def _flat_plain(plain: bytes) -> dict[str, str]:
    return _flat(pickle.loads(plain))


def _flat(values: Any, name: str = "") -> dict[str, str]:
    """Values by dotted key, each as JSON."""
    if not isinstance(values, dict) or not values:
        return {name: json.dumps(values, ensure_ascii=False, sort_keys=True)}
    found: dict[str, str] = {}
    for key, inner in values.items():
        found |= _flat(inner, f"{name}.{key}" if name else str(key))
    return found


def remove_broken(folder: Path) -> None:
    """Take away what runs left that were broken off."""
    for path in (folder / RUNS).glob(f"*{ASIDE}"):
        shutil.rmtree(path, ignore_errors=True)
