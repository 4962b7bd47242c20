"""One day, from the same state, by the compiled users and by the oracle's."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import poisson

from secondhalf.experiments.command.compose import load_settings
from secondhalf.model import random_streams
from secondhalf.model.shapes import NOBODY
from secondhalf.model.users.orders import LOST_FANS, NEW_FANS
from secondhalf.model.users.storage import POSITIVE_ERROR, STOCK_ERROR, STOCKS
from tests.reference import plain_streams
from tests.reference.side_by_side import OneDay, days_side_by_side
from tests.reference.situations import SITUATIONS, SMALL

NEEDS, LONGEST_DAY, DEAREST = 8, 2000.0, 20000.0
"""The most that one user may add to an entry of orders and counts, to minutes, and for a need to RMB and surplus."""
ROUNDING = 1e-5
"""Relative difference that single precision may leave."""
LEAST = {"minutes": 1e-3, "minutes_now": 1e-3} | dict.fromkeys(STOCKS, 2 * STOCK_ERROR)
"""Absolute difference allowed where a difference of two large numbers is left, and of stocks, which are stored anew
twice a day at most; for other columns `LEAST_STOCK`."""
LEAST_STOCK = 1e-6
STORED = dict.fromkeys(("minutes", "minutes_now"), (NEEDS + 1) * POSITIVE_ERROR)
"""Relative difference where a number is stored in 16 bits: by `attend`, and after a session for each need."""

everywhere = pytest.mark.parametrize("situation", SITUATIONS)


@cache
def days_in(situation: str) -> list[OneDay]:
    """The days compared in a situation."""
    overrides, *timing = SITUATIONS[situation]
    return days_side_by_side(load_settings(SMALL + overrides), *timing)


def differing(day: OneDay, name: str) -> NDArray[np.bool_]:
    """Users of whom a column differs by more than rounding."""
    compiled, plain = getattr(day.compiled, name), getattr(day.plain, name)
    if name.startswith("fan_"):  # what an empty slot says of the tie that it held means nothing
        empty = (day.compiled.fan_merchant == NOBODY) & (day.plain.fan_merchant == NOBODY)
        compiled, plain = np.where(empty, 0, compiled), np.where(empty, 0, plain)
    if compiled.dtype.kind == "f":
        rounding = ROUNDING + STORED.get(name, 0.0)
        differs = ~np.isclose(compiled, plain, rtol=rounding, atol=LEAST.get(name, LEAST_STOCK))
    else:
        differs = compiled != plain
    return differs.reshape(-1, differs.shape[-1]).any(axis=0)


@everywhere
def test_every_column_agrees(situation: str) -> None:
    """To rounding, of every user who is not set apart."""
    for day in days_in(situation):
        for name in day.plain._fields:
            wrong = differing(day, name) & ~day.close
            assert not wrong.any(), f"{name} of users {np.flatnonzero(wrong)} on day {day.number}"


@everywhere
def test_all_sums_agree(situation: str) -> None:
    """Minutes and users, orders by kind, origin and platform, buyers and fans: to rounding and who is set apart."""
    for day in days_in(situation):
        apart = day.close.sum()
        for compiled, plain, most in zip(
            day.compiled_sums, day.plain_sums, (LONGEST_DAY,) * 2 + (NEEDS,) * 2 + (NEEDS * DEAREST,) * 2, strict=True
        ):
            np.testing.assert_allclose(compiled, plain, ROUNDING, LEAST["minutes"] * most / LONGEST_DAY + apart * most)


def test_close_calls_are_rare() -> None:
    """A draw comes within `CLOSE` of its threshold with probability 2 CLOSE at most."""
    days = [day for situation in SITUATIONS for day in days_in(situation)]
    expected = sum(day.compared for day in days) * 2 * plain_streams.CLOSE
    assert sum(day.close.sum() for day in days) <= poisson.isf(1e-4, expected)


def test_who_buys_has_visited() -> None:
    """A need that opens an app counts as a visit, with a session."""
    for day in days_in("many come and go"):
        bought = day.compiled.last_bought == day.number
        assert (day.compiled.last_used[bought] == day.number).all()
        assert (day.compiled.minutes[bought] > 0).all()


def test_nothing_is_left_out() -> None:
    """In the situations taken together, everything that may happen to a user does."""
    days = [day for situation in SITUATIONS for day in days_in(situation)]
    orders = sum(day.plain_sums[2].sum(axis=(1, 2)) for day in days)
    counts = sum(day.plain_sums[3].sum(axis=0) for day in days)
    assert (orders > 50).all()
    assert counts[NEW_FANS] > 50
    assert counts[LOST_FANS] > 50
    installed = np.array([day.plain.installed for day in days_in("many come and go")])
    before, after = installed[:-1], installed[1:]
    assert np.count_nonzero(after & ~before) > 20
    assert np.count_nonzero(before & ~after) > 20


@pytest.mark.parametrize("stream", [0, 1, 2**63 + 12345, 2**64 - 1])
def test_streams_agree(stream: int) -> None:
    """The same draws to the last bit; the first of stream 0 is that of the published SplitMix64."""
    assert plain_streams.word(0, 0) == 0xE220A8397B1DCDAF
    for agent in (0, 1, 999, 10**6, 2**40):
        bits = plain_streams.word(stream, agent)
        compiled = np.uint64(random_streams.word(np.uint64(stream), agent))
        assert bits == compiled
        assert plain_streams.uniform(bits) == random_streams.uniform(compiled)
        assert plain_streams.below(bits, 1000003) == random_streams.below(compiled, 1000003)
        assert plain_streams.near_normal(bits) == pytest.approx(float(random_streams.near_normal(compiled)), abs=1e-6)
