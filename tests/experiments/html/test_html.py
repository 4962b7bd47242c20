"""Pages: everything from tables is escaped, nothing is fetched, pictures share no names, tables are whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from secondhalf.experiments.html.blocks import Cell, Code, Column, Gallery, Page, Section, Table, Text, Tile
from secondhalf.experiments.html.svg import Drawer
from secondhalf.experiments.html.svg_allow_list import inline
from secondhalf.experiments.html.write import write_page
from secondhalf.experiments.pictures import style

NASTY = '<script>alert("&")</script>'


def page(*blocks: Text | Gallery | Table | Code) -> Page:
    return Page("A title", ("What it is.",), (Tile("1", "one"),), (Section("part", "A part", blocks),))


def test_what_comes_from_tables_is_escaped(tmp_path: Path) -> None:
    table = Table("t", NASTY, (Column(NASTY, choose=True),), ((Cell(NASTY, NASTY),),), find=True)
    text = write_page(page(Text((NASTY,)), table, Code((NASTY,))), tmp_path / "p.html").read_text(encoding="utf-8")
    assert NASTY not in text
    assert text.count("&lt;script&gt;") >= 5


def test_a_number_keeps_its_sign_beside_it(tmp_path: Path) -> None:
    text = write_page(page(Text(("Within 90 % of it.",))), tmp_path / "p.html").read_text(encoding="utf-8")
    assert "Within 90\N{NO-BREAK SPACE}% of it." in text


def test_rows_have_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="table t: every row needs 2 cells"):
        Table("t", "", (Column("a"), Column("b")), ((Cell("1"),),))


def test_choices_are_the_values_of_the_column() -> None:
    table = Table("t", "", (Column("a"), Column("b", choose=True)), tuple((Cell("x"), Cell(v)) for v in "zyz"))
    assert table.choices == [(1, table.columns[1], ["z", "y"])]


def test_pictures_have_names_of_their_own(tmp_path: Path) -> None:
    with style.page(None):
        drawn = Figure(figsize=(2, 2))
        drawn.subplots().plot([0, 1], [0, 1], clip_on=True)
        first, second = (Drawer(tmp_path).keep(name, drawn, 'a "line" up') for name in ("one", "two"))
    assert 'aria-label="a &quot;line&quot; up"' in first.svg
    assert 'id="one-axes_1"' in first.svg
    assert "url(#one-" in first.svg
    assert "one-" not in second.svg
    assert "<metadata>" not in first.svg
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {"one.svg", "one.png", "two.svg", "two.png"}


def test_paths_lose_only_digits_that_nobody_sees() -> None:
    given = (
        '<svg viewBox="0 0 9 9" width="9pt"><path transform="scale(0.015625)" d="M 1.23456 -0.000001 L 2 3.100"/></svg>'
    )
    assert inline(given, "x", "y").endswith('<path transform="scale(0.015625)" d="M 1.23 -0 L 2 3.1"/></svg>')


def test_a_picture_without_a_box_is_refused() -> None:
    with pytest.raises(ValueError, match="picture x: the SVG has no viewBox"):
        inline("<svg></svg>", "x", "y")
