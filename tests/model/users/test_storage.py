"""Numbers in 16 bits: every code, the nearest number, and days that are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market
from secondhalf.model.shapes import NEVER
from secondhalf.model.users import storage

CODES = np.arange(65536, dtype=np.uint16)


def test_every_positive_code_stands_for_the_number_it_is_made_of() -> None:
    """In compiled code and in NumPy alike; numbers rise with their codes, from the least to the largest."""
    numbers = storage.positives(CODES)
    assert numbers[0] == 0
    assert numbers[1] == storage.SMALLEST
    assert numbers[-1] == storage.LARGEST
    assert (np.diff(numbers) > 0).all()
    assert (storage.positive_codes(numbers) == CODES).all()
    read, written = np.empty(CODES.size, np.float32), np.empty_like(CODES)
    storage.read_positives(read, CODES)
    storage.write_positives(written, numbers)
    assert (read == numbers).all()
    assert (written == CODES).all()


def test_a_positive_number_is_rounded_to_the_nearest() -> None:
    rng = np.random.default_rng(0)
    numbers = np.exp2(rng.uniform(-14, 18, 100_000)).astype(np.float32)
    numbers = numbers[numbers <= storage.LARGEST]
    written = np.empty(numbers.size, np.uint16)
    storage.write_positives(written, numbers)
    assert (written == storage.positive_codes(numbers)).all()
    around = [storage.positives(np.clip(written.astype(int) + step, 1, 65535).astype(np.uint16)) for step in (-1, 0, 1)]
    off = np.abs(np.array(around, float) - numbers)
    assert (off[1] <= off.min(axis=0)).all()
    assert (off[1] <= storage.POSITIVE_ERROR * numbers).all()


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        (0.0, 0.0),
        (-0.0, 0.0),
        (1e-9, 0.0),
        (-1e-9, 0.0),
        (-5e-5, 0.0),
        (-1.0, 0.0),
        (-np.inf, 0.0),
        (2.0**-14, 2.0**-14),
        (4095.0, 4095.0),
        (448.0, 448.0),
        (1e9, None),
        (np.inf, None),
    ],
)
def test_numbers_beyond_the_codes_become_the_nearest_one(number: float, stored: float | None) -> None:
    expected = storage.LARGEST if stored is None else stored
    written = np.empty(1, np.uint16)
    storage.write_positives(written, np.array([number], np.float32))
    for codes in (written, storage.positive_codes(np.array([number]))):
        assert storage.positives(codes)[0] == expected


@pytest.mark.parametrize(("number", "stored"), [(-0.1, 0.0), (1.0001, 1.0), (0.0, 0.0), (1.0, 1.0)])
def test_stocks_beyond_zero_and_one_are_held_there(number: float, stored: float) -> None:
    assert storage.stocks(storage.stock_codes(np.array([number])))[0] == pytest.approx(stored)


def test_adding_keeps_what_a_month_adds_up_to() -> None:
    """28 days of minutes, one by one, as the flow books sum them: no bias beyond the error of a mean."""
    rng = np.random.default_rng(1)
    days = rng.gamma(1.0, 60.0, (28, 20_000)).astype(np.float32)
    codes = np.zeros(days.shape[1], np.uint16)
    for day in days:
        storage.add_positives(codes, day)
    off = storage.positives(codes).astype(float) / days.sum(axis=0, dtype=float) - 1
    assert np.abs(off).max() < 28 * storage.POSITIVE_ERROR
    assert abs(off.mean()) < 4 * off.std() / np.sqrt(off.size)


def test_every_stock_code_stands_for_the_number_it_is_made_of() -> None:
    numbers = storage.stocks(CODES)
    assert numbers[[0, -1]] == pytest.approx([0, 1])
    assert (storage.stock_codes(numbers) == CODES).all()
    read = np.empty(CODES.size, np.float32)
    storage.read_stocks(read, CODES)
    assert (read == numbers).all()
    assert all(storage.stock_code(np.float32(number)) == code for number, code in zip(numbers, CODES, strict=True))


def test_a_stock_comes_to_rest_near_its_target() -> None:
    """Fed at a rate of one in 45 a day it stops where a day's step is less than half a code: 45 halves of one away."""
    rate, target = np.float32(1 - np.exp(-1 / 45)), np.float32(0.6)
    for start in (0.0, 1.0):
        code = storage.stock_code(np.float32(start))
        for _ in range(2000):
            code = storage.stock_code(storage.stock(code) + rate * (target - storage.stock(code)))
        assert storage.stock(code) == pytest.approx(0.6, abs=1.05 * storage.STOCK_ERROR / float(rate))


