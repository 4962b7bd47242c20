"""Buying days of a person are negative binomial when needs come at gamma-distributed rates (Ehrenberg 1959).

A person has a planned need on a day with chance ``1 - e^{-lambda}``, lambda gamma with shape r and mean m, and buys
where the only app is with chance b. Over T days, with q(T) the chance of no buying day,

- exactly, by the binomial formula and the gamma's Laplace transform,
  ``q(T) = sum_j C(T, j) b^j (1 - b)^(T - j) (1 + j m / r)^(-r)``;
- for small rates a day, purchases are Poisson with rate lambda b: ``q(T) = (1 + T m b / r)^(-r)``, and buying days are
  negative binomial.

Penetration is 1 - q(T). Repurchase, the share of buyers of T days who buy in the next T days, too, is
``(1 - 2 q(T) + q(2 T)) / (1 - q(T))``, as days differ by nothing but luck.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.meanfield.quadrature import near_normal_quantile
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import Offer, Shops
from secondhalf.model.users.user_stages import UserStages

Array = NDArray[np.float64]
USERS, WINDOW = 30_000, 30
SHAPE, MEAN, VALUE = 0.6, 0.04, 0.3  # r, m, utility of buying
BOUGHT = 1 / (1 + np.exp(-VALUE))  # b


def none_exactly(days: int, bought: Array | float) -> Array:
    """q(T) with whole days, for one b or the mean over many; the sum is taken by recursion on binomial weights."""
    j = np.arange(days + 1)
    weights = stats.binom.pmf(j, days, np.reshape(bought, (-1, 1)))
    return np.asarray((weights * (1 + j * MEAN / SHAPE) ** -SHAPE).sum(axis=1).mean())


def none_of_nbd(days: int) -> float:
    """q(T) of the negative binomial."""
    return float((1 + days * MEAN * BOUGHT / SHAPE) ** -SHAPE)


def repurchase(none: float, none_twice: float) -> float:
    """Share of buyers of a window who buy in the next one, too."""
    return float((1 - 2 * none + none_twice) / (1 - none))


class Run(NamedTuple):
    """Buying days of each user in two windows, [2, N]."""

    days: NDArray[np.int64]

    def penetration(self) -> tuple[float, float]:
        """Share who buy in the first window, and its standard error."""
        share = float((self.days[0] > 0).mean())
        return share, float(np.sqrt(share * (1 - share) / USERS))

    def repurchase(self) -> tuple[float, float]:
        """Of them, the share who buy in the second, and its standard error."""
        again = self.days[1, self.days[0] > 0] > 0
        return float(again.mean()), float(again.std() / np.sqrt(again.size))


@pytest.fixture(scope="module")
def run(
    make_settings: Callable[..., MarketSettings],
    make_users: Callable[[MarketSettings], UserStages],
    make_offer: Callable[..., Offer],
) -> Callable[[float], Run]:
    """Stages of needs and of the choice over two windows, with nothing but planned needs, and tastes of some spread."""

    def days_of(sd: float) -> Run:
        off = [
            f"mechanisms.{name}=false" for name in ("impulse", "ripening", "fans", "loyalty", "taste", "nested_choice")
        ]
        own = make_settings(["taobao"], f"population.users={USERS}", f"users.need_shape={SHAPE}", *off, "seed=2")
        people, streams = make_users(own), RandomStreams(2, ["taobao"], own.users.fan.slots)
        calendar = MarketCalendar(own.calendar, own.users, ["taobao"], own.mechanisms)
        value = np.full((len(own.users.spending.amounts), 1), VALUE)
        offer = make_offer(1, sells=[1], tier_value=value, channel_value=np.ones((4, 2, 1)) / 2, attachment_sd=[sd])
        shops = Shops(np.ones((1, 1), np.float32), np.ones(1, np.float32), np.zeros((1, 1)))
        people.columns.installed[:] = 1
        found = np.zeros((2, USERS), np.int64)
        for number in range(2 * WINDOW):
            today = calendar.day(number)._replace(planned=np.float32(MEAN))
            people.columns.last_used[0] = number
            people.arise(offer, shops, streams.day(number), today)
            people.buy(offer, shops, streams.day(number), today)
            found[number // WINDOW] += people.columns.last_bought[0] == number
        return Run(found)

    return days_of


def test_penetration_and_repurchase_are_those_of_the_negative_binomial(run: Callable[[float], Run]) -> None:
    """Whole days change both by less than 2 %, which is computed; a run differs by 4 standard errors at most."""
    found = run(0.0)
    exact = [float(none_exactly(days, BOUGHT)) for days in (WINDOW, 2 * WINDOW)]
    closed = [none_of_nbd(days) for days in (WINDOW, 2 * WINDOW)]
    for (share, error), formula in (
        (found.penetration(), lambda none: 1 - none[0]),
        (found.repurchase(), lambda none: repurchase(*none)),
    ):
        gap = abs(formula(exact) - formula(closed))
        assert gap < 0.02 * formula(closed)
        assert share == pytest.approx(formula(exact), abs=4 * error)
        assert share == pytest.approx(formula(closed), abs=gap + 4 * error)


def test_buying_days_are_negative_binomial(run: Callable[[float], Run]) -> None:
    """Their distribution, bin by bin; allowed besides 4.5 standard errors is what whole days change, 4 % of a bin."""
    found, chance = run(0.0).days[0], stats.nbinom(SHAPE, 1 / (1 + WINDOW * MEAN * BOUGHT / SHAPE))
    for days in range(6):
        expected = float(chance.pmf(days))
        error = np.sqrt(expected * (1 - expected) / USERS)
        assert np.mean(found == days) == pytest.approx(expected, abs=4.5 * error + 0.04 * expected)


def test_without_spread_of_rates_few_buy_again(run: Callable[[float], Run]) -> None:
    """A Poisson of the same mean would make more people buy and fewer of them buy again: the spread is seen."""
    found, mean = run(0.0), MEAN * BOUGHT * WINDOW
    assert found.days[0].mean() == pytest.approx(mean, rel=0.05)
    alike = 1 - np.exp(-mean)
    assert found.penetration()[0] < 0.9 * alike
    assert found.repurchase()[0] > 1.2 * alike


def test_lasting_tastes_make_fewer_buy_and_more_of_them_buy_again(run: Callable[[float], Run]) -> None:
    """b differs from person to person for life: the exact mixture, over the tastes that `near_normal` draws."""
    sd = 2.0
    tastes = sd * near_normal_quantile((np.arange(4000) + 0.5) / 4000) - sd**2 / 2
    bought = 1 / (1 + np.exp(-VALUE - tastes))
    none = [float(none_exactly(days, bought)) for days in (WINDOW, 2 * WINDOW)]
    found = run(sd)
    for (share, error), expected in ((found.penetration(), 1 - none[0]), (found.repurchase(), repurchase(*none))):
        assert share == pytest.approx(expected, abs=4 * error)
    alike = [float(none_exactly(days, float(bought.mean()))) for days in (WINDOW, 2 * WINDOW)]
    assert 1 - none[0] < 0.95 * (1 - alike[0]), "against the same mean without spread"
    assert repurchase(*none) > 1.1 * repurchase(*alike)
    assert found.repurchase()[0] > repurchase(*alike) + 4 * found.repurchase()[1]
