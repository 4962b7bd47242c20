"""The study `validate` as a command: its tiny variant, what is said at the end, documents and files of the source."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.options import Validate
from secondhalf.experiments.execution.progress import bar
from secondhalf.experiments.results.document_tables import check, put_into
from secondhalf.experiments.results.tables import replacing
from secondhalf.experiments.validate.report.page import report
from secondhalf.experiments.validate.study import prepare, validate
from secondhalf.experiments.validate.text import (
    MARKS,
    calibration_words,
    facts_markdown,
    in_words,
    patterns_markdown,
    rolling_words,
    rulers_markdown,
)
from secondhalf.model.data_files import data_file

FORECAST = "forecast_2023_2025.csv"
"""The committed forecast, in data/."""
STORED = ("targets", "rolling", "rulers", "patterns")
"""Tables that the source tree keeps, in data/validation/."""


def run(settings: MarketSettings, options: Validate, folder: Path) -> float:
    """Validate, say what came out, put tables into documents; returns the mean absolute error of the facts."""
    check(options.documents, MARKS, "validate.documents")
    if settings.limits.users is not None:
        users = min(options.users, settings.limits.users)
        options = options.model_copy(
            update={"draws": 2, "users": users, "origins": options.origins[:1], "pattern_seeds": 2}
        )
    console = Console(stderr=True)
    prepare(settings, options)
    with bar(console) as progress:
        summary = validate(settings, options, folder, progress)
    console.print(in_words(summary), soft_wrap=True)
    page = report(folder)
    console.print(f"written to {folder}; {page.name} shows it")
    put_into(options.documents, in_documents(folder, summary))
    if options.write:
        _store(folder)
    return float(summary["mean_absolute_error"])


def in_documents(folder: Path, summary: Mapping[str, Any]) -> dict[str, str]:
    """What documents show between their marks, from the files of a finished validation."""
    names = ("targets", "rulers", "posterior", "patterns")
    targets, rulers, posterior, patterns = (pd.read_csv(folder / f"{name}.csv") for name in names)
    words = (
        facts_markdown(targets, sources=True),
        facts_markdown(targets, sources=False),
        rulers_markdown(rulers),
        rolling_words(summary),
        calibration_words(summary, posterior),
        patterns_markdown(patterns),
    )
    return dict(zip(MARKS, words, strict=True))


def _store(folder: Path) -> None:
    """Put the forecast and what the documents show into data/ of the source tree."""
    data = data_file("targets.yaml").parent
    (data / "validation").mkdir(exist_ok=True)
    places = {f"{name}.csv": data / "validation" / f"{name}.csv" for name in STORED} | {"forecast.csv": data / FORECAST}
    for name, place in places.items():
        with replacing(place) as temporary:
            shutil.copyfile(folder / name, temporary)
