"""What `validate` says: the table of chosen facts for documents, and the main numbers in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from secondhalf.experiments.lines import with_lines
from secondhalf.experiments.target_file import TARGETS
from secondhalf.model.facts import data_file

MARKS = ("facts", "facts without sources", "rulers")
"""Marks of the tables in documents."""
KEYS = ("metric", "platform", "period_start", "period_end")


def shown() -> list[tuple[str, ...]]:
    """Facts that documents show: metric, platform and period (`shown` in data/targets.yaml)."""
    chosen: Sequence[Mapping[str, Any]] = with_lines(data_file(TARGETS))["shown"]
    return [(one["metric"], one["platform"], *str(one["period"]).split("/")) for one in chosen]


def facts_markdown(targets: pd.DataFrame, sources: bool) -> str:
    """The chosen facts beside the model, as a Markdown table; `targets` is targets.csv."""
    head = "| fact | platform | period | reported | model | 90 % band | error | grade |" + " source |" * sources
    lines = [head, "|---|---|---|---:|---:|---:|---:|---|" + "---|" * sources]
    rows = {tuple(row[key] for key in KEYS): row for _, row in targets.iterrows()}
    for key in shown():
        row = rows[key]
        lines.append(
            f"| {row['metric']} | {row['platform']} | {row['period_start']} to {row['period_end']} | {row['fact']:g} "
            f"{row['unit']} | {row['model']:,.4g} | {row['p05']:,.4g} to {row['p95']:,.4g} | {row['error']:+.0%} "
            f"| {row['grade']} |" + f" {row['source']} |" * sources
        )
    return "\n".join(lines) + "\n"


def rulers_markdown(rulers: pd.DataFrame) -> str:
    """Errors of the model and of the rulers on the series that count; `rulers` is rulers.csv."""
    names = ["model", "last_value", "linear", "logistic", "seasonal"]
    lines = [
        "| from | series | facts before / after | "
        + " | ".join(name.replace("_", " ") for name in names)
        + " | in band |",
        "|---|---|---:|" + "---:|" * (len(names) + 1),
    ]
    for _, row in rulers[rulers["counted"] == 1].iterrows():
        least = min(row[name] for name in names if pd.notna(row[name]))
        cells = [_share(row[name], row[name] == least) for name in names]
        lines.append(
            f"| {row['origin']} | {row['metric']} of {row['platform']} | {row['training']} / {row['tests']} | "
            + " | ".join(cells)
            + f" | {row['covered']:.0%} |"
        )
    return "\n".join(lines) + "\n"


def _share(value: float, best: bool) -> str:
    if pd.isna(value):
        return "–"
    return f"**{value:.1%}**" if best else f"{value:.1%}"


def in_words(summary: Mapping[str, Any]) -> str:
    """The main numbers in a few lines."""
    covered = "no point" if summary["covered"] is None else f"{summary['covered']:.0%} of the points"
    return (
        f"{summary['facts_used']} facts are missed by {summary['mean_absolute_error']:.1%} in the mean; "
        f"{summary['facts_inside']:.0%} lie in the 90 % band\n"
        f"rolling origins: better than the best of four rulers on {summary['won']} of {summary['counted']} series; "
        f"90 % bands hold {covered}"
    )
