"""docs/extending.md, done to the letter: its files in an empty folder, its commands, and what it promises."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from secondhalf.agents import axes
from secondhalf.conf.schema import SettingsError, scenario
from secondhalf.experiments.command import main
from secondhalf.experiments.command.compose import compose_config, load_settings, options
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.pictures import PICTURES
from secondhalf.model import shapes
from secondhalf.model.market import Market, load_market
from secondhalf.model.snapshots import branch
from secondhalf.model.supply import sales
from tests.agents.test_strategies import conforms, words

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`(mine/[\w/.]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TINY = ("experiment=ci", "limits.users=150", "limits.merchants=20", "limits.days=40", "output.pictures=never")
LONGEST = 150


def recipe(title: str) -> str:
    """What stands under a heading."""
    after = TEXT.partition(f"\n## {title}\n")[2]
    assert after, title
    return after.partition("\n## ")[0]


def flat(title: str) -> str:
    """A recipe without its line breaks."""
    return " ".join(recipe(title).split())


def do(title: str, *more: str) -> None:
    """Run a recipe's commands, made tiny."""
    found = COMMANDS.findall(recipe(title))
    assert found, title
    for line in "".join(found).replace("\\\n", " ").splitlines():
        program, *given = shlex.split(line)
        assert program == "secondhalf"
        main.main([*given, *(more or TINY)])


def table(folder: str, name: str = "daily") -> pd.DataFrame:
    """A table of a run, an empty cell being an empty word."""
    return pd.read_csv(Path(folder) / f"{name}.csv", keep_default_na=False)


