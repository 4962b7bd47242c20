"""Levers of a scenario: each moves what it should, in the direction it should, and nothing before its date."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from secondhalf.model.shapes import KIND_IMPULSE, KIND_PLANNED, KIND_RIPENED
from tests.mechanisms.cases_users import LOADED, SPRING
from tests.mechanisms.measures import content_minutes, leak_rate
from tests.mechanisms.measures_supply import rivals_shops_open
from tests.mechanisms.runs import ALL, CONTENT, Overrides, Run, run, until

SEEDS = (0, 1, 2)
DATE, BEFORE = "2019-02-01", "2019-01-31"
WINTER = until("2020-02-29", "2019-12-01")
FREE = (*SPRING, ("merchants.entry_hazard", 0.3), ("merchants.shop_cost", 0.0))


def lever(name: str, **entry: Any) -> tuple[str, Any]:
    """One entry of a scenario."""
    return f"scenario.{name}", [entry]


def gains(
    measure: Callable[[Run], float],
    base: Overrides,
    levers: Overrides,
    strategy: str = "hold",
    seeds: Sequence[int] = SEEDS,
) -> list[float]:
    """Log change of a measure by the levers, seed by seed under the same luck."""
    pairs = [(run(seed, (*base, *levers), strategy), run(seed, base, strategy)) for seed in seeds]
    return [math.log(measure(with_it) / measure(without)) for with_it, without in pairs]


def rises(changes: list[float], least: float = 0.0) -> bool:
    """Whether the mean exceeds `least` by more than twice its standard error."""
    return float(np.mean(changes) - 2 * np.std(changes, ddof=1) / math.sqrt(len(changes))) > least


def falls(changes: list[float], least: float = 0.0) -> bool:
    """Whether the mean is below `-least` by more than twice its standard error."""
    return rises([-change for change in changes], least)


def same_before(base: Overrides, levers: Overrides, strategy: str = "hold", date: str = DATE) -> bool:
    """Whether two runs' days before a date are equal to the bit."""
    days = []
    for chosen in (base, (*base, *levers)):
        table = run(0, chosen, strategy).tables["daily"]
        days.append(table[table["date"] < date])
    return bool(days[0].equals(days[1]))


def planned(at: Run, first: str, last: str) -> float:
    return float(at.orders[at.day(first) : at.day(last) + 1, KIND_PLANNED].sum())


def planted_since(at: Run) -> float:
    return float(at.orders[at.day(DATE) :, [KIND_IMPULSE, KIND_RIPENED]].sum())


def commission_rate(at: Run) -> float:
    return float(at.daily("commission", ALL, DATE).sum() / at.daily("gmv", ALL, DATE).sum())


def brands_share(at: Run) -> float:
    table = at.tables["merchants"]
    return float(table.loc[table["kind"] == "brand", "taobao"].sum() / table["taobao"].sum())


def test_links_that_stay_open_leak_more() -> None:
    levers = (lever("without", platform="*", capability="external_links"),)
    changes = gains(lambda at: leak_rate(at, "2019-12-23"), WINTER, levers, "history")
    assert rises(changes, 0.02), changes
    assert same_before(WINTER, levers, "history", "2019-12-23")
    moves = run(0, (*WINTER, *levers), "history").tables["moves"]
    assert "external_links" in set(run(0, WINTER, "history").tables["moves"]["capability"])
    assert "external_links" not in set(moves["capability"])


def test_links_that_close_leak_less() -> None:
    levers = (lever("bans", platform="content", capability="external_links", since=DATE),)
    changes = gains(lambda at: leak_rate(at, DATE), SPRING, levers)
    assert falls(changes, 0.1), changes
    assert same_before(SPRING, levers)


def test_a_cap_on_commission_lowers_it() -> None:
    levers = (lever("caps", since=DATE, take_rate=0.005),)
    assert falls(gains(commission_rate, SPRING, levers), 0.1)
    assert max(commission_rate(run(seed, (*SPRING, *levers))) for seed in SEEDS) <= 0.005
    assert same_before(SPRING, levers)


@pytest.mark.parametrize("field", ["ad_take", "ad_yield"])
def test_a_cap_on_advertising_lowers_its_revenue(field: str) -> None:
    levers = (lever("caps", since=DATE, **{field: 0.01}),)
    assert falls(gains(lambda at: float(at.daily("ad_revenue", ALL, DATE).sum()), SPRING, levers), 0.1)
    assert same_before(SPRING, levers)


