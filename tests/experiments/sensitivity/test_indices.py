"""Designs and indices against functions whose answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.sensitivity import morris, sobol
from secondhalf.experiments.sensitivity.factors import SEED, Array, Box
from secondhalf.experiments.sensitivity.quantities import Quantity

ISHIGAMI = Box(("x1", "x2", "x3", SEED), ((-np.pi, np.pi),) * 3 + ((0.0, 1.0),))
A, B = 7.0, 0.1
ONE = [Quantity("y", "1")]


def ishigami(points: Array) -> Array:
    """Ishigami and Homma (1990); the last factor does nothing. [runs, 1]"""
    x1, x2, x3 = points[:, :3].T
    return np.asarray(np.sin(x1) + A * np.sin(x2) ** 2 + B * x3**4 * np.sin(x1))[:, None]


def known_indices() -> tuple[list[float], list[float]]:
    """First-order and total indices from the function's decomposition of variance."""
    one = (1 + B * np.pi**4 / 5) ** 2 / 2
    two, both = A**2 / 8, B**2 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = one + two + both
    return [one / whole, two / whole, 0, 0], [(one + both) / whole, two / whole, both / whole, 0]


def test_sobol_of_ishigami() -> None:
    points = sobol.design(ISHIGAMI, 2048)
    assert points.shape == (2048 * 6, 4)
    found = sobol.table(ISHIGAMI, ishigami(points), ONE).set_index("parameter")
    first, total = known_indices()
    assert first[:2] == pytest.approx([0.3139, 0.4424], abs=1e-4)
    assert found["first"].to_numpy() == pytest.approx(first, abs=0.03)
    assert found["total"].to_numpy() == pytest.approx(total, abs=0.03)
    for index, known in (("first", first), ("total", total)):
        assert (found[f"{index}_low"] <= found[index]).all()
        assert (found[f"{index}_low"].to_numpy() - 0.02 <= known).all()
        assert (known <= found[f"{index}_high"].to_numpy() + 0.02).all()
    assert found["rank"].to_dict() == {"x1": 1, "x2": 2, "x3": 3, SEED: 4}
    assert found[["rank_low", "rank_high"]].loc["x1"].tolist() == [1, 1]
    assert (found["blocks"] == 2048).all()


def test_intervals_become_narrower() -> None:
    widths = []
    for size in (64, 1024):
        found = sobol.table(ISHIGAMI, ishigami(sobol.design(ISHIGAMI, size)), ONE)
        widths.append((found["total_high"] - found["total_low"]).iloc[:3])
    assert (widths[1] < widths[0] / 2).all()


def test_a_failed_run_costs_its_block_only() -> None:
    points = sobol.design(ISHIGAMI, 512)
    values = ishigami(points)
    values[7] = np.nan
    found = sobol.table(ISHIGAMI, values, ONE)
    assert (found["blocks"] == 511).all()
    left = sobol.table(ISHIGAMI, np.delete(ishigami(points), np.s_[6:12], axis=0), ONE)
    pd.testing.assert_frame_equal(found, left)


def test_a_constant_has_no_indices() -> None:
    values = np.hstack([ishigami(sobol.design(ISHIGAMI, 16)), np.full((96, 1), 3.0)])
    found = sobol.table(ISHIGAMI, values, [*ONE, Quantity("constant", "1")])
    assert set(found["quantity"]) == {"y"}


BOX = Box(("strong", "weak", "crossed", "none", SEED), ((-1.0, 1.0),) * 4 + ((0.0, 1.0),))


def linear(points: Array) -> Array:
    """5 strong + weak + strong * crossed + 0.2 seed; and a second quantity that only `none` moves. [runs, 2]"""
    strong, weak, crossed, none, seed = points.T
    return np.column_stack([5 * strong + weak + strong * crossed + 0.2 * seed, 3 * none])


TWO = [Quantity("y", "1"), Quantity("z", "1")]


def test_morris_of_a_known_function() -> None:
    """mu* is the change over the whole range: 2 for a coefficient of 1, as factors run from -1 to 1."""
    points = morris.design(BOX, 40)
    found = morris.table(BOX, points, linear(points), TWO)
    own = found[found["quantity"] == "y"].set_index("parameter")
    assert own.loc["weak", ["mu", "mu_star", "sigma"]].tolist() == pytest.approx([2, 2, 0], abs=1e-9)
    assert own.loc[SEED, "mu_star"] == pytest.approx(0.2)
    assert own.loc["strong", "mu"] == pytest.approx(10, abs=1)
    assert own.loc["crossed", "sigma"] > 1
    assert abs(own.loc["crossed", "mu"]) < own.loc["crossed", "mu_star"]
    assert own.loc[["strong", SEED, "none"], "rank"].tolist() == [1, 4, 5]
    assert own.loc["strong", ["rank_low", "rank_high"]].tolist() == [1, 1]
    assert own["over_seed"].to_dict() == {"strong": 1, "weak": 1, "crossed": 1, "none": 0, SEED: 0}
    inside = (own["mu_star_low"] <= own["mu_star"]) & (own["mu_star"] <= own["mu_star_high"])
    assert inside.all()
    assert own.loc["crossed", "mu_star_high"] > own.loc["crossed", "mu_star_low"]


def test_a_failed_run_costs_its_trajectory_only() -> None:
    points = morris.design(BOX, 6)
    values = linear(points)
    values[3, 0] = np.nan
    found = morris.table(BOX, points, values, TWO).groupby("quantity")["trajectories"].first()
    assert found.to_dict() == {"y": 5, "z": 6}
    assert np.isnan(morris.effects(BOX, points, values)[0, :, 0]).all()


def test_what_goes_on_to_sobol() -> None:
    """The mean over quantities decides; what does no more than the seed for any quantity does not go on."""
    points = morris.design(BOX, 20)
    found = morris.effects(BOX, points, linear(points))
    weights = dict(zip(BOX.names, morris.importance(found), strict=True))
    assert weights["strong"] == pytest.approx(0.5)
    assert weights["none"] == pytest.approx(0.5)
    assert weights[SEED] == pytest.approx(0.2 / 10 / 2, rel=0.1)
    assert set(morris.chosen(BOX, found, 2)) == {"strong", "none"}
    assert list(morris.chosen(BOX, found, 9).values()) == [1.0] * 4
    loud = found.copy()
    loud[:, -1] = 3.0
    assert set(morris.chosen(BOX, loud, 9)) == {"strong", "none"}


def test_a_close_race_is_not_stable() -> None:
    """Two parameters that lead on half of the trajectories each: either is chosen in about half of the resamples."""
    effects = np.zeros((10, 3, 1))
    effects[::2, 0], effects[1::2, 1] = 1.0, 1.0
    box = Box(("a", "b", SEED), ((0.0, 1.0),) * 3)
    ((_, share),) = morris.chosen(box, effects, 1).items()
    assert 0.4 < share < 0.75
