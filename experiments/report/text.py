"""Text of the report: how numbers, settings and commands are written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.html.blocks import Cell, Code, Column, Section, Table, Text
from secondhalf.experiments.html.write import HIDDEN
from secondhalf.experiments.run.checkpoints import defaults
from secondhalf.model.snapshots.resume import leaves

UNITS = ((1e9, " billion"), (1e6, " million"))


def number(value: Any) -> Cell:
    """A number in four digits, or a word as it is; what is missing is hidden."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is False or value == "":
        return Cell(HIDDEN, "")
    if isinstance(value, str):
        return Cell(value)
    return Cell(written(float(value)), repr(float(value)))


def written(value: float) -> str:
    """A number as people read it: millions and billions in words, else four digits."""
    for size, word in UNITS:
        if abs(value) >= size:
            return f"{value / size:,.4g}{word}"
    return f"{value:,.0f}" if abs(value) >= 1e4 or value == round(value) else f"{value:.4g}"


def share(value: float, signed: bool = False) -> Cell:
    """A share in per cent."""
    return Cell(f"{100 * value:{'+' if signed else ''}.1f} %", repr(value))


def settings_section(settings: Mapping[str, Any], besides: Iterable[str] = ()) -> Section:
    """Settings that differ from the default, then all of them, folded.

    Parameters
    ----------
    settings
        as in summary.json
    besides
        names of settings that are shown elsewhere
    """
    left_out = set(besides)
    usual = defaults()
    own = {name: value for name, value in leaves(dict(settings)) if not left_out & set(_groups(name))}
    differing = {name: value for name, value in own.items() if usual.get(name) != value}
    head = (Column("setting", width="whole"), Column("value", width="long"), Column("default", width="long"))
    rows = tuple((Cell(name), setting_cell(value), setting_cell(usual.get(name))) for name, value in differing.items())
    everything = tuple((Cell(name), setting_cell(value)) for name, value in own.items())
    caption = f"{len(rows)} settings that differ from the default of this version"
    blocks: list[Text | Table] = [Table("differing", caption, head, rows, folded=True)] if rows else []
    if not rows:
        blocks.append(Text(("Every setting is the default of this version.",), quiet=True))
    blocks.append(
        Table("settings-all", f"All {len(everything)} settings", head[:2], everything, find=True, folded=True)
    )
    return Section("settings", "Settings", blocks)


def _groups(name: str) -> list[str]:
    """A setting and the groups that it is in: a, a.b, a.b.c."""
    parts = name.split(".")
    return [".".join(parts[: size + 1]) for size in range(len(parts))]


def setting_cell(value: Any) -> Cell:
    """A setting's value; lists and mappings as JSON."""
    if value is None or isinstance(value, (dict, list)):
        return Cell(json.dumps(value, ensure_ascii=False))
    return Cell(f"{value:.6g}" if isinstance(value, float) else str(value), str(value))


def kept_words(path: Path, *keys: str) -> list[str] | None:
    """The words of a command line that Hydra kept in a YAML file, under `keys`; None without the file.

    Raises
    ------
    SettingsError
        when the file holds something else
    """
    if not path.is_file():
        return None
    try:
        # Nothing but lists, mappings and text: no tags, and no merging of mappings, which can grow without bound.
        found: Any = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        for key in keys:
            found = found[key]
    except (OSError, ValueError, KeyError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: no command line can be read there ({type(error).__name__})") from error
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise SettingsError(f"{path}: a list of words is needed, as Hydra keeps a command line")
    return found


def versions_section(summary: Mapping[str, Any], commands: Sequence[str], more: Sequence[Text | Code] = ()) -> Section:
    """The commands that give the same again, and what they need."""
    commit = summary.get("commit")
    rows = tuple((Cell(name), Cell(version)) for name, version in summary["versions"].items())
    at = f"git checkout {commit}" if commit else f"pip install secondhalf=={summary['versions']['secondhalf']}"
    blocks: list[Text | Code | Table] = [
        Text(("The same version and the same settings give the same numbers, on any number of threads.",)),
        Code((at, *commands)),
        *more,
        Table("versions", "Versions", (Column("package"), Column("version")), rows, folded=True),
    ]
    return Section("again", "How to make it again", blocks)
