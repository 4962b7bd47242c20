"""Report page of one run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from secondhalf.experiments.html.blocks import Cell, Code, Column, Gallery, Page, Picture, Section, Table, Text, Tile
from secondhalf.experiments.html.svg_allow_list import inline_file
from secondhalf.experiments.pictures import PICTURES, draw_pictures, style
from secondhalf.experiments.report import text
from secondhalf.experiments.results.last_fact import FITTED, FORECAST, ONE_RUN, basis, fitted_to
from secondhalf.experiments.results.load import Run
from secondhalf.experiments.results.schema.column_dictionary import column
from secondhalf.experiments.results.second_half import in_words
from secondhalf.experiments.run.comparison import METRICS, notes

SHOWN = {
    "overview": "Shares of attention and trade, where attention came from, and how far channels interpenetrate",
    "facts": "What was reported, and the run; behind the forecast quarters the 90 % band of the committed forecast",
    "shares": "Shares of mobile time and of GMV, with launches",
    "flows": "Where each platform’s change of attention came from",
    "channel_mix": "Channels in each platform’s GMV",
    "moves": "What each platform opened, and who had it before",
    "merchants": "How many merchants sell at least so much",
    "friends": "A sample of the friend graph; each user has the colour of the main app",
}
"""What each picture shows, in the order of the page."""


def page_of_run(run: Run) -> Page:
    """Report page of one run, from its files alone."""
    summary, settings = run.summary, run.settings
    people, merchants = settings["population"]["users"], settings["population"]["merchants"]
    begun = summary.get("from_checkpoint")
    lead = [
        f"{summary['first_day']} to {summary['last_day']}: {people:,} users and {merchants:,} merchants, strategy "
        f"{settings['strategy']['name']}, scenario {settings['scenario']['name']}, seed {summary['seed']}.",
        f"The {in_words(summary['phases']['market'])}.",
    ]
    lead += [f"{words[0].upper()}{words[1:]}." for words in (notes(summary) if summary.get("comparison") else ())]
    if begun:
        changed = f", with other {', '.join(begun['changed'])} than before" if begun["changed"] else ""
        lead.append(f"It went on from a checkpoint on {begun['date']}{changed}.")
    sections = [
        *_comparison(summary),
        _platforms(run),
        Section("pictures", "Pictures", _pictures(run)),
        _moves(run),
        _market(run),
        text.settings_section(settings),
        text.versions_section(summary, *_again(run)),
    ]
    foot = f"Second Half {summary['versions']['secondhalf']}. Apache-2.0."
    return Page(f"A run of Second Half: {run.name}", tuple(lead), _tiles(run), tuple(sections), foot)


def _tiles(run: Run) -> tuple[Tile, ...]:
    summary = run.summary
    market, days = summary["market"], summary["days_in_averages"]
    said = _basis(summary)
    largest = max(summary["platforms"], key=lambda name: summary["platforms"][name]["attention_share"])
    traded = sum(own["gmv"] for own in summary["platforms"].values())
    return (
        Tile(summary["second_half_day"] or "not yet", "second half begins"),
        Tile(
            f"{market['hhi_attention']:.3f}", "concentration of attention", f"HHI, mean of the last {days} days{said}"
        ),
        Tile(f"{market['interpenetration_gmv']:.2f}", "interpenetration of GMV", f"0 apart, 1 the same channels{said}"),
        Tile(style.label(largest), "has most attention", said.strip()),
        Tile(f"{traded / 1e9:,.0f}", f"billion RMB traded in the last {days} days", said.strip()),
    )


def _basis(summary: Mapping[str, Any]) -> str:
    """What the averages are, in brackets behind a blank."""
    said = basis(summary["last_day"], summary["settings"]["calendar"].get("last_fact"))
    return f" ({said})" if said else ""


def _comparison(summary: Mapping[str, Any]) -> list[Section]:
    """What was reported and what is forecast beside the run; nothing where neither is known."""
    compared = summary.get("comparison")
    if not compared or not compared["rows"]:
        return []
    numbers = ("reported", "run", "miss", "forecast, median", "5 %", "95 %")
    columns = (
        Column("measure", choose=True, width="whole"),
        Column("platform", choose=True, width="whole"),
        Column("year", choose=True),
        Column("", about="whether the model was fitted to facts of the year"),
        *(Column(name, numeric=True) for name in numbers),
        Column("grade", about="of the fact: A company, B press or analyst, D derived"),
    )
    rows = []
    for row in compared["rows"]:
        ahead = f"{row['year']}-12-31" > compared["facts_end"]
        rows.append(
            (
                Cell(METRICS.get(row["metric"], row["metric"])),
                Cell(style.label(row["platform"])),
                Cell(str(row["year"])),
                Cell(ONE_RUN if ahead else FITTED),
                text.number(row["reported"]),
                text.number(row["run"]),
                text.number(None) if row["miss"] is None else text.share(row["miss"], signed=True),
                *(text.number(row[name]) for name in ("p50", "p05", "p95")),
                Cell(row["grade"]),
            )
        )
    caption = f"{fitted_to(compared['facts_end'])[0].upper()}{fitted_to(compared['facts_end'])[1:]} | {FORECAST}"
    table = Table("of-facts", caption, columns, tuple(rows), find=True)
    return [Section("facts", "What was reported, and the forecast", [table])]


def _platforms(run: Run) -> Section:
    summary = run.summary
    traded = sum(own["gmv"] for own in summary["platforms"].values())
    rows = tuple(
        (
            Cell(style.label(name)),
            Cell(run.everything.kind(name)),
            text.number(own["active_users"]),
            text.share(own["attention_share"]),
            text.number(own["gmv"]),
            text.share(own["gmv"] / traded if traded else 0.0),
            text.number(own["annual_buyers"]),
            text.number(own["profit"]),
        )
        for name, own in summary["platforms"].items()
    )
    heads = ("daily users", "share of mobile time", "GMV, RMB", "share of GMV", "buyers of the year")
    columns = (
        Column("platform", width="whole"),
        Column("line"),
        *(Column(head, numeric=True) for head in (*heads, "profit, RMB")),
    )
    caption = f"Last {summary['days_in_averages']} days to {summary['last_day']}{_basis(summary)}"
    return Section("platforms", "Platforms", [Table("of-platforms", caption, columns, rows)])


def _pictures(run: Run) -> list[Text | Gallery]:
    """The run's own pictures, or fresh ones where it has none; what cannot be drawn is said."""
    said: list[str] = []
    found = _drawn_in(run.folder, said, "the one shown is drawn again from the tables")
    with TemporaryDirectory() as spare:
        missing = {name: f"secondhalf.experiments.pictures.{name}:draw" for name in PICTURES if name not in found}
        draw_pictures(run.everything, Path(spare), ("svg",), None, said.append, missing)
        found |= _drawn_in(Path(spare), said, "it is not shown")
    shown = tuple(found[name] for name in SHOWN if name in found)
    blocks: list[Text | Gallery] = [Gallery(shown, size="large")]
    return [*blocks, Text(tuple(said), quiet=True)] if said else blocks


