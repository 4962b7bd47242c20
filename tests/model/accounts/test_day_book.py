"""Conservation over random markets: after every day each minute and each RMB is booked once on each side."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.mechanisms import Mechanisms
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market
from secondhalf.model.shapes import NEVER, NOBODY
from secondhalf.model.users.attention_flows import Window
from secondhalf.model.users.storage import POSITIVE_ERROR
from secondhalf.model.users.user_stages import MonthBooks, UserStages

NAMES = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo", "xiaohongshu"]
USERS, DAYS = 150, 40
EPS32 = float(np.finfo(np.float32).eps)
ROUNDING = 1e-9
"""Of sums in double precision: some 10^4 terms, one unit in the last place (1.1e-16) each, and a margin of 10^3."""

STORED = 1 + 3 + 5
"""How often minutes may be stored in a day: by `attend`, and after a session for each need (five ties at most)."""

Array = NDArray[np.float64]


@st.composite
def overrides(draw: st.DrawFn) -> list[str]:
    """One to six platforms, any graph, merchants few or many, mechanisms off at random."""
    platforms = draw(st.permutations(NAMES))[: draw(st.integers(1, 6))]
    network = draw(
        st.sampled_from(["clustered_scale_free", "small_world", "scale_free", "communities", "random_mixing"])
    )
    off = draw(st.lists(st.sampled_from(sorted(Mechanisms.model_fields)), max_size=6, unique=True))
    numbers = {
        "seed": draw(st.integers(0, 10**6)),
        "population.merchants": draw(st.integers(1, 60)),
        "users.fan.slots": draw(st.integers(1, 5)),
        "users.idle_days": draw(st.sampled_from([0, 5, 45])),
        "merchants.patience_weeks": draw(st.sampled_from([1, 26])),
        "merchants.entry_hazard": draw(st.sampled_from([0.0, 0.5])),
        "merchants.shop_cost": draw(st.sampled_from([0.0, 60.0, 1e6])),
        "users.needs_per_day": draw(st.sampled_from([0.0, 0.4, 3.0])),
        "users.fan.rate_mean": draw(st.sampled_from([0.0, 0.06, 1.0])),
    }
    start = draw(st.sampled_from(["2019-01-01", "2021-10-20", "2024-02-10"]))
    end = (np.datetime64(start) + DAYS - 1).astype(str)
    strategy = draw(st.sampled_from(["history", "hold"]))
    return [
        f"platforms=[{','.join(platforms)}]",
        f"population.users={USERS}",
        f"network={network}",
        f"calendar.start={start}",
        f"calendar.end={end}",
        "calendar.warm_up=56",
        f"strategy={strategy}",
        *(f"{name}={value}" for name, value in numbers.items()),
        *(f"mechanisms.{name}=false" for name in off),
    ]


def close(left: Array | float, right: Array | float, scale: Array | float, rounding: float = ROUNDING) -> bool:
    """Equal but for rounding of amounts of the size of `scale`."""
    return bool((np.abs(np.asarray(left) - right) <= rounding * np.maximum(scale, 1.0)).all())


class Ledger:
    """What the days add up to, beside what the market keeps."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.gmv = np.zeros(len(market.platforms))
        self.window = np.zeros(len(market.platforms))
        self.flows = 0

    def check(self) -> None:
        """All invariants of the day just run."""
        market, book = self.market, self.market.book
        book.check()
        people, weight = market.population.values(), market.population.weight
        self.gmv += book.platform_gmv
        users = np.float64(people.minutes).sum(axis=1) * weight
        stored = STORED * POSITIVE_ERROR
        assert close(book.minutes, users, users, USERS * EPS32 + stored), "minutes of the books are those of the users"
        today = people.online_from < market.day
        own = people.budget_factor[today] * np.float64(market.today.budget)
        assert close(book.phone_minutes, own.sum() * weight, book.phone_minutes, USERS * EPS32)
        spent = np.float64(people.minutes).sum(axis=0)
        assert (spent[~today] == 0).all()
        outside = own - spent[today]
        assert (outside >= -(16 * EPS32 + stored) * own).all(), "the outside takes what is left"
        self._gmv()
        self._people()
        self._ranges()

    def _gmv(self) -> None:
        market, table, week = self.market, self.market.trade.table, self.market.week
        total = max(self.gmv.sum(), 1.0)
        assert close(market.book.cells.sum(axis=(0, 2)), market.book.gmv.sum(axis=(0, 1)), market.book.platform_gmv)
        left = sum((part["gmv"].sum(axis=0) for part in week.closed_merchants), np.zeros(self.gmv.size))
        sold = table.gmv.sum(axis=0) + left
        assert close(sold + market.trade.pending(), self.gmv, total), "GMV over merchants is GMV over platforms"
        on_sale = table.products.on_sale
        products = table.products.gmv[on_sale].sum() + sum(part["gmv"].sum() for part in week.closed_products)
        assert close(products, sold.sum(), total), "GMV over products is GMV over merchants"

    def _people(self) -> None:
        market, columns = self.market, self.market.population.columns
        weight = market.population.weight
        tied = columns.fan_merchant != NOBODY
        for p in range(len(market.platforms)):
            ties = np.count_nonzero(tied & (columns.fan_platform == p)) * weight
            assert close(market.trade.table.fans[:, p].sum(), ties, USERS * weight), "merchants' fans are users' ties"
            has_app = (columns.installed >> np.uint32(p)) & 1 == 1
            assert market.book.installed[p] == np.count_nonzero(has_app) * weight
            assert (columns.minutes[p, ~has_app] == 0).all()
            assert ((columns.last_used[p] != NEVER) == has_app).all()

    def _ranges(self) -> None:
        market = self.market
        assert (market.population.columns.interest >= 0).all()
        table = market.trade.table
        effort = table.effort.sum(axis=(1, 2), dtype=float)
        assert (np.isclose(effort, 1, atol=1e-5) | (effort == 0)).all()
        for amounts in (
            table.gmv,
            table.fans,
            table.products.gmv,
            market.trade.pending(),
            *market.record.daily[-1].values(),
        ):
            assert np.isfinite(amounts).all()
        for name, amounts in market.record.daily[-1].items():
            assert name == "profit" or (amounts >= 0).all(), name
        for name, value in market.record.market[-1].items():
            assert np.isfinite(value), name
            assert name == "merchants_profit" or value >= 0, name

    def check_flows(self, before: Array) -> None:
        """On a month's end: antisymmetric by counterparty, rows add up to each platform's change of mean minutes."""
        market = self.market
        if len(market.record.flows) == self.flows:
            return
        self.flows = len(market.record.flows)
        flows = market.record.flows[-1].sum(axis=0)
        count = flows.shape[0]
        between = flows[:, :count]
        size = np.abs(flows).sum() + np.abs(before).sum()
        assert close(between, -between.T, size)
        assert close(flows.sum(axis=1), before, size)


