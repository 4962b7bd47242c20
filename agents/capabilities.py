"""Capabilities of platforms: presence, growth, and each platform's belief about its skill.

A capability's *presence* is maturity x exposure x prominence. Maturity climbs a logistic curve to the platform's skill;
the skill itself is hidden from the platform, which holds a belief and learns from what it sees.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.axes import Axes, add_platform, empty
from secondhalf.conf.schema.platforms import CapabilitySettings, PlatformSettings
from secondhalf.numba_cache import compile_cached

Array = NDArray[np.float64]

SEED_MATURITY = 0.05
"""Share of its skill that a capability has on the day it is launched."""
SIGNAL_SD = 0.3
"""Standard deviation of a quarter's signal about log skill, at full presence."""


class CapabilityTable:
    """State of all capabilities on all platforms, [platform, capability].

    Parameters
    ----------
    platforms, catalogue
        settings by name; the order of the names is the order of the rows and columns
    normals
        standard normal numbers [platform, capability] that fix the hidden skills
    prominence
        visibility of each entrance
    ramps
        without ramps a launch is at full skill at once
    """

    maturity: Annotated[Array, Axes("PK")]  # climbs to the skill
    exposure: Annotated[Array, Axes("PK")]  # share of the users who see it
    prominence: Annotated[Array, Axes("PK")]  # of its entrance
    skill: Annotated[Array, Axes("PK")]  # what it can become; hidden from the platform
    believed: Annotated[Array, Axes("PK")]  # mean of the platform's belief about log skill
    doubt: Annotated[Array, Axes("PK")]  # its standard deviation

    def __init__(
        self,
        platforms: Sequence[PlatformSettings],
        catalogue: Mapping[str, CapabilitySettings],
        normals: NDArray[np.float64],
        prominence: Mapping[str, float],
        ramps: bool,
    ) -> None:
        self.names = list(catalogue)
        self.column = {name: k for k, name in enumerate(self.names)}
        self.catalogue = catalogue
        self.entrances = prominence
        vars(self).update(empty(CapabilityTable, P=len(platforms), K=len(self.names)))
        self.entrance: list[list[str]] = [[catalogue[name].entrance for name in self.names] for _ in platforms]
        step = np.array([math.expm1(2 * math.log(19) / c.ramp_days) if ramps else np.inf for c in catalogue.values()])
        self._step = step
        self._cost = np.array([capability.running_cost for capability in catalogue.values()])
        for p, platform in enumerate(platforms):
            for k, name in enumerate(self.names):
                self._start(p, k, platform, catalogue[name], float(normals[p, k]))

    def add(self, platform: PlatformSettings, normals: NDArray[np.float64]) -> None:
        """One platform more, as its file has it; `normals` holds standard normal numbers [capability]."""
        add_platform(self)
        self.entrance.append([capability.entrance for capability in self.catalogue.values()])
        for k, capability in enumerate(self.catalogue.values()):
            self._start(len(self.entrance) - 1, k, platform, capability, float(normals[k]))

    def _start(
        self, p: int, k: int, platform: PlatformSettings, capability: CapabilitySettings, normals: float
    ) -> None:
        mean = platform.skill.get(self.names[k], capability.skill.get(platform.kind, 1.0))
        opened = platform.open_at_start.get(self.names[k])
        self.believed[p, k] = math.log(mean)
        self.doubt[p, k] = capability.skill_sd
        self.skill[p, k] = mean * math.exp(capability.skill_sd * normals)
        if opened is not None:
            if opened.maturity >= mean:  # long established: its skill is known
                self.skill[p, k], self.doubt[p, k] = opened.maturity, 0.0
                self.believed[p, k] = math.log(opened.maturity) if opened.maturity > 0 else self.believed[p, k]
            self.maturity[p, k] = min(opened.maturity, self.skill[p, k])
            self.exposure[p, k] = opened.exposure
            self.entrance[p][k] = opened.entrance or self.entrance[p][k]
        self.prominence[p, k] = self.entrances[self.entrance[p][k]]

    @property
    def presence(self) -> NDArray[np.float64]:
        """What users meet of each capability, [platform, capability]."""
        return self.maturity * self.exposure * self.prominence

    def advance(self) -> None:
        """One day of growth along ``dm/dt = r m (1 - m / skill)``, solved exactly over the day.

        ``r = 2 ln 19 / ramp_days``: from 5 % to 95 % of skill in `ramp_days`.
        """
        _grow(self.maturity, self.exposure, self.skill, self._step)

    def running_cost(self) -> Array:
        """Cost of keeping today's pools open, RMB, [platform]; price cuts cost what they take off what is sold."""
        cost = np.add.accumulate(self._cost * (self.maturity * self.exposure), axis=1)  # capability after capability
        return np.asarray(cost[:, -1])

    def change(self, p: int, name: str, change: str, entrance: str | None, share: float | None = None) -> None:
        """Test, open (to a `share` of the users), strengthen, restrict, close or restore a capability."""
        k = self.column[name]
        capability = self.catalogue[name]
        if change in ("test", "open", "strengthen"):
            self.maturity[p, k] = max(self.maturity[p, k], SEED_MATURITY * self.skill[p, k])
        if change == "test":
            self.exposure[p, k] = max(self.exposure[p, k], capability.test_share)
        elif change in ("open", "restore"):
            self.exposure[p, k] = 1.0 if share is None else share
        elif change == "strengthen":
            self.exposure[p, k] = 1.0
            self.skill[p, k] *= 1 + capability.strengthen
            self.believed[p, k] += math.log1p(capability.strengthen)
        elif change == "restrict":
            self.exposure[p, k] *= 1 - capability.restricted_share
        elif change == "close":
            self.exposure[p, k] = 0.0
        else:
            raise ValueError(f"unknown change {change!r} of {name}")
        if entrance:
            self.entrance[p][k] = entrance
            self.prominence[p, k] = self.entrances[entrance]

    def learn(self, p: int, normals: NDArray[np.float64]) -> None:
        """Update beliefs about skills from a quarter's results (normal learning on log skill).

        The signal is log skill plus noise; the larger the share of skill and of users reached, the surer it is.

        Parameters
        ----------
        normals
            standard normal numbers [capability]
        """
        reached = self.exposure[p] * self.maturity[p] / np.where(self.skill[p] > 0, self.skill[p], 1.0)
        for k in np.flatnonzero((reached > 0) & (self.doubt[p] > 0)):
            noise = SIGNAL_SD / reached[k]
            signal = math.log(self.skill[p, k]) + noise * float(normals[k])
            trust = self.doubt[p, k] ** 2 / (self.doubt[p, k] ** 2 + noise**2)
            self.believed[p, k] += trust * (signal - self.believed[p, k])
            self.doubt[p, k] *= math.sqrt(1 - trust)


@compile_cached(nogil=True, error_model="numpy")
def _grow(maturity: Array, exposure: Array, skill: Array, step: Array) -> None:
    """Let what somebody sees grow for a day, in place, [platform, capability]; an infinite `step` reaches the skill."""
    for p in range(maturity.shape[0]):
        for k in range(maturity.shape[1]):
            if exposure[p, k] > 0.0 and maturity[p, k] > 0.0:
                if np.isinf(step[k]):
                    maturity[p, k] *= skill[p, k] / maturity[p, k]
                else:
                    maturity[p, k] *= (1.0 + step[k]) / (1.0 + step[k] * maturity[p, k] / skill[p, k])
