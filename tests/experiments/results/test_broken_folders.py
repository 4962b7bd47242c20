"""Folders that are broken or of something else: one sentence that names the file, or a page; never a traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.html.write import write_page
from secondhalf.experiments.pictures import draw_pictures
from secondhalf.experiments.report import run_page, sweep_page
from secondhalf.experiments.results.load import Run, load
from secondhalf.experiments.results.run_results import read_results
from secondhalf.experiments.results.sweep_series import publish
from secondhalf.experiments.results.tables import TABLES
from secondhalf.experiments.run.study import run
from tests.experiments.sweeps import make_sweep

WORDS = ("population.users=60", "population.merchants=10", "calendar.end=2019-12-10", "platforms=[douyin,jd]")
BINARY = bytes(np.random.default_rng(0).integers(0, 256, 300, np.uint8))
OTHERS: tuple[Any, ...] = (None, "word", -1.5, [], {}, [{"a": []}], True)
"""What a key of the summary can be instead of itself."""
EVERY = {"run": 23, "sweep": 41}
"""One of so many damages is tried in the short test."""
DRAWN = 40
"""Of one of so many folders that can be read, the long test draws all pictures again."""


class Damage(NamedTuple):
    """What is done to one file."""

    file: str
    what: str
    do: Callable[[Path], object]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def to_file(path: Path, table: pd.DataFrame) -> None:
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False)


def of_table(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, keep_default_na=False)


def without_column(name: str) -> Callable[[Path], object]:
    return lambda path: to_file(path, of_table(path).drop(columns=name))


def with_column(name: str, value: Any) -> Callable[[Path], object]:
    return lambda path: to_file(path, of_table(path).assign(**{name: value}))


def with_lists(name: str) -> Callable[[Path], object]:
    def do(path: Path) -> None:
        table = of_table(path)
        to_file(path, table.assign(**{name: [[1, 2]] * len(table)}))

    return do


def without_head(path: Path) -> None:
    """The first line loses its last name, so that rows are longer."""
    head, _, rest = path.read_text().partition("\n")
    path.write_text(head.rpartition(",")[0] + "\n" + rest)


def places(found: Any, deep: int = 3) -> Iterator[tuple[Any, ...]]:
    """Paths of keys, down to some depth; of a list its first entry."""
    inside = found.items() if isinstance(found, dict) else enumerate(found[:1]) if isinstance(found, list) else ()
    for key, inner in inside:
        yield (key,)
        if deep > 1 and key != "settings":
            yield from ((key, *rest) for rest in places(inner, deep - 1))


def with_key(place: tuple[Any, ...], *value: Any) -> Callable[[Path], object]:
    """A key of a JSON file with another value, or without one."""

    def do(path: Path) -> None:
        found = json.loads(path.read_text())
        at = found
        for key in place[:-1]:
            at = at[key]
        if value:
            at[place[-1]] = value[0]
        else:
            del at[place[-1]]
        path.write_text(json.dumps(found))

    return do


def damages(folder: Path, files: list[str]) -> Iterator[Damage]:
    """Everything that is tried."""
    for name in files:
        path = folder / name
        yield Damage(name, "cut short", cut)
        yield Damage(name, "empty", lambda path: path.write_bytes(b""))
        yield Damage(name, "binary", lambda path: path.write_bytes(BINARY))
        yield Damage(name, "zeros", lambda path: path.write_bytes(b"\0" * path.stat().st_size))
        yield Damage(name, "gone", lambda path: path.unlink())
        yield Damage(name, "a folder", lambda path: (path.unlink(), path.mkdir()))
        yield Damage(name, "brackets", lambda path: path.write_text("[" * 200_000))
        yield Damage(name, "a list", lambda path: path.write_text("[]"))
        if path.suffix in (".csv", ".parquet"):
            for column in of_table(path).columns[:20]:
                yield Damage(name, f"without {column}", without_column(column))
                for value in ("word", "", 1.5):
                    yield Damage(name, f"{column} all {value!r}", with_column(column, value))
        if path.suffix == ".csv":
            yield Damage(name, "rows longer than the head", without_head)
        if path.suffix == ".parquet":
            for column in of_table(path).columns[:6]:
                yield Damage(name, f"{column} of lists", with_lists(column))
        if path.suffix == ".json":
            for place in places(json.loads(path.read_text())):
                yield Damage(name, f"without {place}", with_key(place))
                for other in OTHERS:
                    yield Damage(name, f"{place} is {other!r}", with_key(place, other))


def read_all(folder: Path) -> str:
    """Load a folder and make its page; returns what is said when that cannot be."""
    try:
        found = load(folder, "report.of=")
        if isinstance(found, Run):
            page = run_page.page_of_run(found)
            assert len(found.results) == 1
            assert len(found.series.columns)
        else:
            page = sweep_page.page_of_sweep(found, ())
            assert len(found.series.columns)
            assert len(found.table("daily"))
        write_page(page, folder / "report.html")
    except SettingsError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its pictures, a sweep, and the files that Hydra keeps."""
    place = tmp_path_factory.mktemp("whole")
    drawn = Output(progress="never", pictures="always", formats=("svg",))
    run(load_settings(WORDS), place / "run", drawn, console=Console(quiet=True))
    (place / "run" / ".hydra").mkdir()
    (place / "run" / ".hydra" / "overrides.yaml").write_text("- seed=1\n")
    publish(make_sweep(place / "sweep"))
    (place / "sweep" / "multirun.yaml").write_text("hydra: {overrides: {task: [seed=1]}}\n")
    return place


