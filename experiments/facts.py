"""The study `facts`: ten facts of 2019-2022, what the model gives, and the source, as a table."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from rich.console import Console

from secondhalf.experiments.marks import check, put_into
from secondhalf.experiments.options import Facts
from secondhalf.experiments.tables import daily, replacing
from secondhalf.model.facts import data_file
from secondhalf.model.market import Market
from secondhalf.model.settings import MarketSettings, SettingsError

LAST_FACT = dt.date(2022, 12, 31)
MARKS = ("facts", "facts without sources")
"""Marks of the table in documents."""


@dataclass(frozen=True)
class Fact:
    """A reported number and how the model measures the same."""

    metric: str
    platform: str
    start: dt.date
    end: dt.date
    value: float
    unit: str
    grade: str
    source: str
    rule: dict[str, Any]


def ten_facts() -> list[Fact]:
    """The facts that data/ten_facts.yaml names, looked up in data/market_facts.csv.

    Raises
    ------
    SettingsError
        when a fact is not in the file, or is of a grade that may not be fitted (C, R)
    """
    with data_file("market_facts.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    rules = yaml.safe_load(data_file("ten_facts.yaml").read_text(encoding="utf-8"))
    return [_look_up(rule, rows) for rule in rules]


def _look_up(rule: dict[str, Any], rows: Sequence[dict[str, str]]) -> Fact:
    wanted = (rule["metric"], rule["platform"], str(rule["start"]), str(rule["end"]))
    for row in rows:
        known = (row["metric"], row["platform"], row["period_start"], row["period_end"])
        if known == wanted and row["grade"] in "ABD":
            value, unit, grade, source = float(row["value"]), row["unit"], row["grade"], row["source_title"]
            return Fact(wanted[0], wanted[1], rule["start"], rule["end"], value, unit, grade, source, rule)
    raise SettingsError(f"ten_facts.yaml: {', '.join(wanted)} is not among the facts of grade A, B or D")


def measured(fact: Fact, days: pd.DataFrame) -> float:
    """What a run's daily table gives for a fact, in the fact's unit."""
    rule = fact.rule
    of = days["platform"] == rule["name"]
    within = days[of & days["date"].between(fact.start.isoformat(), fact.end.isoformat())]
    if rule["per"] == "ratio":
        return float(within[rule["column"]].sum() / within[rule["over"]].sum() / rule["scale"])
    if rule["per"] == "last":
        return float(within[rule["column"]].iloc[-1] / rule["scale"])
    return float(getattr(within[rule["column"]], rule["per"])() / rule["scale"])


def fact_table(settings: MarketSettings, seeds: int, users: int) -> pd.DataFrame:
    """Facts beside the model's mean over seeds 0, 1, ... and its standard error.

    Columns: fact, platform, period, reported, model, standard_error, error (share of the reported value), unit, grade,
    source.
    """
    facts = ten_facts()
    for fact in facts:
        if fact.rule["name"] not in settings.platforms:
            raise SettingsError(f"platforms={settings.platforms}: the facts need {fact.rule['name']}")
        if fact.start < settings.calendar.start:
            raise SettingsError(f"calendar.start={settings.calendar.start}: the facts begin on {fact.start}")
    population = settings.population.model_copy(update={"users": users})
    calendar = settings.calendar.model_copy(update={"end": LAST_FACT})
    given = np.empty((seeds, len(facts)))
    for seed in range(seeds):
        update = {"seed": seed, "population": population, "calendar": calendar}
        market = Market(settings.model_copy(update=update))
        while market.running:
            market.step()
        days = daily(market)
        given[seed] = [measured(fact, days) for fact in facts]
        market.close()
    mean = given.mean(axis=0)
    spread = given.std(axis=0, ddof=1) / np.sqrt(seeds) if seeds > 1 else np.zeros(len(facts))
    return pd.DataFrame(
        {
            "fact": [fact.metric for fact in facts],
            "platform": [fact.platform for fact in facts],
            "period": [f"{fact.start} to {fact.end}" for fact in facts],
            "reported": [fact.value for fact in facts],
            "model": mean,
            "standard_error": spread,
            "error": mean / np.array([fact.value for fact in facts]) - 1,
            "unit": [fact.unit for fact in facts],
            "grade": [fact.grade for fact in facts],
            "source": [fact.source for fact in facts],
        }
    )


def as_markdown(table: pd.DataFrame, sources: bool = True) -> str:
    """The table as it stands in docs/calibration.md and, without sources, in README.md."""
    head, rule = "| fact | platform | period | reported | model | error | grade |", "|---|---|---|---:|---:|---:|---|"
    lines = [head + " source |" * sources, rule + "---|" * sources]
    lines += [
        f"| {row['fact']} | {row['platform']} | {row['period']} | {row['reported']:g} {row['unit']} "
        f"| {row['model']:,.4g} ± {row['standard_error']:.2g} | {row['error']:+.0%} | {row['grade']} |"
        + f" {row['source']} |"
        * sources
        for row in table.to_dict("records")
    ]
    return "\n".join(lines) + "\n"


def facts(settings: MarketSettings, options: Facts, folder: Path) -> float:
    """Run the study: prints the table and writes facts.csv and facts.md; returns the mean absolute error."""
    check(options.documents, MARKS, "facts.documents")
    seeds, users = options.seeds, options.users
    if settings.limits.users is not None:  # a tiny variant; its days are not cut, or the facts would lie behind its end
        seeds, users = min(seeds, 2), min(users, settings.limits.users)
    table = fact_table(settings, seeds, users)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "facts.csv") as temporary:
        table.to_csv(temporary, index=False)
    with replacing(folder / "facts.md") as temporary:
        temporary.write_text(as_markdown(table), encoding="utf-8")
    put_into(options.documents, dict(zip(MARKS, (as_markdown(table), as_markdown(table, sources=False)), strict=True)))
    Console(stderr=True).print(as_markdown(table), soft_wrap=True)
    return float(table["error"].abs().mean())
