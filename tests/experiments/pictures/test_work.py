"""Work of drawing: what would cost time for nothing is not done, and what is done at the same time changes nothing."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import pytest
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from rich.console import Console

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.execution import forks
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.pictures import LONGEST, PICTURES, draw_pages, facts, flows, shares, style
from secondhalf.experiments.results.run_results import Results
from secondhalf.experiments.run import study
from tests.experiments.conftest import TINY
from tests.experiments.pictures.conftest import Draw, draw


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores, wherever this runs."""
    monkeypatch.setattr(forks, "cores", lambda: 2)


def counted(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[str]:
    """A list that grows with every call of a method."""
    calls, method = [], getattr(owner, name)

    def call(*given: Any, **named: Any) -> Any:
        calls.append(name)
        return method(*given, **named)

    monkeypatch.setattr(owner, name, call)
    return calls


def test_laid_out_once_and_drawn_once_a_format(
    tmp_path: Path, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    layouts = counted(monkeypatch, ConstrainedLayoutEngine, "execute")
    drawings = counted(monkeypatch, Figure, "draw")
    with style.page(None):
        drawn = shares.draw(results)
        for ending in ("png", "svg"):
            style.save(drawn, tmp_path / f"shares.{ending}")
    assert len(layouts) == 1
    assert len(drawings) == 2


@pytest.mark.parametrize("name", ["facts", "flows", "merchants"])
def test_no_title_has_to_be_moved(results: Results, drawn: Draw, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles stand where Matplotlib would move them to, and it measures nothing to find that out."""
    shown = drawn(name)
    monkeypatch.setattr(style, "OVER", None)
    for before, after in zip(draw(results, name).findobj(Text), shown.findobj(Text), strict=True):
        assert before.get_text() == after.get_text()
        if before.get_text():
            assert Text.get_window_extent(before).bounds == pytest.approx(Text.get_window_extent(after).bounds)
    with style.page(None):
        shown.set_layout_engine(None)
        measured = counted(monkeypatch, Axis, "get_tightbbox")
        shown.draw_without_rendering()
        shown.set_layout_engine("constrained")
    assert not measured


def test_ticks_of_dates_are_worked_out_once_and_follow_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counted(monkeypatch, mdates.AutoDateLocator, "__call__")
    with style.page(None):
        axes = style.figure(2.0).subplots()
        style.date_axis(axes, ticks=6)
        for first, last in (("2019-01-01", "2026-12-31"), ("2020-03-01", "2020-05-31")):
            axes.set_xlim(style.number(first), style.number(last))
            before = len(asked)
            found = [list(axes.xaxis.get_majorticklocs()) for _ in range(3)]
            assert len(asked) == before + 1
            plain = mdates.AutoDateLocator(minticks=2, maxticks=6)  # type: ignore[no-untyped-call]
            wanted = plain.tick_values(*(mdates.num2date(style.number(day)) for day in (first, last)))
            assert found == [list(wanted)] * 3


def test_a_leader_takes_no_room(drawn: Draw) -> None:
    names = drawn("shares").findobj(style.LineName)
    assert names
    for name in names:
        assert isinstance(name, style.LineName)
        box = name.get_window_extent()
        assert box.x0 > name.line.axes.bbox.x1  # type: ignore[union-attr]


def test_a_bar_a_source_and_year(results: Results, drawn: Draw) -> None:
    """Not one for gains and an empty one for losses."""
    table = flows.books(results)
    years = len(set(table.index.year))  # type: ignore[attr-defined]
    sources = len(flows.by_source(table, results, "jd").columns)
    panel = next(axes for axes in drawn("flows").findobj(style.Axes) if axes.get_title(loc="left") == "JD")
    assert sum(len(bars) for bars in panel.containers) == years * sources


def test_reported_figures_are_read_once(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    facts._all_facts.cache_clear()
    read = counted(monkeypatch, facts.pd, "read_csv")
    first, last = pd.Timestamp("2021-01-01"), pd.Timestamp("2021-12-31")
    found = [len(facts.reported("gmv", name, first, last)) for name in results.platforms]
    assert max(found) > 0
    assert len(read) == 1


def test_areas_of_labels_are_those_of_boxes() -> None:
    rng = np.random.default_rng(1)
    boxes = np.sort(rng.random((2, 30, 2)), axis=0).transpose(1, 0, 2).reshape(30, 4)
    others = [Bbox.from_extents(*box) for box in boxes[10:]]
    for box, area in zip(boxes[:10], shares._common(boxes[:10], boxes[10:]), strict=True):
        shared = [Bbox.intersection(Bbox.from_extents(*box), other) for other in others]
        assert area == pytest.approx(sum(one.width * one.height for one in shared if one is not None))


def test_the_longest_pictures_are_begun_first_and_said_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one process; of two, one may begin several of these before the other is there."""
    monkeypatch.setattr(forks, "cores", lambda: 1)
    assert set(LONGEST) < set(PICTURES)

    def fail(name: str) -> Figure:
        raise style.NothingToDrawError(f"{name} at {time.monotonic()}")

    said: list[str] = []
    draw_pages({name: lambda name=name: fail(name) for name in PICTURES}, tmp_path, ("png",), None, said.append)
    assert [words.split(":")[0].removeprefix("picture ") for words in said] == list(PICTURES)
    begun = sorted(PICTURES, key=lambda name: float(said[PICTURES.index(name)].split()[-1]))
    assert begun[: len(LONGEST)] == list(LONGEST)


def test_no_collection_of_garbage_looks_at_the_run(tmp_path: Path) -> None:
    def page() -> Figure:
        raise style.NothingToDrawError(f"{gc.get_freeze_count() > 0}")

    said: list[str] = []
    draw_pages({"one": page}, tmp_path, ("png",), None, said.append)
    assert said == ["picture one: not drawn, True"]
    assert gc.get_freeze_count() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="without forks pictures follow the tables")
def test_pictures_are_drawn_while_tables_are_written(
    tmp_path: Path, two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object) -> None:
        until = time.monotonic() + 120
        while not (tmp_path / "friends.svg").exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert (tmp_path / "friends.svg").exists()
        monkeypatch.undo()
        study.write_tables(*_)  # type: ignore[arg-type]

    monkeypatch.setattr(study, "write_tables", write)
    settings = load_settings([*TINY, "calendar.end=2019-02-28"])
    summary = study.run(settings, tmp_path, Output(progress="never", formats=("svg",)), Console(quiet=True))
    assert (tmp_path / "daily.csv").exists()
    assert summary["wall_seconds"]["total"] > 0
