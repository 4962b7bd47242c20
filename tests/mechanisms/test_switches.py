"""Every mechanism moves what it should, in the direction it should, and its switch takes it out."""

from __future__ import annotations

import pytest

from secondhalf.conf.schema.mechanisms import Mechanisms
from tests.mechanisms import cases_supply, cases_trade, cases_users
from tests.mechanisms.case import Case, change

CASES = [*cases_users.CASES, *cases_trade.CASES, *cases_supply.CASES]


def test_every_switch_has_a_case() -> None:
    assert {case.switch for case in CASES} == set(Mechanisms.model_fields)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_switch(case: Case) -> None:
    for seed in case.seeds:
        on, off = case.values(seed)
        assert case.gain * change(on, off) > case.least, f"seed {seed}: {on:.6g} with {case.switch}, {off:.6g} without"
        if case.gone is not None:
            assert off == pytest.approx(case.gone, abs=1e-9), f"seed {seed}"
