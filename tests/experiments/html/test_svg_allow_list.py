"""Drawings from other people's folders: what a page takes of them, and that anything else refuses the whole file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markupsafe import Markup
from matplotlib.figure import Figure

from secondhalf.experiments.html import svg_allow_list
from secondhalf.experiments.html.svg_allow_list import inline, inline_file
from secondhalf.experiments.pictures import style

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"'
LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = "".join(f'<g id="b{n}">{f"""<use xlink:href="#b{n - 1}"/>""" * 10}</g>' for n in range(1, 10))


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ("<SCRIPT>alert(1)</SCRIPT>", "<SCRIPT>"),
        ('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>', "<script>"),
        ('<h:g xmlns:h="http://www.w3.org/1999/xhtml"/>', "<g>"),
        ('<g onload="alert(1)"/>', "attribute onload"),
        ('<image xlink:href="data:image/png;base64,AA==" onerror="alert(1)"/>', "attribute onerror"),
        ('<path d="M 0 0" onclick="alert(1)"/>', "attribute onclick"),
        ("<foreignObject><body/></foreignObject>", "<foreignObject>"),
        ("<desc><i/></desc>", "<desc>"),
        ("<svg/>", "<svg>"),
        ('<a xlink:href="javascript:alert(1)"><path d="M 0 0"/></a>', "<a>"),
        ('<set attributeName="href" to="javascript:alert(1)"/>', "<set>"),
        ('<animate attributeName="href" values="javascript:alert(1)"/>', "<animate>"),
        ('<use href="#x"/>', "attribute href"),
        ('<use xlink:href="http://localhost/x.svg#x"/>', "refers to 'http://localhost/x.svg#x'"),
        ('<use xlink:href="data:image/svg+xml;base64,AA==#x"/>', "refers to 'data:image/svg"),
        ('<use xlink:href="javascript:alert(1)"/>', "refers to 'javascript:alert"),
        ('<use xlink:href="#nobody"/>', "refers to 'nobody'"),
        ('<image xlink:href="http://localhost/x.png"/>', "refers to 'http://localhost/x.png'"),
        ('<image xlink:href="data:text/html;base64,AA=="/>', "refers to 'data:text/html"),
        ('<image xlink:href="data:image/svg+xml;base64,AA=="/>', "refers to 'data:image/svg"),
        ('<image xlink:href="file:///etc/passwd"/>', "refers to 'file:"),
        ('<path style="fill: url(http://localhost/x)"/>', "the style fill"),
        ('<path style="fill: u\\72l(http://localhost/x)"/>', "the style fill"),
        ('<path style="background-image: none"/>', "the style background-image"),
        ('<path style="position: fixed"/>', "the style position"),
        ('<path style="--natural: 1"/>', "the style --natural"),
        ('<path style="stroke: expression(alert(1))"/>', "the style stroke"),
        ('<path fill="url(http://localhost/x)"/>', "the style fill"),
        ('<path class="skip"/>', "attribute class"),
        ('<path filter="url(#x)"/>', "attribute filter"),
        (f'<defs><path id="b0" d="M 0 0"/>{BOMB}</defs><use xlink:href="#b9"/>', "from within what others refer to"),
        (f'<path id="b0" d="M 0 0"/>{BOMB}', "nothing in it that can be drawn there"),
        ("<g>" * 200 + "</g>" * 200, "more than 100 deep"),
        ("<g>", "no XML"),
        ("&nobody;", "no XML"),
        ("\x00", "no XML"),
    ],
)
def test_what_no_drawing_needs_refuses_the_file(inside: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^picture mine: .*{re.escape(reason)}"):
        inline(f"{HEAD}>{inside}</svg>", "mine", "a picture")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (f'<!DOCTYPE svg [<!ENTITY l0 "lol">{LOL}]>{HEAD}><text>&l9;</text></svg>', "a document type of its own"),
        (f'<!DOCTYPE svg [<!ENTITY a "x">]>{HEAD}/>', "a document type of its own"),
        (f'<!DOCTYPE svg SYSTEM "file:///etc/passwd">{HEAD}/>', "a document type of its own"),
        (f"<!DOCTYPE html>{HEAD}/>", "a document type of its own"),
        (f'{HEAD} onload="alert(1)"/>', "attribute onload"),
        (f'{HEAD} style="position: fixed"/>', "the style position"),
        ("<html><svg/></html>", "holds <html>"),
        ("no drawing", "no XML"),
        ("", "no XML"),
    ],
)
def test_a_file_that_is_no_drawing_is_refused(file: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^picture mine: .*{re.escape(reason)}"):
        inline(file, "mine", "a picture")


def test_styles_and_notes_of_a_file_stay_behind() -> None:
    left = "<style>@import 'http://localhost/x';*{fill:url(http://localhost/x)}</style><metadata><script/></metadata>"
    note = "<!-- --><!-- <script>alert(1)</script> --><?xml-stylesheet href='http://localhost/x'?><title>x</title>"
    drawn = inline(f'{HEAD}>{left}{note}words<path d="M 0 0"/></svg>', "mine", "a picture")
    assert drawn == '<svg viewBox="0 0 9 9" role="img" aria-label="a picture"><path d="M 0 0"/></svg>'


def test_values_cannot_leave_their_quotes() -> None:
    nasty = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
    drawn = inline(f'{HEAD}><g id="{nasty}"><path d="{nasty}"/><text>{nasty}</text></g></svg>', "mine", '"><script>')
    assert "<script" not in drawn
    assert drawn.count("&lt;script&gt;") == 4


def test_references_within_a_drawing_are_kept() -> None:
    inside = (
        '<defs><clipPath id="c"><rect/></clipPath><path id="p" d="M 0 0"/></defs>'
        '<g clip-path="url(#c)"><use xlink:href="#p" style="fill: #ff0000; stroke: none"/></g>'
        '<image xlink:href="data:image/png;base64,AA=="/>'
    )
    drawn = inline(f"{HEAD}>{inside}</svg>", "mine", "a picture")
    assert isinstance(drawn, Markup)
    assert '<clipPath id="mine-c">' in drawn
    assert '<g clip-path="url(#mine-c)"><use xlink:href="#mine-p" style="fill: #ff0000; stroke: none"/></g>' in drawn
    assert '<image xlink:href="data:image/png;base64,AA=="/>' in drawn


def test_what_matplotlib_draws_is_taken_whole(tmp_path: Path) -> None:
    with style.page(None):
        drawn = Figure(figsize=(3, 2))
        axes = drawn.subplots()
        axes.imshow([[0, 1], [1, 0]])
        axes.bar([0, 1], [1, 2], hatch="//", alpha=0.5)
        axes.errorbar([0, 1], [1, 1], [0.1, 0.2], fmt="D", capsize=2)
        axes.fill_between([0, 1], [0, 1])
        axes.set_title("a < b & $x^2$")
        style.save(drawn, tmp_path / "x.svg")
    taken = inline_file(tmp_path / "x.svg", "x", "y")
    given = re.sub(r"<(metadata|style)\b.*?</\1>|<!--.*?-->", "", (tmp_path / "x.svg").read_text(), flags=re.DOTALL)
    for tag in ("path", "use", "image", "pattern", "clipPath", "g"):
        assert len(re.findall(rf"<{tag}\b", taken)) == len(re.findall(rf"<{tag}\b", given)) > 0, tag


def test_a_file_too_large_for_a_page_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.svg").write_text(f"{HEAD}/>")
    monkeypatch.setattr(svg_allow_list, "LARGEST", 10)
    with pytest.raises(ValueError, match=r"picture x: the SVG has .* bytes; at most 10 are read"):
        inline_file(tmp_path / "x.svg", "x", "y")
