"""The command: `secondhalf STUDY [Hydra overrides]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import secondhalf

STUDIES = {
    "run": "one market from the first day to the last; tables as CSV, summary as JSON (the default)",
    "counterfactual": "a scenario or a strategy against the baseline, on shared luck: what it changes, with intervals",
    "calibrate": "fit the free parameters to what was reported until the end of 2022; resumable",
    "validate": "the fitted model against facts, rulers and patterns, and its forecast to the end of 2025",
    "phases": "when the second half begins, over seeds, for the market and each platform",
    "sensitivity": "what results depend on: parameters (Morris, Sobol, one at a time), networks, sizes, stage order",
    "search": "settings that make one metric as large or as small as can be, over seeds, by Optuna",
    "equilibrium": "which profiles of crossing over are equilibria, how sure that is, and whether platforms reach one",
    "pictures": "draw the pictures of a finished run again: pictures.of=FOLDER",
    "browse": "a page in the browser, on which a market runs and can be changed: --port N, --host H",
    "report": "one HTML page about a run or a sweep, written into its folder: secondhalf report FOLDER",
    "bench": "measure speed and memory, against the plain oracle and the copy bandwidth; bench sweep: of many runs",
}
NAMED = {"bench": "bench.what"}
"""Settings that the word after a study stands for: `secondhalf bench sweep`."""
HELP = """\
secondhalf STUDY [setting=value ...] [Hydra flags]

Studies:
{studies}

Examples:
  secondhalf run
  secondhalf run strategy=hold population.users=5000 calendar.end=2022-12-31
  secondhalf run -m seed=0,1,2 strategy=history,hold
  secondhalf counterfactual scenario=NAME
  secondhalf report outputs/FOLDER
  secondhalf run --cfg job          show every setting and its value
Settings are the keys of conf/config.yaml and its groups; hydra.run.dir=FOLDER says where the files go.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point. Exit code 1 and one sentence for anything wrong with the settings or the run."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if any(word in ("--help", "-h") for word in given) or given[:1] == ["help"]:
        print(HELP.format(studies="\n".join(f"  {name:14} {what}" for name, what in STUDIES.items())))
        return
    if given and given[0] == "--version":
        print(secondhalf.__version__)
        return
    study = "run"
    if given and not given[0].startswith("-") and "=" not in given[0]:
        study = given.pop(0)
        if study in NAMED and given and not given[0].startswith("-") and "=" not in given[0]:
            given[0] = f"{NAMED[study]}={given[0]}"
    if study == "report" and given and not given[0].startswith("-") and "=" not in given[0]:
        given[:1] = _into_its_folder(given[0])
    if study == "browse":
        from secondhalf.experiments.command.overrides import flags

        given = flags(given)
    # Imported late: an answer above, or one to the shell, does not wait for what only a study needs.
    if any(word in ("--shell-completion", "-sc") for word in given):
        from secondhalf.experiments.command.completion import complete

        complete(given, STUDIES)
        return
    from secondhalf.experiments.command.dispatch import start

    start(study, given, STUDIES)


def _into_its_folder(folder: str) -> list[str]:
    """`report FOLDER` as settings: what is shown, and that the page goes there without files of Hydra's own."""
    quoted = "'" + folder.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return [f"report.of={quoted}", f"hydra.run.dir={quoted}", "hydra.output_subdir=null"]
