"""Plan of the study: its procedure, written down before the first run and held to afterwards.

The committed plan is the settings group conf/equilibrium. What a command changes in it is a departure, which the
result names; what changes once runs exist in the folder is refused, because a procedure that was chosen after looking
at runs does not hold its level.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import compose_config, options
from secondhalf.experiments.equilibrium.problem import EquilibriumProblem
from secondhalf.experiments.equilibrium.settings import Equilibrium
from secondhalf.experiments.results.tables import replacing

PLAN = "plan.yaml"
FREE = ("workers", "documents", "write")
"""Settings that are no part of the procedure."""
METHOD = {
    "draws": "a member of the ensemble under seeds of its own; without an ensemble a seed",
    "looks": "first_draws, then twice as many of what is undecided, up to most_draws or the end of the budget",
    "correlations": "shrunk towards a common one in each group of gains, none between (Schaefer and Strimmer 2005)",
    "intervals": "simultaneous (sup-t), by a multiplier bootstrap over draws; the intervals of all looks hold at once",
}
"""What the program does and no setting changes."""


class GamePlan(NamedTuple):
    """A plan that was written down.

    Attributes
    ----------
    hash
        of its text
    departures
        settings in which it is not the committed one
    late
        whether runs were in the folder before it
    """

    hash: str
    departures: tuple[str, ...]
    late: bool


def plan_text(problem: EquilibriumProblem) -> str:
    """The plan of a problem, as YAML."""
    own = problem.options.model_dump(mode="json", exclude=set(FREE))
    own["players"], own["first_seed"] = list(problem.game.players), problem.draws.first
    own["members"] = None if problem.members is None else len(problem.members)
    return str(yaml.safe_dump({"procedure": own, "method": METHOD}, sort_keys=False, allow_unicode=True))


def keep_plan(problem: EquilibriumProblem, folder: Path, runs: bool) -> GamePlan:
    """Write the plan into the folder, or hold the command to the one that is there.

    Parameters
    ----------
    runs
        whether the folder has finished runs

    Raises
    ------
    SettingsError
        naming what differs from the plan of the runs in the folder
    """
    path, text = folder / PLAN, plan_text(problem)
    stored = path.read_text(encoding="utf-8") if path.is_file() else None
    late = runs and stored is None
    if stored is not None and runs:
        head, _, body = stored.partition("\n")
        late = head == _head(True)
        if body != text:
            raise SettingsError(
                f"hydra.run.dir={folder}: its runs were made under another {PLAN} ({_difference(body, text)}); the "
                "plan may not change once there are runs: go back to it, or name another folder and further seeds"
            )
    else:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(f"{_head(late)}\n{text}", encoding="utf-8")
    return GamePlan(hashlib.blake2b(text.encode(), digest_size=6).hexdigest(), _departures(problem), late)


def _head(late: bool) -> str:
    return "# Written after runs: their level is nominal." if late else "# Written before the first run."


def _departures(problem: EquilibriumProblem) -> tuple[str, ...]:
    committed = options(Equilibrium, compose_config([])).model_dump(mode="json", exclude=set(FREE))
    own = problem.options.model_dump(mode="json", exclude=set(FREE))
    return tuple(f"{name}={_short(own[name])}" for name in own if own[name] != committed[name])


def _difference(stored: str, text: str) -> str:
    """Where two plans differ, setting by setting."""
    try:
        before = yaml.safe_load(stored)["procedure"]
    except (yaml.YAMLError, TypeError, KeyError):
        return "which cannot be read"
    now = yaml.safe_load(text)["procedure"]
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return (
        ", ".join(f"{n} was {_short(before.get(n))} and is {_short(now.get(n))}" for n in names) or "of another method"
    )


def _short(value: Any) -> str:
    return str(yaml.safe_dump(value, default_flow_style=True, width=10_000)).removesuffix("\n").removesuffix("\n...")
