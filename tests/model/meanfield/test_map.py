"""Sets of apps a day later and in the end, against the slow way of counting every pair."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.model.meanfield.map import carry, settled

KINDS, PLATFORMS = 2, 3
SETS = 2**PLATFORMS
HAS = (np.arange(SETS)[:, None] >> np.arange(PLATFORMS)) & 1 == 1


@pytest.fixture
def day() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    plain = rng.uniform(0.0, 0.1, (KINDS, PLATFORMS))
    return {
        "sets": rng.dirichlet(np.ones(SETS), KINDS),
        "contacts": rng.dirichlet(np.ones(SETS)),
        "kept": rng.uniform(0.8, 1.0, (KINDS, SETS, PLATFORMS)),
        "plain": plain,
        "met": plain + rng.uniform(0.0, 0.2, plain.shape),
    }


def after(sets: np.ndarray, day: dict[str, np.ndarray]) -> np.ndarray:
    """By contact, the slow way."""
    found = np.zeros((SETS, KINDS, SETS))
    for contact in range(SETS):
        install = np.where(HAS[contact], day["met"], day["plain"])
        for before in range(SETS):
            having = np.where(HAS[before], day["kept"][:, before], install)
            for now in range(SETS):
                found[contact, :, now] += sets[:, before] * np.where(HAS[now], having, 1 - having).prod(axis=1)
    return found


def test_a_day_is_that_of_every_pair_of_sets(day: dict[str, np.ndarray]) -> None:
    found = np.zeros((SETS, KINDS, SETS))
    carry(found, **day)
    assert found == pytest.approx(after(day["sets"], day), abs=1e-14)
    assert found.sum(axis=2) == pytest.approx(np.ones((SETS, KINDS)))


def test_sets_settle_where_a_day_leaves_them(day: dict[str, np.ndarray]) -> None:
    end = settled(**day)
    assert end.sum(axis=1) == pytest.approx(np.ones(KINDS))
    assert np.einsum("c,cks->ks", day["contacts"], after(end, day)) == pytest.approx(end, abs=1e-12)


def test_an_app_that_neither_comes_nor_goes_stays_with_those_who_have_it(day: dict[str, np.ndarray]) -> None:
    day["kept"][:, :, 1], day["plain"][:, 1], day["met"][:, 1] = 1.0, 0.0, 0.0
    end = settled(**day)
    assert (end @ HAS)[:, 1] == pytest.approx((day["sets"] @ HAS)[:, 1])
