"""Payoff table: one number a profile and player from runs under unequal numbers of seeds, and resamples of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def payoff_table(values: Array, weights: Array | None = None) -> Array:
    """Means by profile that do not depend on which seeds a profile happens to have, [profile, player].

    Least squares of ``value = profile + seed``: some seeds are good for a platform whatever the profile, and profiles
    that were simulated under them must not gain by it.

    Parameters
    ----------
    values
        [profile, seed, player], nan where there is no run
    weights
        of seeds, [seed]; None for equal ones

    Returns
    -------
    array
        nan for profiles without a run
    """
    there = np.asarray(np.isfinite(values).all(axis=2))
    own = np.ones(there.shape[1]) if weights is None else np.asarray(weights, float)
    own = own * there.any(axis=0)
    weight = there * own
    total = weight.sum(axis=1, keepdims=True)
    parts = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    filled = np.where(there[:, :, None], values, 0.0)
    counted = there * (total > 0) * (own > 0)
    system = np.diag(counted.sum(axis=0).astype(float)) - counted.T @ parts
    crude = np.einsum("as,asi->ai", parts, filled)
    right = np.einsum("as,asi->si", counted, filled - crude[:, None])
    effects = np.linalg.lstsq(system, right, rcond=1e-10)[0]
    effects = effects - own @ effects / own.sum()
    table = crude - parts @ effects
    return np.where(total > 0, table, np.nan)


def resamples(seeds: int, count: int) -> Array:
    """Weights of seeds for so many Bayesian bootstraps (Rubin 1981), [count, seed]; they add up to `seeds`."""
    return np.random.default_rng(0).dirichlet(np.ones(seeds), size=count) * seeds
