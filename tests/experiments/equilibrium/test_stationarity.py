"""Size and power of the tests of rest, on synthetic ensembles: 20 runs of 260 weeks, the last 80 judged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from secondhalf.experiments.equilibrium.inference.stationarity import (
    HOLDS,
    OPEN,
    balance_week,
    equivalent,
    fisher_g,
    judge_ensemble,
    modes_apart,
    slopes,
)

Array = NDArray[np.float64]
RUNS, WEEKS, JUDGED, MARGIN = 20, 260, 80, 0.01


def noise(rng: np.random.Generator, memory: float = 0.7, size: float = 0.002) -> Array:
    """Shares of four platforms that scatter around their places."""
    fresh = rng.normal(0, size * np.sqrt(1 - memory**2), (RUNS, WEEKS + 50, 4))
    return 0.25 + np.asarray(signal.lfilter([1.0], [1.0, -memory], fresh, axis=1))[:, 50:]


def with_path(rng: np.random.Generator, path: Array) -> Array:
    found = noise(rng)
    found[:, :, 0] += path
    found[:, :, 1] -= path
    return found


def at_rest(rng: np.random.Generator) -> Array:
    return noise(rng)


def harmless_drift(rng: np.random.Generator) -> Array:
    return with_path(rng, np.linspace(0, 0.01, WEEKS))  # 0.3 percentage points within the window


def settling(rng: np.random.Generator) -> Array:
    return with_path(rng, 0.1 * np.exp(-np.arange(WEEKS) / 30))


def drift(rng: np.random.Generator) -> Array:
    return with_path(rng, np.linspace(0, 0.1, WEEKS))


def late_tipping(rng: np.random.Generator) -> Array:
    """A third of the runs go over to another place within the window."""
    when = rng.integers(WEEKS - 70, WEEKS - 20, RUNS)
    tips = (np.arange(WEEKS) > when[:, None]) & (np.arange(RUNS) % 3 == 0)[:, None]
    return with_path(rng, 0.08 * tips)


def cycle(rng: np.random.Generator) -> Array:
    phase = rng.uniform(0, 2 * np.pi, (RUNS, 1))
    return with_path(rng, 0.006 * np.sin(2 * np.pi * np.arange(WEEKS) / 13 + phase))


def two_attractors(rng: np.random.Generator) -> Array:
    return with_path(rng, 0.06 * (rng.random((RUNS, 1)) < 0.4) * np.ones(WEEKS))


def random_walk(rng: np.random.Generator) -> Array:
    return with_path(rng, np.cumsum(rng.normal(0, 0.003, (RUNS, WEEKS)), axis=1))


@pytest.mark.parametrize("path", [at_rest, harmless_drift, settling])
def test_rest_is_called_rest(path: Callable[[np.random.Generator], Array]) -> None:
    """20 ensembles each; false alarms at about 1 % each for cycles: more than 2 are less likely than one in 900."""
    words = [judge_ensemble(path(np.random.default_rng(seed)), JUDGED, MARGIN).word for seed in range(20)]
    assert words.count(HOLDS) >= 18


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (drift, "drift"),
        (late_tipping, "drift"),
        (cycle, "steady"),
        (two_attractors, "single"),
        (random_walk, "drift"),
    ],
)
def test_unrest_is_found_out(path: Callable[[np.random.Generator], Array], part: str) -> None:
    found = [judge_ensemble(path(np.random.default_rng(seed)), JUDGED, MARGIN) for seed in range(20)]
    assert sum(one.word == HOLDS for one in found) == 0
    assert sum(getattr(one, part) != HOLDS for one in found) >= 19


def test_few_runs_leave_it_open() -> None:
    """Three runs that scatter by half a margin: no drift is found, and none is ruled out."""
    rng = np.random.default_rng(0)
    paths = with_path(rng, rng.normal(0, 0.007, (RUNS, 1)) * np.linspace(-1, 1, WEEKS))[:3]
    assert judge_ensemble(paths, JUDGED, 0.003).drift in (OPEN, "no")
    assert equivalent(np.array([[0.0], [0.012], [-0.012]]), MARGIN)[0] == OPEN


def test_equivalence_of_opposite_starts() -> None:
    rng = np.random.default_rng(0)
    assert equivalent(rng.normal(0.002, 0.004, (20, 3)), MARGIN)[0] == HOLDS
    assert equivalent(rng.normal(0.03, 0.004, (20, 3)), MARGIN) == ("no", pytest.approx(0.03, abs=0.004))


def test_slopes_of_straight_lines() -> None:
    lines = np.linspace(0, 1, 11)[None, :, None] * np.array([2.0, -3.0])
    assert slopes(lines) == pytest.approx(np.array([[2.0, -3.0]]))


def test_fishers_test_has_its_size() -> None:
    """400 series of noise at 5 %: between 6 and 37 rejections but once in 10,000."""
    rng = np.random.default_rng(0)
    assert 6 <= sum(fisher_g(rng.normal(size=80)) < 0.05 for _ in range(400)) <= 37
    assert fisher_g(np.sin(np.arange(80) / 3) + 0.3 * rng.normal(size=80)) < 1e-4
    assert fisher_g(np.zeros(80)) == 1.0


def test_two_places_are_told_from_one() -> None:
    rng = np.random.default_rng(0)
    one = sum(modes_apart(rng.normal(0.2, 0.02, RUNS), MARGIN) > 0 for _ in range(300))
    assert one <= 9  # of 300
    both = np.concatenate([rng.normal(0.2, 0.01, 12), rng.normal(0.3, 0.01, 8)])
    assert modes_apart(both, MARGIN) == pytest.approx(0.1, abs=0.01)
    assert modes_apart(both, 0.06) == 0.0


def test_the_balance_begins_where_the_path_has_settled() -> None:
    """0.1 exp(-t / 30) is within 0.01 after 30 ln 10 = 69 weeks."""
    found = balance_week(settling(np.random.default_rng(0)), JUDGED, MARGIN)
    assert found.week == pytest.approx(69, abs=4)
    assert found.low <= found.week <= found.high
    assert balance_week(at_rest(np.random.default_rng(0)), JUDGED, MARGIN).week == 0
