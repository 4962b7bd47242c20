"""Summary paragraph of the study: the largest effects, where malls' gains came from, other nests, and the limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from secondhalf.model.data_files import names

LIMITS = (
    "Rivals repeat their own history in both arms and do not answer, and the intervals hold the model to be right and "
    "the parameters as uncertain as the fit says: errors of the model, and answers of rivals, are not in them."
)
"""What the intervals leave out, in one sentence."""
MOST = 6
"""Effects that the paragraph names."""
BILLION = 1e-9
Row = dict[str, Any]


def paragraph(table: pd.DataFrame, split: pd.DataFrame, nests: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    """One paragraph of Markdown with the numbers of a study."""
    items = {one["launch"]: one for one in summary["launches"]}
    said = [
        f"**What {len(items)} launches did**, {size(summary)}, {summary['first_day']} to {summary['last_day']}; "
        f"brackets hold {100 * summary['level']:.0f} % intervals over parameters and luck.",
        _largest(table, items),
        *(_malls(split, one) for one in summary["launches"] if opens_a_mall(one)),
        _nests(nests, summary),
        f"{LIMITS}",
    ]
    if summary["failed"]:
        said.insert(1, f"{len(summary['failed'])} runs failed; their members are left out.")
    return " ".join(sentence for sentence in said if sentence) + "\n"


def size(summary: Mapping[str, Any]) -> str:
    """Members, seeds and users, in words."""
    return f"{len(summary['members'])} members × {len(summary['seeds'])} seeds of {summary['users']:,} users"


def label(platform: str) -> str:
    """A platform's name as people write it."""
    return str(names().get(platform, {}).get("label", platform))


def own_gmv(table: pd.DataFrame, unit: str = "percent") -> pd.DataFrame:
    """Rows of the owners' GMV."""
    return table[(table["quantity"] == "gmv") & (table["unit"] == unit) & (table["platform"] == table["owner"])]


def _largest(table: pd.DataFrame, items: Mapping[str, Row]) -> str:
    own = own_gmv(table)
    first = own[own["horizon"] == 1]
    told = first[(first["low"] > 0) | (first["high"] < 0)]
    if told.empty:
        return "On no owner's GMV is the effect of the first year distinguishable from zero."
    order = told.reindex(told["mean"].abs().sort_values(ascending=False).index)
    said = []
    for row in _rows(order.head(MOST)):
        later = own[(own["launch"] == row["launch"]) & (own["horizon"] == 2)]
        second = f", in the second {signed(later['mean'].iloc[0])} %" if len(later) else ""
        said.append(
            f"{_name(items[row['launch']])} {signed(row['mean'])} % [{signed(row['low'])} to "
            f"{signed(row['high'])}]{second}"
        )
    return (
        f"On the owner's GMV of the first year {len(told)} of {len(first)} are distinguishable from zero, the largest: "
        f"{'; '.join(said)}."
    )


def _malls(split: pd.DataFrame, item: Row) -> str:
    """A mall's gain of its last year that is measured, and where it came from when it can be told from none."""
    own = split[split["launch"] == item["launch"]]
    horizon = int(own["horizon"].max())
    own = own[own["horizon"] == horizon]
    gain = _rows(own[own["part"] == "gain"])[0]
    which = "first" if horizon == 1 else "second"
    text = (
        f"{_name(item)} brought {signed(gain['mean'] * BILLION)} billion RMB [{signed(gain['low'] * BILLION)} to "
        f"{signed(gain['high'] * BILLION)}] in {' and '.join(item['channels'])} in the {which} year"
    )
    if gain["low"] <= 0 <= gain["high"]:
        return f"{text}."
    words = {"cannibalised": "its own other channels", "walking_away": "needs not met before"}
    parts = [
        f"{100 * row['mean'] / gain['mean']:.0f} % from {words.get(row['part'], label(row['platform']))}"
        for row in _rows(own[own["part"] != "gain"])
    ]
    return f"{text}: {', '.join(parts)}."


def _nests(nests: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    """How the largest mall's cannibalised part depends on the dissimilarity of channels."""
    if nests.empty:
        return ""
    gains = nests[(nests["quantity"] == "gain") & (nests["nest"] == nests["nest"].iloc[0])]
    largest = gains.loc[gains["mean"].abs().idxmax()]
    said = []
    for nest, own in nests.groupby("nest", sort=False):
        at = own[(own["launch"] == largest["launch"]) & (own["horizon"] == largest["horizon"])]
        gain, lost = (float(at.loc[at["quantity"] == part, "mean"].iloc[0]) for part in ("gain", "cannibalised"))
        share = f", {100 * lost / gain:.0f} % cannibalised" if gain else ""
        value = f"{own['channel_nest'].iloc[0]:.2g}{' (fitted)' if nest == 'fitted' else ''}"
        said.append(f"{value}: {signed(gain * BILLION)} billion RMB{share}")
    item = next(one for one in summary["launches"] if one["launch"] == largest["launch"])
    return f"The gain of {_name(item)} by the dissimilarity of channels, not fitted again: {'; '.join(said)}."


def opens_a_mall(item: Mapping[str, Any]) -> bool:
    """Whether what is taken away opened a mall to all."""
    return any("_mall_open_" in name for name in item["without"])


def _name(item: Row) -> str:
    return f"{label(item['owner'])} ({item['label']}, {item['date']})"


def _rows(table: pd.DataFrame) -> Sequence[Row]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def signed(value: float) -> str:
    """A number with its sign and the digits that count."""
    digits = f"{value:+,.0f}" if abs(value) > 99.4 else f"{value:+.2g}" if value else "0"
    return digits.replace("-", "−")
