"""Intervals that hold all gains at once, and the table whose profiles have unequal numbers of seeds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from secondhalf.experiments.equilibrium.inference.payoff_table import payoff_table, resamples
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import (
    correlation_within_groups,
    deviations_from_first,
    edges,
    gains,
    shrinkage,
)

Array = NDArray[np.float64]


def test_edges_are_all_pairs_that_differ_in_one_player() -> None:
    pairs = edges((3, 2))
    assert len(pairs.player) == 3 * 2 + 3
    for player, below, above, _ in zip(*pairs, strict=True):
        differ = [a != b for a, b in zip(divmod(below, 2), divmod(above, 2), strict=True)]
        assert differ == [player == 0, player == 1]
    assert deviations_from_first([1, 0, 1]).above.tolist() == [1, 2, 3]


def test_one_gain_has_the_interval_of_students_t() -> None:
    """A single comparison: the quantile must come back from the bootstrap to the t distribution."""
    values = np.random.default_rng(0).normal(size=(2, 6, 1))
    found = gains(values, edges((2,)), 0.95)
    known = stats.ttest_rel(values[1, :, 0], values[0, :, 0]).confidence_interval(0.95)
    # The quantile of 4,000 draws has a relative error of about 2 %.
    assert (found.low[0], found.high[0]) == pytest.approx((known.low, known.high), abs=0.06 * (known.high - known.low))


@pytest.mark.parametrize(("shared", "seeds"), [(0.0, 4), (0.8, 4), (0.0, 10)])
def test_intervals_hold_all_gains_at_once(shared: float, seeds: int) -> None:
    """100 worlds, 60 gains each, between which luck is shared or not; more than 11 misses at 5 % happen once in 230."""
    rng, missed = np.random.default_rng(1), 0
    pairs = deviations_from_first([0] * 60)
    for _ in range(100):
        common = rng.normal(size=(1, seeds, 1))
        values = np.sqrt(1 - shared) * rng.normal(size=(61, seeds, 1)) + np.sqrt(shared) * common
        values[0] = common[0] * np.sqrt(shared)
        found = gains(values, pairs, 0.95)
        missed += bool(((found.low > 0) | (found.high < 0)).any())
    assert missed <= 11


@pytest.mark.parametrize("seeds", [4, 6])
def test_intervals_hold_where_groups_go_together(seeds: int) -> None:
    """100 worlds of 3 groups of 40 gains, correlation 0.9 within; more than 11 misses at 5 % happen once in 230."""
    rng, missed = np.random.default_rng(3), 0
    pairs = deviations_from_first(np.repeat([0, 1, 2], 40).tolist())
    for _ in range(100):
        values = np.zeros((121, seeds, 3))
        for player in range(3):
            rows = 1 + player * 40 + np.arange(40)
            own, common = rng.normal(size=(40, seeds)), rng.normal(size=(1, seeds))
            values[rows, :, player] = np.sqrt(0.9) * common + np.sqrt(0.1) * own
        found = gains(values, pairs, 0.95)
        missed += bool(((found.low > 0) | (found.high < 0)).any())
    assert missed <= 11


def test_gains_that_go_together_need_narrower_intervals() -> None:
    rng = np.random.default_rng(2)
    common, own = rng.normal(size=(1, 6, 1)), rng.normal(size=(200, 6, 1))

    def width(values: Array) -> Array:
        found = gains(np.concatenate([np.zeros((1, 6, 1)), values]), deviations_from_first([0] * 200), 0.95)
        return np.asarray((found.high - found.mean) / found.error)

    assert width(common + 0.1 * own) == pytest.approx(stats.t.isf(0.025, 5), rel=0.35)
    assert (width(own) > stats.t.isf(0.1 / 400, 5)).all()


def test_correlations_are_shrunk_towards_those_of_their_group() -> None:
    """Five groups with 0.8 within: what is seen within them stays, what six seeds seem to say between them goes."""
    rng, group = np.random.default_rng(4), np.repeat(np.arange(5), 20)
    rows = np.sqrt(0.8) * rng.normal(size=(5, 200))[group] + np.sqrt(0.2) * rng.normal(size=(100, 200))

    def shrunk(rows: Array) -> tuple[Array, float]:
        rows = rows - rows.mean(axis=1, keepdims=True)
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        within = correlation_within_groups(unit, group)
        return within, shrinkage(unit, group, within, rows.shape[1])

    assert shrunk(rows)[0] == pytest.approx(np.full(5, 0.8), abs=0.08)  # the error of 200 seeds is 0.03
    assert shrunk(rows)[1] > 0.8
    assert shrunk(rng.normal(size=(1, 200)) + 0.1 * rows)[1] < 0.2


def test_the_table_does_not_depend_on_which_seeds_a_profile_has() -> None:
    rng = np.random.default_rng(0)
    profiles, lucky = rng.normal(size=(6, 1, 2)), rng.normal(size=(1, 9, 2))
    values = profiles + lucky
    values[2:4, 4:] = np.nan
    values[5] = np.nan
    table = payoff_table(values)
    assert table[:5] - table[0] == pytest.approx((profiles - profiles[0])[:5, 0])
    assert np.isnan(table[5]).all()
    assert payoff_table(values[:2]) == pytest.approx(values[:2].mean(axis=1))
    weights = resamples(9, 50)
    assert weights.sum(axis=1) == pytest.approx(np.full(50, 9))
    assert payoff_table(values, weights[0])[:5] - payoff_table(values, weights[0])[0] == pytest.approx(
        (profiles - profiles[0])[:5, 0]
    )
