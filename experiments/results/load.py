"""Loader of finished runs and sweeps, from their folders as DataFrames."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.results.read_tables import read_table
from secondhalf.experiments.results.run_results import Results, is_name, read_results, reason, refuse_newer
from secondhalf.experiments.results.schema.csv_files import read_csv
from secondhalf.experiments.results.schema.summary_schema import SUMMARY, ProvenanceShape, check_shape, read_object
from secondhalf.experiments.results.tables import TABLES

RUNS, STATUS = "runs", "runs.csv"
OF_A_SWEEP = {"run", "number", "status", "overrides", "error"}
"""Columns by which runs.csv of a sweep is known."""
OTHERS = ("wall_seconds", "peak_memory_mb", "host", "started")
STATES = ("succeeded", "failed", "running", "pending")
HOW = ("versions", "commit", "wall_seconds", "peak_memory_mb", "column_bytes_per_user")
NOT_MEASURED = ("settings", "seed", "from_checkpoint", "extrapolated", "comparison", *HOW)
"""Keys of a summary that are no metric: what was set, what others reported, and how it was computed."""


class Run:
    """One finished run.

    Parameters
    ----------
    folder
        with what `secondhalf run` wrote
    name
        the run's identity in a sweep; the folder's name when it is on its own
    asked
        stands before the folder's name in errors

    Attributes
    ----------
    everything
        tables, summary and friend graph together, as the pictures take them
    """

    def __init__(self, folder: Path, name: str | None = None, asked: str = "") -> None:
        self.folder, self.name = folder, name or folder.resolve().name
        self.everything: Results = read_results(folder, asked)

    @property
    def summary(self) -> dict[str, Any]:
        """As in summary.json."""
        return self.everything.summary

    @property
    def settings(self) -> dict[str, Any]:
        """All settings of the run, by group."""
        return dict(self.summary["settings"])

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """By name: daily, channels, monthly, overlap, flows, moves, merchants, products, market."""
        return self.everything.tables

    @property
    def series(self) -> pd.DataFrame:
        """daily.csv with the column `run` before, as in series.parquet."""
        return self.tables["daily"].assign(date=pd.to_datetime(self.tables["daily"]["date"])).pipe(_named, self.name)

    @property
    def results(self) -> pd.DataFrame:
        """One row: the run and its metrics, as in results.csv of a sweep."""
        return pd.DataFrame([{"run": self.name} | metrics(self.summary)])


class Sweep:
    """A sweep, finished or not.

    Parameters
    ----------
    folder
        `hydra.sweep.dir`
    asked
        stands before the folder's name in errors

    Attributes
    ----------
    runs
        runs.csv: a row a run with its status
    provenance
        summary of the first run that succeeded, which shares with the others its settings (but for what was swept)
        and versions; None when its study says neither
    """

    def __init__(self, folder: Path, asked: str = "") -> None:
        self.folder, self._asked = folder, f"{asked}{folder}"
        words = _words(folder / STATUS, self._asked)
        self.runs = words.sort_values("number", ignore_index=True)
        self.provenance: dict[str, Any] | None = self._provenance()

    @property
    def succeeded(self) -> list[str]:
        """Identities of the runs that succeeded, in the order of the sweep."""
        return list(self.runs.loc[self.runs["status"] == "succeeded", "run"])

    @cached_property
    def results(self) -> pd.DataFrame:
        """A row a run that succeeded: the run, what was set, its metrics."""
        for name, read in (("results.parquet", pd.read_parquet), ("results.csv", _read_results)):
            path = self.folder / name
            if path.is_file():
                return _foreign(path, read, ["run"], self._asked)
        raise SettingsError(f"{self._asked}: results.csv is missing; it is written when the sweep ends or is stopped")

    @property
    def series(self) -> pd.DataFrame:
        """daily.csv of all runs, with the column `run` before."""
        path = self.folder / "series.parquet"
        if path.is_file():
            return _foreign(path, _read_series, ["run", "date", "platform"], self._asked)
        if not self.succeeded:
            raise SettingsError(f"{self._asked}: no run there has succeeded")
        return pd.concat([self.run(name).series for name in self.succeeded], ignore_index=True)

    def run(self, name: str) -> Run:
        """One run by its identity."""
        return Run(self.folder / RUNS / name, name)

    def table(self, name: str) -> pd.DataFrame:
        """One table of all runs, with the column `run` before."""
        if name not in TABLES:
            raise SettingsError(f"there is no table {name!r}; known are {', '.join(TABLES)}")
        paths = {run: self.folder / RUNS / run / f"{name}.csv" for run in self.succeeded}
        parts = []
        for run, path in paths.items():
            try:
                parts.append(_named(read_table(path, name), run))
            except (OSError, ValueError) as error:
                raise SettingsError(f"{self._asked}: {RUNS}/{run}/{path.name}: {reason(error)}") from error
        if not parts:
            raise SettingsError(f"{self._asked}: no run there has succeeded")
        return pd.concat(parts, ignore_index=True)

    def _provenance(self) -> dict[str, Any] | None:
        for run in self.succeeded[:1]:
            path = self.folder / RUNS / run / SUMMARY
            if not path.is_file():
                return None
            try:
                found = read_object(path)
                refuse_newer(found, self._asked)
                if not {"settings", "versions"} <= set(found):
                    return None
                check_shape(found, ProvenanceShape)
                return found
            except SettingsError:
                raise
            except (OSError, ValueError) as error:
                raise SettingsError(f"{self._asked}: {RUNS}/{run}/{path.name}: {reason(error)}") from error
        return None


def load(path: str | Path, asked: str = "") -> Run | Sweep:
    """Load a run or a sweep from its folder.

    Parameters
    ----------
    asked
        stands before the folder's name in errors

    Raises
    ------
    SettingsError
        one sentence: there is no folder, nothing that can be read in it, or something that a newer version wrote
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        what = (
            "that is a file; the folder of a run or of a sweep is needed"
            if folder.exists()
            else "there is no such folder"
        )
        raise SettingsError(f"{asked}{folder}: {what}")
    if (folder / STATUS).is_file() and set(_head(folder / STATUS)) >= OF_A_SWEEP:
        return Sweep(folder, asked)
    left = any((folder / name).is_file() for name in ("summary.json", *(f"{table}.csv" for table in TABLES)))
    if not left and not any(folder.glob("*.partial.csv")):
        raise SettingsError(
            f"{asked}{folder}: there are no results of `secondhalf run`, neither of one run nor of a sweep"
        )
    return Run(folder, asked=asked)


