"""Registry of studies: name, settings, what checks and starts each, what it writes, and whether it resumes.

Command, completion, checks, sweeps and docs/studies.md read this table. Code is named by import path and loaded when a
study is called, so that `secondhalf --help` and completion import nothing heavy. A new study is a folder of
`experiments/` and one entry here (docs/extending.md has the recipe).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # pydantic and OmegaConf take a moment to load, which --help does not wait for
    from secondhalf.experiments.execution.settings import Options

PACKAGE = "secondhalf.experiments"
FINISHED_RUNS = "finished runs are in {folder}; the same command with hydra.run.dir={folder} goes on from there"


@dataclass(frozen=True)
class Study:
    """One study. Entries hold strings only, so that they can be sent to other processes.

    Attributes
    ----------
    name
        the word after `secondhalf`
    description
        one line, for `--help` and the documentation
    folder
        of its code below `experiments`; by default its name. `study.py` there has `start(request)`, which does the
        work, and may have `prepare(request)`, which refuses bad settings before any work with a `SettingsError`
    settings
        class of its options in the folder's `settings.py`; None when it has none
    writes
        files that it writes, the main one first; without any, the folder that Hydra made is removed before it starts
    resumes
        `folder`: the same command with the same folder goes on; `asked`: with `resume=true`; `no`: it begins anew
    left
        what is said after the keyboard stopped it; `{folder}` stands for the folder of its files
    extra
        group of optional dependencies that it needs, as in `pip install 'secondhalf[EXTRA]'`
    positional
        setting that a word after the name stands for: `secondhalf bench sweep`
    second
        setting that a second such word stands for
    in_place
        the positional word names the folder that the files go into
    flags
        words with dashes and the settings that they stand for; `NAME[]` is a list: its flag may come twice
    not_swept
        why it cannot be one of many runs (`-m`); empty when it can
    from_checkpoint
        it can go on from a file (`from_checkpoint=`)
    simulates
        it runs markets, whose stages a first command compiles before
    facts
        it is about reported facts: those of data/ alone, or of any market that has some (`market.facts`)
    code
        import path of the function that does the work, when it is not `start` of the folder's `study.py`
    """

    name: str
    description: str
    folder: str = ""
    settings: str | None = None
    writes: tuple[str, ...] = ()
    resumes: Literal["no", "folder", "asked"] = "no"
    left: str = ""
    extra: str | None = None
    positional: str | None = None
    second: str | None = None
    in_place: bool = False
    flags: Mapping[str, str] = field(default_factory=dict)
    not_swept: str = ""
    from_checkpoint: bool = False
    simulates: bool = True
    facts: Literal["", "shipped", "any"] = ""
    code: str = ""

    @property
    def package(self) -> str:
        """Package of its code."""
        return f"{PACKAGE}.{self.folder or self.name}"

    @property
    def group(self) -> str | None:
        """Group of conf/ that holds its options; named like the study."""
        return self.name if self.settings else None

    def options(self) -> type[Options] | None:
        """The class of its options."""
        if self.settings is None:
            return None
        found: type[Options] = getattr(import_module(f"{self.package}.settings"), self.settings)
        return found

    def prepare(self, request: Any) -> None:
        """Refuse bad settings before any work.

        Raises
        ------
        SettingsError, StudyError
            one sentence
        """
        if self.code:
            self._own()
            return
        check: Callable[[Any], object] | None = getattr(self._module(), "prepare", None)
        if check is not None:
            check(request)

    def start(self, request: Any) -> Any:
        """Do the work; what is returned is the value of the run in a sweep when it is a number."""
        return self._own()(request) if self.code else self._module().start(request)

    def _own(self) -> Any:
        """The function of a study of one's own."""
        from secondhalf.conf.schema.base import SettingsError
        from secondhalf.conf.schema.import_path import import_object

        try:
            return import_object(self.code)
        except ValueError as error:
            raise SettingsError(f"study={self.code}: {error}") from error

    def _module(self) -> Any:
        return import_module(f"{self.package}.study")


def _table(*studies: Study) -> dict[str, Study]:
    return {study.name: study for study in studies}


