"""The start of a command: one composition for a run, Mesa first, and no search for garbage until work begins."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command import dispatch, hydra_run, main
from secondhalf.experiments.command.compose import compose_config
from secondhalf.experiments.command.garbage_collection import collect_from_now_on, collection_held_back
from secondhalf.experiments.command.overrides import parse_command_line
from secondhalf.experiments.command.studies import Study
from secondhalf.experiments.run.comparison import is_shipped

TINY = ("population.users=60", "population.merchants=8", "calendar.end=2019-01-05", "calendar.warm_up=56")
QUIET = ("output.progress=never", "output.pictures=never")
COUNTED = """
import sys
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from secondhalf.experiments.command.main import main
load, times = ConfigLoaderImpl._load_configuration_impl, []
def counted(self, *given, **named):
    times.append(named.get("overrides", given))
    return load(self, *given, **named)
ConfigLoaderImpl._load_configuration_impl = counted
try:
    main(sys.argv[1:])
finally:
    print("composed", len(times))
"""
FIRST = """
import sys
from secondhalf.experiments.command.main import main
main(sys.argv[1:])
order = list(sys.modules)
print([name for name in ("numba", "hydra", "pydantic", "omegaconf") if order.index(name) < order.index("mesa")])
"""


def told(program: str, *words: str, folder: Path) -> str:
    """Last line that a program prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=folder, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout.splitlines()[-1]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[bool, int]]]:
    """Whether garbage is collected, and how many objects are left out of that, when a study begins."""
    found: list[tuple[bool, int]] = []

    def begin(self: Study, request: Any) -> None:
        found.append((gc.isenabled(), gc.get_freeze_count()))

    monkeypatch.setattr(Study, "start", begin)
    yield found
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("words", "times"),
    [
        (("run", *TINY, *QUIET), 1),
        (("run", "experiment=ci", "limits.users=60", "limits.days=3", *QUIET), 1),
        (
            ("run", "-m", *TINY, *QUIET, "seed=0,1", "launcher.workers=1"),
            3,
        ),  # the check, the sweep, the base of its jobs
    ],
    ids=["run", "experiment", "sweep"],
)
def test_compositions_of_a_command(words: tuple[str, ...], times: int, tmp_path: Path) -> None:
    assert told(COUNTED, *words, folder=tmp_path) == f"composed {times}"


@pytest.mark.parametrize("words", [("seed=3", "hydra.job.chdir=false"), ("experiment=ci",), ("hydra.mode=RUN",)])
def test_hydra_leaves_what_it_leaves_by_itself(
    words: tuple[str, ...], here: Path, monkeypatch: pytest.MonkeyPatch, started: list[tuple[bool, int]]
) -> None:
    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (here / "out" / ".hydra").iterdir()}

    given = ["run", *words, "hydra.run.dir=out"]
    main.main(given)
    one = files()
    monkeypatch.setattr(dispatch, "hand_over", lambda job, *_: hydra_run.by_command_line(job))
    main.main(given)
    assert len(started) == 2
    assert one == files()
    assert sorted(one) == ["config.yaml", "hydra.yaml", "overrides.yaml"]


