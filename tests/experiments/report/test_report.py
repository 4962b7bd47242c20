"""The page about a run or a sweep: what it shows, that it fetches nothing, and one line for what cannot be shown."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from secondhalf.experiments.command import main
from secondhalf.experiments.report import figures, run_page
from secondhalf.experiments.results.load import Sweep
from tests.experiments.conftest import refused
from tests.experiments.sweeps import make_sweep


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sweep(tmp_path_factory.mktemp("sweep") / "nightly")


def text_of(page: str) -> str:
    """What a reader sees, in one line."""
    page = re.sub(r"<(style|script|svg)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def nothing_is_fetched(page: str) -> None:
    assert "default-src 'none'" in page
    for address in re.findall(r'(?:href|src|action)="([^"]*)"', page):
        assert address.startswith("#"), address
    assert "url(http" not in page


def test_a_run_in_one_file(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sweep / "runs" / "hold"
    monkeypatch.setattr(run_page, "PICTURES", ("shares",))  # drawing the other seven is tested elsewhere
    shutil.copy(folder / "summary.json", folder.parent / "kept.json")
    (folder / "shares.svg").unlink(missing_ok=True)
    main.main(["report", str(folder)])
    page = (folder / "report.html").read_text(encoding="utf-8")
    nothing_is_fetched(page)
    seen = text_of(page)
    assert "A run of Second Half: hold" in seen
    assert "2019-01-01 to 2019-02-10: 60 users and 10 merchants, strategy hold, scenario baseline, seed 0." in seen
    assert "settings that differ from the default of this version" in seen
    assert re.search(r"population\.users 60 20000", seen)
    assert "No platform moved." in seen
    assert page.count("<svg") == 1
    assert "run(MarketSettings.from_dict(settings)" in seen
    assert not (folder / ".hydra").exists()
    assert "aria-sort" in page


def test_facts_and_forecast_stand_first(sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the summary says of facts is on the page: the miss, the band, where facts end and what goes beyond."""
    monkeypatch.setattr(run_page, "PICTURES", ())
    folder = tmp_path / "compared"
    shutil.copytree(sweep / "runs" / "hold", folder)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["comparison"]["rows"] == [], "no whole year, so nothing to compare"
    none = dict.fromkeys(("reported", "miss", "p05", "p50", "p95"))
    own = {"metric": "gmv", "platform": "jd", "unit": "billion RMB", "run": 3210.0}
    rows = [
        own | none | {"year": 2017, "reported": 3000.0, "miss": 0.07, "grade": "A"},
        own | none | {"year": 2018, "p05": 2500.0, "p50": 3300.0, "p95": 4400.0, "grade": ""},
    ]
    told = {"facts_end": "2017-12-31", "forecast": None, "no_band": "this <b>one</b>", "rows": rows}
    curves = {"phone_minutes": "2018-12-31"}
    changed = summary | {"comparison": told, "extrapolated": curves}
    (folder / "summary.json").write_text(json.dumps(changed), encoding="utf-8")
    main.main(["report", str(folder)])
    page = (folder / "report.html").read_text(encoding="utf-8")
    seen = text_of(page)
    assert "Facts end on 2017-12-31; what follows is a forecast." in seen
    assert "Extrapolated with damped growth: phone_minutes after 2018-12-31." in seen
    assert "<b>one" not in page
    assert "Fitted to 2017 | forecast" in seen
    assert "GMV, billion RMB JD 2017 fitted 3,000 3,210 +7.0 % " in seen
    assert re.search(r"JD 2018 forecast, one run \S+ 3,210 \S+ 3,300 2,500 4,400", seen)
    assert page.index('id="of-facts"') < page.index('id="of-platforms"')
    (folder / "summary.json").write_text(json.dumps(summary | {"comparison": None}), encoding="utf-8")
    main.main(["report", str(folder)])  # of an older version
    assert 'id="of-facts"' not in (folder / "report.html").read_text(encoding="utf-8")


