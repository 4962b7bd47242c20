"""Two platforms alike in all but their names, and one capability that each may have at a cost: a two-by-two game.

Payoffs are what the market itself books: commission and advertising, RMB a day for each thousand people online, with
none, one or both of the platforms having a mall from the start. A cost changes nothing that users or merchants see, so
one table answers for every cost, and the equilibrium follows by hand. With ``v(own, other)`` and 1 for having it,

- both have it when the cost is below what it brings the second, ``v(1, 1) - v(0, 1)``;
- nobody has it when the cost is above what it brings the first, ``v(1, 0) - v(0, 0)``;
- in between one has it (either), if the second gains less than the first, else both or nobody;
- both having it is a prisoners' dilemma when the cost is also above what both gain together, ``v(1, 1) - v(0, 0)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.game_theory.pure_nash import pure_equilibria
from secondhalf.model.market import Market

Array = NDArray[np.float64]
NAMES = ("left", "right")
SEEDS = range(8)
ERRORS = 4.0
"""Standard errors over seeds that a mean may be off."""
OFF = ("costs", "unknown_skill", "seasons", "festivals", "exclusivity", "shop_entry", "shop_exit")
SIZE = ("population.users=500", "population.merchants=40", "calendar.warm_up=56", "calendar.end=2019-03-31")
WORLD = (
    *(
        f"platform.kuaishou.{name}"
        for name in (
            "leisure=-1.51",
            "gamma=20.3",
            "appeal=-1.2",
            "tier_fit=0",
            "selling_load=0.09",
            "never_installs=0",
        )
    ),
    *(f"platform.kuaishou.{name}" for name in ("innovation=5.24e-5", "imitation=1.34e-3")),
    *(f"users.{name}" for name in ("needs_per_day=0.419", "habit_weight=2.47", "shock=0.922", "social_weight=0.15")),
    *(f"users.{name}" for name in ("session_minutes=6", "impulse_rate=0.0333", "impulse_power=0")),
    *(f"users.{name}" for name in ("channel_nest=0.9", "platform_nest=0.9", "walk_away=0.5", "opening_cost=2.5")),
    *("users.attachment_sd.content=0.3", "users.orders_per_need.impulse=2", "users.orders_per_need.repeat=1.5"),
    *("users.spending.amounts=[60]", "users.spending.incomes=[{name: all, share: 1.0, tiers: [1.0]}]"),
    *(f"users.{name}" for name in ("ripening_rate=2.15e-3", "loyalty_weight=1.5")),
    *(f"users.{name}" for name in ("fan.rate_mean=0.0476", "fan.dropout_b=5.12")),
    *("capability.storefront.skill.content=1.47", "capability.storefront.ramp_days=467"),
    *("merchants.ewa_lambda=1.5", "capability.mall.skill.content=1.0"),
    *("merchants.supply_elasticity=0.3", "merchants.entry_hazard=0.01184", "users.link_bonus=1.0"),
    *(
        "platform.kuaishou.open_at_start.expert_distribution.maturity=0.2",
        "capability.expert_distribution.ramp_days=540",
    ),
    *("platform.kuaishou.open_at_start.storefront.maturity=0.06551", "channels.store.affinity.planned=0.3"),
    *(
        "calendar.need_value.knots={2018-07-01: 1.05, 2019-07-01: 1.0}",
        "calendar.gmv_over_retail.knots={2018-07-01: 1.0, 2019-07-01: 1.0}",
        "platform.kuaishou.recruit_trend={}",
    ),
    "platform.kuaishou.depth_trend={}",
)
"""Numbers of its own, so that the game does not change with the calibration."""
NONE, ONE, OTHER, BOTH = [0, 0], [1, 0], [0, 1], [1, 1]


class Twins:
    """Markets of two platforms made from the settings of one.

    Attributes
    ----------
    plain
        settings of all that the platforms share
    """

    def __init__(self, plain: dict[str, Any]) -> None:
        self.plain = plain
        self.twin = plain["platform"]["kuaishou"] | {"installed_at_start": 0.6, "shops_at_start": 0.5}
        self.pools = self.twin["open_at_start"] | {"storefront": {"entrance": "top_tab"}}
        del self.pools["external_links"]
        self.mall = {"maturity": plain["capability"]["mall"]["skill"]["content"], "entrance": "top_tab"}

    def daily(
        self, profile: tuple[int, ...], seed: int, names: tuple[str, ...] = NAMES, **more: Any
    ) -> tuple[Array, Array]:
        """Mean gross earnings and costs of each platform under a profile of malls, RMB a day, [2] each."""
        platforms = {
            name: self.twin | {"open_at_start": self.pools | ({"mall": self.mall} if has else {})}
            for name, has in zip(names, profile, strict=True)
        }
        own = {"seed": seed, "platforms": list(names), "platform": self.plain["platform"] | platforms}
        market, earned, cost = Market(MarketSettings.from_dict(self.plain | own | more)), np.zeros(2), np.zeros(2)
        while market.running:
            market.step()
            earned += market.book.commission + market.book.ad_revenue
            cost += market.book.cost
        days = market.calendar.days
        market.close()
        return earned / days, cost / days


@pytest.fixture(scope="module")
def twins(make_settings: Callable[..., MarketSettings]) -> Twins:
    off = [f"mechanisms.{name}=false" for name in OFF]
    return Twins(make_settings(["kuaishou"], "strategy=hold", *SIZE, *WORLD, *off).model_dump())


@pytest.fixture(scope="module")
def tables(twins: Twins) -> Array:
    """Payoffs without costs, [seed, player, left has it, right has it]."""
    runs = [[[twins.daily((a, b), seed)[0] for b in (0, 1)] for a in (0, 1)] for seed in SEEDS]
    return np.moveaxis(np.array(runs), -1, 1)


def worth(tables: Array, own: int, other: int) -> Array:
    """v(own, other) of both players, [seed, 2]."""
    return np.stack([tables[:, 0, own, other], tables[:, 1, other, own]], axis=1)


def mean_and_error(values: Array) -> tuple[Array, Array]:
    """Over seeds, the first axis."""
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


def gains(tables: Array) -> dict[str, Array]:
    """What the cost is compared with, mean of both players, by seed."""
    none, one, other, both = (worth(tables, *profile).mean(axis=1) for profile in (NONE, ONE, OTHER, BOTH))
    return {"first": one - none, "second": both - other, "together": both - none, "rival": other - none}


def test_names_do_not_matter(tables: Array) -> None:
    """Exchanged players, exchanged payoffs; each name has its own luck, so only on average over seeds."""
    mean, error = mean_and_error(tables[:, 0] - np.swapaxes(tables[:, 1], 1, 2))
    assert (np.abs(mean) < ERRORS * error).all()
    assert (error < 0.1 * tables.mean()).all()


def test_the_order_of_the_list_does_not_matter(twins: Twins, tables: Array) -> None:
    """The same names, and so the same luck but for draws laid end to end: neither place is the better one."""
    first = tables[:, :, 0, 1]
    second = np.array([twins.daily((1, 0), seed, NAMES[::-1])[0][::-1] for seed in SEEDS])
    mean, error = mean_and_error(np.log(first / second))
    assert (np.abs(mean) < ERRORS * error).all()
    assert (np.abs(mean) < 0.03).all()


def test_a_mall_pays_takes_from_the_rival_and_pays_the_second_less(tables: Array) -> None:
    found = gains(tables)
    for name, sign in (("first", 1), ("second", 1), ("together", 1), ("rival", -1)):
        mean, error = mean_and_error(found[name])
        assert sign * mean > ERRORS * error, name
    mean, error = mean_and_error(found["first"] - found["second"])
    assert mean > ERRORS * error


def test_thresholds_are_those_of_the_document(tables: Array) -> None:
    """docs/trace.md, section 5, states them."""
    found = gains(tables)
    for name, stated in (("first", 55.3), ("second", 49.8), ("together", 38.3)):
        mean, error = mean_and_error(found[name])
        assert mean == pytest.approx(stated, abs=ERRORS * error), name


def test_equilibria_by_hand_at_every_cost(tables: Array) -> None:
    """The finder on the table of means, exchanged players averaged, against the four rules above."""
    table = tables.mean(axis=0)
    table = np.stack([(table[0] + table[1].T) / 2, (table[0].T + table[1]) / 2])
    first, second, together = (gains(tables)[name].mean() for name in ("first", "second", "together"))
    assert 0 < together < second < first
    having = np.stack(np.meshgrid([0, 1], [0, 1], indexing="ij"))
    for cost in np.linspace(0, 1.5 * first, 300):  # none of them at a threshold, where equilibria tie
        net = table - cost * having
        expected = [BOTH] if cost < second else [OTHER, ONE] if cost < first else [NONE]
        assert pure_equilibria(net).tolist() == expected
        dilemma = expected == [BOTH] and net[0, 1, 1] < net[0, 0, 0]
        assert dilemma == (together < cost < second)


def test_costs_are_booked_and_steer_nothing(twins: Twins) -> None:
    """So that one table answers for every cost."""
    cost = 20.0
    plain = twins.plain
    maturity = plain["capability"]["mall"]["skill"]["content"]
    free = {name: pool | {"running_cost": 0.0, "launch_cost": 0.0} for name, pool in plain["capability"].items()}
    dear = free | {"mall": free["mall"] | {"running_cost": cost / maturity}}
    earned, spent = twins.daily((1, 0), 0, mechanisms=plain["mechanisms"] | {"costs": True}, capability=dear)
    assert (earned == twins.daily((1, 0), 0)[0]).all()
    assert spent == pytest.approx([cost, 0.0])
