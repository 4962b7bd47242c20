"""Text of the study `phases`: a paragraph with the numbers of its tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.results.second_half import WORDS
from secondhalf.model.data_files import names

Row = Mapping[Any, Any]
MILLION_HOURS = 60e6
"""Minutes in a million hours."""


def paragraph(
    table: pd.DataFrame,
    frames: Mapping[str, pd.DataFrame],
    arms: Mapping[str, MarketSettings],
    against: Sequence[str],
) -> str:
    """One paragraph on the first arm and, when there is one, on the second beside it.

    Parameters
    ----------
    table
        phases.csv, rows of failed seeds among them
    frames
        the other tables by name
    """
    arm, settings = next(iter(arms.items()))
    own = table[(table["arm"] == arm) & (table["error"] == "")]
    summary = frames["phases_summary"]
    rows = _events(summary, arm)
    said = [
        f"Over {_over(own)} of {settings.population.users:,} users, {settings.calendar.start} to "
        f"{settings.calendar.end}, strategy {settings.strategy.name}, "
        f"{_when(rows['market', 'second_half_day'], 'the second half begins')}.",
        *_parts(rows["market", "second_half_day"]),
        *_flows(own[(own["scope"] == "market") & (own["second_half_day"] != "")]),
        *_platforms(own, rows, settings),
        *_entry(rows["market", "mutual_entry"], frames["phases_lags_summary"], arm),
        *_against(frames, list(arms), against),
    ]
    failed = table.loc[table["error"] != "", ["arm", "member", "seed"]].drop_duplicates()
    if len(failed):
        said.append(f"{_count(len(failed), 'run')} failed and {'is' if len(failed) == 1 else 'are'} left out.")
    return " ".join(said)


def _over(own: pd.DataFrame) -> str:
    """How many runs, of how many members."""
    runs, members = len(own[["member", "seed"]].drop_duplicates()), own["member"].nunique()
    if members < 2:
        return _count(runs, "seed")
    return f"{runs} runs ({members} members of the fitted ensemble under {_count(own['seed'].nunique(), 'seed')} each)"


def _parts(row: Row) -> Iterator[str]:
    """How far parameters and luck each spread the day."""
    if row["sd_parameters"] or row["sd_luck"]:
        yield (
            f"Parameters spread that day by {row['sd_parameters']:,.0f} days and luck by {row['sd_luck']:,.0f} "
            "(standard deviations)."
        )


def _events(summary: pd.DataFrame, arm: str) -> dict[tuple[str, str], Row]:
    """An arm's rows by scope and event."""
    return {(row["scope"], row["event"]): row for row in summary[summary["arm"] == arm].to_dict("records")}


def _first(rows: pd.DataFrame) -> Row:
    return rows.to_dict("records")[0]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _when(row: Row, what: str) -> str:
    """When an event happens, in how many seeds, and how sure the median is."""
    seeds = row["seeds"]
    having = round(row["share"] * seeds)
    if not having:
        return f"{what}: none within {'this run' if seeds == 1 else 'these runs'}"
    where = f"in {having} of {seeds}"
    if having == 1:
        return f"{what} on {row['q50']} ({where})"
    if row["q05"] == row["q95"]:
        return f"{what} on {row['q50']} (the same day in {having} of {seeds})"
    return (
        f"{what} on {row['q50']} in the median ({where}; 95 % interval of the median {row['median_low']} to "
        f"{row['median_high']}, 5 to 95 % of seeds {row['q05']} to {row['q95']})"
    )


def _flows(market: pd.DataFrame) -> Iterator[str]:
    """Which source dries up, with its levels, and which takes over."""
    if market.empty:
        return
    for source, rows in market[market["dried_up"] != ""].groupby("dried_up"):
        name, ending = WORDS[str(source)]
        peak, day, later = (rows[f"{source}_{when}"].median() / MILLION_HOURS for when in ("peak", "day", "later"))
        yield (
            f"{_capital(name)} decline{ending} by over half in {_count(len(rows), 'seed')}: a gain of {peak:,.0f} "
            "million hours a day in "
            f"the best trailing year, {day:,.0f} on the day, {later:,.0f} a year later (medians)."
        )
    if still := int((market["dried_up"] == "").sum()):
        yield f"In {_count(still, 'seed')} no source declines below half of its peak."
    ahead = [f"{WORDS[str(name)][0]} in {count}" for name, count in market["took_over"].value_counts().items()]
    yield f"The source that takes over is {_list(ahead)}."


def _platforms(own: pd.DataFrame, rows: Mapping[tuple[str, str], Row], settings: MarketSettings) -> Iterator[str]:
    parts = []
    for name in settings.platforms:
        row = rows[name, "second_half_day"]
        having = round(row["share"] * row["seeds"])
        mine = own[(own["scope"] == name) & (own["second_half_day"] != "")]
        early = int((mine["led_before"] == "").sum())
        words = str(names().get(name, {}).get("label", name))
        if not having:
            parts.append(f"{words} none")
            continue
        note = f", in {early} with nothing to compare before" if early else ""
        parts.append(f"{words} {row['q50']} ({having} of {row['seeds']}{note})")
    yield f"By platform, the median: {_list(parts)}."


def _entry(row: Row, lags: pd.DataFrame, arm: str) -> Iterator[str]:
    what = "a content platform has opened a mall or search and a shelf platform short video or live rooms"
    found = lags[lags["lag"] == arm]
    yield f"{_capital(_when(row, what))}{'; ' + _lag(_first(found)) if len(found) else ''}."


def _lag(row: Row) -> str:
    """A lag in words; negative when the entry comes first."""
    return (
        f"the lag after the market's second half is {row['q50']:,.0f} days in the median "
        f"({_interval(row)}, {_count(row['seeds'], 'seed')})"
    )


def _interval(row: Row) -> str:
    return f"95 % interval {row['median_low']:,.0f} to {row['median_high']:,.0f}"


def _against(frames: Mapping[str, pd.DataFrame], arms: list[str], against: Sequence[str]) -> Iterator[str]:
    """The second arm, and the paired difference of lags."""
    if len(arms) < 2:
        return
    summary, lags = frames["phases_summary"], frames["phases_lags_summary"]
    rows = _events(summary, arms[1])
    if not rows:
        yield f"Against it ({', '.join(against)}) no seed could be run."
        return
    words = f"Against it ({', '.join(against)}) {_when(rows['market', 'second_half_day'], 'it begins')}"
    yield f"{words}, and {_when(rows['market', 'mutual_entry'], 'mutual entry')}."
    found = lags[lags["lag"] == arms[1]]
    if len(found):
        yield f"There {_lag(_first(found))}."
    pairs = lags[lags["lag"] == "difference"]
    if pairs.empty:
        yield "No seed has a lag on both sides, so the two cannot be compared."
        return
    row = _first(pairs)
    yield (
        f"Seed by seed the first lag less the second is {row['q50']:,.0f} days in the median, {row['mean']:,.0f} "
        f"on average ({_interval(row)} of the median, {_count(row['seeds'], 'pair')}; longer in {row['above']}, "
        f"shorter in {row['below']}; sign test p = {row['sign_p']:.2g}, permutation test p = "
        f"{row['permutation_p']:.2g}); seeds without a lag on one side are left out."
    )


def _list(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
