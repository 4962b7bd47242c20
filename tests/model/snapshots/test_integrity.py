"""A checkpoint whose numbers its settings cannot have made is refused when it is loaded, by the name of the field."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.market import Market, load_market

TINY = ["population.users=300", "population.merchants=30", "population.agent_objects=0", "calendar.warm_up=56"]


@pytest.fixture(scope="module")
def market() -> Market:
    """A market after ten days, none of which lies in the window of the flow books."""
    market = Market(load_settings([*TINY, "calendar.end=2019-02-28"]))
    for _ in range(10):
        market.step()
    return market


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("window_days", 28),
        ("window_days", -1),
        ("window_days_before", 2.5),
        ("window_days_before", 29),
        ("window_end_before", 10**30),
        ("window_end_before", np.nan),
        ("window_end_before", 10),
        ("budgets_now", np.full(28, np.nan)),
        ("budgets_before", np.zeros(27)),
    ],
)
def test_windows_of_the_flow_books(
    market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, value: Any
) -> None:
    monkeypatch.setattr(market, field, value)
    with pytest.raises(SettingsError, match=field):
        load_market(market.save(tmp_path / "changed.market"))


@pytest.mark.parametrize(
    ("column", "value"),
    [("fan_merchant", 30), ("fan_merchant", -2), ("fan_platform", 5), ("installed", 32), ("impulse_origin", 5)],
)
def test_numbers_by_which_stages_look_up_others(
    market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, value: int
) -> None:
    changed = getattr(market.population.columns, column).copy()
    changed[..., 7] = value
    monkeypatch.setattr(market.population, "columns", market.population.columns._replace(**{column: changed}))
    with pytest.raises(SettingsError, match=column):
        load_market(market.save(tmp_path / "changed.market"))


def test_a_column_of_another_type_is_named(market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = market.population.columns
    monkeypatch.setattr(market.population, "columns", columns._replace(habit=columns.habit.astype(np.float32)))
    with pytest.raises(SettingsError, match=r"population\.columns\.habit"):
        load_market(market.save(tmp_path / "changed.market"))


@pytest.mark.slow
def test_a_ninth_platform_widens_the_columns() -> None:
    """It enters on day 41; forks and files from before, on and after that day end as the market does."""
    words = ["calendar.start=2019-01-10", "calendar.end=2019-04-20", "strategy=hold", "scenario=entrant_shelf"]
    six = "platforms=[kuaishou,douyin,taobao,jd,pinduoduo,xiaohongshu]"
    entrant = "scenario.entrants=[{platform: newcomer_shelf, date: 2019-02-20}]"
    own = load_settings([*TINY, *words, six, entrant]).model_dump()
    for name, like in (("second_jd", "jd"), ("second_pinduoduo", "pinduoduo")):
        own["platform"][name] = copy.deepcopy(own["platform"][like])
        own["platforms"] = [*own["platforms"], name]
    settings = MarketSettings.from_dict(own)

    def ended(market: Market) -> dict[str, Any]:
        while market.running:
            market.step()
        return tables(market)

    whole = ended(Market(settings))
    for day in (40, 41, 50):
        market = Market(settings)
        for _ in range(day):
            market.step()
        narrow = market.population.columns.installed.dtype == np.uint8
        assert narrow == (day < 42)
        for other in (market.fork(), market):
            found = ended(other)
            assert all(frame.equals(found[name]) for name, frame in whole.items())
        assert other.population.columns.installed.dtype == np.uint16
