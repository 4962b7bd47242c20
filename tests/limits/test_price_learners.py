"""Learners in the price game of Calvano et al. (2020): profit gains against equilibrium (0) and monopoly (1)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.agents.learning import EwaRule, logit_shares
from secondhalf.experiments.game_theory.logit_bertrand import Bertrand
from secondhalf.experiments.game_theory.repeated_play import play
from tests.reference import q_learner

Array = NDArray[np.float64]
GAME = Bertrand()
TABLE = GAME.table(GAME.grid())
SESSIONS, PERIODS, COUNTED = 40, 4000, 1000
ERRORS = 4.0
"""Standard errors over sessions that a mean may be off."""


def gain(paid: Array) -> tuple[float, float]:
    """Profit gain of the mean firm, and its standard error over sessions."""
    each = GAME.profit_gain(paid).mean(axis=1)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(each.size))


def learned(rule: EwaRule, forgone: bool = True) -> tuple[float, float]:
    """The same for two learners of our own."""
    marks = np.random.default_rng(0).random((PERIODS, SESSIONS, 2))
    return gain(play(TABLE, rule, marks, COUNTED, forgone))


def logit_equilibrium(sharpness: float) -> Array:
    """Chances of each price that are the logit reply to themselves (McKelvey and Palfrey 1995)."""
    share = np.full(15, 1 / 15)
    for _ in range(100_000):
        reply = logit_shares(TABLE[0] @ share, sharpness)
        if np.abs(reply - share).max() < 1e-13:
            return share
        share = share + 0.05 * (reply - share)
    raise AssertionError("no rest point")


@pytest.mark.parametrize(("sharpness", "expected"), [(50.0, 0.201), (100.0, 0.113), (500.0, 0.010)])
def test_fictitious_play_ends_in_the_logit_equilibrium(sharpness: float, expected: float) -> None:
    """With all payoffs known and full memory; sharper, that is the price of one-shot competition."""
    rest = logit_equilibrium(sharpness)
    exact = float(GAME.profit_gain(rest @ TABLE[0] @ rest))
    assert exact == pytest.approx(expected, abs=5e-4)
    mean, error = learned(EwaRule(1.0, 1.0, 0.0, sharpness))
    # Beliefs after a few thousand periods are still off by a few parts in a thousand.
    assert mean == pytest.approx(exact, abs=ERRORS * error + 0.005)


def test_forgetting_does_not_change_it() -> None:
    """Weighted fictitious play (phi = 0.95) and Cournot's reply (phi = 0) compete as sharply."""
    for phi in (0.95, 0.0):
        mean, error = learned(EwaRule(phi, 1.0, 0.0, 500.0))
        assert error < 0.005
        assert abs(mean) < 0.03


@pytest.mark.parametrize(
    ("rule", "forgone"),
    [
        (EwaRule(0.95, 0.5, 0.0, 500.0), True),  # forgone payoffs count half
        (EwaRule(0.95, 0.5, 0.0, 500.0), False),  # and are the latest known
        (EwaRule(0.95, 0.0, 0.0, 100.0), False),  # reinforcement
    ],
)
def test_learners_who_discount_forgone_payoffs_keep_their_first_prices(rule: EwaRule, forgone: bool) -> None:
    """What came to be played seems to pay most, so the gain is that of prices drawn by chance; nobody colludes."""
    mean, error = learned(rule, forgone)
    chance = float(GAME.profit_gain(TABLE).mean())
    assert chance == pytest.approx(0.497, abs=5e-4)
    assert mean == pytest.approx(chance, abs=ERRORS * error)
    assert 0.03 < error < 0.08
    marks = np.random.default_rng(0).random((1000, SESSIONS, 2))
    soon, later = (play(TABLE, rule, marks[:periods], 1, forgone) for periods in (200, 1000))
    assert np.isclose(soon, later).all(axis=1).mean() > 0.9


def test_sessions_share_nothing() -> None:
    """The first of many sessions is the session alone."""
    marks = np.random.default_rng(1).random((300, 5, 2))
    rule = EwaRule(0.95, 0.5, 0.2, 100.0)
    assert (play(TABLE, rule, marks, 100)[:2] == play(TABLE, rule, marks[:, :2], 100)).all()


def test_players_are_told_apart() -> None:
    """Who is always paid more for the first option takes it; the other sees its own table."""
    table = np.stack([np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([[0.0, 3.0], [0.0, 3.0]])])
    marks = np.random.default_rng(2).random((200, 3, 2))
    assert play(table, EwaRule(1.0, 1.0, 0.0, 50.0), marks, 50) == pytest.approx(np.tile([1.0, 3.0], (3, 1)))


def test_the_published_learner_gains_what_was_published() -> None:
    """Q-learning with a memory of one period: 0.7 to 0.9 in the baseline, 0.85 in the representative experiment."""
    paid, periods = q_learner.sessions(TABLE, 24)
    assert (periods < q_learner.MOST).all(), "all converge"
    mean, error = gain(paid)
    assert 0.7 < mean < 0.9
    assert mean == pytest.approx(0.85, abs=ERRORS * error)
