"""Quadrature: low-discrepancy points for means over traits, daily moods, sets of apps and the contact's apps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from secondhalf.conf.schema.population import UserSettings
from secondhalf.conf.schema.vocabulary import MAX_PLATFORMS
from secondhalf.model.numba_kernels import compiled
from secondhalf.model.shapes import F32, F64, I64, U32

_TRAITS = 3
_GRID = 20_001
_WIDTH = np.sqrt(3.0)


class Types(NamedTuple):
    """K equally many kinds of users; `shift` moves the moods of each, so that types and moods fill space together."""

    taste: F32  # [2, K] taste for content and for shelves
    budget: F32  # [K] phone time relative to the mean
    shift: F64  # [MAX_PLATFORMS, K] in [0, 1)


class Cells(NamedTuple):
    """Every set of apps, with every part of it that a contact may share."""

    number: I64  # [2 ** P, 2 ** P] cell of a set and a contact's set
    installed: U32  # [cells]
    met: U32  # [cells]


def user_types(users: UserSettings, count: int = 512) -> Types:
    """Traits as `population.Population` draws them, at `count` points (a power of two) of a Sobol sequence."""
    points = qmc.Sobol(_TRAITS + MAX_PLATFORMS, seed=0).random(count).T
    normal = ndtri(np.clip(points[:_TRAITS], 1e-9, 1 - 1e-9))
    taste = normal[:2] * np.array([[users.taste_sd_content], [users.taste_sd_shelf]])
    budget = np.exp(normal[2] * users.budget_sd - users.budget_sd**2 / 2)
    return Types(taste.astype(np.float32), budget.astype(np.float32), points[_TRAITS:])


@compiled
def near_normal_share(mood: float) -> float:
    """Probability that the sum of four uniforms that `random_streams.near_normal` draws is below `mood`."""
    total = min(max(mood / _WIDTH + 2.0, 0.0), 4.0)
    low = min(total, 4.0 - total)
    below = (low**4 - 4 * max(low - 1.0, 0.0) ** 4) / 24
    return float(below if total <= 2.0 else 1 - below)


def near_normal_quantile(share: F64) -> F64:
    """Quantiles of what `random_streams.near_normal` draws (zero mean, unit variance)."""
    mood = np.linspace(-2.0, 2.0, _GRID) * _WIDTH
    return np.asarray(np.interp(share, [near_normal_share(m) for m in mood], mood))


def moods(types: Types, platforms: int, count: int) -> F32:
    """Moods of each type at each platform, [K, P, J], equally likely; `count` is a power of two."""
    points = qmc.Sobol(platforms, seed=1).random(count).T
    shifted = (points + types.shift[:platforms].T[:, :, None]) % 1.0
    return near_normal_quantile(shifted).astype(np.float32)


def cells(platforms: int, social: bool) -> Cells:
    """All cells; without `social` influence it does not matter what the contact has."""
    sets = np.arange(2**platforms)
    shared = sets[:, None] & sets if social else np.zeros((sets.size, sets.size), np.int64)
    pairs, number = np.unique(sets[:, None] * sets.size + shared, return_inverse=True)
    installed, met = np.divmod(pairs, sets.size)
    return Cells(number.reshape(shared.shape), installed.astype(np.uint32), met.astype(np.uint32))
