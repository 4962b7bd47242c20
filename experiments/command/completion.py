"""Completion in a shell: Hydra's own (`-sc`), which knows groups, options and keys, with the studies before it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, suppress
from io import StringIO

import hydra

from secondhalf.experiments.command.overrides import open_overrides, parse_command_line


def complete(given: Sequence[str], studies: Iterable[str]) -> None:
    """Print the shell's function (`install=SHELL`), or answer it (`query=SHELL`)."""
    if not any(word.startswith("query=") for word in given):
        _ask_hydra(given)
        return
    line = os.environ.get("COMP_LINE", "")
    line = line[: int(os.environ.get("COMP_POINT") or len(line))]
    *before, typed = line.split(" ")[1:] or [""]  # after a blank, the word that is typed has no letter yet
    before = [word for word in before if word]
    if before and before[0] in studies:
        before = before[1:]
    elif not before:
        print("\n".join(name for name in studies if name.startswith(typed)))
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
