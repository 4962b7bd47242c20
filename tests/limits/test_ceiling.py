"""A market with a ceiling stops at it: a share of people never installs an app, whatever happens.

One platform, complete mixing, no churn: with a share m of people who may install it, adoption follows Bass (1969) with
m in place of the whole market, in whole days ``F' = F + (m - F) (1 - F e^{-p-q} - (1 - F) e^{-p})``. m is the realised
share of the users of a run, since who never installs is drawn once and kept.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.market import Market
from secondhalf.model.meanfield.path_users import EvenUsers
from secondhalf.model.random_streams import Decision, RandomStreams, key, name_id, uniforms32
from secondhalf.model.shapes import Offer
from secondhalf.model.users.user_stages import UserStages

Array = NDArray[np.float64]
NAMES = ["kuaishou", "taobao"]
NEVER = 0.3
INNOVATION, IMITATION = 0.004, 0.06


def refusers(seed: int, users: int, name: str, share: float = NEVER) -> NDArray[np.bool_]:
    """Who never installs an app."""
    return uniforms32(key(seed, Decision.NEVER, who=name_id(name)), users) < np.float32(share)


def daily_map(share: float, most: float) -> float:
    """Tomorrow's share with the app."""
    stays = share * np.exp(-INNOVATION - IMITATION) + (1 - share) * np.exp(-INNOVATION)
    return float(share + (most - share) * (1 - stays))


@pytest.mark.parametrize("seed", range(3))
def test_adoption_follows_the_bass_curve_below_its_ceiling(
    make_settings: Callable[..., MarketSettings],
    make_users: Callable[[MarketSettings], UserStages],
    make_offer: Callable[..., Offer],
    resized: Callable[[MarketSettings, int, int], MarketSettings],
    seed: int,
) -> None:
    """Within 5 standard deviations of the linear noise approximation (`test_bass`), on every evening."""
    users, days, step = 20_000, 150, 1e-6
    people = make_users(resized(make_settings(["kuaishou"], "users.adoption_taste=0"), users, seed))
    streams = RandomStreams(seed, ["kuaishou"], people.columns.fan_day.shape[0])
    offer = make_offer(1, innovation=[INNOVATION], imitation=[IMITATION], never=[NEVER])
    most = 1 - float(refusers(seed, users, "kuaishou").mean())
    assert most == pytest.approx(1 - NEVER, abs=5 * np.sqrt(NEVER * (1 - NEVER) / users))
    share, variance = 0.0, 0.0
    for day in range(days):
        people.adopt(offer, streams.day(day), day)
        slope = (daily_map(share + step, most) - daily_map(share - step, most)) / (2 * step)
        after = daily_map(share, most)
        chance = (after - share) / (most - share)
        variance = slope**2 * variance + (most - share) * chance * (1 - chance) / users
        share = after
        assert people.columns.installed.mean() == pytest.approx(share, abs=5 * np.sqrt(variance))
    assert 0.9 * most < share < most


def test_a_large_hazard_ends_at_the_ceiling_and_not_above(
    make_settings: Callable[..., MarketSettings],
    make_users: Callable[[MarketSettings], UserStages],
    make_offer: Callable[..., Offer],
) -> None:
    """Apps come and go for weeks; those who never install one have it on no evening, all others on the first."""
    people = make_users(make_settings(NAMES, "population.users=5000", "users.idle_days=2"))
    users, seed = people.population.users, people.population.seed
    streams = RandomStreams(seed, NAMES, people.columns.fan_day.shape[0])
    come, go = (
        make_offer(2, innovation=[rate, rate], drop=[leaving, leaving], never=[NEVER, 0.0])
        for rate, leaving in ((40.0, 0.0), (0.0, 40.0))
    )
    refuse = refusers(seed, users, "kuaishou")
    for day in range(0, 30, 10):
        people.adopt(come, streams.day(day), day)
        has = people.columns.installed & 1 != 0
        assert (has == ~refuse).all()
        assert (people.columns.installed & 2 != 0).all(), "the other app has no ceiling"
        people.adopt(go, streams.day(day + 5), day + 5)
        assert (people.columns.installed == 0).all()


@pytest.mark.parametrize("at_start", [0.2, 0.9])
def test_a_whole_market_stops_at_its_ceiling(make_settings: Callable[..., MarketSettings], at_start: float) -> None:
    """Of people online, on every day; also when a file states more users at the start than ever install it."""
    users, people = 2000, 1000.0
    market = Market(
        make_settings(
            NAMES,
            f"population.users={users}",
            "population.merchants=4",
            "calendar.warm_up=56",
            "calendar.end=2019-02-15",
            "strategy=hold",
            "users.adoption_taste=0",
            "mechanisms.churn=false",
            f"platform.kuaishou.never_installs={NEVER}",
            f"platform.kuaishou.installed_at_start={at_start}",
            "platform.kuaishou.innovation=0.2",
        )
    )
    refuse = refusers(market.settings.seed, users, "kuaishou")
    most = 1 - refuse.mean()
    assert most == pytest.approx(1 - NEVER, abs=5 * np.sqrt(NEVER * (1 - NEVER) / users))
    shares = []
    while market.running:
        market.step()
        assert not (market.population.columns.installed[refuse] & 1).any()
        shares.append(market.record.daily[-1]["installed_users"][0] / people)
    market.close()
    assert shares[0] == pytest.approx(min(at_start, most), abs=0.2 * most)
    assert max(shares) <= most * (1 + 1e-9)
    assert shares[-1] == pytest.approx(most, abs=2 / users)


@pytest.mark.parametrize("at_start", [0.2, 0.9])
def test_the_path_stops_at_the_same_ceiling(
    make_settings: Callable[..., MarketSettings], make_offer: Callable[..., Offer], at_start: float
) -> None:
    """Its users are evenly spread, so that the share is the ceiling to within a few of 1,024 points."""
    never = [f"platform.kuaishou.never_installs={NEVER}", "platform.taobao.never_installs=0"]
    starts = [f"platform.{name}.installed_at_start={at_start}" for name in NAMES]
    own = make_settings(NAMES, "population.users=1024", *never, *starts)
    users = EvenUsers(own, MarketCalendar(own.calendar, own.users, NAMES, own.mechanisms), moods=1, step_days=14)
    assert users.contacts == pytest.approx([min(at_start, 1 - NEVER), at_start], abs=4 / 1024)
    offer = make_offer(2, innovation=[0.5, 0.5], never=[NEVER, 0.0])
    refuse = users.random_streams.never[0] < NEVER
    for day in range(0, 140, 14):
        users.adopt(offer, day, 14)
        assert not users.having[0, refuse].any()
    assert users.contacts == pytest.approx([1 - NEVER, 1.0], abs=4 / 1024)
