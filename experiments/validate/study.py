"""Validation of the fitted model by facts, naive forecasts and patterns, and its forecast (the study `validate`)."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.market import FACTS
from secondhalf.experiments.calibrate.calibration_files import describe_facts
from secondhalf.experiments.calibrate.recovery import RECOVERED, recovery_markdown
from secondhalf.experiments.command.request import Request
from secondhalf.experiments.execution.progress import ProgressBar, ProgressBars
from secondhalf.experiments.execution.provenance import commit, versions
from secondhalf.experiments.facts.forecast_series import ForecastSeries, forecast_series
from secondhalf.experiments.facts.period_tables import latest_forecast, read_facts, read_forecast
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import LAST_FACT, Target, check_horizon, sized
from secondhalf.experiments.results.document_tables import check, put_into
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.tables import replacing
from secondhalf.experiments.validate.checks import check_table
from secondhalf.experiments.validate.ensemble import Origin, find_origin, forecasts, members
from secondhalf.experiments.validate.patterns.runs import patterns
from secondhalf.experiments.validate.report.page import report
from secondhalf.experiments.validate.score import score
from secondhalf.experiments.validate.settings import Validate
from secondhalf.experiments.validate.tables import (
    band_table,
    horizon_table,
    naive_table,
    rolling_table,
    target_table,
)
from secondhalf.experiments.validate.text import (
    DOCUMENT_TABLES,
    calibration_words,
    checks_markdown,
    facts_markdown,
    forecast_markdown,
    horizons_markdown,
    in_words,
    naive_markdown,
    parameters_markdown,
    patterns_markdown,
    record_markdown,
    rolling_words,
    score_words,
    series_markdown,
)
from secondhalf.model.data_files import data_file

FORECAST, FIRST_FORECAST = "forecast_2025_2027.csv", "forecast_2023_2025.csv"
"""The committed forecast, in data/, and the one that was made at the end of 2022 with the market as it was then."""
STORED = ("targets", "rolling", "rulers", "horizons", "patterns", "checks")
"""Tables that the source tree keeps, in data/validation/."""
FLOAT = "%.6g"


def prepare(request: Request[Validate]) -> None:
    """Refuse origins, calibrations, documents and files to score that do not fit, before any work."""
    if request.options.score:
        scored(request.options)
        return
    check(request.options.documents, DOCUMENT_TABLES, "validate.documents")
    find_origins(request.settings, request.options)


def start(request: Request[Validate]) -> float:
    """Validate, say what came out, put tables into documents; returns the mean absolute error of the facts."""
    settings, options, folder = request.settings, request.options, request.folder
    if options.score:
        return _score(options, folder, Console(stderr=True))
    if settings.limits.users is not None:
        users = min(options.users, settings.limits.users)
        options = options.model_copy(
            update={"draws": 2, "users": users, "origins": options.origins[:1], "pattern_seeds": 2}
        )
    console = Console(stderr=True)
    with ProgressBars(request.output.progress, console) as bars:
        summary = validate(settings, options, folder, bars)
    console.print(in_words(summary), soft_wrap=True)
    page = report(folder)
    console.print(f"written to {folder}; {page.name} shows it")
    put_into(options.documents, in_documents(folder, summary))
    if options.write:
        _store(folder)
    return float(summary["mean_absolute_error"])


def scored(options: Validate) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A committed forecast against a file of facts: a row a fact, a row a series (see `score`)."""
    name = options.forecast or latest_forecast()
    return score(read_forecast(name), read_facts(options.score), f"validate.score={options.score} and {name}")


def _score(options: Validate, folder: Path, console: Console) -> float:
    """Write score.csv, score_series.csv and score_years.csv; returns the error over that of the rulers' mean."""
    points, series = scored(options)
    years = horizon_table(points, series)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in {"score": points, "score_series": series, "score_years": years}.items():
        with replacing(folder / f"{name}.csv") as temporary:
            write_csv(table, temporary, FLOAT)
    console.print(score_words(series, years), soft_wrap=True)
    console.print(f"written to {folder}")
    return float(years["ratio"].mean()) if len(years) else float("nan")


def find_origins(settings: MarketSettings, options: Validate) -> tuple[list[Origin], Origin]:
    """The origins to forecast from, and the last, whose calibration is the default one.

    Raises
    ------
    SettingsError
        before anything runs
    """
    targets = read_targets()
    for date in options.origins:
        if date >= LAST_FACT:
            raise SettingsError(f"validate.origins={date}: allowed are dates before {LAST_FACT}")
    last = find_origin(settings, options, LAST_FACT, targets)
    check_horizon(targets, last.settings)
    return [find_origin(settings, options, date, targets) for date in options.origins], last


