"""What the page is made of, piece by piece: words, settings, flags, turns, what is refused before any work."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from contextlib import closing
from pathlib import Path
from string import Formatter

import numpy as np
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.browser import text as browser_text
from secondhalf.experiments.browser.commands import days_to_quarter
from secondhalf.experiments.browser.market.fair_lock import FairLock
from secondhalf.experiments.browser.market.interventions import RefusedError, requested_move
from secondhalf.experiments.browser.server.serve import loopback, require_free, warn_of_others
from secondhalf.experiments.browser.server.widget import PARTS, facts_of_page, page_words, script
from secondhalf.experiments.browser.settings import Browse
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.command.compose import compose_config, load_settings
from secondhalf.experiments.command.main import as_settings
from secondhalf.experiments.command.studies import STUDIES
from secondhalf.experiments.execution.memory import bytes_needed
from secondhalf.model.market import Market
from tests.experiments.conftest import refused

FRONT = Path(__file__).parents[2] / "experiments" / "browser" / "front"
BAN = "scenario.bans=[{platform: pinduoduo, capability: live, since: 2019-01-01}]"
SMALL = ["experiment=ci", "limits.users=100", "limits.merchants=20", "limits.days=40"]


def test_both_languages_say_the_same_things() -> None:
    labels = page_words()
    assert set(labels["en"]) == set(labels["zh"])
    for key, text in labels["en"].items():
        fields = [set(re.findall(r"{\w+}", one)) for one in (text, labels["zh"][key])]
        assert fields[0] == fields[1], key
    for english, chinese in browser_text.SENTENCES.values():
        fields = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, chinese)]
        assert fields[0] == fields[1]


def test_every_word_that_the_page_asks_for_is_there() -> None:
    asked = set(re.findall(r"words\.(\w+)", script())) - {
        "name",
        "channel",
        "choice",
        "a_day",
        "copy",
        "filled",
        "inAll",
        "language",
    }
    assert asked <= set(page_words()["en"])
    facts = facts_of_page(["kuaishou"], ["mall"])
    for view in facts["views"]:
        assert {f"view_{view}", f"about_{view}"} <= set(page_words()["en"])


def test_every_file_of_the_page_is_part_of_it() -> None:
    assert {path.stem for path in FRONT.glob("*.js")} == set(PARTS)
    assert not re.search(r"^import ", script(), re.MULTILINE)
    assert script().count("export default") == 1
    for path in FRONT.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 250, path
        assert not re.search(r"https?://", text), path
    own = json.loads((FRONT / "words.json").read_text(encoding="utf-8"))
    for language, labels in page_words().items():
        assert {name: text for name, text in labels.items() if not name.startswith("choice_")} == own[language]


def test_platforms_have_names_in_both_languages() -> None:
    found = {name: browser_text.named(name)["zh"] for name in ("kuaishou", "douyin", "taobao", "jd", "pinduoduo")}
    assert found["kuaishou"] == "快手"
    assert found["douyin"] == "抖音"
    assert found["taobao"].startswith("淘宝")
    assert found["jd"] == "京东"
    assert found["pinduoduo"] == "拼多多"
    assert browser_text.named("newcomer") == {"en": "newcomer", "zh": "newcomer"}


def test_settings_come_from_the_command_line_and_go_back_to_it() -> None:
    given = [*SMALL, "strategy=ewa", "strategy.phi=0.5", "++strategies.douyin=hold"]
    setup = Setup.of(compose_config(given), given, [])
    assert setup.shown()["strategy"] == "ewa"
    assert setup.shown()["strategies"] == {"douyin": "hold"}
    assert "file" not in setup.allowed()["network"]
    other = setup.changed({"strategy": "reservoir", "seed": 7, "strategies": {"douyin": "", "jd": "imitate"}})
    assert set(other.overrides) == {*SMALL, "strategy=reservoir", "seed=7", "strategies.jd=imitate"}
    assert load_settings(other.overrides) == other.settings
    assert setup.changed({**setup.shown()}).overrides == (
        *SMALL,
        "strategy=ewa",
        "strategy.phi=0.5",
        "strategies.douyin=hold",
    )


def test_flags_are_settings() -> None:
    assert as_settings(STUDIES["browse"], ["seed=1", "--port", "9000", "--host=0.0.0.0", "-m"]) == [
        "seed=1",
        "browse.port=9000",
        "browse.host=0.0.0.0",
        "-m",
    ]
    assert as_settings(STUDIES["browse"], ["--port"]) == ["browse.port="]


def test_a_port_in_use_is_named_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refused(capsys, "browse", *SMALL, "--port", str(port))
        assert said.startswith(f"browse.port={port}: another program uses it; the next free one is ")
        assert int(re.findall(r"--port (\d+)", said)[0]) > port
    assert not list(tmp_path.iterdir())
    nowhere = Browse(host="203.0.113.7", port=port, nodes=100, frames=1)
    with pytest.raises(SettingsError, match=r"browse\.host=203\.0\.113\.7: this address cannot be listened on"):
        require_free(nowhere)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("browse.port=0", "browse.port=0: input should be greater than or equal to 1"),
        ("browse.port=", "browse.port=: input should be a valid integer, unable to parse string as an integer"),
        ("browse.nodes=501", "browse.nodes=501: input should be less than or equal to 500"),
    ],
)
def test_bad_options_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(capsys, "browse", word) == said


def test_one_page_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "browse", "-m", "seed=1,2").startswith("browse -m: one page at a time")


def test_addresses_of_this_machine() -> None:
    assert [loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.168.1.4", "example")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_other_addresses_come_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_others("127.0.0.1")
    assert capsys.readouterr().err == ""
    warn_of_others("0.0.0.0")
    assert "browse.host=0.0.0.0 lets everybody" in capsys.readouterr().err


def test_turns_are_taken_in_the_order_of_asking() -> None:
    turns, order = FairLock(), []

    def ask(name: int) -> None:
        with turns:
            order.append(name)

    threads = [threading.Thread(target=ask, args=(name,)) for name in range(5)]
    with turns:
        for number, thread in enumerate(threads, start=1):
            thread.start()
            while len(turns._waiting) < number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_memory_needed_is_not_less_than_what_is_there() -> None:
    """The estimate covers the columns and the friend graph of a market and of its twin's columns."""
    settings = load_settings(["population.users=3000", "population.merchants=20", "calendar.end=2019-01-03"])
    market = Market(settings)
    held = 2 * sum(column.nbytes for column in market.population.columns)
    held += market.friends.indices.nbytes + market.friends.indptr.nbytes
    assert bytes_needed(settings, 3000) > held


