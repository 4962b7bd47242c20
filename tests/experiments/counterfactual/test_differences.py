"""Paired differences: hand-computed and SciPy's intervals, Holm's correction, what pairing is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from secondhalf.experiments.counterfactual.differences import differences, variance_reduction
from secondhalf.experiments.counterfactual.outputs import runs_table
from secondhalf.experiments.results.statistics.paired_statistics import holm
from secondhalf.experiments.results.statistics.two_way import analyse


def made_up(baseline: np.ndarray, alternative: np.ndarray) -> pd.DataFrame:
    """runs.csv of one platform's GMV in one quarter."""
    arms = {"baseline": baseline, "alternative": alternative}
    found: dict[tuple[int, int], dict[str, Any]] = {
        (0, seed): {"rows": [(arm, "2025Q1", "jd", "gmv", float(values[seed])) for arm, values in arms.items()]}
        for seed in range(baseline.size)
    }
    return runs_table(found)


def test_intervals_are_those_of_a_paired_t_test() -> None:
    draw = np.random.default_rng(1)
    baseline = draw.normal(100, 20, 12)
    alternative = baseline + draw.normal(3, 1, 12)
    row = differences(made_up(baseline, alternative), "2025Q1").iloc[0]
    test = stats.ttest_1samp(alternative - baseline, 0.0)
    interval = test.confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    # Tested on logs, as GMV is above 0 in every run.
    of_logs = stats.ttest_1samp(np.log(alternative / baseline), 0.0)
    assert row["p_holm"] == pytest.approx(of_logs.pvalue)
    change = of_logs.confidence_interval(0.95)
    assert (row["change_low"], row["change_high"]) == pytest.approx((np.expm1(change.low), np.expm1(change.high)))
    reduction = variance_reduction(made_up(baseline, alternative))["jd"]
    assert reduction["paired"] == pytest.approx(np.var(alternative - baseline, ddof=1))
    # In the mean over all pairs of different seeds, by hand.
    crossed = np.array([[a - b for b in baseline] for a in alternative])
    apart = crossed[~np.eye(12, dtype=bool)]
    assert reduction["unpaired"] == pytest.approx(np.mean((apart - apart.mean()) ** 2), rel=0.1)


def test_a_few_seeds_that_agree_to_the_last_digit_are_no_certainty() -> None:
    baseline = np.array([2.0, 2.0])
    row = differences(made_up(baseline, baseline + 1), "2025Q1").iloc[0]
    assert row["standard_error"] == 0
    assert row["p_holm"] == 0.5


def test_holm_by_hand() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.5])) == pytest.approx([0.04, 0.09, 0.09, 0.5])


def test_a_platform_of_one_arm_counts_as_nothing_in_the_other() -> None:
    rows = [("baseline", "2025Q1", "jd", "gmv", 1.0), ("alternative", "2025Q1", "jd", "gmv", 1.0)]
    entered = ("alternative", "2025Q1", "newcomer", "gmv", 7.0)
    table = differences(runs_table({(0, seed): {"rows": [*rows, entered]} for seed in (0, 1)}), "2025Q1")
    assert table["platform"].tolist() == ["jd", "newcomer"]
    assert table.loc[1, ["baseline_mean", "difference"]].tolist() == [0.0, 7.0]


def test_a_second_half_that_does_not_begin_is_left_out() -> None:
    rows = [("baseline", "2025Q1", "jd", "gmv", 1.0), ("alternative", "2025Q1", "jd", "gmv", 1.0)]
    day = [(arm, "run", "market", "second_half_day", at) for arm, at in (("baseline", 9.0), ("alternative", 5.0))]
    found = {(0, seed): {"rows": rows + day[: 1 if seed == 2 else 2]} for seed in range(3)}
    row = differences(runs_table(found), "2025Q1").set_index("measure").loc["second_half_day"]
    assert (row["runs"], row["difference"], row["unit"]) == (2, -4.0, "days")


def test_members_and_seeds_are_a_two_way_table() -> None:
    """The interval is wider than that of all runs alike where parameters spread; both parts are in the table."""
    draw = np.random.default_rng(2)
    effect = 10 * draw.standard_normal((6, 1)) + draw.standard_normal((6, 3))
    rows = {
        (member, seed): {
            "rows": [
                ("baseline", "2025Q1", "jd", "profit", -5.0),
                ("alternative", "2025Q1", "jd", "profit", -5.0 + effect[member, seed]),
            ]
        }
        for member in range(6)
        for seed in range(3)
    }
    row = differences(runs_table(rows), "2025Q1").iloc[0]
    expected, _ = analyse(effect, 0.95)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert (row["sd_parameters"], row["sd_luck"]) == pytest.approx((expected.sd_parameters, expected.sd_luck))
    pooled = stats.ttest_1samp(effect.ravel(), 0.0).confidence_interval(0.95)
    assert row["high"] - row["low"] > pooled.high - pooled.low
    assert row["runs"] == 18
    assert np.isnan(row["change"])  # below 0: no logs