def validate(
    settings: MarketSettings, options: Validate, folder: Path, bars: ProgressBars | None = None
) -> dict[str, Any]:
    """Write targets, bands, forecast, rolling origins, naive forecasts and patterns into `folder`; returns the summary.

    Members that are kept in the folder are not run again; `bars` show how far it is.
    """
    bars = bars or ProgressBars("never")
    origins, last = find_origins(settings, options)
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, pd.DataFrame] = {}
    rolled, known, failed = [], {}, {}
    for origin in origins:
        bar = bars.add(f"forecast from {origin.date}", options.draws)
        table, failed[str(origin.date)] = _rolled(origin, options, folder, bar)
        rolled.append(table)
        known[origin.date.isoformat()] = origin.known.all
    tables["rolling"] = pd.concat(rolled, ignore_index=True)
    tables["rulers"] = naive_table(tables["rolling"], known)
    tables["horizons"] = horizon_table(tables["rolling"], tables["rulers"])
    bar = bars.add(f"fit, forecast to {options.forecast_until}", options.draws)
    found, failed[str(last.date)] = _fit_and_forecast(last, options, folder, bar)
    tables |= found
    bar = bars.add("patterns", options.pattern_seeds)
    plain = sized(settings, options.users, options.merchants, LAST_FACT)
    workers = options.workers or os.cpu_count() or 1
    tables["patterns"] = patterns(
        plain, options.pattern_seeds, options.users, settings.population.merchants, workers, bar.move
    )
    tables["posterior"] = last.calibration.table()
    tables |= {name: table for name, table in last.calibration.search.items() if name != "coverage"}
    if "misses" in tables:
        found_misses, horizons = tables["misses"], tables["horizons"]
        tables["checks"] = check_table(last.settings, tables["targets"], tables["bands"], found_misses, horizons)
    parameters = last.calibration.parameters
    drawn = [parameters.values(scores) for scores in last.calibration.members]
    tables["draws"] = pd.DataFrame(drawn, columns=parameters.names)
    for name, table in tables.items():
        with replacing(folder / f"{name}.csv") as temporary:
            write_csv(table, temporary, FLOAT)
    summary = _summary(last, options, tables) | {"failed_members": failed}
    with replacing(folder / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return summary


def _rolled(origin: Origin, options: Validate, folder: Path, bar: ProgressBar) -> tuple[pd.DataFrame, int]:
    """A row a fact after the origin, and how many members failed."""
    known, ahead = origin.known.all, origin.ahead.all
    found = members(origin, options, [*known, *ahead], folder, bar.move)
    at_facts, measured = found.measured[:, : len(known)], found.measured[:, len(known) :]
    asked = [_series_of(target) for target in ahead]
    table = rolling_table(origin.date, known, ahead, forecasts(origin, options, asked, measured, at_facts))
    return table, found.failed


def _series_of(target: Target) -> ForecastSeries:
    return ForecastSeries(target.metric, target.platform, target.start, target.end, target.unit, target.rule)


def _fit_and_forecast(
    last: Origin, options: Validate, folder: Path, bar: ProgressBar
) -> tuple[dict[str, pd.DataFrame], int]:
    targets, platforms = last.targets.all, last.settings.platforms
    past = forecast_series(platforms, last.settings.calendar.start, LAST_FACT)
    future = forecast_series(platforms, LAST_FACT + dt.timedelta(days=1), options.forecast_until)
    found = members(last, options, [*targets, *past, *future], folder, bar.move)
    at_facts, bands, ahead = np.split(found.measured, [len(targets), len(targets) + len(past)], axis=1)
    tables = {
        "targets": target_table(targets, at_facts),
        "bands": band_table(past, bands),
        "forecast": band_table(future, forecasts(last, options, future, ahead, at_facts)),
    }
    return tables, found.failed


def _summary(last: Origin, options: Validate, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    rulers = tables["rulers"]
    counted = rulers[rulers["counted"] == 1]
    points = int(counted["tests"].sum())
    return {
        "users": options.users,
        "merchants": options.merchants,
        "draws": options.draws,
        "seeds": last.calibration.record["seeds"],
        "loss": last.calibration.record["loss"],
        **describe_facts(last.targets, LAST_FACT),
        "facts_inside": float(tables["targets"]["inside"].mean()),
        "mean_absolute_error": float(tables["targets"]["error"].abs().mean()),
        "origins": [date.isoformat() for date in options.origins],
        "counted": len(counted),
        "won": int(counted["won"].sum()),
        "covered": float((counted["covered"] * counted["tests"]).sum() / points) if points else None,
        "calibration": last.calibration.record,
        "widened": last.calibration.posterior.widened,
        "versions": versions(),
        "commit": commit(),
    }


def in_documents(folder: Path, summary: Mapping[str, Any]) -> dict[str, str]:
    """What documents show between their marks, from the files of a finished validation."""
    names = ("targets", "rulers", "posterior", "patterns", "horizons", "misses", "information", "checks")
    targets, rulers, posterior, patterns, horizons, misses, information, checks = (
        pd.read_csv(folder / f"{name}.csv") for name in names
    )
    words = (
        facts_markdown(targets, sources=True),
        facts_markdown(targets, sources=False),
        naive_markdown(rulers),
        rolling_words(summary),
        calibration_words(summary, posterior),
        patterns_markdown(patterns),
        series_markdown(targets, misses, information),
        parameters_markdown(posterior, information),
        horizons_markdown(horizons),
        first_forecast(),
        checks_markdown(checks),
        forecast_markdown(pd.read_csv(folder / "forecast.csv")),
        _recovery(),
    )
    return dict(zip(DOCUMENT_TABLES, words, strict=True))


def _recovery() -> str:
    kept = data_file("calibration") / RECOVERED
    return recovery_markdown(pd.read_csv(kept)) if kept.is_file() else ""


def first_forecast() -> str:
    """How the forecast made at the end of 2022 did, as a Markdown table."""
    points, series = score(read_forecast(FIRST_FORECAST), read_facts(FACTS), FIRST_FORECAST)
    return record_markdown(series, horizon_table(points, series))


def _store(folder: Path) -> None:
    """Put the forecast and what the documents show into data/ of the source tree."""
    data = data_file("targets.yaml").parent
    (data / "validation").mkdir(exist_ok=True)
    places = {f"{name}.csv": data / "validation" / f"{name}.csv" for name in STORED} | {"forecast.csv": data / FORECAST}
    for name, place in places.items():
        with replacing(place) as temporary:
            shutil.copyfile(folder / name, temporary)
