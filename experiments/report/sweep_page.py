"""Report page of a sweep."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from secondhalf.experiments.html.blocks import Cell, Column, Gallery, Page, Picture, Section, Table, Text, Tile
from secondhalf.experiments.html.svg_allow_list import inline_file
from secondhalf.experiments.pictures import draw_pages
from secondhalf.experiments.report import figures, text
from secondhalf.experiments.results.last_fact import basis_of_runs, note_of
from secondhalf.experiments.results.load import STATES, Sweep
from secondhalf.experiments.results.schema.column_dictionary import metric

SHOWN = ("gmv", "attention_share")
"""Of platforms: their metrics in the table of results."""
OVERRIDE = re.compile(r"(?:^|\s)[+~]*([\w./@-]+)=")


def page_of_sweep(sweep: Sweep, metrics: Sequence[str]) -> Page:
    """Report page of a sweep: settings, results, failures, and how to repeat it."""
    counts = {state: int((sweep.runs["status"] == state).sum()) for state in STATES}
    keys = _keys(sweep.runs["overrides"])
    results = sweep.results if counts["succeeded"] else pd.DataFrame({"run": []})
    varied = figures.swept(results, keys)
    chosen = list(metrics) or figures.default_metrics(results)
    summary = sweep.provenance
    sections = [_state(sweep, counts)]
    if counts["succeeded"]:
        sections += [_pictures(results, chosen, varied), _results(sweep, results, keys, varied, chosen)]
    if summary is not None:
        sections.append(text.settings_section(summary["settings"], varied))
        sections.append(text.versions_section(summary, [_command(sweep)]))
    lead = [f"{len(sweep.runs):,} runs; {_varied(results, varied)}."]
    if _basis(results):
        lead.append(
            f"Numbers of the last year of a run are {_basis(results).strip(' ()')}: that year is after the last fact."
        )
    version = summary["versions"]["secondhalf"] if summary else ""
    swept = figures.listed([figures.setting_words(key) for key in varied])
    title = f"A sweep over {swept}" if swept else "A sweep"
    lead.insert(0, f"Second Half, folder {sweep.folder.resolve().name}.")
    note = note_of(summary["settings"]) if summary else ""
    if note:
        lead.append(f"{note[0].upper()}{note[1:]}.")
    return Page(title, tuple(lead), _tiles(sweep, counts), tuple(sections), f"Second Half {version}. Apache-2.0.")


def _keys(overrides: pd.Series[str]) -> list[str]:
    """Settings that any run sets, in the order of their first run."""
    return list(dict.fromkeys(key for line in overrides for key in OVERRIDE.findall(line)))


def _basis(results: pd.DataFrame) -> str:
    """What the last years of the runs are where any is a forecast, in brackets behind a blank."""
    said = basis_of_runs(results["averages_are"]) if "averages_are" in results else ""
    return f" ({said})" if said else ""


def _varied(results: pd.DataFrame, varied: Sequence[str]) -> str:
    if not varied:
        return "no setting has two values among those that succeeded"
    return "swept: " + ", ".join(
        f"{figures.setting_words(key)} ({results[key].astype(str).nunique()} values)" for key in varied
    )


def _tiles(sweep: Sweep, counts: dict[str, int]) -> tuple[Tile, ...]:
    found = [Tile(f"{counts['succeeded']} of {len(sweep.runs)}", "runs succeeded")]
    found += [Tile(str(counts[state]), state) for state in STATES[1:] if counts[state]]
    done = sweep.runs[sweep.runs["status"] == "succeeded"]
    if len(done) and done["wall_seconds"].notna().any():
        found.append(Tile(f"{done['wall_seconds'].median():.3g} s", "a run takes", "median of those that succeeded"))
    if len(done) and done["peak_memory_mb"].notna().any():
        found.append(Tile(f"{done['peak_memory_mb'].max():,.0f} MB", "most memory of a run"))
    return tuple(found)


def _state(sweep: Sweep, counts: dict[str, int]) -> Section:
    said = ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)
    blocks: list[Text | Table] = [Text((f"{said or 'no run'}.",))]
    failed = sweep.runs[sweep.runs["status"] == "failed"]
    if len(failed):
        columns = (
            Column("run", numeric=True),
            Column("overrides", width="long"),
            Column("error", width="long"),
            Column("host"),
        )
        rows = tuple(
            (Cell(str(row["number"])), Cell(row["overrides"]), Cell(row["error"], tone=""), Cell(row["host"]))
            for row in failed.to_dict("records")
        )
        blocks.append(Table("failed", f"Failed: {len(rows)}; resume=true tries them again", columns, rows))
    return Section("runs", "Runs", blocks)


def _pictures(results: pd.DataFrame, chosen: Sequence[str], varied: Sequence[str]) -> Section:
    said: list[str] = []
    found: list[Picture] = []
    with TemporaryDirectory() as spare:
        pages = {
            f"metric-{n}": (lambda name=name: figures.draw(results, name, varied)) for n, name in enumerate(chosen)
        }
        of_platforms = figures.platform_measures(results)
        for measure in of_platforms:
            pages[measure] = lambda measure=measure: figures.draw_platforms(results, measure, varied)
        draw_pages(pages, Path(spare), ("svg",), None, said.append)
        for measure in of_platforms:
            path = Path(spare) / f"{measure}.svg"
            if path.is_file():
                about = f"{figures.BY_PLATFORM[measure][0]}{_basis(results)}"
                found.append(Picture(measure, inline_file(path, measure, about), about, about, wide=True, files=False))
        for n, name in enumerate(chosen):
            path = Path(spare) / f"metric-{n}.svg"
            if path.is_file():
                unit, meaning = metric(name)
                about = f"{figures.metric_words(name)}: {meaning.replace('`', '')}" + (f" ({unit})" if unit else "")
                about += _basis(results)
                svg = inline_file(path, f"metric-{n}", about)
                found.append(Picture(f"metric-{n}", svg, about, about, files=False))
    seeds = ", with its 95 % interval over seeds" if figures.SEED in varied else ""
    note = f"A dot is a run, a diamond the mean of the runs with these values{seeds}; settings that are not named vary."
    blocks: list[Text | Gallery] = [Gallery(tuple(found), note=note, size="large")]
    if said:
        blocks.append(Text(tuple(said), quiet=True))
    return Section("pictures", "Over what was swept", blocks)


def _results(
    sweep: Sweep, results: pd.DataFrame, keys: Sequence[str], varied: Sequence[str], chosen: Sequence[str]
) -> Section:
    numbers = sweep.runs.set_index("run")["number"]
    every = list(map(str, results.columns))
    of_platforms = [name for name in every if name.startswith("platforms.") and name.rpartition(".")[2] in SHOWN]
    shown = [name for name in dict.fromkeys((*chosen, *of_platforms)) if name in every and name not in keys]
    columns = (
        Column("run", numeric=True),
        *(Column(key, choose=results[key].astype(str).nunique() <= figures.GROUPS) for key in varied),
        *(Column(name.removeprefix("platforms."), numeric=True, about=metric(name)[1]) for name in shown),
    )
    rows = tuple(
        (
            Cell(str(numbers.get(row["run"], ""))),
            *(Cell("—" if pd.isna(row[key]) else str(row[key])) for key in varied),
            *(text.number(None if pd.isna(row[name]) else row[name]) for name in shown),
        )
        for row in results.to_dict("records")
    )
    left = results.shape[1] - 1 - len(keys) - len(shown)
    caption = f"{len(rows)} runs{_basis(results)}" + (f"; results.csv has {left} more columns" if left > 0 else "")
    return Section("results", "Results", [Table("of-results", caption, columns, rows, find=True)])


def _command(sweep: Sweep) -> str:
    """The sweep's command line where Hydra has kept it, else that of its first run."""
    given = text.kept_words(sweep.folder / "multirun.yaml", "hydra", "overrides", "task")
    if given is not None:
        return shlex.join(["secondhalf", "run", "-m", *given])
    return f"secondhalf run {sweep.runs['overrides'].iloc[0]}"
