"""Users of the mean-field path as they start."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.meanfield.path_users import EvenUsers
from secondhalf.model.shapes import NEVER


def test_who_installed_an_app_lately_keeps_it_for_the_idle_days() -> None:
    """Days of installation are those that users of a market draw: a share within the year, even over its days."""
    own = load_settings(["platforms=[kuaishou]", "population.users=4096", "platform.kuaishou.recent_at_start=0.4"])
    users = EvenUsers(own, MarketCalendar(own.calendar, own.users, own.platforms, own.mechanisms), 1, 14)
    day, has_app = users.carried.installed_day[0].astype(int), users.having[0] > 0
    assert (day[~has_app] == NEVER).all()
    ago = -day[has_app]
    assert ago.min() >= 1
    assert np.mean(ago <= 365) == pytest.approx(0.4, abs=0.02)
    assert np.mean(ago <= own.users.idle_days) == pytest.approx(0.4 * own.users.idle_days / 365, abs=0.01)
