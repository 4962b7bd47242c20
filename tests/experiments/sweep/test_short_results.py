"""Short table of a sweep: readable units, what was swept, and means with intervals over seeds."""

from __future__ import annotations

import pandas as pd
import pytest
from rich.console import Console

from secondhalf.experiments.report import figures
from secondhalf.experiments.results.last_fact import ONE_RUN
from secondhalf.experiments.sweep.short_results import printed, short_results

KEYS = ["strategy", "seed", "population.users"]


def table() -> pd.DataFrame:
    """Two strategies under two seeds."""
    rows = [
        {"run": f"{strategy}{seed}", "strategy": strategy, "seed": seed, "population.users": 60}
        | {"second_half_day": "2021-01-01", "platforms.jd.gmv": 2e12 + seed * 1e11, "platforms.jd.attention_share": 0.1}
        | {"platforms.douyin.gmv": 3e12, "platforms.douyin.attention_share": 0.2, "market.hhi_gmv": 0.5}
        for strategy in ("history", "hold")
        for seed in (0, 1)
    ]
    return pd.DataFrame(rows)


def test_one_unit_a_column_and_no_setting_that_stays() -> None:
    found = short_results(table(), KEYS)
    assert list(found) == [
        *("run", "strategy", "seed", "second_half_day", "jd_attention_percent", "douyin_attention_percent"),
        *("jd_gmv_billion_rmb", "douyin_gmv_billion_rmb"),
    ]
    assert list(found["jd_gmv_billion_rmb"]) == pytest.approx([2000, 2100, 2000, 2100])
    assert list(found["douyin_attention_percent"]) == pytest.approx([20.0] * 4)


def test_means_are_printed_with_intervals_over_seeds() -> None:
    shown = printed(table(), KEYS)
    assert shown is not None
    console = Console(width=80)
    with console.capture() as caught:
        console.print(shown)
    lines = [" ".join(line.split()) for line in caught.get().splitlines()]
    # Two seeds 100 apart: half the interval is 12.706 (t, one degree of freedom) times 50.
    at = lines.index("strategy=history: 2 runs")
    assert lines[at + 1 : at + 3] == ["JD 10.0 ± 0.0 2,050 ± 635", "Douyin 20.0 ± 0.0 3,000 ± 0"]
    assert "A row a run is in results_short.csv, with all columns in results.csv." in lines
    assert printed(table()[["run", "strategy"]], KEYS) is None


def test_the_printed_table_fits_into_80_columns() -> None:
    """Five platforms, long numbers, and three settings that are swept: nothing is cut, however wide the terminal is."""
    rows = [
        {"run": f"{n}", "population.users": 20_000 + n, "strategies.kuaishou": "best_response", "seed": n % 3}
        | {"scenario": f"kuaishou_never_mall_{n}", "averages_are": ONE_RUN if n else "fitted"}
        | {f"platforms.{name}.gmv": 1e12 * (n + 1) ** 2 for name in ("taobao", "newcomer_shelf", "douyin")}
        | {f"platforms.{name}.attention_share": 0.0123 for name in ("taobao", "newcomer_shelf", "douyin")}
        for n in range(15)
    ]
    shown = printed(pd.DataFrame(rows), ["population.users", "strategies.kuaishou", "scenario", "seed"])
    for width in (80, 200):
        console = Console(width=width)
        with console.capture() as caught:
            console.print(shown)
        lines = caught.get().splitlines()
        assert max(len(line.rstrip()) for line in lines) <= 80
        words = " ".join(" ".join(lines).split())
        assert "population.users=20003, scenario=kuaishou_never_mall_3: 1 run" in words
        assert "Taobao and Tmall 1.2 16,000" in words
        assert "…" not in words
        assert "3 more combinations are there. A row a run is in results_short.csv" in words


def test_forecast_years_are_called_so() -> None:
    """All runs, some, or none: in the title, at the rows of those that are, or nowhere."""

    def lines(averages: list[str]) -> list[str]:
        shown = printed(table().assign(averages_are=averages), KEYS)
        console = Console(width=100)
        with console.capture() as caught:
            console.print(shown)
        return [" ".join(line.split()) for line in caught.get().splitlines()]

    ahead = "forecast, one run each"
    assert lines([ONE_RUN] * 4)[0] == f"Means over runs, ± 95 % over seeds ({ahead})"
    assert not [line for line in lines(["fitted"] * 4) if "forecast" in line]
    mixed = lines(["fitted"] * 2 + [ONE_RUN] * 2)
    assert mixed[0] == f"Means over runs, ± 95 % over seeds (in part {ahead})"
    said = " ".join(mixed[1:])
    assert f"strategy=hold: 2 runs ({ahead}) JD" in said
    assert "strategy=history: 2 runs JD" in said
    found = short_results(table().assign(averages_are=ONE_RUN), KEYS)
    assert list(found["averages_are"]) == [ONE_RUN] * 4


def test_the_page_draws_platforms_over_what_was_swept() -> None:
    found = table()
    assert figures.platform_measures(found) == {"attention_share": ["jd", "douyin"], "gmv": ["jd", "douyin"]}
    (axes,) = figures.draw_platforms(found, "gmv", ["strategy", "seed"]).axes
    means = {float(bars.lines[0].get_ydata()[0]) for bars in axes.containers}
    assert sorted(means) == pytest.approx([2050.0, 3000.0])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["history", "hold"]
    assert figures.metric_words("platforms.kuaishou.gmv") == "Kuaishou: GMV"
