"""Keyed streams: published values of SplitMix64, moments, compiled against NumPy, independence of names and threads."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from secondhalf.model.random_streams import (
    Decision,
    RandomStreams,
    below,
    dated_keys,
    key,
    mix,
    name_id,
    near_normal,
    undated_key,
    uniform,
    uniforms,
    uniforms32,
    uniforms_of,
    word,
    words,
)

REFERENCE = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]
"""First five outputs of SplitMix64 for the seed 1234567 (Vigna's reference implementation)."""
STREAM = key(11, Decision.SHOCK, 3, 5)
COUNT = 40_000


def test_published_values() -> None:
    assert [int(word(np.uint64(1234567), agent)) for agent in range(5)] == REFERENCE
    assert words(np.uint64(1234567), 5).tolist() == REFERENCE


def test_finaliser_in_python_is_the_compiled_one() -> None:
    golden = 0x9E3779B97F4A7C15
    assert [mix(1234567 + golden * (n + 1)) for n in range(5)] == REFERENCE


@pytest.mark.parametrize("day", [-730, -1, 0, 5, 29_000])
def test_keys_of_a_day_at_once_are_the_keys_one_by_one(day: int) -> None:
    whom = [0, 1, name_id("jd"), 2**32 - 1]
    for seed in (0, 2**63 - 1):
        undated = np.array([undated_key(seed, Decision.SHOCK, who) for who in whom])
        assert dated_keys(undated, day).tolist() == [int(key(seed, Decision.SHOCK, day, who)) for who in whom]


def test_compiled_is_numpy() -> None:
    compiled = np.array([word(STREAM, agent) for agent in range(2000)], np.uint64)
    assert (compiled == words(STREAM, 2000)).all()
    wide = uniforms(STREAM, 2000)
    narrow = np.array([uniform(bits) for bits in compiled], float)
    assert (narrow == np.floor(wide * 2**24) / 2**24).all(), (
        "single precision holds the upper 24 bits of the same number"
    )


def test_uniform_is_uniform() -> None:
    """Kolmogorov-Smirnov at 1 in 10,000, over decisions, days and platforms."""
    for stream in (STREAM, key(0, Decision.ADOPT, -80, name_id("jd")), key(2**62, Decision.TASTE)):
        drawn = np.array([uniform(bits) for bits in words(stream, COUNT)], float)
        assert (drawn >= 0).all()
        assert (drawn < 1).all()
        assert stats.kstest(drawn, "uniform").pvalue > 1e-4
        assert stats.kstest(uniforms(stream, COUNT), "uniform").pvalue > 1e-4


def test_moments_of_near_normal() -> None:
    """Sum of four uniforms: mean 0, variance 1, fourth moment 2.7, support sqrt(12); four standard errors."""
    drawn = np.array([near_normal(bits) for bits in words(STREAM, COUNT)], float)
    assert drawn.mean() == pytest.approx(0, abs=4 / np.sqrt(COUNT))
    assert (drawn**2).mean() == pytest.approx(1, abs=4 * np.sqrt(1.7 / COUNT))
    assert (drawn**4).mean() == pytest.approx(2.7, abs=4 * np.std(drawn**4) / np.sqrt(COUNT))
    assert (drawn**3).mean() == pytest.approx(0, abs=4 * np.std(drawn**3) / np.sqrt(COUNT))
    assert float(near_normal(np.uint64(0))) == pytest.approx(-np.sqrt(12), rel=1e-4)
    assert float(near_normal(np.uint64(2**64 - 1))) == pytest.approx(np.sqrt(12), rel=1e-4)


def test_below_is_even() -> None:
    for count in (1, 2, 7, 1000):
        drawn = np.array([below(bits, count) for bits in words(STREAM, COUNT)])
        assert drawn.min() >= 0
        assert drawn.max() < count
        if 1 < count < 100:
            assert stats.chisquare(np.bincount(drawn, minlength=count)).pvalue > 1e-4


def test_streams_are_not_correlated() -> None:
    """Neighbouring days, decisions, platforms and seeds: correlation within four standard errors."""
    base = uniforms(key(1, Decision.ADOPT, 10, name_id("jd")), COUNT)
    others = [
        key(1, Decision.ADOPT, 11, name_id("jd")),
        key(1, Decision.DROP, 10, name_id("jd")),
        key(1, Decision.ADOPT, 10, name_id("taobao")),
        key(2, Decision.ADOPT, 10, name_id("jd")),
    ]
    for stream in others:
        assert abs(np.corrcoef(base, uniforms(stream, COUNT))[0, 1]) < 4 / np.sqrt(COUNT)
    assert abs(np.corrcoef(base[:-1], base[1:])[0, 1]) < 4 / np.sqrt(COUNT)


def test_keys_do_not_collide() -> None:
    keys = {
        int(key(seed, decision, day, who))
        for seed in (0, 1)
        for decision in Decision
        for day in range(-84, 200)
        for who in (0, 1, name_id("jd"))
    }
    assert len(keys) == 2 * len(Decision) * 284 * 3


def test_decisions_keep_their_numbers() -> None:
    """They are part of every result."""
    assert [decision.value for decision in Decision] == list(range(1, len(Decision) + 1))
    assert (Decision.ONLINE_FROM, Decision.SHOCK, Decision.NETWORK) == (1, 15, 30)


def test_another_platform_leaves_others_draws() -> None:
    few, more = RandomStreams(4, ["taobao", "jd"], 2).day(9), RandomStreams(4, ["kuaishou", "jd", "taobao"], 2).day(9)
    for field in ("adopt", "drop", "shock"):
        before, after = getattr(few, field), getattr(more, field)
        assert (before[0], before[1]) == (after[2], after[1]), field
        assert after[0] not in before
    for field in ("contact", "plant", "planned", "impulse", "ripened", "fan_rate", "fan_dropout_rate"):
        assert getattr(few, field) == getattr(more, field)
    for field in ("choose", "become_fan", "fan_merchant", "repeat", "fan_dropout"):
        assert (getattr(few, field) == getattr(more, field)).all()


def test_traits_of_a_tie_are_the_same_every_day() -> None:
    random_streams = RandomStreams(4, ["jd"], 2)
    assert random_streams.day(0).fan_rate == random_streams.day(700).fan_rate
    assert random_streams.day(0).fan_dropout_rate == random_streams.day(700).fan_dropout_rate
    assert random_streams.day(0).planned != random_streams.day(700).planned


def test_blocks_of_draws_are_one_stream() -> None:
    stream, count = key(3, Decision.TASTE), 2 * (1 << 16) + 3
    whole = words(stream, count)
    assert (words(stream, 7, count - 7) == whole[-7:]).all()
    assert (uniforms(stream, count) == ((whole >> np.uint64(11)).astype(float) + 0.5) * 2.0**-53).all()
    assert (uniforms32(stream, count) == (whole >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)).all()
    assert uniforms(stream, 0).shape == uniforms32(stream, 0).shape == (0,)


def test_numbers_at_some_places_are_those_of_the_whole() -> None:
    streams = np.array([key(1, Decision.SHOP_ENTRY, 3, who) for who in range(2)], np.uint64)
    agents, of = np.array([0, 7, 99, 7]), np.array([0, 0, 1, 1])
    whole = np.stack([uniforms(stream, 100) for stream in streams])
    assert (uniforms_of(streams[of], agents) == whole[of, agents]).all()
    assert (uniforms_of(streams[0], agents) == whole[0, agents]).all()
