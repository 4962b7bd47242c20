"""What the seeds say together: quantiles, intervals, tests and words, from tables made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.second_half import in_words, mutual_entry
from secondhalf.experiments.second_half.arms import AGAINST, GIVEN
from secondhalf.experiments.second_half.statistics import lags, lags_summary, median_interval, permutation_p, summary
from secondhalf.experiments.second_half.study import COLUMNS, LEVELS
from secondhalf.experiments.second_half.text import paragraph

KINDS = {"douyin": "content", "kuaishou": "content", "jd": "shelf"}
PLATFORMS = ("douyin", "jd")


def seed_rows(seed: int, day: str, entry: str, arm: str = GIVEN, **words: str) -> list[dict[str, Any]]:
    """A seed's rows of phases.csv: the market and two platforms, of which JD never has a second half."""
    empty = dict.fromkeys(COLUMNS, "") | dict.fromkeys(LEVELS, 0.0) | {"member": 0, "seed": seed, "arm": arm}
    found = {"led_before": "new", "dried_up": "new", "took_over": "outside", "later": day} if day else {}
    levels = {"new_peak": 240e6, "new_day": 180e6, "new_later": 60e6} if day else {}
    own = empty | found | levels | {"second_half_day": day}
    return [
        own | {"scope": "market", "mutual_entry": entry} | words,
        own | {"scope": "douyin"},
        empty | {"scope": "jd"},
    ]


def table(*seeds: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame([row for rows in seeds for row in rows], columns=list(COLUMNS))


def words(found: pd.DataFrame, against: Sequence[str] = ()) -> str:
    """The paragraph of a table."""
    settings = load_settings(["platforms=[douyin,jd]", "population.users=500"])
    arms: dict[str, MarketSettings] = dict.fromkeys((GIVEN, AGAINST)[: 1 + bool(against)], settings)
    whole = found[found["error"] == ""]
    ways = lags(whole)
    frames = {"phases_summary": summary(whole), "phases_lags": ways, "phases_lags_summary": lags_summary(ways)}
    return paragraph(found, frames, arms, against)


def test_quantiles_are_dates_that_occurred() -> None:
    days = ["2021-01-31", "2021-02-28", "2021-02-28", "2021-03-31", ""]
    rows = summary(table(*(seed_rows(seed, day, "") for seed, day in enumerate(days)))).set_index(["scope", "event"])
    market = rows.loc[("market", "second_half_day")]
    assert (market["seeds"], market["share"]) == (5, 0.8)
    assert market[["q05", "q50", "q95"]].tolist() == ["2021-01-31", "2021-02-28", "2021-03-31"]
    assert market["median_low"] <= market["q50"] <= market["median_high"]
    assert market["standard_error"] > 0
    none = rows.loc[("jd", "second_half_day")]
    assert none["share"] == 0
    assert none[["q05", "q50", "median_low"]].tolist() == ["", "", ""]
    assert none["standard_error"] == 0
    assert rows.loc[("market", "mutual_entry"), "share"] == 0
    assert ("douyin", "mutual_entry") not in rows.index


def test_interval_of_a_median_covers_it() -> None:
    """95 of 100 intervals from 25 normal values hold the median; the error is near 1.2533 sd / sqrt(n)."""
    rng = np.random.default_rng(4)
    found = [median_interval(rng.normal(size=25)) for _ in range(200)]
    covered = sum(low <= 0 <= high for low, high, _ in found)
    assert 178 <= covered <= 199  # 190 expected, standard deviation 3
    assert np.mean([error for *_, error in found]) == pytest.approx(1.2533 / 5, rel=0.15)
    assert median_interval(np.array([7.0])) == (7, 7, 0)


def test_lags_of_seeds_that_have_both() -> None:
    found = lags(
        table(
            seed_rows(0, "2021-01-31", "2021-02-10"),
            seed_rows(1, "2021-01-31", ""),
            seed_rows(2, "", "2021-01-01"),
            seed_rows(3, "2021-03-31", "2021-03-01"),
        )
    )
    assert found[["seed", "lag"]].to_numpy().tolist() == [[0, 10], [3, -30]]


def test_two_arms_seed_by_seed() -> None:
    """Lags 10 to 50 against 9, 18, 27, 36, 45 and one without a partner: differences 1 to 5."""
    seeds = [seed_rows(seed, "2021-01-01", str(day(10 * (seed + 1)))) for seed in range(5)]
    other = [seed_rows(seed, "2021-01-01", str(day(9 * (seed + 1))), AGAINST) for seed in range(5)]
    found = lags_summary(lags(table(*seeds, *other, seed_rows(9, "2021-01-01", "2021-12-31"))))
    assert found["lag"].tolist() == [GIVEN, AGAINST, "difference"]
    assert found["seeds"].tolist() == [6, 5, 5]
    pairs = found.iloc[2]
    assert (pairs["q50"], pairs["mean"], pairs["above"], pairs["below"]) == (3, 3, 5, 0)
    assert pairs["sign_p"] == pytest.approx(2 / 2**5)
    assert pairs["permutation_p"] == pytest.approx(2 / 2**5)


def day(number: int) -> np.datetime64:
    return np.datetime64("2021-01-01") + np.timedelta64(number)


def test_permutation_test_knows_no_difference() -> None:
    assert permutation_p(np.zeros(6)) == 1
    assert permutation_p(np.array([4.0])) == 1
    rng = np.random.default_rng(2)
    values = rng.normal(0.5, 1, 12)
    assert permutation_p(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, abs=0.03)
    assert permutation_p(values) == permutation_p(-values)


def test_nothing_to_compare() -> None:
    nothing = lags_summary(lags(table(seed_rows(0, "", ""))))
    assert nothing.empty
    assert {"lag", "q50", "sign_p"} <= set(nothing.columns)


def test_mutual_entry_needs_both_sides() -> None:
    def first(*rows: tuple[str, str, str, str]) -> str:
        return mutual_entry(pd.DataFrame(rows, columns=["date", "platform", "change", "capability"]), KINDS)

    shelf, content = ("2022-04-27", "douyin", "open", "mall"), ("2020-01-19", "jd", "open", "live")
    assert first(shelf, content) == "2022-04-27"
    assert first(content, shelf, ("2021-05-01", "kuaishou", "open", "search")) == "2021-05-01"
    assert first(shelf) == ""
    assert first(content) == ""
    assert first() == ""
    assert first(shelf, ("2020-01-19", "jd", "test", "live")) == "", "a test is no opening"
    assert first(shelf, ("2020-01-19", "jd", "open", "mall")) == "", "a shelf platform's own business"
    assert first(content, ("2022-01-01", "douyin", "open", "storefront")) == ""


ENTRY = {"second_half_day": "2021-01-31", "led_before": "new", "dried_up": "new", "took_over": "outside"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "2021-01-31: new users decline by over half, time from other apps takes over"),
        ({"took_over": "budget"}, "2021-01-31: new users decline by over half, longer days take over"),
        ({"dried_up": None}, "2021-01-31: new users fall behind, time from other apps takes over"),
        (
            {"led_before": "transfer", "dried_up": "transfer"},
            "2021-01-31: time from other platforms declines by over half, time from other apps takes over",
        ),
        ({"led_before": None, "dried_up": None}, "2021-01-31: time from other apps brings more than new users"),
    ],
)
def test_a_run_in_words(changes: dict[str, str | None], said: str) -> None:
    assert in_words(ENTRY | changes) == f"second half begins {said}"


