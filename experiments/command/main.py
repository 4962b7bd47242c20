"""Command `secondhalf STUDY [Hydra overrides]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from secondhalf.experiments.command.garbage_collection import collection_held_back
from secondhalf.experiments.command.studies import STUDIES, Study, find_study
from secondhalf.version import __version__

SWEEPS = ("-m", "--multirun")
"""Flags with which markets are run; what has another is only shown something."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point. Exit code 1 and one sentence for anything wrong with the settings or the run, 130 when stopped."""
    try:
        with collection_held_back(ends=arguments is None):
            _main(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:  # before a study has begun, which says more: imports, settings, compilation
        print("stopped", file=sys.stderr)
        raise SystemExit(130) from None


def _main(given: list[str]) -> None:
    if not given or any(word in ("--help", "-h") for word in given) or given[0] == "help":
        from secondhalf.experiments.command import help as words

        asked = STUDIES.get(given[0]) if given else None
        print(words.study_help(asked) if asked else words.command_help() if given else words.greeting(), end="")
        return
    if given and given[0] == "--version":
        print(__version__)
        return
    name = given.pop(0) if _is_word(given) else "run"
    study = find_study(name)
    if study is not None:
        given = as_settings(study, given)
    # Imported late: an answer above, or one to the shell, does not wait for what only a study needs.
    if any(word in ("--shell-completion", "-sc") for word in given):
        from secondhalf.experiments.command.completion import complete

        complete(given, STUDIES)
        return
    if study is not None and not any(word.startswith("-") and word not in SWEEPS for word in given):
        # First of all that is heavy: Mesa looks through every module that is there, and through the calls it is in.
        import mesa  # noqa: F401
    from secondhalf.conf.schema.base import SettingsError
    from secondhalf.experiments.command.environment import prepare_environment
    from secondhalf.experiments.execution.process_pool import exit_with_error

    try:
        prepare_environment()
    except SettingsError as error:
        exit_with_error(error)
    from secondhalf.experiments.command.dispatch import dispatch

    dispatch(name, given)


def _is_word(given: Sequence[str], folder: bool = False) -> bool:
    """Whether a word comes first that is neither a flag nor a setting; a `folder` that is there may look like one."""
    if not given or given[0].startswith("-"):
        return False
    return "=" not in given[0] or (folder and Path(given[0]).is_dir())


def as_settings(study: Study, given: list[str]) -> list[str]:
    """The words after a study's name, its positional word and its flags among them, as settings."""
    if study.positional and _is_word(given, folder=study.in_place):
        if study.second and _is_word(given[1:], folder=study.in_place):
            given[1] = f"{study.second}={_quoted(given[1])}"
        given[:1] = _in_place(study.positional, given[0]) if study.in_place else [f"{study.positional}={given[0]}"]
    words, found = iter(given), []
    lists: dict[str, list[str]] = {}
    for word in words:
        name, is_set, value = word.partition("=")
        setting = study.flags.get(name)
        if setting is None:
            found.append(word)
        elif setting.endswith("[]"):
            lists.setdefault(setting[:-2], []).append(_quoted(value if is_set else next(words, "")))
        else:
            found.append(f"{setting}={value if is_set else next(words, '')}")
    return [*found, *(f"{setting}=[{','.join(values)}]" for setting, values in lists.items())]


def _in_place(setting: str, folder: str) -> list[str]:
    """A folder as the setting that names it and as the place of the files, without files of Hydra's own."""
    return [f"{setting}={_quoted(folder)}", f"hydra.run.dir={_quoted(folder)}", "hydra.output_subdir=null"]


def _quoted(value: str) -> str:
    """A value that Hydra takes as one word."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
