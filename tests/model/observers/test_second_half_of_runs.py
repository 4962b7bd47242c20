"""A pattern of the default calibration: growth by new people ends before the first mall tab of 2022."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.data_files import read_launches
from secondhalf.model.market import Market
from secondhalf.model.observers.second_half import phase, trailing_years

SEEDS = (0, 1, 2)
MONTH = 31
"""Days by which a second-half day can be off: books are closed once a month."""


def first_mall_tab() -> dt.date:
    """When a content platform first opens a mall to everybody, in data/launches.csv."""
    settings = load_settings()
    launches = read_launches("launches.csv", list(settings.platform), list(settings.capability))
    return min(one.date for one in launches if (one.capability, one.change) == ("mall", "open"))


@pytest.mark.slow
def test_new_users_fall_behind_before_the_malls() -> None:
    """New users dry up and time from other apps takes over, under each seed; seeds scatter by less than the lead."""
    tab = first_mall_tab()
    assert tab.year == 2022
    days = []
    for seed in SEEDS:
        market = Market(load_settings(["population.users=2000", "calendar.end=2022-07-31", f"seed={seed}"]))
        while market.running:
            market.step()
        found = phase(np.array(market.record.flows), market.record.closed, market.calendar.days)
        market.close()
        last = sum(closed <= (tab - market.calendar.start).days for closed in market.record.closed) - 11
        new, outside, budget, _ = trailing_years(np.array(market.record.flows))[:last].T
        assert (new < outside + budget)[-4:].all(), "also when a shrinking day is no source of its own"
        assert found.day is not None, "none within the run, which goes on for 90 days after the tab"
        inflow = found.levels["new"]
        part = f"seed {seed}: new users bring {inflow.later / inflow.peak:.3f} of their peak a year after the day"
        assert (found.dried_up, found.took_over) == ("new", "outside"), part
        days.append((market.calendar.start + dt.timedelta(found.day)).toordinal())
    spread = np.std(days, ddof=1)
    assert max(days) + MONTH + 2 * spread < tab.toordinal()
