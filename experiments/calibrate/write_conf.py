"""Writing to conf/: values go into the files that hold them, each number in its place, everything else unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import yaml

from secondhalf.experiments.command.compose import CONFIG_MODULE

DIGITS = 4
"""Significant digits of what is written."""


def put_into_conf(values: Mapping[str, float], conf: Path | None = None) -> list[Path]:
    """Write values by setting (``platform.kuaishou.gamma``) into conf/; returns the files that changed.

    Raises
    ------
    KeyError
        for a setting that no file holds
    """
    folder = conf or Path(str(files(CONFIG_MODULE)))
    left = dict(values)
    changed = []
    for path in sorted(folder.glob("*/*.yaml")):
        text = path.read_text(encoding="utf-8")
        prefix = _package(path, text)
        found = {
            name: node
            for keys, node in _numbers(yaml.compose(text, Loader=yaml.SafeLoader))
            if (name := ".".join((*prefix, *keys))) in left
        }
        # From the end on, so that places before it stay true.
        for name, node in sorted(found.items(), key=lambda item: -item[1].start_mark.index):
            number = f"{left.pop(name):.{DIGITS}g}"
            number = number.replace("e", ".0e") if "e" in number and "." not in number else number  # YAML 1.1's floats
            text = text[: node.start_mark.index] + number + text[node.end_mark.index :]
        if found:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    if left:
        raise KeyError(f"no file of conf/ holds {', '.join(sorted(left))}")
    return changed


def _package(path: Path, text: str) -> tuple[str, ...]:
    """Where the file's content stands among the settings."""
    first = text.splitlines()[0] if text else ""
    if first.startswith("# @package "):
        return tuple(first.removeprefix("# @package ").strip().split("."))
    if path.parent.name == "strategy" and path.stem != "history":
        return ("", path.stem)  # another strategy's settings are not those of the default
    if path.parent.name == "scenario" and path.stem != "baseline":
        return ("", path.stem)
    return (path.parent.name,)


def _numbers(node: yaml.Node | None, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], yaml.ScalarNode]]:
    """Scalars with the keys that lead to them."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _numbers(value, (*keys, str(key.value)))
    elif isinstance(node, yaml.ScalarNode):
        yield keys, node
