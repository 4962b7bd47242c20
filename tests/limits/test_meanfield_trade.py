"""Trade of the mean-field path: its shares are those of the compiled choice, and many users approach its sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.meanfield.path_needs import Wants, meet_needs, nothing_bought
from secondhalf.model.meanfield.path_trade import EvenTrade, TradeDays, full_slots, ties_of
from secondhalf.model.meanfield.path_users import EvenUsers
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import (
    KIND_IMPULSE,
    KIND_PLANNED,
    KIND_REPEAT,
    KIND_RIPENED,
    NEVER,
    NOBODY,
    Day,
    Offer,
    Shops,
)
from secondhalf.model.users.attention import ACTIVE, SHOPPING
from secondhalf.model.users.user_stages import UserStages
from tests.limits.one_need import meet

Array = NDArray[np.float64]
NAMES = ["kuaishou", "taobao"]
ALONE = [f"mechanisms.{name}=false" for name in ("impulse", "ripening", "fans", "loyalty", "habit", "social")]
"""What makes the mean field of trade no approximation: planned needs, and apps that open by attention."""
PLANNED, BUDGET, SEEDS, USERS = 0.5, 300.0, 16, 4000
Make = Callable[..., Offer]
People = Callable[[MarketSettings], UserStages]
Resize = Callable[[MarketSettings, int, int], MarketSettings]


@pytest.fixture(scope="module")
def settings(make_settings: Callable[..., MarketSettings]) -> MarketSettings:
    return make_settings(NAMES, *ALONE, "users.opening_cost=1.5", "users.channel_nest=0.5")


def offers(make_offer: Make, sd: float = 1.2, price_weight: float = 2.0) -> Offer:
    """Two platforms; goods cost less at the second."""
    value = np.array([[-0.5, 0.3], [0.0, 0.2], [0.4, 0.1]]) - price_weight * np.log([1.0, 0.8])
    channels = np.broadcast_to([[0.6, 0.2], [0.3, 1.8]], (4, 2, 2))
    own = {"leisure": [0.3, -0.6], "gamma": [30, 12], "taste_weight": np.eye(2), "attachment_sd": [sd, 1.0]}
    return make_offer(2, sells=[1, 1], tier_value=value, channel_value=channels, **own)


def nobodys_shops(platforms: int) -> Shops:
    return Shops(np.ones((platforms, 1), np.float32), np.ones(1, np.float32), np.zeros((platforms, 1)))


def day_of(settings: MarketSettings, number: int) -> Day:
    calendar = MarketCalendar(settings.calendar, settings.users, NAMES, settings.mechanisms)
    return calendar.day(number)._replace(budget=np.float32(BUDGET), planned=np.float32(PLANNED), repeat=np.float32(1))


def simulated(settings: MarketSettings, offer: Offer, make_users: People, resized: Resize) -> Array:
    """A day of each seed, per user: GMV by platform and group [2, 2], visits and minutes of sessions, [seeds, 2, 4]."""
    found = []
    for seed in range(SEEDS):
        own = resized(settings, USERS, seed)
        people, streams = make_users(own), RandomStreams(seed, NAMES, own.users.fan.slots).day(0)
        people.columns.installed[:] = 3
        today = day_of(own, 0)
        people.arise(offer, nobodys_shops(2), streams, today)
        before, _ = people.attend(offer, streams, today)
        before = before.copy()
        bought, (after, _) = people.buy(offer, nobodys_shops(2), streams, today)
        visits = after[:, ACTIVE] - before[:, ACTIVE]
        found.append(np.column_stack([bought.spending.sum(axis=(0, 1)), visits, after[:, SHOPPING]]) / USERS)
    return np.array(found)


def expected(settings: MarketSettings, offer: Offer, resized: Resize, users: int = 4096, moods: int = 8) -> Array:
    """The same of infinitely many users, [2, 4]."""
    own = resized(settings, users, 0)
    calendar = MarketCalendar(own.calendar, own.users, NAMES, own.mechanisms)
    even = EvenUsers(own, calendar, moods, 1)
    even.values.installed[:] = 3
    trade, today = EvenTrade(even, 1), day_of(own, 0)
    even.attend(offer, today, 1, 1)
    [bought] = trade.meet([TradeDays(offer, [today])], ties_of(nobodys_shops(2), even.population.behaviour), 0, 1)
    sessions = own.users.session_minutes * bought.met[0]
    return np.column_stack([bought.spending[0].sum(axis=(0, 1)), bought.visits[0], sessions]) / users


def test_sums_of_a_day_are_those_of_infinitely_many_users(
    settings: MarketSettings, make_offer: Make, make_users: People, resized: Resize
) -> None:
    """Within 4.5 standard errors of the runs' mean and what fewer points change, which is below 2 %."""
    offer = offers(make_offer)
    runs, exact = simulated(settings, offer, make_users, resized), expected(settings, offer, resized)
    coarse = np.abs(expected(settings, offer, resized, 1024) - exact)
    assert (coarse < 0.02 * exact).all()
    error = runs.std(axis=0, ddof=1) / np.sqrt(SEEDS)
    assert (np.abs(runs.mean(axis=0) - exact) <= 4.5 * error + coarse).all(), (runs.mean(axis=0) / exact, error / exact)


