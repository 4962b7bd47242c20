"""The guided story: five steps through the fitted market, and two what-ifs, each opened by one click."""

from __future__ import annotations

import datetime as dt
from typing import Literal, NamedTuple

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.browser.market.interventions import RefusedError
from secondhalf.experiments.browser.messages import Planned
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.browser.text import say


class Preset(NamedTuple):
    """Where a step of the story leads."""

    until: dt.date
    """first day that has not run"""
    interventions: tuple[tuple[dt.date, str, Literal["open", "close"], str], ...] = ()
    """date, platform, change, capability"""


STORY = {
    "first_half": Preset(dt.date(2020, 4, 1)),
    "malls": Preset(dt.date(2022, 10, 15), ((dt.date(2021, 10, 15), "kuaishou", "open", "mall"),)),
    "links": Preset(dt.date(2021, 10, 9), ((dt.date(2020, 10, 9), "kuaishou", "close", "external_links"),)),
    "second_half": Preset(dt.date(2022, 1, 1)),
    "balance": Preset(dt.date(2025, 1, 1)),
}
"""By step; what-ifs have interventions (docs/browser.md says what each shows)."""


def story_setup(setup: Setup) -> Setup:
    """The fitted market in the size and with the seed of another: moves as they were, the baseline scenario."""
    own = dict.fromkeys(setup.shown()["strategies"], "")
    return setup.changed({"scenario": "baseline", "strategy": "history", "strategies": own})


def story_plan(step: str, settings: MarketSettings) -> tuple[list[Planned], int]:
    """Interventions of a step, and the number of days after which it pauses.

    Raises
    ------
    RefusedError
        when the days of the run do not reach so far
    """
    preset, calendar = STORY[step], settings.calendar
    dates = [date for date, *_ in preset.interventions]
    if min([preset.until, *dates]) < calendar.start or preset.until > calendar.end + dt.timedelta(days=1):
        raise RefusedError(
            say("story_outside", date=str(preset.until), first=str(calendar.start), last=str(calendar.end))
        )
    planned = [
        Planned(day=(date - calendar.start).days, platform=platform, change=change, capability=capability)
        for date, platform, change, capability in preset.interventions
    ]
    return planned, (preset.until - calendar.start).days
