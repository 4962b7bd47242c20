"""Shipped result: files of a finished study in data/equilibrium/, as a data package, and what documents show of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from secondhalf.experiments.pictures.style import label
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.data_files import data_file
from secondhalf.version import __version__

STORED = (
    *("profiles", "conditions", "at_rest", "outcomes", "welfare", "statements", "candidates", "looks", "balance"),
    "meanfield",
)
"""Tables that the source tree keeps, of those that the study has written."""
OTHERS = ("equilibrium.md", "plan.yaml", "summary.json")
SHORT = "equilibrium in short"
DOCUMENT_TABLES = (
    *(SHORT, "equilibrium answer", "equilibrium conditions", "equilibrium at rest", "equilibrium welfare"),
    "equilibrium mean field",
)
"""Names of the marks in documents."""
NONE = "*No result is shipped: `secondhalf equilibrium equilibrium.write=true` makes it.*\n"
DICTIONARY = "docs/data_dictionary.md, equilibrium"


def shipped() -> Path:
    """The folder of the shipped result."""
    return data_file("targets.yaml").parent / "equilibrium"


def store(folder: Path, place: Path) -> None:
    """Put a finished study's files and their description into a folder, which then holds nothing of an earlier one."""
    place.mkdir(exist_ok=True)
    tables = [f"{name}.csv" for name in STORED if (folder / f"{name}.csv").is_file()]
    for old in place.glob("*"):
        if old.is_file() and old.name != "README.md":
            old.unlink()
    for name in (*tables, *OTHERS):
        with replacing(place / name) as temporary:
            shutil.copyfile(folder / name, temporary)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    with replacing(place / "datapackage.json") as temporary:
        temporary.write_text(json.dumps(_package(place, tables, summary), indent=1) + "\n", encoding="utf-8")


def _package(place: Path, tables: list[str], summary: Mapping[str, Any]) -> dict[str, Any]:
    resources = [
        {
            "name": Path(name).stem,
            "path": name,
            "format": "csv",
            "encoding": "utf-8",
            "description": DICTIONARY,
            "schema": {"fields": _fields(place / name)},
        }
        for name in tables
    ]
    return {
        "name": "secondhalf-equilibrium",
        "title": "The second-half equilibrium: result of the default study",
        "secondhalf": __version__,
        "commit": summary["commit"],
        "plan": summary["plan"],
        "first_seed": summary["first_seed"],
        "members": summary["members"],
        "resources": [*resources, *({"name": Path(name).stem, "path": name} for name in OTHERS)],
    }


def _fields(path: Path) -> list[dict[str, str]]:
    kinds = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}
    return [
        {"name": str(name), "type": kinds.get(kind.kind, "string")} for name, kind in pd.read_csv(path).dtypes.items()
    ]


def in_documents(folder: Path) -> dict[str, str]:
    """What documents show between their marks, from the files of a study; a line instead where there are none."""
    if not (folder / "summary.json").is_file():
        return dict.fromkeys(DOCUMENT_TABLES, NONE)
    parts = (
        _short(folder),
        _answer(folder),
        _conditions(folder),
        _at_rest(folder),
        _welfare(folder),
        _mean_field(folder),
    )
    return dict(zip(DOCUMENT_TABLES, parts, strict=True))


def _short(folder: Path) -> str:
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return f"{summary['history']} {summary['found']}{_resting(_read(folder, 'at_rest'), summary['found'])}\n"


def _resting(table: pd.DataFrame, found: str) -> str:
    """Shares of GMV where the market rests under the profile that `found` names last, in a sentence; else nothing."""
    named = [profile for profile in (table["profile"].unique() if len(table) else []) if _names(profile) in found]
    if not named:
        return ""
    own = table[(table["profile"] == named[-1]) & (table["measure"] == "gmv_share")]
    shares = [
        f"{label(str(row['platform']))} {_points(row['rest'])} ({_points(row['low'])} to {_points(row['high'])})"
        for row in own.to_dict("records")
    ]
    return f" Its market comes to rest with these shares of GMV, in percent: {', '.join(shares)}."


