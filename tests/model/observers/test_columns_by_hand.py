"""Columns of money, needs and time: each derived by hand from the day books of a small market."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from secondhalf.conf.schema.vocabulary import CHANNELS, PAN_SHELF
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.model_series import outputs
from secondhalf.experiments.results.tables import tables
from secondhalf.model.accounts.day_book import DayBook
from secondhalf.model.market import Market

Array = NDArray[np.float64]
PLATFORMS = ["douyin", "taobao", "jd"]
CUT, PRICE_WEIGHT, MARGIN, SHOP_COST = 0.1, 2.0, 0.2, 350.0
WORDS = (
    f"platforms=[{','.join(PLATFORMS)}]",
    "population.users=300",
    "population.merchants=20",
    "calendar.warm_up=56",
    "calendar.end=2019-02-10",
    "strategy=hold",
    "+platform.jd.open_at_start.subsidy={maturity: 0.5, entrance: top_tab}",
    f"capability.subsidy.price_cut={CUT}",
    f"users.price_weight={PRICE_WEIGHT}",
    f"merchants.margin={MARGIN}",
    f"merchants.shop_cost={SHOP_COST}",
)
ONE_NEED_A_DAY = (
    "population.users=400",
    "calendar.end=2019-01-03",
    "mechanisms.impulse=false",
    "mechanisms.ripening=false",
    "mechanisms.fans=false",
    "mechanisms.loyalty=false",
    "mechanisms.lasting_tastes=false",
    "mechanisms.closed_loop=false",
    "mechanisms.open_links=false",
    "users.opening_cost=0",
    "users.first_order_cost=0",
    "users.needs_per_day=0.4",
    "users.spending.amounts=[80]",
    "users.spending.incomes=[{name: all, share: 1.0, tiers: [1.0]}]",
    "users.orders_per_need.planned=1.5",
)
"""Nothing but planned needs of one amount, which choose among installed apps, open or not."""


class Kept:
    """A market that ran to its end, its books and what merchants had, day by day, and its tables."""

    def __init__(self, *words: str) -> None:
        self.market = Market(load_settings([*WORDS, *words]))
        self.books: list[DayBook] = []
        self.shops: list[float] = []  # of real merchants, when the day's books were written
        self.bought: list[NDArray[np.bool_]] = []  # [P, users]
        while self.market.running:
            self.market.step()
            self.books.append(self.market.book)
            table = self.market.trade.table
            self.shops.append(float(np.sum(table.shop * table.weight[:, None])))
            self.bought.append(self.market.population.columns.last_bought == self.market.day - 1)
        self.tables = tables(self.market)

    def daily(self, column: str) -> Array:
        """A column of daily.csv, [days, P]."""
        return np.asarray(self.tables["daily"][column]).reshape(-1, len(PLATFORMS))

    def day_by_day(self, column: str) -> Array:
        """A column of market.csv, [days]."""
        return self.tables["market"][column].to_numpy(float)

    def monthly(self, column: str) -> Array:
        """A column of monthly.csv, [months, P]."""
        return np.asarray(self.tables["monthly"][column]).reshape(-1, len(PLATFORMS))

    def by_channel(self, column: str) -> Array:
        """A column of channels.csv, [months, P, C]."""
        return np.asarray(self.tables["channels"][column]).reshape(-1, len(PLATFORMS), len(CHANNELS))

    def months(self, amounts: Array) -> Array:
        """Sums by month of amounts a day, [days, ...] -> [months, ...]: all of January, the beginning of February."""
        return np.stack([amounts[:31].sum(axis=0), amounts[31:].sum(axis=0)])


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    found = Kept()
    yield found
    found.market.close()


def cells(kept: Kept) -> Array:
    """GMV by day, platform and channel, [days, P, C]."""
    return np.stack([book.cells.sum(axis=0) for book in kept.books])


def test_orders_times_their_value_are_gmv(kept: Kept) -> None:
    orders = np.stack([book.orders.sum(axis=(0, 1)) for book in kept.books])
    gmv = np.stack([book.gmv.sum(axis=(0, 1)) for book in kept.books])
    assert (orders > 0).all()
    np.testing.assert_allclose(kept.daily("order_value"), gmv / orders, rtol=1e-12)
    np.testing.assert_allclose(kept.daily("order_value") * kept.daily("orders"), kept.daily("gmv"), rtol=1e-12)
    values = kept.daily("order_value")
    amounts, basket = kept.market.settings.users.spending.amounts, 2.0
    assert (values > amounts[0] / 2).all()
    assert (values < amounts[-1] * basket).all()


def test_net_gmv_is_paid_and_not_sent_back(kept: Kept) -> None:
    channels = kept.market.settings.channels
    stays = np.array([channels[name].paid_share * (1 - channels[name].return_rate) for name in CHANNELS])
    net = (cells(kept) * stays).sum(axis=2)
    np.testing.assert_allclose(kept.daily("net_gmv"), net, rtol=1e-12)
    np.testing.assert_allclose(kept.day_by_day("net_gmv"), net.sum(axis=1), rtol=1e-12)
    assert (kept.daily("net_gmv") < kept.daily("gmv")).all()


def test_subsidies_are_what_the_price_cut_costs(kept: Kept) -> None:
    """Douyin and Taobao cut no price; JD's subsidy is of half maturity and goes on ripening."""
    subsidies, gmv = kept.daily("subsidies"), kept.daily("gmv")
    presence = kept.market.platforms[2].presence("subsidy")
    assert presence > 0.4
    assert subsidies[-1, 2] == pytest.approx(gmv[-1, 2] * (1 / (1 - CUT * presence) - 1), rel=1e-9)
    assert (subsidies[:, :2] == 0).all()
    running = kept.market.platforms[2].running_cost()
    assert kept.daily("cost")[-1, 2] == pytest.approx(running + subsidies[-1, 2], rel=1e-9)


