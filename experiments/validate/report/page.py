"""Report page of a validation with its figures, from the study's tables and nothing else."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path
from typing import Any

from secondhalf.experiments.html.blocks import Page, Tile
from secondhalf.experiments.html.svg import Drawer
from secondhalf.experiments.html.write import write_page
from secondhalf.experiments.pictures import style
from secondhalf.experiments.validate.report import text as words
from secondhalf.experiments.validate.report.data import Study, read_study
from secondhalf.experiments.validate.report.figure_series import all_series
from secondhalf.experiments.validate.report.fit import fit, forecast, targets
from secondhalf.experiments.validate.report.judged import holds, naive_forecasts, patterns
from secondhalf.experiments.validate.report.learned import posterior, reproduce, sensitivity

NAME = "report.html"


def report(folder: Path) -> Path:
    """Write `report.html` and `pictures/` into a validation's folder; returns the page's path.

    Parameters
    ----------
    folder
        with targets.csv, bands.csv, forecast.csv, rolling.csv, rulers.csv, patterns.csv, posterior.csv, draws.csv and
        summary.json; sobol.csv, morris.csv and oat.csv may be missing, and the page says so

    Raises
    ------
    SettingsError
        one sentence naming file and column of what cannot be read
    """
    study = read_study(folder)
    drawer = Drawer(folder)
    series = all_series(study["bands"], study["forecast"], study["targets"])
    with style.page(None):
        sections = (
            fit(study, series, drawer),
            forecast(study, series, drawer),
            targets(study),
            naive_forecasts(study, drawer),
            patterns(study),
            posterior(study, drawer),
            sensitivity(study, drawer),
            reproduce(study.summary),
        )
    made = study.summary.get("made_on")
    foot = f"Second Half, commit {str(study.summary['commit'])[:12]}" + (f", {made}" if made else "") + ". Apache-2.0."
    page = Page("Validation of the model", _lead(study), _tiles(study), sections, foot)
    return write_page(page, folder / NAME)


def _lead(study: Study) -> tuple[str, ...]:
    return (
        "Second Half is a model of how Chinese platforms compete for attention and trade once everybody is online: "
        "simulated users divide their day and shop, merchants divide their effort, platforms move.",
        "This report compares the fitted model with facts reported for 2019–2024, with naive forecasts and patterns, "
        "and shows its forecast for later years; no fact of those years was fitted.",
    )


def _tiles(study: Study) -> tuple[Tile, ...]:
    """The main numbers."""
    summary, facts, parameters = study.summary, study["targets"], study["posterior"]
    left = summary["facts_left"]
    verdicts = [holds(own["passed"]) for _, own in study["patterns"].groupby("pattern")]
    return (
        Tile(
            f"{int(facts['inside'].sum())} of {len(facts)}",
            "facts within the model’s 90 % band",
            f"{summary['facts_used']} used, {sum(left.values())} left",
        ),
        Tile(words.percent(float(facts["error"].abs().median())), "median error, fitted facts"),
        Tile(f"{summary['won']} of {summary['counted']}", "forecast comparisons better than every naive forecast"),
        Tile(words.percent(_number(summary["covered"])), "of later facts within the 90 % band", "should be 90 %"),
        Tile(f"{sum(one is True for one in verdicts)} of {len(verdicts)}", "patterns hold"),
        Tile(
            f"{int(parameters['identified'].sum())} of {len(parameters)}",
            "parameters learned; the rest keep their prior",
        ),
        Tile(
            f"{summary['users']:,}",
            f"users in each run, with {summary['merchants']:,} merchants; {_count(summary['draws'])} draws of the "
            f"posterior, {_count(summary['seeds'])} seeds",
        ),
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _count(value: Any) -> int:
    return len(value) if isinstance(value, Sized) else int(value)
