"""Runs of a sweep that are checked before the first begins: Hydra composes once for those that differ in a value."""

from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command import checks
from secondhalf.experiments.command.checks import check_command_line
from secondhalf.experiments.command.compose import compose_config
from secondhalf.experiments.command.overrides import parse_command_line, single_runs
from secondhalf.experiments.command.studies import STUDIES

SWEEP = [
    "experiment=ci", "seed=1,5", "users.shock=choice(0.1,0.2)", "platform.jd.take_rate=choice(0.05,0.06)",
    "strategy=hold,history", "platforms=[jd,taobao],[jd]",
]  # fmt: skip


def plain(config: object) -> object:
    found = OmegaConf.to_container(config, resolve=False)
    assert isinstance(found, dict)
    del found["hydra"]["job"]["override_dirname"]
    return found


def test_they_are_what_hydra_composes(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = list(single_runs([*SWEEP, "network.rewiring=choice(0.1,0.3)"]))
    asked = []

    def counted(overrides: list[str]) -> object:
        asked.append(overrides)
        return compose_config(overrides)

    monkeypatch.setattr(checks, "compose_config", counted)
    made = list(checks._configurations(runs, []))
    assert len(made) == len(runs) == 7
    assert len(asked) == 2  # the first, and the one that chooses another file
    for run, config in zip(runs, made, strict=True):
        assert plain(config) == plain(compose_config(run))
    assert list(made[1].hydra.overrides.task)[1] == "seed=5"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("users.shock=choice(0.1,-3)", r"^users\.shock=-3: "),
        ("population.users=choice(400,0)", r"^population\.users=0: "),
        ("strategies.jd=choice(hold,nothing)", r"^strategies\.jd=nothing: unknown strategy"),
        ("platforms=[jd],[jd,nobody]", r"^platforms names 'nobody'"),
    ],
)
def test_a_bad_value_is_refused_wherever_it_stands(value: str, said: str) -> None:
    words = parse_command_line(["-m", "experiment=ci", "seed=1,2", value])
    with pytest.raises(SettingsError, match=said):
        check_command_line(STUDIES["run"], words, [])
