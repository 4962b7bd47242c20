"""Text of a validation: tables for documents, and the main numbers in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from secondhalf.experiments.calibrate.parameters import Parameter
from secondhalf.experiments.facts.target_file import TARGETS, with_lines
from secondhalf.experiments.facts.targets import LAST_FACT
from secondhalf.experiments.facts.yearly_facts import yearly_facts
from secondhalf.model.data_files import data_file, names

DOCUMENT_TABLES = (
    "facts",
    "facts without sources",
    "rulers",
    "rolling",
    "calibration",
    "patterns",
    "targets by series",
    "parameters",
    "horizons",
    "first forecast",
    "checks",
    "forecast",
    "recovery",
)
"""Marks of the tables in documents."""
KEYS = ("metric", "platform", "period_start", "period_end")
FORECAST_SHOWN = (
    *(("gmv", platform) for platform in ("Kuaishou", "Douyin", "Taobao+Tmall", "JD", "Pinduoduo")),
    *(("dau", platform) for platform in ("Kuaishou", "Douyin")),
    ("daily_minutes_per_dau", "Kuaishou"),
    ("monthly_active_buyers", "Kuaishou"),
    *(("pan_shelf_share_of_gmv", platform) for platform in ("Kuaishou", "Douyin")),
    ("online_marketing_revenue", "Kuaishou"),
    ("share_of_mobile_internet_time", "short video"),
)
"""Metric and platform of the rows of the forecast in documents."""


def shown() -> list[tuple[str, ...]]:
    """Facts that documents show: metric, platform and period (`shown` in data/targets.yaml)."""
    chosen: Sequence[Mapping[str, Any]] = with_lines(data_file(TARGETS))["shown"]
    return [(one["metric"], one["platform"], *str(one["period"]).split("/")) for one in chosen]


def _digits(number: float) -> str:
    """Four digits, or all before the point."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:,.4g}"


def facts_markdown(targets: pd.DataFrame, sources: bool) -> str:
    """The chosen facts beside the model, as a Markdown table; `targets` is targets.csv."""
    head = "| fact | platform | period | reported | model | 90 % band | error | grade |" + " source |" * sources
    lines = [head, "|---|---|---|---:|---:|---:|---:|---|" + "---|" * sources]
    rows = {tuple(row[key] for key in KEYS): row for _, row in targets.iterrows()}
    for key in shown():
        row = rows[key]
        model, low, high = (_digits(row[name]) for name in ("model", "p05", "p95"))
        lines.append(
            f"| {row['metric']} | {row['platform']} | {row['period_start']} to {row['period_end']} | {row['fact']:g} "
            f"{row['unit']} | {model} | {low} to {high} | {row['error']:+.0%} "
            f"| {row['grade']} |" + f" {row['source']} |" * sources
        )
    return "\n".join(lines) + "\n"


