"""Who gives in: impulses go with planned needs to a power, and their mean does not hang on it."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.model.market import Market
from secondhalf.model.users.needs import NEED_IMPULSE
from secondhalf.model.users.population import mean_power
from tests.mechanisms.runs import settings

DAYS, SHAPE = 120, 0.7


@pytest.mark.parametrize("power", [0, 1, 2, 3])
def test_the_mean_of_a_power_is_that_of_a_gamma_variable(power: int) -> None:
    drawn = np.random.default_rng(0).gamma(SHAPE, 1 / SHAPE, 400_000) ** power
    assert mean_power(SHAPE, power) == pytest.approx(drawn.mean(), abs=5 * drawn.std() / len(drawn) ** 0.5 + 1e-12)


def impulses(power: int) -> tuple[float, float, int]:
    """Mean `need_rate` of those who had an impulse, the mean to be expected of these users, and how many there were."""
    market = Market(
        settings([("users.impulse_rate", 0.02), ("users.impulse_power", power), ("users.session_minutes", 0.0)])
    )
    columns, rates = market.population.columns, []
    own = market.population.read("need_rate").astype(float)
    for _ in range(DAYS):
        market.step()
        rates.append(own[columns.needs & NEED_IMPULSE > 0])
    market.close()
    found = np.concatenate(rates)
    return float(found.mean()), float((own ** (power + 1)).mean() / (own**power).mean()), found.size


def test_who_needs_more_gives_in_more() -> None:
    """Impulses fall on people as their needs to the power; their minutes differ, too, but not with their needs here."""
    (alike, one, many), (more, several, same) = impulses(0), impulses(2)
    assert min(many, same) > 100
    assert alike == pytest.approx(one, rel=0.3)
    assert more == pytest.approx(several, rel=0.3)
    assert more > 2 * alike
