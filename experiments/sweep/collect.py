"""Collection of a sweep's results: a row a finished run, with its settings and every metric, in a fixed byte order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from secondhalf.experiments.results.load import metrics
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.sweep.jobs import Job
from secondhalf.experiments.sweep.run_job import RUNS, summary_of
from secondhalf.experiments.sweep.run_record import RunRecord, durable
from secondhalf.experiments.sweep.short_results import SHORT, printed, short_results

RESULTS = "results"


def finish(folder: Path, jobs: Sequence[Job], records: Mapping[str, RunRecord]) -> Table | None:
    """Write what a sweep gives so far, after its last run or when it is stopped; returns the table to print."""
    table = results(folder, jobs, records)
    keys = list(dict.fromkeys(key for job in jobs for key in job.settings))
    with durable(folder / SHORT) as temporary:
        write_csv(short_results(table, keys), temporary)
    with durable(folder / f"{RESULTS}.csv") as temporary:
        write_csv(table, temporary)
    with durable(folder / f"{RESULTS}.parquet") as temporary:
        table.to_parquet(temporary, index=False)
    return printed(table, keys)


def results(folder: Path, jobs: Sequence[Job], records: Mapping[str, RunRecord]) -> pd.DataFrame:
    """One row a run that succeeded, in the order of the sweep: its identity, what was set, its metrics.

    Columns are the union over runs; a run without a metric (of a platform that was not there, say) has an empty cell.
    """
    keys = list(dict.fromkeys(key for job in jobs for key in job.settings))
    rows = []
    for job in sorted(jobs, key=lambda job: job.number):
        record = records.get(job.run)
        if record is None or record.status != "succeeded":
            continue
        row: dict[str, Any] = {"run": job.run} | {key: job.settings.get(key) for key in keys}
        found = metrics_of(folder / RUNS / job.run, job.study, record)
        rows.append(row | {name: value for name, value in found.items() if name not in row})
    table = pd.DataFrame(rows, columns=None if rows else ["run", *keys], dtype=object)
    return table.apply(_one_kind) if rows else table.astype("string")


def metrics_of(folder: Path, study: str, record: RunRecord) -> dict[str, Any]:
    """The metrics of one run: those of its summary, or the number that another study returns as `value`."""
    summary = summary_of(folder) if study == "run" else None
    if summary is None:
        return {"value": record.value}
    return metrics(summary)


def _one_kind(column: pd.Series[Any]) -> pd.Series[Any]:
    """One type a column, as Parquet needs it: switches, whole numbers, numbers, or words."""
    present = [value for value in column if value is not None and value == value]
    if present and all(isinstance(value, bool) for value in present):
        return column.astype("boolean")
    if present and all(isinstance(value, int) and not isinstance(value, bool) for value in present):
        return column.astype("Int64")
    if present and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in present):
        return column.astype("Float64")
    return column.map(_word).astype("string")


def _word(value: Any) -> Any:
    if value is None or value != value:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
