"""Second half of a run, written and in words: the summary's `phases`, and the first mutual entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from secondhalf.model.market import Market
from secondhalf.model.observers.second_half import NAMES, Phase, phase

SHELF, CONTENT = ("mall", "search"), ("short_video", "live")
"""Capabilities by which a content platform enters the business of shelves, and a shelf platform that of content."""
WORDS = {
    "new": ("new users", ""),
    "outside": ("time from other apps", "s"),
    "budget": ("longer days", ""),
    "transfer": ("time from other platforms", "s"),
}
"""Each source in words, and the ending of a verb that follows."""


def phases(market: Market) -> dict[str, Any]:
    """The second half of the market and of each platform, as in summary.json."""
    record, days = market.record, market.calendar.days
    books = np.array(record.flows)

    def of(platform: int | None) -> dict[str, Any]:
        return entry(phase(books, record.closed, days, platform), market.calendar.labels)

    return {"market": of(None), "platforms": {name: of(p) for p, name in enumerate(market.platform_names)}}


def entry(found: Phase, labels: list[str]) -> dict[str, Any]:
    """A phase with dates for days; all null when there is no second half."""
    nothing = {"peak": None, "day": None, "later": None}
    return {
        "second_half_day": None if found.day is None else labels[found.day],
        "led_before": found.led_before,
        "dried_up": found.dried_up,
        "took_over": found.took_over,
        "later": None if found.later is None else labels[found.later],
        "levels": {name: found.levels[name]._asdict() if found.levels else nothing for name in NAMES},
    }


def in_words(written: Mapping[str, Any]) -> str:
    """An entry of `phases` as one sentence without its full stop."""
    if written["second_half_day"] is None:
        return "second half begins: not within this run"
    ahead, ending = WORDS[written["took_over"]]
    before = written["led_before"]
    if before is None or before == written["took_over"]:
        what = f"{ahead} bring{ending} more than new users"
    else:
        name, plural = WORDS[before]
        falls = f"decline{plural} by over half" if written["dried_up"] else f"fall{plural} behind"
        what = f"{name} {falls}, {ahead} take{ending} over"
    return f"second half begins {written['second_half_day']}: {what}"


def mutual_entry(moves: pd.DataFrame, kinds: Mapping[str, str]) -> str:
    """First date by which a content platform has opened a shelf capability and a shelf platform a content one.

    Counted from openings within the run: what was open before has no row.

    Parameters
    ----------
    moves
        as in moves.csv
    kinds
        `content` or `shelf` by platform

    Returns
    -------
    str
        the date; an empty word when there is none
    """
    opened = moves[moves["change"] == "open"]
    kind = opened["platform"].map(kinds)
    first = [
        opened.loc[(kind == who) & opened["capability"].isin(what), "date"].min()
        for who, what in (("content", SHELF), ("shelf", CONTENT))
    ]
    return "" if any(pd.isna(date) for date in first) else str(max(first))
