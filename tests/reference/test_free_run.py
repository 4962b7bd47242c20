"""The market with compiled users and the market with the oracle's, left to themselves for weeks."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t as student

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market
from secondhalf.model.shapes import Columns
from tests.reference.oracle import OracleDay, OracleMarket

SMALL = ("population.users=300", "population.merchants=40", "population.agent_objects=0", "calendar.start=2020-10-01")
DAYS = 30
MEASURES = ("installed_users", "active_users", "minutes", "orders", "gmv", "monthly_buyers")
STEPS = ("installed", "last_used", "last_bought", "fan_merchant", "fan_day")
"""Columns that tell what a user has done."""
MAY_PART = 0.01
"""Share of users that may come to do something else: one close call is enough for a user to go another way."""
NO_ADOPTION = ("mechanisms.innovation=false", "mechanisms.imitation=false")


@cache
def settings(*overrides: str) -> MarketSettings:
    """Settings of a small market."""
    return load_settings([*SMALL, *overrides])


class Run(NamedTuple):
    """A run of `DAYS` days."""

    measures: dict[str, NDArray[np.float64]]  # [days, P]
    columns: Columns


@cache
def run(kind: type[Market], seed: int, *overrides: str) -> Run:
    """Run a market of one kind."""
    market = kind(settings(*overrides).model_copy(update={"seed": seed}))
    for _ in range(DAYS):
        market.step()
    if isinstance(market.users_day, OracleDay):
        market.users_day.store()
    market.close()
    daily = market.record.daily
    return Run({name: np.array([day[name] for day in daily]) for name in MEASURES}, market.population.columns)


@pytest.mark.parametrize("overrides", [(), NO_ADOPTION, ("network=random_mixing",)])
def test_same_seed_same_run(overrides: tuple[str, ...]) -> None:
    """Under one seed hardly any user ever does anything else, and what is added up over the run agrees."""
    compiled, plain = run(Market, 0, *overrides), run(OracleMarket, 0, *overrides)
    parted = np.zeros(compiled.columns.installed.size, np.bool_)
    for name in STEPS:
        differs = getattr(compiled.columns, name) != getattr(plain.columns, name)
        parted |= differs.reshape(-1, parted.size).any(axis=0)
    assert parted.mean() <= MAY_PART
    for name in MEASURES:
        first, second = compiled.measures[name].sum(axis=0), plain.measures[name].sum(axis=0)
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=MAY_PART * second.sum())


def test_other_seeds_same_means() -> None:
    """Under other seeds the means over runs differ by no more than their standard errors explain.

    The bound is Student's: so wide that all comparisons together fail once in a thousand times when nothing is wrong.
    """
    half = 6
    compiled = [run(Market, seed).measures for seed in range(half)]
    plain = [run(OracleMarket, seed).measures for seed in range(half, 2 * half)]
    comparisons = len(MEASURES) * compiled[0]["minutes"].shape[1]
    bound = student.isf(1e-3 / comparisons / 2, half - 1)
    for name in MEASURES:
        first, second = (np.array([one[name].mean(axis=0) for one in runs]) for runs in (compiled, plain))
        error = np.sqrt((first.var(axis=0, ddof=1) + second.var(axis=0, ddof=1)) / half)
        assert (np.abs(first.mean(axis=0) - second.mean(axis=0)) <= bound * error).all(), name