def test_shopping_minutes_are_sessions_of_needs() -> None:
    """Sampled needs, each with a session, make the minutes of needs; short ones, so that no day is full."""
    kept = Kept("users.session_minutes=1")
    session = kept.market.settings.users.session_minutes
    weight = kept.market.population.weight
    met = np.stack([bought.sum(axis=1) for bought in kept.bought])  # users who met a need or more
    shopping = kept.daily("shopping_minutes")
    assert (shopping >= met * weight * session * (1 - 1e-4)).all()
    assert (shopping <= kept.daily("minutes")).all()
    sessions = shopping / (weight * session)
    np.testing.assert_allclose(sessions, np.round(sessions), atol=1e-3)
    assert shopping.sum() == pytest.approx(sum(book.shopping_minutes.sum() for book in kept.books), rel=1e-12)
    kept.market.close()


def test_a_month_is_the_sum_of_its_days(kept: Kept) -> None:
    for name in ("gmv", "net_gmv", "orders"):
        np.testing.assert_allclose(kept.monthly(name), kept.months(kept.daily(name)), rtol=1e-9)


def test_buyers_of_a_month_bought_within_it(kept: Kept) -> None:
    """Each once, however often; what they bought and spent is shared out among them."""
    bought = np.stack(kept.bought)
    people = np.stack([bought[:31].any(axis=0).sum(axis=1), bought[31:].any(axis=0).sum(axis=1)])
    buyers = people * kept.market.population.weight
    np.testing.assert_allclose(kept.monthly("buyers"), buyers, rtol=1e-12)
    some = buyers > 0
    assert some[:, 1:].all()
    for column, amount in (("orders_per_buyer", "orders"), ("spend_per_buyer", "gmv")):
        of_each = kept.months(kept.daily(amount))[some] / buyers[some]
        np.testing.assert_allclose(kept.monthly(column)[some], of_each, rtol=1e-9)
        assert (kept.monthly(column)[~some] == 0).all()


def test_channels_add_up_to_their_platforms(kept: Kept) -> None:
    gmv = kept.by_channel("gmv")
    np.testing.assert_allclose(gmv, kept.months(cells(kept)), rtol=1e-9)
    for name in ("gmv", "net_gmv", "orders"):
        np.testing.assert_allclose(kept.by_channel(name).sum(axis=2), kept.monthly(name), rtol=1e-9)
    assert (kept.by_channel("net_gmv") <= gmv).all()
    np.testing.assert_allclose(kept.by_channel("share"), gmv / gmv.sum(axis=2, keepdims=True), rtol=1e-9)


def test_the_pan_shelf_is_mall_search_and_store(kept: Kept) -> None:
    """The same number in channels.csv, in monthly.csv and where facts are compared with it."""
    shelf = np.isin(CHANNELS, list(PAN_SHELF))
    share = kept.by_channel("share")[:, :, shelf].sum(axis=2)
    assert (share > 0).all()
    np.testing.assert_allclose(kept.monthly("pan_shelf_share"), share, rtol=1e-9)
    compared: pd.DataFrame = outputs(kept.market)["channels"]
    np.testing.assert_allclose((compared["pan_shelf_gmv"] / compared["gmv"]).to_numpy(), share.ravel(), rtol=1e-9)