def forecast_markdown(forecast: pd.DataFrame) -> str:
    """Years ahead of the main series beside the last reported year, medians with 90 % bands, as a Markdown table.

    Parameters
    ----------
    forecast
        forecast.csv
    """
    years = sorted({int(start[:4]) for start in forecast["period_start"]})
    lines = [
        f"| | reported {years[0] - 1} | " + " | ".join(map(str, years)) + " |",
        "|---|---:|" + "---:|" * len(years),
    ]
    labels = {name: str(own["facts"][0]) for name, own in names().items() if own.get("facts")}
    facts = yearly_facts(years[0] - 1, [metric for metric, _ in FORECAST_SHOWN], LAST_FACT)
    reported = {(metric, labels.get(of, of)): fact.value for (metric, of), fact in facts.items()}
    for metric, platform in FORECAST_SHOWN:
        own = forecast[(forecast["metric"] == metric) & (forecast["platform"] == platform)]
        whole = own["period_start"].str.endswith("-01-01") & own["period_end"].str.endswith("-12-31")
        middle, low, high = (own.loc[whole, name].tolist() for name in ("p50", "p05", "p95"))
        known = reported.get((metric, platform))
        cells = ["–" if known is None else _digits(known)]
        cells += [f"{_digits(m)} ({_digits(lo)} to {_digits(hi)})" for m, lo, hi in zip(middle, low, high, strict=True)]
        lines.append(f"| {metric} of {platform}, {own['unit'].iloc[0]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def naive_markdown(rulers: pd.DataFrame) -> str:
    """Errors of the model and of naive forecasts on the series that count; `rulers` is rulers.csv."""
    names = ["model", "last_value", "linear", "logistic", "seasonal", "rulers_mean"]
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


def rolling_words(summary: Mapping[str, Any]) -> str:
    """How forecasts from earlier origins did, as a sentence."""
    won, counted, covered = summary["won"], summary["counted"], summary["covered"]
    years = " and of ".join(date[:4] for date in summary["origins"])
    return (
        f"Fitted to what was known at the end of {years} and compared with what came later, the model was nearer "
        f"than the best of four naive forecasts on {won} of {counted} series, and its 90 % bands held {covered:.0%} "
        "of the facts.\n"
    )


def score_words(series: pd.DataFrame, years: pd.DataFrame) -> str:
    """How a committed forecast did, in a few lines; tables as `score` and `horizon_table` give them."""
    counted = series[series["counted"] == 1]
    lines = [
        f"{row['metric']} of {row['platform']}: {row['tests']} facts, mean error {row['model']:.0%} "
        f"(mean of the rulers {_share(row['rulers_mean'], False)}), {row['covered']:.0%} in the 90 % band"
        for _, row in series.iterrows()
    ]
    for _, row in years.iterrows():
        lines.append(
            f"year {row['years_ahead']:.0f}: error {row['ratio']:.2f} times that of the mean of the rulers, over "
            f"{row['series']:.0f} series; {row['covered']:.0%} of {row['facts']:.0f} facts in the 90 % band"
        )
    lines.append(f"{len(counted)} of {len(series)} series have enough facts on both sides to be counted")
    return "\n".join(lines)


def calibration_words(summary: Mapping[str, Any], posterior: pd.DataFrame) -> str:
    """Where the search ended and what was learned, in a paragraph and a table of the best known parameters."""
    record = summary["calibration"]
    learned = posterior[posterior["identified"] == 1]
    kept = posterior.loc[posterior["identified"] == 0, "parameter"]
    best = learned.sort_values("score_sd").head(12)
    lines = [
        f"The default calibration: {record['facts_used']} facts, {len(posterior)} parameters, {record['runs']} runs of "
        f"{record['users']:,} users and {record['merchants']} merchants under seeds {_and(record['seeds'])}, "
        f"{record['minutes']:.0f} minutes on two cores. The loss is {record['loss']:.1f}, of which the facts make "
        f"{record['loss_of_facts']:.1f}; tolerances were widened by {summary['widened']:.2f}.",
        "",
        f"{len(learned)} parameters were learned from the facts (standard deviation below 0.8 of the prior's). "
        f"{len(kept)} keep their prior: {', '.join(f'`{name}`' for name in kept)}. The best known:",
        "",
        "| parameter | value | 90 % interval | prior mean | sd over prior's |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| `{row['parameter']}` | {row['value']:.3g} | {row['p05']:.3g} to {row['p95']:.3g} | {row['unit_mean']:.3g} "
        f"| {row['score_sd']:.2f} |"
        for _, row in best.iterrows()
    ]
    return "\n".join(lines) + "\n"


def series_markdown(targets: pd.DataFrame, misses: pd.DataFrame, information: pd.DataFrame) -> str:
    """Targets by series: how many, grades, error, how far the best point misses, and what they identify.

    Parameters
    ----------
    targets, misses, information
        targets.csv of a validation; misses.csv and information.csv of the calibration
    """
    lines = [
        "| series | targets | grades | error | miss, in tolerances | informs most on |",
        "|---|---:|---|---:|---:|---|",
    ]
    for (metric, platform), own in targets.groupby(["metric", "platform"], sort=False):
        missed = misses[(misses["metric"] == metric) & (misses["platform"] == platform)]
        errors = sorted({f"{error:.0%}" for error in missed["error"]}, key=lambda text: float(text[:-1]))
        told = information[(information["metric"] == metric) & (information["platform"] == platform)]
        most = told.sort_values("information", ascending=False)["parameter"].head(3)
        lines.append(
            f"| {metric} of {platform} | {len(own)} | {', '.join(sorted(set(own['grade'])))} | "
            f"{errors[0]}{' to ' + errors[-1] if len(errors) > 1 else ''} | "
            f"{float((missed['miss'] ** 2).mean() ** 0.5):.1f} | {', '.join(f'`{name}`' for name in most)} |"
        )
    return "\n".join(lines) + "\n"


def parameters_markdown(posterior: pd.DataFrame, information: pd.DataFrame) -> str:
    """All free parameters: prior, posterior, how far it moved, and which series identify it."""
    lines = [
        "| parameter | prior (90 %) | posterior (90 %) | moved, in prior sd | sd over prior's | identified by |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for _, row in posterior.iterrows():
        told = information[information["parameter"] == row["parameter"]].head(2)
        by = ", ".join(f"{one['metric']} of {one['platform']} ({one['share']:.0%})" for _, one in told.iterrows())
        low, high = _prior_interval(row)
        lines.append(
            f"| `{row['parameter']}` | {low:.3g} to {high:.3g} | {row['value']:.3g} ({row['p05']:.3g} to "
            f"{row['p95']:.3g}) | {row['score']:+.1f} | {row['score_sd']:.2f} | "
            f"{by if row['identified'] else 'nothing: keeps its prior'} |"
        )
    return "\n".join(lines) + "\n"


def _prior_interval(row: pd.Series) -> tuple[float, float]:
    bounds = (row["low_bound"], row["high_bound"])
    one = Parameter(row["parameter"], (), row["scale"], row["unit_mean"], row["prior_sd"], bounds)
    low, high = (min(max(one.back(reach), bounds[0]), bounds[1]) for reach in (-1.6449, 1.6449))
    return low, high


def checks_markdown(checks: pd.DataFrame) -> str:
    """What an analyst looks at first, passed or failed; `checks` is checks.csv."""
    lines = ["| quantity | kind | model | bounds | unit | holds |", "|---|---|---:|---:|---|---|"]
    for _, row in checks.iterrows():
        bounds = f"{row['low']:g} to {row['high']:g}" if np.isfinite(row["high"]) else f"at least {row['low']:g}"
        lines.append(
            f"| {row['quantity']} | {row['kind']} | {row['value']:.3g} | {bounds} | {row['unit']} | "
            f"{'yes' if row['passed'] else '**no**'} |"
        )
    return "\n".join(lines) + "\n"


def record_markdown(series: pd.DataFrame, years: pd.DataFrame) -> str:
    """How a committed forecast did, series by series and by years ahead; tables as `score` and `horizon_table` give."""
    names = ["model", "last_value", "linear", "logistic", "seasonal", "rulers_mean"]
    lines = [
        "| series | facts before / since | " + " | ".join(name.replace("_", " ") for name in names) + " | in band |",
        "|---|---:|" + "---:|" * (len(names) + 1),
    ]
    for _, row in series.iterrows():
        least = min((row[name] for name in names if pd.notna(row[name])), default=None)
        cells = [_share(row[name], row[name] == least) for name in names]
        note = "" if row["counted"] else " (too few to count)"
        lines.append(
            f"| {row['metric']} of {row['platform']}{note} | {row['training']} / {row['tests']} | "
            + " | ".join(cells)
            + f" | {row['covered']:.0%} |"
        )
    return "\n".join(lines) + "\n\n" + horizons_markdown(years)


def horizons_markdown(horizons: pd.DataFrame) -> str:
    """Errors by years ahead; `horizons` is horizons.csv."""
    lines = [
        "| years ahead | series | facts | error over that of the rulers' mean | nearer than it | in the 90 % band |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['years_ahead']:.0f} | {row['series']:.0f} | {row['facts']:.0f} | {row['ratio']:.2f} | "
        f"{row['nearer']:.0%} | {row['covered']:.0%} |"
        for _, row in horizons.iterrows()
    ]
    return "\n".join(lines) + "\n"


def patterns_markdown(patterns: pd.DataFrame) -> str:
    """What the default market shows of the patterns; `patterns` is patterns.csv."""
    lines = ["| pattern | quantity | reported | model | 95 % interval | shown |", "|---|---|---:|---:|---:|---|"]
    for _, row in patterns.iterrows():
        shown = "reported only" if pd.isna(row["passed"]) else ("yes" if row["passed"] else "**no**")
        fact = "" if pd.isna(row["fact"]) else f"{row['fact']:g}"
        lines.append(
            f"| {row['pattern']} | {row['quantity']} | {fact} | {row['model']:.4g} {row['unit']} "
            f"| {row['low']:.4g} to {row['high']:.4g} | {shown} |"
        )
    return "\n".join(lines) + "\n"


def _and(values: Sequence[object]) -> str:
    return " and ".join(str(value) for value in values)


def _share(value: float, best: bool) -> str:
    if pd.isna(value):
        return "–"
    return f"**{value:.1%}**" if best else f"{value:.1%}"


def in_words(summary: Mapping[str, Any]) -> str:
    """The main numbers in a few lines."""
    failed = sum(summary["failed_members"].values())
    left_out = f"\n{failed} members of the ensembles failed and are left out" if failed else ""
    covered = "no point" if summary["covered"] is None else f"{summary['covered']:.0%} of the points"
    return (
        f"{summary['facts_used']} facts: mean absolute error {summary['mean_absolute_error']:.1%}; "
        f"{summary['facts_inside']:.0%} lie in the 90 % band\n"
        f"rolling origins: better than the best of four naive forecasts on {summary['won']} of "
        f"{summary['counted']} series; "
        f"90 % bands hold {covered}{left_out}"
    )