class Watched(UserStages):
    """Takes down each platform's change of mean minutes a day, in users, just before the month's books are closed."""

    change: Array  # [P]

    def close_month(self, now: Window, before: Window) -> MonthBooks:
        """Close the calendar month's books."""
        read = self.population.read
        summed, earlier = (np.float64(read(name)).sum(axis=1) for name in ("minutes_now", "minutes_before"))
        self.change = summed / now.length - earlier / before.length
        return super().close_month(now, before)


def run(own: MarketSettings) -> None:
    market = Market(own)
    market.users_day = watched = Watched(market.population, market.friends)
    ledger = Ledger(market)
    while market.running:
        market.step()
        ledger.check()
        if market.record.flows:
            ledger.check_flows(watched.change * market.population.weight)
    assert ledger.flows >= 1, "at least one month was closed"
    assert market.trade.pending().sum() == 0
    market.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(overrides())
def test_books_balance_every_day(changes: list[str]) -> None:
    run(load_settings(changes))


def test_books_balance_when_the_last_shop_of_a_platform_closes() -> None:
    """All shops of one platform close on one morning: it takes no orders from then on, and its fans wait."""
    own = load_settings(
        [
            "platforms=[taobao,jd]",
            f"population.users={USERS}",
            "population.merchants=6",
            "calendar.warm_up=56",
            "calendar.end=2019-02-09",
            "strategy=hold",
            "users.needs_per_day=3",
            "merchants.patience_weeks=1000",
            "merchants.entry_hazard=0",
            "merchants.shop_cost=1e12",
            *(
                f"platform.{name}.{key}=1"
                for name in ("taobao", "jd")
                for key in ("shops_at_start", "installed_at_start")
            ),
            *(f"platform.{name}.leisure=2" for name in ("taobao", "jd")),
            "mechanisms.exclusivity=false",
        ]
    )
    market = Market(own)
    ledger, closes = Ledger(market), 14
    while market.running:
        if market.day == closes:
            market.trade.table.weeks_lost[:, 1] = 2000
        market.step()
        ledger.check()
        orders = market.record.daily[-1]["orders"]
        assert orders[0] > 0
        assert (orders[1] > 0) == (market.day <= closes)
    assert market.trade.table.fans[:, 1].sum() > 0
    market.close()
