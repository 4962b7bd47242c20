"""Benchmark of speed and memory of one market, measured in one process on the same work.

Speeds are medians over repeats of whole days of the market (all stages), in user-days per second. The *floor* is the
time to read the state columns once and write them once, measured by copying arrays of that size with the same threads.
The oracle is the plain Mesa model of tests/reference, loaded by its path when the source tree is there.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd
from rich.console import Console

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.bench.one_table import as_markdown, as_table, lines
from secondhalf.experiments.bench.parts import measure_parts
from secondhalf.experiments.bench.settings import Bench
from secondhalf.experiments.bench.stage_times import STAGES, timed
from secondhalf.experiments.execution.provenance import commit, peak_memory_mb
from secondhalf.experiments.results.document_tables import put_into
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import CHUNK, bounds, chunk_count, compiled_parallel
from secondhalf.model.shapes import F32

ORACLE = "tests.reference.oracle"


def bench(settings: MarketSettings, options: Bench, folder: Path) -> float:
    """Measure, print, write bench.csv and bench.json; returns user-days per second at the largest size, all threads."""
    console = Console(stderr=True)
    if settings.limits.users is not None:
        options = options.model_copy(
            update={"users": (min(settings.limits.users, *options.users),), "repeats": 1, "days": 5}
        )
    rows = [row for users in sorted(options.users) for row in _size(settings, users, options, console)]
    oracle = _oracle(settings, options.oracle_users)
    for row in rows:
        row["times_oracle"] = oracle / row["ns_per_user_day"] if oracle else 0.0
    frame = pd.DataFrame(rows)
    console.print("calling commands in fresh processes ...")
    parts = measure_parts(settings.limits.users is not None)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "bench.csv") as temporary:
        write_csv(frame, temporary)
    with replacing(folder / "bench.json") as temporary:
        report = {
            "oracle_ns_per_user_day": oracle,
            "parts": [part._asdict() for part in parts],
            "cores": os.cpu_count(),
            "peak_memory_mb": peak_memory_mb(),
            "commit": commit(),
            "rows": rows,
        }
        temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    found = lines(parts, rows, oracle)
    put_into(options.documents, {"bench": as_markdown(found)})
    console.print(as_table(found))
    return float(frame["user_days_per_second"].iloc[-1])


def _size(settings: MarketSettings, users: int, options: Bench, console: Console) -> Iterator[dict[str, Any]]:
    """Measurements at one number of users, for one thread and for all."""
    console.print(f"building {users:,} users ...")
    began = time.perf_counter()
    market = Market(settings.model_copy(update={"population": settings.population.model_copy(update={"users": users})}))
    built = time.perf_counter() - began
    days = max(options.days, round(options.days * max(options.users) / users / 10))
    days = min(days, (market.calendar.days - 2) // (2 * options.repeats))
    threads = sorted({1, numba.get_num_threads()})
    speeds: dict[int, list[float]] = {count: [] for count in threads}
    parts: dict[int, list[dict[str, float]]] = {count: [] for count in threads}
    for _ in range(options.repeats):
        for count in threads:  # side by side, so that a noisy neighbour hits both
            numba.set_num_threads(count)
            with timed(market.users_day) as seconds:
                speeds[count].append(_seconds(lambda: _days(market, days)) / days / users)
            parts[count].append(seconds)
    peak = peak_memory_mb()  # of the process so far: sizes come in rising order
    for count in threads:
        numba.set_num_threads(count)
        floor = copy_seconds(market.population.bytes_per_user() * users) / users
        spent = statistics.median(speeds[count])
        yield {
            "users": users,
            "threads": count,
            "days": days,
            "ns_per_user_day": spent * 1e9,
            "user_days_per_second": 1 / spent,
            "floor_ns": floor * 1e9,
            "times_floor": spent / floor,
            "bytes_per_user": market.population.bytes_per_user(),
            "peak_memory_mb": peak,
            "build_seconds": built,
        } | {
            f"{stage}_ns": statistics.median(part[stage] for part in parts[count]) / days / users * 1e9
            for stage in STAGES
        }
    numba.set_num_threads(threads[-1])
    market.close()


def _days(market: Market, days: int) -> None:
    for _ in range(days):
        market.step()


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@compiled_parallel
def _copy(source: F32, target: F32) -> None:
    for chunk in numba.prange(chunk_count(source.size)):
        first, last = bounds(chunk, source.size)
        target[first:last] = source[first:last]


def copy_seconds(size: float, repeats: int = 7) -> float:
    """Median seconds to read and write `size` bytes once with the threads in force."""
    source = np.ones(max(int(size / 4), CHUNK), np.float32)
    target = np.zeros_like(source)
    _copy(source, target)
    return statistics.median(_seconds(lambda: _copy(source, target)) for _ in range(repeats))


def _oracle(settings: MarketSettings, users: int) -> float:
    """Nanoseconds per user-day of the plain Mesa model; 0 when the source tree is not there."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "tests" / "reference" / "oracle.py").is_file():
        return 0.0
    sys.path.insert(0, str(root))
    try:
        oracle = importlib.import_module(ORACLE)
    finally:
        sys.path.remove(str(root))
    merchants = min(settings.population.merchants, 200)
    small = settings.population.model_copy(update={"users": users, "merchants": merchants})
    return float(oracle.timed_days(settings.model_copy(update={"population": small}), 5)) / users * 1e9