def test_tastes_are_standard_normal_numbers_by_steps() -> None:
    normals = np.array([0.0, 1.0, -2.5, 7.9, 9.0, -9.0], np.float32)
    codes, read = storage.taste_codes(normals), np.empty(6, np.float32)
    storage.read_tastes(read, codes, np.float32(0.9 / storage.TASTE_STEPS))
    assert read == pytest.approx([0.0, 0.9, -2.25, 0.9 * 7.9, 7.2, -7.2], abs=1.01 * 0.9 / storage.TASTE_STEPS)


@pytest.mark.parametrize("installed", [-2000, -84, 0, 1, 16383, 16384, 20000, 32000])
def test_an_app_that_was_never_opened_is_idle_since_it_was_installed(installed: int) -> None:
    """On any day; and it counts as opened on no day, yesterday's or last month's."""
    held = storage.unopened(installed)
    assert NEVER < held < -16383
    for since in (0, 1, 45, 46, 4000):
        assert storage.idle_days(held, installed + since) == since


@pytest.mark.parametrize(("opened", "today", "idle"), [(-84, 0, 84), (10, 10, 0), (10, 60, 50), (20000, 20046, 46)])
def test_an_app_that_was_opened_is_idle_since_then(opened: int, today: int, idle: int) -> None:
    assert storage.idle_days(opened, today) == idle


@pytest.mark.parametrize(
    ("platforms", "bits", "merchants", "number"), [(8, 8, 32767, 16), (9, 16, 32768, 32), (17, 32, 2, 16)]
)
def test_columns_are_as_wide_as_they_need_to_be(platforms: int, bits: int, merchants: int, number: int) -> None:
    assert np.dtype(storage.mask_type(platforms)).itemsize * 8 == bits
    assert np.dtype(storage.merchant_type(merchants)).itemsize * 8 == number


def test_what_is_written_is_read() -> None:
    market = Market(load_settings(["population.users=200", "population.merchants=10", "calendar.end=2019-01-31"]))
    people = market.population
    for name in ("habit", "minutes", "need_rate", "last_used", "interest"):
        before = people.read(name)
        people.write(name, before)
        assert (people.read(name) == before).all()
    values = people.values()
    assert values.taste.std(axis=1) == pytest.approx(
        [market.settings.users.taste_sd_content, market.settings.users.taste_sd_shelf], rel=4 / np.sqrt(2 * 200)
    )
    assert people.read("taste", 7) == pytest.approx(values.taste[:, 7])
    assert (people.read("taste", [7, 3])[:, 1] == values.taste[:, 3]).all()
    assert people.read("budget_factor", 5) == values.budget_factor[5]
    market.close()


def test_everybody_has_some_phone_time() -> None:
    """Even where it differs so much that a code would be zero."""
    market = Market(load_settings(["population.users=300", "users.budget_sd=3", "calendar.end=2019-01-31"]))
    assert (market.population.columns.budget_factor > 0).all()
    market.step()
    market.close()


def test_a_user_takes_110_bytes_at_most() -> None:
    market = Market(load_settings(["population.users=200", "population.merchants=10", "calendar.end=2019-01-31"]))
    assert market.population.bytes_per_user() <= 110
    market.close()