@pytest.mark.parametrize("moved", ["lambda", "sigma", "price"])
def test_what_parameters_change_is_what_they_change_in_runs(
    moved: str, settings: MarketSettings, make_offer: Make, make_users: People, resized: Resize
) -> None:
    """Log share of the second platform: direction and size under the same random numbers, within 4.5 errors and 3 %."""
    users = settings.users.model_copy(update={"channel_nest": 0.75})
    there = settings.model_copy(update={"users": users}) if moved == "lambda" else settings
    base = offers(make_offer)
    other = {"lambda": base, "sigma": offers(make_offer, sd=2.0), "price": offers(make_offer, price_weight=3.0)}[moved]

    def share(found: Array) -> Array:
        gmv = found[..., :2].sum(axis=-1)
        return np.asarray(np.log(gmv[..., 1] / gmv.sum(axis=-1)))

    changes = share(simulated(there, other, make_users, resized)) - share(
        simulated(settings, base, make_users, resized)
    )
    change = float(share(expected(there, other, resized)) - share(expected(settings, base, resized)))
    error = changes.std(ddof=1) / np.sqrt(SEEDS)
    assert changes.mean() > 4 * error, "the runs show it: all three favour the second platform"
    assert change > 0
    assert change == pytest.approx(changes.mean(), abs=4.5 * error + 0.03 * abs(changes.mean()))


def test_buyers_are_those_of_infinitely_many_users(
    make_settings: Callable[..., MarketSettings], make_offer: Make, make_users: People, resized: Resize
) -> None:
    """A first order costs more than later ones; with steps of a day buyers of 30 and of all 40 days are exact."""
    settings = make_settings(NAMES, *ALONE, "users.opening_cost=0", "users.first_order_cost=2")
    offer, days = offers(make_offer)._replace(tier_value=np.full((3, 2), -1.5, np.float32)), 40
    today = [day_of(settings, number)._replace(planned=np.float32(0.1)) for number in range(days)]
    runs = []
    for seed in range(8):
        own = resized(settings, USERS, seed)
        people, streams = make_users(own), RandomStreams(seed, NAMES, own.users.fan.slots)
        people.columns.installed[:] = 3
        people.columns.last_bought[:] = NEVER
        for number in range(days):
            people.arise(offer, nobodys_shops(2), streams.day(number), today[number])
            people.buy(offer, nobodys_shops(2), streams.day(number), today[number])
        age = days - 1 - people.columns.last_bought.astype(int)
        runs.append([(age < 30).mean(axis=1), (age < 365).mean(axis=1)])
    own = resized(settings, 2048, 0)
    calendar = MarketCalendar(own.calendar, own.users, NAMES, own.mechanisms)
    even = EvenUsers(own, calendar, 1, 1)
    even.values.installed[:] = 3
    even.values.last_bought[:] = NEVER
    trade, ties = EvenTrade(even, 1), ties_of(nobodys_shops(2), even.population.behaviour)
    for number in range(days):
        trade.advance(1)
        trade.meet([TradeDays(offer, [today[number]])], ties, number, 1)
    trade.advance(1)
    exact = np.array(trade.buyers(days - 1)) / 2048
    error = np.std(runs, axis=0, ddof=1) / np.sqrt(len(runs))
    # An even number decides whether a point has bought: its share is off by as much as those of some points.
    assert (np.abs(np.mean(runs, axis=0) - exact) <= 4.5 * error + 4 / 2048).all()
    assert exact[0, 0] < exact[1, 0]


