"""The study `validate`: the fitted model against facts, rulers and patterns, its forecast, and a page that shows it."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.progress import Progress

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.calibration_files import rests_on
from secondhalf.experiments.calibrate.settings import sized
from secondhalf.experiments.command.options import Validate
from secondhalf.experiments.execution.progress import Teller
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import LAST_FACT, Target, check_horizon
from secondhalf.experiments.results.csv_files import write_csv
from secondhalf.experiments.results.tables import replacing
from secondhalf.experiments.run.study import commit, versions
from secondhalf.experiments.validate.forecast_series import Question, questions
from secondhalf.experiments.validate.origins import Origin, find_origin, forecasts, members
from secondhalf.experiments.validate.patterns.runs import patterns
from secondhalf.experiments.validate.rolling_origin import rolling_table, ruler_table
from secondhalf.experiments.validate.tables import band_table, target_table

FLOAT = "%.6g"


def prepare(settings: MarketSettings, options: Validate) -> tuple[list[Origin], Origin]:
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
    settings: MarketSettings, options: Validate, folder: Path, progress: Progress | None = None
) -> dict[str, Any]:
    """Write targets, bands, forecast, rolling origins, rulers and patterns into `folder`; returns the summary.

    Members that are kept in the folder are not run again; `progress` shows how far it is.
    """
    origins, last = prepare(settings, options)
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, pd.DataFrame] = {}
    rolled, known, failed = [], {}, {}
    for origin in origins:
        tell = Teller(progress, f"forecast from {origin.date}", options.draws)
        table, failed[str(origin.date)] = _rolled(origin, options, folder, tell)
        rolled.append(table)
        known[origin.date.isoformat()] = origin.known.all
    tables["rolling"] = pd.concat(rolled, ignore_index=True)
    tables["rulers"] = ruler_table(tables["rolling"], known)
    tell = Teller(progress, f"fit, forecast to {options.forecast_until}", options.draws)
    found, failed[str(last.date)] = _fit_and_forecast(last, options, folder, tell)
    tables |= found
    tell = Teller(progress, "patterns", options.pattern_seeds)
    plain = sized(settings, options.users, options.merchants, LAST_FACT)
    workers = options.workers or os.cpu_count() or 1
    tables["patterns"] = patterns(
        plain, options.pattern_seeds, options.users, settings.population.merchants, workers, tell.run
    )
    tables["posterior"] = last.calibration.table()
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


def _rolled(origin: Origin, options: Validate, folder: Path, tell: Teller) -> tuple[pd.DataFrame, int]:
    """A row a fact after the origin, and how many members failed."""
    known, ahead = origin.known.all, origin.ahead.all
    found = members(origin, options, [*known, *ahead], folder, tell.run)
    at_facts, measured = found.measured[:, : len(known)], found.measured[:, len(known) :]
    asked = [_question(target) for target in ahead]
    table = rolling_table(origin.date, known, ahead, forecasts(origin, options, asked, measured, at_facts))
    return table, found.failed


def _question(target: Target) -> Question:
    return Question(target.metric, target.platform, target.start, target.end, target.unit, target.rule)


def _fit_and_forecast(
    last: Origin, options: Validate, folder: Path, tell: Teller
) -> tuple[dict[str, pd.DataFrame], int]:
    targets, platforms = last.targets.all, last.settings.platforms
    past = questions(platforms, last.settings.calendar.start, LAST_FACT)
    future = questions(platforms, LAST_FACT + dt.timedelta(days=1), options.forecast_until)
    found = members(last, options, [*targets, *past, *future], folder, tell.run)
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
        **rests_on(last.targets, LAST_FACT),
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
