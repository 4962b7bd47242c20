"""Population of users as columns, and its initial state.

A user stands for ``people / users`` people. Everything a user holds is one value in each of `Columns`;
`agents.user.User` is a view on one row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv, ndtri

from secondhalf.agents.axes import empty
from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.mechanisms import Mechanisms
from secondhalf.conf.schema.population import UserSettings
from secondhalf.conf.schema.vocabulary import KINDS_OF_NEED
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.random_streams import Decision, key, name_id, uniforms, uniforms32
from secondhalf.model.shapes import (
    F32,
    F64,
    I16,
    I64,
    NEVER,
    TENURE,
    U8,
    U16,
    YEAR_MONTHS,
    Behaviour,
    Columns,
    UserValues,
)
from secondhalf.model.users.storage import (
    POSITIVES,
    STOCKS,
    TASTE_STEPS,
    mask_type,
    merchant_type,
    positive_codes,
    positives,
    stock_codes,
    stocks,
    taste_codes,
)

QUANTILES = 512
"""Entries of the tables from which traits of fan ties are drawn."""
BLOCK = 1 << 16
"""Users worked out at a time, so that a market of millions holds few columns in double precision."""


def online_from(people_online: F64, people: float, rank: F64) -> np.ndarray:
    """First day online of each user [N]: a rank in [0, 1) meets the people-online curve (millions).

    The curve's running maximum over `people` is the share online; who ranks above its end never comes online.
    """
    share = np.minimum(np.maximum.accumulate(people_online) * 1e6 / people, 1.0)
    day = np.searchsorted(share, rank, side="left")
    last = np.iinfo(np.int16).max
    return np.where(day == 0, NEVER, np.where(day >= share.size, last, day)).astype(np.int16)


def months_since(days: F64, start: dt.date) -> U8:
    """Months closed from so many days before `start` until then."""
    now = np.datetime64(start)
    then = (now - days.astype("timedelta64[D]")).astype("datetime64[M]")
    return np.asarray(np.minimum((now.astype("datetime64[M]") - then).astype(np.int64), 255), np.uint8)


def widened(columns: Columns, platforms: int, merchants: int) -> Columns:
    """Columns in which a bit for each platform, and the number of each merchant, have their place."""
    mask, number = mask_type(platforms), merchant_type(merchants)
    return columns._replace(
        installed=columns.installed.astype(mask, copy=False),
        contact=columns.contact.astype(mask, copy=False),
        fan_merchant=columns.fan_merchant.astype(number, copy=False),
    )


def mean_power(shape: float, power: int) -> float:
    """Mean of a gamma variable of mean one and `shape`, to a whole power: the product of ``(shape + j) / shape``."""
    return float(np.prod([(shape + j) / shape for j in range(power)]))


def behaviour(users: UserSettings, mechanisms: Mechanisms) -> Behaviour:
    """Users' parameters in the units of the stages (rates per day, single precision)."""
    nested = mechanisms.nested_choice
    middle = (np.arange(QUANTILES) + 0.5) / QUANTILES
    fan = users.fan
    rates = gammaincinv(fan.rate_shape, middle) * (fan.rate_mean / fan.rate_shape)
    dropouts = betaincinv(fan.dropout_a, fan.dropout_b, middle)
    f = np.float32
    return Behaviour(
        adoption_taste=f(users.adoption_taste),
        taste_step=np.array([users.taste_sd_content, users.taste_sd_shelf], f) / f(TASTE_STEPS),
        idle_days=np.int64(users.idle_days),
        habit_weight=f(users.habit_weight),
        habit_rate=f(1 - np.exp(-1 / users.habit_days)),
        habit_half=f(users.habit_half_minutes),
        social_weight=f(users.social_weight),
        shock=f(users.shock),
        outside=f(users.outside),
        interest_kept=f(np.exp(-1 / users.interest_days)),
        impulse_rate=f(users.impulse_rate / mean_power(users.need_shape, users.impulse_power)),
        impulse_power=np.int64(users.impulse_power),
        ripening_rate=f(users.ripening_rate),
        ripened_share=f(users.ripened_share),
        fresh_days=np.int64(fan.fresh_days),
        orders_per_need=np.array([getattr(users.orders_per_need, kind) for kind in KINDS_OF_NEED], f),
        income_cdf=np.cumsum([income.share for income in users.spending.incomes]).astype(f),
        content_liking=f(users.content_liking),
        shelf_liking=f(users.shelf_liking),
        channel_nest=f(users.channel_nest if nested else 1.0),
        platform_nest=f(users.platform_nest if nested else 1.0),
        opening=np.uint8(mechanisms.opening),
        opening_cost=f(users.opening_cost),
        first_order_cost=f(users.first_order_cost),
        session=f(users.session_minutes),
        price_weight=f(users.price_weight),
        loyalty_weight=f(users.loyalty_weight),
        loyalty_kept=f(np.exp(-1 / users.loyalty_days)),
        loyalty_step=f(users.loyalty_step),
        repeat_bonus=f(users.repeat_bonus),
        fan_rates=rates.astype(f),
        fan_dropouts=dropouts.astype(f),
    )


