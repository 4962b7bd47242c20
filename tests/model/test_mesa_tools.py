"""What people who know Mesa reach for: single values, `batch_run`, the data collector, steps and time."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

import secondhalf
from secondhalf import Market, load_settings
from secondhalf.agents.platform import Platform
from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.compose import as_word
from secondhalf.experiments.results.tables import tables
from secondhalf.model.observers.mesa_collector import RecordCollector

DAYS = 6
VALUES: dict[str, Any] = {
    "population.users": 120,
    "population.merchants": 15,
    "calendar.warm_up": 56,
    "calendar.end": "2019-01-06",
}


@pytest.fixture(scope="module")
def finished() -> Iterator[Market]:
    market = Market(**VALUES)
    market.run_model()
    yield market
    market.close()


def test_single_values_are_overrides() -> None:
    market = Market(rng=3, strategy="hold", population__users=150, **{**VALUES, "population.users": 150})
    words = [f"{name}={value}" for name, value in VALUES.items()]
    assert market.settings == load_settings([*words, "population.users=150", "seed=3", "strategy=hold"])
    assert Market(market.settings).settings == market.settings
    assert Market(market.settings, rng=4).settings.seed == 4
    market.close()


@pytest.mark.parametrize(
    "value",
    ["hold", "a b", "it's", "back\\", "true", "12", "a,b", "x=y", "out/a b/ü.txt", 0.1, True, None, [1, "a b"]],
)
def test_values_of_every_kind_arrive_as_they_are(value: object) -> None:
    assert OverridesParser.create().parse_override(f"setting={as_word(value)}").value() == value


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"population.persons": 5}, r"^population\.persons=5: there is no such setting; population has .*users"),
        ({"strategy": "nothing"}, r"^strategy=nothing: unknown choice; allowed are .*hold"),
        ({"population__users": -1}, r"^population\.users=-1: "),
        ({"seed": 1, "rng": 2}, r"^seed=1: rng=2 is the same setting"),
        ({"rng": 0.5}, r"^rng=0\.5: a seed is needed"),
        ({"settings": load_settings(), "strategy": "hold"}, r"^Market\(settings, strategy=\.\.\.\): "),
    ],
)
def test_bad_values_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Market(**given)


def test_variables_of_the_market_are_those_of_the_table(finished: Market) -> None:
    assert isinstance(finished.datacollector, mesa.DataCollector)
    found = finished.datacollector.get_model_vars_dataframe()
    assert found.equals(tables(finished)["market"])
    assert list(found.index) == list(range(DAYS))


def test_variables_of_agents_are_those_of_the_table(finished: Market) -> None:
    found = finished.datacollector.get_agent_vars_dataframe()
    assert found.index.names == ["Step", "AgentID"]
    ids = [platform.unique_id for platform in finished.agents_by_type[Platform]]
    assert list(found.index) == [(day, each) for day in range(DAYS) for each in ids]
    expected = tables(finished)["daily"].drop(columns="date")
    assert found.reset_index(drop=True).equals(expected)


def test_a_collector_before_the_first_day_and_after_an_entry() -> None:
    late = {"scenario": "entrant_shelf", "scenario.entrants": [{"platform": "newcomer_shelf", "date": "2019-01-03"}]}
    market = Market(**VALUES, **late)
    assert market.datacollector.get_model_vars_dataframe().empty
    assert market.datacollector.get_agent_vars_dataframe().empty
    market.run_model()
    found = market.datacollector.get_agent_vars_dataframe()
    assert len(found) == DAYS * 6
    assert found.loc[0, "platform"].iloc[-1] == "newcomer_shelf"
    market.close()


def test_collecting_costs_nothing(monkeypatch: pytest.MonkeyPatch, finished: Market) -> None:
    """No collector is made while a market runs, and Mesa's `collect` adds nothing."""

    def never(*_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(RecordCollector, "__init__", never)
        market = Market(**VALUES)
        market.run_model()
    finished.datacollector.collect(finished)
    assert len(finished.datacollector.get_model_vars_dataframe()) == DAYS
    assert tables(market)["daily"].equals(tables(finished)["daily"])
    market.close()


def test_batch_run_with_single_values() -> None:
    """A row a platform of each run's last day; agents and market are of the same day."""
    # Mesa from 3.4 on hands seeds over as `rng`; before, they are a value like others.
    seeds: dict[str, Any] = {"rng": [1, 2]} if "rng" in inspect.signature(mesa.batch_run).parameters else {}
    values = {**VALUES, "strategy": ["history", "hold"], **({} if seeds else {"seed": [1, 2]})}
    rows = mesa.batch_run(Market, values, display_progress=False, **seeds)
    assert len(rows) == 2 * 2 * 5
    for row in rows:
        assert (row["Step"], row["date"]) == (DAYS - 1, "2019-01-06")
    chosen = [row for row in rows if row.get("seed", row.get("rng")) == 2 and row["strategy"] == "hold"]
    market = Market(rng=2, strategy="hold", **VALUES)
    market.run_model()
    last = tables(market)["daily"].tail(5)
    assert [row["platform"] for row in chosen] == last["platform"].tolist()
    assert [row["minutes"] for row in chosen] == last["minutes"].tolist()
    assert {row["hhi_gmv"] for row in chosen} == {tables(market)["market"]["hhi_gmv"].iloc[-1]}
    market.close()


def test_seeds_among_the_values_of_batch_run() -> None:
    """`seed` is a value like others in every version of Mesa, and days in between can be had."""
    rows = mesa.batch_run(Market, {**VALUES, "seed": [1, 2]}, data_collection_period=1, display_progress=False)
    assert len(rows) == 2 * DAYS * 5
    for seed in (1, 2):
        market = Market(seed=seed, **VALUES)
        market.run_model()
        own = [row["gmv"] for row in rows if row["seed"] == seed]
        assert own == tables(market)["daily"]["gmv"].tolist()
        market.close()


def test_steps_time_and_agents(tmp_path: Path) -> None:
    market = Market(**VALUES)
    assert (market.steps, market.time, market.running) == (0, 0.0, True)
    market.step()
    market.step()
    assert (market.steps, market.time, market.day) == (2, 2.0, 2)
    assert len(market.agents) == 120 + 15 + 5
    market.save(tmp_path / "two.market")
    again = secondhalf.load_market(tmp_path / "two.market")
    assert (again.steps, again.time, again.day) == (2, 2.0, 2)
    for each in (market, again):
        each.run_model()
        assert (each.steps, each.time, each.running) == (DAYS, float(DAYS), False)
    assert np.array_equal(market.population.columns.minutes, again.population.columns.minutes)
    for each in (market, again):
        with pytest.raises(RuntimeError, match="the calendar ends"):
            each.step()
        each.close()
