"""Sentences of the study: every question with its numbers, their intervals, and what cannot be told apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from secondhalf.experiments.counterfactual.text import label, listed, plain, signed
from secondhalf.experiments.questions.arms import CROSSING, EXCLUSIVITY, LINKS, MIX, ORDER, QUESTIONS, WATER
from secondhalf.experiments.questions.tables import ALIKE, MARKET, TURN
from secondhalf.experiments.results.statistics.paired_statistics import LEVEL

TITLES = {
    ORDER: "Did the order of malls matter?",
    WATER: "After the second half begins, is stickiness or are new pools the larger source of new water?",
    MIX: "Do content platforms approach shelves in their mix, and the other way round?",
    LINKS: "What would have changed had links stayed open?",
    EXCLUSIVITY: "What would have changed had exclusivity not ended?",
    CROSSING: "Would a platform have gained by not crossing, the others as they were?",
}
SUBJECTS = {
    "gmv": "GMV",
    "gmv_share": "share of GMV",
    "gmv_all": "GMV of all platforms",
    "merchants_profit": "merchants' profit",
    "consumer_surplus": "consumers' surplus",
    "revenue": "revenue",
    "profit": "profit",
}
"""Measures of arms as people say them."""
MIXES = {
    "interpenetration_gmv": "interpenetration by GMV",
    "interpenetration_minutes": "interpenetration by minutes",
    "shelf_share_gmv": "shelves' part (mall, search, store) in content platforms' GMV",
    "content_share_gmv": "content's part (videos, live rooms) in shelf platforms' GMV",
    "shelf_share_minutes": "shelves' part in content platforms' minutes",
    "content_share_minutes": "content's part in shelf platforms' minutes",
}
APART, PROBABLY, WOULD = "cannot be told apart", "probably ", "would be "
"""Probably: its own interval leaves out zero, and the correction over all answers does not confirm it."""
ABSENT = "Nothing differs from history within these runs."
LIMITS = (
    "Rivals repeat their own history and do not answer; errors of the model are not in the intervals, and costs, which "
    "profits rest on, are declared and not fitted."
)
"""What the intervals leave out."""
Row = dict[str, Any]


def document(table: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    """questions.md: what was run, and a line a question."""
    return "\n\n".join([_head(table, summary), *(f"- {one}" for one in answers(table, summary).values())]) + "\n"


def answers(table: pd.DataFrame, summary: Mapping[str, Any]) -> dict[str, str]:
    """Each question with its answer, one line of Markdown."""
    made = {ORDER: _order, WATER: _water, MIX: _mix, LINKS: _links, EXCLUSIVITY: _exclusivity, CROSSING: _crossing}
    return {name: f"**{TITLES[name]}** {made[name](table, summary)}" for name in QUESTIONS}


def rows_of(table: pd.DataFrame, question: str) -> list[Row]:
    """Rows that answer a question."""
    own = table[(table["question"] == question) & (table["answers"] == "yes")]
    return [{str(key): value for key, value in row.items()} for row in own.to_dict("records")]


def told(row: Row) -> bool:
    """Whether a number can be told from zero."""
    return bool(row["distinguishable"] == "yes")


def probable(row: Row) -> bool:
    """Whether a number cannot be told from zero among all that answer, and can by its own interval."""
    return not told(row) and bool(row["low"] > 0 or row["high"] < 0)


def claim(row: Row, verb: str = "") -> str:
    """What a difference says, with its interval."""
    unit = "%" if row["unit"] == "percent" else row["unit"]
    if told(row) or probable(row):
        how = "higher" if row["estimate"] > 0 else "lower"
        return f"{_sure(row)}{verb}{plain(row['estimate'])} {unit} {how} ({span(row)})"
    return f"{APART} ({signed(row['estimate'])} {unit}, {span(row)})"


def _sure(row: Row) -> str:
    return PROBABLY if probable(row) else ""


def span(row: Row) -> str:
    """The interval."""
    return f"{signed(row['low'])} to {signed(row['high'])}"


def _head(table: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    count, number = int((table["answers"] == "yes").sum()), int((table["distinguishable"] == "yes").sum())
    failed = f" {len(summary['failed'])} runs failed, and their members are left out." if summary["failed"] else ""
    return (
        f"{len(summary['members'])} members of the fitted ensemble under {len(summary['seeds'])} seeds each, "
        f"{summary['users']:,} users, {summary['first_day']} to {summary['last_day']}; differences are those of "
        f"another market less history's in {summary['year']}.{failed} Brackets hold {100 * LEVEL:.0f} % intervals over "
        f"parameters and luck. {count} numbers answer; Holm's correction over all of them leaves p below "
        f"{100 * (1 - LEVEL):.0f} % for {number}; *probably* marks what leaves out zero by its own interval and not "
        f"after that correction. {LIMITS}"
    )


def _of_arm(table: pd.DataFrame, summary: Mapping[str, Any], question: str, had: str) -> str:
    rows = rows_of(table, question)
    if not rows:
        return ABSENT
    said = [f"{_subject(row)} {claim(row, WOULD)}" for row in rows]
    count, more = sum(map(told, rows)), sum(map(probable, rows))
    verdict = f"{count} of {len(rows)} numbers can be told from history's, {more} more probably."
    verdict = verdict if count or more else "No difference can be told."
    return f"{verdict} Had {had}, in {summary['year']} {'; '.join(said)}."


def _order(table: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    return _of_arm(table, summary, ORDER, "Kuaishou tested and opened its mall a year earlier, before Douyin")


def _links(table: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    return _of_arm(table, summary, LINKS, "no platform cut links to other platforms' shops")


def _exclusivity(table: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    return _of_arm(table, summary, EXCLUSIVITY, "Taobao's exclusive shops stayed bound")


def _crossing(table: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    rows = rows_of(table, CROSSING)
    ending = "_does_not_cross"
    absent = [label(name.removesuffix(ending)) for name in summary["absent"] if name.endswith(ending)]
    said = [_better(rows)] if rows else []
    for platform in dict.fromkeys(row["platform"] for row in rows):
        own = [f"{SUBJECTS[row['measure']]} {claim(row, WOULD)}" for row in rows if row["platform"] == platform]
        date = summary["branch_dates"][f"{platform}_does_not_cross"]
        said.append(f"{label(platform)} (from {date}): {', '.join(own)}.")
    if absent:
        said.append(f"Within these runs {listed(absent)} {'enter' if len(absent) > 1 else 'enters'} no other line.")
    return " ".join(said)


def _better(rows: list[Row]) -> str:
    said = []
    for word, sign, none in (("more", 1, "nobody can be told to gain"), ("less", -1, "nobody can be told to lose")):
        parts = []
        for sure, holds in (("", told), (PROBABLY, probable)):
            own = [row for row in rows if holds(row) and sign * row["estimate"] > 0]
            if own:
                names = listed([f"{label(row['platform'])} ({SUBJECTS[row['measure']]})" for row in own])
                parts.append(f"{sure}with {word}: {names}")
        said.append("; ".join(parts) or none)
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def _water(table: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    own = table[(table["question"] == WATER)]
    day = own[own["measure"] == TURN].iloc[0]
    if not np.isfinite([day["low"], day["high"]]).all():
        return "In too few runs the second half begins early enough to tell."
    said = []
    for row in rows_of(table, WATER):
        one, other = (_value(own, name, row) for name in ("stickiness", "new_pools"))
        word = "stickiness counts for more" if row["estimate"] > 0 else "new pools count for more"
        word = f"{_sure(row)}{word}" if told(row) or probable(row) else APART
        said.append(
            f"{label(row['platform'])} {signed(one)} against {signed(other)}, difference {signed(row['estimate'])} "
            f"({span(row)}): {word}"
        )
    start = dt.date.fromisoformat(summary["first_day"])
    dates = [(start + dt.timedelta(days=round(max(day[name], 0)))).isoformat() for name in ("estimate", "low", "high")]
    return (
        f"The second half begins on {dates[0]} ({dates[1]} to {dates[2]}). What was added from the year before to "
        f"{summary['year']} by minutes per user in the line's own channels (stickiness) and in the other line's (new "
        f"pools), billion minutes a day: {'; '.join(said)}."
    )


def _value(own: pd.DataFrame, measure: str, row: Row) -> float:
    found = own[(own["measure"] == measure) & (own["platform"] == row["platform"]) & (own["period"] == row["period"])]
    return float(found["estimate"].iloc[0])


def _mix(table: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    rows = rows_of(table, MIX)
    said = []
    for row in rows:
        first, last = (plain(number) for number in (row["history"], row["history"] + row["estimate"]))
        said.append(f"{MIXES[row['measure']]} from {first} to {last}, {claim(row)}")
    words = []
    for row in rows:
        what, _, of = row["measure"].rpartition("_")
        if what == ALIKE and told(row):
            how = "came closer" if row["estimate"] > 0 else "moved apart"
            words.append(f"they {how} by {'GMV' if of == 'gmv' else of}")
    verdict = listed(words) if words else "whether they came closer cannot be told"
    return f"{verdict[0].upper()}{verdict[1:]}. {rows[0]['period']}: {'; '.join(said)}."


def _subject(row: Row) -> str:
    words = SUBJECTS[row["measure"]]
    return words if row["platform"] == MARKET else f"{label(row['platform'])}'s {words}"
