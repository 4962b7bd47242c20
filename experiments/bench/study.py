"""Benchmark of speed and memory: of one market, or (`secondhalf bench sweep`) of many runs."""

from __future__ import annotations

from secondhalf.experiments.bench.settings import Bench
from secondhalf.experiments.bench.speed import bench
from secondhalf.experiments.bench.sweeps import bench_sweep
from secondhalf.experiments.command.request import Request
from secondhalf.experiments.results.document_tables import check


def prepare(request: Request[Bench]) -> None:
    """Refuse documents that have no place for the table."""
    check(request.options.documents, ["bench"], "bench.documents")


def start(request: Request[Bench]) -> float:
    """Measure; returns user-days per second, or the gain of all workers over one."""
    if request.options.what == "sweep":
        return bench_sweep(request.options, request.launcher, request.settings.limits.users is not None, request.folder)
    return bench(request.settings, request.options, request.folder)