def test_numbers_of_a_forecast_are_of_one_run(sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every average of the page is of days after the last fact, and says so where it stands."""
    monkeypatch.setattr(run_page, "PICTURES", ())
    folder = tmp_path / "ahead"
    shutil.copytree(sweep / "runs" / "hold", folder)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["averages_are"] == "fitted"
    assert {row["basis"] for row in summary["festivals"]} <= {"fitted"}
    for last_fact, words in (("2018-12-31", "forecast, one run"), ("2024-12-31", "fitted")):
        summary["settings"]["calendar"]["last_fact"] = last_fact
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        main.main(["report", str(folder)])
        seen = text_of((folder / "report.html").read_text(encoding="utf-8"))
        assert f"Last 41 days to 2019-02-10 ({words})" in seen
        assert f"Means of the last 41 days ({words})" in seen
        assert len(re.findall(rf"\({words}\)", seen)) == 6


def test_pictures_of_the_run_itself_are_taken(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sweep / "runs" / "hold"
    monkeypatch.setattr(run_page, "PICTURES", ())
    own = '<svg width="9pt" viewBox="0 0 9 9"><path id="mine" d="M 0 0"/></svg>'
    (folder / "flows.svg").write_text(own)
    main.main(["report", str(folder)])
    assert 'id="flows-mine"' in (folder / "report.html").read_text(encoding="utf-8")
    (folder / "flows.svg").unlink()


def test_a_sweep_in_one_file(sweep: Path) -> None:
    main.main(["report", str(sweep), "report.metrics=[market.hhi_attention,platforms.jd.gmv]"])
    page = (sweep / "report.html").read_text(encoding="utf-8")
    nothing_is_fetched(page)
    seen = text_of(page)
    assert "5 runs; swept: strategy (2 values), seed (2 values)." in seen
    assert "runs succeeded 4 of 5 failed 1" in seen
    assert "SettingsError: &lt;i&gt;none&lt;/i&gt;" in seen
    assert "<i>none" not in page
    assert page.count("<svg") == 4  # attention and GMV by platform besides
    assert "GMV by platform in the last year of the run, billion RMB" in seen
    assert "secondhalf run strategy=hold seed=1" in seen
    rows = re.findall(r"<tr><td[^>]*>(\d)</td>\s*<td[^>]*>\s*(\w+)</td>", page)
    assert rows == [("3", "history"), ("2", "history"), ("1", "hold"), ("0", "hold")]


def test_a_sweep_of_forecast_years_says_so(sweep: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ahead"
    shutil.copytree(sweep, folder)
    found = pd.read_parquet(folder / "results.parquet")
    for averages, words in (("fitted", ""), ("forecast, one run", "forecast, one run each")):
        found.assign(averages_are=averages).to_parquet(folder / "results.parquet", index=False)
        main.main(["report", str(folder), "report.metrics=[market.hhi_attention]"])
        seen = text_of((folder / "report.html").read_text(encoding="utf-8"))
        assert ("forecast" in seen.partition("Settings")[0]) == bool(words)
        if words:
            assert f"Numbers of the last year of a run are {words}: " in seen
            assert f"GMV by platform in the last year of the run, billion RMB ({words})" in seen
            assert f"4 runs ({words})" in seen


def test_means_are_over_the_runs_of_a_value(sweep: Path) -> None:
    found = Sweep(sweep).results
    drawn = figures.draw(found, "market.hhi_attention", ["strategy", "seed"])
    (axes,) = drawn.axes
    means = [bars.lines[0].get_ydata()[0] for bars in axes.containers]
    wanted = found.groupby("strategy", sort=False)["market.hhi_attention"].mean()
    assert means == pytest.approx(list(wanted))
    # Two seeds a hundredth apart: half the interval is 12.706 (t, one degree of freedom) times 0.01 / 2.
    low, high = axes.containers[0].lines[2][0].get_segments()[0][:, 1]
    assert (high - low) / 2 == pytest.approx(12.706 * 0.005, rel=1e-4)
    (alone,) = figures.draw(found[found["seed"] == 0], "market.hhi_attention", ["strategy"]).axes
    assert not any(bars.has_yerr for bars in alone.containers)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["history", "hold"]


def test_many_numbers_lie_on_an_axis() -> None:
    rates = [n / 100 for n in range(30)]
    found = pd.DataFrame({"run": list("a" * 30), "rate": rates, "value": rates})
    (axes,) = figures.draw(found, "value", ["rate"]).axes
    assert list(axes.lines[0].get_xdata()) == rates
    assert figures.default_metrics(found) == ["value"]
    assert figures.swept(found, ["seed", "rate", "none"]) == ["rate"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["none"], "report.of=none: there is no such folder"),
        (["empty"], "report.of=empty: there are no results of `secondhalf run`, neither of one run nor of a sweep"),
        (
            ["report.of=null"],
            "report.of=null: the folder of a run or of a sweep is needed, as in secondhalf report FOLDER",
        ),
        (["SWEEP", "report.metrics=[gmv]"], "report.metrics names 'gmv'; results.csv has "),
    ],
)
def test_one_line_before_any_work(
    sweep: Path, here: Path, capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    (here / "empty").mkdir()
    named = [str(sweep) if word == "SWEEP" else word for word in words]
    assert refused(capsys, "report", *named).startswith(reason)
    assert [path.name for path in here.rglob("*")] == ["empty"]
