"""Patterns that the default market must show, each with its fact and the rule by which it passes.

A reported number passes when the mean over seeds lies within the fact's own error (95 %, from the standard deviation
that data/targets.yaml gives it). A direction passes when the 95 % interval over seeds, paired where two arms are
compared, excludes no change. Nothing here is taken from what the model gives today.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from secondhalf.experiments.facts.model_series import SeriesNumbers
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import Target
from secondhalf.experiments.validate.patterns import measures
from secondhalf.experiments.validate.patterns import pareto_tail as tail
from secondhalf.experiments.validate.patterns.pass_rules import (
    BASELINE,
    FALLS,
    REPORTED,
    RISES,
    PassRule,
    Pattern,
    Quantity,
    Runs,
    near,
)

TARGETS = {target.name: target for target in read_targets().all}
LABELS = {"kuaishou": "Kuaishou", "douyin": "Douyin"}
ARTICLE = "Beijing Daily client, 2022-09-29 conference report (B)"


@dataclass(frozen=True)
class Arm:
    """A second market under the same random numbers.

    Attributes
    ----------
    overrides
        settings by dotted name; a list is added to what is there
    until
        last day that any pattern needs; None for the baseline's
    """

    overrides: Mapping[str, Any]
    until: dt.date | None = None


NO_MALL, OPEN_LINKS, CROWDED, BEARABLE, SPARE = "no_mall", "links_stay_open", "crowded", "bearable", "spare"
ARMS: dict[str, Arm] = {
    NO_MALL: Arm({"scenario.without": [{"platform": "content", "capability": "mall"}]}),
    OPEN_LINKS: Arm({"scenario.without": [{"platform": "*", "capability": "external_links"}]}, dt.date(2022, 6, 30)),
    # Twice as much of a feed sells as by default.
    CROWDED: Arm({"platform.kuaishou.selling_load": 0.18, "platform.douyin.selling_load": 0.18}, dt.date(2020, 12, 31)),
    **{
        name: Arm(
            {"scenario.caps": [{"platform": "content", "load": load, "since": dt.date(2020, 1, 1)}]},
            dt.date(2020, 12, 31),
        )
        for name, load in ((BEARABLE, measures.LIMIT[0]), (SPARE, measures.LIMIT[0] / 2))
    },
}
POINTS = "percentage points"
LIMIT_ROWS = "market_facts.csv, ecommerce_content_share_that_hurts_retention, two rows (B)"
PARETO_ROWS = "market_facts.csv, implied_pareto_exponent_ccdf, two rows (D)"
PARETO = PassRule(0.95, 2.0)
"""The exponents of those rows."""
NO_LOSS = PassRule(low=-1.0, whole=True)
"""Declared: a hundredth of the minutes is no loss."""


def _reported(metric: str, platform: str, period: str, name: str) -> Quantity:
    """A fact that is a target of the calibration, and measured in the same way; `period` as in data/targets.yaml."""
    target = TARGETS[f"{metric} {platform} {period}"]
    return Quantity(
        name,
        target.unit,
        partial(_measured, target),
        near(target.value, target.error),
        target.value,
        f"{target.source} ({target.grade})",
    )


def _measured(target: Target, runs: Runs) -> float:
    return float(SeriesNumbers((target,)).measured(runs[BASELINE])[0])


def _of_each(name: str, unit: str, rule: PassRule, measure: Any, **given: str) -> tuple[Quantity, ...]:
    """A quantity for each content platform."""
    return tuple(
        Quantity(f"{label}, {name}", unit, partial(measure, platform=platform, **given), rule)
        for platform, label in LABELS.items()
    )


YEAR_2020, YEAR_2021, YEAR_2022 = (f"{year}-01-01/{year}-12-31" for year in (2020, 2021, 2022))
PATTERNS: dict[str, Pattern] = {
    "new_users": Pattern(
        "The inflow of new users falls before the first mall tab or home-page video entrance of 2022.",
        (Quantity("year before the entrance over 2019-20, less 1", "ratio", measures.inflow_of_new_users, FALLS),),
    ),
    "short_video": Pattern(
        "Short video holds 26 % of mobile time in December 2021, having passed instant messaging.",
        (
            _reported("share_of_mobile_internet_time", "short video", "2021-12-01/2021-12-31", "December 2021"),
            Quantity("lead in June 2019", POINTS, partial(measures.lead_of_short_video, month="2019-06"), FALLS),
            Quantity(
                "lead in December 2021",
                POINTS,
                partial(measures.lead_of_short_video, month="2021-12"),
                RISES,
                source=ARTICLE,
            ),
            Quantity("overtaking", "year", measures.overtaking, REPORTED),
        ),
    ),
    "minutes": Pattern(
        "Kuaishou's minutes per active user rise from 87 (2020) to 119 (late 2021) and 134 (late 2022).",
        tuple(
            _reported("daily_minutes_per_dau", "Kuaishou", period, name)
            for period, name in (
                (YEAR_2020, "2020"),
                ("2021-10-01/2021-12-31", "2021 Q4"),
                ("2022-10-01/2022-12-31", "2022 Q4"),
            )
        ),
    ),
    "fourth_quarter": Pattern(
        "The fourth quarter brings about 35 % of Kuaishou's yearly GMV.",
        tuple(_reported("q4_share_of_annual_gmv", "Kuaishou", period, period[:4]) for period in (YEAR_2021, YEAR_2022)),
    ),
    "gmv_shares": Pattern(
        "Of all online GMV of 2021 Alibaba has 53, JD 20 and Kuaishou 4 %: 54.6, 20.6 and 4.1 % of that of the five.",
        tuple(
            _reported("gmv_market_share", platform, YEAR_2021, platform) for platform in ("Alibaba", "JD", "Kuaishou")
        ),
    ),
    "merchants_tail": Pattern(
        "Merchants' sales have a Pareto tail, with an exponent between the two that are reported, 0.95 and 2.",
        (
            Quantity("Hill", "exponent", tail.tail_exponent, PARETO, source=PARETO_ROWS),
            Quantity("log rank - 1/2", "exponent", tail.rank_exponent, PARETO, source=PARETO_ROWS),
            Quantity(
                "largest tenth against the whole tail", "standard errors", tail.bend_of_tail, PassRule(-1.96, 1.96)
            ),
        ),
    ),
    "pan_shelf": Pattern(
        "The pan-shelf share of a content platform's GMV rises after its mall opens.",
        _of_each("since the mall, against no malls", POINTS, RISES, measures.mall_against_none, arm=NO_MALL)
        + _of_each("since the mall, against the year before", POINTS, RISES, measures.mall_against_last_year),
        (NO_MALL,),
    ),
    "leak": Pattern(
        "Fewer orders leak to shelf platforms when links close (Douyin October 2020, Kuaishou March 2022).",
        _of_each("28 days after less 28 before", POINTS, REPORTED, measures.leak_before_and_after)
        + _of_each(
            "28 days after less 28 before, less open links", POINTS, FALLS, measures.leak_beyond_season, arm=OPEN_LINKS
        )
        + _of_each("90 days after, against open links", POINTS, FALLS, measures.leak_against_open, arm=OPEN_LINKS),
        (OPEN_LINKS,),
    ),
    "selling_load": Pattern(
        "Selling load above its limit, 8 to 10 % of the feed, costs minutes and retention; load below it does not.",
        (
            Quantity(
                "minutes, above the limit over below, less 1",
                "percent",
                partial(measures.change_of_minutes, more=CROWDED, less=BEARABLE, when=measures.above_and_below),
                FALLS,
                source=LIMIT_ROWS,
            ),
            Quantity(
                "retention, above the limit less below",
                POINTS,
                partial(measures.change_of_retention, more=CROWDED, less=BEARABLE),
                FALLS,
                source=LIMIT_ROWS,
            ),
            Quantity(
                "minutes, at the limit over half of it, less 1",
                "percent",
                partial(measures.change_of_minutes, more=BEARABLE, less=SPARE, when=measures.both_below),
                NO_LOSS,
            ),
        ),
        (CROWDED, BEARABLE, SPARE),
    ),
    "fans": Pattern(
        "Fans convert better than strangers: a visit to a content platform more often brings an order there.",
        (
            Quantity("all visits of 2022", "ratio", measures.conversion_ratio, PassRule(low=1.0, whole=True)),
            Quantity("within users", "ratio", measures.conversion_ratio_within_users, PassRule(low=1.0, whole=True)),
        ),
    ),
    "repurchase": Pattern(
        "Over 70 % of Kuaishou's buyers buy again within a month.",
        (_reported("repurchase_rate_monthly", "Kuaishou", "2021-09-01/2021-09-30", "September 2021"),),
    ),
    "overlap": Pattern(
        "Many use both content platforms.",
        (_reported("overlap_users", "Douyin & Kuaishou", "2019-06-01/2019-06-30", "June 2019"),),
    ),
    "festival": Pattern(
        "The article's targets for the 116 festival of 2022 (reported only: they are aims, and exceed its window).",
        tuple(
            Quantity(
                f"merchants above {bar.replace('_', ' ')} RMB",
                "merchants",
                partial(measures.merchants_at_festival, bar=bar),
                REPORTED,
                aim,
                ARTICLE,
            )
            for bar, aim in (("100_million", 100.0), ("10_million", 10_000.0))
        ),
    ),
}