def test_time_share_of_shopping_apps(kept: Kept) -> None:
    """Taobao and JD, of three."""
    shelf = np.array([book.minutes[1:].sum() / book.phone_minutes for book in kept.books])
    np.testing.assert_allclose(kept.day_by_day("shopping_app_share"), shelf, rtol=1e-12)
    np.testing.assert_allclose(shelf, kept.daily("attention_share")[:, 1:].sum(axis=1), rtol=1e-12)


def test_what_merchants_earn(kept: Kept) -> None:
    """Margin on what stays sold, less what platforms take of sales, less a seventh of a week's cost for each shop."""
    platforms = kept.market.settings.platform
    rates = np.array([platforms[name].take_rate + platforms[name].ad_take for name in PLATFORMS])
    assert (rates > 0).all()
    net, fees = kept.daily("net_gmv").sum(axis=1), (kept.daily("gmv") * rates).sum(axis=1)
    profit = MARGIN * net - fees - np.array(kept.shops) * SHOP_COST / 7
    np.testing.assert_allclose(kept.day_by_day("merchants_profit"), profit, rtol=1e-9)


def test_spending_is_wanted_or_walks_away(kept: Kept) -> None:
    wanted, gmv = kept.day_by_day("wanted_spending"), kept.daily("gmv").sum(axis=1)
    assert (gmv < wanted).all()
    np.testing.assert_array_equal(wanted, [book.wanted for book in kept.books])
    away = kept.day_by_day("walk_away_share")
    assert ((away > 0) & (away < 1)).all()
    np.testing.assert_allclose(away, [1 - book.needs_met / book.needs for book in kept.books], rtol=1e-12)


def test_needs_of_one_kind_by_hand() -> None:
    """A nested logit in NumPy, from the offer and the users of the last day, gives every sum over needs."""
    kept = Kept(*ONE_NEED_A_DAY)
    market, book = kept.market, kept.books[-1]
    users, columns, offer = market.settings.users, market.population.columns, market.offer
    needs = columns.needs == 1
    number = np.arange(len(PLATFORMS))[:, None]
    installed = ((columns.installed[None, needs] >> number) & 1 == 1) & (offer.sells[:, None] == 1)
    feed, shelf = offer.channel_value[0].astype(float)
    like = np.exp(
        np.array([users.content_liking, users.shelf_liking])[:, None] * market.population.read("taste")[:, needs]
    )
    inclusive = np.log(feed[:, None] * like[0] + shelf[:, None] * like[1])
    utility = np.where(installed, offer.tier_value[0][:, None] + users.channel_nest * inclusive, -np.inf)
    against = np.exp(utility / users.platform_nest).sum(axis=0) ** users.platform_nest
    chance = against / (1 + against)
    weight, amount = market.population.weight, 1.5 * float(market.today.tier_amount[0])

    assert needs.sum() > 50
    assert book.needs == needs.sum() * weight
    assert kept.day_by_day("wanted_spending")[-1] == pytest.approx(amount * book.needs, rel=1e-6)
    assert kept.day_by_day("walk_away_share")[-1] == pytest.approx((1 - chance).mean(), rel=1e-4)
    assert kept.daily("gmv")[-1].sum() == pytest.approx(amount * chance.sum() * weight, rel=1e-4)
    assert kept.daily("orders")[-1].sum() == pytest.approx(1.5 * chance.sum() * weight, rel=1e-4)
    assert kept.daily("order_value")[-1] == pytest.approx(np.full(3, float(market.today.tier_amount[0])), rel=1e-5)
    surplus = (np.log1p(against) * amount / PRICE_WEIGHT).sum() * weight
    assert kept.day_by_day("consumer_surplus")[-1] == pytest.approx(surplus, rel=1e-4)
    market.close()


def test_no_needs_are_no_division() -> None:
    kept = Kept(*ONE_NEED_A_DAY, "users.needs_per_day=0")
    assert (kept.day_by_day("walk_away_share") == 0).all()
    assert (kept.daily("order_value") == 0).all()
    assert (kept.monthly("spend_per_buyer") == 0).all()
    kept.market.close()
