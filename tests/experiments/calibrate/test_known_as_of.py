"""What was known on a date holds nothing later; intensities go on from there as declared."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from typing import Any

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.known_as_of import STEP, as_of, extend_intensities
from secondhalf.experiments.calibrate.settings import Intensities
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.initial_state import strategies

ORIGIN = dt.date(2020, 12, 31)
NOTHING = Intensities(recruit=0.0, deepen=0.0)


def later_changed(plain: Any) -> Any:
    """The same with every number under a later date or year multiplied by 1.3."""
    if not isinstance(plain, dict):
        return plain
    changed = {}
    for key, value in plain.items():
        dated = re.fullmatch(r"(\d{4})(-\d\d-\d\d)?", str(key))
        late = dated is not None and int(dated[1]) > ORIGIN.year
        changed[key] = value * 1.3 if late and isinstance(value, float) else later_changed(value)
    return changed


@pytest.mark.parametrize("origin", [dt.date(2020, 12, 31), dt.date(2021, 12, 31), dt.date(2022, 12, 31)])
def test_no_later_date_is_left(origin: dt.date) -> None:
    known = as_of(load_settings(), origin)
    plain = known.model_dump(mode="json")
    plain["calendar"].pop("end")
    dates = re.findall(r"\b(20\d\d)-\d\d-\d\d\b", json.dumps(plain))
    assert dates
    assert max(dates) <= str(origin.year)
    strategy: Any
    for strategy in strategies(known):
        dated = list(strategy._moves)
        assert all(date <= origin for date in dated), strategy.platform


def test_changing_what_comes_later_changes_nothing() -> None:
    settings = load_settings()
    other = MarketSettings.from_dict(later_changed(settings.model_dump(mode="json")))
    assert other != settings
    assert as_of(other, ORIGIN) == as_of(settings, ORIGIN)


def test_exclusivity_is_not_known_to_end() -> None:
    before, after = (as_of(load_settings(), date).scenario.exclusivity for date in (ORIGIN, dt.date(2021, 12, 31)))
    assert before is not None
    assert before.until is None
    assert after is not None
    assert after.until == dt.date(2021, 4, 10)


def test_what_never_changed_stays() -> None:
    known = as_of(load_settings(), ORIGIN)
    flat = known.model_dump(mode="json")
    flat["strategy"]["deepen"] = {"kuaishou": {"2019-07-01": 1.0}}
    flat["strategy"]["recruit"] = {}
    ahead = extend_intensities(MarketSettings.from_dict(flat), ORIGIN, NOTHING, NOTHING, np.random.default_rng(0))
    assert set(ahead.strategy.parameters["deepen"]["kuaishou"].values()) == {1.0}


def test_the_mean_pace_goes_on_and_fades() -> None:
    """Half more within two years: a quarter of the logarithm each half-year, at first."""
    known = as_of(load_settings(["calendar.end=2035-12-31"]), ORIGIN).model_dump(mode="json")
    known["strategy"]["deepen"] = {"kuaishou": {"2019-07-01": 1.2, "2020-07-01": 1.5}}
    ahead = extend_intensities(
        MarketSettings.from_dict(known), ORIGIN, Intensities(recruit=0.0, deepen=1.0), NOTHING, np.random.default_rng(0)
    )
    dated = ahead.strategy.parameters["deepen"]["kuaishou"]
    rises = np.diff(np.log([dated[date] for date in sorted(dated)][1:]))
    assert rises[0] == pytest.approx(math.log(1.5) / 4, rel=0.02)
    np.testing.assert_allclose(rises[1:9] / rises[:8], math.exp(-STEP.days / 365), rtol=1e-6)


def test_steps_of_chance_have_the_declared_spread_and_their_own_luck() -> None:
    known = as_of(load_settings(["calendar.end=2099-12-31"]), ORIGIN).model_dump(mode="json")
    known["strategy"]["deepen"] = {"kuaishou": {"2019-07-01": 1.0}}
    spread = Intensities(recruit=0.0, deepen=0.1)
    paths = []
    for seed in (1, 2):
        ahead = extend_intensities(
            MarketSettings.from_dict(known), ORIGIN, NOTHING, spread, np.random.default_rng(seed)
        )
        dated = ahead.strategy.parameters["deepen"]["kuaishou"]
        paths.append(np.diff(np.log([dated[date] for date in sorted(dated)])))
    assert np.std(paths[0]) == pytest.approx(0.1, rel=0.3)  # 158 steps: five standard errors
    assert not np.allclose(paths[0], paths[1])
