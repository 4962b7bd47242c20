"""Report page of an equilibrium study, with its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from secondhalf.experiments.equilibrium.findings import Findings
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import CERTIFIED, REFUTED
from secondhalf.experiments.equilibrium.output import figures
from secondhalf.experiments.equilibrium.output import text as output_text
from secondhalf.experiments.equilibrium.output.csv_tables import part
from secondhalf.experiments.equilibrium.output.figures import branches
from secondhalf.experiments.html.blocks import Cell, Code, Column, Gallery, Page, Section, Table, Text, Tile, Tone
from secondhalf.experiments.html.svg import Drawer
from secondhalf.experiments.html.write import HIDDEN, write_page
from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.last_fact import note_of, plain

NAME = "report.html"
Tables = Mapping[str, pd.DataFrame]
TONES: dict[str, Tone] = {
    **{CERTIFIED: "good", REFUTED: "bad", "undecided": "quiet"},
    **{"yes": "good", "no": "bad", "pays": "bad", "does not pay": "good"},
}
PARTS = {"gain", "gain_low", "gain_high", "regret", "regret_low", "regret_high", "low", "high", "often", "reached"}
PARTS |= {"logit_mass", "alpha_mass", "against_nobody", "ratio_low", "ratio_high", "best_gain"}
"""Columns that are parts and are shown in per cent, where a table has no other unit."""
LONG = {"profile", "words", "statement", "capabilities"}


def report(found: Findings, tables: Tables, folder: Path) -> Path:
    """Write report.html and pictures/; returns the page's path."""
    drawer = Drawer(folder, note_of(plain(found.problem.setup.settings)))
    with style.page(None):
        sections = [
            _profiles(found, tables, drawer),
            _responses(found, tables, drawer),
            _payoffs(found, tables, drawer),
            _market(tables, drawer),
            _dynamic(found, tables, drawer),
            _meanfield(found, tables, drawer),
            _reproduce(found),
        ]
    said = (
        output_text.note_sentence(found),
        output_text.history_sentence(found),
        output_text.bundles_sentence(found),
        output_text.equilibria_sentence(found),
    )
    lead = tuple(one for one in said if one)
    page = Page("The second-half equilibrium", lead, _tiles(found), tuple(s for s in sections if s), _foot(found))
    return write_page(page, folder / NAME)


def _tiles(found: Findings) -> tuple[Tile, ...]:
    verdicts, place = found.estimate.verdicts, found.game.place(found.game.history)
    counts = [verdicts.word.count(word) for word in (CERTIFIED, REFUTED, "undecided")]
    regret = part(float(verdicts.regret[place]))
    reached = float(found.solution.reading.reached[found.game.place(found.focus)]) if found.solution else float("nan")
    old = found.before
    alone = (
        (Tile(str(len(old.certified)), "certified among the bundles alone", f"of {len(old.game.profiles)}"),)
        if old is not None
        else ()
    )
    return (
        *alone,
        Tile(str(counts[0]), "profiles certified as equilibria", f"of {len(found.game.profiles)}"),
        Tile(str(counts[1]), "refuted"),
        Tile(str(counts[2]), "undecided"),
        Tile(output_text.percent(regret), "largest gain of any platform from history’s profile"),
        Tile(
            output_text.percent(reached),
            "of best-response paths, from the profile in which nobody enters, end in the reported profile",
        ),
        Tile(f"{found.runs:,}", "runs of the game", f"{found.problem.setup.settings.population.users:,} users each"),
    )


