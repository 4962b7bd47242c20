"""LaunchPlan of the study, checked before any work: members' settings, seeds, what is taken away, and all runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.calibration_files import Calibration, read_calibration
from secondhalf.experiments.calibrate.parameters import read_parameters
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.experiments.facts.targets import sized
from secondhalf.experiments.launches.catalogue import Item, catalogue, history
from secondhalf.experiments.launches.runs import Job
from secondhalf.experiments.launches.settings import Launches

FITTED = "fitted"
"""The nest of the members' own parameters."""
TINY = 2
"""Members, seeds and malls of a tiny variant."""


@dataclass(frozen=True)
class LaunchPlan:
    """What is run.

    Attributes
    ----------
    settings
        of the command, with the study's size and last day
    members
        settings of the ensemble's members
    malls
        what is measured again under other nests
    nests
        by name, settings of the members that are run again
    late
        names of what the last day leaves too few days for
    """

    settings: MarketSettings
    calibration: Calibration
    members: tuple[MarketSettings, ...]
    seeds: tuple[int, ...]
    items: tuple[Item, ...]
    malls: tuple[Item, ...]
    nests: dict[str, tuple[MarketSettings, ...]]
    late: tuple[str, ...]

    def items_of(self, nest: str) -> tuple[Item, ...]:
        """What is taken away in the runs of a nest."""
        return self.items if nest == FITTED else self.malls

    def jobs(self) -> Iterator[tuple[str, int, int, Job]]:
        """All runs with nest, number of the member and seed; the key of each says what it is a result of."""
        same = [repr(history(self.settings))]
        network = self.settings.network
        of_file = Path(str(network.file)).read_bytes() if network.kind == "file" else b""
        for nest, members in {FITTED: self.members, **self.nests}.items():
            items = self.items_of(nest)
            for number, member in enumerate(members):
                for seed in self.seeds:
                    own = member.model_copy(update={"seed": seed})
                    key = identity(own.model_dump_json(), repr(items), *same, of_file)
                    yield nest, number, seed, Job(f"{nest} {number} {seed} {key}", own, items)


def make_plan(settings: MarketSettings, options: Launches) -> LaunchPlan:
    """The plan of a command.

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed
    """
    tiny = settings.limits.users is not None
    members, seeds, again = options.members, options.seeds, options.nests.members
    if tiny:
        members, seeds, again = TINY, TINY, min(again, TINY)
    elif again > members:
        raise SettingsError(f"launches.nests.members={again}: allowed are at most launches.members={members}")
    last = settings.calendar.last_fact
    until = options.until or last
    if until > last:
        raise SettingsError(
            f"launches.until={until}: allowed are dates up to calendar.last_fact={last}; later launches do not happen"
        )
    if until < settings.calendar.start:
        raise SettingsError(
            f"launches.until={until}: allowed are dates from calendar.start={settings.calendar.start} on"
        )
    if settings.seed + seeds > 2**63:
        raise SettingsError(f"seed={settings.seed}: allowed are seeds below 2**63, also for the last of launches.seeds")
    plain = sized(settings, options.users, options.merchants, until, settings.seed)
    items, late = catalogue(plain, options)
    if tiny and not options.only:
        items = [item for item in items if item.of_a_mall][:TINY] or items[:TINY]
    fitted = read_calibration(options.calibration, read_parameters(plain), "launches.calibration")
    if members > len(fitted.members):
        raise SettingsError(
            f"launches.members={members}: launches.calibration={options.calibration} has {len(fitted.members)}, and "
            "allowed are at most so many"
        )
    made = [fitted.parameters.put(plain, fitted.parameters.values(scores)) for scores in fitted.members[:members]]
    malls = tuple(item for item in items if item.of_a_mall)
    values = options.nests.values[: 1 if tiny else None] if malls and again else ()
    nests = {f"{value:g}": tuple(with_nest(member, value) for member in made[:again]) for value in values}
    ones = tuple(range(settings.seed, settings.seed + seeds))
    return LaunchPlan(plain, fitted, tuple(made), ones, tuple(items), malls, nests, tuple(late))


def with_nest(settings: MarketSettings, value: float) -> MarketSettings:
    """The settings with another dissimilarity of channels; that of platforms is raised to it where it is lower."""
    own = settings.users
    users = own.model_copy(update={"channel_nest": value, "platform_nest": max(own.platform_nest, value)})
    return settings.model_copy(update={"users": users})


def mean_nests(members: Sequence[MarketSettings]) -> tuple[float, float]:
    """Means of users.channel_nest and users.platform_nest over members."""
    own = [member.users for member in members]
    return (
        sum(users.channel_nest for users in own) / len(own),
        sum(users.platform_nest for users in own) / len(own),
    )
