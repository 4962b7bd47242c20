"""What stops a run, and what is left of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from secondhalf.agents.strategies import Move, Strategy
from secondhalf.agents.view import View
from secondhalf.experiments.command import main
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import TABLES, replacing, write_tables
from secondhalf.experiments.run.study import run
from secondhalf.model.accounts.day_book import BooksError
from secondhalf.model.market import Market
from secondhalf.model.supply.offer import OfferDesk
from tests.experiments.conftest import SILENT, TINY


@pytest.mark.parametrize(
    ("field", "value"), [("leisure", np.nan), ("leisure", 500.0), ("seeding", np.inf), ("gamma", np.nan)]
)
def test_no_number_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, value: float) -> None:
    """Stage, day and platform are named; what was recorded is there as partial tables, and no summary."""
    plain, calls = OfferDesk.offer, iter(range(10_000))

    def spoilt(self: OfferDesk, *arguments: object) -> object:
        offer, share = plain(self, *arguments)  # type: ignore[arg-type]
        if next(calls) == settings.calendar.warm_up + 9:
            getattr(offer, field)[3] = value
        return offer, share

    settings = load_settings([*TINY, "calendar.end=2019-02-28"])
    monkeypatch.setattr(OfferDesk, "offer", spoilt)
    (tmp_path / "summary.json").write_text("{}")  # of an earlier run in the same folder
    (tmp_path / "daily.csv").write_text("date\n")
    with pytest.raises(BooksError, match=rf"^stage platforms, 2019-01-10: platform jd: {field}=") as caught:
        run(settings, tmp_path, SILENT, console=Console(quiet=True))
    assert "\n" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.partial.csv" for name in TABLES}
    recorded = pd.read_csv(tmp_path / "daily.partial.csv")
    assert recorded["date"].iloc[-1] == "2019-01-09"


@pytest.mark.parametrize(("what", "who"), [("phone time", "all platforms"), ("tastes", "platform")])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_users_that_are_no_numbers_stop_the_run(what: str, who: str, value: float) -> None:
    market = Market(load_settings([*TINY, "calendar.end=2019-02-28"]))
    market.step()
    if what == "tastes":
        market.population.behaviour.taste_step[:] = value
    else:
        market.calendar.phone_minutes[1] = value
    with pytest.raises(BooksError, match=rf"^stage attention, 2019-01-02: {who}"):
        market.step()
    market.close()


def test_a_table_with_a_gap_is_not_written(tmp_path: Path) -> None:
    for gap in (np.nan, np.inf):
        with pytest.raises(BooksError, match=r"^daily\.csv: column gmv "):
            write_tables({"daily": pd.DataFrame({"date": ["2019-01-01"], "gmv": [gap]})}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "daily.csv"
    with replacing(target) as temporary:
        temporary.write_text("first")
        assert not target.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["daily.csv"]

    def fail(temporary: Path) -> None:
        temporary.write_text("second")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"), replacing(target) as temporary:
        fail(temporary)
    assert target.read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["daily.csv"]


class Clumsy(Strategy):
    """Fails in its second quarter."""

    def moves(self, view: View) -> list[Move]:
        return [Move("restore", "mall")] if view.date.month == 4 else []


def test_a_strategy_against_the_rules_stops_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line with platform, strategy, date and move; what was recorded until then is there."""
    words = [*TINY, "strategy=hold", f"strategy.name={__name__}:Clumsy", "calendar.end=2019-05-31"]
    with pytest.raises(SystemExit) as stopped:
        main.main(["run", *words, f"hydra.run.dir={tmp_path / 'out'}", "output.progress=never"])
    assert stopped.value.code == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"({__name__}:Clumsy), 2019-04-01: restore mall is not open to it; open are hold, " in said
    assert pd.read_csv(tmp_path / "out" / "daily.partial.csv")["date"].iloc[-1] == "2019-03-31"
    assert not (tmp_path / "out" / "summary.json").exists()
