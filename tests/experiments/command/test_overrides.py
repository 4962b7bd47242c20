"""The words after the study's name, and which runs of a sweep are checked before the first begins."""

from __future__ import annotations

import pytest

from secondhalf.experiments.command.overrides import CommandLine, open_overrides, parse_command_line, single_runs


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("seed=1 strategy=hold", CommandLine(["seed=1", "strategy=hold"], None, False, False)),
        ("-m seed=1,2", CommandLine(["seed=1,2"], None, True, False)),
        ("seed=1,2 --multirun", CommandLine(["seed=1,2"], None, True, False)),
        ("--config-dir mine seed=1", CommandLine(["seed=1"], "mine", False, False)),
        ("-cd=mine", CommandLine([], "mine", False, False)),
        ("--config-dir", CommandLine([], "", False, False)),
        ("--cfg job seed=1", CommandLine(["job", "seed=1"], None, False, True)),
    ],
)
def test_words(given: str, words: CommandLine) -> None:
    assert parse_command_line(given.split()) == words


def test_settings_by_platform_are_open() -> None:
    given = ["seed=1", "strategies.jd=hold", "platform.jd.take_rate=0.1", "platform.jd"]
    assert open_overrides(given) == ["seed=1", "++strategies.jd=hold", "++platform.jd.take_rate=0.1", "platform.jd"]


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        ("seed=1 strategy=hold", ["seed=1 strategy=hold"]),
        ("strategy=history,hold network=a,b", ["strategy=history network=a", "strategy=hold network=a",
                                               "strategy=history network=b"]),
        ("seed=3,1,2 strategy=hold", ["seed=1 strategy=hold", "seed=3 strategy=hold"]),  # whole numbers: the ends
        ("users.shock=choice(0.1,0.2)", ["users.shock=0.1", "users.shock=0.2"]),
        ("seed=range(0,500)", ["seed=0", "seed=499"]),
        ("platforms=[jd,taobao],[jd]", ["platforms=[jd,taobao]", "platforms=[jd]"]),
        ("users.shock=interval(0,1) seed=0,1", ["seed=0", "seed=1"]),  # cannot be counted
        ("experiment=glob(*) seed=1", ["seed=1"]),
        ("+seed=1,2 seed=[", ["+seed=1,2 seed=["]),  # refused later, with its reason
        ("", [""]),
    ],
)  # fmt: skip
def test_every_value_of_a_sweep_once(given: str, runs: list[str]) -> None:
    assert [" ".join(run) for run in single_runs(given.split())] == runs
