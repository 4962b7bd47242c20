"""The rule of variance stability on series whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.experiments.sensitivity import replicates
from secondhalf.experiments.sensitivity.quantities import Quantity


def test_variation_by_hand() -> None:
    assert replicates.variation(np.array([1.0, 3.0, 2.0])) == pytest.approx([np.sqrt(2) / 2, 0.5])
    assert replicates.variation(np.zeros(3)).tolist() == [0.0, 0.0]


def test_the_least_number_that_no_larger_one_contradicts() -> None:
    """0.2, 0.1, 0.3, then steady: place 3 is the coefficient of five seeds."""
    steady = [0.2, 0.1, 0.3, 0.15, 0.155, 0.152, 0.149, 0.151, 0.15]
    assert replicates.settled(np.array(steady)) == 5
    assert replicates.largest_changes(np.array([0.2, 0.1, 0.3])) == pytest.approx([0.1, 0.2, 0.0])
    assert replicates.settled(np.array([*steady, 0.17])) is None
    assert replicates.settled(np.array(steady[:8])) is None


def test_table_and_recommendation() -> None:
    """A constant settles at once, alternating values later, a growing spread never; a gap is left out."""
    seeds = 400
    number = np.arange(seeds)
    values = np.column_stack([np.full(seeds, 4.0), 10 + (-1.0) ** number, 1.05**number, np.full(seeds, 7.0)])
    values[3, 3] = np.nan
    given = [Quantity(name, "1") for name in ("constant", "alternating", "growing", "gap")]
    found = replicates.table(values, given)
    enough = replicates.recommended(found)
    assert enough["constant"] == 2
    assert enough["growing"] is None
    # 11, 9, 11, ...: 0.1414, 0.1117, 0.1155, 0.1074, 0.1095, ... towards 0.1, less than 0.01 away from five on.
    assert enough["alternating"] == 5
    assert found[found["quantity"] == "gap"]["seeds"].max() == seeds - 1
    own = found[found["quantity"] == "alternating"].set_index("seeds")
    assert own["cv"].iloc[:5].to_numpy() == pytest.approx([0.1414, 0.1117, 0.1155, 0.1074, 0.1095], abs=1e-4)
    assert own["settled"].iloc[:5].tolist() == [0, 0, 0, 1, 1]
    assert own.loc[400, "mean"] == pytest.approx(10)
    assert own.loc[400, "standard_error"] == pytest.approx(np.std(values[:, 1], ddof=1) / 20)
