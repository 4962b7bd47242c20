"""The command: studies, flags, overrides, and what a person sees when something is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command import main
from secondhalf.experiments.command.compose import compose_config, load_settings
from secondhalf.experiments.command.help import SETTINGS
from secondhalf.experiments.command.studies import STUDIES
from secondhalf.model.supply.offer import OfferDesk
from tests.experiments.conftest import finish, refused

CI = ("experiment=ci", "limits.users=150", "limits.merchants=20", "limits.days=40")


def command(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, in `folder`."""
    return subprocess.run(
        [sys.executable, "-c", "from secondhalf.experiments.command.main import main; main()", *words],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nostudy", "study=nostudy: there is no such study; known are run, counterfactual, launches, "),
        ("run population.userz=5", "population.userz=5: there is no such setting; population has users, merchants"),
        ("nonsense=1", "nonsense=1: there is no such setting; at the top has"),
        ("+nonsense=1", "nonsense=1: there is no such setting"),
        ("run populaton.users=5000", "populaton.users=5000: there is no such setting; at the top has"),
        ("run population.usrs=5000", "population.usrs=5000: there is no such setting; population has users, merchants"),
        ("run population.users=0", "population.users=0: input should be greater than or equal to 2"),
        ("run users.ripened_share=1.5", "users.ripened_share=1.5: input should be less than or equal to 1"),
        ("run users.impulse_rate=-1", "users.impulse_rate=-1: input should be greater than or equal to 0"),
        ("run platform.jd.leisure=500", "platform.jd.leisure=500: input should be less than or equal to 30"),
        ("run users.shock=nan", "users.shock=nan: input should be a finite number"),
        ("run seed=true", "seed=True: a number is needed, not a switch"),
        (
            "run calendar.start=2022-01-01 calendar.end=2021-01-01",
            "calendar.start=2022-01-01 is after calendar.end=2021",
        ),
        ("run platforms=[jd,jd]", "platforms=['jd', 'jd'] names jd twice; name each platform once"),
        ("run platforms=[jd,nobody]", "platforms names 'nobody'; known are douyin, jd"),
        ("run strategy.launches=own.csv", "strategy.launches=own.csv: cannot read the file"),
        ("run network=file network.file=friends.txt", "network.file=friends.txt: cannot be read"),
        ("run network=nobody", "network=nobody: unknown choice; allowed are clustered_scale_free, communities, file"),
        ("run strategy=nobody", "strategy=nobody: unknown choice; allowed are best_response, ewa"),
        ("run strategies.jd=nobody", "strategies.jd=nobody: unknown strategy; known are best_response, ewa"),
        ("run strategies=hold", "strategies=hold: strategies.<platform>=<name> is needed"),
        ("run population=5", "population=5: unknown choice; allowed are default"),
        ("run output.progress=loud", "output.progress=loud: allowed are auto, always, never"),
        ("run --config-dir=nowhere", "--config-dir="),
        ("run output.formats=[]", "output.formats=[]: tuple should have at least 1 item"),
        ("run output.formats=[gif]", "output.formats.0=gif: allowed are png, svg, pdf"),
        ("bench bench.repeats=0", "bench.repeats=0: input should be greater than or equal to 1"),
        ("validate validate.draws=none", "validate.draws=none: input should be a valid integer"),
        ("run platforms=[jd", "no viable alternative at input"),
        ("run -m seed=0,1 population.users=-5", "population.users=-5: input should be greater than or equal to 2"),
        ("run -m seed=0,-1", "seed=-1: input should be greater than or equal to 0"),
        ("run -m seed=0,1 population.userz=5", "population.userz=5: there is no such setting; population has users"),
        ("run -m strategy=hold,nobody", "strategy=nobody: unknown choice; allowed are best_response, ewa"),
        ("run -m seed=range(3,3)", "seed=range(3,3): a sweep without a run; a range or list with a value is needed"),
        ("run -m seed=0,1 resume=perhaps", "resume=perhaps: allowed are true, false"),
        ("run resume=true", "resume=True: is for sweeps (-m) and searches; a single run begins anew"),
        ("run -m seed=0,1 launcher.engine=both", "launcher.engine=both: allowed are local, ray"),
        ("run -m seed=0,0 experiment=ci", "runs 0 (seed=0 experiment=ci) and 1 (seed=0 experiment=ci) are the same"),
        ("search", "search.metric=null: a metric of summary.json is needed, e.g. platforms.kuaishou.gmv"),
        ("bench nothing", "bench.what=nothing: allowed are speed, sweep"),
        ("run -m seed=0,1 hydra.sweep.dir=/dev/null/x", "hydra.sweep.dir=/dev/null/x: the folder cannot be made"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    assert refused(capsys, *words.split()).startswith(message)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "text", "words", "message"),
    [
        ("own.csv", "date,platform,capability,change,entrance,description,grade\n2020-01-01,jd,teleport,open,,x,A\n",
         ["strategy.launches=own.csv"], "own.csv line 2: capability=teleport is unknown; known are short_video"),
        ("friends.txt", "0 1\n3 3\n", ["network=file", "network.file=friends.txt"],
         "network.file=friends.txt:2: node 3 is tied to itself"),
        ("friends.txt", "0 1\nx 3\n", ["network=file", "network.file=friends.txt"],
         "network.file=friends.txt:2: 'x' is no node number"),
    ],
)  # fmt: skip
def test_bad_files(
    here: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, words: list[str], message: str
) -> None:
    (here / name).write_text(text)
    assert refused(capsys, "run", *words).startswith(message)
    assert [path.name for path in here.iterdir()] == [name]


