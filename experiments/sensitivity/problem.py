"""Problem of a sensitivity analysis, checked before any work: settings, parameters, budget."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.parameters import Parameters, read_parameters
from secondhalf.experiments.facts.targets import sized
from secondhalf.experiments.sensitivity.budget import costs, smallest
from secondhalf.experiments.sensitivity.factors import Space, find_space
from secondhalf.experiments.sensitivity.robustness import Variant, variants
from secondhalf.experiments.sensitivity.settings import Sensitivity

TINY_PARAMETERS = 3
TINY_TOP = 1
TINY_RUNS = 92
"""Budget of a tiny variant: every part at its least."""


@dataclass(frozen=True)
class SensitivityProblem:
    """Everything that is varied, and the budget.

    Attributes
    ----------
    runs, minutes
        the budget; minutes count when runs is None
    tiny
        a few parameters only, in this process
    text
        all of it, for the hash by which a second call knows the study
    """

    space: Space
    variants: tuple[Variant, ...]
    parts: tuple[str, ...]
    top: int
    runs: int | None
    minutes: float
    tiny: bool
    text: str


def find_problem(settings: MarketSettings, options: Sensitivity) -> SensitivityProblem:
    """The question that checked settings and options ask.

    Raises
    ------
    SettingsError
        for a pattern that finds no parameter, a posterior that cannot be used, a budget too small for any part
    """
    tiny = settings.limits.users is not None
    base = sized(settings, options.users, options.merchants, settings.calendar.end, settings.seed)
    base = base.model_copy(update={"limits": settings.limits})  # its days are as few as those of any tiny run
    parameters = read_parameters(base, some=True).only(options.parameters, "sensitivity.parameters")
    if tiny:
        every = -(-len(parameters) // TINY_PARAMETERS)
        parameters = Parameters(parameters.all[::every])
    space = find_space(base, parameters, options.posterior)
    top = min(options.top, TINY_TOP) if tiny else options.top
    runs = min(options.runs or TINY_RUNS, TINY_RUNS) if tiny else options.runs
    others = tuple(variants(base, options.user_counts))
    small = sum(variant.changed != "users" for variant in others)
    fewest = smallest(costs(options.parts, len(parameters), top, small))
    if runs is not None and runs < fewest:
        raise SettingsError(f"sensitivity.runs={runs}: at least {fewest} are needed for {' or '.join(options.parts)}")
    posterior = Path(options.posterior).read_text(encoding="utf-8") if options.posterior else ""
    plain = options.model_dump_json(exclude={"workers", "documents", "write"})
    text = "\0".join([base.model_dump_json(), plain, repr(parameters), posterior])
    return SensitivityProblem(space, others, options.parts, top, runs, options.minutes, tiny, text)
