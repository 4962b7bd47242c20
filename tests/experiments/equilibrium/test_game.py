"""The game of some options: players, bundles, history's profile; what is refused."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
from omegaconf import OmegaConf

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import compose_config, market_settings, options
from secondhalf.experiments.equilibrium.conditions import growth_ends
from secondhalf.experiments.equilibrium.game.game import Game
from secondhalf.experiments.equilibrium.problem import EquilibriumProblem, check_runs, find_problem
from secondhalf.experiments.equilibrium.settings import Equilibrium
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.model.snapshots.capability_profile import Choice

BASE = compose_config(["equilibrium.ensemble=false"])
"""Composing takes half a second: once is enough; so does every member's market."""


def setup(**given: Any) -> EquilibriumProblem:
    """The default question with some options and, under `settings`, values of the market's settings."""
    config = copy.deepcopy(BASE)
    for name, value in given.pop("settings", {}).items():
        OmegaConf.update(config, name, value, force_add=True)
    for name, value in given.items():
        OmegaConf.update(config, f"equilibrium.{name}", value, merge=False, force_add=True)
    return find_problem(market_settings(config), options(Equilibrium, config))


@pytest.fixture(scope="module")
def default() -> Game:
    return setup().game


def test_the_default_game_and_what_really_happened(default: Game) -> None:
    assert default.shape == (3, 3, 2, 2, 2)
    assert len(default.profiles) == 72
    assert default.names(default.history) == ["mall", "mall+search", "live", "live", "live"]
    assert default.names(default.nobody) == ["stay"] * 5
    assert default.names(default.everybody) == ["mall+search"] * 2 + ["live"] * 3
    assert [default.place(profile) for profile in default.profiles] == list(range(72))


def test_choices_of_a_profile(default: Game) -> None:
    chosen = default.choices((1, 0, 1, 0, 0))
    assert chosen["kuaishou"] == Choice(frozenset({"mall", "search"}), frozenset({"mall"}))
    assert chosen["douyin"].has == frozenset()
    assert chosen["taobao"].has == {"live"}


def test_another_strategy_joins(default: Game) -> None:
    choice = Choice(frozenset({"mall", "search", "subsidy"}), frozenset({"subsidy"}))
    assert default.described(1, choice.has, frozenset({"subsidy", "search"})) == "stay"
    more = default.with_strategy(1, choice, default.described(1, choice.has))
    assert more.shape == (3, 4, 2, 2, 2)
    assert more.names((0, 3, 0, 0, 0))[1] == "stay with subsidy"
    assert more.profiles[more.place((0, 3, 1, 0, 1))] == (0, 3, 1, 0, 1)
    assert more.described(1, frozenset(), frozenset({"subsidy"})) == "stay without subsidy"
    around = {more.profiles[place] for place in more.around((0, 3, 1, 0, 1))}
    assert len(around) == 1 + 2 + 3 + 1 + 1 + 1
    assert all(sum(a != b for a, b in zip(one, (0, 3, 1, 0, 1), strict=True)) <= 1 for one in around)


def test_sizes_of_the_study() -> None:
    problem = setup(horizon_years=2, settings={"population.users": 1000})
    assert problem.setup.settings.population.users == 1000
    assert problem.setup.settings.population.merchants == 300
    assert problem.setup.days == 730
    assert problem.setup.revision == 1004
    tiny = setup(settings={"limits": {"users": 400, "merchants": 60, "days": 100}})
    assert tiny.game.shape == (2, 2)
    assert tiny.setup.days == 91


SHELF = {"stay": [], "live": ["live"], "live+video": ["live", "short_video"]}
EITHER = {"stay": [], "live": ["live"], "video": ["short_video"]}
CONTENT = {"stay": [], "mall": ["mall"]}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"bundles": {"shelf": SHELF | {"live": ["shop"]}, "content": CONTENT}},
            "live: unknown capability 'shop'; known",
        ),
        ({"bundles": {"shelf": SHELF | {"live": ["mall"]}, "content": CONTENT}}, "taobao may not choose mall; allowed"),
        ({"bundles": {"shelf": {"stay": []}, "content": CONTENT}}, "shelf has 1 strategies; two are needed"),
        ({"bundles": {"shelf": SHELF, "content": {"stay": ["mall"], "no": []}}}, "the first bundle has to be empty"),
        ({"bundles": {"shelf": SHELF | {"more": ["live"]}, "content": CONTENT}}, "two of stay, live, .* are the same"),
        ({"bundles": {"shelf": SHELF}}, "kuaishou is a content platform, for which there are no bundles"),
        ({"bundles": {"shelf": EITHER, "content": CONTENT}}, "taobao had opened live, short_video, which is no bundle"),
        ({"players": ["kuaishou", "amazon"]}, "amazon does not compete on 2021-10-01; allowed are kuaishou, douyin"),
        ({"players": ["jd", "jd"]}, "name each player once"),
        ({"history": {"jd": "all"}}, r"equilibrium.history.jd=all: allowed are stay, live"),
        ({"revision": "2021-10-02"}, "the first day of a quarter is needed"),
        ({"revision": "2019-01-01"}, "equilibrium.revision=2019-01-01: allowed are first days of quarters"),
        ({"first_draws": 9, "most_draws": 8}, "first_draws=9: allowed are at most most_draws=8"),
        (
            {"balance": {"seeds": 5, "weeks": 20, "judged": 30, "margin": 0.01}},
            "judged=30: allowed are at most weeks=20",
        ),
        ({"payoff": "fame"}, "equilibrium.payoff=fame: allowed are revenue, profit, gmv, attention"),
    ],
)
def test_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        setup(**given)


def test_too_small_a_budget_names_a_smaller_game() -> None:
    problem = setup(budget_runs=200)
    with pytest.raises(StudyError, match=r"72 profiles need 144 runs .* 222 with .*players=\[kuaishou,douyin,taobao\]"):
        check_runs(problem)
    check_runs(setup(budget_runs=222))


def test_when_growth_would_have_ended() -> None:
    """From 8 % over 4 % to 2 % the rate halves a year: a hundredth is reached one year on."""
    problem = setup(growth=0.01)
    found: Any = SimpleNamespace(problem=problem)
    assert growth_ends(found, 0.02, 0.04) == str(problem.setup.settings.calendar.end.year + 1)
    assert growth_ends(found, 0.04, 0.08) == str(problem.setup.settings.calendar.end.year + 2)
    assert growth_ends(found, 0.04, 0.03) == ""
    assert growth_ends(found, 0.02, float("nan")) == ""
