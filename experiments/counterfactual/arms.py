"""Arms of a comparison: the settings of the command, and those of the baseline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from omegaconf import DictConfig, OmegaConf

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.fitted_members import FittedMembers, find_members
from secondhalf.experiments.command.compose import compose_config, market_settings, options, overrides_of
from secondhalf.experiments.counterfactual.settings import Counterfactual
from secondhalf.model.snapshots.branch import first_difference

ARMS = ("baseline", "alternative")
TAKEN_BACK = (("scenario",), ("strategy", "strategies", "objective", "objectives"))
"""What the baseline does without, unless `counterfactual` says more: the first of these groups that is set."""
TINY = 2
"""Members, and seeds, of a tiny variant."""


@dataclass(frozen=True)
class Arms:
    """Settings of the two arms, and in words what tells them apart."""

    baseline: MarketSettings
    alternative: MarketSettings
    baseline_words: str
    alternative_words: str
    members: FittedMembers | None = None
    """None where both are run with their own parameters"""

    def of(self, member: int, seed: int) -> tuple[MarketSettings, MarketSettings]:
        """Baseline and alternative with a member's parameters under a seed."""
        arms = (self.baseline, self.alternative)
        own = arms if self.members is None else [self.members.put(arm, member) for arm in arms]
        one, other = (arm.model_copy(update={"seed": seed}) for arm in own)
        return one, other

    @cached_property
    def branch_day(self) -> int | None:
        """First day on which the two can differ; 0 when they share none, None when they share all."""
        return first_difference(self.baseline, self.alternative)

    @property
    def branch_date(self) -> str | None:
        """The first day on which they can differ, as a date."""
        day = self.branch_day
        if day is None:
            return None
        return (self.baseline.calendar.start + dt.timedelta(days=day)).isoformat()


def find_arms(config: DictConfig) -> Arms:
    """The arms of a composed configuration.

    Raises
    ------
    SettingsError
        one sentence, when a setting is refused, or when nothing differs between the two
    """
    asked = options(Counterfactual, config)
    given, search = overrides_of(config)
    words = [word for word in given if not _key(word).startswith("counterfactual")]
    if asked.with_ or asked.against:
        changed = [*asked.with_, *asked.against]
        without, beside = [*words, *asked.against], [*words, *asked.with_]
    else:
        group = next((g for g in TAKEN_BACK if any(_group(word) in g for word in words)), ())
        changed = [word for word in words if _group(word) in group]
        without, beside = [word for word in words if word not in changed], words
    plain, other = compose_config([*without, *search]), compose_config([*beside, *search])
    keys = list(dict.fromkeys(map(_key, changed)))
    one, beside_one = _sized(market_settings(plain), asked), _sized(market_settings(other), asked)
    arms = Arms(one, beside_one, _said(plain, keys), _said(other, keys))
    _check(arms)
    if not asked.ensemble:
        return arms
    count = asked.members if one.limits.users is None else TINY
    return replace(arms, members=find_members((one, beside_one), asked.calibration, count, "counterfactual"))


def seeds_of(arms: Arms, asked: Counterfactual) -> list[int]:
    """The seeds to compare under, the same of every member; two in a tiny variant."""
    count = asked.seeds if arms.baseline.limits.users is None else TINY
    first = arms.baseline.seed
    if first + count > 2**63:
        raise SettingsError(f"seed={first}: allowed are seeds below 2**63, also for the last of counterfactual.seeds")
    return list(range(first, first + count))


def _check(arms: Arms) -> None:
    one, other = arms.baseline, arms.alternative
    fields = set(MarketSettings.model_fields)
    if all(getattr(one, name) == getattr(other, name) for name in fields):
        raise SettingsError(
            "counterfactual: nothing differs between the baseline and the alternative; name a scenario or a strategy, "
            "or say what does in counterfactual.with"
        )
    if one.seed != other.seed or one.calendar.start != other.calendar.start or one.calendar.end != other.calendar.end:
        raise SettingsError("counterfactual: the two need the same seed, calendar.start and calendar.end")
    if arms.branch_day is None and one.limits.days is None:
        raise SettingsError(
            f"calendar.end={one.calendar.end}: nothing differs between the baseline and the alternative until then"
        )


def _sized(settings: MarketSettings, asked: Counterfactual) -> MarketSettings:
    users = min(asked.users, settings.limits.users or asked.users)
    return settings.model_copy(update={"population": settings.population.model_copy(update={"users": users})})


def _key(word: str) -> str:
    return word.lstrip("+~").partition("=")[0]


def _group(word: str) -> str:
    return _key(word).partition(".")[0].partition("@")[0]


def _said(config: DictConfig, keys: Sequence[str]) -> str:
    """What a configuration has under some keys, as on a command line."""
    said = []
    for key in keys:
        value = config.hydra.runtime.choices.get(key)
        if value is None:
            value = OmegaConf.select(config, key)
        if value is None and _group(key) in ("strategies", "objectives"):  # the platform follows the others
            value = config.strategy.name if _group(key) == "strategies" else config.objective.goal
        if value is None or isinstance(value, str | int | float):
            said.append(f"{key}={'null' if value is None else value}")
        else:
            said.append(f"{key}=...")
    return " ".join(said)
