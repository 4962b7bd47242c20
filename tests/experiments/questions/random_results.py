"""Results that no market gave: numbers of any size beside spreads of any size."""

from __future__ import annotations

from typing import Any

import numpy as np

from secondhalf.conf.schema.scenario import Scenario
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.questions.arms import CROSSING, SCENARIOS, QuestionArm
from secondhalf.experiments.questions.runs import HISTORY, OF_MARKET, OF_PLATFORM

KINDS = {"kuaishou": "content", "douyin": "content", "taobao": "shelf", "jd": "shelf", "pinduoduo": "shelf"}
YEARS, YEAR = ("2023", "2024"), 2024
ENDING = "_does_not_cross"


def arms() -> list[QuestionArm]:
    """All arms; what their scenarios are does not matter here."""
    nothing: Scenario = load_settings([]).scenario
    found = [QuestionArm(name, question, nothing) for question, name in SCENARIOS.items()]
    return found + [QuestionArm(f"{name}{ENDING}", CROSSING, nothing, name) for name in KINDS]


def results(number: int, named: list[QuestionArm], late: bool = False) -> list[list[dict[str, Any]]]:
    """By member and seed; `late`: the second half begins in no run.

    Effects are large or none, spreads from nothing to large; a platform's profit may be negative, its GMV nothing.
    """
    draw = np.random.default_rng(number)
    keys = [(p, q) for p in KINDS for q in OF_PLATFORM] + [("market", q) for q in OF_MARKET]
    level = {key: 10 ** draw.uniform(7, 10) for key in keys}
    effect = {(name, *key): draw.choice([0, 1]) * draw.normal(0, 0.5) for name in _places(named) for key in keys}
    spread = 10 ** draw.uniform(-5, -0.5)

    def means(place: str) -> dict[str, dict[str, float]]:
        own: dict[str, dict[str, float]] = {}
        for p, q in keys:
            value = level[p, q] * np.exp(effect[place, p, q] + spread * draw.standard_normal())
            own.setdefault(p, {})[q] = float(value)
        for p in KINDS:
            own[p]["profit"] *= -1 if number % 2 else 1
            for of in ("gmv", "minutes"):
                own[p][f"other_{of}"] = own[p][of] * own[p][f"other_{of}"] / (own[p][of] + own[p][f"other_{of}"])
        if number % 3 == 0:
            own["jd"]["gmv"] = own["jd"]["other_gmv"] = 0.0
        for of in ("gmv", "minutes"):
            own["market"][f"interpenetration_{of}"] = min(own["market"][f"interpenetration_{of}"] / 1e11, 1.0)
        return own

    def run() -> dict[str, Any]:
        found = {
            name: {year: means(f"{name} {year}") for year in YEARS} for name in (HISTORY, *(a.name for a in named))
        }
        turn = None if late else int(draw.integers(400, 500))
        sources = {
            year: {
                p: dict.fromkeys(("new", "outside", "budget", "transfer"), float(draw.normal(0, 1e9))) for p in KINDS
            }
            for year in YEARS
        }
        return {"arms": found, "turn": turn, "before": means("before"), "after": means("after"), "sources": sources}

    members, seeds = int(draw.integers(2, 9)), int(draw.integers(2, 4))
    return [[run() for _ in range(seeds)] for _ in range(members)]


def _places(named: list[QuestionArm]) -> list[str]:
    return ["before", "after", *(f"{name} {year}" for name in (HISTORY, *(a.name for a in named)) for year in YEARS)]


def summary(given: list[list[dict[str, Any]]], named: list[QuestionArm], absent: list[str]) -> dict[str, Any]:
    """What the words read of a summary."""
    return {
        "members": list(range(len(given))),
        "seeds": list(range(len(given[0]))),
        "users": 2000,
        "first_day": "2019-01-01",
        "last_day": "2026-12-31",
        "year": YEAR,
        "level": 0.95,
        "failed": [],
        "absent": absent,
        "answering": 30,
        "branch_dates": {arm.name: "2022-06-15" for arm in named},
    }
