"""Members of the fitted ensemble, for studies that repeat their question over the posterior of the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.calibration_files import read_calibration
from secondhalf.experiments.calibrate.parameters import Parameters, gone_settings, read_parameters
from secondhalf.experiments.command.compose import load_settings


@dataclass(frozen=True)
class FittedMembers:
    """Draws of the posterior that a study runs over.

    Attributes
    ----------
    calibration
        name of the folder they are from
    parameters
        what was fitted
    scores
        of the members, [members, D]
    kept
        names of fitted parameters that the command itself sets: they keep its value
    """

    calibration: str
    parameters: Parameters
    scores: NDArray[np.float64]
    kept: frozenset[str]

    def __len__(self) -> int:
        return len(self.scores)

    def put(self, settings: MarketSettings, member: int) -> MarketSettings:
        """The settings with a member's parameters."""
        values = self.parameters.values(self.scores[member])
        gone = set(gone_settings(list(values), settings))
        return self.parameters.put(settings, {k: v for k, v in values.items() if k not in self.kept | gone})

    @property
    def text(self) -> str:
        """What runs of these members belong to; more members of the same ensemble change nothing."""
        return repr((self.calibration, self.parameters.names, sorted(self.kept)))


def find_members(
    arms: Sequence[MarketSettings], calibration: str, count: int, setting: str, of: str = "members"
) -> FittedMembers:
    """The first members of an ensemble, for all arms of a study.

    A fitted parameter that some arm has at another value than the default settings is part of the question: it keeps
    the arms' own value.

    Parameters
    ----------
    setting
        prefix of what an error names, such as `counterfactual`
    of
        the setting that asks for `count`

    Raises
    ------
    SettingsError
        for an ensemble of another structure, or fewer members than asked for
    """
    default = load_settings([])
    parameters = read_parameters(default)
    fitted = read_calibration(calibration, parameters, f"{setting}.calibration")
    if count > len(fitted.members):
        raise SettingsError(
            f"{setting}.{of}={count}: {setting}.calibration={calibration} has {len(fitted.members)}, and allowed are "
            "at most so many"
        )
    plain = parameters.of(default)
    kept: set[str] = set()
    for arm in arms:
        there = Parameters(tuple(p for p in parameters.all if not gone_settings([p.name], arm)))
        kept |= {name for name, value in there.of(arm).items() if value != plain[name]}
    return FittedMembers(calibration, parameters, fitted.members[:count], frozenset(kept))
