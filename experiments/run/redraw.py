"""The study `pictures`: the pictures of a finished run, drawn again from its files."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.options import Output, Pictures
from secondhalf.experiments.pictures import by_path
from secondhalf.experiments.results.run_results import read_results
from secondhalf.experiments.run.study import draw


def redraw(options: Pictures, output: Output, folder: Path) -> int:
    """Draw into `folder` what the run in `options.of` left behind; returns the number of files drawn.

    Raises
    ------
    SettingsError
        when `options.of` is no folder of a finished run, or `options.only` names no picture
    """
    if options.of is None:
        raise SettingsError("pictures.of=null: the folder of a finished run is needed")
    known = by_path(output.own_pictures)
    for name in options.only:
        if name not in known:
            raise SettingsError(f"pictures.only names {name!r}; known are {', '.join(known)}")
    folder.mkdir(parents=True, exist_ok=True)
    return draw(read_results(Path(options.of)), folder, output, Console(stderr=True), options.only)