def test_a_cap_on_the_feed_plants_less_and_crowds_out_less() -> None:
    levers = (lever("caps", platform="content", since=DATE, load=0.05),)
    # A feed that crowds out nobody: with less of it selling, people would else stay longer. Many give in to it.
    keen = (*SPRING, ("mechanisms.clutter", False), ("users.impulse_rate", 0.3), ("users.ripening_rate", 0.02))
    assert falls(gains(planted_since, keen, levers), 0.1)
    assert rises(gains(content_minutes, LOADED, levers), 0.02)
    content = [ALL.index(name) for name in CONTENT]
    market = run(0, (*LOADED, *levers)).market
    assert (market.desk.selling_load(market.trade)[content] == 0.05).all()
    assert same_before(LOADED, levers)


def test_a_cap_names_platforms() -> None:
    caps = [{"since": DATE, "take_rate": 0.0, "platform": "jd"}]
    at = run(0, (*SPRING, ("scenario.caps", caps)))
    assert at.daily("commission", ("jd",), DATE).sum() == 0
    assert (at.daily("commission", ("taobao",), DATE) > 0).all()


def test_a_shock_to_demand_passes() -> None:
    levers = (
        lever("shocks", since=DATE, until="2019-02-15", planned_needs=0.5, recovery_days=14),
        ("users.loyalty_weight", 0.0),
    )
    during, recovering, after = (
        gains(lambda at, a=first, b=last: planned(at, a, b), (*SPRING, levers[1]), levers[:1])
        for first, last in ((DATE, "2019-02-14"), ("2019-02-15", "2019-02-28"), ("2019-03-01", "2019-03-31"))
    )
    assert falls(during, 0.4), during
    assert falls(recovering, 0.1), recovering
    assert np.mean(during) < np.mean(recovering) < np.mean(after)
    assert abs(np.mean(after)) < 0.05, after
    assert same_before(SPRING, levers[:1])


def test_a_shock_to_phone_time() -> None:
    levers = (lever("shocks", since=DATE, until="2019-03-01", phone_time=1.3),)
    assert rises(gains(lambda at: float(at.daily("minutes", ALL, DATE, "2019-02-28").sum()), SPRING, levers), 0.1)
    assert same_before(SPRING, levers)


def test_search_that_prefers_brands_sells_more_of_theirs() -> None:
    levers = (lever("self_preferencing", platform="taobao", factor=4.0, own=["brand"], since=DATE),)
    assert rises(gains(brands_share, SPRING, levers), 0.03)
    assert same_before(SPRING, levers)
    market = run(0, (*SPRING, *levers)).market
    table = market.trade.table
    favoured = (market.trade.favour > 1).any(axis=0)
    assert favoured.tolist() == [name == "taobao" for name in ALL]
    brands = table.kind == table.kind_names.index("brand")
    assert ((market.trade.favour[:, ALL.index("taobao")] > 1) == (brands & table.shop[:, ALL.index("taobao")])).all()


def test_search_that_prefers_whom_it_binds() -> None:
    exclusivity = ("scenario.exclusivity", {"platform": "taobao", "share": 0.5, "until": None})
    levers = (exclusivity, lever("self_preferencing", platform="taobao", factor=4.0, own=["bound"], since=DATE))
    at = run(0, (*SPRING, *levers)).market
    bound = at.exclusivity.bound(at.trade.table)
    assert 0 < bound.sum() < bound.size
    assert ((at.trade.favour[:, ALL.index("taobao")] > 1) == bound).all()


def test_exclusivity_that_begins_closes_rivals_shops() -> None:
    levers = (("scenario.exclusivity", {"platform": "taobao", "share": 0.8, "since": DATE, "until": "2019-03-01"}),)
    base = (*FREE, ("scenario.exclusivity", None))
    assert same_before(base, levers)
    for seed in SEEDS:
        at, free = run(seed, (*base, *levers)), run(seed, base)
        last_free, first_bound, last_bound = at.day(BEFORE), at.day(DATE), at.day("2019-02-28")
        assert rivals_shops_open(at, last_free) == rivals_shops_open(free, last_free)
        assert rivals_shops_open(at, first_bound) < 0.7 * rivals_shops_open(free, first_bound)
        assert rivals_shops_open(at, last_bound) < 0.7 * rivals_shops_open(free, last_bound)
        assert rivals_shops_open(at, -1) > rivals_shops_open(at, last_bound)


def test_exclusivity_for_ever_keeps_rivals_poor() -> None:
    ended, kept = (("scenario.exclusivity", {"platform": "taobao", "share": 0.8, "until": u}) for u in (DATE, None))
    assert falls(gains(lambda at: rivals_shops_open(at, -1), (*FREE, ended), (kept,)), 0.1)
