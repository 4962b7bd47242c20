"""Tables of the study in documents: malls with where their gains came from, and all launches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from secondhalf.experiments.launches.text import BILLION, label, opens_a_mall, own_gmv, paragraph, signed

MARKS = ("mall effects", "launch effects", "launch words", "mall answer")
"""Marks of the tables in documents."""
LINKS = {"cannibalised": "own other channels", "walking_away": "needs not met before"}
"""Parts of a gain that are no rival's, as heads of columns."""


def in_documents(
    launches: pd.DataFrame, split: pd.DataFrame, nests: pd.DataFrame, summary: Mapping[str, Any]
) -> dict[str, str]:
    """What documents show between their marks; launches.csv, split.csv, nests.csv and the summary of a study."""
    words = paragraph(launches, split, nests, summary)
    answer = mall_answer(launches, split, summary)
    tables = (malls_markdown(launches, split, summary), launches_markdown(launches, summary), words, answer)
    return dict(zip(MARKS, tables, strict=True))


def mall_answer(launches: pd.DataFrame, split: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    """What a mall does, in a sentence a mall that opened alone, with intervals and the condition."""
    said = []
    for item in summary["launches"]:
        if not opens_a_mall(item) or item["packages"]:
            continue
        own = own_gmv(launches)
        rows = [(horizon, _one(own, item, horizon)) for horizon in sorted({int(key) for key in item["days"]})]
        years = ", ".join(f"{_interval(row).replace(' ', ' % ', 1)} in year {horizon}" for horizon, row in rows)
        parts = split[(split["launch"] == item["launch"]) & (split["horizon"] == rows[-1][0])]
        total = parts.groupby("part")["mean"].sum()
        shares = {part: 100 * total[part] / total["gain"] for part in ("cannibalised", "taken", "walking_away")}
        said.append(
            f"{label(item['owner'])}'s mall, opened {item['date']}, changed its owner's GMV by {years}; of what it "
            f"sold in the last of these years {shares['taken']:.0f} % came from rivals, "
            f"{shares['cannibalised']:.0f} % from the owner's other channels "
            f"and {shares['walking_away']:.0f} % from needs not met before."
        )
    level = f"{100 * summary['level']:.0f} % intervals over parameters and luck"
    return f"{' '.join(said)} ({level}; rivals repeat their own history and do not answer.)\n"


def malls_markdown(launches: pd.DataFrame, split: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    """A row a mall: the owner's GMV, where the gain of the new channel came from, and what people gain, by year."""
    rivals = list(dict.fromkeys(split.loc[split["part"].isin(["taken", "gain"]), "platform"]))
    heads = [
        "launch",
        "year",
        "owner's GMV, %",
        "sold in the mall, billion RMB",
        *(f"from {p}" for p in LINKS.values()),
    ]
    heads += [f"from {label(name)}" for name in rivals]
    heads += ["consumer surplus, billion RMB"]
    lines = [_line(heads), "|---|---:|" + "---:|" * (len(heads) - 2)]
    for item in summary["launches"]:
        if not opens_a_mall(item):
            continue
        for horizon in sorted({int(key) for key in item["days"]}):
            own = split[(split["launch"] == item["launch"]) & (split["horizon"] == horizon)]
            parts = own.set_index(["part", "platform"])
            gain = parts.loc["gain"].iloc[0]
            cells = [_interval(_one(own_gmv(launches), item, horizon)), _interval(gain, BILLION)]
            cells += [f"{signed(BILLION * parts.loc[part, 'mean'].iloc[0])}" for part in LINKS]
            taken = {name: f"{signed(BILLION * row['mean'])}" for name, row in parts.loc["taken"].iterrows()}
            cells += [taken.get(name, "–") for name in rivals]
            surplus = launches[(launches["quantity"] == "consumer_surplus") & (launches["unit"] == "RMB")]
            cells += [_interval(_one(surplus, item, horizon), BILLION)]
            lines.append(_line([_words(item), str(horizon), *cells]))
    return "\n".join(lines) + "\n"


def launches_markdown(launches: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    """A row a launch: its effect on its owner's GMV, minutes and revenue after one and two years, and on the market."""
    owned = launches[(launches["unit"] == "percent") & (launches["platform"] == launches["owner"])]
    wanted = [(quantity, horizon) for quantity in ("gmv", "minutes", "revenue") for horizon in (1, 2)]
    heads = ["launch", *(f"{'GMV' if q == 'gmv' else q}, year {h}" for q, h in wanted), "GMV of all, year 1"]
    lines = [_line(heads), "|---|" + "---:|" * (len(heads) - 1)]
    for item in summary["launches"]:
        cells = [_interval(_one(owned[owned["quantity"] == quantity], item, horizon)) for quantity, horizon in wanted]
        everyone = launches[(launches["platform"] == "market") & (launches["quantity"] == "gmv")]
        cells.append(_interval(_one(everyone[everyone["unit"] == "percent"], item, 1)))
        lines.append(_line([_words(item), *cells]))
    return "\n".join(lines) + "\n"


def _one(table: pd.DataFrame, item: Mapping[str, Any], horizon: int) -> pd.Series[Any] | None:
    found = table[(table["launch"] == item["launch"]) & (table["horizon"] == horizon)]
    return found.iloc[0] if len(found) else None


def _interval(row: pd.Series[Any] | None, scale: float = 1.0) -> str:
    if row is None:
        return "–"
    return f"{signed(scale * row['mean'])} ({signed(scale * row['low'])} to {signed(scale * row['high'])})"


def _words(item: Mapping[str, Any]) -> str:
    return f"{label(item['owner'])}: {item['label']}, {item['date']}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