def _drawn_in(folder: Path, said: list[str], instead: str) -> dict[str, Picture]:
    """Pictures that lie in a folder, by name; of one that a page cannot take, `said` gets a sentence."""
    found = {}
    for name, about in SHOWN.items():
        path = folder / f"{name}.svg"
        if path.is_file():
            try:
                svg = inline_file(path, name, about)
            except (OSError, ValueError) as error:
                said.append(f"{path.name}: {error}; {instead}")
                continue
            found[name] = Picture(name, svg, about, about, wide=name == "overview", files=False)
    return found


def _moves(run: Run) -> Section:
    moves = run.tables["moves"]
    if moves.empty:
        return Section("moves", "Moves", [Text(("No platform moved.",), quiet=True)])
    columns = (
        Column("date", width="whole"),
        Column("platform", choose=True),
        Column("change", choose=True),
        Column("capability"),
        Column("cost, RMB", numeric=True),
        Column("no cost"),
        Column("grade", choose=True, about="of the source: A company, B press, D derived, C weak, R recalled"),
        Column("reason", width="long"),
    )
    rows = tuple(
        (
            Cell(move["date"]),
            Cell(style.label(move["platform"])),
            Cell(move["change"]),
            Cell(move["capability"].replace("_", " ")),
            text.number(move["cost"]),
            Cell(move["no_cost"]),
            Cell(move["grade"]),
            Cell(move["reason"]),
        )
        for move in moves.to_dict("records")
    )
    return Section("moves", "Moves", [Table("of-moves", f"{len(rows)} moves", columns, rows, find=True)])


def _market(run: Run) -> Section:
    summary = run.summary
    columns = (Column("measure", width="whole"), Column("mean", numeric=True), Column("what it is", width="long"))
    rows = tuple(
        (Cell(name.replace("_", " ")), text.number(value), Cell(column("market", name).meaning.replace("`", "")))
        for name, value in summary["market"].items()
    )
    blocks = [
        Table("of-market", f"Means of the last {summary['days_in_averages']} days{_basis(summary)}", columns, rows)
    ]
    if summary["festivals"]:
        heads = [name for name in summary["festivals"][0] if name not in ("festival", "start", "platforms", "basis")]
        kinds = (
            Column("festival", choose=True),
            Column("first day"),
            Column("", choose=True, about="whether the model was fitted to facts of the time"),
            *(Column(head.replace("_", " "), numeric=True) for head in heads),
        )
        last_fact = run.everything.last_fact
        festivals = tuple(
            (
                Cell(own["festival"].replace("_", " ")),
                Cell(own["start"]),
                Cell(basis(own["start"], last_fact)),
                *(text.number(own[head]) for head in heads),
            )
            for own in summary["festivals"]
        )
        blocks.append(Table("of-festivals", f"{len(festivals)} festivals", kinds, festivals, find=True, folded=True))
    return Section("market", "The market", blocks)


def _again(run: Run) -> tuple[list[str], list[Text | Code]]:
    """The command of the run where Hydra has kept it, and Python lines that take its settings from summary.json."""
    given = text.kept_words(run.folder / ".hydra" / "overrides.yaml")
    command = [] if given is None else [shlex.join(["secondhalf", "run", *given])]
    python = Code(
        (
            "import json",
            "from pathlib import Path",
            "from secondhalf import run",
            "from secondhalf.conf.schema import MarketSettings",
            'settings = json.loads(Path("summary.json").read_text())["settings"]',
            'run(MarketSettings.from_dict(settings), Path("again"))',
        )
    )
    if run.summary.get("from_checkpoint"):
        return command, [Text(("The checkpoint that it resumed from is needed, too.",))]
    return command, [Text(("Or in Python, with all settings from the run’s own summary.json:",)), python]