def _profiles(found: Findings, tables: Tables, drawer: Drawer) -> Section:
    game, verdicts = found.game, found.estimate.verdicts
    marked = "; ".join(output_text.profile_words(found, one) for one in found.certified) or "none"
    picture = drawer.keep(
        "regrets",
        figures.heat_map(found),
        f"A cell a profile. Certified: {marked}.",
        "Darker is farther from an equilibrium. ✓ certified, ? undecided, no sign: refuted; H history, 0 nobody "
        "enters.",
        ("profiles.csv",),
        wide=len(game.profiles) > 60,
    )
    said = (
        f"Each of {', '.join(style.label(name) for name in game.players)} chooses a bundle on "
        f"{found.problem.options.revision} and keeps it; payoffs are {found.problem.options.payoff}, discounted, over "
        f"{found.problem.setup.days} days. A profile is certified when no platform gains more than "
        f"{output_text.percent(found.problem.options.epsilon)} by another bundle, refuted when some platform does. "
        f"Intervals are simultaneous over all deviations; {verdicts.word.count('undecided')} profiles are "
        "undecided."
    )
    held = Text(tuple(output_text.held_sentences(found)) or ("No candidate was compared with all capability sets.",))
    blocks: list[Any] = [
        Text((said,)),
        Gallery((picture,), size="large"),
        table(tables["profiles"], "profiles", "All profiles", find=True),
        table(tables["deviations"], "deviations", "Every deviation from every profile", find=True, folded=True),
        held,
    ]
    if not tables["candidates"].empty:
        caption = "Candidates against all capability sets"
        blocks.append(table(tables["candidates"], "candidates", caption, find=True, folded=True))
    blocks.append(table(tables["looks"], "looks", "Sequential sampling, look by look", folded=True))
    return Section("profiles", "Profiles and verdicts", blocks)


def _responses(found: Findings, tables: Tables, drawer: Drawer) -> Section | None:
    if found.solution is None:
        return None
    said = (output_text.dynamics_sentence(found), output_text.dilemma_sentence(found))
    drawn, alt = figures.responses(found, found.solution), figures.alt_responses(found, found.solution)
    picture = drawer.keep("responses", drawn, alt, alt, ("profiles.csv", "deviations.csv"), wide=True)
    blocks: list[Any] = [
        Text(said),
        Gallery((picture,), size="large"),
        table(tables["statements"], "statements", "Statements on the whole game; 95 % of the resampled tables"),
        table(tables["conditions"], "conditions", "E1 to E6: what makes a second-half equilibrium", find=True),
    ]
    return Section("responses", "Best responses", blocks)


def _payoffs(found: Findings, tables: Tables, drawer: Drawer) -> Section:
    alt = "Payoffs of some profiles relative to the one in which nobody enters, with 95 % intervals."
    picture = drawer.keep("payoffs", figures.payoffs(found, tables["payoffs"]), alt, alt, ("payoffs.csv",))
    blocks: list[Any] = [
        Gallery((picture,), size="large"),
        table(tables["welfare"], "welfare", "Welfare of platforms, merchants, consumers and users"),
        table(tables["payoffs"], "payoffs", "Payoffs of all profiles", find=True, folded=True),
    ]
    return Section("payoffs", "Payoffs and welfare", blocks)


def _market(tables: Tables, drawer: Drawer) -> Section:
    alt = "Shares of minutes and GMV in the last year of each profile, and in the year before the revision."
    picture = drawer.keep("shares", figures.shares(tables["outcomes"]), alt, alt, ("outcomes.csv",), wide=True)
    blocks: list[Any] = [
        Gallery((picture,), size="large"),
        table(tables["outcomes"], "outcomes", "Shares", folded=True),
    ]
    return Section("market", "Attention and trade", blocks)


