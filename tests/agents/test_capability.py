"""Capabilities: the S-curve, the six changes, beliefs about hidden skill."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from secondhalf.agents.capabilities import SEED_MATURITY, SIGNAL_SD, CapabilityTable
from secondhalf.conf.schema.platforms import CapabilitySettings, PlatformSettings

PROMINENCE = {"top_tab": 1.0, "bottom_tab": 0.8, "second_level": 0.4, "in_feed": 0.6}
RAMP = 200


def platform(**given: Any) -> PlatformSettings:
    needed = {name for name, field in PlatformSettings.model_fields.items() if field.is_required()}
    some = {"kind": "content", "gamma": 1, "open_at_start": {}}
    return PlatformSettings.model_validate(dict.fromkeys(needed, 0.0) | some | given)


def table(luck: float = 0.0, ramps: bool = True, skill_sd: float = 0.3, **given: Any) -> CapabilityTable:
    mall = CapabilitySettings(
        skill={"content": 0.6, "shelf": 1.0},
        skill_sd=skill_sd,
        ramp_days=RAMP,
        test_share=0.1,
        restricted_share=0.25,
        strengthen=0.2,
        entrance="second_level",
    )
    return CapabilityTable([platform(**given)], {"mall": mall}, np.array([[luck]]), PROMINENCE, ramps)


def test_maturity_follows_the_logistic_curve() -> None:
    """m(t) = s / (1 + (s / m0 - 1) exp(-r t)), r = 2 ln 19 / ramp_days: from 5 % to 95 % of skill in `ramp_days`."""
    own = table(luck=0.7)
    skill = 0.6 * np.exp(0.3 * 0.7)
    assert own.skill[0, 0] == pytest.approx(skill, rel=1e-12)
    own.change(0, "mall", "open", None)
    assert own.maturity[0, 0] == pytest.approx(SEED_MATURITY * skill, rel=1e-12)
    rate = 2 * np.log(19) / RAMP
    for day in range(1, 3 * RAMP):
        own.advance()
        exact = skill / (1 + (1 / SEED_MATURITY - 1) * np.exp(-rate * day))
        assert own.maturity[0, 0] == pytest.approx(exact, rel=1e-11)
        if day == RAMP:
            assert own.maturity[0, 0] == pytest.approx(0.95 * skill, rel=1e-11)


def test_closed_and_unopened_capabilities_do_not_grow() -> None:
    own = table()
    for _ in range(10):
        own.advance()
    assert own.maturity[0, 0] == 0
    own.change(0, "mall", "open", None)
    own.advance()
    reached = own.maturity[0, 0]
    own.change(0, "mall", "close", None)
    own.advance()
    assert own.maturity[0, 0] == reached
    assert own.presence[0, 0] == 0


def test_without_ramps_a_launch_is_at_full_skill_at_once() -> None:
    own = table(ramps=False)
    own.change(0, "mall", "test", None)
    own.advance()
    assert own.maturity[0, 0] == own.skill[0, 0]
    own.advance()
    assert own.maturity[0, 0] == own.skill[0, 0]


def test_each_change() -> None:
    own = table()
    own.change(0, "mall", "test", "in_feed")
    assert (own.exposure[0, 0], own.prominence[0, 0], own.entrance[0][0]) == (0.1, 0.6, "in_feed")
    own.change(0, "mall", "open", "top_tab")
    assert (own.exposure[0, 0], own.prominence[0, 0]) == (1.0, 1.0)
    own.change(0, "mall", "test", None)
    assert own.exposure[0, 0] == 1.0, "what everybody sees is not taken back by a test"
    skill, belief = own.skill[0, 0], own.believed[0, 0]
    own.change(0, "mall", "strengthen", None)
    assert own.skill[0, 0] == pytest.approx(1.2 * skill)
    assert own.believed[0, 0] == pytest.approx(belief + np.log(1.2)), "the platform knows how much it invested"
    own.change(0, "mall", "restrict", None)
    assert own.exposure[0, 0] == 0.75
    own.change(0, "mall", "restrict", None)
    assert own.exposure[0, 0] == 0.75**2
    own.change(0, "mall", "restore", None)
    assert own.exposure[0, 0] == 1.0
    own.change(0, "mall", "close", None)
    assert own.exposure[0, 0] == 0.0
    with pytest.raises(ValueError, match="unknown change 'burn' of mall"):
        own.change(0, "mall", "burn", None)


def test_presence_is_maturity_times_exposure_times_prominence() -> None:
    own = table(open_at_start={"mall": {"maturity": 0.3, "exposure": 0.5, "entrance": "bottom_tab"}})
    assert own.presence[0, 0] == pytest.approx(0.3 * 0.5 * 0.8)


def test_long_established_skill_is_known() -> None:
    own = table(luck=2.0, open_at_start={"mall": {"maturity": 0.9}})
    assert (own.skill[0, 0], own.doubt[0, 0], own.maturity[0, 0]) == (0.9, 0.0, 0.9)
    own.learn(0, np.array([5.0]))
    assert own.believed[0, 0] == np.log(0.9)


def test_maturity_at_start_is_held_below_an_unlucky_skill() -> None:
    own = table(luck=-3.0, open_at_start={"mall": {"maturity": 0.5}})
    assert own.maturity[0, 0] == own.skill[0, 0] == pytest.approx(0.6 * np.exp(-0.9))


def test_one_quarter_of_learning_is_the_normal_posterior() -> None:
    own = table(luck=1.0, open_at_start={"mall": {"maturity": 0.3}})
    prior, reached = np.log(0.6), 0.3 / own.skill[0, 0]
    noise = SIGNAL_SD / reached
    signal = np.log(own.skill[0, 0]) + noise * 0.4
    precision = 1 / 0.3**2 + 1 / noise**2
    own.learn(0, np.array([0.4]))
    assert own.believed[0, 0] == pytest.approx((prior / 0.3**2 + signal / noise**2) / precision, rel=1e-12)
    assert own.doubt[0, 0] == pytest.approx(precision**-0.5, rel=1e-12)


def test_belief_converges_to_the_truth() -> None:
    """After n quarters at full presence the error is normal with the posterior's standard deviation."""
    errors, quarters = [], 40
    for seed in range(200):
        rng = np.random.default_rng(seed)
        own = table(luck=float(rng.standard_normal()))
        own.change(0, "mall", "open", None)
        own.maturity[:] = own.skill
        for _ in range(quarters):
            own.learn(0, rng.standard_normal(1))
        errors.append((own.believed[0, 0] - np.log(own.skill[0, 0])) / own.doubt[0, 0])
    assert own.doubt[0, 0] == pytest.approx((1 / 0.3**2 + quarters / SIGNAL_SD**2) ** -0.5, rel=1e-9)
    assert np.mean(errors) == pytest.approx(0, abs=4 / np.sqrt(200))
    assert np.var(errors) == pytest.approx(1, abs=4 * np.sqrt(2 / 200))


def test_nothing_is_learned_of_what_is_closed() -> None:
    own = table(luck=1.0)
    before = own.believed.copy(), own.doubt.copy()
    own.learn(0, np.array([3.0]))
    assert (own.believed, own.doubt) == before