def test_a_sweep_is_one_whichever_way_it_is_asked_for(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr("hydra._internal.hydra.Hydra.multirun", lambda self, **given: asked.append(given["overrides"]))
    main.main(["run", "-m", "seed=0,1"])
    main.main(["run", "hydra.mode=MULTIRUN", "seed=0,1"])
    with pytest.warns(UserWarning, match="overriding with `hydra.mode=MULTIRUN`"):
        main.main(["run", "-m", "hydra.mode=RUN", "seed=0,1"])
    assert asked[0] == ["seed=0,1", "hydra.mode=MULTIRUN"]
    assert asked[1] == ["hydra.mode=MULTIRUN", "seed=0,1"]
    assert asked[2] == ["hydra.mode=RUN", "seed=0,1", "hydra.mode=MULTIRUN"]


def test_a_folder_of_ones_own_is_looked_up_by_hydra(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(hydra_run, "by_command_line", lambda job: calls.append("hydra"))
    for given in (["--config-dir", "mine", "seed=1"], ["--info", "seed=1"]):
        hydra_run.hand_over(lambda config: None, parse_command_line(given), compose_config(["seed=1"]), sweep=False)
    assert calls == ["hydra", "hydra"]


def test_mesa_comes_first(tmp_path: Path) -> None:
    """It looks through all modules there are for every call that it is imported from."""
    assert told(FIRST, "run", *TINY, *QUIET, folder=tmp_path) == "[]"


def test_garbage_is_looked_for_once_a_study_has_begun(here: Path, started: list[tuple[bool, int]]) -> None:
    main.main(["run", "hydra.run.dir=out"])
    assert len(started) == 1
    assert started[0][0]
    assert started[0][1] > 10_000
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("enabled", [True, False])
def test_a_command_in_a_process_that_goes_on_leaves_collection_as_it_was(enabled: bool) -> None:
    try:
        (gc.enable if enabled else gc.disable)()
        with suppress(SettingsError), collection_held_back(ends=False):
            assert not gc.isenabled()
            collect_from_now_on()
            assert gc.isenabled()
            frozen, own = gc.get_freeze_count(), [[number] for number in range(1000)]
            collect_from_now_on()  # as a second run in this process does
            assert (gc.get_freeze_count(), len(own)) == (frozen, 1000)
            raise SettingsError("x=1: allowed is 2")
        assert gc.isenabled() == enabled
        assert gc.get_freeze_count() == 0
    finally:
        gc.enable()


def test_at_the_end_of_its_process_a_command_is_not_looked_through() -> None:
    program = (
        "import gc; from secondhalf.experiments.command.main import main; main(); print(gc.get_freeze_count() > 0)"
    )
    assert told(program, folder=Path.cwd()) == "True"


def test_processes_of_a_sweep_collect(tmp_path: Path) -> None:
    """They are forks of a process that held it back."""
    (tmp_path / "looked.py").write_text("import gc\n\n\ndef enabled(market):\n    return float(gc.isenabled())\n")
    words = ["run", "-m", *TINY, *QUIET, "seed=0,1", "measures.market.collects=looked:enabled", "launcher.workers=2"]
    program = "import sys; from secondhalf.experiments.command.main import main; main(sys.argv[1:])"
    told(program, *words, f"hydra.sweep.dir={tmp_path / 'out'}", folder=tmp_path)
    tables = list((tmp_path / "out" / "runs").glob("*/market.csv"))
    assert len(tables) == 2
    for path in tables:
        heads, first, *_ = (line.split(",") for line in path.read_text().splitlines())
        assert float(first[heads.index("collects")]) == 1.0


@pytest.mark.parametrize(
    ("words", "shipped"),
    [
        ([], True),
        (["seed=2", "population.users=90", "population.merchants=9", "calendar.end=2025-12-31"], True),
        (["output.pictures=never", "hydra.run.dir=out", "+resume=false"], True),
        (["population.people=5"], False),
        (["strategy=hold"], False),
        (["experiment=ci"], False),
        (["platform.jd.take_rate=0.03"], False),
        (["++strategies.jd=hold"], False),
        (["platforms=[jd]"], False),
        ([f"hydra.searchpath=['file://{os.getcwd()}']"], False),
    ],
)
def test_whether_a_market_is_the_shipped_one(words: list[str], shipped: bool) -> None:
    config = compose_config([word for word in words if not word.startswith("+resume")])
    assert is_shipped(config) == shipped


def test_the_shipped_market_is_not_composed_again_to_be_compared(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def compared(*_: object, shipped: bool) -> dict[str, Any]:
        asked.append(shipped)
        raise SettingsError("that is all: nothing more is needed")

    monkeypatch.setattr("secondhalf.experiments.run.study.compare", compared)
    for words in (["seed=1"], ["seed=1", "users.shock=0.1"]):
        with pytest.raises(SystemExit):
            main.main(["run", *TINY[:3], *QUIET, *words])
    assert asked == [True, False]