def summary(folder: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((Path(folder) / "summary.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with all files of the document, as a reader would have it."""
    for name, text in FILE.findall(TEXT):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["secondhalf"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [name for name in sys.modules if name == "mine" or name.startswith("mine.")]:
        monkeypatch.delitem(sys.modules, name)
    return tmp_path


def test_all_files_of_the_overview_are_shown(here: Path) -> None:
    """Every block of settings or code has a path, and the overview names every folder and module."""
    shown = [name for name, _ in FILE.findall(TEXT)]
    assert len(shown) == len(re.findall(r"^```(?:yaml|python)$", TEXT, re.MULTILINE))
    overview = TEXT.partition("\n## ")[0]
    for name in shown:
        folder, _, file = name.removeprefix("mine/").rpartition("/")
        assert (f"{folder}/" if folder else file) in overview, name


def test_a_platform() -> None:
    do("A platform")
    daily = table("out/platform")
    own = daily[daily["platform"] == "newcomer"]
    assert len(own) == 40
    assert len(daily) == 6 * 40
    assert own["minutes"].sum() > 0
    assert own["gmv"].sum() > 0
    assert "newcomer" not in set(table("out/platform", "moves")["platform"])


def test_a_capability() -> None:
    do("A capability")
    row = re.search(r"`(jd,open,.*?)`", flat("A capability"))
    assert row is not None
    assert f"2019-02-01,{row[1]}\n" in Path("out/capability/moves.csv").read_text()
    daily = table("out/capability")
    cost = daily[daily["platform"] == "jd"].set_index("date")["cost"]
    assert cost["2019-02-01"] - cost["2019-01-31"] > 5e7
    main.main(["run", "--config-dir", "mine", "+capability=groceries", "hydra.run.dir=out/plain", *TINY])
    plain = table("out/plain")
    january = daily["date"] < "2019-02-01"
    assert daily[january].equals(plain[january])
    assert not daily.equals(plain)


def test_a_strategy(monkeypatch: pytest.MonkeyPatch) -> None:
    do("A strategy")
    row = re.search(r"`(2019-01-01,douyin,.*?)`", flat("A strategy"))
    assert row is not None
    assert Path("out/strategy/moves.csv").read_text().splitlines()[1] == row[1]
    conforms(words("mine.follow:Follow"), monkeypatch)


def test_settings_of_ones_own_strategy(capsys: pytest.CaptureFixture[str]) -> None:
    own = ["hydra.searchpath=['file://mine']", "strategy=follow"]
    assert load_settings([*own, "strategy.enough=0.9"]).strategy.parameters["enough"] == 0.9
    alone = load_settings([own[0], "strategies.douyin.name=follow", "strategies.douyin.enough=0.9"])
    assert alone.strategy_of("douyin").name == "mine.follow:Follow"
    assert alone.strategy_of("douyin").parameters == {"capability": "mall", "enough": 0.9}
    assert load_settings(["strategy=hold", "strategy.name=mine.follow:Follow"]).strategy.parameters == {}
    refusal = re.search(r"`(strategy\.enuf=\S+ .*?)`", flat("A strategy"))
    assert refusal is not None
    with pytest.raises(SystemExit):
        main.main(["run", "--config-dir", "mine", "strategy=follow", "strategy.enuf=0.9"])
    assert capsys.readouterr().err == f"secondhalf: {refusal[1]}\n"


def test_a_network() -> None:
    do("A network")
    sample = nx.read_graphml("out/network/friends.graphml")
    assert min(friends for _, friends in sample.nodes(data="friends")) >= 6
    assert summary("out/network")["settings"]["network"]["kind"] == "mine.graphs:holme_kim"


def test_a_network_that_is_none(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "mine" / "graphs.py").write_text("def holme_kim(network, users, seed):\n    return [(0, 150)]\n")
    with pytest.raises(SystemExit):
        do("A network")
    said = "secondhalf: network.kind=mine.graphs:holme_kim: 0-150 is no tie between two users in 0..149\n"
    assert capsys.readouterr().err == said
    assert not Path("out/network").exists()


def test_a_measure() -> None:
    do("A measure")
    market, daily = table("out/measure", "market"), table("out/measure")
    assert market.columns[-1] == "one_app_users"
    assert market["one_app_users"].between(0.01, 0.99).all()
    assert summary("out/measure")["market"]["one_app_users"] == pytest.approx(market["one_app_users"].mean())
    assert daily.columns[-1] == "mall"
    mall = daily.groupby("platform")["mall"].mean()
    assert mall["taobao"] > 0.8
    assert mall["douyin"] == 0


def test_a_measure_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """Misspelt, it costs no run; no number, it costs a day."""
    for setting, message in (
        ("market.mall=mine.measures:nobody", "=mine.measures:nobody: module mine.measures has no function or class"),
        ("market.mall=mine.measures:mall_presence", ": one finite number is needed, not ["),
    ):
        with pytest.raises(SystemExit):
            main.main(["run", f"measures.{setting}", *TINY, "hydra.run.dir=out"])
        assert f"measures.{setting.partition('=')[0]}{message}" in capsys.readouterr().err


def test_a_picture() -> None:
    """The run without pictures; then the second command draws this one and no other."""
    do("A picture")
    assert {path.name for path in Path("out/picture").glob("*.png")} == {"buyers.png"}
    assert Path("out/picture/buyers.svg").stat().st_size > 10_000


def test_only_pictures_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["pictures", "pictures.of=out", "pictures.only=[buyers]", "hydra.run.dir=out"])
    assert capsys.readouterr().err == (f"secondhalf: pictures.only names 'buyers'; known are {', '.join(PICTURES)}\n")
    with pytest.raises(SettingsError, match=r"^output\.own_pictures\.buyers=mine\.buyers:drew: "):
        options(Output, compose_config(["output.own_pictures.buyers=mine.buyers:drew"]))


def test_a_study() -> None:
    do("A study", *TINY, "launcher.workers=1")
    last_day = pd.read_csv("out/study/last_day.csv")
    assert len(last_day) == 5
    results = pd.read_csv("out/studies/results.csv")
    shares = last_day["gmv"] / last_day["gmv"].sum()
    assert results["value"].iloc[0] == pytest.approx((shares**2).sum())
    assert set(results["strategy"]) == {"history", "hold"}


def test_a_study_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["mine.trade:monopoly", *TINY, "hydra.run.dir=out/none"])
    said = "secondhalf: study=mine.trade:monopoly: module mine.trade has no function or class 'monopoly'"
    assert capsys.readouterr().err.startswith(said)
    assert not Path("out/none").exists()


def test_all_in_one_word() -> None:
    do("All in one word", "experiment=[everything,ci]", *TINY[1:])
    daily = table("out/everything")
    assert set(daily["platform"]) >= {"newcomer"}
    assert daily.columns[-1] == "mall"
    chosen = summary("out/everything")["settings"]
    assert chosen["network"]["kind"] == "mine.graphs:holme_kim"
    assert chosen["strategies"]["douyin"]["name"] == "mine.follow:Follow"
    moved = table("out/everything", "moves")
    assert set(moved["capability"]) >= {"groceries", "mall"}


def inside() -> dict[str, str]:
    """Recipes that change the model, by title."""
    parts = recipe("Inside the model").split("\n### ")[1:]
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}


def line_of(title: str) -> str:
    """The line that a recipe adds to a class."""
    found = re.search(r"^```text\n(.*?)^```$", inside()[title], re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_files_inside_the_model_are_there_and_counted() -> None:
    for title, text in inside().items():
        counts = re.findall(r"[Ff]iles \((\d)[^)]*\):(.*?)(?:, or |\. )", f"{' '.join(text.split())} ", re.DOTALL)
        assert counts, title
        for count, listed in counts:
            files = re.findall(r"`((?:conf|model|docs|agents)/[\w/.]+)`", listed)
            assert len(files) == int(count), (title, listed)
            assert all((ROOT / file).is_file() for file in files), files


def test_a_column_of_users() -> None:
    names: dict[str, Any] = dict(vars(shapes))
    exec(f"class Wider(NamedTuple):\n    habit: Annotated[F32, Axes('PN')]\n    {line_of('A column of users')}", names)
    made = names["Wider"](**axes.empty(names["Wider"], P=2, N=3))
    assert made.trust.dtype == np.float32
    longer = made._replace(**axes.with_platform(made))
    assert longer.trust.tolist() == [[0.5] * 3] * 3
    assert longer.habit.tolist() == [[0.0] * 3] * 3


def test_an_array_by_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is there, grows when a platform enters, is a fork's own and comes back from a file."""
    name, _, hint = line_of("An array by platform").partition("#")[0].strip().partition(": ")
    monkeypatch.setitem(sales.Trade.__annotations__, name, hint)
    axes.declared.cache_clear()
    entrant = "scenario.entrants=[{platform: xiaohongshu, date: 2019-01-03}]"
    tiny = ("experiment=ci", "limits.users=150", "limits.merchants=20", "limits.days=5", entrant)
    market = Market(load_settings(list(tiny)))
    held: Any = market.trade
    held.returned[:] = 1.0
    child, loaded = market.fork(), load_market(market.save(tmp_path / "a.market"))
    for one in (market, child, loaded):
        one.run_model()
        own: Any = one.trade
        assert own.returned.tolist() == [1.0] * 5 + [0.0]
        one.close()
    axes.declared.cache_clear()


def test_an_entry_of_a_scenario() -> None:
    """A list of dated entries is compared by its dates and checked for the names in it, whatever it is called."""
    names: dict[str, Any] = dict(vars(scenario))
    exec(line_of("An entry of a scenario"), names)
    fields = {"since", "platform"}
    assert fields <= set(names["Subsidy"].model_fields)
    dated = {name for name, field in scenario.Scenario.model_fields.items() if "list" in str(field.annotation)}
    assert set(branch.DATES) == dated - set(branch.BY_LAUNCHES)


def test_lines_are_short() -> None:
    assert not [line for line in TEXT.splitlines() if len(line) > LONGEST]
