"""One user of the oracle: stages 4 to 7 of the day in plain Python numbers.

Written from the description of the model (docs/odd.md 4.9, docs/submodels.md 7.1 to 7.4), not from the compiled stages.
Attributes of a user are named as in `Columns`; offer, shops, streams and day are the tuples of `model.shapes` with
lists in place of arrays.
"""

from __future__ import annotations

from itertools import accumulate
from math import exp, floor, frexp, ldexp, log
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from secondhalf.model.market import Market
from secondhalf.model.shapes import (
    ACTIVE_THIS_MONTH,
    BOUGHT_THIS_MONTH,
    FEED,
    NEVER,
    NOBODY,
    SHELF,
    UserValues,
)
from secondhalf.model.users import attention, orders
from secondhalf.model.users.user_stages import Purchases
from tests.reference.plain_streams import WatchedDraws, uniform, word

PLANNED, IMPULSE, RIPENED, REPEAT = range(4)
"""Numbers of the needs, their bits and their kinds in the order book; fan slot f has number and bit REPEAT + f."""

UNOPENED, DAYS_TOLD_APART = NEVER + 1, 16384
"""What `last_used` begins from where an app has not been opened since it was installed, and how many days it tells."""
INSTALLED_MONTH = 16
"""A month since installation in `marks`."""

Array = NDArray[np.float64]


def price_of_time(psi: dict[int, float], gamma: list[float], outside: float, budget: float) -> float:
    """Marginal utility of a minute: let in the apps, the most attractive first, as long as each is worth the price."""
    worth, minutes = outside * budget, budget
    for p in sorted(psi, key=psi.__getitem__, reverse=True):
        if psi[p] <= worth / minutes:
            break
        worth += gamma[p] * psi[p]
        minutes += gamma[p]
    return worth / minutes


def twelve_bits(number: float) -> float:
    """A number as it is stored: with twelve significant bits, and nothing below 2 ** -14."""
    bits, power = frexp(number)
    return ldexp(round(bits * 4096), power - 12) if number > 2.0**-14 * (1 - 2.0**-13) else 0.0


def nearest_stock(number: float) -> float:
    """A stock as it is stored: by steps of 1 / 65,535."""
    return round(number * 65535) / 65535


