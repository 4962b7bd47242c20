"""Steps after the search, with slopes that are corrected instead of taken anew."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.experiments.calibrate.minimum_distance import DAMPINGS, Fit, loss, polish, search
from tests.experiments.calibrate.worlds import DESIGN, ERROR, PARAMETERS, World, problem

TRUTH = np.array([0.8, -0.6, 0.4, 0.0])
OWN = problem(np.exp(DESIGN @ TRUTH))
AWAY = np.array([-0.9, 0.5, 0.9, 0.3])


def begun(slopes: np.ndarray, world: World) -> Fit:
    """A fit that stopped away from the optimum."""
    misses = OWN.misses([AWAY], world)[0]
    return Fit(AWAY.copy(), misses, slopes, (loss(AWAY, misses),))


def test_right_slopes_lead_to_the_optimum_in_a_step() -> None:
    """Ridge regression in closed form; a step is shorter than a standard deviation and a half here."""
    found = polish(OWN, begun(DESIGN / ERROR, World()), World(), steps=2)
    weighted = DESIGN / ERROR
    expected = np.linalg.solve(weighted.T @ weighted + np.eye(4), weighted.T @ np.log(OWN.targets.values) / ERROR)
    np.testing.assert_allclose(found.scores, expected, atol=1e-3)
    assert found.loss < begun(DESIGN / ERROR, World()).loss / 10


def test_wrong_slopes_are_corrected_by_what_steps_show() -> None:
    wrong = 0.6 * DESIGN / ERROR + 0.1
    once, often = (polish(OWN, begun(wrong, World()), World(), steps) for steps in (1, 8))
    best = search(OWN, AWAY, World(), rounds=8, step=0.2)
    assert begun(wrong, World()).loss > once.loss > often.loss
    assert often.loss == pytest.approx(best.loss, rel=0.02)
    assert list(often.losses) == sorted(often.losses, reverse=True)
    assert np.abs(often.slopes - DESIGN / ERROR).mean() < np.abs(wrong - DESIGN / ERROR).mean()


def test_a_step_costs_a_run_a_damping_and_seed_and_none_takes_slopes() -> None:
    world = World()
    polish(OWN, begun(DESIGN / ERROR, World()), world, steps=1)
    assert world.made == len(DAMPINGS) * len(OWN.seeds)


def test_bounds_are_kept() -> None:
    low, high = PARAMETERS.limits
    far = problem(np.exp(DESIGN @ (3 * high)))
    misses = far.misses([AWAY], World())[0]
    found = polish(far, Fit(AWAY, misses, DESIGN / ERROR, (loss(AWAY, misses),)), World(), steps=6)
    assert ((found.scores >= low) & (found.scores <= high)).all()


def test_nothing_is_taken_that_is_worse() -> None:
    """At the optimum, and with slopes of the wrong sign, the point stays."""
    best = search(OWN, AWAY, World(), rounds=8, step=0.2)
    assert polish(OWN, best, World(), steps=3).loss <= best.loss
    against = begun(-DESIGN / ERROR, World())
    assert polish(OWN, against, World(), steps=1).loss <= against.loss


def test_slopes_need_not_be_taken_anew_at_the_end() -> None:
    """In a linear world the last ones are right; it saves a run a parameter and seed."""
    anew, kept = World(), World()
    first = search(OWN, AWAY, anew, rounds=1, step=0.2)
    second = search(OWN, AWAY, kept, rounds=1, step=0.2, renew=False)
    assert anew.made - kept.made == len(PARAMETERS) * len(OWN.seeds)
    np.testing.assert_allclose(second.scores, first.scores)
    np.testing.assert_allclose(second.slopes, first.slopes, atol=1e-6)
