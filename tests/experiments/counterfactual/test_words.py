"""Words of a counterfactual: every claim of texts on random tables is held to the table."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.counterfactual.arms import ARMS
from secondhalf.experiments.counterfactual.differences import differences, variance_reduction
from secondhalf.experiments.counterfactual.outputs import Answer, runs_table
from secondhalf.experiments.counterfactual.quarterly_measures import BY_PLATFORM, MARKET, OF_MARKET, WELFARE
from secondhalf.experiments.counterfactual.text import NAMES, SCALES, TELLING, label, paragraph
from secondhalf.experiments.results.statistics.paired_statistics import LEVEL

PLATFORMS = ("kuaishou", "douyin", "taobao", "jd", "pinduoduo")
QUARTERS = ("2024Q3", "2024Q4")
SIDES = ("consumers", "merchants", "platforms' revenue")


def random_answer(number: int) -> Answer:
    """Effects of any size beside spreads of any size; a profit may be negative."""
    draw = np.random.default_rng(number)
    members, seeds = (1, int(draw.integers(2, 9))) if number % 3 == 0 else (int(draw.integers(2, 7)), 3)
    cells = [(p, m) for p in PLATFORMS for m in BY_PLATFORM] + [(MARKET, m) for m in OF_MARKET]
    level = {cell: 10 ** draw.uniform(8, 12) for cell in cells}
    effect = {(q, *cell): draw.choice([0, 1]) * draw.normal(0, 0.3) for q in QUARTERS for cell in cells}
    spread = {cell: 10 ** draw.uniform(-4, 0) for cell in cells}
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for member in range(members):
        for seed in range(seeds):
            rows = []
            for q in QUARTERS:
                for cell in cells:
                    base = level[cell] * np.exp(0.1 * draw.standard_normal())
                    sign = -1 if cell[1] == "profit" and number % 2 else 1
                    other = base * np.exp(effect[q, *cell] + spread[cell] * draw.standard_normal())
                    rows += [("baseline", q, *cell, sign * base), ("alternative", q, *cell, sign * other)]
            found[member, seed] = {"rows": rows}
    runs = runs_table(found)
    table = differences(runs, QUARTERS[0])
    summary = {
        "baseline": "scenario=baseline",
        "alternative": "scenario=other",
        "first_day": "2019-01-01",
        "last_day": "2024-12-31",
        "branch_date": "2024-07-01",
        "users": 2000,
        "calibration": "calibration" if members > 1 else None,
        "kept": [],
        "settings": {arm: {"calendar": {"last_fact": "2024-12-31"}} for arm in ARMS},
        "members": list(range(members)),
        "seeds": list(range(seeds)),
        "failed": [],
        "intervals": len(table),
        "distinguishable": int((table["p_holm"] < 1 - LEVEL).sum()),
        "variance_reduction": variance_reduction(runs),
    }
    return Answer(table, runs, pd.DataFrame(), summary)


def read(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


NUMBER = r"[+−]?[\d.,]+(?:e[+−]?\d+)?"
ENTRY = re.compile(
    rf"({NUMBER}) \[({NUMBER}) to ({NUMBER})(?:; {NUMBER} %, ({NUMBER}) to ({NUMBER}) %)?\]"
    rf"(?: billion RMB)?[, (]+(distinguishable|not distinguishable from zero, at most {NUMBER} %|too few runs to tell)"
)


def check_entry(found: re.Match[str], row: dict[str, Any]) -> None:
    """One estimate: its numbers are the row's, and its word follows from them."""
    factor = SCALES[row["unit"]][0]
    shown = [read(found[n]) for n in (1, 2, 3)]
    expected = [factor * row[name] for name in ("difference", "low", "high")]
    assert shown == pytest.approx(expected, rel=6e-3, abs=1e-12)
    told, word = row["p_holm"] < 1 - LEVEL, found[6]
    assert (word == "distinguishable") == told
    if np.isfinite(row["change"]):
        assert [read(found[n]) for n in (4, 5)] == pytest.approx(
            [100 * row["change_low"], 100 * row["change_high"]], rel=6e-3
        )
        bound = max(abs(row["change_low"]), abs(row["change_high"]))
    else:
        assert found[4] is None
        bound = max(abs(row["low"]), abs(row["high"])) / abs(row["baseline_mean"])
    if not told:
        assert (word == "too few runs to tell") == (bound > TELLING)
        if bound <= TELLING:
            assert read(word.split()[-2]) == pytest.approx(100 * bound, rel=6e-3)