def metrics(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Everything in a summary that is a function of the settings, by dotted names."""
    found = {key: value for key, value in summary.items() if key not in NOT_MEASURED}
    rows = [dict(row) for row in summary["festivals"]]
    found["festivals"] = {f"{row.pop('festival')}_{row.pop('start')[:4]}": row for row in rows}
    return dict(_flat(found))


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


def _words(path: Path, where: str) -> pd.DataFrame:
    """Read runs.csv and check that its runs are folders within runs/."""
    try:
        words = read_csv(path, keep_default_na=False, dtype=str)
        if not isinstance(words.index, pd.RangeIndex) or words[list(OF_A_SWEEP)].isna().any(axis=None):
            raise ValueError("its rows are longer or shorter than its first line")
        words = words.reindex(columns=[*words, *(name for name in OTHERS if name not in words)], fill_value="")
        words = words.astype({"number": int, "wall_seconds": str, "peak_memory_mb": str})
        numbers = {name: pd.to_numeric(words[name]).astype(float) for name in ("wall_seconds", "peak_memory_mb")}
        found = words.assign(**numbers)
        unknown = sorted(set(found["status"]) - set(STATES))
        if unknown:
            raise ValueError(f"the status {unknown[0][:40]!r} is none of {', '.join(STATES)}")
    except (OSError, ValueError, OverflowError) as error:
        raise SettingsError(f"{where}: {path.name} cannot be read ({reason(error)})") from error
    for run in found["run"]:
        if not is_name(run):
            raise SettingsError(f"{where}: {path.name} names the run {run!r}; a run is a folder within {RUNS}/")
    twice = found["run"][found["run"].duplicated()]
    if len(twice):
        raise SettingsError(f"{where}: {path.name} names the run {twice.iloc[0]!r} twice")
    return found


def _foreign(path: Path, read: Callable[[Path], pd.DataFrame], needed: Sequence[str], where: str) -> pd.DataFrame:
    """A table of numbers, switches and words that was put together of all runs."""
    try:
        found = read(path)
        for name in needed:
            if name not in found:
                raise ValueError(f"the column {name} is missing")
        for place, name in enumerate(found.columns):
            column = found.iloc[:, place]
            plain = column.dtype != object or column.map(lambda cell: cell is None or isinstance(cell, str)).all()
            if not isinstance(name, str) or not plain:
                raise ValueError(f"the column {str(name)[:40]!r} holds neither numbers nor words")
        return found
    except Exception as error:  # a damaged Parquet file fails in many ways
        raise SettingsError(f"{where}: {path.name} cannot be read ({reason(error)})") from error


def _read_results(path: Path) -> pd.DataFrame:
    found = read_csv(path, dtype={"run": str})
    if not isinstance(found.index, pd.RangeIndex):
        raise ValueError("its rows are longer than its first line")
    return found


def _read_series(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path, dtype_backend="numpy_nullable").astype({"date": "datetime64[ns]"})


def _named(table: pd.DataFrame, run: str) -> pd.DataFrame:
    table = table.copy()
    table.insert(0, "run", run)
    return table


def _head(path: Path) -> list[str]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        return lines.readline(10_000).rstrip("\n").split(",")
