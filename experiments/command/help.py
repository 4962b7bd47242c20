"""Help of the command: what it can do, and for each study its groups, their choices and the settings people change."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import yaml

from secondhalf.experiments.command.studies import STUDIES, Study
from secondhalf.version import __version__

GREETING = """\
Second Half {version}: a market of platforms that compete for attention, simulated day by day.

  secondhalf run                    simulate one market; takes about a minute
  secondhalf run --help             settings of a run; the same for every study
  secondhalf --help                 examples

Studies:
{studies}
"""
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
  secondhalf STUDY --help           groups, choices and settings of a study
  secondhalf run --cfg job          show every setting and its value
Settings are the keys of conf/config.yaml and its groups; files are written to hydra.run.dir=FOLDER.
"""
STUDY_HELP = """\
secondhalf {name} [setting=value ...]

{description}
{options}
Groups and their choices, the default in brackets (GROUP=CHOICE):
{groups}

Settings that people change most (SETTING=VALUE), with their defaults:
{settings}

Several values make a sweep: secondhalf run -m seed=0,1,2. All settings: secondhalf run --cfg job
"""
SETTINGS = {
    "seed": "of all random numbers",
    "population.users": "users of the sample",
    "population.merchants": "merchants of the sample",
    "calendar.start": "first day",
    "calendar.end": "last day",
    "platforms": "who competes",
    "strategies": "of single platforms: strategies.kuaishou=hold",
    "strategy.grades": "grades of the launches that happen; R is recalled",
    "scenario.moves": "moves of one's own: [{platform: kuaishou, capability: mall, change: open, date: 2021-10-15}]",
    "scenario.without": "launches that do not happen",
    "scenario.bans": "capabilities that nobody may have",
    "platform.kuaishou.take_rate": "commission, share of GMV; the same for every platform",
    "platform.kuaishou.ad_yield": "price of advertising, RMB an hour",
    "users.needs_per_day": "how much people shop",
    "network.mean_degree": "friends of a user",
    "output.pictures": "auto, always or never: pictures take longer than a small run",
    "output.formats": "png, svg, pdf",
    "checkpoint.every": "days between two checkpoints",
    "launcher.workers": "runs of a sweep at a time; null is one a core",
    "hydra.run.dir": "folder of the files",
}
"""The twenty settings people change most, and what they are."""
OWN = ("population", "calendar", "users", "merchants", "channels", "growth", "platform", "capability")
"""Groups with one choice, or with parts that are all used: nothing to choose from."""


def greeting() -> str:
    """What the bare command says."""
    return GREETING.format(version=__version__, studies=_studies())


def command_help() -> str:
    """Answer to `secondhalf --help`."""
    return HELP.format(studies=_studies())


def study_help(study: Study) -> str:
    """Answer to `secondhalf STUDY --help`."""
    options = ""
    if study.group:
        text = files("secondhalf.conf").joinpath(study.group, "default.yaml").read_text(encoding="utf-8")
        lines = "\n".join(f"  {line}" for line in text.rstrip().splitlines())
        options = f"\nIts own settings ({study.group}.SETTING=VALUE):\n{lines}\n"
    chosen = defaults()
    groups = [
        f"  {group:14} {listed([f'[{name}]' if name == chosen.get(group) else name for name in names], group)}"
        for group, names in choices().items()
    ]
    width = max(map(len, SETTINGS))
    settings = [f"  {name:{width}}  {_default(name):24}  {about}" for name, about in SETTINGS.items()]
    return STUDY_HELP.format(
        name=study.name,
        description=study.description,
        options=options,
        groups="\n".join(groups),
        settings="\n".join(line.rstrip() for line in settings),
    )


def listed(names: Sequence[str], group: str) -> str:
    """Choices of a group; scenarios a line each, with what they are."""
    if group != "scenario":
        return ", ".join(names)
    from secondhalf.model.data_files import choice_label  # imports the model, which the list of studies does without

    width = max(map(len, names))
    return f"\n{'':17}".join(f"{name:{width}}  {choice_label(group, name.strip('[]'))}" for name in names)


def choices() -> dict[str, list[str]]:
    """Groups of conf/ that have several choices, and their names."""
    found = {}
    for group, name in defaults().items():
        folder = files("secondhalf.conf").joinpath(group)
        names = sorted(path.name.removesuffix(".yaml") for path in folder.iterdir() if path.name.endswith(".yaml"))
        names = [one for one in names if one != "base"]
        if group not in OWN and (len(names) > 1 or name is None):
            found[group] = names
    return found


def defaults() -> dict[str, Any]:
    """What conf/config.yaml chooses in each group."""
    own = [entry for entry in _config()["defaults"] if isinstance(entry, dict)]
    return {group: name for entry in own for group, name in entry.items() if not group.startswith("override")}


def _studies() -> str:
    return "\n".join(f"  {name:14} {study.description}" for name, study in STUDIES.items())


def _config() -> Any:
    return yaml.safe_load(files("secondhalf.conf").joinpath("config.yaml").read_text(encoding="utf-8"))


def _default(setting: str) -> str:
    """A setting's default as it is written in conf/; nothing where only Hydra knows it."""
    group, *keys = setting.split(".")
    found: Any = _config()
    if keys and group in defaults():
        name = defaults()[group]
        if isinstance(name, list):
            name = keys.pop(0)
        found = {}
        for part in ("base", name):
            path = files("secondhalf.conf").joinpath(group, f"{part}.yaml")
            found |= yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    else:
        keys = [group, *keys]
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            return ""
        found = found[key]
    if isinstance(found, (list, dict)):
        return yaml.safe_dump(found, default_flow_style=True, width=1000).strip()
    return "null" if found is None else str(found)
