"""Report page of a run or a sweep, or of two runs beside each other (the study `report`)."""

from __future__ import annotations

from rich.console import Console

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.request import Request
from secondhalf.experiments.html.write import write_page
from secondhalf.experiments.report.figures import default_metrics, numeric
from secondhalf.experiments.report.run_page import page_of_run
from secondhalf.experiments.report.settings import Report
from secondhalf.experiments.report.sweep_page import page_of_sweep
from secondhalf.experiments.report.two_runs import TwoRuns, load_two
from secondhalf.experiments.report.two_runs_page import page_of_two
from secondhalf.experiments.results.load import Run, Sweep, load
from secondhalf.experiments.results.run_results import COMPARISON, REPORT


def prepare(request: Request[Report]) -> Run | Sweep | TwoRuns:
    """Read what is to be shown.

    Raises
    ------
    SettingsError
        when there is nothing that can be shown, a metric that the sweep does not have, or two folders that cannot be
        compared
    """
    options = request.options
    if options.of is None:
        raise SettingsError(
            "report.of=null: the folder of a run or of a sweep is needed, as in secondhalf report FOLDER"
        )
    found = load(options.of, "report.of=")
    if options.against is not None:
        return load_two(found, options.against)
    if isinstance(found, Sweep) and found.succeeded:
        known = numeric(found.results)
        for name in options.metrics:
            if name not in known:
                few = ", ".join(default_metrics(found.results) or known[:4])
                raise SettingsError(
                    f"report.metrics names {name!r}; results.csv has {len(known)} such columns, as {few}"
                )
    return found


def start(request: Request[Report]) -> int:
    """Write `report.html`, of two runs `comparison.html`, into the (first) folder; returns its size in bytes."""
    found, folder = prepare(request), request.folder
    if isinstance(found, TwoRuns):
        page = page_of_two(found)
    else:
        page = page_of_run(found) if isinstance(found, Run) else page_of_sweep(found, request.options.metrics)
    folder.mkdir(parents=True, exist_ok=True)
    path = write_page(page, folder / (COMPARISON if isinstance(found, TwoRuns) else REPORT))
    Console(stderr=True).print(f"{path}", soft_wrap=True, highlight=False)
    return path.stat().st_size