@pytest.mark.parametrize("number", range(12))
def test_every_claim_holds_in_the_table(number: int) -> None:
    given = random_answer(number)
    text = paragraph(given)
    table = given.differences.assign(told=given.differences["p_holm"] < 1 - LEVEL)
    end = table[table["quarter"] == QUARTERS[-1]].set_index(["platform", "measure"])
    lines = {line.split(" (")[0].removeprefix("- "): line for line in text.splitlines() if line.startswith("- ")}
    for measure in BY_PLATFORM:
        parts = lines[NAMES[measure]].split(": ", 1)[1].split("; " + "")
        whole = lines[NAMES[measure]]
        for platform in PLATFORMS:
            entry = ENTRY.search(whole, whole.index(f" {label(platform)} ") + 1)
            assert entry is not None, (platform, parts)
            check_entry(entry, {"unit": end.loc[(platform, measure), "unit"], **end.loc[(platform, measure)]})
    whole = lines["the market as a whole: " + NAMES["interpenetration_gmv"]]
    for measure in OF_MARKET:
        entry = ENTRY.search(whole, whole.index(NAMES[measure]))
        assert entry is not None
        check_entry(entry, dict(end.loc[(MARKET, measure)]))
    # Who gains: the sides' surplus.
    gains = text[text.index("Who gains: ") :].partition(". ")[0] + "."
    for side, measure in zip(SIDES, WELFARE, strict=True):
        entry = ENTRY.search(text, text.index(side + " ", text.index("Who gains: ")))
        assert entry is not None, gains
        check_entry(entry, dict(end.loc[(MARKET, measure)]))
    # GMV by platform: higher, lower, about the same, unknown.
    said = re.search(rf"GMV in {QUARTERS[-1]} is (.*?)\. Who gains", text)
    assert said is not None
    gmv = end.xs("gmv", level="measure")
    for platform in PLATFORMS:
        row = gmv.loc[platform]
        groups = re.split(r", (?=higher on|lower on|about the same on|unknown on)", said[1])
        own = next(group for group in groups if label(platform) in group)
        bound = max(abs(row["change_low"]), abs(row["change_high"]))
        if row["told"]:
            assert own.startswith("higher on" if row["difference"] > 0 else "lower on")
        else:
            assert own.startswith("unknown on" if bound > TELLING else "about the same on")
    assert ("too few runs to tell" in said[1]) == ("unknown on" in said[1])
    # The largest is the largest of those that can be told.
    for measure in ("gmv", "attention_share"):
        own = table[(table["measure"] == measure) & table["told"]]
        claim = re.search(rf"(\S+)'s in (\S+) for {NAMES[measure]}, ({NUMBER}) \[", text)
        assert (claim is None) == own.empty
        if claim is not None:
            row = own.loc[own["difference"].abs().idxmax()]
            assert claim[1].lower() in label(row["platform"]).lower()
            assert claim[2] == row["quarter"]
            assert read(claim[3]) == pytest.approx(SCALES[row["unit"]][0] * row["difference"], rel=6e-3)
    assert (
        f"leaves p below 5 % (on logs where a measure is above zero in every run): {int(table['told'].sum())} do"
        in text
    )
    assert ("largest distinguishable" in text) == bool(
        table[table["measure"].isin(["gmv", "attention_share"])].told.any()
    )
