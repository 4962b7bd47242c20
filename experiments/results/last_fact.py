"""The words for where facts end, the same in tables, pictures and pages."""

from __future__ import annotations

FITTED, FORECAST = "fitted", "forecast"
ONE_RUN = f"{FORECAST}, one run"
"""Of numbers of a single run after the last fact that have no band."""


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
