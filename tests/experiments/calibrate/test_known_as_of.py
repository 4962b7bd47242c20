"""What was known on a date holds nothing later: facts, launches, curves and trends."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from secondhalf.agents.platform import trend
from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.known_as_of import as_of, known_parameters
from secondhalf.experiments.calibrate.parameters import read_parameters
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.model.data_files import data_file
from secondhalf.model.initial_state import strategies

ORIGIN = dt.date(2021, 12, 31)


def with_trends() -> MarketSettings:
    """The default market with trends of which some factors, or all, come after the origin."""
    plain = load_settings().model_dump(mode="json")
    plain["platform"]["kuaishou"]["recruit_trend"] = {"2021-06-30": 0.7, "2024-12-31": 0.4}
    plain["platform"]["kuaishou"]["depth_trend"] = {"2020-12-31": 1.2, "2022-12-31": 2.6}
    plain["platform"]["douyin"]["depth_trend"] = {"2022-12-31": 1.5}
    return MarketSettings.from_dict(plain)


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


@pytest.mark.parametrize("origin", [dt.date(year, 12, 31) for year in (2021, 2022, 2023, 2024)])
def test_no_later_date_is_left(origin: dt.date) -> None:
    known = as_of(with_trends(), origin)
    plain = known.model_dump(mode="json")
    plain["calendar"].pop("end")
    dates = re.findall(r"\b(20\d\d)-\d\d-\d\d\b", json.dumps(plain))
    assert dates
    assert max(dates) <= str(origin.year)
    strategy: Any
    for strategy in strategies(known):
        dated = list(strategy._moves)
        assert all(date <= origin for date in dated), strategy.platform


def test_changing_curves_and_trends_that_come_later_changes_nothing() -> None:
    settings = with_trends()
    other = MarketSettings.from_dict(later_changed(settings.model_dump(mode="json")))
    assert other.calendar != settings.calendar
    assert other.platform["kuaishou"] != settings.platform["kuaishou"]
    assert as_of(other, ORIGIN) == as_of(settings, ORIGIN)


def test_changing_launches_that_come_later_changes_nothing(tmp_path: Path) -> None:
    """Of two files that differ after the origin, the same launches are left, and fewer than of the whole."""
    rows = pd.read_csv(data_file("launches.csv"), dtype=str, keep_default_na=False)
    early = rows[rows["date"] <= str(ORIGIN)]
    assert 0 < len(early) < len(rows)
    later = early.tail(1).assign(date="2022-01-01", platform="kuaishou", capability="search", change="close")
    own = tmp_path / "own.csv"
    pd.concat([early, later]).to_csv(own, index=False)

    def moves(*words: str) -> list[dict[dt.date, Any]]:
        replayed: Any = strategies(as_of(load_settings(list(words)), ORIGIN))
        return [strategy._moves for strategy in replayed]

    everything: Any = strategies(load_settings())
    assert moves(f"strategy.launches={own}") == moves()
    assert sum(map(len, moves())) < sum(len(strategy._moves) for strategy in everything)


def test_the_last_fact_is_the_origin_and_never_moves_on() -> None:
    settings = load_settings(["calendar.last_fact=2020-12-31"])
    assert as_of(load_settings(), ORIGIN).calendar.last_fact == ORIGIN
    assert as_of(settings, ORIGIN).calendar.last_fact == dt.date(2020, 12, 31)


def test_trends_are_flat_after_the_last_factor_that_was_known() -> None:
    known = as_of(with_trends(), ORIGIN).platform
    assert known["kuaishou"].recruit_trend == {dt.date(2021, 6, 30): 0.7}
    assert known["kuaishou"].depth_trend == {dt.date(2020, 12, 31): 1.2}
    assert known["douyin"].depth_trend == {}


def test_trends_follow_the_last_fact_without_any_study() -> None:
    """A run with an earlier last fact reads no later factor either."""
    knots = {dt.date(2021, 6, 30): 0.7, dt.date(2024, 12, 31): 0.4}
    for date in (dt.date(2021, 6, 30), dt.date(2021, 12, 1), dt.date(2024, 12, 31), dt.date(2026, 1, 1)):
        assert trend(knots, date, ORIGIN) == pytest.approx(0.7)
    assert trend(knots, dt.date(2023, 3, 31), dt.date(2024, 12, 31)) == pytest.approx((0.7 * 0.4) ** 0.5, rel=1e-3)
    assert trend(knots, dt.date(2026, 1, 1), dt.date(2024, 12, 31)) == pytest.approx(0.4)
    assert trend(knots, dt.date(2022, 1, 1), dt.date(2019, 12, 31)) == 1.0


def test_facts_that_come_later_are_not_fitted() -> None:
    targets = read_targets()
    assert all(target.end <= ORIGIN for target in targets.until(ORIGIN).all)
    assert len(targets.until(ORIGIN)) < len(targets)


def test_parameters_name_no_factor_that_was_cut() -> None:
    """Where all of a platform's factors are later, none is left to fit; an entry that never named any is refused."""
    settings = with_trends()
    known = as_of(settings, ORIGIN)
    names, left = read_parameters(settings).names, known_parameters(settings, known).names
    assert "platform.douyin.depth_trend.2022-12-31" in names
    assert not [name for name in left if name.rpartition(".")[2] > str(ORIGIN) and name[-10:-6].isdigit()]
    assert "platform.kuaishou.recruit_trend.2021-06-30" in left
    assert set(left) < set(names)


def test_an_entry_that_never_named_a_number_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    entry = "{setting: platform.*.recruit_trned.*, scale: log, mean: 0.8, sd: 0.5, bounds: [0.05, 5.0]}"
    own.write_text(f"parameters:\n- {entry}\n", encoding="utf-8")
    settings = with_trends()
    with pytest.raises(SettingsError, match="there is no such number among the settings"):
        known_parameters(settings, as_of(settings, ORIGIN), str(own))


def test_exclusivity_is_not_known_to_end() -> None:
    before, after = (as_of(load_settings(), date).scenario.exclusivity for date in (dt.date(2020, 12, 31), ORIGIN))
    assert before is not None
    assert before.until is None
    assert after is not None
    assert after.until == dt.date(2021, 4, 10)