class Case(NamedTuple):
    """A few users in random states, and what they want."""

    users: EvenUsers
    trade: EvenTrade
    offer: Offer
    wants: Wants


@pytest.fixture
def case(make_settings: Callable[..., MarketSettings], make_offer: Make) -> Case:
    names, count, rng = ["kuaishou", "taobao", "pinduoduo"], 16, np.random.default_rng(1)
    settings = make_settings(names, f"population.users={count}", "users.first_order_cost=1.2")
    calendar = MarketCalendar(settings.calendar, settings.users, names, settings.mechanisms)
    users = EvenUsers(settings, calendar, 2, 14)
    users.values.installed[:] = rng.integers(1, 8, count)
    users.carried.sets[:] = users.values.installed & rng.integers(0, 8, (2, count)).astype(np.uint32)
    trade = EvenTrade(users, 14)
    trade.means.loyalty[:], trade.means.planted[:] = rng.random((2, 3, count))
    trade.means.bought[:] = rng.integers(0, 2, (3, count))
    trade.means.interest[:] = rng.random((3, count))
    trade.means.ties[:] = rng.random(trade.means.ties.shape) / 9
    bonus = np.vstack([rng.random((3, 3)), np.zeros(3)])
    offer = make_offer(
        3,
        sells=[1, 1, 1],
        tier_value=rng.normal(0, 1.5, (3, 3)),
        channel_value=rng.random((4, 2, 3)),
        bonus=bonus,
        attachment_sd=[1.2, 1.0, 0.7],
        fan_gain=rng.random((4, 2, 3)),
    )
    classes = trade.means.ties.shape[0]
    wants = Wants(
        planned=np.array([0.4]),
        repeat=np.ones(1),
        tie_rates=rng.random((classes, 3)) / 5,
        impulse=rng.random(count) / 3,
        ripened=rng.random(count) / 3,
        tiers=np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]),
        amounts=np.array([35.0, 95.0, 330.0]),
        online=np.ones(count),
    )
    return Case(users, trade, offer, wants)


def chances(case: Case, kind: int, origin: int, i: int) -> tuple[Array, Array]:
    """Chances and RMB by platform and group of one need by the compiled choice, means over moods and tiers."""
    columns, means, behaviour = case.users.values, case.trade.means, case.users.population.behaviour
    offer, count = case.offer, 3
    met, spent = np.zeros(count), np.zeros((count, 2))
    holds = columns.installed[i] >> np.arange(count) & 1
    taste = offer.attachment_sd * means.attachment[:, i] - offer.attachment_sd**2 / 2
    attachment = behaviour.loyalty_weight * means.loyalty[:, i] + taste
    for opened in case.users.carried.sets[:, i, None] >> np.arange(count, dtype=np.uint32) & 1:
        for tier in range(3):
            worth = offer.tier_value[tier] - behaviour.opening_cost * (opened == 0)
            worth = worth - behaviour.first_order_cost * (means.bought[:, i] == 0)
            one = meet(
                worth,
                channels=offer.channel_value,
                nest=behaviour.channel_nest,
                platform_nest=behaviour.platform_nest,
                reachable=opened if kind == KIND_IMPULSE else holds,
                attachment=attachment,
                bonus=offer.bonus[NOBODY if kind in (KIND_PLANNED, KIND_REPEAT) else origin],
                like_feed=behaviour.content_liking * columns.taste[0, i],
                like_shelf=behaviour.shelf_liking * columns.taste[1, i],
                kind=kind,
                tie=origin if kind == KIND_REPEAT else NOBODY,
                repeat_bonus=behaviour.repeat_bonus,
            )
            weight, feed = one.chances, one.feed
            part = weight * case.wants.tiers[int(means.income[i]), tier] / len(case.users.carried.sets)
            met += part
            spent += (part * case.wants.amounts[tier])[:, None] * np.column_stack([feed, 1 - feed])
    return met, spent


