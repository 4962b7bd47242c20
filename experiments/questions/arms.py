"""Arms of the study, checked before any work: history, and one market a question in which one thing is different."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from omegaconf import DictConfig

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.scenario import Scenario
from secondhalf.experiments.calibrate.fitted_members import FittedMembers, find_members
from secondhalf.experiments.command.compose import compose_config, market_settings, overrides_of
from secondhalf.experiments.command.request import Request
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.experiments.facts.targets import sized
from secondhalf.experiments.questions.settings import Questions
from secondhalf.model.initial_state import strategies
from secondhalf.model.snapshots.branch import first_difference

ORDER, WATER, MIX, LINKS, EXCLUSIVITY, CROSSING = "order", "water", "mix", "links", "exclusivity", "crossing"
QUESTIONS = (ORDER, WATER, MIX, LINKS, EXCLUSIVITY, CROSSING)
"""All questions, in the order of the answers."""
SCENARIOS = {ORDER: "kuaishou_first", LINKS: "links_stay_open", EXCLUSIVITY: "no_exclusivity_ban"}
"""Files of conf/scenario that a question compares with history."""
NOBODY = "nobody_crosses"
"""The scenario whose rules, for one platform alone, are the arm in which that platform does not cross."""
TINY = 2
"""Members, and seeds, of a tiny variant."""


class QuestionArm(NamedTuple):
    """A market in which one thing is different: by scenario, of a question, for a platform where it is about one."""

    name: str
    question: str
    scenario: Scenario
    platform: str = ""


class Job(NamedTuple):
    """A member's history under a seed, and the arms that branch off it."""

    key: str
    settings: MarketSettings
    arms: tuple[QuestionArm, ...]


@dataclass(frozen=True)
class QuestionsPlan:
    """What is run.

    Attributes
    ----------
    settings
        of history, with the study's size
    arms
        that differ from history within the run
    absent
        names of those that do not: what they take away does not happen
    branch_dates
        first day on which each arm can differ, by name
    """

    settings: MarketSettings
    members: FittedMembers
    seeds: tuple[int, ...]
    arms: tuple[QuestionArm, ...]
    absent: tuple[str, ...]
    branch_dates: dict[str, str]

    @property
    def year(self) -> int:
        """The year that answers are about: the last one with facts that the run has in full."""
        return max(year for year in whole_years(self.settings) if year <= self.settings.calendar.last_fact.year)

    def jobs(self) -> Iterator[tuple[int, int, Job]]:
        """All runs with number of the member and seed; the key of each says what it is a result of."""
        network = self.settings.network
        of_file = Path(str(network.file)).read_bytes() if network.kind == "file" else b""
        launches = repr([strategy.launches for strategy in strategies(self.settings)])
        arms = repr([(arm.name, arm.scenario.model_dump_json()) for arm in self.arms])
        for number in range(len(self.members)):
            for seed in self.seeds:
                own = self.members.put(self.settings, number).model_copy(update={"seed": seed})
                key = identity(own.model_dump_json(), arms, launches, of_file)
                yield number, seed, Job(f"{number} {seed} {key}", own, self.arms)


def whole_years(settings: MarketSettings) -> list[int]:
    """Calendar years that a run has in full."""
    start, end = settings.calendar.start, settings.calendar.end
    first = start.year + (start > dt.date(start.year, 1, 1))
    return list(range(first, end.year + (end == dt.date(end.year, 12, 31))))


def with_scenario(settings: MarketSettings, arm: QuestionArm) -> MarketSettings:
    """The settings of an arm."""
    return settings.model_copy(update={"scenario": arm.scenario})


def make_plan(request: Request[Questions]) -> QuestionsPlan:
    """The plan of a command.

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed
    """
    options, plain = request.options, _whole(request.config)
    _check(plain)
    tiny = plain.limits.users is not None
    members, count = (TINY, TINY) if tiny else (options.members, options.seeds)
    if plain.seed + count > 2**63:
        raise SettingsError(f"seed={plain.seed}: allowed are seeds below 2**63, also for the last of questions.seeds")
    settings = sized(plain, options.users, options.merchants, plain.calendar.end, plain.seed)
    if len([year for year in whole_years(settings) if year <= settings.calendar.last_fact.year]) < 2:
        raise SettingsError(
            f"calendar.end={settings.calendar.end}: the questions compare calendar years up to calendar.last_fact, and "
            f"two whole ones from calendar.start={settings.calendar.start} on are needed"
        )
    given, search = overrides_of(request.config)
    words = [word for word in given if not word.lstrip("+~").startswith("scenario=")]

    def scenario(name: str) -> Scenario:
        return market_settings(compose_config([*words, f"scenario={name}", *search])).scenario

    wanted = [QuestionArm(name, question, scenario(name)) for question, name in SCENARIOS.items()]
    wanted += _one_stays(settings, scenario(NOBODY))
    days = {arm.name: first_difference(settings, with_scenario(settings, arm)) for arm in wanted}
    start = settings.calendar.start
    return QuestionsPlan(
        settings,
        find_members((settings,), options.calibration, members, "questions"),
        tuple(range(plain.seed, plain.seed + count)),
        tuple(arm for arm in wanted if days[arm.name] is not None),
        tuple(arm.name for arm in wanted if days[arm.name] is None),
        {name: (start + dt.timedelta(days=day)).isoformat() for name, day in days.items() if day is not None},
    )


def _whole(config: DictConfig) -> MarketSettings:
    """The settings with all their days: the questions are about years, also of a tiny variant."""
    config = copy.deepcopy(config)
    config.limits.days = None
    return market_settings(config)


def _check(settings: MarketSettings) -> None:
    """Refuse a command that has a change of its own: the questions bring theirs."""
    if settings.scenario.name != "baseline":
        raise SettingsError(
            f"scenario={settings.scenario.name}: the questions compare history with scenarios of their own; allowed is "
            "scenario=baseline (secondhalf counterfactual compares any)"
        )
    for platform in settings.competing:
        name = settings.strategy_of(platform).name
        if name != "history":
            raise SettingsError(
                f"strategies.{platform}={name}: the questions are about history; allowed is strategy=history"
            )


def _one_stays(settings: MarketSettings, nobody: Scenario) -> list[QuestionArm]:
    """An arm a platform: its launches in the other line of business do not happen, the others' do."""
    found = []
    for strategy in strategies(settings):
        own, launched = strategy.platform, {launch.capability for launch in strategy.launches}
        kind = settings.platform[own].kind
        without = [
            rule.model_copy(update={"platform": own})
            for rule in nobody.without
            if rule.platform in (kind, own) and rule.capability in launched
        ]
        name = f"{own}_does_not_cross"
        found.append(
            QuestionArm(name, CROSSING, settings.scenario.model_copy(update={"name": name, "without": without}), own)
        )
    return found
