"""Names that people give: what they may be, and one sentence for those that mean something already."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
from pandas._libs.parsers import STR_NA_VALUES

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.names import EMPTY, NAME, check_name, columns
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.schema.column_dictionary import _known
from tests.experiments.conftest import refused

ROOT = Path(__file__).parents[3]
BAD = (
    "Gmv",
    "é",
    "a b",
    "a-b",
    "a.b",
    "",
    "_a",
    "1a",
    "=a",
    "+a",
    "@a",
    "a\n",
    "../a",
    "a/b",
    "<b>",
    "a,b",
    "a:b",
    "快手",
)
TAKEN = (
    *("gmv", "kind", "weight", "category", "merchant", "date", "platform", "run", "seed", "outside", "budget", "all"),
    *("market", "content", "na", "nan", "null", "none", "true", "no", "inf", "con", "nul", "com1", "lpt9"),
)


@pytest.fixture(scope="module")
def usual() -> dict[str, Any]:
    return load_settings().model_dump()


@pytest.mark.parametrize("name", [*BAD, *TAKEN])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"^mine: ") as caught:
        check_name(name, "mine")
    assert repr(name) in str(caught.value)
    assert "a name has lower-case letters a to z, digits and _, and begins with a letter" in str(caught.value)


@pytest.mark.parametrize("name", ["newcomer", "mall_2", "x", "a_b", "gmv_2", "kinds", "nana", "console"])
def test_what_is_a_name(name: str) -> None:
    check_name(name, "mine")


def test_all_columns_and_empty_words_are_taken() -> None:
    always = {column.name for table in _known().values() for column in table}
    assert {name for name in always if NAME.fullmatch(name)} <= columns()
    assert {word.lower() for word in STR_NA_VALUES if NAME.fullmatch(word.lower())} <= EMPTY


@pytest.mark.parametrize(
    ("group", "like"),
    [
        (("platform",), "jd"),
        (("capability",), "mall"),
        (("merchants", "kinds"), "shop"),
        (("calendar", "festivals"), "six_eighteen"),
    ],
)
@pytest.mark.parametrize("name", ["gmv", "na", "Mall", "=a"])
def test_names_in_settings(usual: dict[str, Any], group: tuple[str, ...], like: str, name: str) -> None:
    plain = copy.deepcopy(usual)
    held = plain
    for key in group:
        held = held[key]
    held[name] = held[like]
    if group == ("merchants", "kinds"):
        held[name] = held[name] | {"share": 0.0}
    with pytest.raises(SettingsError, match=f"^{'.'.join(group)}: '{name}' "):
        MarketSettings.from_dict(plain)
    held["a_new_one"] = held.pop(name)
    assert "a_new_one" in str(MarketSettings.from_dict(plain))


@pytest.mark.parametrize("name", ["gmv", "none", "../x", "=a"])
def test_names_of_scenarios(usual: dict[str, Any], name: str) -> None:
    with pytest.raises(SettingsError, match=r"^scenario\.name: "):
        MarketSettings.from_dict(usual | {"scenario": usual["scenario"] | {"name": name}})


@pytest.mark.parametrize("name", ["NaN", "null", "NA"])
def test_a_measure_is_no_empty_word(usual: dict[str, Any], name: str) -> None:
    measures = {"market": {name: "math:sqrt"}, "daily": {}}
    with pytest.raises(SettingsError, match=f"^measures: '{name}' is read as missing"):
        MarketSettings.from_dict(usual | {"measures": measures})


def test_a_platform_of_a_file_is_refused_before_any_work(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = here / "mine" / "platform" / "gmv.yaml"
    own.parent.mkdir(parents=True)
    shutil.copy(ROOT / "conf" / "platform" / "xiaohongshu.yaml", own)
    own.write_text(own.read_text().replace("platform.xiaohongshu", "platform.gmv"))
    said = refused(capsys, "run", "--config-dir", "mine", "platforms=[gmv,jd]", "hydra.run.dir=out")
    assert said.startswith("platform: 'gmv' is the name of a column; a name has lower-case letters")
    assert [path.name for path in here.iterdir()] == ["mine"]
