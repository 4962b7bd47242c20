"""Parameter sections of the report: posteriors, sensitivities, how to repeat the study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from secondhalf.experiments.html.blocks import Cell, Code, Column, Gallery, Picture, Section, Table, Text
from secondhalf.experiments.html.svg import Drawer
from secondhalf.experiments.pictures.style import NothingToDrawError
from secondhalf.experiments.validate.report import figure_posterior, figure_sensitivity
from secondhalf.experiments.validate.report import text as words
from secondhalf.experiments.validate.report.data import Study


def posterior(study: Study, drawer: Drawer) -> Section:
    """Posterior beside prior for each parameter, and the pairs that move together."""
    table, draws = study["posterior"], study["draws"]
    kept = int((table["identified"] == 0).sum())
    lead = Text(
        (
            f"Each of {len(table)} parameters began with a prior. The facts narrowed {len(table) - kept} of them; "
            f"{kept} keep their prior, so whatever depends on those alone is belief and not evidence. Grey: the "
            "prior’s 90 % interval. Colour: the mode of the posterior and its 90 % interval, in the prior’s standard "
            "deviations.",
        )
    )
    pictures = []
    for number, (title, rows) in enumerate(figure_posterior.groups(table)):
        said = figure_posterior.alt_intervals(title, rows)
        drawn = figure_posterior.intervals(title, rows)
        pictures.append(drawer.keep(f"posterior_{number + 1}", drawn, said, said, ("posterior.csv",)))
    blocks: list[Text | Gallery | Table] = [lead, Gallery(tuple(pictures), size="large")]
    try:
        drawn = figure_posterior.pairs(table, draws)
    except NothingToDrawError as reason:
        blocks.append(Text((f"Pairs of parameters are not drawn: {reason}.",), quiet=True))
    else:
        said = figure_posterior.alt_pairs(table, draws)
        note = "A slanted cloud: the facts fix a combination of the two better than either alone."
        pair = drawer.keep("pairs", drawn, said, f"{said} {note}", ("draws.csv", "posterior.csv"), wide=True)
        blocks.append(Gallery((pair,), "Parameters that move together"))
    return Section("parameters", "What was learned", [*blocks, _parameters(table)])


def _parameters(table: pd.DataFrame) -> Table:
    columns = (
        Column("Setting"),
        Column("Learned", choose=True),
        Column("Spread left", numeric=True, about="the posterior’s standard deviation over the prior’s"),
        Column("Prior mean", numeric=True),
        *(Column(name, numeric=True) for name in ("Mode", "5 %", "95 %")),
        Column("Mode, prior sd", numeric=True, about="standard deviations of the prior from its mean"),
        Column("Bounds"),
        Column("Scale", choose=True),
    )
    rows = tuple(
        (
            Cell(row["parameter"]),
            _learned(row["identified"], row["score_sd"]),
            words.share_cell(row["score_sd"]),
            *(words.cell(row[name]) for name in ("unit_mean", "value", "p05", "p95", "score")),
            Cell(f"{words.number(row['low_bound'])} to {words.number(row['high_bound'])}", repr(row["low_bound"])),
            Cell(row["scale"]),
        )
        for row in table.to_dict("records")
    )
    caption = "All parameters: mode and 90 % interval in the setting’s own unit."
    return Table("all-parameters", caption, columns, rows, ("posterior.csv",), find=True, folded=True)


def _learned(identified: float, score_sd: float) -> Cell:
    return Cell(words.learned(identified, score_sd), tone="" if identified else "quiet")


def sensitivity(study: Study, drawer: Drawer) -> Section:
    """Indices with their intervals where they were computed; what is not there is said."""
    blocks: list[Text | Gallery | Table] = []
    if study.has("sobol"):
        table = study["sobol"]
        told = "Sobol indices: the share of a result’s variance that goes away with a parameter (total), and the part "
        told += "that it makes alone (first order), with their intervals. A gap between the two is interaction."
        blocks.append(Gallery(_bars(table, "sobol", drawer), "Sobol indices", f"{told} The ten largest of each."))
    else:
        blocks.append(_absent("Sobol indices", "sobol.csv"))
    if study.has("morris"):
        told = "Morris’ screening: how far a result moves on average when one parameter does. The ten largest of each."
        blocks.append(Gallery(_bars(study["morris"], "morris", drawer), "Screening", told, folded=study.has("sobol")))
    else:
        blocks.append(_absent("Morris’ screening", "morris.csv"))
    if study.has("oat"):
        blocks.append(_plain("oat", "One parameter at a time.", study["oat"]))
    else:
        blocks.append(_absent("Changing one parameter at a time", "oat.csv"))
    return Section("sensitivity", "What it hangs on", blocks)


def _bars(table: pd.DataFrame, name: str, drawer: Drawer) -> tuple[Picture, ...]:
    by, draw = ("total", figure_sensitivity.sobol) if name == "sobol" else ("mu_star", figure_sensitivity.morris)
    pictures = []
    for number, quantity in enumerate(dict.fromkeys(table["quantity"])):
        said = figure_sensitivity.alt(table, quantity, by)
        pictures.append(drawer.keep(f"{name}_{number + 1}", draw(table, quantity), said, said, (f"{name}.csv",)))
    return tuple(pictures)


def _absent(what: str, file: str) -> Text:
    return Text((f"{what}: not part of this study ({file} is not there).",), quiet=True)


def _plain(name: str, caption: str, table: pd.DataFrame) -> Table:
    """A table as it is in its file."""
    columns = tuple(Column(str(column)) for column in table)
    rows = tuple(tuple(Cell(str(value)) for value in row) for row in table.itertuples(index=False))
    return Table(f"all-{name}", caption, columns, rows, (f"{name}.csv",), folded=True)


def reproduce(summary: Mapping[str, Any]) -> Section:
    """Commands, versions and hashes."""
    settings = summary.get("settings") or []
    given = [f"{key}={value}" for key, value in settings.items()] if isinstance(settings, Mapping) else list(settings)
    command = " ".join(["secondhalf validate", *(_quoted(str(one)) for one in given)])
    facts = {"commit": summary["commit"], "hash of the data": summary["data_hash"], **summary["versions"]}
    rows = tuple((Cell(str(name)), Cell(str(value))) for name, value in facts.items())
    versions = Table(
        "versions", "What the numbers were made with.", (Column("What"), Column("Which")), rows, ("summary.json",)
    )
    text = "The same commit, data and settings give the same tables; this page is drawn from the tables alone."
    lines = (f"git checkout {summary['commit']}", "make setup", "source .venv/bin/activate", command)
    return Section("reproduce", "Make it again", [Text((text,)), Code(lines), versions])


def _quoted(word: str) -> str:
    return f"'{word}'" if any(sign in word for sign in " []{}*") else word
