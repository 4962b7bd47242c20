"""Reader of data/targets.yaml, which looks targets up among the facts; errors name file and line."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.base import Positive, Settings, sentence
from secondhalf.conf.schema.market import FACTS
from secondhalf.experiments.facts.model_series import COLUMNS, SeriesRule
from secondhalf.experiments.facts.targets import LAST_FACT, PRIOR, Bound, Target, Targets
from secondhalf.model.data_files import data_file

TARGETS = "targets.yaml"
GRADES = ("A", "B", "D")
"""Grades that may be fitted."""
LEAST_ERROR = 0.35
LEAST_ERROR_OF_GROWTH = 0.05  # of a factor from year to year: it lies near one, where a level may be anywhere
"""Least error of a declared number: it must not pass for a fact."""


AnyRow = TypeVar("AnyRow", bound="Row")


class Row(Settings):
    """An entry of targets.yaml: a series of facts and how the model measures the same."""

    metric: str
    platform: str
    unit: str
    table: Literal["daily", "market", "monthly", "overlap", "channels"]
    of: str | tuple[str, str] | None = None
    column: str | tuple[str, ...]
    over: str | None = None
    per: Literal["mean", "sum", "last", "ratio", "spend", "among", "window", "growth"]
    window: tuple[str, str] | None = None
    scale: Positive
    among: tuple[str, ...] = ()
    error: Annotated[float, Field(gt=0, le=1)] | None = None
    bound: Bound = "exact"
    note_has: str = ""
    periods: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Row:
        if (self.over is None) == (self.per in ("ratio", "spend")):
            raise ValueError(f"per={self.per} with over={self.over}: ratio and spend need `over`, the others have none")
        if (self.window is None) == (self.per == "window"):
            raise ValueError(f"per={self.per} with window={self.window}: window needs its days, the others have none")
        if self.among and (self.per != "among" or self.of not in self.among):
            raise ValueError(f"among={list(self.among)}: needs per=among, and of={self.of} in it")
        for column in (*self.rule.columns, *([self.over] if self.over else [])):
            if column not in COLUMNS[self.table]:
                known = ", ".join(COLUMNS[self.table])
                raise ValueError(f"column={column}: {self.table} has no such column; it has {known}")
        return self

    @property
    def rule(self) -> SeriesRule:
        """How tables give the number."""
        columns = (self.column,) if isinstance(self.column, str) else self.column
        return SeriesRule(self.table, self.of, columns, self.over, self.per, self.window, self.scale, self.among)


def least_error(per: str) -> float:
    """The least error that a declared prior may have, as a share of its value."""
    return LEAST_ERROR_OF_GROWTH if per == "growth" else LEAST_ERROR


class Declared(Row):
    """An entry under `priors`: a number believed where there is no fact that may be fitted, and why."""

    value: Positive
    error: Annotated[float, Field(gt=0, le=1)]
    why: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _wide(self) -> Declared:
        least = least_error(self.per)
        if self.error < least:
            raise ValueError(f"error={self.error}: a prior with per={self.per} has an error of at least {least}")
        return self

    def targets(self, where: str) -> list[Target]:
        """One for each period."""
        dates = [_dates(period, where) for period in self.periods]
        return [
            Target(
                self.metric,
                self.platform,
                *span,
                self.value,
                self.unit,
                PRIOR,
                self.error,
                self.bound,
                self.why,
                self.rule,
            )
            for span in dates
        ]


def read_targets(name: str = TARGETS, facts: str = FACTS) -> Targets:
    """The targets of a file, looked up among the facts.

    Raises
    ------
    SettingsError
        naming file, line and reason: an unknown metric, column or period, a unit that is another, a value that is no
        positive number, an end before its start, a grade that may not be fitted, a fact after the last
        day that is looked at
    """
    path = data_file(name)
    rows = _facts(data_file(facts))
    try:
        loaded = with_lines(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{name}: cannot be read ({' '.join(str(error).split())})") from error
    entries = loaded.get("targets") if isinstance(loaded, dict) else None
    if not isinstance(entries, list) or not entries:
        raise SettingsError(f"{name}: a list under `targets` is needed")
    errors = loaded.get("errors") or {}
    if set(errors) - {"__line__"} != set(GRADES) or not all(_positive(errors[grade]) for grade in GRADES):
        raise SettingsError(f"{name}: `errors` needs a positive number for each of {', '.join(GRADES)}")
    found: list[Target] = []
    used: set[int] = set()
    for entry in entries:
        if not isinstance(entry, dict):
            raise SettingsError(f"{name}: an entry of `targets` is no mapping: {entry!r}")
        row, where = _entry(Row, entry, path.name)
        for period in row.periods:
            number, target = _target(row, period, rows, errors, where)
            if number in used:
                raise SettingsError(f"{where}: {target.name} is named twice")
            used.add(number)
            found.append(target)
    for entry in loaded.get("priors") or []:
        if not isinstance(entry, dict):
            raise SettingsError(f"{name}: an entry of `priors` is no mapping: {entry!r}")
        declared, where = _entry(Declared, entry, path.name)
        found += declared.targets(where)
    left: dict[str, int] = {}
    for number, fact in enumerate(rows):
        if number not in used:
            left[fact["grade"]] = left.get(fact["grade"], 0) + 1
    return Targets(tuple(found), left)


def _entry(kind: type[AnyRow], entry: dict[str, Any], file: str) -> tuple[AnyRow, str]:
    """An entry as a row, and where it stands."""
    where = f"{file} line {entry.pop('__line__')}"
    try:
        return kind.model_validate(entry), where
    except ValidationError as error:
        raise SettingsError(f"{where}: {sentence(error)}") from error


def _facts(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: cannot be read ({error.__class__.__name__})") from error


def _target(
    row: Row, period: str, rows: Sequence[dict[str, str]], errors: Mapping[str, float], where: str
) -> tuple[int, Target]:
    """The fact that an entry names for a period, with the number of its row."""
    start, end = _dates(period, where)
    if row.metric not in {fact["metric"] for fact in rows}:
        raise SettingsError(f"{where}: metric={row.metric} is unknown in {FACTS}")
    wanted = (row.metric, row.platform, start.isoformat(), end.isoformat())
    fitting = [
        (number, fact)
        for number, fact in enumerate(rows)
        if (fact["metric"], fact["platform"], fact["period_start"], fact["period_end"]) == wanted
        and row.note_has in fact["note"]
    ]
    allowed = [(number, fact) for number, fact in fitting if fact["grade"] in GRADES]
    named = f"{row.metric} of {row.platform}, {period}"
    if not fitting:
        raise SettingsError(f"{where}: {FACTS} has no {named}")
    if not allowed:
        raise SettingsError(f"{where}: {named} is of grade {fitting[0][1]['grade']}; allowed are {', '.join(GRADES)}")
    allowed = [(number, fact) for number, fact in allowed if fact["unit"] == row.unit] or allowed
    if len(allowed) > 1:
        raise SettingsError(f"{where}: {FACTS} has {len(allowed)} rows of {named}; tell them apart with note_has")
    number, fact = allowed[0]
    line = f"{FACTS} line {number + 2}"
    if fact["unit"] != row.unit:
        raise SettingsError(f"{where}: unit={row.unit}, but {line} is in {fact['unit']}")
    try:
        value = float(fact["value"])
    except ValueError:
        value = -1.0
    if not _positive(value):
        raise SettingsError(f"{where}: value={fact['value']} ({line}) is no positive number")
    error = row.error if row.error is not None else errors[fact["grade"]]
    return number, Target(
        row.metric,
        row.platform,
        start,
        end,
        value,
        row.unit,
        fact["grade"],
        float(error),
        row.bound,
        fact["source_title"],
        row.rule,
    )


def _dates(period: str, where: str) -> tuple[dt.date, dt.date]:
    try:
        start, end = (dt.date.fromisoformat(part) for part in period.split("/"))
    except ValueError as error:
        raise SettingsError(f"{where}: period={period} is no YYYY-MM-DD/YYYY-MM-DD") from error
    if end < start:
        raise SettingsError(f"{where}: period={period} ends before it starts")
    if end > LAST_FACT:
        raise SettingsError(f"{where}: period={period} ends after {LAST_FACT}, the last day that is looked at")
    return start, end


def _positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf")


_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, where PyYAML has it: the plain one takes a tenth of a second for the targets."""


class _Loader(_Safe):  # type: ignore[misc]
    """The safe loader, with `__line__` in every mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping and its line, counted from one."""
        return {**super().construct_mapping(node, deep=deep), "__line__": node.start_mark.line + 1}


def with_lines(path: Path) -> Any:
    """What a YAML file holds; every mapping has its line under `__line__`."""
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)
