"""Pictures show the numbers of the tables and no others."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import matplotlib.dates as mdates
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

from secondhalf.experiments.pictures import PICTURES, facts, friends, merchants, moves, shares, style
from secondhalf.experiments.results.run_results import Results
from secondhalf.model.data_files import data_file
from secondhalf.model.users.attention_flows import FLOWS
from tests.experiments.pictures.conftest import Draw

MONTH = "2021-06"


def panel(picture: Figure, title: str) -> Axes:
    """The axes whose title begins with some words."""
    return next(axes for axes in picture.findobj(Axes) if axes.get_title(loc="left").startswith(title))


def line(axes: Axes, ink: str) -> pd.Series[float]:
    """The longest line of a colour, by day."""
    found = max((one for one in axes.lines if one.get_color() == ink), key=lambda one: len(one.get_xdata()))
    days = pd.DatetimeIndex([pd.Timestamp(day) for day in found.get_xdata()])
    return pd.Series(np.asarray(found.get_ydata(), float), index=days)


@pytest.mark.parametrize("platform", ["kuaishou", "taobao"])
def test_shares_are_the_months_means(results: Results, drawn: Draw, platform: str) -> None:
    daily = results.tables["daily"]
    month = daily[daily["date"].str.startswith(MONTH)]
    own = month[month["platform"] == platform]
    ink = style.colors(results.platforms)[platform]
    attention = line(panel(drawn("shares"), "Attention"), ink)
    assert attention[f"{MONTH}-15"] == pytest.approx(own["attention_share"].mean())
    trade = line(panel(drawn("shares"), "Trade"), ink)
    assert trade[f"{MONTH}-15"] == pytest.approx(own["gmv"].sum() / month["gmv"].sum())


def test_every_opening_is_marked_once(results: Results, drawn: Draw) -> None:
    table = results.tables["moves"]
    opened = table[table["change"].isin(["open", "close", "restore"]) & (table["capability"] != "")]
    found = shares.openings(results)
    assert sorted((f"{one.at:%Y-%m-%d}", one.platform) for one in found) == sorted(
        zip(opened["date"], opened["platform"], strict=True)
    )
    strip = panel(drawn("shares"), "Launches")
    assert sum(len(one.get_xdata()) == 1 for one in strip.lines) == len(opened)
    labels = {one.label for one in found if one.platform == "kuaishou"}
    assert labels == {"links closed", "mall", "links back", "search"}


def test_the_second_half_is_where_the_summary_says(results: Results, drawn: Draw) -> None:
    day = results.summary["second_half_day"]
    assert day is not None
    for name, title in (("flows", "All platforms"), ("shares", "Attention"), ("overview", "Net inflow")):
        axes = panel(drawn(name), title)
        assert any(list(one.get_xdata()) == [mdates.date2num(dt.date.fromisoformat(day))] * 2 for one in axes.lines)
        assert any(style.written(day) in text.get_text() for text in axes.texts)


def test_lines_of_the_sources_cross_where_the_second_half_begins(results: Results, drawn: Draw) -> None:
    """From that day new users stay behind the largest other source for the next three books."""
    axes = panel(drawn("flows"), "All platforms")
    ends = pd.Timestamp(results.summary["second_half_day"])
    table = pd.DataFrame({one.get_color(): one.get_ydata() for one in axes.lines if len(one.get_xdata()) > 2})
    table.index = pd.DatetimeIndex(next(one for one in axes.lines if len(one.get_xdata()) > 2).get_xdata())
    new, others = table["#222222"], table.drop(columns="#222222").max(axis=1)
    after = table.index >= ends
    assert (new[after] < others[after]).iloc[:3].all()
    assert not (new < others)[: ends - pd.Timedelta(days=1)].iloc[-1]


def test_bars_of_flows_add_up_to_the_books(results: Results, drawn: Draw) -> None:
    flows = results.tables["flows"]
    picture = drawn("flows")
    for platform in results.platforms:
        axes = panel(picture, style.label(platform))
        bars = [patch for patch in axes.patches if patch.get_fc() != to_rgba(style.LATER_GROUND)]
        total = sum(bar.get_height() for bar in bars)
        size = sum(abs(bar.get_height()) for bar in bars)
        booked = flows.loc[flows["platform"] == platform, "minutes"].sum() / 60e6
        assert total == pytest.approx(booked, abs=1e-12 * size)
    assert set(FLOWS) == {"new", "lost", "outside", "budget", "transfer"}


def test_mix_is_stacked_to_the_whole(results: Results, drawn: Draw) -> None:
    axes = panel(drawn("channel_mix"), "Douyin")
    sold = results.tables["channels"]
    own = sold[(sold["platform"] == "douyin") & (sold["month"] == MONTH)].set_index("channel")["gmv"]
    top = max(path.vertices[:, 1].max() for stack in axes.collections for path in stack.get_paths())
    assert top == pytest.approx(1.0)
    lowest = axes.collections[0].get_paths()[0].vertices
    at = mdates.date2num(pd.Timestamp(f"{MONTH}-01"))
    heights = lowest[np.isclose(lowest[:, 0], at), 1]
    assert heights.max() == pytest.approx(own["short_video"] / own.sum())


def test_lanes_follow_the_moves(results: Results) -> None:
    mall = moves.stages_of(results, "kuaishou", "mall")[:3]  # until it is open; later it is strengthened
    assert [part for _, part in mall] == [0.0, moves.PARTLY, 1.0]
    assert [f"{day:%Y-%m-%d}" for day, _ in mall[1:]] == ["2022-06-15", "2022-10-15"]
    assert moves.stages_of(results, "douyin", "external_links")[-1][1] == 0.0
    assert moves.stages_of(results, "taobao", "short_video")[0][1] == pytest.approx(0.1)
    opened = pd.Timestamp("2022-06-15")
    assert moves.holders(results, "kuaishou", "mall", opened) == ["douyin", "taobao", "jd", "pinduoduo"]
    assert moves.holders(results, "douyin", "mall", pd.Timestamp("2021-12-15")) == ["taobao", "jd", "pinduoduo"]


def test_reported_figures_are_those_of_the_facts(results: Results, drawn: Draw) -> None:
    first, last = pd.Timestamp("2021-01-01"), pd.Timestamp("2021-12-31")
    found = facts.reported("daily_minutes_per_dau", "kuaishou", first, last)
    assert {(fact.value, fact.grade) for fact in found} >= {(119.1, "A"), (106.9, "B"), (99.3, "B")}
    assert all(fact.start <= last and fact.end >= first for fact in found)
    assert facts.reported("gmv", "nobody", first, last) == []
    axes = panel(drawn("facts"), "Minutes")
    points = {float(one.get_ydata()[0]) for one in axes.lines if len(one.get_xdata()) == 1}
    assert {119.1, 106.9, 133.9} <= points


@pytest.mark.parametrize(
    ("metric", "platform", "year", "value"),
    [
        ("dau", "douyin", 2022, 700.0),
        ("gmv", "pinduoduo", 2020, 1667.6 / 4),  # of a year: a quarter of it
        ("pan_shelf_share_of_gmv", "douyin", 2024, 40.0),
        ("online_marketing_revenue", "kuaishou", 2022, 15.094),
        ("online_marketing_revenue", "kuaishou", 2020, 13.3 / 3),  # of nine months
    ],
)
def test_every_reported_figure_is_a_point(drawn: Draw, metric: str, platform: str, year: int, value: float) -> None:
    found = facts.reported(metric, platform, pd.Timestamp(f"{year}-01-01"), pd.Timestamp(f"{year}-12-31"))
    assert any(fact.value == pytest.approx(value) for fact in found)
    ink = style.colors([platform])[platform]
    panels = [axes for axes in drawn("facts").axes if axes.get_title(loc="left").startswith(facts.SHOWN[metric])]
    points = [
        float(one.get_ydata()[0])
        for axes in panels
        for one in axes.lines
        if one.get_marker() in facts.SIGNS.values() and one.get_color() == ink
    ]
    assert any(point == pytest.approx(value) for point in points)


def test_lines_are_the_runs_quarters(results: Results, drawn: Draw) -> None:
    daily = results.tables["daily"]
    own = daily[(daily["platform"] == "kuaishou") & daily["date"].between("2021-04-01", "2021-06-30")]
    axes = panel(drawn("facts"), facts.SHOWN["gmv"])
    drawn_line = next(one for one in axes.lines if len(one.get_xdata()) == len(facts.quarters(results)))
    place = facts.quarters(results).index((dt.date(2021, 4, 1), dt.date(2021, 6, 30)))
    assert drawn_line.get_ydata()[place] == pytest.approx(own["gmv"].sum() / 1e9)


def test_bands_of_the_forecast_lie_behind_the_forecast_quarters(results: Results, drawn: Draw) -> None:
    """As far as the run is the market that was forecast; every other one has none, and says that it is one run."""
    table = pd.read_csv(data_file("forecast_2025_2027.csv"))
    rows = table[
        (table["metric"] == "gmv") & (table["platform"] == "Kuaishou") & (table["period_start"] == "2025-04-01")
    ]
    row = rows[rows["period_end"] == "2025-06-30"].iloc[0]
    axes = panel(drawn("facts"), facts.SHOWN["gmv"])
    assert len(axes.collections) == 2
    corners = np.vstack([path.vertices for band in axes.collections for path in band.get_paths()])
    for quantile in ("p05", "p95"):
        assert np.isclose(corners[:, 1], row[quantile]).any()
    assert corners[:, 0].min() > style.number("2025-01-01")
    assert corners[:, 0].max() < style.number("2026-12-31")
    other = replace(results, summary=results.summary | {"comparison": {"forecast": None}})
    assert not any(axes.collections for axes in facts.draw(other).axes)


def test_tail_exponent_of_a_pareto_sample() -> None:
    """The estimate of exponent a from n values scatters by a / sqrt(n)."""
    rng, exponent, size = np.random.default_rng(1), 1.3, 40_000
    sold = pd.DataFrame({"sales": rng.pareto(exponent, size) + 1, "weight": 1.0, "kind": "shop"})
    found = merchants.tail_exponent(sold)
    assert found is not None
    assert found[0] == pytest.approx(exponent, abs=4 * exponent / np.sqrt(size * merchants.TAIL))
    assert merchants.tail_exponent(sold.head(50)) is None


PANELS = {"overview": 4, "shares": 3, "channel_mix": 5, "flows": 6, "moves": 1, "facts": 10}
"""Pictures over time, and how many panels each has."""


def marks(picture: Figure) -> list[tuple[Axes, list[str], float]]:
    """Panels with words over the last fact: the words from left to right, and where they stand."""
    found = []
    for axes in picture.findobj(Axes):
        words = [text for text in axes.texts if text.get_text().startswith(("fitted to", "|", "forecast"))]
        if words:
            found.append((axes, [text.get_text() for text in words], float(words[0].xy[0])))
    return found


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_over_time_says_where_facts_end(results: Results, drawn: Draw, name: str) -> None:
    found = marks(drawn(name))
    assert len(found) == PANELS.get(name, 0)
    end = style.number(results.summary["settings"]["calendar"]["last_fact"])
    for axes, words, at in found:
        assert words == ["fitted to 2024", "|", "forecast, one run"]
        grounds = [patch.get_extents().x0 for patch in axes.patches if to_rgba(style.LATER_GROUND) == patch.get_fc()]
        edges = [axes.transData.transform((at, 0))[0]]
        if name == "channel_mix":  # filled to its edges
            assert any(list(one.get_xdata()) == [at, at] and one.get_color() == "white" for one in axes.lines)
        else:
            assert grounds == pytest.approx(edges)
        if name != "flows" or axes.get_title(loc="left").startswith("All"):
            assert at == end
        else:  # bars of years: between those of 2024 and 2025
            assert at == 5.5


def test_the_words_follow_the_runs_own_last_fact(results: Results) -> None:
    def drawn(last_fact: str | None) -> list[tuple[Axes, list[str], float]]:
        calendar = {"last_fact": last_fact}
        settings = results.summary["settings"] | {"calendar": calendar}
        return marks(facts.draw(replace(results, summary=results.summary | {"settings": settings})))

    ((_, words, at), *_) = drawn("2021-06-30")
    assert words == ["fitted to 2021-06-30", "|", "forecast, one run"]
    assert at == style.number("2021-06-30")
    assert drawn("2026-12-31") == drawn(None) == []
    for axes, words, _ in drawn("2018-12-31"):  # all of it is a forecast
        assert words == ["forecast, one run"]
        ground = next(patch for patch in axes.patches if to_rgba(style.LATER_GROUND) == patch.get_fc())
        assert (ground.get_x(), ground.get_x() + ground.get_width()) == axes.get_xlim()


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_of_a_forecast_says_that_it_is_one_run(drawn: Draw, name: str) -> None:
    texts = [text.get_text() for text in drawn(name).findobj(Text)]
    assert any("forecast, one run" in text for text in texts)


def test_merchants_curve_begins_with_all_that_sold(results: Results, drawn: Draw) -> None:
    table = results.tables["merchants"]
    curve = drawn("merchants").axes[0].lines[0]
    assert curve.get_ydata()[0] == pytest.approx(table.loc[table["gmv"] > 0, "weight"].sum())


def test_friends_have_the_colours_of_their_apps(results: Results, drawn: Draw) -> None:
    graph = results.friends
    assert len(graph) == min(200, friends_online(graph))
    dots = drawn("friends").axes[0].collections[1]
    inks = style.colors(results.platforms) | {friends.NO_APP: "#DDDDDD"}
    wanted = [to_rgba(inks[graph.nodes[user]["main_app"]]) for user in graph]
    np.testing.assert_allclose(dots.get_facecolors(), wanted)
    assert len(drawn("friends").axes[0].collections[0].get_segments()) == graph.number_of_edges()


def friends_online(graph: nx.Graph[str]) -> int:
    """Nodes of the sample that name how many friends they have."""
    return sum("friends" in attributes for _, attributes in graph.nodes(data=True))
