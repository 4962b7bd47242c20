"""What platforms do: open a mall, close links, sell more in the feed than it bears; and when exclusivity ends."""

from __future__ import annotations

import numpy as np
import pytest

from tests.mechanisms.cases_supply import DECIDES, LUCKY
from tests.mechanisms.cases_users import SPRING
from tests.mechanisms.measures import content_minutes, content_retention, leak_rate
from tests.mechanisms.runs import ALL, CONTENT, Overrides, move, run, until

SEEDS = (0, 1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("platform", CONTENT)
def test_pan_shelf_share_rises_after_a_mall_opens(platform: str, seed: int) -> None:
    opening: Overrides = (
        *SPRING,
        (f"platform.{platform}.open_at_start.storefront", {"maturity": 0.9, "exposure": 1.0}),
        ("capability.mall.ramp_days", 60.0),
    )
    with_mall = (*opening, ("scenario.moves", [move("2019-02-01", platform, "open", "mall")]))
    before, after, without = (
        run(seed, chosen).monthly("pan_shelf_share", (platform,), month, month)
        for chosen, month in ((with_mall, "2019-01"), (with_mall, "2019-03"), (opening, "2019-03"))
    )
    assert after > before + 0.03
    assert after > without + 0.03


@pytest.mark.parametrize("seed", SEEDS)
def test_leak_falls_when_links_close(seed: int) -> None:
    closing = (*SPRING, ("scenario.moves", [move("2019-02-01", "kuaishou", "close", "external_links")]))
    open_rate, closed_rate = (leak_rate(run(seed, chosen), "2019-02-01") for chosen in (SPRING, closing))
    assert closed_rate < open_rate - 0.02
    assert leak_rate(run(seed, closing), "", "2019-01-31") == leak_rate(run(seed, SPRING), "", "2019-01-31")


@pytest.mark.parametrize("seed", SEEDS)
def test_selling_beyond_the_limit_costs_retention(seed: int) -> None:
    """The same feed is above one limit and below the other."""
    crowded, bearable = (
        run(seed, (*SPRING, ("capability.*.clutter", 0.3), ("capability.*.clutter_limit", limit)))
        for limit in (0.08, 1.0)
    )
    content = [ALL.index(name) for name in CONTENT]
    for chosen, above in ((crowded, True), (bearable, False)):
        limit = chosen.market.settings.capability["short_video"].clutter_limit
        assert (chosen.market.desk.selling_load(chosen.market.trade)[content] > limit).all() == above
    assert content_retention(crowded) < 0.95 * content_retention(bearable)
    assert content_minutes(crowded) < 0.9 * content_minutes(bearable)


@pytest.mark.parametrize("seed", SEEDS)
def test_exclusivity_ends_on_its_date(seed: int) -> None:
    spring = (
        *until("2021-05-31", "2021-03-15"),
        ("scenario.exclusivity", {"platform": "taobao", "share": 0.8, "until": "2021-04-10"}),
        ("merchants.entry_hazard", 0.3),
        ("merchants.shop_cost", 0.0),
    )
    bound, free = run(seed, spring), run(seed, (*spring, ("mechanisms.exclusivity", False)))
    rivals = [ALL.index(name) for name in ("jd", "pinduoduo")]
    shops, merchants = bound.shops[:, rivals].sum(axis=1), bound.market.settings.population.merchants
    last_bound = bound.day("2021-04-09")
    assert shops[last_bound] < 0.7 * free.shops[last_bound, rivals].sum()
    assert shops[-1] > shops[last_bound] + 0.2 * merchants


def test_platforms_do_not_know_their_skill_and_learn_it() -> None:
    """The mall opens in January; the first signal comes with the second quarter."""
    believed: list[list[float]] = []
    for seed in (1, 3, 4):
        at = ALL.index("kuaishou"), run(seed, LUCKY, DECIDES).market.capabilities.column["mall"]
        tables = [run(seed, chosen, DECIDES).market.capabilities for chosen in (LUCKY, (*LUCKY, *until("2019-04-02")))]
        believed.append([abs(np.log(table.skill[at]) - table.believed[at]) for table in tables])
        known = run(seed, (*LUCKY, ("mechanisms.unknown_skill", False)), DECIDES).market.capabilities
        assert np.log(known.skill[at]) == pytest.approx(known.believed[at])
    before, after = np.array(believed).T
    assert before.min() > 0.01
    assert after.mean() < 0.7 * before.mean()
