"""Completion in a shell: Hydra's own (`-sc`), which knows groups, options and keys, with the studies before it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, suppress
from importlib.resources import files
from io import StringIO
from pathlib import Path

import hydra

from secondhalf.experiments.command.overrides import open_overrides, parse_command_line

STRATEGIES = "strategies."
FOLDERS = {"report": ("summary.json", "runs.csv")}
"""Studies whose first word is a folder, and files that show that one is meant."""


def strategies(typed: str) -> list[str]:
    """Strategies of single platforms: a platform first, then what it may follow. Hydra knows an empty mapping only."""
    conf = files("secondhalf.conf")

    def names(group: str) -> list[str]:
        found = {path.name.removesuffix(".yaml") for path in conf.joinpath(group).iterdir() if ".yaml" in path.name}
        return sorted(found - {"base"})

    platform, chosen, _ = typed.removeprefix(STRATEGIES).partition("=")
    platforms = [f"{STRATEGIES}{name}" for name in names("platform")]
    proposed = [f"{STRATEGIES}{platform}={name}" for name in names("strategy")] if chosen else platforms
    return [f"{name}{'' if chosen else '='}" for name in proposed if name.startswith(typed)]


def folders(typed: str) -> list[str]:
    """Folders of runs and sweeps, and those on the way to them, that begin with what is typed."""
    parent = Path(typed) if typed.endswith("/") else Path(typed).parent
    if not parent.is_dir():
        return []
    start = "" if str(parent) == "." and not typed.startswith("./") else f"{str(parent).rstrip('/')}/"
    there = sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = [f"{start}{path.name}" + ("" if _finished(path) else "/") for path in there]
    return [name for name in found if name.startswith(typed)]


def _finished(folder: Path) -> bool:
    return any((folder / name).is_file() for names in FOLDERS.values() for name in names)


def complete(given: Sequence[str], studies: Iterable[str]) -> None:
    """Print the shell's function (`install=SHELL`), or answer it (`query=SHELL`)."""
    if not any(word.startswith("query=") for word in given):
        _ask_hydra(given)
        return
    line = os.environ.get("COMP_LINE", "")
    line = line[: int(os.environ.get("COMP_POINT") or len(line))]
    *before, typed = line.split(" ")[1:] or [""]  # after a blank, the word that is typed has no letter yet
    before = [word for word in before if word]
    study = before[0] if before and before[0] in studies else ""
    if study:
        before = before[1:]
    elif not before:
        print("\n".join(name for name in studies if name.startswith(typed)))
    there = folders(typed) if study in FOLDERS else []
    if there:
        print("\n".join(there))
        return
    if typed.startswith(STRATEGIES):
        print("\n".join(strategies(typed)))
        return
    words = parse_command_line(before)
    if words.config_dir == "":  # the folder itself is being typed: left to the shell
        return
    folder = [] if words.config_dir is None else ["--config-dir", words.config_dir]
    sweep = ["-m"] if words.sweep else []
    os.environ["COMP_LINE"] = " ".join(["secondhalf", *sweep, *open_overrides(words.overrides), typed])
    # What stands on the line so far may make no sense yet: then nothing is proposed, and nothing said.
    with redirect_stderr(StringIO()), suppress(Exception, SystemExit):
        _ask_hydra([*given, *folder])


def _ask_hydra(given: Sequence[str]) -> None:
    def job(config: object) -> None:
        """Never called: Hydra only completes."""

    sys.argv = [sys.argv[0], *given]
    hydra.main(version_base="1.3", config_path="pkg://secondhalf.conf", config_name="config")(job)()
