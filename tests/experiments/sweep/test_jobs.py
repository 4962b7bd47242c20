"""Jobs: composed as Hydra composes them, each with an identity of its own."""

from __future__ import annotations

import json
import pickle
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf, open_dict, read_write

import secondhalf
from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import compose_config, config_values, market_settings
from secondhalf.experiments.command.overrides import referred
from secondhalf.experiments.sweep import run_job, sweep_folder
from secondhalf.experiments.sweep.jobs import LONGEST_NAME, Composer, Job, check_different, run_name, short_hash
from tests.experiments.sweep.conftest import TINY

MIXED = [
    "experiment=ci",
    "seed=4",
    "strategy=hold",
    "strategies.jd=history",
    "platform.jd.take_rate=0.5",
    "platforms=[jd,douyin]",
    "calendar.end=2019-02-01",
]


def test_values_are_those_that_hydra_composes(composer: Composer) -> None:
    job, whole = composer.job(0, MIXED), compose_config(MIXED)
    assert job.values == config_values(whole)
    config = pickle.loads(job.composed)
    for key, value in job.changes:
        OmegaConf.update(config, key, value)
    assert market_settings(config) == market_settings(whole)
    assert job.settings == {
        "experiment": "ci", "seed": 4, "strategy": "hold", "strategies.jd": "history", "platform.jd.take_rate": 0.5,
        "platforms": ["jd", "douyin"], "calendar.end": "2019-02-01",
    }  # fmt: skip


def test_hydra_composes_once_a_choice_of_files(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    composer.job(0, [*TINY, "strategy=hold", "seed=1"])

    def composed_again(overrides: list[str]) -> None:
        raise AssertionError(overrides)

    monkeypatch.setattr("secondhalf.experiments.sweep.jobs.compose_config", composed_again)
    assert composer.job(0, [*TINY, "strategy=hold", "seed=2"]).values["seed"] == 2
    with pytest.raises(AssertionError, match="imitate"):
        composer.job(0, [*TINY, "strategy=imitate", "seed=2"])


def test_what_others_refer_to_is_composed_anew(
    composer: Composer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default strategy takes the market's launches over by name: they alone are no value like others."""
    asked, launches = list[list[str]](), tmp_path / "launches.csv"
    launches.write_bytes((Path(secondhalf.__file__).parent / "data" / "launches.csv").read_bytes())
    own = composer.job(0, [*TINY, f"market.launches={launches}"])
    assert own.values["strategy"]["launches"] == own.values["market"]["launches"] == str(launches)
    composer.job(0, TINY)

    def counted(overrides: list[str]) -> object:
        asked.append(overrides)
        return compose_config(overrides)

    monkeypatch.setattr("secondhalf.experiments.sweep.jobs.compose_config", counted)
    job = composer.job(0, [*TINY, "seed=2", "platform.jd.take_rate=0.03"])
    assert not asked, "a run of the default strategy that differs in values is made from the others'"
    assert job.values == config_values(compose_config([*TINY, "seed=2", "platform.jd.take_rate=0.03"]))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${market.launches}", {"market.launches"}),
        ("1", set()),
        ("${now:%Y}", {"*"}),
        ("${.a}", {"*"}),
        ("${a:${b}}", {"*"}),
    ],
)
def test_keys_that_others_refer_to(text: str, found: set[str]) -> None:
    assert referred(OmegaConf.create({"a": text})) == found


