"""Tests of targets that are bounds, of declared priors, and of shares among some platforms."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.facts.model_series import SeriesRule
from secondhalf.experiments.facts.target_file import least_error, read_targets
from secondhalf.experiments.facts.targets import FARTHEST, PRIOR, Targets
from secondhalf.model.data_files import data_file

ONE = read_targets().all[0]
THREE = Targets(tuple(replace(ONE, value=100.0, bound=bound) for bound in ("exact", "at_least", "at_most")), {})


def test_a_value_beyond_a_bound_misses_nothing() -> None:
    doubled, halved = np.full(3, 200.0), np.full(3, 50.0)
    assert THREE.log_ratios(doubled) == pytest.approx([np.log(2), 0.0, np.log(2)])
    assert THREE.log_ratios(halved) == pytest.approx([-np.log(2), -np.log(2), 0.0])


def test_what_is_no_positive_number_is_farthest_below() -> None:
    measured = np.array([[np.nan] * 3, [0.0] * 3, [-1.0] * 3, [np.inf] * 3])
    assert THREE.log_ratios(measured)[:3].tolist() == [[-FARTHEST, -FARTHEST, 0.0]] * 3
    assert THREE.log_ratios(measured)[3].tolist() == [FARTHEST, 0.0, FARTHEST]


def test_declared_priors_are_wide_and_no_evidence() -> None:
    targets = read_targets()
    priors = [target for target in targets.all if target.grade == PRIOR]
    assert priors
    assert all(target.error >= least_error(target.rule.per) and target.source for target in priors)
    assert targets.evidence.sum() == len(targets) - len(priors)


def test_no_prior_stands_where_a_fact_is() -> None:
    targets = read_targets()
    facts = {
        (target.metric, target.platform, target.start, target.end) for target in targets.all if target.grade != PRIOR
    }
    assert not facts & {(t.metric, t.platform, t.start, t.end) for t in targets.all if t.grade == PRIOR}


def changed(tmp_path: Path, old: str, new: str) -> str:
    text = data_file("targets.yaml").read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path = tmp_path / "own.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: 26, error: 0.35", "value: 26, error: 0.1", "error"),
        ("value: 1.03, error: 0.05", "value: 1.03, error: 0.04", "per=growth has an error of at least 0.05"),
        ("value: 26, error: 0.35", "value: -1, error: 0.35", "value"),
        ("bound: at_least", "bound: above", "bound"),
        ("among: [taobao, jd, pinduoduo]", "among: [taobao, jd]", "among"),
    ],
)
def test_refused_with_file_line_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(SettingsError, match=rf"own\.yaml line \d+: .*{message}"):
        read_targets(changed(tmp_path, old, new))


def test_a_share_among_some_platforms_leaves_out_the_others() -> None:
    table = pd.DataFrame(
        {"platform": ["taobao", "jd", "douyin"] * 2, "minutes": [3.0, 1.0, 96.0] * 2},
        index=pd.Index(["2024-11-10"] * 3 + ["2024-11-11"] * 3, name="date"),
    )
    some = SeriesRule("daily", "jd", ("minutes",), None, "among", None, 0.01, ("taobao", "jd"))
    everyone = SeriesRule("daily", "jd", ("minutes",), None, "among", None, 0.01)
    day = dt.date(2024, 11, 11)
    assert some.series({"daily": table}).number(day, day) == pytest.approx(25.0)
    assert everyone.series({"daily": table}).number(day, day) == pytest.approx(1.0)
    assert some.platforms == ("jd", "taobao")
