"""The words for where facts end, the same in tables, pictures and pages."""

from __future__ import annotations

from collections.abc import Iterable

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