def test_the_whole_story_on_request(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(SettingsError, match=r"^seed=-1: "):
        main.main(["run", "seed=-1"])


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_the_studies(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    main.main(words)
    shown = capsys.readouterr().out
    for study in STUDIES:
        assert f"  {study} " in shown


def test_the_bare_command_greets_and_runs_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main.main([])
    out, err = capsys.readouterr()
    assert "secondhalf run " in out
    assert err == ""
    assert not list(here.iterdir())


def test_help_of_a_run_has_groups_choices_and_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["run", "--help"])
    shown = capsys.readouterr().out
    assert "strategy       best_response, ewa, [history], hold, imitate, reservoir" in shown
    assert "kuaishou_first       Kuaishou's mall a year earlier\n" in shown
    config = compose_config([])
    assert len(SETTINGS) == 20
    for name in set(SETTINGS) - {"hydra.run.dir"}:
        line = next(line for line in shown.splitlines() if line.startswith(f"  {name} "))
        value = OmegaConf.select(config, name, throw_on_missing=True)
        value = OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
        said = line.removeprefix(f"  {name}").strip().split("  ")[0]
        assert yaml.load(said, yaml.BaseLoader) == yaml.load(yaml.safe_dump(value), yaml.BaseLoader), name
    main.main(["phases", "--help"])
    assert f"seeds: {config.phases.seeds}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("launcher", "instead"), [("joblib", "launcher.workers=N"), ("submitit_slurm", "hydra/launcher=ray")]
)
def test_launchers_of_hydra_name_what_to_use(
    here: Path, capsys: pytest.CaptureFixture[str], launcher: str, instead: str
) -> None:
    assert instead in refused(capsys, "run", "-m", f"hydra/launcher={launcher}", "seed=0,1")
    assert not list(here.iterdir())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["--version"])
    assert capsys.readouterr().out.count(".") == 2


def test_tiny_wherever_it_stands() -> None:
    for words in (["population.users=1000000", "experiment=ci"], ["experiment=ci", "population.users=1000000"]):
        settings = load_settings(words)
        assert settings.population.users == 400
        assert settings.population.merchants == 60
        assert settings.calendar.end.isoformat() == "2019-04-10"


@pytest.mark.slow
def test_bare_command_on_two_threads_is_the_run_on_one(tmp_path: Path) -> None:
    """Settings alone run; the files do not depend on NUMBA_NUM_THREADS; a log stays quiet."""
    chunks = (*CI, "limits.users=2500")  # three chunks of users
    done = command(*chunks, "hydra.run.dir=two", folder=tmp_path, NUMBA_NUM_THREADS="2")
    assert done.returncode == 0, done.stderr
    assert "Kuaishou" in done.stderr
    assert "days/s" not in done.stderr
    assert "Traceback" not in done.stderr
    one = finish(tmp_path / "one", *chunks)
    for name in one.tables:
        assert (tmp_path / "two" / f"{name}.csv").read_bytes() == (one.folder / f"{name}.csv").read_bytes(), name
    assert (tmp_path / "two" / "summary.json").is_file()


@pytest.mark.slow
def test_a_seventh_platform_is_one_file(tmp_path: Path) -> None:
    """A file in a folder of one's own, the sixth that ships, and no code."""
    six = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo", "xiaohongshu"]
    own = tmp_path / "conf" / "platform"
    own.mkdir(parents=True)
    seventh = load_settings(["platforms=[xiaohongshu]"]).platform["xiaohongshu"].model_dump(mode="json")
    (own / "bilibili.yaml").write_text(yaml.safe_dump(seventh | {"leisure": -1.0, "installed_at_start": 0.2}))
    names = [*six, "bilibili"]
    done = command(
        "run", "--config-dir", str(tmp_path / "conf"), *CI, f"platforms=[{','.join(names)}]", "hydra.run.dir=out",
        folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "daily.csv").read_text().splitlines()
    assert [line.split(",")[1] for line in lines[1:8]] == names
    last = dict(zip(lines[0].split(","), lines[-1].split(","), strict=True))
    assert float(last["minutes"]) > 0


def test_a_run_that_cannot_go_on_says_so_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stage that overflows while the market settles in: exit code 1, one message, no folder."""
    offered = OfferDesk.offer

    def overflowing(desk: OfferDesk, *arguments: Any) -> Any:
        offer, share = offered(desk, *arguments)
        offer.leisure[desk.content.size - 1] = 500
        return offer, share

    monkeypatch.setattr(OfferDesk, "offer", overflowing)
    monkeypatch.setattr(sys, "argv", ["secondhalf"])
    told = refused(capsys, "run", *CI, "platforms=[kuaishou,jd]", "hydra.run.dir=out", "output.progress=never")
    assert told.startswith("stage platforms, day -84 of settling in: platform jd: leisure=500 ")
    assert list(here.iterdir()) == []
