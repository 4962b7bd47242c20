"""Files of pictures: written with a run, again from its folder, and never at the price of a table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from secondhalf.experiments.command import main
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.pictures import PICTURES, by_path, draw_pictures
from secondhalf.experiments.results.run_results import Results, read_results
from secondhalf.experiments.results.tables import TABLES
from tests.experiments.conftest import Finished, finish

SMALL = ("population.users=60", "population.merchants=8")
PNG = Output().formats[:1]
TWO = {name: path for name, path in by_path({}).items() if name in ("shares", "friends")}
"""Enough where what is looked at is the same for every picture."""


def draw(folder: Path, target: Path) -> tuple[set[str], list[str]]:
    """Names of the pictures drawn of a finished run, and what was said."""
    said: list[str] = []
    written = draw_pictures(read_results(folder), target, PNG, None, said.append)
    return {path.stem for path in written}, said


def test_a_run_draws_all_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = [*SMALL, "calendar.end=2019-05-31", "hydra.run.dir=one", "output.progress=never"]
    main.main(["run", *words])
    written = {path.name for path in (tmp_path / "one").iterdir() if path.suffix in (".png", ".svg")}
    assert written == {f"{name}.{ending}" for name in PICTURES for ending in ("png", "svg")}
    for name in PICTURES:
        with Image.open(tmp_path / "one" / f"{name}.png") as picture:
            assert picture.width == 1440
        assert (tmp_path / "one" / f"{name}.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")

    main.main(["pictures", "pictures.of=one", "hydra.run.dir=two", "output.formats=[png]"])
    for name in PICTURES:  # the same from the files as from memory, to the byte
        assert (tmp_path / "two" / f"{name}.png").read_bytes() == (tmp_path / "one" / f"{name}.png").read_bytes()

    main.main(["run", *words, "output.pictures=never"])
    assert not list((tmp_path / "one").glob("*.png"))


@pytest.mark.slow
def test_jobs_of_a_multirun_draw_nothing_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = [*SMALL, "calendar.end=2019-01-01", "output.progress=never", "output.formats=[png]", "launcher.workers=1"]
    for asked in ("auto", "always"):
        main.main(["run", "-m", *words, f"output.pictures={asked}", f"hydra.sweep.dir={asked}"])
    assert not list((tmp_path / "auto" / "runs").glob("*/*.png"))
    assert list((tmp_path / "always" / "runs").glob("*/*.png"))


NO_NEEDS = ("users.needs_per_day=0", "users.impulse_rate=0", "users.ripening_rate=0")


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["calendar.end=2019-01-01"], {"overview", "flows", "moves", "facts"}),
        (["calendar.end=2019-02-28", "platforms=[jd]"], {"moves", "facts"}),
        (["calendar.end=2019-02-28", "mechanisms.open_links=false", "platforms=[douyin]"], {"moves", "facts"}),
    ],
    ids=["one day", "one shelf", "one content platform"],
)
def test_small_runs(tmp_path: Path, words: list[str], missing: set[str]) -> None:
    run = finish(tmp_path, *SMALL, *words)
    drawn, said = draw(run.folder, tmp_path)
    assert drawn == set(PICTURES) - missing
    assert {sentence.split(":")[0].removeprefix("picture ") for sentence in said} == missing
    assert all(": not drawn, n" in sentence and "\n" not in sentence for sentence in said)


def test_a_thousand_merchants_and_no_sale(tmp_path: Path) -> None:
    run = finish(tmp_path, "population.users=60", "population.merchants=1000", "calendar.end=2019-02-28", *NO_NEEDS)
    assert len(run.tables["merchants"]) >= 1000
    drawn, said = draw(run.folder, tmp_path)
    assert drawn == {"flows", "friends"}
    assert said == [
        "picture overview: not drawn, nothing was sold",
        "picture shares: not drawn, nothing was sold",
        "picture channel_mix: not drawn, nothing was sold",
        "picture moves: not drawn, nobody moved",
        "picture facts: not drawn, no quarter is complete",
        "picture merchants: not drawn, no merchant sold anything",
    ]


def test_a_font_that_is_not_there(tmp_path: Path, results: Results) -> None:
    said: list[str] = []
    written = draw_pictures(results, tmp_path, PNG, "No Such Font", said.append, TWO)
    assert {path.stem for path in written} == set(TWO)
    assert said == ["output.font=No Such Font: no font of this name is installed; the one of Matplotlib is used"]


def test_letters_that_the_font_lacks(tmp_path: Path, results: Results) -> None:
    text = json.dumps([table.to_dict("records") for table in results.tables.values()]).replace('"jd"', '"京东"')
    summary = json.loads(json.dumps(results.summary).replace('"jd"', '"京东"'))
    frames = [type(next(iter(results.tables.values())))(rows) for rows in json.loads(text)]
    renamed = Results(dict(zip(results.tables, frames, strict=True)), summary, results.friends)
    said: list[str] = []
    assert draw_pictures(renamed, tmp_path, PNG, None, said.append, TWO)
    assert "pictures: the font lacks letters of some names; output.font=NAME chooses one that has them" in said


def test_a_folder_that_cannot_be_written(tmp_path: Path, results: Results) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    assert draw_pictures(results, tmp_path / "file", PNG, None, said.append) == []
    assert len(said) == 1
    assert said[0].startswith("pictures: ")
    assert "cannot be written (Not a directory)" in said[0]


def test_a_picture_that_fails_costs_no_other(tmp_path: Path, results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Results) -> None:
        raise KeyError("spoilt")

    monkeypatch.setattr("secondhalf.experiments.pictures.shares.draw", fail)
    said: list[str] = []
    written = draw_pictures(results, tmp_path, PNG, None, said.append, TWO)
    assert {path.stem for path in written} == {"friends"}
    assert said == ["picture shares: not drawn, KeyError: 'spoilt'"]


def test_no_display_and_no_home(tmp_path: Path, full: Finished) -> None:
    """A windowing backend that is asked for and cannot start, and a home that cannot be written, change nothing."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"MPLBACKEND": "TkAgg", "MPLCONFIGDIR": "/dev/null/none", "HOME": "/dev/null"}
    words = ["pictures", f"pictures.of={full.folder}", f"hydra.run.dir={tmp_path}", "output.formats=[png]"]
    words.append(f"pictures.only=[{','.join(TWO)}]")
    program = f"from secondhalf.experiments.command.main import main; main({words!r})"
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, cwd=tmp_path)
    assert {path.stem for path in tmp_path.glob("*.png")} == set(TWO)


@pytest.mark.parametrize("missing", ["daily.csv", "summary.json", "friends.graphml"])
def test_a_run_that_is_not_whole(
    tmp_path: Path, full: Finished, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    for path in full.folder.iterdir():
        if path.name != missing:
            (tmp_path / path.name).symlink_to(path)
    with pytest.raises(SystemExit):
        main.main(["pictures", f"pictures.of={tmp_path}", f"hydra.run.dir={tmp_path / 'new'}"])
    said = capsys.readouterr().err.strip()
    assert said == f"secondhalf: pictures.of={tmp_path}: a finished run is needed; {missing}: No such file or directory"
    assert not (tmp_path / "new").exists()
    assert set(TABLES) == set(read_results(full.folder).tables)
