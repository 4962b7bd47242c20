"""Fit sections of the report: what was fitted, and what comes after it."""

from __future__ import annotations

import pandas as pd

from secondhalf.experiments.html.blocks import Cell, Column, Gallery, Picture, Section, Table, Text
from secondhalf.experiments.html.svg import Drawer
from secondhalf.experiments.validate.report import figure_errors, figure_series
from secondhalf.experiments.validate.report import text as words
from secondhalf.experiments.validate.report.data import Study
from secondhalf.experiments.validate.report.figure_series import Series

OPEN = ("gmv", "dau")
"""Metrics whose forecasts are unfolded when the page opens."""
NOTES = {
    "gmv": "A fact of another length than a quarter is drawn as a rate per quarter: a year’s GMV by four, a "
    "half-year’s by two. The bar through it shows its period; seasons within it are lost.",
    "annual_active_buyers": "Buyers are counted over the year that ends with the period, so both model and fact stand "
    "at its end; the bar shows the year.",
    "daily_minutes_per_dau": "Hollow: minutes per user, where the source does not say of which users.",
}


def fit(study: Study, series: list[Series], drawer: Drawer) -> Section:
    """Bands over facts for every series that has any, and all errors on one picture."""
    blocks: list[Text | Gallery | Table] = [
        Text(
            (
                "Lines are the model’s mean over draws of the posterior and seeds, bands hold 90 % of them. A fact is "
                "a point in the middle of its period, with a bar as long as the period; its sign tells its grade: a "
                "circle for a company’s own release (A), a square for press or analysts (B), a diamond for a derived "
                "number (D).",
            )
        )
    ]
    overview = drawer.keep(
        "errors",
        figure_errors.draw(study["targets"]),
        figure_errors.alt(study["targets"]),
        "Filled: the fact lies within the model’s 90 % band; hollow: outside of it.",
        ("targets.csv",),
    )
    said = figure_errors.alt(study["targets"])
    spread = drawer.keep("errors_spread", figure_errors.cumulative(study["targets"]), said, said, ("targets.csv",))
    blocks.append(Gallery((overview, spread), "All facts at a glance", size="large"))
    blocks.append(Gallery((_key(drawer, fan=False),), "Series by series"))
    for metric in dict.fromkeys(one.metric for one in series):
        mine = [one for one in series if one.metric == metric and not one.facts.empty]
        if mine:
            pictures = tuple(_panel(one, drawer, fan=False) for one in mine)
            blocks.append(Gallery(pictures, _title(metric), NOTES.get(metric, "")))
    return Section("fit", f"Fit {_years(study['bands'])}", blocks)


def forecast(study: Study, series: list[Series], drawer: Drawer) -> Section:
    """Forecast bands that continue the fit."""
    until = _years(study["forecast"])
    blocks: list[Text | Gallery] = [
        Text(
            (
                f"The forecast of the fitted model for {until} (grey background); no data of these years was used: "
                "inner bands hold 50 %, outer bands 90 % of posterior draws and seeds. They cover the uncertainty of "
                "parameters and random variation, but not mechanisms that the model leaves out.",
            )
        ),
        Gallery((_key(drawer, fan=True),)),
    ]
    for metric in dict.fromkeys(one.metric for one in series):
        mine = [one for one in series if one.metric == metric and not one.fan.empty]
        if mine:
            pictures = tuple(_panel(one, drawer, fan=True) for one in mine)
            blocks.append(Gallery(pictures, _title(metric), folded=metric not in OPEN))
    return Section("forecast", f"Forecast {until}", blocks)


def targets(study: Study) -> Section:
    """Every fact beside what the model gives for it."""
    columns = (
        Column("Quantity", choose=True),
        Column("Platform", choose=True),
        Column("Period", width="whole"),
        Column("Grade", choose=True),
        Column("Fact", numeric=True),
        Column("Model", numeric=True),
        Column("5 %", numeric=True, about="lower end of the model’s 90 % band"),
        Column("95 %", numeric=True, about="upper end of the model’s 90 % band"),
        Column("Unit"),
        Column("Error", numeric=True, about="model over fact, less one"),
        Column("Band", choose=True, about="whether the fact lies within the model’s 90 % band"),
        Column("Source", width="long"),
    )
    rows = tuple(_row(row) for _, row in study["targets"].iterrows())
    table = Table("all-targets", "Facts and model.", columns, rows, ("targets.csv",), find=True)
    text = "Click a heading to sort; the full digits are behind each number and in the CSV."
    return Section("targets", "All facts", [Text((text,)), table])


def _row(row: pd.Series) -> tuple[Cell, ...]:
    start, end = row["period_start"], row["period_end"]
    return (
        Cell(words.title(words.metric(row["metric"]))),
        Cell(words.platform(row["platform"])),
        Cell(words.period(start, end), f"{start:%Y-%m-%d}/{end:%Y-%m-%d}"),
        Cell(row["grade"]),
        *(words.cell(float(row[name])) for name in ("fact", "model", "p05", "p95")),
        Cell(row["unit"]),
        words.share_cell(float(row["error"]), signed=True),
        Cell("✓ inside", tone="good") if row["inside"] else Cell("✗ outside", tone="bad"),
        Cell(row["source"], tone="quiet"),
    )


def _panel(series: Series, drawer: Drawer, fan: bool) -> Picture:
    drawn = figure_series.fan_panel(series) if fan else figure_series.fit_panel(series)
    said = figure_series.alt(series, fan)
    data = ("bands.csv", "forecast.csv", "targets.csv") if fan else ("bands.csv", "targets.csv")
    return drawer.keep(f"{'forecast' if fan else 'fit'}_{series.name}", drawn, said, said.split(": ", 1)[-1], data)


def _key(drawer: Drawer, fan: bool) -> Picture:
    said = (
        "Key to the signs: line, mean of the model; bands; circle, company release (A); square, press or analyst (B); "
    )
    said += "diamond, derived (D); hollow, users not defined."
    return drawer.keep("key_forecast" if fan else "key_fit", figure_series.key(fan), said, "Key to the pictures below.")


def _years(table: pd.DataFrame) -> str:
    return f"{table['period_start'].min().year}–{table['period_end'].max().year}"


def _title(metric: str) -> str:
    return words.title(words.metric(metric))
