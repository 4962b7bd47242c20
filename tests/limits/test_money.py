"""RMB are conserved: a launch moves needs, and what a need is worth goes along.

The amounts of all tiers but one are put to zero in turn: RMB booked are then orders of that tier, with the same needs
and the same choices. So what each need brings is known wherever it is met, without looking into the stage.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.market import Market
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import (
    NEED_IMPULSE,
    NEED_PLANNED,
    NEED_REPEAT,
    NEED_RIPENED,
    SHELF,
    Columns,
    Day,
    Offer,
    Shops,
)
from secondhalf.model.users.choice import NEEDS, WANTED
from secondhalf.model.users.storage import stock_codes
from secondhalf.model.users.user_stages import Purchases, UserStages
from tests.mechanisms.runs import ALL, move, settings, until

Array = NDArray[np.float64]
NAMES = ["kuaishou", "taobao", "jd", "pinduoduo"]
PLACED = (1.0, 3.0, 0.5, 1.5)
"""Orders where a need of each kind is met."""
INCOMES = (
    "users.spending.amounts=[30,90,400]",
    "users.spending.incomes=[{name: a, share: 0.7, tiers: [0.6,0.3,0.1]}, {name: b, share: 0.3, tiers: [0.2,0.3,0.5]}]",
    "users.orders_per_need={planned: 1.0, impulse: 3.0, ripened: 0.5, repeat: 1.5}",
    "users.fan.slots=1",
    "users.fan.dropout_b=50",
)


class Situation:
    """A random day of users: needs, open apps and ties drawn, and what platforms offer with and without a launch."""

    def __init__(
        self, users: UserStages, calendar: MarketCalendar, make_offer: Callable[..., Offer], seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        self.users, self.seed, count, platforms = users, seed, users.population.users, len(NAMES)
        inner = rng.uniform(0.1, 0.9)
        users.population.behaviour = users.population.behaviour._replace(
            channel_nest=np.float32(inner),
            platform_nest=np.float32(rng.uniform(inner, 1.0)),
            opening=np.uint8(rng.integers(2)),
            opening_cost=np.float32(rng.uniform(0, 3)),
            loyalty_weight=np.float32(rng.uniform(0, 3)),
        )
        columns = users.columns
        own = {
            "needs": rng.integers(0, NEED_REPEAT << 1, count).astype(np.uint8),
            "installed": rng.integers(0, 1 << platforms, count).astype(np.uint8),
            "last_used": np.where(rng.random((platforms, count)) < 0.5, 10, 9).astype(np.int16),
            "loyalty": stock_codes(rng.random((platforms, count))),
            "impulse_origin": rng.integers(0, platforms, count).astype(np.int8),
            "interest_origin": rng.integers(0, platforms, count).astype(np.int8),
            "fan_merchant": rng.integers(0, 4, (1, count)).astype(np.int16),
            "fan_platform": rng.integers(0, platforms, (1, count)).astype(np.int8),
        }
        self.columns = Columns(*(column.copy() for column in columns))._replace(**own)
        self.day = calendar.day(10)
        values = rng.uniform(0, 2, (4, 2, platforms))
        self.without = make_offer(
            platforms,
            channel_value=values,
            tier_value=rng.normal(-1, 1.5, (3, platforms)),
            attachment_sd=rng.uniform(0, 2, platforms),
            bonus=rng.uniform(0, 1, (platforms + 1, platforms)),
            sells=np.ones(platforms),
        )
        self.where = int(rng.integers(platforms))
        launched = values.copy()
        launched[:, SHELF, self.where] += rng.uniform(0.5, 5)
        self.launched = self.without._replace(channel_value=launched.astype(np.float32))

    def buy(self, offer: Offer, amounts: Array) -> Purchases:
        """The same day of the same users, with other amounts of the tiers."""
        for column, begins in zip(self.users.columns, self.columns, strict=True):
            column[...] = begins
        shops = Shops(np.ones((4, 4), np.float32), np.ones(4, np.float32), np.tile(np.linspace(0.25, 1, 4), (4, 1)))
        day: Day = self.day._replace(tier_amount=np.asarray(amounts, np.float32))
        return self.users.buy(offer, shops, RandomStreams(self.seed, NAMES, 1).day(10), day)[0]


@pytest.fixture(scope="module")
def situations(
    make_settings: Callable[..., MarketSettings],
    make_users: Callable[[MarketSettings], UserStages],
    make_offer: Callable[..., Offer],
) -> Callable[[int], Situation]:
    own = make_settings(NAMES, "population.users=3000", *INCOMES)
    users = make_users(own)
    calendar = MarketCalendar(own.calendar, own.users, NAMES, own.mechanisms)
    return lambda seed: Situation(users, calendar, make_offer, seed)


def tiers_of(amounts: Array) -> Iterator[Array]:
    """Amounts of one tier each, one RMB."""
    return iter(np.eye(len(amounts)))


@pytest.mark.parametrize("seed", range(12))
def test_a_need_is_worth_the_same_wherever_it_is_met(situations: Callable[[int], Situation], seed: int) -> None:
    """Kind by kind, origin by origin, platform by platform: RMB booked are orders of each tier times its amount."""
    at = situations(seed)
    amounts = np.array(at.day.tier_amount, float)
    totals = []
    for offer in (at.without, at.launched):
        whole = at.buy(offer, amounts)
        parts = [at.buy(offer, one) for one in tiers_of(amounts)]
        orders = np.array([part.spending.sum(axis=3) for part in parts])  # [G, 4, P + 1, P]
        assert orders.sum(axis=0) == pytest.approx(whole.orders, rel=1e-5, abs=1e-6)
        by_tier = np.einsum("g,gnop->nop", amounts, orders)
        assert whole.spending.sum(axis=3) == pytest.approx(by_tier, rel=1e-5, abs=1e-3)
        wanted = np.array([part.needs[WANTED] for part in parts])
        assert whole.needs[WANTED] == pytest.approx(amounts @ wanted, rel=1e-6)
        totals.append((whole.needs[:2], wanted, orders.sum(axis=(1, 2, 3)), whole.spending.sum(), whole.orders))
    (needs, wanted, before, spent, placed), (again, also, after, more, moved) = totals
    assert (needs == again).all(), "a launch makes no need and no RMB"
    assert (wanted == also).all()
    assert needs[NEEDS] > 3000
    assert (after > before * (1 - 1e-6)).all()
    assert (after < wanted).all(), "what is new comes from those who walked away"
    rivals = np.arange(len(NAMES)) != at.where
    assert moved.sum(axis=(0, 1))[at.where] > placed.sum(axis=(0, 1))[at.where]
    assert (moved.sum(axis=(0, 1))[rivals] < placed.sum(axis=(0, 1))[rivals] * (1 + 1e-6)).all()
    growth = after / before
    for ratio in (more / spent, after.sum() / before.sum()):
        assert growth.min() * (1 - 1e-5) <= ratio <= growth.max() * (1 + 1e-5)


def test_where_tiers_walk_away_alike_rmb_move_as_orders_do(situations: Callable[[int], Situation]) -> None:
    """People and platforms that treat all tiers alike: a launch adds to RMB what it adds to orders, to rounding."""
    at = situations(0)
    f, count = np.float32, at.users.population.users
    alike = {"tier_value": np.tile(at.without.tier_value[1], (3, 1)), "attachment_sd": np.zeros(4, f)}
    at.columns = at.columns._replace(
        taste=np.zeros((2, count), np.int16),
        loyalty=np.zeros((4, count), np.uint16),
        installed=np.full(count, 0b1111, np.uint8),
        last_used=np.full((4, count), 10, np.int16),
        needs=np.full(count, NEED_PLANNED, np.uint8),
    )
    amounts = np.array(at.day.tier_amount, float)
    before, after = (at.buy(offer._replace(**alike), amounts) for offer in (at.without, at.launched))
    gain = after.orders.sum() / before.orders.sum()
    assert gain > 1.01
    assert after.spending.sum() / before.spending.sum() == pytest.approx(gain, rel=1e-6)


@pytest.mark.parametrize("kind", [NEED_PLANNED, NEED_IMPULSE, NEED_RIPENED, NEED_REPEAT])
def test_a_need_that_many_orders_meet_wants_as_many_amounts(situations: Callable[[int], Situation], kind: int) -> None:
    """Orders where a need is met are those of its kind; so is what it wants to spend."""
    at = situations(1)
    at.columns.needs[:] = kind
    placed = PLACED[kind.bit_length() - 1]
    bought = at.buy(at.without, np.ones(3))
    assert bought.needs[WANTED] == pytest.approx(placed * bought.needs[NEEDS])
    assert bought.spending.sum() == pytest.approx(bought.orders.sum(), rel=1e-6)
    assert bought.orders.sum() < placed * bought.needs[NEEDS]


LAUNCH = "2019-02-01"


@pytest.fixture(scope="module")
def mornings() -> Iterator[list[Market]]:
    """Two small markets on the morning of a day, on which a mall opens in the second; the same until then."""
    base = (*until("2019-02-02"), ("mechanisms.ramps", False), ("capability.mall.skill.content", 1.0), ("seed", 3))
    opening = ("scenario.moves", [move(LAUNCH, "kuaishou", "open", "mall")])
    markets = [Market(settings(chosen)) for chosen in (base, (*base, opening))]
    for market in markets:
        while market.calendar.labels[market.day] != LAUNCH:
            market.step()
    yield markets
    for market in markets:
        market.close()


def with_amounts(market: Market, amounts: Array) -> Market:
    """A copy of a market after one more day on which tiers have other amounts."""
    calendar = copy.copy(market.calendar)
    calendar._tier_amount = np.asarray(amounts, np.float32)
    fork = market.fork(calendar=calendar)
    fork.step()
    return fork


def test_a_launch_on_a_whole_market_day_moves_rmb_with_needs(mornings: list[Market]) -> None:
    """A mall opens, with all that it changes on the day; books are in RMB and people, with the day's factors."""
    amounts = np.array(mornings[0].settings.users.spending.amounts, float)
    books, tiers = [], []
    for market in mornings:
        books.append(with_amounts(market, amounts).book)
        parts = [with_amounts(market, one).book for one in tiers_of(amounts)]
        basket = market.calendar.basket_factor(market.day)
        orders = np.array([part.gmv for part in parts]) / basket
        assert orders.sum(axis=0) == pytest.approx(books[-1].orders, rel=1e-5, abs=1e-3)
        assert books[-1].gmv == pytest.approx(basket * np.einsum("g,gnop->nop", amounts, orders), rel=1e-5, abs=1.0)
        tiers.append(orders.sum(axis=(1, 2, 3)))
    before, after = books
    mall = after.cells.sum(axis=0)[ALL.index("kuaishou"), 3]
    assert before.cells.sum(axis=0)[ALL.index("kuaishou"), 3] == 0 < mall
    assert after.needs == before.needs
    assert after.wanted == before.wanted
    growth = tiers[1] / tiers[0]
    assert growth.max() > 1
    for name in ("gmv", "orders"):
        ratio = getattr(after, name).sum() / getattr(before, name).sum()
        assert growth.min() * (1 - 1e-5) <= ratio <= growth.max() * (1 + 1e-5)
    assert after.gmv.sum() - before.gmv.sum() < mall, "most of the mall's sales were somebody's before"
