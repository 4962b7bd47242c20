"""Charts draw what the tables say: checked on the artists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.pictures import style
from secondhalf.experiments.validate.report import (
    figure_errors,
    figure_naive_forecasts,
    figure_posterior,
    figure_sensitivity,
)
from secondhalf.experiments.validate.report.data import Study, read_study
from secondhalf.experiments.validate.report.figure_series import Series, all_series, fan_panel, fit_panel
from secondhalf.experiments.validate.report.text import number, parameter, percent, period
from tests.experiments.validate.fake import write


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read_study(write(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def series(study: Study) -> dict[tuple[str, str], Series]:
    found = all_series(study["bands"], study["forecast"], study["targets"])
    return {(one.metric, one.platform): one for one in found}


@pytest.fixture(autouse=True)
def look() -> Iterator[None]:
    with style.page(None):
        yield


def points(axes: Axes) -> list[tuple[float, float, str]]:
    """Place and sign of everything that is drawn as a single sign."""
    found = []
    for line in axes.lines:
        (x, y), sign = line.get_data(), line.get_marker()
        if len(np.atleast_1d(np.asarray(x, object))) == 1 and sign != "None":
            found.append((float(np.asarray(line.get_xdata(orig=False))[0]), float(np.asarray(y)[0]), str(sign)))
    return found


def test_a_series_is_its_quarters_or_months(study: Study, series: dict[tuple[str, str], Series]) -> None:
    assert len(series[("gmv", "JD")].fit) == 24
    assert len(series[("gmv", "JD")].fan) == 12
    assert len(series[("mau_mobile_internet_china", "all")].fit) == 72
    assert set(series) == set(zip(study["bands"]["metric"], study["bands"]["platform"], strict=True))


def test_lines_and_bands_are_those_of_the_table(study: Study, series: dict[tuple[str, str], Series]) -> None:
    one = series[("dau", "Kuaishou")]
    axes = fit_panel(one).axes[0]
    table = study["bands"]
    own = table[(table["metric"] == "dau") & (table["platform"] == "Kuaishou")]
    own = own[(own["period_end"] - own["period_start"]).dt.days < 100]
    line = next(line for line in axes.lines if len(np.asarray(line.get_ydata())) == 24)
    assert np.asarray(line.get_ydata()).tolist() == own["mean"].tolist()
    band = next(found for found in axes.collections if isinstance(found, PolyCollection))
    assert band.get_paths()[0].get_extents().y0 == pytest.approx(own["p05"].min())
    assert band.get_paths()[0].get_extents().y1 == pytest.approx(own["p95"].max())


def test_a_year_of_gmv_is_drawn_as_a_rate_per_quarter(series: dict[tuple[str, str], Series]) -> None:
    drawn = points(fit_panel(series[("gmv", "Pinduoduo")]).axes[0])
    facts = [target for target in read_targets().all if (target.metric, target.platform) == ("gmv", "Pinduoduo")]
    assert [(round(y, 2), sign) for _, y, sign in drawn[:3]] == [(251.65, "o"), (416.9, "o"), (610.25, "o")]
    assert sorted(y for _, y, _ in drawn) == pytest.approx(sorted(target.value / 4 for target in facts))
    assert drawn[0][0] == pytest.approx(style.number("2019-07-02"), abs=1)


def test_quarters_are_drawn_as_they_are_and_grades_differ_in_their_sign(series: dict[tuple[str, str], Series]) -> None:
    drawn = points(fit_panel(series[("gmv", "Kuaishou")]).axes[0])
    assert (style.number("2022-11-15"), 312.4, "o") == (pytest.approx(drawn[9][0], abs=1), drawn[9][1], drawn[9][2])
    assert {sign for *_, sign in drawn} == {"o", "s", "D"}


def test_buyers_of_a_year_stand_at_its_end(series: dict[tuple[str, str], Series]) -> None:
    one = series[("annual_active_buyers", "JD")]
    assert points(fit_panel(one).axes[0])[0][:2] == (style.number("2020-03-31"), 387.0)
    assert one.fit["at"].iloc[-1] == pd.Timestamp("2024-12-31")


def test_minutes_of_undefined_users_are_hollow(series: dict[tuple[str, str], Series]) -> None:
    assert series[("daily_minutes_per_dau", "Douyin")].facts["hollow"].all()
    assert not series[("daily_minutes_per_dau", "Kuaishou")].facts["hollow"].any()


def test_the_fan_goes_on_from_the_fit(series: dict[tuple[str, str], Series]) -> None:
    one = series[("mau", "Douyin")]
    dashed = next(line for line in fan_panel(one).axes[0].lines if line.get_linestyle() == "--" and len(line._x) > 2)
    assert np.asarray(dashed.get_ydata()).tolist() == [one.fit["mean"].iloc[-1], *one.fan["mean"]]


def test_errors_of_all_facts(study: Study) -> None:
    table = study["targets"].copy()
    table.loc[0, "error"] = 0.9
    drawn = figure_errors.draw(table)
    found = sorted(x for x, _, _ in points(drawn.axes[0]) if x)
    assert len(found) == len(table)
    assert found[-1] == figure_errors.FURTHEST
    assert found[:-1] == pytest.approx(sorted(table["error"][1:]))
    assert "+90 %" in [text.get_text() for text in drawn.axes[0].texts]


def test_the_spread_of_errors_ends_at_all(study: Study) -> None:
    line = figure_errors.cumulative(study["targets"]).axes[0].lines[0]
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    errors = study["targets"]["error"].abs()
    assert x[1:-1].tolist() == sorted(errors)
    assert y[-1] == 1
    assert y[x <= errors.median()].max() == pytest.approx(0.5, abs=0.01)


def test_bars_are_the_errors_of_model_and_rulers(study: Study) -> None:
    table, origin = study["rulers"], pd.Timestamp("2022-12-31")
    own = table[(table["origin"] == origin) & (table["counted"] == 1)]
    axes = figure_naive_forecasts.errors(table, origin).axes[0]
    values = own[["model", "last_value", "linear", "logistic", "seasonal"]].to_numpy().ravel()
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(values[~np.isnan(values)].tolist())
    said = [text.get_text() for text in axes.texts]
    assert sum("✓" in text for text in said) == own["won"].sum()
    assert sum("✗" in text for text in said) == len(own) - own["won"].sum()


def test_a_bar_that_is_much_too_long_is_cut_and_says_so(study: Study) -> None:
    table = study["rulers"].copy()
    table.loc[0, "linear"] = 50.0
    axes = figure_naive_forecasts.errors(table, table["origin"].iloc[0]).axes[0]
    assert max(bar.get_width() for bar in axes.patches) < 10
    assert "5000 % →" in [text.get_text() for text in axes.texts]


def test_coverage_is_a_dot_a_series_and_origin(study: Study) -> None:
    table = study["rulers"]
    axes = figure_naive_forecasts.coverage(table).axes[0]
    dots = [value for line in axes.lines[:-1] for value in np.asarray(line.get_xdata()).tolist()]
    assert sorted(dots) == sorted(table.loc[table["counted"] == 1, "covered"])
    with pytest.raises(style.NothingToDrawError, match="no series counts"):
        figure_naive_forecasts.coverage(table.assign(counted=0.0))


def test_posterior_beside_prior(study: Study) -> None:
    title, rows = next(iter(figure_posterior.groups(study["posterior"])))
    axes = figure_posterior.intervals(title, rows).axes[0]
    modes = [x for x, *_ in points(axes)]
    assert modes == rows["score"].tolist()
    prior, interval = axes.lines[0], axes.lines[1]
    assert np.asarray(prior.get_xdata()) == pytest.approx([-1.645, 1.645])
    assert np.ptp(np.asarray(interval.get_xdata())) == pytest.approx(2 * 1.645 * rows["score_sd"].iloc[0])
    assert rows["score_sd"].is_monotonic_increasing
    everything = pd.concat([rows for _, rows in figure_posterior.groups(study["posterior"])])
    assert sorted(everything["parameter"]) == sorted(study["posterior"]["parameter"])


def test_pairs_are_of_learned_parameters_the_most_correlated_first(study: Study) -> None:
    posterior, draws = study["posterior"], study["draws"]
    names = figure_posterior.chosen(posterior, draws)
    assert len(names) == figure_posterior.MOST
    assert set(names) <= set(posterior.loc[posterior["identified"] == 1, "parameter"])
    known = figure_posterior.correlations(posterior, draws).abs()
    assert known[names[0]][names[1]] > 0.6
    panels = figure_posterior.pairs(posterior, draws).axes
    assert len(panels) == len(names) ** 2
    assert len(np.asarray(panels[len(names)].lines[0].get_xdata())) == len(draws)


def test_bars_of_sensitivity_are_the_largest_indices(study: Study) -> None:
    table, quantity = study["sobol"], "HHI of attention"
    axes = figure_sensitivity.sobol(table, quantity).axes[0]
    own = table[table["quantity"] == quantity].nlargest(figure_sensitivity.TOP, "total")
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([*own["total"], *own["first"]])
    axes = figure_sensitivity.morris(study["morris"], quantity).axes[0]
    assert max(bar.get_width() for bar in axes.patches) == pytest.approx(
        study["morris"].groupby("quantity")["mu_star"].max()[quantity]
    )


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        ("2021-01-01", "2021-12-31", "2021"),
        ("2020-01-01", "2020-06-30", "2020 H1"),
        ("2021-07-01", "2021-09-30", "2021 Q3"),
        ("2020-02-01", "2020-02-29", "2020-02"),
        ("2019-04-01", "2020-03-31", "2019-04 to 2020-03"),
        ("2020-01-23", "2020-02-03", "2020-01-23 to 02-03"),
    ],
)
def test_periods_in_words(start: str, end: str, written: str) -> None:
    assert period(pd.Timestamp(start), pd.Timestamp(end)) == written


def test_numbers_in_words() -> None:
    assert [number(x) for x in (7494.0, 118.56, -0.5, 2e-4, float("nan"))] == [
        "7,494",
        "118.6",
        "−0.5",
        "2.00e−04",
        "—",
    ]
    assert [percent(x) for x in (0.035, 0.69, -0.1)] == ["3.5 %", "69 %", "−10 %"]
    assert parameter("platform.kuaishou.recruit_trend.2021-12-31") == "Kuaishou recruit trend 2021-12"


def test_the_fake_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = (write(tmp_path / name, metrics=("gmv",)) for name in "ab")
    assert all((second / file.name).read_bytes() == file.read_bytes() for file in first.iterdir())
