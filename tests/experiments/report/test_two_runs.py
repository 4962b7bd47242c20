"""The page about two runs: numbers of both, differences, which is which; one line for what cannot be compared."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from secondhalf.experiments.command import main
from secondhalf.experiments.report import two_runs_figure
from secondhalf.experiments.report.two_runs import ABSENT, MEASURES, TwoRuns, differing, load_two, yearly
from secondhalf.experiments.results.load import Run
from tests.experiments.conftest import refused
from tests.experiments.report.test_hostile import EVIL, nothing_runs
from tests.experiments.report.test_report import nothing_is_fetched, text_of
from tests.experiments.sweeps import make_sweep

FIRST_YEAR = "2019-01-01 to 2019-02-10"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sweep(tmp_path_factory.mktemp("two") / "sweep")


@pytest.fixture
def pair(sweep: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Two runs: history, and hold with twice the GMV."""
    first, second = (Path(shutil.copytree(sweep / "runs" / name, tmp_path / name)) for name in ("history", "hold"))
    daily = pd.read_csv(second / "daily.csv")
    before = pd.read_csv(first / "daily.csv")
    for name in ("gmv", "minutes", "active_users", "attention_share"):
        daily[name] = before[name] * (2 if name == "gmv" else 1)
    daily.to_csv(second / "daily.csv", index=False)
    return first, second


def change_summary(folder: Path, **changed: object) -> None:
    path = folder / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changed), encoding="utf-8")


def loaded(pair: tuple[Path, Path]) -> TwoRuns:
    return load_two(Run(pair[0]), str(pair[1]))


def test_numbers_of_both_and_their_differences(pair: tuple[Path, Path]) -> None:
    rows = {(row.measure, row.platform): row for row in yearly(loaded(pair))}
    assert set(rows) == {(measure, name) for measure in MEASURES for name in ("douyin", "jd")}
    assert {row.period for row in rows.values()} == {FIRST_YEAR}
    assert {row.basis for row in rows.values()} == {"fitted"}
    daily = pd.read_csv(pair[0] / "daily.csv").query("platform == 'jd'")
    gmv, users = rows["gmv", "jd"], rows["dau", "jd"]
    assert gmv.first == pytest.approx(daily["gmv"].sum() / 1e9)
    assert gmv.second == pytest.approx(2 * daily["gmv"].sum() / 1e9)
    assert users.first == users.second == pytest.approx(daily["active_users"].mean() / 1e6)
    minutes = rows["daily_minutes_per_dau", "jd"].first
    assert minutes == pytest.approx(daily["minutes"].sum() / daily["active_users"].sum())
    assert rows["attention_share", "jd"].first == pytest.approx(100 * daily["attention_share"].mean())
    channels = pd.read_csv(pair[0] / "channels.csv").query("platform == 'jd' and month == '2019-01'")
    shelf = channels[channels["channel"].isin(["mall", "search", "store"])]["gmv"].sum() / channels["gmv"].sum()
    assert rows["pan_shelf_share_of_gmv", "jd"].first == pytest.approx(100 * shelf)  # January, as February is not whole


def test_the_page_says_which_is_which(pair: tuple[Path, Path]) -> None:
    first, second = pair
    main.main(["report", *map(str, pair)])
    assert not (second / "comparison.html").exists()
    assert not (first / "report.html").exists()
    page = (first / "comparison.html").read_text(encoding="utf-8")
    nothing_is_fetched(page)
    nothing_runs(page)
    seen = text_of(page)
    assert "Two runs of Second Half: history and hold" in seen
    assert f"The first run: {first}, 2019-01-01 to 2019-02-10, 60 users, strategy history" in seen
    assert f"The second run: {second}, 2019-01-01 to 2019-02-10, 60 users, strategy hold" in seen
    assert "Every difference is the second less the first" in seen
    assert "The thick grey line is the first: history" in seen
    assert "strategy.name history hold" in seen
    assert re.search(rf"GMV, billion RMB JD {FIRST_YEAR} fitted (\S+) \S+ \+\1 \+100.0 % ", seen)
    assert re.search(rf"daily users, million JD {FIRST_YEAR} fitted (\S+) \1 0 \+0.0 % ", seen)
    assert page.count("<svg") == 1
    assert f"secondhalf report {first} {second}" in seen


def test_the_order_of_the_folders_is_the_order_of_the_page(pair: tuple[Path, Path]) -> None:
    main.main(["report", *map(str, reversed(pair))])
    seen = text_of((pair[1] / "comparison.html").read_text(encoding="utf-8"))
    assert f"The first run: {pair[1]}, " in seen
    assert "strategy.name hold history" in seen
    assert " -50.0 % " in seen


def test_settings_that_one_of_them_lacks_are_told(pair: tuple[Path, Path]) -> None:
    settings = json.loads((pair[0] / "summary.json").read_text(encoding="utf-8"))["settings"]
    for folder, strategies in zip(pair, ({}, {"jd": {"name": "hold"}}), strict=True):
        change_summary(folder, settings=settings | {"strategies": strategies})
    assert differing(loaded(pair)) == [("strategies.jd.name", ABSENT, "hold")]
    main.main(["report", *map(str, pair)])
    assert "strategies.jd.name — hold" in text_of((pair[0] / "comparison.html").read_text(encoding="utf-8"))


