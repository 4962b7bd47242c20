"""Sweep series: the series of all runs of a sweep in one file, and a descriptor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from secondhalf.experiments.results.schema.column_dictionary import Type, column
from secondhalf.experiments.results.schema.csv_files import read_csv
from secondhalf.experiments.results.schema.data_package import describe_sweep
from secondhalf.experiments.results.tables import replacing

SERIES = {"series.parquet": "daily", "market_series.parquet": "market"}
"""Files, and the table of every run that they put together."""
TYPES: dict[Type, pa.DataType] = {
    "string": pa.string(),
    "date": pa.date32(),
    "integer": pa.int64(),
    "number": pa.float64(),
}


def publish(folder: Path) -> None:
    """Write series.parquet, market_series.parquet and datapackage.json of a sweep.

    The same runs give the same bytes. One run at a time is in memory, and is a row group of its own.

    Parameters
    ----------
    folder
        with runs.csv, results.csv, results.parquet, and the folders of its runs in runs/
    """
    runs = read_csv(folder / "runs.csv", keep_default_na=False, dtype=str)
    done = runs.loc[runs["status"] == "succeeded"]
    order = done["number"].astype(int).sort_values().index
    for name, table in SERIES.items():
        whole = [run for run in done.loc[order, "run"] if (folder / "runs" / run / f"{table}.csv").is_file()]
        (folder / name).unlink(missing_ok=True)
        if whole:
            write_series(folder, whole, table, folder / name)
    describe_sweep(folder)


def write_series(folder: Path, runs: Sequence[str], table: str, path: Path) -> None:
    """Put one table of many runs into one Parquet file, run by run.

    Columns are those of all runs together; what a run does not have is null.
    """
    heads = {run: _head(folder / "runs" / run / f"{table}.csv") for run in runs}
    names = list(dict.fromkeys(name for head in heads.values() for name in head))
    kinds = {name: TYPES[column(table, name).type] for name in names}
    schema = pa.schema([("run", pa.string()), *kinds.items()])
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for run in runs:
            writer.write_table(_rows(folder / "runs" / run / f"{table}.csv", run, schema, heads[run]))


def _rows(path: Path, run: str, schema: pa.Schema, head: Sequence[str]) -> pa.Table:
    kept = {field.name: field.type for field in schema if field.name in head}
    # An empty cell of a column of words is an empty word; no column of numbers has any.
    read = pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(column_types=kept))
    columns = [
        pa.array([run] * len(read), pa.string())
        if field.name == "run"
        else (read[field.name] if field.name in head else pa.nulls(len(read), field.type))
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _head(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return lines.readline().rstrip("\n").split(",")
