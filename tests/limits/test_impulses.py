"""Who gives in: impulses go with planned needs to a power, and their mean does not hang on it."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.model.interest import NEED_IMPULSE
from secondhalf.model.market import Market
from secondhalf.model.population import mean_power
from tests.mechanisms.runs import settings

DAYS, SHAPE = 120, 0.7


@pytest.mark.parametrize("power", [0, 1, 2, 3])
def test_the_mean_of_a_power_is_that_of_a_gamma_variable(power: int) -> None:
    drawn = np.random.default_rng(0).gamma(SHAPE, 1 / SHAPE, 400_000) ** power
    assert mean_power(SHAPE, power) == pytest.approx(drawn.mean(), abs=5 * drawn.std() / len(drawn) ** 0.5 + 1e-12)


def impulses(power: int) -> tuple[float, int]:
    """Mean `need_rate` of those who had an impulse, and how many there were; rare, so that none is crowded out."""
    rare = ("users.impulse_rate", 0.02)
    market = Market(settings([rare, ("users.impulse_power", power), ("users.need_weight", 0.0)]))
    columns, rates = market.population.columns, []
    for _ in range(DAYS):
        market.step()
        rates.append(columns.need_rate[columns.needs & NEED_IMPULSE > 0])
    market.close()
    found = np.concatenate(rates)
    return float(found.mean()), found.size


def test_who_needs_more_gives_in_more_and_the_mean_stays() -> None:
    """Given an impulse, `need_rate` is a gamma variable of shape k + power: its mean is (k + power) / k."""
    (alike, many), (more, same) = impulses(0), impulses(2)
    assert min(many, same) > 100
    assert alike == pytest.approx(1.0, abs=5 * SHAPE**-0.5 / many**0.5)
    expected = (SHAPE + 2) / SHAPE
    assert more == pytest.approx(expected, abs=5 * (SHAPE + 2) ** 0.5 / SHAPE / same**0.5)