def test_years_after_the_last_fact_are_of_one_run_each(pair: tuple[Path, Path]) -> None:
    summary = json.loads((pair[1] / "summary.json").read_text(encoding="utf-8"))
    summary["settings"]["calendar"]["last_fact"] = "2018-12-31"
    change_summary(pair[1], settings=summary["settings"])
    two = loaded(pair)
    assert {row.basis for row in yearly(two)} == {"forecast, one run each"}
    drawn = two_runs_figure.draw(two)
    said = [text.get_text() for axes in drawn.axes for text in axes.texts]
    assert set(said) == {"forecast, one run each"}


def test_the_picture_has_a_line_of_each_run(pair: tuple[Path, Path]) -> None:
    drawn = two_runs_figure.draw(loaded(pair))
    assert [axes.get_title().partition(":")[0] for axes in drawn.axes] == ["Douyin"] * 2 + ["JD"] * 2
    daily = pd.read_csv(pair[0] / "daily.csv").query("platform == 'douyin'")
    grey, own = drawn.axes[1].lines
    assert grey.get_color() == two_runs_figure.GREY
    assert list(grey.get_ydata()) == pytest.approx(list(daily["gmv"] / 1e9))
    assert list(own.get_ydata()) == pytest.approx(list(2 * daily["gmv"] / 1e9))
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "first: history",
        "second: hold (in the platform's colour)",
    ]


def test_only_days_and_platforms_of_both_are_compared(pair: tuple[Path, Path]) -> None:
    first, second = pair
    for path in (*second.glob("*.csv"), second / "summary.json"):
        path.write_text(path.read_text(encoding="utf-8").replace("douyin", "newcomer"), encoding="utf-8")
    change_summary(second, first_day="2019-02-01")
    rows = yearly(loaded(pair))
    assert {row.platform for row in rows} == {"jd"}
    assert {row.period for row in rows} == {"2019-02-01 to 2019-02-10"}
    assert {row.first for row in rows if row.measure == "pan_shelf_share_of_gmv"} == {None}  # no month is whole
    main.main(["report", *map(str, pair)])
    seen = text_of((first / "comparison.html").read_text(encoding="utf-8"))
    assert "Only in the first run, and not compared: Douyin." in seen
    assert "Only in the second run, and not compared: newcomer." in seen


def test_days_that_the_tables_do_not_have_fill_no_page(pair: tuple[Path, Path]) -> None:
    for folder in pair:
        change_summary(folder, first_day="0001-01-01", last_day="9999-12-31")
    assert {row.period for row in yearly(loaded(pair))} == {"2019"}
    main.main(["report", *map(str, pair)])
    assert (pair[0] / "comparison.html").stat().st_size < 1_000_000


def test_text_of_both_folders_is_escaped(pair: tuple[Path, Path]) -> None:
    # Between two dollar signs is a formula for Matplotlib, and this one is none.
    first, second = (folder.rename(folder.with_name(f"$_$ {folder.name}{EVIL}")) for folder in pair)
    for folder in (first, second):
        for path in (*folder.glob("*.csv"), folder / "summary.json"):
            path.write_text(path.read_text(encoding="utf-8").replace("douyin", EVIL), encoding="utf-8")
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        settings = summary["settings"] | {EVIL: f"{folder.name}{EVIL}"}
        settings["scenario"]["name"] = EVIL
        change_summary(folder, settings=settings, versions=summary["versions"] | {EVIL: f"{folder.name}{EVIL}"})
        (folder / ".hydra").mkdir()
        (folder / ".hydra" / "overrides.yaml").write_text(json.dumps([EVIL, "</code></pre><script>alert(1)</script>"]))
    main.main(["report", str(first), str(second)])
    page = (first / "comparison.html").read_text(encoding="utf-8")
    nothing_runs(page)
    assert page.count("<svg") == 1
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") > 12


def test_one_line_before_any_work(
    sweep: Path, pair: tuple[Path, Path], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = map(str, pair)
    (here / "empty").mkdir()
    assert refused(capsys, "report", first, "none") == "report.against=none: there is no such folder"
    assert refused(capsys, "report", "none", first) == "report.of=none: there is no such folder"
    assert refused(capsys, "report", first, "empty").startswith("report.against=empty: there are no results of ")
    for words, setting in (((first, str(sweep)), "against"), ((str(sweep), first), "of")):
        assert refused(capsys, "report", *words) == (
            f"report.{setting}={sweep}: that is a sweep; two runs are compared, and those of a sweep are in runs/"
        )
    assert refused(capsys, "report", first, f"{first}/../history") == (
        f"report.against={first}/../history: that is the folder of report.of, too; the folder of another run is needed"
    )
    (pair[1] / "daily.partial.csv").write_text("")
    assert refused(capsys, "report", first, second).startswith(f"report.against={second}: the run there was stopped")
    (pair[1] / "daily.partial.csv").unlink()
    change_summary(pair[1], first_day="2019-03-01", last_day="2019-04-01")
    assert refused(capsys, "report", first, second) == (
        f"report.against={second}: its days are 2019-03-01 to 2019-04-01, and those of report.of 2019-01-01 to "
        "2019-02-10; a day that both have is needed"
    )
    assert not (pair[0] / "comparison.html").exists()


def test_markets_without_a_platform_in_common_are_refused(
    pair: tuple[Path, Path], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = pair
    for path in (*second.glob("*.csv"), second / "summary.json"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\b(douyin|jd)\b", r"other_\1", text), encoding="utf-8")
    assert refused(capsys, "report", str(first), str(second)) == (
        f"report.against={second}: it has the platforms other_douyin, other_jd, and report.of has douyin, jd; "
        "one that both have is needed"
    )
