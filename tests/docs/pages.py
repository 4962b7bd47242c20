"""Pages whose commands and code are run by tests: their blocks in order, made tiny, in an empty folder."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from secondhalf.experiments.command import main

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = ("bash", "sh")
TINY = {
    "population.users": "150",
    "population.merchants": "20",
    "limits.days": "60",
    "output.progress": "never",
    "launcher.workers": "1",
}
STUDIES = {
    "run": {"output.pictures": "never"},
    "counterfactual": {
        "counterfactual.seeds": "2",
        "counterfactual.users": "150",
        "counterfactual.workers": "1",
        "output.formats": "[png]",
    },
    "phases": {"phases.seeds": "2", "phases.users": "150", "phases.workers": "1", "output.formats": "[png]"},
}
"""What takes the place of sizes in commands, by study."""


class Block(NamedTuple):
    """A block of code and its language."""

    language: str
    text: str


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """Blocks of a page, in order."""
    return [Block(*found) for found in BLOCK.findall(text)]


def commands(text: str) -> list[str]:
    """Commands of a page: of its blocks, and those set off by four blanks; lines that go on are joined."""
    fenced = "".join(block.text for block in blocks(text) if block.language in COMMAND)
    indented = "".join(line[4:] + "\n" for line in BLOCK.sub("", text).splitlines() if line.startswith("    "))
    joined = (fenced + indented).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.startswith("secondhalf ")]


def do(command: str, **values: str) -> None:
    """Run a command in miniature: sizes are replaced, all else is as it stands.

    Parameters
    ----------
    values
        settings that are given beside, `__` for a dot
    """
    program, study, *given = shlex.split(command, comments=True)
    assert program == "secondhalf"
    other = {name.replace("__", "."): value for name, value in values.items()}
    small = TINY | STUDIES.get(study, {}) | other
    kept = [word for word in given if word.partition("=")[0] not in small]
    main.main([study, *kept, *(f"{name}={value}" for name, value in small.items())])
