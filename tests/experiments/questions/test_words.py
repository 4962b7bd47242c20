"""Words of the article's questions: every claim of sentences on random tables is held to the table."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.counterfactual.text import label
from secondhalf.experiments.questions.arms import CROSSING, EXCLUSIVITY, LINKS, MIX, ORDER, QUESTIONS, WATER
from secondhalf.experiments.questions.figure import draw
from secondhalf.experiments.questions.tables import COLUMNS, LEAD, questions_table
from secondhalf.experiments.questions.text import ABSENT, MIXES, SUBJECTS, TITLES, answers, document
from tests.experiments.questions.random_results import ENDING, KINDS, YEAR, arms, results, summary

NUMBER = r"[+−]?[\d.,]+(?:e[+−]?\d+)?"
CLAIM = (
    rf"(?:(?P<told>{NUMBER}) (?P<unit>%|[a-z RMB]+) (?P<way>higher|lower)|cannot be told apart) "
    rf"\((?:(?P<open>{NUMBER}) (?P<unit_open>%|[a-z RMB]+), )?(?P<low>{NUMBER}) to (?P<high>{NUMBER})\)"
)


def read(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def made(number: int, left_out: int = 0, late: bool = False) -> tuple[pd.DataFrame, dict[str, Any]]:
    named = arms()
    kept = named[left_out:]
    given = results(number, kept, late)
    return questions_table(given, kept, KINDS, YEAR), summary(given, kept, [arm.name for arm in named[:left_out]])


def check(text: str, row: dict[str, Any], what: str) -> None:
    """One estimate behind its subject: numbers are the row's, and so is the word."""
    found = re.search(
        rf"{re.escape(what)} (?:from {NUMBER} to {NUMBER},)? ?(?P<sure>probably )?(?:would be )?{CLAIM}", text
    )
    assert found is not None, (what, text)
    sure, own = row["distinguishable"] == "yes", row["low"] > 0 or row["high"] < 0
    assert (found["told"] is not None) == (sure or own), what
    assert (found["sure"] is not None) == (own and not sure), what
    assert (row["distinguishable"] == "yes") == (row["p_holm"] < 0.05)
    assert [read(found["low"]), read(found["high"])] == pytest.approx([row["low"], row["high"]], rel=6e-3, abs=1e-9)
    unit = "%" if row["unit"] == "percent" else row["unit"]
    assert (found["unit"] or found["unit_open"]) == unit
    if found["told"]:
        assert (found["way"] == "higher") == (row["estimate"] > 0)
        assert read(found["told"]) == pytest.approx(abs(row["estimate"]), rel=6e-3)
    else:
        assert read(found["open"]) == pytest.approx(row["estimate"], rel=6e-3, abs=1e-9)


def probable(row: dict[str, Any]) -> bool:
    """Its own interval leaves out zero, and the correction over all answers does not confirm it."""
    return row["distinguishable"] != "yes" and bool(row["low"] > 0 or row["high"] < 0)


def answering(table: pd.DataFrame, question: str) -> list[dict[str, Any]]:
    own = table[(table["question"] == question) & (table["answers"] == "yes")]
    return [{str(key): value for key, value in row.items()} for row in own.to_dict("records")]


