"""A run beside what was reported, and its forecast years beside the band of the committed ensemble."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from omegaconf import DictConfig
from rich.box import SIMPLE_HEAD
from rich.table import Table

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import NOT_OF_THE_MARKET, overrides_of
from secondhalf.experiments.facts.forecast_series import forecast_series
from secondhalf.experiments.facts.model_series import SeriesRule, indexed
from secondhalf.experiments.facts.period_tables import latest_forecast, read_forecast
from secondhalf.experiments.facts.yearly_facts import YearlyFact, yearly_facts
from secondhalf.experiments.results.last_fact import FORECAST, facts_end, fitted_to, illustrative
from secondhalf.experiments.run.checkpoints import defaults
from secondhalf.model.data_files import names
from secondhalf.model.snapshots.resume import leaves

METRICS = {
    "gmv": "GMV, billion RMB",
    "dau": "daily users, million",
    "daily_minutes_per_dau": "minutes a day per active user",
    "monthly_active_buyers": "monthly buyers, million",
    "pan_shelf_share_of_gmv": "pan-shelf share of GMV, percent",
    "online_marketing_revenue": "online marketing revenue, billion RMB",
}
"""What is compared, under the names of the facts, in words with the unit."""
BAND = ("p05", "p50", "p95")
ANY_SIZE = ("seed", "population.users", "population.merchants", "calendar.end")
"""Settings in which a market may differ from the default one and still be the one that was forecast."""
Key = tuple[str, str]
Bands = Mapping[tuple[str, str, int], Mapping[Any, Any]]
"""Rows of a forecast by metric, platform (as the program names it) and year."""


def compare(
    settings: MarketSettings,
    tables: Mapping[str, pd.DataFrame],
    earlier: Sequence[str] = (),
    forecast: str | None = None,
    shipped: bool = False,
) -> dict[str, Any]:
    """The last whole year that facts were fitted to and all later ones, as far as the run has them.

    Parameters
    ----------
    tables
        of the run, as in `experiments.results.tables.TABLES`
    earlier
        settings that were others before the checkpoint the run went on from
    forecast
        file of bands; by default the committed forecast that begins last
    shipped
        the settings are known to be the shipped ones but for `ANY_SIZE`, as from `is_shipped`; else they are compared
        with those, which are composed for that

    Returns
    -------
    dict
        `facts_end`, None for a market with illustrative values; `forecast`, the file of the bands, or None and
        `no_band` says why; `rows`, one a metric, platform and year: what was reported, the run's own number, its miss
        as a share, quantiles of the forecast
    """
    if settings.market.illustrative:
        return {"facts_end": None, "forecast": None, "no_band": illustrative(settings.market.label), "rows": []}
    known, start, end = settings.calendar.last_fact, settings.calendar.start, settings.calendar.end
    years = [year for year in range(start.year, end.year + 1) if dt.date(year, 1, 1) >= start and end >= _last(year)]
    fitted = [year for year in years if _last(year) <= known][-1:]
    ahead = [year for year in years if _last(year) > known]
    found: dict[str, Any] = {"facts_end": known.isoformat(), "forecast": None, "no_band": "", "rows": []}
    bands: Bands = {}
    if ahead:
        try:
            others = [*earlier, *(() if shipped else differing(settings))]
            if others:
                raise SettingsError(f"this market is not the default one ({others[0]})")
            found["forecast"], bands = _bands(settings, ahead, forecast)
        except SettingsError as reason:
            found["no_band"] = str(reason)
    if fitted or ahead:
        reported = fitted and settings.market.has_shipped_facts
        facts = yearly_facts(fitted[0], list(METRICS), known) if reported else {}
        found["rows"] = _rows(settings, tables, facts, bands, fitted, ahead)
    return found


def _last(year: int) -> dt.date:
    return dt.date(year, 12, 31)


def _bands(settings: MarketSettings, ahead: Sequence[int], forecast: str | None) -> tuple[str, Bands]:
    """The file and its rows of whole years.

    Raises
    ------
    SettingsError
        when there is no forecast from the last fact on
    """
    name = forecast or latest_forecast()
    table = read_forecast(name)
    first = (settings.calendar.last_fact + dt.timedelta(days=1)).isoformat()
    begins = min(table["period_start"], default="")
    if begins != first:
        raise SettingsError(f"the committed forecast begins on {begins} and not on {first}, after the last fact")
    labels = {_label(platform): platform for platform in settings.competing}
    whole = {(f"{year}-01-01", f"{year}-12-31"): year for year in ahead}
    bands = {
        (row["metric"], labels[row["platform"]], whole[row["period_start"], row["period_end"]]): row
        for row in table.to_dict("records")
        if row["platform"] in labels and (row["period_start"], row["period_end"]) in whole and row["metric"] in METRICS
    }
    return name, bands


def is_shipped(config: DictConfig) -> bool:
    """Whether nothing that a composed configuration sets is of the market, but for `ANY_SIZE`; else it may be."""
    words, folders = overrides_of(config)
    names = [word.lstrip("+~").partition("=")[0] for word in words]
    own = [name for name in names if re.split(r"[./@]", name)[0] not in NOT_OF_THE_MARKET]
    return not folders and all(name in ANY_SIZE for name in own)


def differing(settings: MarketSettings) -> list[str]:
    """Settings in which a market differs from the default one, but for its size, seed and last day."""
    own, usual = dict(leaves(settings.model_dump(mode="json"))), defaults()
    return [
        name
        for name in dict.fromkeys([*own, *usual])
        if name not in ANY_SIZE and not name.startswith("limits.") and own.get(name) != usual.get(name)
    ]


def _label(platform: str) -> str:
    """The name that forecasts and facts have for a platform."""
    return str((names().get(platform, {}).get("facts") or [platform])[0])


def _rows(
    settings: MarketSettings,
    tables: Mapping[str, pd.DataFrame],
    facts: Mapping[Key, YearlyFact],
    bands: Bands,
    fitted: Sequence[int],
    ahead: Sequence[int],
) -> list[dict[str, Any]]:
    shown = {*facts, *((metric, platform) for metric, platform, _ in bands)}
    platforms, series = settings.competing, indexed(tables)
    rules: dict[Key, tuple[SeriesRule, str]] = {}
    for asked in forecast_series(platforms, dt.date(ahead[0], 1, 1), _last(ahead[0])) if ahead else ():
        if isinstance(asked.rule.of, str):
            rules[asked.metric, asked.rule.of] = asked.rule, asked.unit
    rows = []
    for key in [(metric, name) for metric in METRICS for name in platforms if (metric, name) in shown]:
        for year in [*fitted, *ahead]:
            fact, band = facts.get(key) if year in fitted else None, bands.get((*key, year), {})
            rule, unit = (fact.rule, fact.unit) if fact else rules.get(key) or (facts[key].rule, facts[key].unit)
            own = _finite(rule.series(series).number(dt.date(year, 1, 1), _last(year)))
            miss = None if fact is None or own is None else own / fact.value - 1
            rows.append(
                {"metric": key[0], "platform": key[1], "year": year, "reported": fact and fact.value, "run": own}
                | {"miss": miss}
                | {name: float(band[name]) if band else None for name in BAND}
                | {"unit": unit, "grade": fact.grade if fact else ""}
            )
    return rows


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def extrapolated(settings: MarketSettings) -> dict[str, str]:
    """Curves of the calendar that the run goes beyond, with the dates of their last knots."""
    if not settings.mechanisms.outside_growth:
        return {}
    return {name: last.isoformat() for name, last in settings.calendar.extrapolated.items()}


def extrapolated_words(curves: Mapping[str, str]) -> str:
    """What was extrapolated, in one line; empty when nothing was."""
    if not curves:
        return ""
    dates = sorted(set(curves.values()))
    parts = [f"{', '.join(name for name in curves if curves[name] == date)} after {date}" for date in dates]
    return f"extrapolated with damped growth: {'; '.join(parts)}"


def notes(summary: Mapping[str, Any]) -> list[str]:
    """Sentences without full stops on where facts end, why there is no band, and what was extrapolated."""
    compared = summary["comparison"]
    curves = extrapolated_words(summary.get("extrapolated", {}))
    if compared["facts_end"] is None:
        return [compared["no_band"], *([curves] if curves else [])]
    said = [facts_end(compared["facts_end"])] if summary["last_day"] > compared["facts_end"] else []
    if compared["no_band"]:
        said.append(f"no band: {compared['no_band']}")
    return [*said, curves] if curves else said


def comparison_table(compared: Mapping[str, Any]) -> Table | None:
    """The fitted year beside what was reported, and the next year with its band; None without rows."""
    rows = compared["rows"]
    years = sorted({row["year"] for row in rows})
    if not rows:
        return None
    fitted = years[0] if f"{years[0]}-12-31" <= compared["facts_end"] else None
    following = next((year for year in years if year != fitted), None)
    title = fitted_to(compared["facts_end"]).capitalize() + (f" | {FORECAST}" if following else "")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("")
    heads = [(fitted, ("reported", "run", "miss")), (following, ("one run", "median", "90 % band"))]
    for year, columns in heads:
        for column in columns if year else ():
            if compared["forecast"] or column not in ("median", "90 % band"):
                table.add_column(f"{year}\n{column}", justify="right", no_wrap=True)
    for metric in METRICS:
        own = [row for row in rows if row["metric"] == metric]
        if own:
            table.add_row(f"[bold]{METRICS[metric]}[/]")
        for platform in dict.fromkeys(row["platform"] for row in own):
            by_year = {row["year"]: row for row in own if row["platform"] == platform}
            cells = [f"  {names().get(platform, {}).get('label', platform)}"]
            if fitted:
                past = by_year[fitted]
                miss = "-" if past["miss"] is None else f"{past['miss']:+.0%}"
                cells += [written(past["reported"]), written(past["run"]), miss]
            if following:
                next_one = by_year[following]
                cells.append(written(next_one["run"]))
                if compared["forecast"]:
                    band = (
                        "-" if next_one["p05"] is None else f"{written(next_one['p05'])} to {written(next_one['p95'])}"
                    )
                    cells += [written(next_one["p50"]), band]
            table.add_row(*cells)
    return table


def written(value: float | None) -> str:
    """A number in four digits; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) > 999.4 else f"{value:.3g}"
