"""Pictures of profiles: two that share a label are told apart."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from secondhalf.experiments.equilibrium.output.figures import rest, shares

CERTIFIED = ("kuaishou mall, douyin stay, jd live", "kuaishou mall, douyin search, jd live")
MEASURES = ("minutes_share", "gmv_share")


def legend(drawn: Figure) -> list[str]:
    (found,) = drawn.legends
    return [text.get_text() for text in found.get_texts()]


def points(drawn: Figure) -> list[float]:
    """Shares of GMV that are marked, percent."""
    return [float(line.get_xdata()[0]) for line in drawn.axes[1].lines if len(line.get_xdata()) == 1]


def test_two_certified_profiles_at_rest_are_told_apart() -> None:
    profiles = {"kuaishou stay, douyin stay, jd live": "history", CERTIFIED[0]: "certified", CERTIFIED[1]: "certified"}
    rows = [
        {"profile": profile, "label": label, "platform": platform, "measure": measure, "rest": 0.1 * (n + 1)}
        | {"low": 0.0, "high": 1.0, "last_year": 0.5, "last_year_low": 0.4, "last_year_high": 0.6}
        for n, (profile, label) in enumerate(profiles.items())
        for platform in ("douyin", "jd")
        for measure in MEASURES
    ]
    drawn = rest(pd.DataFrame(rows))
    assert legend(drawn) == [
        "last year of the horizon",
        "history, at rest",
        "certified (Douyin stay), at rest",
        "certified (Douyin search), at rest",
    ]
    # Both platforms have a sign of every profile: the second certified one was left out when it shared a label.
    assert sorted({round(one, 6) for one in points(drawn)}) == [10.0, 20.0, 30.0, 50.0]
    assert len(points(drawn)) == 8


def test_outcomes_of_profiles_with_one_label_are_told_apart() -> None:
    numbers = {f"{name}{end}": 0.5 for name in MEASURES for end in ("", "_low", "_high")}
    before = {"profile": "", "label": "year before the revision", "platform": "jd"} | numbers
    rows = [before, *({"profile": one, "label": "certified", "platform": "jd"} | numbers for one in CERTIFIED)]
    drawn = shares(pd.DataFrame(rows))
    assert legend(drawn) == ["year before the revision", "certified (Douyin stay)", "certified (Douyin search)"]
    alone = shares(pd.DataFrame(rows[:2]))
    assert legend(alone) == ["year before the revision", "certified"]