STUDIES: dict[str, Study] = _table(
    Study(
        "run",
        "simulate one market from the first day to the last; tables as CSV, summary as JSON (the default)",
        writes=("daily.csv", "market.csv", "monthly.csv", "moves.csv", "summary.json", "friends.graphml"),
        left="what was recorded is in {folder} as *.partial.csv",
        from_checkpoint=True,
    ),
    Study(
        "counterfactual",
        "effect of a scenario or strategy against the baseline: paired intervals under common random numbers",
        settings="Counterfactual",
        writes=("differences.csv", "runs.csv", "seeds.csv", "seeds.jsonl", "summary.json", "counterfactual.md"),
        resumes="folder",
        left=FINISHED_RUNS,
    ),
    Study(
        "launches",
        "what each launch of 2020 to 2024 did, by the fitted ensemble with it and without it: malls, links, subsidies",
        settings="Launches",
        facts="shipped",
        writes=("launches.csv", "split.csv", "nests.csv", "summary.json", "launches.md", "launches.jsonl"),
        resumes="folder",
        left=FINISHED_RUNS,
    ),
    Study(
        "questions",
        "the article's questions, each with a number, an interval and a sentence, over the fitted ensemble",
        settings="Questions",
        facts="shipped",
        writes=("questions.csv", "questions.md", "summary.json", "questions.jsonl"),
        resumes="folder",
        left=FINISHED_RUNS,
    ),
    Study(
        "calibrate",
        "fit the free parameters to facts reported until the end of 2024",
        settings="Calibrate",
        facts="any",
        writes=("calibration.json", "posterior.csv", "draws.csv", "covariance.csv", "misses.csv", "evaluations.jsonl"),
        resumes="folder",
        left=FINISHED_RUNS,
    ),
    Study(
        "validate",
        "compare the fitted model with facts, naive forecasts and patterns; forecast to the end of 2027",
        settings="Validate",
        facts="shipped",
        writes=(
            "targets.csv",
            "rolling.csv",
            "rulers.csv",
            "patterns.csv",
            "forecast.csv",
            "summary.json",
            "report.html",
        ),
        resumes="folder",
        left=FINISHED_RUNS,
    ),
    Study(
        "phases",
        "date on which the second half begins, over seeds, for the market and each platform",
        folder="second_half",
        settings="Phases",
        writes=("phases.csv", "phases_summary.csv", "phases_lags.csv", "phases.md", "phases.jsonl"),
        resumes="folder",
        left=FINISHED_RUNS,
    ),
    Study(
        "sensitivity",
        "sensitivity of results to parameters (Morris, Sobol, one at a time), networks, sizes, stage order",
        settings="Sensitivity",
        facts="shipped",
        writes=(
            "sensitivity.md",
            "morris.csv",
            "sobol.csv",
            "oat.csv",
            "robustness.csv",
            "replicates.csv",
            "runs.jsonl",
        ),
        resumes="folder",
        left=FINISHED_RUNS,
        extra="sensitivity",
    ),
    Study(
        "search",
        "optimise one metric over settings, with several seeds a trial, by Optuna",
        settings="Search",
        writes=("trials.csv", "results.csv", "runs.csv"),
        resumes="asked",
        extra="search",
    ),
    Study(
        "equilibrium",
        "solve the entry game: which strategy profiles are equilibria, with what confidence, and how they are reached",
        settings="Equilibrium",
        writes=("profiles.csv", "deviations.csv", "summary.json", "equilibrium.md", "report.html", "journal.jsonl"),
        resumes="folder",
        left=FINISHED_RUNS,
    ),
    Study(
        "pictures",
        "redraw the pictures of a finished run: pictures.of=FOLDER",
        folder="redraw",
        settings="Pictures",
        writes=("*.png", "*.svg"),
        simulates=False,
    ),
    Study(
        "browse",
        "show a running market in the browser, with interventions: --port N, --host H",
        folder="browser",
        settings="Browse",
        flags={"--port": "browse.port", "--host": "browse.host", "--allowed-host": "browse.allowed_hosts[]"},
        not_swept="one page at a time; each of its tabs has a market of its own",
        extra="browser",
    ),
    Study(
        "report",
        "write an HTML report of a run or a sweep: secondhalf report FOLDER; two runs compared: report FOLDER OTHER",
        settings="Report",
        writes=("report.html", "comparison.html"),
        positional="report.of",
        second="report.against",
        in_place=True,
        simulates=False,
    ),
    Study(
        "bench",
        "measure speed and memory against the plain oracle and the copy bandwidth; bench sweep: of many runs",
        settings="Bench",
        writes=("bench.csv", "bench.json"),
        positional="bench.what",
    ),
)
"""All studies by name, in the order of `--help`."""

SHARED = {
    "output": f"{PACKAGE}.execution.settings:Output",
    "launcher": f"{PACKAGE}.execution.settings:Launcher",
    "checkpoint": f"{PACKAGE}.run.settings:Checkpoint",
}
"""Groups of conf/ that several studies read, with the classes that check them."""


def find_study(name: str) -> Study | None:
    """A study by name, or one's own by the import path of its function (`module:name`); None when there is none."""
    if ":" in name:
        return Study(name, "a study of one's own", code=name, writes=("*",))
    return STUDIES.get(name)


def groups() -> tuple[str, ...]:
    """Names of the groups of conf/ that do not describe the market."""
    return (*SHARED, *(study.group for study in STUDIES.values() if study.group))


def option_classes() -> list[type[Options]]:
    """The class that checks each of `groups`."""
    found: list[type[Options]] = []
    for path in SHARED.values():
        module, _, name = path.partition(":")
        found.append(getattr(import_module(module), name))
    return found + [kind for study in STUDIES.values() if (kind := study.options()) is not None]


def as_markdown() -> str:
    """The table of docs/studies.md."""
    goes_on = {"no": "no", "folder": "same folder", "asked": "`resume=true`"}
    lines = ["| study | what it does | options | writes | resumes |", "|---|---|---|---|---|"]
    for study in STUDIES.values():
        options = f"`conf/{study.group}/`" if study.group else ""
        writes = ", ".join(f"`{name}`" for name in study.writes)
        lines.append(f"| `{study.name}` | {study.description} | {options} | {writes} | {goes_on[study.resumes]} |")
    return "\n".join(lines) + "\n"
