"""Repeated play of a game by two learners (`agents.learning.EwaLearner`), in many sessions side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.learning import EwaLearner, EwaRule

Array = NDArray[np.float64]


def play(table: Array, rule: EwaRule, marks: Array, counted: int, forgone: bool = True) -> Array:
    """Mean payoff of each player in the last periods of each session, [session, 2].

    Players choose at the same time, know nothing of each other but what they are paid, and keep no state but their
    attractions.

    Parameters
    ----------
    table
        payoffs, [2, a, a]
    rule
        of both players; attractions start at a player's mean payoff over all profiles, with the weight of one period
    marks
        uniform numbers, [period, session, 2]
    counted
        periods at the end that count
    forgone
        whether players see what their other options would have paid
    """
    periods, sessions = marks.shape[:2]
    learners = [EwaLearner(table.shape[1 + own], rule, sessions, table[own].mean()) for own in (0, 1)]
    paid, rows = np.zeros((sessions, 2)), np.arange(sessions)
    for period in range(periods):
        chosen = [learner.choose(marks[period, :, own]) for own, learner in enumerate(learners)]
        payoffs = table[0][:, chosen[1]].T, table[1][chosen[0]]
        for own, learner in enumerate(learners):
            got = payoffs[own][rows, chosen[own]]
            if period >= periods - counted:
                paid[:, own] += got / counted
            seen = payoffs[own]
            if not forgone:
                seen = np.full_like(seen, np.nan)
                seen[rows, chosen[own]] = got
            learner.learn(chosen[own], seen)
    return paid