class OracleUser(mesa.Agent):
    """One user, a plain object; `friends` is None where anybody may meet anybody, `law` is a plain `Behaviour`."""

    def __init__(self, model: Market, row: int, friends: list[int] | None, law: Any) -> None:
        super().__init__(model)
        self.row, self.friends, self.law = row, friends, law
        self.platforms = range(len(model.platform_names))
        self.draws = WatchedDraws(row)

    def load(self, values: UserValues) -> None:
        """Take over one row of every column."""
        self.draws = WatchedDraws(self.row)
        for name, column in values._asdict().items():
            setattr(self, name, column[..., self.row].tolist())

    def save(self, values: UserValues) -> None:
        """Write the row back."""
        for name, column in values._asdict().items():
            column[..., self.row] = getattr(self, name)

    def online(self, day: int) -> bool:
        """Whether the user takes part at all."""
        return self.online_from <= day

    def has(self, p: int) -> bool:
        """Whether platform p is installed."""
        return bool(self.installed >> p & 1)

    def liking(self, offer: Any, p: int) -> float:
        """How well platform p meets the user's tastes."""
        return offer.taste_weight[0][p] * self.taste[0] + offer.taste_weight[1][p] * self.taste[1]

    def meet(self, users: list[OracleUser], stream: int, day: int) -> None:
        """See the apps of one friend, or of anybody else when there is no graph."""
        self.contact = 0
        if self.friends is None:
            friend = users[(self.row + 1 + self.draws.below(stream, len(users) - 1)) % len(users)]
        elif self.friends:
            friend = users[self.friends[self.draws.below(stream, len(self.friends))]]
        else:
            return
        if self.online(day) and friend.online(day):
            self.contact = friend.installed

    def adopt(self, offer: Any, streams: Any, day: int) -> None:
        """Install apps, remove what lies idle."""
        for p in self.platforms:
            idle = self.days_idle(p, day) > self.law.idle_days
            if not self.has(p):
                hazard = offer.innovation[p] + offer.imitation[p] * (self.contact >> p & 1)
                hazard *= exp(self.law.adoption_taste * self.liking(offer, p))
                if self.draws.strikes(streams.adopt[p], hazard) and not self.draws.happens(
                    streams.never[p], offer.never[p]
                ):
                    self.installed |= 1 << p
                    self.last_used[p] = UNOPENED + day % DAYS_TOLD_APART
                    self.marks[p] %= INSTALLED_MONTH
            elif idle and self.draws.strikes(streams.drop[p], offer.drop[p]):
                self.installed &= ~(1 << p)
                self.last_used[p] = NEVER
                self.habit[p] = self.minutes[p] = 0.0

    def days_idle(self, p: int, day: int) -> int:
        """Days since the app was opened, or installed and not opened since."""
        if self.last_used[p] >= UNOPENED + DAYS_TOLD_APART:
            return int(day - self.last_used[p])
        return int((day - (self.last_used[p] - UNOPENED)) % DAYS_TOLD_APART)

    def arise(self, offer: Any, shops: Any, streams: Any, day: Any) -> None:
        """Yesterday's selling content plants interest; needs arrive."""
        law, draws = self.law, self.draws
        seen = list(accumulate(self.minutes[p] * offer.seeding[p] for p in self.platforms))
        planted, kept = seen[-1], self.interest * law.interest_kept
        self.needs, self.impulse_origin, self.interest = 0, NOBODY, kept + planted
        if planted > 0:
            mark = draws.uniform(streams.plant) * (kept + planted) - kept
            draws.watch(mark / (kept + planted))
            if mark >= 0:
                self.interest_origin = draws.first_above(mark, seen, kept + planted)
            chance = 1 - exp(-law.impulse_rate * self.need_rate**law.impulse_power * planted)
            if draws.happens(streams.impulse, chance):
                self.needs |= 1 << IMPULSE
                mark = draws.uniform(streams.impulse) / chance * planted
                self.impulse_origin = draws.first_above(mark, seen, planted)
        if draws.strikes(streams.planned, self.need_rate * day.planned):
            self.needs |= 1 << PLANNED
        if draws.strikes(streams.ripened, law.ripening_rate * self.interest):
            self.needs |= 1 << RIPENED
            self.interest *= 1 - law.ripened_share
        for f, (merchant, p) in enumerate(zip(self.fan_merchant, self.fan_platform, strict=True)):
            if merchant == NOBODY:
                continue
            just_bought = day.number - self.fan_day[f] <= law.fresh_days
            freshness = 1 - 1 / shops.products[merchant] if just_bought else 1.0
            rate = law.fan_rates[self.place_of_tie(streams.fan_rate, merchant, p, shops)]
            if draws.strikes(streams.repeat[f], rate * shops.reach[p][merchant] * day.repeat * freshness):
                self.needs |= 1 << REPEAT + f

    def place_of_tie(self, stream: int, merchant: int, p: int, shops: Any) -> int:
        """The fan tie's own place in a table of 512 quantiles."""
        tie = (self.row * len(shops.products) + merchant) * 32 + p
        return floor(uniform(word(stream, tie)) * 512)

    def attend(self, offer: Any, streams: Any, day: Any, sums: Array, totals: Array) -> None:
        """Split the day over the apps and the time outside."""
        law, budget = self.law, self.budget_factor * day.budget
        psi = {}
        for p in filter(self.has, self.platforms):
            social = law.social_weight * (self.contact >> p & 1)
            mood = law.shock * self.draws.near_normal(streams.shock[p])
            habit = law.habit_weight * self.habit[p]
            psi[p] = exp(offer.leisure[p] + self.liking(offer, p) + habit + social + mood)
        price = price_of_time(psi, offer.gamma, law.outside, budget)
        for p in self.platforms:
            x = 0.0
            if self.has(p):
                self.draws.watch(psi[p] / price - 1)
                x = offer.gamma[p] * max(psi[p] / price - 1, 0.0)
            self.minutes[p] = twelve_bits(x)
            self.habit[p] = nearest_stock(self.habit[p] + law.habit_rate * (x / (x + law.habit_half) - self.habit[p]))
            if x > 0:
                self.last_used[p] = day.number
                self.marks[p] |= ACTIVE_THIS_MONTH
            if day.count_window:
                self.minutes_now[p] = twelve_bits(self.minutes_now[p] + x)
            sums[p, attention.ACTIVE] += x > 0
            sums[p, attention.MINUTES] += x
            sums[p, attention.MONTHLY] += day.number - self.last_used[p] < 30
            sums[p, attention.INSTALLED] += self.has(p)
        recently = sum(day.number - used < 28 for used in self.last_used)
        totals += [1, budget, recently >= 2]

    def buy(self, offer: Any, shops: Any, streams: Any, day: Any, books: Purchases, sums: Array, totals: Array) -> None:
        """Meet today's needs one after the other, attached to platforms as in the morning."""
        self.loyalty = [nearest_stock(self.law.loyalty_kept * loyalty) for loyalty in self.loyalty]
        attachment = [
            self.law.loyalty_weight * loyalty + self.lasting_taste(streams, p, offer.attachment_sd[p])
            for p, loyalty in enumerate(self.loyalty)
        ]
        income = self.level(streams.income, self.law.income_cdf)
        for k in range(REPEAT + len(self.fan_day)):
            if self.needs & 1 << k:
                home = self.fan_platform[k - REPEAT] if k >= REPEAT else NOBODY
                met = self.choose(k, home, offer, attachment, streams, day, income, books)
                if met is not None:
                    self.visit(met[0], day, sums, totals)
                    self.order(k, home, *met, offer, shops, streams, day.number, books.buyers)
        for p in self.platforms:
            books.buyers[p, orders.MONTHLY_BUYERS] += day.number - self.last_bought[p] < 30
            books.buyers[p, orders.ANNUAL_BUYERS] += day.number - self.last_bought[p] < 365

    def level(self, stream: int, cdf: list[float]) -> int:
        """The class into which the agent's number falls, the last one for whatever rounding leaves above."""
        level = self.draws.first_above(self.draws.uniform(stream), cdf[:-1], 1.0)
        return len(cdf) - 1 if level is None else level

    def lasting_taste(self, streams: Any, p: int, sd: float) -> float:
        """A taste for a platform for life, with the mean of its exponential at one."""
        return sd * self.draws.near_normal(streams.attachment[p]) - sd * sd / 2

    def choose(
        self,
        k: int,
        home: int,
        offer: Any,
        attachment: list[float],
        streams: Any,
        day: Any,
        income: int,
        books: Purchases,
    ) -> tuple[int, float] | None:
        """Book need number k, of which `home` is the tie's platform; where it is met, and the feed's part there."""
        law, kind = self.law, min(k, REPEAT)
        origin = (NOBODY, self.impulse_origin, self.interest_origin, NOBODY)[kind]
        tier = self.level(streams.tier[k], day.tier_cdf[income])
        placed = law.orders_per_need[kind]
        amount = placed * day.tier_amount[tier]
        like = (exp(law.content_liking * self.taste[0]), exp(law.shelf_liking * self.taste[1]))
        strength, feed = [0.0 for _ in self.platforms], [0.0 for _ in self.platforms]
        for p in self.platforms:
            open_today = self.last_used[p] == day.number
            within_reach = self.has(p) and (open_today or (law.opening and kind != IMPULSE))
            row = PLANNED if kind == REPEAT and p != home else kind
            parts = [like[g] * offer.channel_value[row][g][p] for g in (FEED, SHELF)]
            if offer.sells[p] and within_reach and sum(parts) > 0:
                utility = offer.tier_value[tier][p] + attachment[p] + offer.bonus[origin][p]
                utility += law.channel_nest * log(sum(parts)) + law.repeat_bonus * (p == home)
                utility -= 0.0 if open_today else law.opening_cost
                utility -= law.first_order_cost if self.last_bought[p] == NEVER else 0.0
                strength[p], feed[p] = exp(utility / law.platform_nest), parts[FEED] / sum(parts)
        against = sum(strength) ** law.platform_nest
        bought = against / (1 + against)
        chances = [one / sum(strength) * bought if one else 0.0 for one in strength]
        gain = amount * log(1 + against) / law.price_weight if law.price_weight else 0.0
        books.needs[:] += (1, amount, gain, bought)
        for p in self.platforms:
            booked = PLANNED if kind == REPEAT and p != home else kind
            books.orders[booked, origin, p] += placed * chances[p]
            books.spending[booked, origin, p] += [amount * chances[p] * part for part in (feed[p], 1 - feed[p])]
        place = self.draws.first_above(self.draws.uniform(streams.choose[k]), accumulate(chances), 1.0)
        return None if place is None else (place, feed[place])

    def visit(self, p: int, day: Any, sums: Array, totals: Array) -> None:
        """A need opens the app if it is not open, and stays for a session while there is time outside."""
        if self.last_used[p] != day.number:
            recent = [day.number - used < 28 for used in self.last_used]
            totals[attention.MULTI_HOMING] += sum(recent) == 1 and not recent[p]
            sums[p, attention.ACTIVE] += 1
            sums[p, attention.MONTHLY] += day.number - self.last_used[p] >= 30
            self.last_used[p] = day.number
            self.marks[p] |= ACTIVE_THIS_MONTH
        added = min(self.law.session, max(self.budget_factor * day.budget - (1 + 2.0**-10) * sum(self.minutes), 0.0))
        self.minutes[p] = twelve_bits(self.minutes[p] + added)
        if day.count_window:
            self.minutes_now[p] = twelve_bits(self.minutes_now[p] + added)
        sums[p, [attention.MINUTES, attention.SHOPPING]] += added

    def order(
        self, k: int, home: int, p: int, feed: float, offer: Any, shops: Any, streams: Any, day: int, counts: Array
    ) -> None:
        """Need number k is met at platform p: on the tie, which may die of it, or elsewhere, which may begin a tie."""
        self.last_bought[p] = day
        self.marks[p] |= BOUGHT_THIS_MONTH
        self.loyalty[p] = nearest_stock(self.loyalty[p] + self.law.loyalty_step * (1 - self.loyalty[p]))
        row = PLANNED if k >= REPEAT else k
        if p == home:
            f = k - REPEAT
            self.fan_day[f] = day
            place = self.place_of_tie(streams.fan_dropout_rate, self.fan_merchant[f], p, shops)
            if self.draws.happens(streams.fan_dropout[f], self.law.fan_dropouts[place]):
                self.fan_merchant[f] = NOBODY
                counts[p, orders.LOST_FANS] += 1
        elif self.draws.happens(
            streams.become_fan[k], feed * offer.fan_gain[row][FEED][p] + (1 - feed) * offer.fan_gain[row][SHELF][p]
        ):
            merchant = self.draws.first_above(self.draws.uniform(streams.fan_merchant[k]), shops.buyers_cdf[p], 1.0)
            if merchant is not None:
                self.become_fan(merchant, p, day, counts)

    def become_fan(self, merchant: int, p: int, day: int, counts: Array) -> None:
        """Renew the tie, or begin it in an empty slot or in place of the tie ordered on longest ago."""
        ties = list(zip(self.fan_merchant, self.fan_platform, strict=True))
        if (merchant, p) in ties:
            self.fan_day[ties.index((merchant, p))] = day
            return
        if NOBODY in self.fan_merchant:
            f = self.fan_merchant.index(NOBODY)
        else:
            f = self.fan_day.index(min(self.fan_day))
            counts[self.fan_platform[f], orders.LOST_FANS] += 1
        self.fan_merchant[f], self.fan_platform[f], self.fan_day[f] = merchant, p, day
        counts[p, orders.NEW_FANS] += 1