@pytest.mark.parametrize("kind", [KIND_PLANNED, KIND_IMPULSE, KIND_RIPENED, KIND_REPEAT])
def test_shares_are_those_of_the_compiled_choice(kind: int, case: Case) -> None:
    """Every kind of need and origin, person by person: orders and RMB by platform and group of channels."""
    none = np.zeros(16)
    wants = case.wants._replace(
        planned=case.wants.planned * (kind == KIND_PLANNED),
        impulse=case.wants.impulse if kind == KIND_IMPULSE else none,
        ripened=case.wants.ripened if kind == KIND_RIPENED else none,
        tie_rates=case.wants.tie_rates * (kind == KIND_REPEAT),
    )
    columns, means, behaviour = case.users.values, case.trade.means, case.users.population.behaviour
    placed = float(behaviour.orders_per_need[kind])
    for i in range(16):
        bought = nothing_bought(1, 3, 16)
        alone = wants._replace(online=np.eye(16)[i])
        meet_needs(columns, means, case.users.carried.sets, case.offer, behaviour, alone, bought)
        orders, spending = np.zeros((4, 4, 3)), np.zeros((4, 4, 3, 2))
        for origin in range(3) if kind != KIND_PLANNED else [3]:
            if kind == KIND_PLANNED:
                chance = -np.expm1(-columns.need_rate[i] * wants.planned[0])
            elif kind == KIND_REPEAT:
                chance = (means.ties[:, origin, i] * -np.expm1(-wants.tie_rates[:, origin])).sum()
            else:
                stock = means.planted if kind == KIND_IMPULSE else means.interest
                whole = wants.impulse if kind == KIND_IMPULSE else wants.ripened
                chance = whole[i] * stock[origin, i] / stock[:, i].sum()
            met, spent = chances(case, kind, origin, i)
            planted = 3 if kind in (KIND_PLANNED, KIND_REPEAT) else origin
            for p in range(3):
                booked = KIND_PLANNED if kind == KIND_REPEAT and p != origin else kind
                orders[booked, planted, p] += placed * chance * met[p]
                spending[booked, planted, p] += placed * chance * spent[p]
        assert bought.orders[0] == pytest.approx(orders, rel=1e-4, abs=1e-9)
        assert bought.spending[0] == pytest.approx(spending, rel=1e-4, abs=1e-7)
        assert bought.user_met[:, i] * placed == pytest.approx(orders.sum(axis=(0, 1)), rel=1e-4, abs=1e-9)


def test_ties_renew_at_the_mean_time_to_the_next_order(case: Case) -> None:
    """One shop with two products: a hazard that halves within 30 days, against its simulated mean time."""
    behaviour = case.users.population.behaviour
    two = Shops(np.full((1, 1), 1.5, np.float32), np.full(1, 2.0, np.float32), np.ones((1, 1)))
    found = ties_of(two, behaviour)
    rates = [1.5 * part.mean() for part in np.array_split(behaviour.fan_rates.astype(float), 6)]
    time = np.linspace(0, 4000, 4_000_001)
    for number, rate in enumerate(rates[1:], 1):
        hazard = np.cumsum(np.where(time < float(behaviour.fresh_days), rate / 2, rate)) * (time[1] - time[0])
        assert 1 / found.rates[3 * number, 0] == pytest.approx(np.trapezoid(np.exp(-hazard), time), rel=1e-3)
    assert found.same_shop == pytest.approx([1.0])


def test_slots_are_full_as_in_erlangs_loss() -> None:
    """One slot: a load a leaves it full a / (1 + a) of the time."""
    mean, full = full_slots(1)
    assert full == pytest.approx(mean)
    assert np.interp(0.5, mean, full) == pytest.approx(0.5, abs=1e-3)
