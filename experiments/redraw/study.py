"""Drawing of the pictures of a finished run again, from its files: the study `pictures`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.request import Request
from secondhalf.experiments.pictures import by_path
from secondhalf.experiments.redraw.settings import Pictures
from secondhalf.experiments.results.run_results import Results, read_results
from secondhalf.experiments.run.study import draw


def prepare(request: Request[Pictures]) -> Results:
    """Read the run that is to be drawn.

    Raises
    ------
    SettingsError
        when `pictures.of` is no folder of a finished run, or `pictures.only` names no picture
    """
    if request.options.of is None:
        raise SettingsError("pictures.of=null: the folder of a finished run is needed")
    known = by_path(request.output.own_pictures)
    for name in request.options.only:
        if name not in known:
            raise SettingsError(f"pictures.only names {name!r}; known are {', '.join(known)}")
    return read_results(Path(request.options.of))


def start(request: Request[Pictures]) -> int:
    """Draw into the folder what a run left behind; returns the number of files drawn."""
    results = prepare(request)
    request.folder.mkdir(parents=True, exist_ok=True)
    return draw(results, request.folder, request.output, Console(stderr=True), request.options.only)