def _dynamic(found: Findings, tables: Tables, drawer: Drawer) -> Section:
    sentences = tuple(text for text in (output_text.rest_sentence(found), output_text.adaptive_sentence(found)) if text)
    blocks: list[Any] = [Text(sentences or ("The dynamic view was not requested, or the budget ended before it.",))]
    if "paths" in tables and not tables["paths"].empty:
        alt = "Weekly shares after the horizon, drivers frozen and seasons off, from each start."
        picture = drawer.keep("paths", figures.paths(tables["paths"]), alt, alt, ("paths.csv",), wide=True)
        blocks += [
            Gallery((picture,), size="large"),
            table(tables["balance"], "balance", "Stationarity of the market, and convergence from every start"),
        ]
    if "at_rest" in tables:
        alt = "Shares of minutes and GMV at rest under some profiles, beside the last year of history's profile."
        picture = drawer.keep("rest", figures.rest(tables["at_rest"]), alt, alt, ("at_rest.csv",), wide=True)
        blocks += [Gallery((picture,), size="large"), table(tables["at_rest"], "at_rest", "The balance in numbers")]
    if not tables["adaptive"].empty:
        blocks.append(
            table(tables["adaptive"], "adaptive", "Final profiles of play by strategies that decide", find=True)
        )
    blocks.append(table(tables["phases"], "phases", "When the second half begins, seed by seed"))
    return Section("dynamic", "The dynamic view", blocks)


def _meanfield(found: Findings, tables: Tables, drawer: Drawer) -> Section | None:
    if "meanfield" not in tables:
        return None
    beside = tables["meanfield"]
    said = (
        "Fixed points of the mean-field map (infinitely many users, fixed offers) and long simulations: "
        f"{(beside['agrees'] == 'yes').sum()} of {len(beside)} numbers agree."
    )
    blocks: list[Any] = [Text((said,)), table(beside, "meanfield", "Fixed points and simulations", folded=True)]
    if not tables["tipping"].empty:
        shown = {found.game.words(one): found.label(one) or "the focus" for one in found.shown}
        drawn = branches(tables["tipping"], beside, shown)
        alt = "Minutes of each platform at the map's fixed points along one weight, and in long simulations."
        picture = drawer.keep("branches", drawn, alt, alt, ("tipping.csv", "meanfield.csv"), wide=True)
        blocks.insert(1, Gallery((picture,), size="large"))
        blocks.append(table(tables["tipping"], "tipping", "Continuation in one parameter", folded=True))
    return Section("meanfield", "The mean-field map", blocks)


def _reproduce(found: Findings) -> Section:
    players = ",".join(found.game.players)
    first = found.problem.draws.first
    line = f"secondhalf equilibrium 'equilibrium.players=[{players}]' equilibrium.first_seed={first}"
    said = "The files beside this page hold all its numbers; the same command in the same folder resumes the study."
    return Section("reproduce", "Reproduce", [Text((said,)), Code((line,))])


def _foot(found: Findings) -> str:
    left = f" {found.failed} runs failed and are missing." if found.failed else ""
    return f"Second Half. Apache-2.0.{left}"


def table(frame: pd.DataFrame, name: str, caption: str, find: bool = False, folded: bool = False) -> Table:
    """A table of the study as one of the page."""
    numeric = {column: pd.api.types.is_numeric_dtype(frame[column]) for column in frame}
    unitless = name in ("statements", "conditions", "balance") or "unit" in frame
    columns = tuple(
        Column(
            str(column).replace("_", " "),
            numeric[column],
            choose=find and column in ("verdict", "player", "label", "condition", "holds"),
            width="long" if column in LONG else "",
        )
        for column in frame
    )
    rows = tuple(
        tuple(
            _cell(value, numeric[column], column in PARTS and not (unitless and column in ("low", "high")))
            for column, value in row.items()
        )
        for row in frame.to_dict("records")
    )
    return Table(name, f"{caption}.", columns, rows, (f"{name}.csv",), find=find, folded=folded)


def _cell(value: Any, numeric: bool, in_percent: bool) -> Cell:
    if not numeric:
        return Cell(str(value) or HIDDEN, tone=TONES.get(str(value), ""))
    if pd.isna(value) or value in (float("inf"), float("-inf")):
        return Cell(HIDDEN)
    text = output_text.percent(float(value)) if in_percent else output_text.number(float(value))
    return Cell(text, repr(float(value)))
