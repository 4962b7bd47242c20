"""Which facts a run may stand beside, and the words for where they end, the same in tables, pictures and pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.market import FACTS

FITTED, FORECAST = "fitted", "forecast"
ONE_RUN = f"{FORECAST}, one run"
"""Of numbers of a single run after the last fact that have no band."""
ONE_RUN_EACH = f"{ONE_RUN} each"
"""The same where numbers of several runs stand side by side, or are averaged."""


def fitted_to(last_fact: str) -> str:
    """`fitted to 2024`, or to a day within a year.

    Parameters
    ----------
    last_fact
        `calendar.last_fact`, YYYY-MM-DD
    """
    return f"fitted to {last_fact.removesuffix('-12-31')}"


def facts_end(last_fact: str) -> str:
    """One sentence, without its full stop, for a run that goes on after the last fact."""
    return f"facts end on {last_fact}; what follows is a {FORECAST}"


def basis(last_day: str, last_fact: str | None) -> str:
    """What numbers of one run up to a day are: fitted, or of one run of a forecast; empty when that is not known."""
    return "" if last_fact is None else ONE_RUN if last_day > last_fact else FITTED


def basis_of_runs(averages: Iterable[str | None]) -> str:
    """What numbers of several runs are where any is a forecast: of all, or of some; empty when none is.

    Parameters
    ----------
    averages
        `averages_are` of each run's summary; missing of a run by an older version
    """
    ahead = [own == ONE_RUN for own in averages]
    return "" if not any(ahead) else ONE_RUN_EACH if all(ahead) else f"in part {ONE_RUN_EACH}"


def illustrative(label: str) -> str:
    """One sentence, without its full stop, for a market that nothing reported stands behind."""
    return f"illustrative values, fitted to no facts: {label}"


def last_fact_of(settings: Mapping[str, Any]) -> str | None:
    """Day of the last fact that a market is fitted to; None where it is fitted to none, or a file does not say.

    Parameters
    ----------
    settings
        as in summary.json; those of older versions name no market and are the default one's
    """
    found: str | None = settings["calendar"].get("last_fact")
    return None if _facts(settings) is None else found


def has_shipped_facts(settings: Mapping[str, Any]) -> bool:
    """Whether the facts of data/ are about the market of these settings (as in summary.json)."""
    return _facts(settings) == FACTS


def note_of(settings: Mapping[str, Any]) -> str:
    """What has to stand on every picture and page of a market with illustrative values; empty for others."""
    if _facts(settings) is not None:
        return ""
    return illustrative(str(settings["market"].get("label", "")))


def plain(settings: MarketSettings) -> dict[str, Any]:
    """What these functions read of settings that are not from a file."""
    return {
        "market": settings.market.model_dump(mode="json"),
        "calendar": {"last_fact": settings.calendar.last_fact.isoformat()},
    }


def _facts(settings: Mapping[str, Any]) -> object:
    market = settings.get("market")
    return market.get("facts") if isinstance(market, Mapping) else FACTS
