"""One agent's learning over a few options: published special cases, unknown payoffs, logit choice, given luck."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import softmax

from secondhalf.agents.learning import EwaLearner, EwaRule, logit_shares, sample_option

Array = NDArray[np.float64]
PERIODS = 40


def history(seed: int, options: int = 3) -> tuple[NDArray[np.int64], Array]:
    """Options taken and payoffs of a run of periods."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, options, PERIODS), rng.uniform(-1, 2, (PERIODS, options))


def learner(options: int, phi: float, delta: float, kappa: float, experience: float = 1.0, **more: Any) -> EwaLearner:
    return EwaLearner(options, EwaRule(phi, delta, kappa, 1.5), experience=experience, **more)


def test_cumulative_reinforcement() -> None:
    """delta = 0, kappa = 1: what an option paid when it was taken, fading with phi (Roth and Erev 1995)."""
    taken, paid = history(1)
    agent, attraction = learner(3, 0.9, 0.0, 1.0), np.zeros(3)
    for option, payoff in zip(taken, paid, strict=True):
        agent.learn(option, payoff)
        attraction = 0.9 * attraction + payoff * (np.arange(3) == option)
    assert agent.attraction[0] == pytest.approx(attraction, rel=1e-12)
    assert agent.experience == 1.0


def test_averaged_reinforcement() -> None:
    """delta = 0, kappa = 0, phi = 1: total paid by an option over all periods."""
    taken, paid = history(2)
    agent = learner(3, 1.0, 0.0, 0.0, experience=0.0)
    for option, payoff in zip(taken, paid, strict=True):
        agent.learn(option, payoff)
    earned = [paid[taken == option, option].sum() / PERIODS for option in range(3)]
    assert agent.attraction[0] == pytest.approx(earned, rel=1e-12)


def test_fictitious_play() -> None:
    """delta = 1, kappa = 0, phi = 1: payoffs expected against the rival's mean play, whatever was taken oneself."""
    game, (taken, _) = np.array([[3.0, 0.0, 1.0], [1.0, 2.0, 0.0]]), history(3)
    rival = history(4)[0]
    agent = learner(2, 1.0, 1.0, 0.0, experience=0.0)
    for period in range(PERIODS):
        agent.learn(taken[period] % 2, game[:, rival[period]])
        belief = np.bincount(rival[: period + 1], minlength=3) / (period + 1)
        assert agent.attraction[0] == pytest.approx(game @ belief, rel=1e-12)
        assert agent.probabilities()[0] == pytest.approx(softmax(1.5 * game @ belief), rel=1e-12)


def test_cournot_reply_remembers_one_period() -> None:
    """phi = 0, delta = 1, sharp: the best reply to what the rival did last."""
    taken, paid = history(5)
    agent = EwaLearner(3, EwaRule(0.0, 1.0, 0.0, 1e9))
    for option, payoff in zip(taken, paid, strict=True):
        agent.learn(option, payoff)
        assert agent.attraction[0] == pytest.approx(payoff, rel=1e-15)
        assert agent.choose(0.999)[0] == payoff.argmax()


def test_the_first_attraction_weighs_as_much_as_experience_says() -> None:
    agent = learner(2, 1.0, 1.0, 0.0, experience=3.0, attraction=[1.0, 2.0])
    agent.learn(0, [5.0, -2.0])
    assert agent.attraction[0] == pytest.approx([(3 * 1.0 + 5) / 4, (3 * 2.0 - 2) / 4])
    assert agent.experience == 4.0


def test_reinforcement_asks_for_no_payoff_forgone() -> None:
    """Known or not: with delta = 0 they have no weight."""
    taken, paid = history(6)
    knows, blind = learner(3, 0.9, 0.0, 0.3), learner(3, 0.9, 0.0, 0.3)
    for option, payoff in zip(taken, paid, strict=True):
        knows.learn(option, payoff)
        blind.learn(option, np.where(np.arange(3) == option, payoff, np.nan))
    assert (knows.attraction == blind.attraction).all()


