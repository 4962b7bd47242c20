"""Stationary distribution of a Markov chain, by elimination without subtractions (GTH).

References
----------
Grassmann, W. K., Taksar, M. I., and Heyman, D. P. (1985). Regenerative analysis and steady state distributions for
Markov chains. Operations Research 33, 1107-1116.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def stationary(chain: ArrayLike) -> Array:
    """The stationary distribution of an irreducible chain, [states] (GTH: exact to rounding, small masses too).

    Parameters
    ----------
    chain
        transition probabilities or rates, [from, to]; the diagonal is not read

    Raises
    ------
    ValueError
        when some state is never left towards those before it, so that there is no single distribution
    """
    left = np.array(chain, np.float64)
    size = len(left)
    for last in range(size - 1, 0, -1):
        out = left[last, :last].sum()
        if not out > 0:
            raise ValueError(f"state {last} leads to no state before it: the chain is reducible")
        left[:last, last] /= out
        left[:last, :last] += np.outer(left[:last, last], left[last, :last])
    mass = np.zeros(size)
    mass[0] = 1.0
    for state in range(1, size):
        mass[state] = mass[:state] @ left[:state, state]
        mass /= mass.sum()  # as they may lie hundreds of powers of ten apart
    return mass
