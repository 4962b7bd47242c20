"""Two commands and one folder: the second is refused in one sentence, whatever the study, and touches nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from secondhalf.experiments.command import main
from secondhalf.experiments.command.compose import compose_config
from secondhalf.experiments.command.studies import STUDIES
from tests.experiments.conftest import refused
from tests.experiments.execution.test_folder_lock import held

TINY = ("population.users=60", "population.merchants=8", "calendar.end=2019-02-10", "calendar.warm_up=56")
PROGRAM = "from secondhalf.experiments.command.main import main; main()"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


@pytest.mark.parametrize("words", [(name,) for name in STUDIES if STUDIES[name].writes] + [("run", "-m", "seed=0,1")])
def test_every_study_asks_for_its_folder(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Refused before Hydra writes its own files."""
    study, folder = STUDIES[words[0]], here / "out"
    monkeypatch.setattr(type(study), "prepare", lambda self, request: None)

    def start(self: object, request: object) -> None:
        raise AssertionError("it began")

    monkeypatch.setattr(type(study), "start", start)
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text("- seed=7\n")
    before = contents(folder)
    name = "hydra.sweep.dir" if "-m" in words else "hydra.run.dir"
    given = ["report", "out"] if study.in_place else [*words, f"{name}={folder}"]
    with held(folder) as process:
        said = refused(capsys, *given)
        assert said.startswith(
            f"{name}={'out' if study.in_place else folder}: another process is at work there (process {process.pid} on "
        )
    assert contents(folder) == before


def test_of_two_runs_at_once_one_is_whole(tmp_path: Path) -> None:
    """Both were started before either had made the folder."""
    folder = tmp_path / "out"
    both = {
        seed: subprocess.Popen(
            [
                sys.executable,
                "-c",
                PROGRAM,
                "run",
                *TINY,
                f"seed={seed}",
                f"hydra.run.dir={folder}",
                "output.pictures=never",
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    }
    ended = {seed: (process.communicate()[1], process.returncode) for seed, process in both.items()}
    lost = [(said, code) for said, code in ended.values() if code]
    if lost:  # on a machine so busy that one ended before the other began, the second comes after the first
        assert len(lost) == 1
        assert lost[0][1] == 1
        assert lost[0][0].count("\n") == 1
        assert "another process is at work there" in lost[0][0]
    kept = (folder / ".hydra" / "overrides.yaml").read_text()
    (seed,) = [seed for seed in both if f"seed={seed}\n" in kept]
    assert f'"seed": {seed},' in (folder / "summary.json").read_text()
    assert not [path for path in folder.iterdir() if path.name.endswith(".tmp") or path.name == ".lock"]


def test_the_page_in_the_browser_asks_for_no_folder() -> None:
    assert not STUDIES["browse"].writes


def test_a_folder_nobody_named_is_made_by_one_alone() -> None:
    """Sweeps that begin within the same second get folders of their own, as runs do."""
    for name in ("run", "sweep"):
        found = {str(compose_config([]).hydra[name].dir) for _ in range(2)}
        assert len(found) == 2, name


def test_a_refused_command_leaves_no_lock(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["counterfactual", "scenario=none", f"hydra.run.dir={here / 'out'}"])
    assert not (here / "out").exists()
