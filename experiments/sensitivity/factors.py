"""Factors of a sensitivity analysis: ranges of parameters about the settings, in standard deviations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.parameters import Parameters, gone_settings

Array = NDArray[np.float64]
SEED = "seed"
"""The factor that changes nothing but the random numbers: what a parameter without any effect would show."""
SEEDS = 1000
"""Seeds that it chooses from."""
WIDTH = 3.0**0.5
"""Half of a range in standard deviations: a uniform distribution of this width has that standard deviation."""
SAME = 1e-9
"""Relative difference below which a value is that of the settings."""


@dataclass(frozen=True)
class Box:
    """Factors and their ranges, as SALib wants them."""

    names: tuple[str, ...]
    bounds: tuple[tuple[float, float], ...]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def problem(self) -> dict[str, Any]:
        """SALib's description."""
        return {"num_vars": len(self), "names": list(self.names), "bounds": [list(pair) for pair in self.bounds]}

    def only(self, names: Sequence[str]) -> Box:
        """Some of the factors, in the order of the box."""
        kept = [number for number, name in enumerate(self.names) if name in names]
        return Box(tuple(self.names[n] for n in kept), tuple(self.bounds[n] for n in kept))


@dataclass(frozen=True)
class Space:
    """Settings whose parameters are moved; a point is an array of offsets from them, [D], in standard deviations."""

    settings: MarketSettings
    parameters: Parameters
    spread: Array
    """standard deviation of each parameter over that of its prior, [D]: 1 without a posterior"""

    def __len__(self) -> int:
        return len(self.parameters)

    @property
    def limits(self) -> tuple[Array, Array]:
        """The parameters' bounds as offsets, [D] each."""
        low, high = self.parameters.limits
        return (low - self._centre) / self.spread, (high - self._centre) / self.spread

    @property
    def box(self) -> Box:
        """Ranges of all parameters, and of the seed in [0, 1]."""
        low, high = self.limits
        ranges = zip(np.maximum(-WIDTH, low).tolist(), np.minimum(WIDTH, high).tolist(), strict=True)
        return Box((*self.parameters.names, SEED), (*ranges, (0.0, 1.0)))

    def values(self, offsets: Array) -> dict[str, float]:
        """Settings' values at a point, by name; exactly those of the settings where nothing moves."""
        found, given = self.parameters.values(self._centre + self.spread * offsets), self._given
        same = {name: abs(value - given[name]) <= SAME * abs(given[name]) for name, value in found.items()}
        return {name: given[name] if same[name] else value for name, value in found.items()}

    def market(self, offsets: Array, seed: int) -> MarketSettings:
        """Settings at a point.

        Raises
        ------
        SettingsError
            where the market refuses a value
        """
        moved = self.parameters.put(self.settings, self.values(offsets)) if offsets.any() else self.settings
        return moved.model_copy(update={"seed": seed})

    def point(self, box: Box, row: Array) -> tuple[Array, int]:
        """Offsets and seed of a design's row; factors that the box has not stay where they are."""
        offsets, places = np.zeros(len(self)), {name: n for n, name in enumerate(self.parameters.names)}
        seed = self.settings.seed
        for name, value in zip(box.names, row, strict=True):
            if name == SEED:
                seed += min(int(value * SEEDS), SEEDS - 1)
            else:
                offsets[places[name]] = value
        return offsets, seed

    @cached_property
    def _given(self) -> dict[str, float]:
        return self.parameters.of(self.settings)

    @cached_property
    def _centre(self) -> Array:
        return self.parameters.scores(self._given)


def find_space(settings: MarketSettings, parameters: Parameters, posterior: str | None) -> Space:
    """The space about some settings, as wide as priors or, where there are draws, as a posterior.

    Parameters
    ----------
    posterior
        CSV file of draws: a column a parameter in the setting's own unit, a row a draw; other columns are left

    Raises
    ------
    SettingsError
        when the file cannot be read, has no column of a parameter, one of a setting that is gone, or one without spread
    """
    spread = np.ones(len(parameters))
    if posterior is None:
        return Space(settings, parameters, spread)
    where = f"sensitivity.posterior={posterior}"
    try:
        draws = pd.read_csv(Path(posterior))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        raise SettingsError(f"{where}: a CSV file of draws is needed ({reason})") from error
    gone = gone_settings(map(str, draws.columns), settings)
    if gone:
        raise SettingsError(f"{where}: it is of another structure of the market; today there is no {gone[0]}")
    known = [name for name in parameters.names if name in draws]
    if not known or len(draws) < 2:
        raise SettingsError(f"{where}: two rows and a column for one of {', '.join(parameters.names)} are needed")
    given = parameters.of(settings)
    try:
        values = draws[known].astype(float).to_dict("records")
        with np.errstate(invalid="raise", divide="raise"):
            scores = np.array([parameters.scores(given | {str(k): float(v) for k, v in row.items()}) for row in values])
    except (ValueError, FloatingPointError) as error:
        raise SettingsError(f"{where}: a column holds a value that its parameter cannot have") from error
    for number, name in enumerate(parameters.names):
        if name in known:
            spread[number] = scores[:, number].std(ddof=1)
            if not 0 < spread[number] < np.inf:
                raise SettingsError(f"{where}: the column {name} has no spread")
    return Space(settings, parameters, spread)
