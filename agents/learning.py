"""Learning over a few options: experience-weighted attraction, and plain logit choice over payoffs.

With ``A_j`` the attraction of option j, N the weight of the past in observations (Camerer and Ho 1999) ::

    N'   = phi (1 - kappa) N + 1
    A'_j = (phi N A_j + (delta + (1 - delta) played_j) payoff_j) / N'
    P_j  proportional to exp(sharpness A'_j)

``played_j`` is one for the option taken and zero for the others; merchants (`effort`), who divide their effort, put the
mixed strategy itself in its place.

References
----------
Camerer, C., and Ho, T.-H. (1999). Experience-weighted attraction learning in normal form games. Econometrica 67,
827-874.
Ho, T. H., Wang, X., and Camerer, C. F. (2008). Individual differences in EWA learning with partial payoff information.
Economic Journal 118, 37-59.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from secondhalf.numba_cache import compile_cached

Floats = NDArray[np.float32] | NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class EwaRule:
    """Parameters of experience-weighted attraction.

    Attributes
    ----------
    phi
        memory: weight that the past keeps, in [0, 1]
    delta
        weight of payoffs forgone, in [0, 1]
    kappa
        growth of attractions, in [0, 1]: 0 for averages of payoffs, 1 for sums
    sharpness
        precision of the logit (lambda), per unit of payoff; 0 is chance, large is the best option for sure

    ``delta=0`` is reinforcement, ``delta=1, kappa=0`` weighted fictitious play (``phi=1``: fictitious play; ``phi=0``:
    Cournot's reply to the last period), both exact in belief learning when `experience` starts at zero.
    """

    phi: float
    delta: float
    kappa: float
    sharpness: float


@compile_cached(nogil=True, error_model="numpy")
def update_attractions(
    attraction: Floats,
    played: Floats,
    payoff: Floats,
    counted: Flags,
    experience: float,
    phi: float,
    delta: float,
    kappa: float,
) -> float:
    """Update attractions with one period's payoffs, in place; returns the new experience.

    Parameters
    ----------
    attraction, played, payoff
        [agent, option]
    counted
        options that are revised, [agent, option]; the others keep their attraction
    experience
        N, the same for all agents
    phi, delta, kappa
        see `EwaRule`
    """
    renewed = phi * (1.0 - kappa) * experience + 1.0
    for m in range(attraction.shape[0]):
        for j in range(attraction.shape[1]):
            if counted[m, j]:
                weight = delta + (1.0 - delta) * played[m, j]
                attraction[m, j] = (phi * experience * attraction[m, j] + weight * payoff[m, j]) / renewed
    return renewed


@compile_cached(nogil=True, error_model="numpy")
def logit(share: Floats, value: Floats, possible: Flags, sharpness: float) -> None:
    """Fill `share` with logit probabilities over the possible options; zero where nothing is possible.

    Parameters
    ----------
    share, value, possible
        [agent, option]
    sharpness
        precision, per unit of value
    """
    for m in range(share.shape[0]):
        best = -np.inf
        for j in range(share.shape[1]):
            if possible[m, j]:
                best = max(best, sharpness * value[m, j])
        total = 0.0
        for j in range(share.shape[1]):
            share[m, j] = np.exp(sharpness * value[m, j] - best) if possible[m, j] else 0.0
            total += share[m, j]
        if total > 0.0:
            for j in range(share.shape[1]):
                share[m, j] /= total


def logit_shares(value: ArrayLike, sharpness: float, possible: ArrayLike = True) -> NDArray[np.float64]:
    """Logit choice probabilities over payoffs, [option] or [agent, option]; all zero where nothing is possible.

    Parameters
    ----------
    value
        payoffs as the agent estimates them
    sharpness
        precision, per unit of payoff
    possible
        options that may be chosen; all by default. The value of another may be NaN.
    """
    values = np.asarray(value, np.float64)
    rows = np.atleast_2d(values)
    share = np.empty_like(rows)
    logit(share, np.ascontiguousarray(rows), _flags(possible, rows.shape), sharpness)
    return share.reshape(values.shape)


def sample_option(share: ArrayLike, mark: ArrayLike) -> NDArray[np.intp]:
    """The option drawn by a uniform number: the interval of cumulated probabilities in which it lies.

    Parameters
    ----------
    share
        probabilities or weights, [option] or [agent, option]
    mark
        uniform numbers in [0, 1), one for each agent

    Returns
    -------
    whole numbers [] or [agent]
        options with a weight of zero are never among them
    """
    ends = np.cumsum(share, axis=-1)
    if not (ends[..., -1] > 0).all():
        raise ValueError("there is no option to choose")
    return np.asarray((ends <= np.asarray(mark)[..., None] * ends[..., -1:]).sum(axis=-1))


class EwaLearner:
    """One learning agent, or several independent ones with the same rule, over a finite list of options.

    Nothing is drawn here: the caller of a choice passes the uniform number.

    Parameters
    ----------
    options
        how many there are
    rule
        see `EwaRule`
    agents
        rows of the table; they share nothing but the rule and the number of periods
    attraction
        what options are held to pay before the first period
    experience
        weight of that in periods; 0: it is forgotten with the first

    Attributes
    ----------
    attraction
        [agent, option], in units of payoff (times periods when ``kappa`` is one)
    last
        the latest payoff known of each option, NaN before the first, [agent, option]
    """

    def __init__(
        self, options: int, rule: EwaRule, agents: int = 1, attraction: ArrayLike = 0.0, experience: float = 1.0
    ) -> None:
        self.rule, self.experience = rule, experience
        self.attraction: NDArray[np.float64] = np.array(np.broadcast_to(attraction, (agents, options)), np.float64)
        self.last = np.full((agents, options), np.nan)

    def probabilities(self, possible: ArrayLike = True) -> NDArray[np.float64]:
        """Chance of each option, [agent, option]."""
        return logit_shares(self.attraction, self.rule.sharpness, possible)

    def choose(self, mark: ArrayLike, possible: ArrayLike = True) -> NDArray[np.intp]:
        """Options chosen, [agent], with one uniform number in [0, 1) for each agent."""
        return sample_option(self.probabilities(possible), np.atleast_1d(mark))

    def learn(self, chosen: ArrayLike, payoff: ArrayLike) -> None:
        """Update attractions with the payoffs of a period.

        Parameters
        ----------
        chosen
            options taken, [agent]
        payoff
            what each option paid or would have paid, [agent, option]; NaN where a payoff forgone stayed unknown. The
            latest payoff known of the option stands in for it (Ho, Wang and Camerer 2008); an option of which none is
            known keeps its attraction. Reinforcement (``delta=0``) asks for no payoff forgone.
        """
        shape, rule = self.attraction.shape, self.rule
        paid = np.broadcast_to(np.asarray(payoff, np.float64), shape)
        played = np.zeros(shape)
        played[np.arange(shape[0]), np.asarray(chosen, np.intp)] = 1.0
        if np.isnan(paid[played == 1.0]).any():
            raise ValueError("the payoff of the option taken is not known")
        np.copyto(self.last, paid, where=~np.isnan(paid))
        counted = ~np.isnan(self.last) | (rule.delta == 0.0)
        known = np.nan_to_num(self.last, nan=0.0)
        self.experience = update_attractions(
            self.attraction, played, known, counted, self.experience, rule.phi, rule.delta, rule.kappa
        )


def _flags(possible: ArrayLike, shape: tuple[int, ...]) -> Flags:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(possible, bool), shape))
