"""Where one need is met: nested logit shares by hand, their limits and identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondhalf.model.shapes import FEED, KIND_IMPULSE, KIND_PLANNED, KIND_REPEAT, NOBODY, SHELF
from tests.limits.one_need import logit, meet, sampled

EPS = float(np.finfo(np.float32).eps)


def test_one_platform_is_a_logistic_curve() -> None:
    for value in (-3.0, 0.0, 1.7):
        assert meet([value]).chances == pytest.approx([1 / (1 + np.exp(-value))], rel=8 * EPS)


def test_nothing_within_reach_means_walking_away() -> None:
    met = meet([5.0, 5.0], reachable=[0, 0])
    assert (met.chances == 0).all()
    assert met.gain == 0
    assert (meet([5.0, 5.0], channels=np.zeros((2, 2))).chances == 0).all()
    assert sampled(np.zeros(2), 0.0) == NOBODY


pairs = st.lists(st.tuples(st.floats(-6, 6), st.floats(0.01, 20), st.floats(0.01, 20)), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None)
@given(pairs, st.floats(-2, 2), st.floats(-2, 2))
def test_without_nests_all_pairs_of_platform_and_channel_are_one_logit(
    platforms: list[tuple[float, float, float]], like_feed: float, like_shelf: float
) -> None:
    """lambda = mu = 1: the reference is written by hand over all pairs."""
    value, feed, shelf = np.array(platforms, np.float32).astype(float).T
    met = meet(value, [feed, shelf], like_feed=like_feed, like_shelf=like_shelf)
    pair = np.exp(value) * np.stack([np.exp(like_feed) * feed, np.exp(like_shelf) * shelf])
    by_hand = pair / (1 + pair.sum())
    assert met.chances == pytest.approx(by_hand.sum(axis=0), rel=64 * EPS, abs=1e-30)
    assert met.chances * met.feed == pytest.approx(by_hand[FEED], rel=64 * EPS, abs=1e-30)
    assert met.gain == pytest.approx(np.log1p(pair.sum()), rel=64 * EPS, abs=8 * EPS)


def test_shares_of_two_levels_by_hand() -> None:
    """Two platforms, two groups of channels each, lambda 0.5 and mu 0.8: all numbers worked out step by step."""
    inclusive = np.log([1.0 + 3.0, 0.5 + 0.5])
    utility = np.array([0.3, -0.2]) + 0.5 * inclusive
    weights = np.exp(utility / 0.8)
    bought = weights.sum() ** 0.8 / (1 + weights.sum() ** 0.8)
    met = meet([0.3, -0.2], [[1.0, 0.5], [3.0, 0.5]], nest=0.5, platform_nest=0.8)
    assert met.chances == pytest.approx(bought * weights / weights.sum(), rel=16 * EPS)
    assert met.feed == pytest.approx([0.25, 0.5], rel=4 * EPS)
    assert met.gain == pytest.approx(-np.log(1 - bought), rel=16 * EPS)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.05, 1.0), st.floats(0.0, 1.0), st.floats(0.01, 0.95))
def test_a_mall_raises_utility_by_the_share_that_it_takes(nest: float, loose: float, share: float) -> None:
    """All else held, a channel that ends with share s of a platform's sales adds exactly -lambda ln(1 - s) to V.

    V is read off the odds of buying: with one platform they are ``exp(V)``, whatever mu is.
    """
    platform_nest = nest + (1 - nest) * loose
    before = meet([0.4], [[1.0], [0.0]], nest, platform_nest).chances[0]
    after = meet([0.4], [[1.0], [share / (1 - share)]], nest, platform_nest)
    assert 1 - after.feed[0] == pytest.approx(share, rel=1e-5)
    gain = np.log(after.chances[0] / (1 - after.chances[0])) - np.log(before / (1 - before))
    assert gain == pytest.approx(-nest * np.log(1 - share), rel=1e-4, abs=1e-5)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=2, max_size=5), st.floats(0.3, 1.0), st.floats(0.5, 4.0))
def test_own_price_elasticity_of_spending(values: list[float], platform_nest: float, weight: float) -> None:
    """``d ln share / d ln price = -eta ((1 - w) / mu + w (1 - B))``: B is bought of all needs, w of that there."""
    price = 0.02
    dear, cheap = (
        meet([values[0] + sign * weight * price, *values[1:]], platform_nest=platform_nest).chances for sign in (-1, 1)
    )
    at = meet(values, platform_nest=platform_nest).chances
    bought, within = at.sum(), at[0] / at.sum()
    formula = -weight * ((1 - within) / platform_nest + within * (1 - bought))
    assert (np.log(dear[0]) - np.log(cheap[0])) / (2 * price) == pytest.approx(formula, rel=5e-3)


def test_a_nest_against_walking_away_leaves_the_ratio_within() -> None:
    """Taking a platform out leaves the others' ratio, and rivals get more of its buyers than by their shares."""
    values, three = [0.5, 2.0, -1.0], [1, 1, 1]
    all_three, two = (meet(values, platform_nest=0.5, reachable=here).chances for here in (three, [1, 0, 1]))
    assert two[1] == 0
    assert two[0] / two[2] == pytest.approx(all_three[0] / all_three[2], rel=16 * EPS)
    rivals = all_three[[0, 2]].sum()
    diverted = (two.sum() - rivals) / all_three[1]
    assert diverted > 1.5 * rivals / (1 - all_three[1])
    loose, left = (meet(values, reachable=here).chances for here in (three, [1, 0, 1]))
    in_proportion = loose[[0, 2]].sum() / (1 - loose[1])
    assert (left.sum() - loose[[0, 2]].sum()) / loose[1] == pytest.approx(in_proportion, rel=64 * EPS)


def test_every_term_by_hand() -> None:
    met = meet([-1.0, -0.5], attachment=[0.2, 0.0], bonus=[0.3, 0.6], kind=KIND_IMPULSE)
    assert met.chances == pytest.approx(logit(-1.0 + 0.2 + 0.3, -0.5 + 0.6), rel=16 * EPS)


def test_repeat_need_is_a_planned_one_away_from_its_tie() -> None:
    by_kind = np.zeros((4, 2, 2))
    by_kind[KIND_PLANNED, SHELF], by_kind[KIND_REPEAT, SHELF] = [5.0, 1.2], [2.0, 9.0]
    met = meet([0.0, -0.3], by_kind, kind=KIND_REPEAT, tie=0, repeat_bonus=1.5)
    assert met.chances == pytest.approx(logit(np.log(2.0) + 1.5, np.log(1.2) - 0.3), rel=16 * EPS)


def test_samples_meet_the_probabilities() -> None:
    """An even grid of marks gives each platform its share to within one mark."""
    shares = np.array([0.2, 0.05, 0.4], np.float32)
    places = np.array([sampled(shares, (i + 0.5) / 4000) for i in range(4000)])
    for p, share in enumerate(shares):
        assert np.mean(places == p) == pytest.approx(share, abs=1.5 / 4000)
    assert np.mean(places == NOBODY) == pytest.approx(0.35, abs=1.5 / 4000)
