"""Test sections of the report: what the model is compared with besides fitted facts: naive forecasts and patterns."""

from __future__ import annotations

import math

import pandas as pd

from secondhalf.experiments.html.blocks import (
    Cell,
    Column,
    Gallery,
    Picture,
    Section,
    Table,
    Text,
    Tone,
    VerdictList,
    VerdictRow,
)
from secondhalf.experiments.html.svg import Drawer
from secondhalf.experiments.html.write import HIDDEN
from secondhalf.experiments.validate.report import figure_naive_forecasts
from secondhalf.experiments.validate.report import text as words
from secondhalf.experiments.validate.report.data import NAIVE_FORECASTS, Study


def naive_forecasts(study: Study, drawer: Drawer) -> Section:
    """Forecast errors beside those of naive forecasts, and coverage."""
    table = study["rulers"]
    counted = table[table["counted"] == 1]
    blocks: list[Text | Gallery | Table] = [
        Text(
            (
                "The model was fitted again to the facts known at each origin, and its forecasts compared with "
                "later facts. The naive forecasts use the same facts: last value, linear trend, logistic curve, and "
                "last year’s season. Bars are mean absolute errors as shares of the facts; the shorter the better. A "
                "series counts when it has enough facts before and after the origin.",
                f"The model is better than every naive forecast in {int(counted['won'].sum())} of {len(counted)} "
                "comparisons.",
            )
        )
    ]
    pictures: list[Picture] = []
    for origin in sorted(counted["origin"].unique()):
        day = pd.Timestamp(origin)
        said = figure_naive_forecasts.alt_errors(table, day)
        drawn = figure_naive_forecasts.errors(table, day)
        pictures.append(
            drawer.keep(
                f"rulers_{day:%Y_%m_%d}",
                drawn,
                said,
                said.split(". ")[0] + ". To the right: the best.",
                ("rulers.csv", "rolling.csv"),
            )
        )
    if not pictures:
        blocks.append(Text(("No series has enough facts to count.",), quiet=True))
    if counted["covered"].notna().any():
        said = figure_naive_forecasts.alt_coverage(table)
        few = "Few facts a series: single dots carry little information."
        pictures.append(
            drawer.keep("coverage", figure_naive_forecasts.coverage(table), said, f"{said} {few}", ("rulers.csv",))
        )
    if pictures:
        blocks.append(Gallery(tuple(pictures), size="large"))
    blocks += [_scores(table), _forecasts(study["rolling"])]
    return Section("rulers", "Comparison with naive forecasts", blocks)


def _scores(table: pd.DataFrame) -> Table:
    columns = (
        *(Column(name, choose=name == "Known until") for name in ("Known until", "Quantity", "Platform")),
        *(Column(name, numeric=True) for name in ("Facts before", "after", "Model")),
        *(Column(words.title(words.NAIVE_FORECASTS[name]), numeric=True) for name in NAIVE_FORECASTS),
        Column("Best", choose=True),
        Column("Band held", numeric=True),
    )
    rows = []
    for row in table.to_dict("records"):
        tone: Tone = "" if row["counted"] else "quiet"
        ruler = words.NAIVE_FORECASTS.get(row["best_ruler"], row["best_ruler"])
        verdict = "does not count" if not row["counted"] else "model" if row["won"] else ruler
        rows.append(
            (
                Cell(f"{row['origin']:%Y-%m-%d}"),
                Cell(words.title(words.metric(row["metric"]))),
                Cell(words.platform(row["platform"])),
                *(words.cell(row[name]) for name in ("training", "tests")),
                *(words.share_cell(row[name]) for name in ("model", *NAIVE_FORECASTS)),
                Cell(verdict, tone="good" if verdict == "model" else tone),
                words.share_cell(row["covered"]),
            )
        )
    caption = "All comparisons: mean absolute errors as shares of the facts."
    return Table("all-rulers", caption, columns, tuple(rows), ("rulers.csv",), find=True, folded=True)


def _forecasts(table: pd.DataFrame) -> Table:
    columns = (
        *(Column(name, choose=name != "Period") for name in ("Known until", "Quantity", "Platform", "Period")),
        *(Column(name, numeric=True) for name in ("Fact", "Model", "5 %", "95 %")),
        *(Column(words.title(words.NAIVE_FORECASTS[name]), numeric=True) for name in NAIVE_FORECASTS),
        Column("Unit"),
    )
    rows = tuple(
        (
            Cell(f"{row['origin']:%Y-%m-%d}"),
            Cell(words.title(words.metric(row["metric"]))),
            Cell(words.platform(row["platform"])),
            Cell(words.period(row["period_start"], row["period_end"])),
            *(words.cell(row[name]) for name in ("fact", "model", "p05", "p95", *NAIVE_FORECASTS)),
            Cell(row["unit"]),
        )
        for row in table.to_dict("records")
    )
    caption = "Every fact after an origin with the forecasts of model and naive methods."
    return Table("all-rolling", caption, columns, rows, ("rolling.csv",), find=True, folded=True)


def patterns(study: Study) -> Section:
    """Patterns, none of which was fitted, each with its verdict in words."""
    table = study["patterns"]
    found = []
    for number, name in enumerate(dict.fromkeys(table["pattern"])):
        own = table[table["pattern"] == name]
        found.append(
            VerdictRow(
                name,
                " ".join(dict.fromkeys(own["statement"])),
                holds(own["passed"]),
                _quantities(f"pattern-{number}", name, own),
                f"{'; '.join(dict.fromkeys(own['source']))}. Seeds: {', '.join(dict.fromkeys(own['seeds']))}",
            )
        )
    passed = sum(one.holds is True for one in found)
    undecided = sum(one.holds is None for one in found)
    said = f"{passed} of {len(found)} patterns hold" + (f", {undecided} cannot be decided" if undecided else "") + "."
    lead = Text((f"Patterns that such a market should show, whatever its parameters. {said}",))
    return Section("patterns", "Patterns", [lead, VerdictList(tuple(found))])


def holds(passed: pd.Series[float]) -> bool | None:
    """Whether a pattern holds: all of its quantities do; None when one is open and none fails."""
    if (passed == 0).any():
        return False
    return None if passed.isna().any() else True


def _quantities(anchor: str, name: str, own: pd.DataFrame) -> Table:
    columns = (
        Column("Quantity"),
        Column("Verdict"),
        *(Column(title, numeric=True) for title in ("Fact", "Model", "Low to high")),
        Column("Unit"),
    )
    verdicts = {1.0: Cell("✓ passed", tone="good"), 0.0: Cell("✗ failed", tone="bad")}
    rows = tuple(
        (
            Cell(row["quantity"]),
            verdicts.get(row["passed"], Cell("– open", tone="quiet")),
            _fact(row["fact"]),
            words.cell(row["model"]),
            Cell(HIDDEN if math.isnan(row["low"]) else f"{words.number(row['low'])} to {words.number(row['high'])}"),
            Cell(row["unit"]),
        )
        for row in own.to_dict("records")
    )
    return Table(anchor, f"Quantities of the pattern {name}.", columns, rows, ("patterns.csv",))


def _fact(text: str) -> Cell:
    """A number where it is one, else what it says."""
    try:
        return words.cell(float(text))
    except ValueError:
        return Cell(text) if text else words.cell(math.nan)
