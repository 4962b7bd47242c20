"""What merchants would have gained by one fixed division of effort: nothing where they already divide by returns."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.day.stages import DAYS_A_WEEK
from secondhalf.model.market import Market
from secondhalf.model.observers.hindsight_regret import LEAST, Hindsight

WEEKS = 20
WORDS = ("population.users=2000", "population.merchants=60", "calendar.end=2019-07-01", "strategy=hold")


def gains(settings: MarketSettings) -> np.ndarray:
    """After a settled market has gone on for some weeks."""
    market, seen = Market(settings), Hindsight()
    for day in range(WEEKS * DAYS_A_WEEK + 1):
        if day and day % DAYS_A_WEEK == 0:
            seen.look(market)
        if day < WEEKS * DAYS_A_WEEK:
            market.step()
    found, weights = seen.gains(market)
    market.close()
    assert found.size == weights.size > 0
    return found


@pytest.mark.parametrize("sharpness", [0.0, 1.5])
def test_who_counts_forgone_returns_in_full_regrets_little(sharpness: float) -> None:
    """Against who counts them by a half; without sharpness effort is even, and the best division is that too."""
    rule = f"merchants.ewa_lambda={sharpness}"
    full = gains(load_settings([*WORDS, rule, "merchants.ewa_delta=1"]))
    half = gains(load_settings([*WORDS, rule, "merchants.ewa_delta=0.5"]))
    if sharpness == 0:
        assert np.median(np.abs(full)) < 0.01
        assert np.median(half) == pytest.approx(np.median(full), abs=1e-9)
    else:
        assert np.median(full) < 0.4 * np.median(half)
        assert np.median(half) > 0.01


def test_nothing_is_said_before_a_quarter() -> None:
    market, seen = Market(load_settings(WORDS)), Hindsight()
    for _ in range(LEAST - 1):
        seen.look(market)
        for _ in range(DAYS_A_WEEK):
            market.step()
    assert seen.gains(market)[0].size == 0
    market.close()
