"""Output files of a counterfactual study, and the summary of its results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from secondhalf.experiments.counterfactual.arms import ARMS, Arms
from secondhalf.experiments.counterfactual.differences import differences, variance_reduction
from secondhalf.experiments.counterfactual.quarterly_measures import KEYS, MARKET, SECOND_HALF, UNITS
from secondhalf.experiments.execution.provenance import commit, versions
from secondhalf.experiments.results.last_fact import note_of
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.statistics.paired_statistics import LEVEL
from secondhalf.experiments.results.tables import replacing

FILES = ("differences.csv", "runs.csv", "seeds.csv", "summary.json", "counterfactual.md")


@dataclass(frozen=True)
class Answer:
    """Results of a counterfactual: tables as in the files, and the summary.

    Attributes
    ----------
    differences
        a row a quarter, platform and measure: the means of both arms and of their difference, with its interval
    runs
        a row a member, seed, arm, quarter, platform and measure
    seeds
        a row a member and seed: finished or failed, and why
    """

    differences: pd.DataFrame
    runs: pd.DataFrame
    seeds: pd.DataFrame
    summary: dict[str, Any]

    @property
    def platforms(self) -> list[str]:
        """Names of the platforms, in the order of the settings, those of one arm only last."""
        return list(self.summary["variance_reduction"])

    @property
    def note(self) -> str:
        """What has to stand on every picture: that values are illustrative; empty for a fitted market."""
        return note_of(self.summary["settings"][ARMS[0]])


def runs_table(found: dict[tuple[int, int], dict[str, Any]]) -> pd.DataFrame:
    """All kept rows of finished runs, by member and seed; a platform that is missing from some has zeros in them."""
    parts = []
    for (member, seed), kept in sorted(found.items()):
        part = pd.DataFrame(kept["rows"], columns=["arm", *KEYS, "value"])
        part.insert(0, "seed", seed)
        part.insert(0, "member", member)
        parts.append(part)
    runs = pd.concat(parts, ignore_index=True)
    turning = runs["measure"] == SECOND_HALF
    platforms = list(dict.fromkeys(runs["platform"]))
    table = runs[~turning].pivot(index=KEYS, columns=["member", "seed", "arm"], values="value").fillna(0.0)
    long = pd.concat([table.melt(ignore_index=False).reset_index(), runs[turning]], ignore_index=True)
    for column, order in (("arm", ARMS), ("platform", platforms), ("measure", list(UNITS))):
        long[column] = pd.Categorical(long[column], order, ordered=True)
    long = long.sort_values(["member", "seed", "arm", *KEYS], ignore_index=True)
    long = long.astype({"arm": str, "platform": str, "measure": str})
    long["unit"] = long["measure"].map(UNITS)
    return long[["member", "seed", "arm", *KEYS, "unit", "value"]]


def answer(
    arms: Arms, found: dict[tuple[int, int], dict[str, Any]], seeds: pd.DataFrame, wall_seconds: float
) -> Answer:
    """Statistics and summary of what finished: members under all seeds, or seeds; at least two."""
    runs = runs_table(found)
    date = arms.branch_date
    since = None if date is None else str(pd.Period(date, freq="Q"))
    table = differences(runs, since)
    summary = {
        "baseline": arms.baseline_words,
        "alternative": arms.alternative_words,
        "first_day": arms.baseline.calendar.start.isoformat(),
        "last_day": arms.baseline.calendar.end.isoformat(),
        "branch_date": date,
        "users": arms.baseline.population.users,
        "calibration": None if arms.members is None else arms.members.calibration,
        "kept": [] if arms.members is None else sorted(arms.members.kept),
        "members": sorted({member for member, _ in found}),
        "seeds": sorted({seed for _, seed in found}),
        "failed": seeds.loc[seeds["state"] == "failed", ["member", "seed"]].to_numpy().tolist(),
        "level": LEVEL,
        "intervals": 0 if since is None else int((table["quarter"] >= since).sum()),
        "distinguishable": int((table["p_holm"] < 1 - LEVEL).sum()),
        "kinds": {name: arms.alternative.platform[name].kind for name in runs["platform"].unique() if name != MARKET},
        "variance_reduction": variance_reduction(runs),
        "seconds": {"wall": wall_seconds, "runs": float(seeds["seconds"].sum())},
        "settings": {
            arm: settings.model_dump(mode="json")
            for arm, settings in zip(ARMS, (arms.baseline, arms.alternative), strict=True)
        },
        "versions": versions(),
        "commit": commit(),
    }
    return Answer(table, runs, seeds, summary)


def write(given: Answer, words: str, folder: Path) -> None:
    """Write every file but seeds.csv, each whole or not at all."""
    for name, table in (("differences", given.differences), ("runs", given.runs)):
        with replacing(folder / f"{name}.csv") as temporary:
            write_csv(table, temporary)
    with replacing(folder / "summary.json") as temporary:
        temporary.write_text(json.dumps(given.summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    with replacing(folder / "counterfactual.md") as temporary:
        temporary.write_text(words, encoding="utf-8")