def _normals(rank: F64) -> F32:
    return np.asarray(ndtri(rank), np.float32)


class Population:
    """The columns of all users and their first state.

    Parameters
    ----------
    settings
        all settings of the market; `population`, `users`, `platform` and `seed` are read
    calendar
        gives the people-online curve
    """

    def __init__(self, settings: MarketSettings, calendar: MarketCalendar) -> None:
        self.users, self.seed = settings.population.users, settings.seed
        self.weight = settings.population.people / self.users
        self.behaviour = behaviour(settings.users, settings.mechanisms)
        self.columns = self._first_state(settings, calendar)

    def uniforms(self, decision: Decision, who: int = 0) -> F64:
        """Uniform numbers in (0, 1) from which a trait is made, [N]."""
        return uniforms(key(self.seed, decision, who=who), self.users)

    def never(self, platform: str) -> F32:
        """Numbers in [0, 1), [N]: whose is below `never_installs` never installs the app (as `adoption` draws it)."""
        return uniforms32(key(self.seed, Decision.NEVER, who=name_id(platform)), self.users)

    def _first_state(self, settings: MarketSettings, calendar: MarketCalendar) -> Columns:
        users, names = settings.users, settings.platforms
        columns = Columns(**empty(Columns, P=len(names), N=self.users, F=users.fan.slots, T=2))
        columns = widened(columns, len(names), settings.population.merchants)

        def first_day(rank: F64) -> I16:
            return online_from(calendar.people_online, settings.population.people, rank)

        def budget(rank: F64) -> U16:
            drawn = positive_codes(np.exp(_normals(rank) * users.budget_sd - users.budget_sd**2 / 2))
            return np.maximum(drawn, 1)  # everybody online has some time to split

        def need_rate(rank: F64) -> U16:
            return positive_codes(gammaincinv(users.need_shape, rank) / users.need_shape)

        self._draw(columns.online_from, first_day, Decision.ONLINE_FROM)
        self._draw(columns.taste[0], lambda rank: taste_codes(_normals(rank)), Decision.TASTE, 0)
        self._draw(columns.taste[1], lambda rank: taste_codes(_normals(rank)), Decision.TASTE, 1)
        self._draw(columns.budget_factor, budget, Decision.BUDGET)
        self._draw(columns.need_rate, need_rate, Decision.NEED_RATE)
        for p, name in enumerate(names):
            self._install_at_start(columns, settings, p, name)
        return columns

    def _blocks(self) -> Iterator[slice]:
        return (slice(first, first + BLOCK) for first in range(0, self.users, BLOCK))

    def _draw(
        self, column: NDArray[Any], quantile: Callable[[F64], NDArray[Any]], decision: Decision, who: int = 0
    ) -> None:
        """Fill a column with the quantiles of a trait, block by block."""
        rank = self.uniforms(decision, who)
        for block in self._blocks():
            column[block] = quantile(rank[block])

    def _install_at_start(self, columns: Columns, settings: MarketSettings, p: int, name: str) -> None:
        """Give the app to the share of people online that the platform file states, likelier with taste.

        The odds rise with ``adoption_taste * taste``: a keyed score (log of an exponential draw less the liking) is cut
        at the share's quantile, which is what independent hazards over the same time would leave.
        """
        platform = settings.platform[name]
        online = columns.online_from == NEVER
        wanted = round(platform.installed_at_start * int(online.sum()))
        if not wanted:
            return
        for_content, for_shelf = (
            np.array([platform.taste_content, platform.taste_shelf], np.float32) * self.behaviour.taste_step
        )
        score = self.uniforms(Decision.INSTALLED_AT_START, name_id(name)).copy()  # a population may keep its draws
        online &= self.never(name) >= platform.never_installs
        wanted = min(wanted, int(online.sum()))
        if not wanted:  # all who are online refuse it for life
            return
        for block in self._blocks():
            liking = for_content * columns.taste[0, block] + for_shelf * columns.taste[1, block]
            score[block] = np.log(-np.log(score[block])) - settings.users.adoption_taste * liking
        score[~online] = np.inf
        has_app = score <= np.partition(score, wanted - 1)[wanted - 1]
        del score
        age = self.uniforms(Decision.HISTORY_AT_START, name_id(name))
        bought = self.uniforms(Decision.BUYERS_AT_START, name_id(name))
        for block in self._blocks():
            chosen = block.start + np.flatnonzero(has_app[block])
            days = np.where(
                age[chosen] < platform.recent_at_start,
                1 + 365 * age[chosen] / max(platform.recent_at_start, 1e-9),
                366 + 1500 * age[chosen],
            )
            self._note_history(columns, settings, p, chosen, days, bought[chosen])

    def _note_history(
        self, columns: Columns, settings: MarketSettings, p: int, users: I64, days: F64, bought: F64
    ) -> None:
        """Let users have installed an app `days` before the start, with a last order by `bought`, even in (0, 1)."""
        platform = settings.platform[list(settings.platforms)[p]]
        columns.installed[users] |= columns.installed.dtype.type(1 << p)
        columns.marks[p, users] |= np.minimum(months_since(days, settings.calendar.start), YEAR_MONTHS) << TENURE
        columns.last_used[p, users] = np.int16(-settings.calendar.warm_up)
        buyers = bought < platform.buyers_at_start
        ago = settings.calendar.warm_up + 1 + 365 * bought / max(platform.buyers_at_start, 1e-9)
        columns.last_bought[p, users[buyers]] = np.maximum(-ago, -days)[buyers].astype(np.int16)

    def read(self, name: str, users: Any = slice(None)) -> NDArray[Any]:
        """What a column says of users, in its unit: a copy, [N] or [platform, N].

        Parameters
        ----------
        name
            a field of `Columns`
        users
            index of the users, all by default
        """
        codes = getattr(self.columns, name)[..., users]
        if name in POSITIVES:
            return positives(codes)
        if name in STOCKS:
            return stocks(codes)
        if name == "taste":
            return np.asarray((codes.T * self.behaviour.taste_step).T)
        return np.array(codes)

    def values(self) -> UserValues:
        """What all columns say."""
        found = {name: self.read(name) for name in Columns._fields}
        wide = {"installed": np.uint32, "contact": np.uint32, "fan_merchant": np.int32}
        return UserValues(**found | {name: found[name].astype(kind) for name, kind in wide.items()})

    def write(self, name: str, numbers: Any) -> None:
        """Let a column say `numbers`, in its unit (all columns but `taste`)."""
        column = getattr(self.columns, name)
        code = positive_codes if name in POSITIVES else stock_codes if name in STOCKS else np.asarray
        column[:] = code(np.asarray(numbers))

    def bytes_per_user(self) -> float:
        """Memory of the columns alone."""
        return sum(column.nbytes for column in self.columns) / self.users
