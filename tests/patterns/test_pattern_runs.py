"""Arms share their days and differ after, the watch agrees with the run's own tables, a run that fails is a row."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.execution.process_pool import NothingDoneError
from secondhalf.experiments.facts.targets import sized
from secondhalf.experiments.validate.patterns import runs
from secondhalf.experiments.validate.patterns.pass_rules import BASELINE
from secondhalf.experiments.validate.patterns.patterns import CROWDED, OPEN_LINKS, PATTERNS, Arm
from secondhalf.experiments.validate.patterns.runs import (
    COLUMNS,
    PatternSeed,
    Tables,
    evidence,
    pattern_seed_of,
    patterns,
)

NEVER = "never"
ARMS = {
    OPEN_LINKS: Arm({"scenario.without": [{"platform": "*", "capability": "external_links"}]}, dt.date(2020, 1, 31)),
    CROWDED: Arm({"platform.kuaishou.selling_load": 0.4, "platform.douyin.selling_load": 0.4}, dt.date(2019, 1, 31)),
    NEVER: Arm({"scenario.without": [{"platform": "kuaishou", "capability": "mall"}]}),
}


@pytest.fixture(scope="module")
def tiny() -> dict[str, Tables]:
    settings = load_settings(["platforms=[kuaishou,douyin,taobao]"])
    return evidence(pattern_seed_of(sized(settings, 200, 30, dt.date(2020, 2, 29)), ARMS))


def test_arms_share_their_days(tiny: dict[str, Tables]) -> None:
    days, other = (tiny[arm]["feed"] for arm in (BASELINE, OPEN_LINKS))
    assert days[:"2019-12-22"].equals(other[:"2019-12-22"]), "kuaishou restricts its links on 23 December 2019"
    assert not days["2020-01-01":"2020-01-31"].equals(other["2020-01-01":])
    assert [tiny[arm]["daily"].index[-1] for arm in (BASELINE, OPEN_LINKS, CROWDED)] == [
        "2020-02-29",
        "2020-01-31",
        "2019-01-31",
    ]


def test_an_arm_without_days_of_its_own_is_the_baseline(tiny: dict[str, Tables]) -> None:
    assert tiny[NEVER] is tiny[BASELINE], "kuaishou's mall lies behind the last day"


def test_a_higher_ceiling_raises_the_load(tiny: dict[str, Tables]) -> None:
    crowded = tiny[CROWDED]["feed"]["load"]
    assert (crowded > 1.5 * tiny[BASELINE]["feed"].loc[:"2019-01-31", "load"]).all()


def test_watch_agrees_with_the_leak_rate_of_the_market(tiny: dict[str, Tables]) -> None:
    by_day = tiny[BASELINE]["feed"].groupby("date")[["planted", "leaked"]].sum()
    rate = (by_day["leaked"] / by_day["planted"]).fillna(0.0)
    np.testing.assert_allclose(rate, tiny[BASELINE]["market"]["leak_rate"], rtol=1e-9)


def test_visits_are_those_of_active_users() -> None:
    settings = sized(load_settings(["calendar.start=2022-01-01"]), 200, 30, dt.date(2022, 1, 31))
    tables = evidence(pattern_seed_of(settings, {}))[BASELINE]
    daily, visits = tables["daily"], tables["visits"]
    active = daily.loc[daily["platform"].isin(["kuaishou", "douyin"]), "active_users"].sum()
    people = settings.population.people / settings.population.users
    assert visits["fan_days"].sum() > 0
    assert (visits["fan_days"].sum() + visits["stranger_days"].sum()) * people == pytest.approx(active)
    assert (visits["fan_buying_days"] <= visits["fan_days"]).all()
    assert (visits["stranger_buying_days"] <= visits["stranger_days"]).all()


def _luckless(given: PatternSeed) -> dict[tuple[str, str], float]:
    if given.settings.seed == 1:
        raise ValueError("no luck")
    return {(name, quantity.name): 1.0 for name, pattern in PATTERNS.items() for quantity in pattern.quantities}


def test_a_run_that_fails_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "one_seed", _luckless)
    told: list[int] = []
    table = patterns(load_settings(), 3, 50, 10, workers=1, progress=told.append)
    assert told == [1, 2, 3]
    assert list(table.columns) == list(COLUMNS)
    last = table.iloc[-1]
    assert (last["pattern"], last["quantity"], last["statement"]) == ("failed", "seed 1", "ValueError: no luck")
    assert last["passed"] == 0
    assert set(table["seeds"].iloc[:-1]) == {2}
    reported = table[table["rule"] == "reported"]
    assert len(reported) > 0
    assert reported["passed"].isna().all()


def test_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    with pytest.raises(SettingsError, match="seeds=1"):
        patterns(settings, 1, 50, 10, workers=1)
    with pytest.raises(SettingsError, match="need douyin"):
        patterns(load_settings(["platforms=[kuaishou,jd]"]), 2, 50, 10, workers=1)
    with pytest.raises(SettingsError, match=r"calendar\.start"):
        patterns(load_settings(["calendar.start=2020-01-01"]), 2, 50, 10, workers=1)
    monkeypatch.setattr(runs, "one_seed", lambda given: 1 / 0)
    with pytest.raises(NothingDoneError, match="ZeroDivisionError"):
        patterns(settings, 2, 50, 10, workers=1)
