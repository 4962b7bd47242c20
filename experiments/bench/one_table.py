"""The table of the benchmark: what was measured, with what it is compared, and their ratio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rich.table import Table

from secondhalf.experiments.bench.parts import Timing
from secondhalf.experiments.bench.stage_times import STAGES

HEADINGS = ("what", "measured", "compared with", "ratio")
COPY, ORACLE = "copying the columns once", "a day of the plain oracle, one thread"


class TableLine(NamedTuple):
    """A row; the ratio is what was measured over what it is compared with, empty where that is nothing."""

    what: str
    measured: str
    baseline: str = ""
    ratio: str = ""


def lines(parts: Sequence[Timing], rows: Sequence[Mapping[str, Any]], oracle: float) -> list[TableLine]:
    """All rows.

    Parameters
    ----------
    parts
        commands in fresh processes
    rows
        of bench.csv, in rising order of users
    oracle
        nanoseconds a user-day of the plain oracle, 0 where it is not there
    """
    return [*_commands(parts), *_days(rows), *_oracle(rows, oracle), *_memory(rows)]


def _commands(parts: Sequence[Timing]) -> Iterator[TableLine]:
    seconds = {part.name: part.seconds for part in parts}
    for name, spent, baseline in parts:
        known = seconds.get(baseline)
        yield TableLine(name, f"{spent:.2f} s", *((baseline, f"{spent / known:.2f}") if known else ()))


def _days(rows: Sequence[Mapping[str, Any]]) -> Iterator[TableLine]:
    for row in rows:
        stages = sum(row[f"{stage}_ns"] for stage in STAGES)
        yield TableLine(_day(row), f"{row['ns_per_user_day']:.0f} ns a user", COPY, f"{row['times_floor']:.1f}")
        share = stages / row["ns_per_user_day"]
        yield TableLine(f"{_day(row)}: stages of users", f"{stages:.0f} ns a user", _day(row), f"{share:.2f}")


def _day(row: Mapping[str, Any]) -> str:
    return f"a day of {row['users']:,} users, {_threads(row['threads'])}"


def _threads(count: int) -> str:
    return "one thread" if count == 1 else f"{count} threads"


def _oracle(rows: Sequence[Mapping[str, Any]], oracle: float) -> Iterator[TableLine]:
    """Compared with the market where a user-day is cheapest, by its number of threads."""
    for count in sorted({row["threads"] for row in rows}) if oracle else ():
        best = min((row for row in rows if row["threads"] == count), key=lambda row: float(row["ns_per_user_day"]))
        ratio = oracle / best["ns_per_user_day"]
        yield TableLine(ORACLE, f"{oracle / 1e3:,.0f} microseconds a user", _day(best), f"{ratio:,.0f}")


def _memory(rows: Sequence[Mapping[str, Any]]) -> Iterator[TableLine]:
    yield TableLine("columns of a user", f"{rows[-1]['bytes_per_user']:.0f} bytes")
    for row in {row["users"]: row for row in rows}.values():
        columns = row["users"] * row["bytes_per_user"]
        held = row["peak_memory_mb"] * 2.0**20
        yield TableLine(
            f"most memory, {row['users']:,} users", f"{held / 2**30:.2f} GB", "its columns", f"{held / columns:.1f}"
        )


def as_markdown(found: Sequence[TableLine]) -> str:
    """The table as it stands in README.md."""
    rows = [f"| {' | '.join(cell or '–' for cell in line)} |" for line in found]
    return "\n".join([f"| {' | '.join(HEADINGS)} |", "|---|---:|---|---:|", *rows, ""])


def as_table(found: Sequence[TableLine]) -> Table:
    """The table for a terminal."""
    table = Table(title="Speed and memory", title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in ("measured", "ratio") else "left")
    for line in found:
        table.add_row(*(cell or "–" for cell in line))
    return table