def test_an_unknown_payoff_is_the_latest_known_of_the_option() -> None:
    """Ho, Wang and Camerer (2008): the same as being told it again."""
    taken, paid = history(7)
    told, blind = learner(3, 0.9, 0.6, 0.2), learner(3, 0.9, 0.6, 0.2)
    for agent in (told, blind):
        agent.learn(0, paid[0])  # one period in which all is known
    last = paid[0].copy()
    for option, payoff in zip(taken, paid, strict=True):
        last[option] = payoff[option]
        told.learn(option, last)
        blind.learn(option, np.where(np.arange(3) == option, payoff, np.nan))
    assert (told.attraction == blind.attraction).all()


def test_an_option_of_which_nothing_is_known_keeps_its_attraction() -> None:
    agent = learner(3, 0.9, 0.6, 0.0, attraction=[0.1, 0.2, 0.3])
    for payoff in (1.0, 2.0):
        agent.learn(1, [np.nan, payoff, 4.0])
    assert agent.attraction[0, 0] == 0.1
    first = (0.9 * 0.2 + 1.0) / 1.9, (0.9 * 0.3 + 0.6 * 4) / 1.9
    experience = 0.9 * 1.9 + 1
    assert agent.attraction[0, 1:] == pytest.approx(
        [(0.9 * 1.9 * first[0] + 2.0) / experience, (0.9 * 1.9 * first[1] + 0.6 * 4) / experience]
    )


def test_the_payoff_of_the_option_taken_must_be_known() -> None:
    with pytest.raises(ValueError, match="option taken"):
        learner(2, 0.9, 0.5, 0.0).learn(0, [np.nan, 1.0])


def test_agents_side_by_side_are_agents_alone() -> None:
    taken, paid = history(8)
    together = learner(3, 0.95, 0.4, 0.5, agents=2)
    alone = [learner(3, 0.95, 0.4, 0.5) for _ in range(2)]
    for period in range(1, PERIODS):
        options, payoffs = taken[[period, period - 1]], paid[[period, period - 1]]
        together.learn(options, payoffs)
        for row, agent in enumerate(alone):
            agent.learn(options[row], payoffs[row])
    assert (together.attraction == np.concatenate([agent.attraction for agent in alone])).all()
    marks = np.array([0.2, 0.9])
    assert (together.choose(marks) == [agent.choose(mark)[0] for agent, mark in zip(alone, marks, strict=True)]).all()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=6), st.floats(0, 20))
def test_logit_shares_are_the_softmax(values: list[float], sharpness: float) -> None:
    assert logit_shares(values, sharpness) == pytest.approx(
        softmax(sharpness * np.array(values)), rel=1e-12, abs=1e-300
    )


def test_limits_of_precision() -> None:
    """Zero is chance over what is possible, infinity the best of it; equals share."""
    possible = [True, True, False, True]
    assert logit_shares([1.0, 2.0, np.nan, 0.0], 0.0, possible) == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3])
    assert logit_shares([1.0, 2.0, 9.0, 2.0], 1e12, possible) == pytest.approx([0, 0.5, 0, 0.5])
    assert (logit_shares([[1.0, 2.0]], 1.0, [[False, False]]) == 0).all()


def test_marks_meet_the_probabilities() -> None:
    """An even grid of marks gives each option its share; one without a share is never taken, at either end."""
    share = np.array([0.0, 0.25, 0.0, 0.7, 0.05, 0.0])
    marks = (np.arange(4000) + 0.5) / 4000
    taken = sample_option(np.broadcast_to(share, (4000, 6)), marks)
    assert np.bincount(taken, minlength=6) / 4000 == pytest.approx(share, abs=1 / 4000)
    assert sample_option(share, 0.0) == 1
    assert sample_option(share, np.nextafter(1.0, 0.0)) == 4


def test_nothing_possible_is_an_error() -> None:
    with pytest.raises(ValueError, match="no option"):
        learner(2, 0.9, 0.5, 0.0).choose(0.5, possible=False)