def test_what_is_known_of_the_values_saves_a_composition(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def counted(overrides: list[str]) -> object:
        asked.append(overrides)
        return compose_config(overrides)

    known = config_values(compose_config(["experiment=ci"]))
    monkeypatch.setattr("secondhalf.experiments.sweep.jobs.compose_config", counted)
    of_known = Composer("run", known=known)
    assert not asked
    assert of_known.job(0, MIXED) == composer.job(0, MIXED)
    asked.clear()
    assert of_known.job(0, [*MIXED, "seed=5"]).run != of_known.job(0, MIXED).run
    assert not asked
    # Values that are known but not there are no values: Hydra says so.
    with pytest.raises(SettingsError, match=r"^population\.userz=5: there is no such setting"):
        Composer("run", known=known | {"population": {"userz": 1}}).job(0, ["population.userz=5"])


def test_the_identity_is_of_what_determines_a_run(composer: Composer, tmp_path: Path) -> None:
    first = composer.job(0, [*TINY, "seed=1"])
    shown = composer.job(5, [*TINY, "seed=1", "output.progress=never", "launcher.workers=3", "bench.days=3"])
    assert (shown.run, shown.identity) == (first.run, first.identity)
    said_again = composer.job(0, ["seed=1", *TINY, "strategy=history"])
    assert said_again.identity == first.identity
    assert composer.job(0, [*TINY, "seed=2"]).identity != first.identity
    friends = tmp_path / "friends.txt"
    found = set()
    for edge in ("0 1\n", "0 2\n"):
        friends.write_text(edge)
        found.add(composer.job(0, [*TINY, "network=file", f"network.file={friends}"]).identity)
    assert len(found) == 2


def test_a_run_has_a_name_that_says_what_it_is(composer: Composer) -> None:
    job = composer.job(0, [*TINY, "strategy=hold", "platform.jd.take_rate=0.03", "seed=1", "output.progress=never"])
    assert (
        job.run
        == (
            f"users-60_merchants-8_end-2019-01-03_warm-up-56_strategy-hold_jd.take-rate-0.03_seed-1_{job.identity[:10]}"
        )[len("users-60_merchants-8_") :]
    )  # the first settings are left out where there is no room


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"seed": 0},
        {"platforms": ["jd", "douyin"], "platform.jd.leisure": -1.9},
        {"network.file": "/some folder/a b/" + "x" * 200 + "/../friends=1,2.txt"},
        {"scenario.moves": [{"platform": "jd", "date": "2020-01-01"}, None]},
        {"market.label": "快手; rm -rf $HOME\n\0"},
    ],
)
def test_names_of_runs_are_safe_and_short(settings: dict[str, object]) -> None:
    """In a file's name on any system, in a shell, and as a value of Hydra; and their end tells runs apart."""
    names = {run_name(settings, sign * 32) for sign in "0af"}
    assert len(names) == 3
    for name in names:
        assert len(name) <= LONGEST_NAME
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name)
        assert name == shlex.quote(name)
        assert str(OverridesParser.create().parse_override(f"report.of={name}").value()) == name
    assert len({short_hash(name) for name in names}) == 3


def test_a_program_that_has_changed_gives_other_runs(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = composer.job(0, TINY).run
    monkeypatch.setattr("secondhalf.experiments.execution.fingerprint.state", lambda: "other sources")
    assert composer.job(0, TINY).run != before


def test_bad_combinations_are_refused_before_a_run(composer: Composer) -> None:
    with pytest.raises(SettingsError, match=r"^calendar\.start=2022-01-01 is after calendar\.end=2021-01-01"):
        composer.job(0, ["calendar.start=2022-01-01", "calendar.end=2021-01-01"])
    with pytest.raises(SettingsError, match=r"^population\.userz=5: there is no such setting"):
        composer.job(0, ["population.userz=5"])


def test_the_same_run_twice_and_none_are_refused(jobs: list[Job], composer: Composer) -> None:
    check_different(jobs)
    again = composer.job(3, [*TINY, "seed=2", "output.pictures=never"])
    assert again.run == jobs[2].run
    with pytest.raises(
        SettingsError, match=r"^runs 2 \(.*seed=2\) and 3 \(.*pictures=never\) are the same; allowed are"
    ):
        check_different([*jobs, again])
    in_other_words = composer.job(3, ["seed=2", *TINY])
    assert in_other_words.run != jobs[2].run
    with pytest.raises(SettingsError, match=r"^runs 2 \(.*\) and 3 \(seed=2 .*\) are the same"):
        check_different([*jobs, in_other_words])
    with pytest.raises(SettingsError, match="has no run"):
        check_different([])


def test_files_of_a_job_are_what_is_written_in_one_go(composer: Composer) -> None:
    for words in (MIXED, [*MIXED, "seed=9", "limits.days=30"]):
        job = composer.job(0, words)
        hydra = pickle.loads(job.hydra).hydra
        with read_write(hydra), open_dict(hydra):
            hydra.overrides.task, hydra.job.num, hydra.runtime.output_dir = list(job.overrides), 7, "here"
        own = OmegaConf.to_container(hydra, resolve=False, enum_to_str=True)
        texts = run_job._texts(job, hydra)
        for name, values in {"config": job.values, "overrides": list(job.overrides), "hydra": {"hydra": own}}.items():
            assert texts[name] == yaml.safe_dump(values, sort_keys=False, allow_unicode=True), name


def test_values_by_dotted_key_are_those_of_the_job(composer: Composer) -> None:
    job = composer.job(0, MIXED)
    for changes in (job.changes, (("network.file", {"a": {"b": 1}, "c": []}), ("seed", 3)), (("network.file", {}),)):
        job = replace(job, changes=changes)
        assert sweep_folder._flat_values(job) == sweep_folder._flat(job.values)


def test_jobs_are_plain_enough_for_other_processes(jobs: list[Job]) -> None:
    assert pickle.loads(pickle.dumps(jobs[0])) == jobs[0]
    json.dumps(jobs[0].values)