def test_no_second_half_in_words() -> None:
    assert in_words({"second_half_day": None}) == "second half begins: not within this run"


def test_the_paragraph_has_the_numbers() -> None:
    said = words(table(*(seed_rows(seed, "2021-01-31", "2022-04-27") for seed in range(4))))
    assert "Over 4 seeds of 500 users, 2019-01-01 to 2026-12-31, strategy history" in said
    assert "the second half begins on 2021-01-31 (the same day in 4 of 4)" in said
    assert (
        "New users decline by over half in 4 seeds: a gain of 4 million hours a day in the best trailing year, 3 on the"
        in said
    )
    assert "Douyin 2021-01-31 (4 of 4) and JD none" in said
    assert "451 days in the median (95 % interval 451 to 451, 4 seeds)" in said
    assert "\n" not in said


def test_the_paragraph_says_when_there_is_nothing() -> None:
    said = words(table(seed_rows(0, "", ""), seed_rows(1, "", "")))
    assert "the second half begins: none within these runs." in said
    assert "Douyin none and JD none" in said


def test_the_paragraph_of_two_arms_counts_pairs_and_failures() -> None:
    seeds = [seed_rows(seed, "2021-01-31", "2022-04-27") for seed in range(3)]
    other = [seed_rows(seed, "2021-01-31", "2022-04-26", AGAINST) for seed in range(3)]
    failed = seed_rows(3, "", "", error="BooksError: stage")[:1]
    said = words(table(*seeds, *other, failed), ["strategy=hold"])
    assert "Against it (strategy=hold) it begins on 2021-01-31 (the same day in 3 of 3)" in said
    assert "the first lag less the second is 1 days in the median, 1 on average" in said
    assert "3 pairs; longer in 3, shorter in 0; sign test p = 0.25, permutation test p = 0.25" in said
    assert said.endswith("1 run failed and is left out.")
    apart = table(*seeds, *(seed_rows(seed, "2021-01-31", "", AGAINST) for seed in range(3)))
    assert "No seed has a lag on both sides, so the two cannot be compared." in words(apart, ["strategy=hold"])


def of_members(days: Mapping[tuple[int, int], str]) -> pd.DataFrame:
    rows = [row | {"member": m} for (m, seed), day in days.items() for row in seed_rows(seed, day, "2022-01-01")]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_members_spread_the_day_and_widen_the_median() -> None:
    """Members months apart, whose seeds are days apart: as seeds of one market the median would look sure."""
    days = {(m, s): str(day(60 * m + s)) for m in range(6) for s in range(4)}
    found = of_members(days)
    pooled = of_members({(0, 4 * m + s): day_ for (m, s), day_ in days.items()})
    own, alone = summary(found).iloc[0], summary(pooled).iloc[0]
    assert own["sd_parameters"] == pytest.approx(60 * np.arange(6).std(ddof=1), rel=0.01)
    assert own["sd_luck"] == pytest.approx(np.arange(4).std(ddof=1), rel=0.01)
    assert own["standard_error"] > 1.3 * alone["standard_error"]
    assert alone["sd_parameters"] == 0
    assert "24 runs (6 members of the fitted ensemble under 4 seeds each)" in words(found)
    assert "Parameters spread that day by 112 days and luck by 1 (standard deviations)." in words(found)
