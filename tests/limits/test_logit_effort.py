"""Merchants' effort as a logit reply to last week: its limits, its kinship with learning, and its rest point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import softmax

from secondhalf.agents.effort import ewa_update, logit_update
from secondhalf.agents.learning import EwaRule
from secondhalf.conf.schema import MarketSettings
from secondhalf.model.market import Market

F32 = NDArray[np.float32]
EPS = float(np.finfo(np.float32).eps)
VALUE, FLOOR = np.array([1.0, 2.0, 4.0]), 0.01
NAMES = ["kuaishou", "taobao"]
SIZE = ("population.users=300", "population.merchants=40", "calendar.warm_up=56", "calendar.end=2019-02-15")


def reply(returns: F32, sharpness: float, possible: NDArray[np.bool_] | None = None) -> F32:
    """Effort after one revision."""
    effort = np.full_like(returns, 1 / returns.shape[1])
    allowed = np.ones(returns.shape, bool) if possible is None else possible
    logit_update(np.zeros_like(returns), effort, returns, allowed, sharpness)
    return effort


def test_it_is_learning_without_memory() -> None:
    """Bit for bit, with closed cells: phi = 0, delta = 1, kappa = 1."""
    rng = np.random.default_rng(1)
    possible = rng.random((20, 6)) < 0.7
    tables = [(np.zeros((20, 6), np.float32), np.full((20, 6), 1 / 6, np.float32)) for _ in range(2)]
    experience = 1.0
    for _ in range(5):
        returns = rng.uniform(0, 3, (20, 6)).astype(np.float32)
        experience = ewa_update(*tables[0], returns, possible, experience, EwaRule(0.0, 1.0, 1.0, 1.5))
        logit_update(*tables[1], returns, possible, 1.5)
        for learned, replied in zip(*tables, strict=True):
            assert (learned == replied).all()


def test_limits_of_precision() -> None:
    returns = np.array([[1.0, 3.0, 2.0, 3.5]], np.float32)
    possible = np.array([[True, True, True, False]])
    assert reply(returns, 0.0, possible)[0] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0], rel=2 * EPS)
    assert reply(returns, 1e12, possible)[0] == pytest.approx([0, 1, 0, 0])
    assert reply(returns, 1e12)[0] == pytest.approx([0, 0, 0, 1])


def slopes(effort: NDArray[Any]) -> F32:
    """Concave returns: what a unit of effort adds falls as one over the root of effort and its floor."""
    return np.asarray(VALUE / (2 * np.sqrt(effort.astype(float) + FLOOR)), np.float32)


def rest_point(sharpness: float) -> NDArray[np.float64]:
    """Effort that is the logit of the slopes it brings."""

    def gap(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        aim = sharpness * VALUE / (2 * np.sqrt(softmax(logs) + FLOOR))
        return np.asarray(logs - aim + aim.mean())

    return np.asarray(softmax(root(gap, np.zeros(3), tol=1e-12).x))


def test_rest_point_of_concave_returns_is_that_of_learning() -> None:
    """Both rules rest where effort is the logit of its own slopes; the reply gets there if it is not sharp."""
    effort = np.full((1, 3), 1 / 3, np.float32)
    for _ in range(200):
        effort = reply(slopes(effort), 0.5)
    assert effort[0] == pytest.approx(rest_point(0.5), rel=20 * EPS)
    attraction, learned, experience = np.zeros((1, 3), np.float32), np.full((1, 3), 1 / 3, np.float32), 1.0
    for _ in range(600):
        possible = np.ones((1, 3), bool)
        experience = ewa_update(
            attraction, learned, slopes(learned), possible, experience, EwaRule(0.95, 1.0, 0.0, 0.5)
        )
    assert learned[0] == pytest.approx(rest_point(0.5), rel=1e-5)


def test_a_sharp_reply_overshoots_where_memory_settles() -> None:
    """Without memory merchants run after last week's slopes from week to week."""
    sharp = 4.0
    effort = np.full((1, 3), 1 / 3, np.float32)
    weeks = [effort := reply(slopes(effort), sharp) for _ in range(50)]
    assert np.abs(weeks[-1] - weeks[-2]).max() > 0.5
    attraction, learned, experience = np.zeros((1, 3), np.float32), np.full((1, 3), 1 / 3, np.float32), 1.0
    for _ in range(600):
        possible = np.ones((1, 3), bool)
        experience = ewa_update(
            attraction, learned, slopes(learned), possible, experience, EwaRule(0.95, 1.0, 0.0, sharp)
        )
    assert learned[0] == pytest.approx(rest_point(sharp), rel=1e-4)


@pytest.fixture(scope="module")
def effort_of(make_settings: Callable[..., MarketSettings]) -> Callable[..., tuple[F32, NDArray[np.bool_]]]:
    """Effort on the last day of a small market, and the cells open to each merchant."""
    installed = [f"platform.{name}.installed_at_start=0.6" for name in NAMES]

    def run(*overrides: str) -> tuple[F32, NDArray[np.bool_]]:
        market = Market(make_settings(NAMES, "strategy=hold", *SIZE, *installed, *overrides))
        while market.running:
            market.step()
        table = market.trade.table
        market.close()
        return table.effort, table.shop[:, :, None] & market.trade.open_cells

    return run


def test_merchants_of_a_market_follow_the_setting(
    effort_of: Callable[..., tuple[F32, NDArray[np.bool_]]],
) -> None:
    """Equal effort without precision, one cell with infinite precision, and something else than learning between."""
    logit = "merchants.effort=logit"
    still = "mechanisms.shop_entry=false"
    even, possible = effort_of(logit, "merchants.ewa_lambda=0", still)
    cells = possible.sum(axis=(1, 2))
    assert even == pytest.approx(possible / cells[:, None, None], rel=4 * EPS)
    best, _ = effort_of(logit, "merchants.ewa_lambda=1e12", still)
    assert np.sort(best.reshape(40, -1), axis=1)[:, -1] == pytest.approx(np.ones(40))
    replied, learned = effort_of(logit, still)[0], effort_of(still)[0]
    assert np.abs(replied - learned).max() > 0.05
    same, _ = effort_of("merchants.ewa_phi=0", "merchants.ewa_delta=1", "merchants.ewa_kappa=1", still)
    assert (same == replied).all()
