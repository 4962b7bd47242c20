"""Report page of two runs: what differs in their settings, and what came of it."""

from __future__ import annotations

import shlex
from pathlib import Path
from tempfile import TemporaryDirectory

from secondhalf.experiments.html.blocks import Cell, Code, Column, Gallery, Page, Picture, Section, Table, Text, Tile
from secondhalf.experiments.html.svg_allow_list import inline_file
from secondhalf.experiments.pictures import draw_pages, style
from secondhalf.experiments.report import text, two_runs_figure
from secondhalf.experiments.report.two_runs import ABSENT, MEASURES, PERCENT, TwoRuns, differing, yearly
from secondhalf.experiments.results.load import Run

LUCK = (
    "Each is one run: a difference holds luck as well as what differs in the settings. "
    "The study counterfactual gives differences with intervals."
)
PLACES = ("first", "second")


def page_of_two(two: TwoRuns) -> Page:
    """Report page of two runs, from their files alone."""
    lead = [f"The {place} run: {_words(run)}" for place, run in zip(PLACES, two, strict=True)]
    lead.append(f"Every difference is the second less the first, over the days that both have. {LUCK}")
    for place, run, other in zip(PLACES, two, reversed(two), strict=True):
        alone = [style.label(name) for name in run.everything.platforms if name not in other.everything.platforms]
        if alone:
            lead.append(f"Only in the {place} run, and not compared: {', '.join(alone)}.")
    changed = differing(two)
    sections = [
        _settings(two, changed),
        Section("pictures", "Attention and GMV", _picture(two)),
        _years(two),
        _again(two),
    ]
    version = two.first.summary["versions"]["secondhalf"]
    title = f"Two runs of Second Half: {two.first.name} and {two.second.name}"
    return Page(title, tuple(lead), _tiles(two, len(changed)), tuple(sections), f"Second Half {version}. Apache-2.0.")


def _words(run: Run) -> str:
    summary, settings = run.summary, run.settings
    return (
        f"{run.folder}, {summary['first_day']} to {summary['last_day']}, {settings['population']['users']:,} users, "
        f"strategy {settings['strategy']['name']}, scenario {settings['scenario']['name']}, seed {summary['seed']}."
    )


def _tiles(two: TwoRuns, changed: int) -> tuple[Tile, ...]:
    begins = [
        Tile(run.summary["second_half_day"] or "not yet", "second half begins", head)
        for run, head in zip(two, two.heads, strict=True)
    ]
    return *begins, Tile(f"{changed:,}", "settings differ")


def _settings(two: TwoRuns, changed: list[tuple[str, object, object]]) -> Section:
    blocks: list[Text | Table] = []
    if changed:
        columns = (Column("setting", width="whole"), *(Column(head, width="long") for head in two.heads))
        rows = tuple((Cell(name), _setting(one), _setting(other)) for name, one, other in changed)
        blocks.append(Table("of-settings", f"{len(rows)} settings that differ", columns, rows, find=len(rows) > 12))
    else:
        blocks.append(Text(("No setting differs.",), quiet=True))
    versions = [run.summary["versions"] for run in two]
    others = [name for name in dict.fromkeys([*versions[0], *versions[1]]) if len({*_of(versions, name)}) > 1]
    if others:
        heads = (Column("package"), *(Column(head) for head in two.heads))
        packages = tuple((Cell(name), *map(text.number, _of(versions, name))) for name in others)
        blocks.append(Table("of-versions", f"{len(others)} versions that differ", heads, packages))
    return Section("settings", "What differs in the settings", blocks)


def _setting(value: object) -> Cell:
    return text.number(None) if value is ABSENT else text.setting_cell(value)


def _of(versions: list[dict[str, str]], name: str) -> list[str]:
    return [own.get(name, "") for own in versions]


def _picture(two: TwoRuns) -> list[Text | Gallery]:
    said: list[str] = []
    about = (
        f"The thick grey line is the {two.heads[0]}, the thin one in the platform’s colour the {two.heads[1]}; "
        "each panel has its own scale"
    )
    with TemporaryDirectory() as spare:
        draw_pages({"two": lambda: two_runs_figure.draw(two)}, Path(spare), ("svg",), None, said.append)
        path = Path(spare) / "two.svg"
        if path.is_file():
            svg = inline_file(path, "two", about)
            return [Gallery((Picture("two", svg, about, about, wide=True, files=False),), size="large")]
    return [Text(tuple(said), quiet=True)]


def _years(two: TwoRuns) -> Section:
    columns = (
        Column("measure", choose=True, width="whole"),
        Column("platform", choose=True, width="whole"),
        Column("year", choose=True, width="whole"),
        Column("", about="whether the model was fitted to facts of the year"),
        *(Column(head, numeric=True) for head in two.heads),
        Column("difference", numeric=True, about="second less first; of shares in percentage points"),
        Column("change", numeric=True, about="the difference as a part of the first"),
    )
    rows = tuple(
        (
            Cell(MEASURES[row.measure]),
            Cell(style.label(row.platform)),
            Cell(row.period),
            Cell(row.basis),
            text.number(row.first),
            text.number(row.second),
            *_difference(row.first, row.second, MEASURES[row.measure].endswith(PERCENT)),
        )
        for row in yearly(two)
    )
    caption = f"By year and platform: the {two.heads[0]}, the {two.heads[1]}"
    return Section("years", "Year by year", [Table("of-years", caption, columns, rows, find=True)])


def _difference(first: float | None, second: float | None, percent: bool) -> tuple[Cell, Cell]:
    if first is None or second is None:
        return text.number(None), text.number(None)
    difference = second - first
    shown = Cell(f"{'+' if difference > 0 else ''}{text.written(difference)}", repr(difference))
    part = text.number(None) if percent or first == 0 else text.share(difference / first, signed=True)
    return shown, part


def _again(two: TwoRuns) -> Section:
    given = [text.kept_words(run.folder / ".hydra" / "overrides.yaml") for run in two]
    lines = tuple(shlex.join(["secondhalf", "run", *words]) for words in given if words is not None)
    told = Text(("The commands of the runs, as far as they are kept beside them, and of this page:",))
    page = shlex.join(["secondhalf", "report", *(str(run.folder) for run in two)])
    return Section("again", "How to make it again", [told, Code((*lines, page))])
