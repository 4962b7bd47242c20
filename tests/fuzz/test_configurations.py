"""Random configurations: each runs with balanced books, or is refused at once in one sentence."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import numpy as np
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.base import LARGEST
from secondhalf.experiments.command.compose import settings_of
from secondhalf.experiments.command.request import check_market
from secondhalf.experiments.results.tables import tables, write_tables
from secondhalf.model.market import Market
from tests.fuzz.books import check_books
from tests.fuzz.configurations import AMOUNTS, FOLDER, Configuration, all_places, configuration, shares, shipped
from tests.fuzz.settings_of_schema import Path as Place
from tests.fuzz.settings_of_schema import put, value_at

WITHOUT_AN_END = {"merchants.ewa_lambda", "merchants.shop_cost", "growth.recruit_cost", "growth.deepen_cost"}
"""Numbers as large as one likes, beside costs of capabilities: more of it changes nothing any more."""

RELATED = ("scenario.", "capability.*.opens")
"""Where two values that are fine by themselves do not fit: no launch of that name, no channel that is opened."""


def tried(made: Configuration, folder: Path) -> str:
    """Run a configuration and check the books in its files; returns why it was refused, if it was."""
    try:
        settings = settings_of(copy.deepcopy(made.values), [FOLDER])
        check_market(settings)
    except SettingsError as error:
        return str(error)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        market = Market(settings)
        while market.running:
            market.step()
        write_tables(tables(market), folder)
    market.close()
    check_books(folder)
    return ""


def run_or_refuse(number: int, folder: Path) -> None:
    made = configuration(number)
    try:
        refused = tried(made, folder)
    except Exception as error:
        error.add_note(f"configuration {number} ({made.flavour}): {made.changed}")
        raise
    assert "\n" not in refused
    if made.flavour == "usual":
        assert not refused or refused.startswith(RELATED), (refused, made.changed)
    if made.absurd is not None:
        assert refused, made.changed
        named = (
            refused.startswith(RELATED)
            or made.absurd.name.rpartition(".")[0] in refused
            or str(made.absurd.path[0]) in refused
        )
        assert named or made.absurd.name not in made.changed, f"{made.absurd.name}: {refused}"


@pytest.mark.parametrize("number", range(60))
def test_sixty(number: int, tmp_path: Path) -> None:
    run_or_refuse(number, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1000, 1500))
def test_five_hundred(number: int, tmp_path: Path) -> None:
    run_or_refuse(number, tmp_path)


SHARES = [path for group in shares(shipped()) for path in group]


def refusal(path: Place, value: object) -> str:
    """What is said when one of the settings that ship has another value, and those it has to fit have not."""
    values = copy.deepcopy(shipped())
    put(values, path, value)
    with pytest.raises(SettingsError) as refused:
        settings_of(values, [FOLDER])
    return str(refused.value)


@pytest.mark.parametrize("path", SHARES, ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("more", [1e-6, 0.1, -0.01])
def test_shares_that_do_not_add_up_are_refused_in_a_sentence(path: Place, more: float) -> None:
    said = refusal(path, value_at(shipped(), path) + more)
    assert "must add up to 1, not " in said
    where = {"share": "users.spending.incomes.*.share="}.get(str(path[-1]), ".".join(map(str, path[:-1])) + "=")
    assert said.startswith("merchants: the shares of the kinds of merchant" if path[0] == "merchants" else where)
    assert "\n" not in said


def test_nests_and_amounts_out_of_order_are_refused_in_a_sentence() -> None:
    users = shipped()["users"]
    for said in (
        refusal(("users", "channel_nest"), users["platform_nest"] + 0.01),
        refusal(("users", "platform_nest"), users["channel_nest"] - 0.01),
    ):
        assert said.startswith("users.channel_nest=")
        assert "allowed is at most users.platform_nest=" in said
        assert "\n" not in said
    said = refusal(AMOUNTS, value_at(shipped(), AMOUNTS)[::-1])
    assert said.startswith("users.spending.amounts=")
    assert said.endswith("must rise from tier to tier")


def test_every_number_has_a_range_of_its_own() -> None:
    """A new setting needs bounds with which a market runs; those that everything has are none."""
    for place in all_places():
        if place.choices or place.name in WITHOUT_AN_END or place.name.endswith(("launch_cost", "running_cost")):
            continue
        if place.name in ("seed", "population.agent_objects"):
            continue
        assert math.isfinite(place.low), place.name
        assert place.high < LARGEST, place.name
        assert place.low > -LARGEST, place.name