def _names(profile: str) -> str:
    """A profile of a table with the platforms' names as texts have them."""
    pairs = (one.partition(" ") for one in profile.split(", "))
    return ", ".join(f"{label(name)} {bundle}" for name, _, bundle in pairs)


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _answer(folder: Path) -> str:
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    text = (folder / "equilibrium.md").read_text(encoding="utf-8").strip()
    commit = str(summary["commit"] or "unknown")[:10]
    size = f"{summary['users']:,} users and {summary['merchants']} merchants"
    return f"{text} ({summary['runs']} draws of profiles, {size}, commit {commit}.)\n"


def _conditions(folder: Path) -> str:
    table = _read(folder, "conditions")
    if table.empty:
        return NONE
    pivot: dict[str, dict[str, str]] = {}
    for row in table.to_dict("records"):
        head = f"{row['label']}: {row['profile']}" if row["label"] else row["profile"]
        pivot.setdefault(head, {})[row["condition"]] = f"{row['holds']}{_span(row, 'value')}"
    names = list(dict.fromkeys(table["condition"]))
    rows = [[head, *(own[name] for name in names)] for head, own in pivot.items()]
    statements = [
        f"{name}: {own}" for name, own in dict(zip(table["condition"], table["statement"], strict=True)).items()
    ]
    return _markdown(["profile", *names], rows) + "\n" + "; ".join(statements) + ".\n"


def _at_rest(folder: Path) -> str:
    table = _read(folder, "at_rest")
    if table.empty:
        return NONE
    rows = []
    for (platform, measure), own in table.groupby(["platform", "measure"], sort=False):
        first = own.iloc[0]
        name = "market" if platform == "market" else label(str(platform))
        last = _span(dict(first), "last_year", "last_year_low", "last_year_high").strip()
        rest = [_span(row, "rest").strip() for row in own.to_dict("records")]
        rows.append([name, str(measure).replace("_", " "), last, *rest])
    names = [
        f"at rest, {label_}: {profile}" for label_, profile in table[["label", "profile"]].drop_duplicates().to_numpy()
    ]
    return _markdown(["", "", "last year of the horizon, history", *names], rows)


def _welfare(folder: Path) -> str:
    table = _read(folder, "welfare")
    table = table[np.isfinite(table["against_nobody"]) & (table["label"] != "nobody enters")] if len(table) else table
    if table.empty:
        return NONE
    rows = [
        [
            row["label"],
            row["profile"],
            row["side"],
            *(_percent(row[k]) for k in ("against_nobody", "ratio_low", "ratio_high")),
        ]
        for row in table.to_dict("records")
    ]
    return _markdown(["", "profile", "side", "beside nobody's entering", "from", "to"], rows)


def _mean_field(folder: Path) -> str:
    """What the map gives beside a simulation, for the first profile, and how often both agree in all of them."""
    table = _read(folder, "meanfield")
    if table.empty:
        return NONE
    first = table[table["profile"] == table["profile"].iloc[0]]
    rows = [
        [label(row["platform"]), row["measure"], *(_three(row[k]) for k in ("map", "simulation", "tolerance"))]
        for row in first.to_dict("records")
    ]
    head = ["platform", "measure", "map", "simulation", "tolerance"]
    agreeing, profiles = int((table["agrees"] == "yes").sum()), table["profile"].nunique()
    said = f"Map and simulation agree in {agreeing} of {len(table)} such numbers of {profiles} profiles."
    return f"{_markdown(head, rows)}\nThe profile is {first['profile'].iloc[0]}. {said}\n"


def _read(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.csv"
    return pd.read_csv(path).fillna({"label": ""}) if path.is_file() else pd.DataFrame()


def _span(row: Mapping[Any, Any], value: str, low: str = "low", high: str = "high") -> str:
    """A number with its interval, where there is one."""
    if not np.isfinite(row[value]):
        return ""
    inside = f" ({_three(row[low])} to {_three(row[high])})" if np.isfinite([row[low], row[high]]).all() else ""
    return f" {_three(row[value])}{inside}"


def _three(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _percent(value: float) -> str:
    return f"{100 * value:+.1f} %".replace("-", "−") if np.isfinite(value) else "—"


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