@pytest.fixture(scope="module")
def market() -> Market:
    made = Market(load_settings([*SMALL, BAN, "strategies.jd=hold"]))
    made.step()
    return made


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"platform": "nobody", "change": "open", "capability": "mall"}, "nobody does not compete here"),
        ({"platform": "jd", "change": "open", "capability": "sky"}, "There is no capability sky"),
        (
            {"platform": "jd", "change": "open", "capability": "mall", "share": 2},
            "share=2: input should be less than or",
        ),
        ({"platform": "jd", "change": "close", "capability": "mall", "share": 0.5}, "only change=open has a share"),
        ({"platform": "pinduoduo", "change": "open", "capability": "live"}, "live is banned since 2019-01-01"),
        ({"platform": "jd", "change": "close", "capability": "subsidy"}, "JD does not have subsidy open"),
        (
            {"platform": "jd", "change": "open", "capability": "mall"},
            "mall is open on JD already, for 100% of its users",
        ),
    ],
)
def test_interventions_that_change_nothing_are_refused(market: Market, wish: dict[str, object], said: str) -> None:
    with pytest.raises(RefusedError, match=re.escape(said)):
        requested_move(market, wish)


def test_an_opening_to_a_part_of_the_users() -> None:
    """Without its `share` the move opens to everybody."""
    move = "date: 2019-01-02, platform: jd, change: open, capability: subsidy"
    moves = [f"{{{move}, share: 0.25}}", f"{{{move}}}"]
    shown = []
    for given in moves:
        made = Market(load_settings([*SMALL, f"scenario.moves=[{given}]"]))
        made.step()
        made.step()
        shown.append(made.capabilities.exposure[made.platform_names.index("jd"), made.capabilities.column["subsidy"]])
    assert shown == [0.25, 1.0]
    assert made.record.moves[-1]["reason"] == "scenario baseline"


def test_a_quarter_ends_before_the_first_day_of_the_next(market: Market) -> None:
    assert market.day == 1
    assert days_to_quarter(market) == 39  # the run is over before the quarter


def test_an_error_in_a_stage_says_which_and_when(market: Market) -> None:
    other = market.fork()
    other.stages = (("calendar", lambda _: np.linalg.inv(np.zeros((2, 2)))),)
    with pytest.raises(np.linalg.LinAlgError) as failed:
        other.step()
    assert failed.value.__notes__ == ["stage calendar, 2019-01-02"]