@pytest.mark.parametrize("number", range(12))
def test_every_claim_holds_in_the_table(number: int) -> None:
    table, about = made(number)
    assert list(table.columns) == list(COLUMNS)
    said = answers(table, about)
    assert list(said) == list(QUESTIONS)
    for question in (ORDER, LINKS, EXCLUSIVITY):
        rows = answering(table, question)
        for row in rows:
            who = "" if row["platform"] == "market" else f"{label(row['platform'])}'s "
            check(said[question], row, f"{who}{SUBJECTS[row['measure']]}")
        count = sum(row["distinguishable"] == "yes" for row in rows)
        more = sum(probable(row) for row in rows)
        verdict = f"{count} of {len(rows)} numbers can be told from history's, {more} more probably."
        assert (verdict if count or more else "No difference can be told.") in said[question]
    assert {row["platform"] for row in answering(table, ORDER)} == {"kuaishou", "douyin", "market"}
    for question in (
        LINKS,
        EXCLUSIVITY,
    ):  # each platform, merchants, consumers: once, in per cent where that is defined
        assert len(answering(table, question)) == len(KINDS) + 2
    names: dict[tuple[str, bool], set[str]] = {
        (word, sure): set() for word in ("more", "less") for sure in (True, False)
    }
    rows = answering(table, CROSSING)
    assert len(rows) == 2 * len(KINDS)
    for row in rows:
        own = re.search(rf"{label(row['platform'])} \(from 2022-06-15\): (.*?\)\.)", said[CROSSING])
        assert own is not None
        check(own[1], row, SUBJECTS[row["measure"]])
        sure = row["distinguishable"] == "yes"
        if sure or probable(row):
            word = "more" if row["estimate"] > 0 else "less"
            names[word, sure].add(f"{label(row['platform'])} ({SUBJECTS[row['measure']]})")
    head = said[CROSSING].removeprefix(f"**{TITLES[CROSSING]}** ").partition(". ")[0] + "."
    for (word, sure), own in names.items():
        there = re.search(rf"{'(?<!probably )' if sure else 'probably '}with {word}: ([^;]*?)[;.]", head, re.IGNORECASE)
        found = set(re.findall(r"(?:^|, | and )([^,()]+ \([a-z]+\))", there[1])) if there else set()
        assert found == own, (word, sure, head)
    for word, verb in (("more", "gain"), ("less", "lose")):
        none = not names[word, True] and not names[word, False]
        assert bool(re.search(f"nobody can be told to {verb}", head, re.IGNORECASE)) == none
    rows = answering(table, MIX)
    assert len(rows) == 6
    for row in rows:
        check(said[MIX], row, MIXES[row["measure"]])
        there = re.search(rf"{re.escape(MIXES[row['measure']])} from ({NUMBER}) to ({NUMBER}), ", said[MIX])
        assert there is not None
        year = table[(table["measure"] == row["measure"])].set_index("period")["estimate"]
        assert [read(there[1]), read(there[2])] == pytest.approx([year["2023"], year["2024"]], rel=6e-3)
    for of, name in (("gmv", "GMV"), ("minutes", "minutes")):
        row = next(row for row in rows if row["measure"] == f"interpenetration_{of}")
        told = row["distinguishable"] == "yes"
        assert bool(re.search(rf"[Tt]hey came closer by {name}", said[MIX])) == (told and row["estimate"] > 0)
        assert bool(re.search(rf"[Tt]hey moved apart by {name}", said[MIX])) == (told and row["estimate"] < 0)
    assert document(table, about).count("\n- **") == len(QUESTIONS)
    answered = table[table["answers"] == "yes"]
    assert (answered["distinguishable"] == "yes").sum() == (answered["p_holm"] < 0.05).sum()
    assert f"{len(answered)} numbers answer" in document(table, about)
    assert f"below 5 % for {int((answered['p_holm'] < 0.05).sum())}; *probably*" in document(table, about)


@pytest.mark.parametrize("number", range(6))
def test_sources_of_new_water_are_those_of_the_table(number: int) -> None:
    table, about = made(number)
    own = table[table["period"] == str(YEAR)].set_index(["measure", "platform"])
    text = answers(table, about)[WATER]
    for name in KINDS:
        row = own.loc[(LEAD, name)]
        found = re.search(
            rf"{label(name)} ({NUMBER}) against ({NUMBER}), difference ({NUMBER}) \(({NUMBER}) to ({NUMBER})\): "
            r"(probably )?(stickiness counts for more|new pools count for more|cannot be told apart)",
            text,
        )
        assert found is not None, name
        wanted = [own.loc[("stickiness", name), "estimate"], own.loc[("new_pools", name), "estimate"]]
        wanted += [row["estimate"], row["low"], row["high"]]
        assert [read(found[n]) for n in range(1, 6)] == pytest.approx(wanted, rel=6e-3, abs=1e-9)
        assert (found[6] is not None) == probable(dict(row))
        if row["distinguishable"] != "yes" and not probable(dict(row)):
            assert found[7] == "cannot be told apart"
        else:
            assert found[7].startswith("stickiness" if row["estimate"] > 0 else "new pools")


def test_what_is_not_in_the_runs_is_said() -> None:
    """Without the arms of order, links and exclusivity and of one platform, and without a second half."""
    table, about = made(1, left_out=4, late=True)
    said = answers(table, about)
    for question in (ORDER, LINKS, EXCLUSIVITY):
        assert said[question].endswith(ABSENT)
    assert about["absent"][-1] == f"kuaishou{ENDING}"
    assert said[CROSSING].endswith("Within these runs Kuaishou enters no other line.")
    assert said[WATER].endswith("In too few runs the second half begins early enough to tell.")
    assert not (table[table["question"] == WATER]["answers"] == "yes").any()
    assert np.isfinite(table.loc[table["answers"] == "yes", "low"]).all()


def test_random_tables_have_differences_of_both_kinds() -> None:
    """Else the tests above would say nothing."""
    tables = [made(number)[0] for number in range(12)]
    every = pd.concat(tables)
    for question in QUESTIONS:
        words = every.loc[(every["question"] == question) & (every["answers"] == "yes")]
        assert set(words["distinguishable"]) == {"yes", "no"}, question
        assert {-1, 1} <= set(np.sign(words.loc[words["distinguishable"] == "yes", "estimate"])), question


def test_the_figure_has_every_answer_in_per_cent() -> None:
    table, about = made(2)
    left, right = draw(table, about).axes
    shown = table[(table["answers"] == "yes") & (table["unit"] == "percent")]
    assert len(right.get_yticks()) == len(shown)
    assert len(left.lines) == 2
