"""What merchants would have gained by one fixed division of effort: nothing where they already divide by returns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from secondhalf.agents.effort import ewa_update, relative_returns
from secondhalf.agents.learning import EwaRule
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


@pytest.mark.parametrize(("delta", "kappa"), [(0.6, 0.0), (0.6, 0.3), (1.0, 0.0)])
def test_a_market_at_its_own_fixed_point_leaves_nothing(
    delta: float, kappa: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Returns that stay as they are, effort that its rule no longer moves; by plain returns some gain all the same."""
    rule = load_settings([*WORDS, f"merchants.ewa_delta={delta}", f"merchants.ewa_kappa={kappa}"]).merchants
    plain = np.random.default_rng(3).uniform(0.2, 2.0, (50, 6)).astype(np.float32)
    possible = np.ones(plain.shape, bool)
    effort, attraction = np.full(plain.shape, 1 / 6, np.float32), np.zeros(plain.shape, np.float32)
    experience, ewa = 0.0, EwaRule(rule.ewa_phi, delta, kappa, rule.ewa_lambda)
    for _ in range(2000):
        relative = plain.copy()
        relative_returns(relative, effort)
        experience = ewa_update(attraction, effort, relative, possible, experience, ewa)
    monkeypatch.setattr("secondhalf.model.supply.effort_returns.returns", lambda *_: plain.copy()[:, None, :])
    table = SimpleNamespace(
        number=np.arange(50), effort=effort[:, None, :], shop=np.ones((50, 1), bool), weight=np.ones(50)
    )
    trade = SimpleNamespace(table=table, open_cells=np.ones((1, 1, 6), bool))
    desk = SimpleNamespace(live_presence=lambda: None)
    market: Any = SimpleNamespace(trade=trade, desk=desk, take_rate=None, settings=SimpleNamespace(merchants=rule))
    seen = Hindsight()
    for _ in range(LEAST):
        seen.look(market)
    assert np.abs(seen.own_gains(market)[0]).max() < 1e-3
    assert (np.median(seen.gains(market)[0]) > 0.005) == (delta < 1)


def test_nothing_is_said_before_a_quarter() -> None:
    market, seen = Market(load_settings(WORDS)), Hindsight()
    for _ in range(LEAST - 1):
        seen.look(market)
        for _ in range(DAYS_A_WEEK):
            market.step()
    assert seen.gains(market)[0].size == 0
    market.close()
