"""Benchmark of sweeps: cost of many runs beside the runs themselves, their memory, and sweeps that are killed."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from secondhalf.experiments.bench.parts import PROGRAM, SHORT
from secondhalf.experiments.bench.settings import Bench
from secondhalf.experiments.execution.process_pool import StudyError, cores
from secondhalf.experiments.execution.provenance import commit
from secondhalf.experiments.execution.settings import Launcher, Output
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.sweep.collect import RESULTS
from secondhalf.experiments.sweep.engines import make_engine
from secondhalf.experiments.sweep.jobs import Composer, Job
from secondhalf.experiments.sweep.run_record import durable
from secondhalf.experiments.sweep.sweep_folder import ABOUT, Status
from secondhalf.experiments.sweep.sweep_runner import Work

RUN = (*SHORT, "output.progress=never")
KILLED_RUNS = 40
"""Runs of the sweep that is killed."""


def bench_sweep(options: Bench, launcher: Launcher, tiny: bool, folder: Path) -> float:
    """Measure, print, write bench_sweep.csv and bench_sweep.json; returns the gain of all workers over one.

    Raises
    ------
    StudyError
        when a run fails, or when a sweep that was killed gives other results
    """
    console = Console(stderr=True)
    if tiny:
        options = options.model_copy(update={"runs": 2, "kills": 0, "flat": 0})
    folder.mkdir(parents=True, exist_ok=True)
    composer, rows = Composer("run"), []
    most = launcher.workers or cores()
    for workers, runs in [(count, options.runs) for count in sorted({1, most})] + [(most, options.flat)] * bool(
        options.flat
    ):
        rows.append(_timed(composer, launcher.model_copy(update={"workers": workers}), runs))
        console.print(_said(rows[-1]), soft_wrap=True)
    survived = _killed(options.kills, launcher.workers or cores(), console)
    table = pd.DataFrame(rows)
    with durable(folder / "bench_sweep.csv") as temporary:
        write_csv(table, temporary)
    about = {"cores": os.cpu_count(), "commit": commit(), "kills_survived": survived, "rows": rows}
    with durable(folder / "bench_sweep.json") as temporary:
        temporary.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    faster = rows[0]["seconds"] / rows[min(1, len(rows) - 1)]["seconds"]
    console.print(f"{faster:.2f} times as fast on {most} workers as on one; {survived} kills survived")
    return float(faster)


def _timed(composer: Composer, launcher: Launcher, runs: int) -> dict[str, Any]:
    """Time a sweep after its processes have started and compiled; memory at its beginning and its end."""
    workers = launcher.workers or cores()
    with tempfile.TemporaryDirectory() as place, make_engine(launcher.engine, launcher) as engine:
        status = Status(Path(place), "run")
        work = Work(status, engine, Output(progress="never"), Console(quiet=True), "bench")
        work.do(_jobs(composer, range(4 * workers)))
        jobs = _jobs(composer, range(4 * workers, 4 * workers + runs))
        began = time.perf_counter()
        work.do(jobs)
        seconds = time.perf_counter() - began
        if work.finish():
            raise StudyError(f"bench: {next(status.errors())[1]}")
        records = sorted((status.records[job.run] for job in jobs), key=lambda record: record.started)
        part = max(1, runs // 10)
        memory = [record.peak_memory_mb for record in records]
        return {
            "engine": launcher.engine,
            "workers": workers,
            "runs": runs,
            "seconds": seconds,
            "seconds_a_run": sum(record.wall_seconds for record in records) / runs,
            "overhead_ms": (seconds * workers - sum(record.wall_seconds for record in records)) / runs * 1e3,
            "peak_mb_first_tenth": sum(memory[:part]) / part,
            "peak_mb_last_tenth": sum(memory[-part:]) / part,
            "peak_mb_most": max(memory),
        }


def _jobs(composer: Composer, seeds: Sequence[int]) -> list[Job]:
    return [composer.job(seed, [*RUN, f"seed={seed}"]) for seed in seeds]


def _said(row: dict[str, Any]) -> str:
    memory = f"{row['peak_mb_first_tenth']:.0f} MB in the first tenth, {row['peak_mb_last_tenth']:.0f} in the last"
    return (
        f"{row['runs']} runs, {row['workers']} workers ({row['engine']}): {row['seconds']:.1f} s, "
        f"{row['seconds_a_run']:.2f} s a run, {row['overhead_ms']:.0f} ms beside it; memory {memory}"
    )


def _killed(kills: int, workers: int, console: Console) -> int:
    """Kill a sweep at random moments, go on, and compare with one that was left alone; returns how often that was."""
    if not kills:
        return 0
    survived = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        process = _sweep(folder / "whole", workers)
        began = _at_work(process, folder / "whole")
        process.wait()
        whole = time.perf_counter() - began
        rng = random.Random(0)
        while survived < kills:
            (folder / "cut" / ABOUT).unlink(missing_ok=True)  # written when the sweep goes on
            process = _sweep(folder / "cut", workers)
            _at_work(process, folder / "cut")
            try:
                process.wait(whole * rng.uniform(0.0, 1.0))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                survived += 1
                console.print(
                    f"kill {survived}: {len(list((folder / 'cut' / 'runs').glob('*/run.json')))} runs are there"
                )
            else:
                _compare(folder)
                shutil.rmtree(folder / "cut")  # it was done: another begins
        _sweep(folder / "cut", workers).wait()
        _compare(folder)
    return survived


def _at_work(process: subprocess.Popen[bytes], folder: Path) -> float:
    """Wait until a sweep begins, so that no kill falls into the seconds before; returns the time."""
    while process.poll() is None and not (folder / ABOUT).is_file():
        time.sleep(0.01)
    return time.perf_counter()


def _sweep(folder: Path, workers: int) -> subprocess.Popen[bytes]:
    words = [
        "run",
        "-m",
        *RUN,
        f"seed=range(0,{KILLED_RUNS})",
        f"launcher.workers={workers}",
        f"hydra.sweep.dir={folder}",
    ]
    command = [sys.executable, "-c", PROGRAM, *words, "resume=true"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _compare(folder: Path) -> None:
    for ending in ("csv", "parquet"):
        one, other = (folder / name / f"{RESULTS}.{ending}" for name in ("whole", "cut"))
        if one.read_bytes() != other.read_bytes():
            raise StudyError(f"bench: {RESULTS}.{ending} of a sweep that was killed is not that of one that was not")