RUN_FILES = [*(f"{name}.csv" for name in TABLES), "summary.json", "friends.graphml", "datapackage.json", "overview.svg"]
SWEEP_FILES = ["runs.csv", "results.csv", "results.parquet", "series.parquet", "datapackage.json", "multirun.yaml"]
"""The first run's tables and summary come on top."""


def tried(whole: Path, kind: str) -> list[Damage]:
    if kind == "run":
        return list(damages(whole / "run", [*RUN_FILES, ".hydra/overrides.yaml"]))
    of_a_run = [f"runs/hold1/{name}" for name in ("summary.json", "daily.csv")]
    return list(damages(whole / "sweep", [*SWEEP_FILES, *of_a_run]))


def check(whole: Path, place: Path, kind: str, chosen: list[Damage], full: bool) -> None:
    """One sentence or success; refusals of what was loaded name the file."""
    shutil.copytree(whole / kind, place / kind)
    refused, read, wrong = 0, 0, []
    for damage in chosen:
        path = place / kind / damage.file
        before = path.read_bytes()
        damage.do(path)
        try:
            said = read_all(place / kind)
            read += not said
            if full and kind == "run" and not said and read % DRAWN == 0:
                draw_pictures(read_results(place / kind), place, ("svg",), None, lambda words: None)
        except Exception as error:
            wrong.append(f"{damage.file}, {damage.what}: {type(error).__name__}: {error}")
            said = ""
        if said:
            refused += 1
            if not said.startswith("report.of=") and not said.startswith(str(place)):
                wrong.append(f"{damage.file}, {damage.what}: names no folder: {said}")
            if "\n" in said or len(said) > 700:
                wrong.append(f"{damage.file}, {damage.what}: not one line: {said}")
            elif path.name not in said and "there are no results" not in said:
                wrong.append(f"{damage.file}, {damage.what}: names no file: {said}")
        if path.is_dir():
            path.rmdir()
        path.write_bytes(before)
    assert not wrong, "\n".join([f"{len(wrong)} of {len(chosen)}:", *wrong[:40]])
    assert refused > len(chosen) / 20  # most other values of a column or of datapackage.json are nothing to refuse
    assert read_all(place / kind) == ""


@pytest.fixture(autouse=True)
def _pages_without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes long, and says in a sentence of its own what it cannot do."""
    monkeypatch.setattr(run_page, "draw_pictures", lambda *_: [])
    monkeypatch.setattr(sweep_page, "draw_pages", lambda *_: [])


@pytest.mark.parametrize("kind", ["run", "sweep"])
def test_some_broken_folders(whole: Path, tmp_path: Path, kind: str) -> None:
    found = tried(whole, kind)
    chosen = found[:: EVERY[kind]] + [damage for damage in found if damage.what in ("empty", "binary")]
    check(whole, tmp_path, kind, chosen, full=False)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["run", "sweep"])
def test_all_broken_folders(whole: Path, tmp_path: Path, kind: str) -> None:
    check(whole, tmp_path, kind, tried(whole, kind), full=True)


def test_what_is_wrong_is_named(whole: Path, tmp_path: Path) -> None:
    """Column, key and kind."""
    folder = shutil.copytree(whole / "run", tmp_path / "run")
    cases = (
        ("daily.csv", without_column("gmv"), "daily.csv: the column gmv is missing"),
        ("daily.csv", with_column("gmv", "much"), "daily.csv: the column gmv holds something else than numbers"),
        ("market.csv", with_column("date", "today"), "market.csv: the column date holds something else than dates"),
        ("merchants.csv", without_column("douyin"), "merchants.csv: the column douyin is missing"),
        ("merchants.csv", with_column("category", 0.5), "the column category holds something else than whole numbers"),
        ("flows.csv", without_head, "flows.csv: its rows are longer than its first line"),
        ("summary.json", with_key(("platforms", "jd", "gmv")), "summary.json: platforms.jd.gmv: field required"),
        ("summary.json", with_key(("phases",), []), "summary.json: phases: input should be a valid dictionary"),
        ("summary.json", with_key(("phases", "platforms", "jd")), "summary.json: platforms has jd, and phases."),
        ("summary.json", with_key(("seed",), "1"), "summary.json: seed: input should be a valid integer"),
        ("friends.graphml", cut, "friends.graphml: it is no graph ("),
        (
            "friends.graphml",
            lambda path: path.write_text(path.read_text().replace("main_app", "app")),
            "has no main_app",
        ),
        (".hydra/overrides.yaml", lambda path: path.write_text("- [a"), "overrides.yaml: no command line can be read"),
    )
    for name, do, said in cases:
        before = (folder / name).read_bytes()
        do(folder / name)
        assert said in read_all(folder)
        (folder / name).write_bytes(before)
