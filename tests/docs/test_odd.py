"""docs/odd.md and docs/submodels.md: ODD's elements, names that exist, values that hold, nothing left out."""

from __future__ import annotations

import csv
import importlib
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from secondhalf.agents.products import ProductTable
from secondhalf.conf.schema.mechanisms import Mechanisms, without
from secondhalf.experiments.command.compose import NOT_OF_THE_MARKET, compose_config, market_settings
from secondhalf.experiments.results.tables import TABLES
from secondhalf.model.day.stages import STAGES
from secondhalf.model.shapes import Columns

ROOT = Path(__file__).parents[2]
ODD = (ROOT / "docs" / "odd.md").read_text(encoding="utf-8")
SUBMODELS = (ROOT / "docs" / "submodels.md").read_text(encoding="utf-8")
BOTH = f"{ODD}\n{SUBMODELS}"
LONGEST = 150
ELEMENTS = (
    "1. Purpose and patterns",
    "2. Entities, state variables, scales",
    "3. Process overview and scheduling",
    "4. Design concepts",
    "5. Initialisation",
    "6. Input data",
    "7. Submodels",
)
CONCEPTS = (
    "4.1 Basic principles (theoretical and empirical background)",
    "4.2 Emergence",
    "4.3 Adaptation (individual decision making)",
    "4.4 Objectives (individual decision making)",
    "4.5 Learning",
    "4.6 Prediction (individual prediction)",
    "4.7 Sensing (individual sensing)",
    "4.8 Interaction",
    "4.9 Stochasticity",
    "4.10 Collectives",
    "4.11 Observation",
    "4.12 Heterogeneity",
    "4.13 Implementation details",
)
"""The eleven of ODD in their order, with ODD+D's names beside them, and two that ODD+D adds."""
FOLDERS = ("model", "agents", "conf/schema")
FILE = re.compile(r"[\w./-]+\.(?:py|md|csv|yaml|json)|(?:conf|data|docs|model|agents|tests)/[\w./-]*")
GROUPS = "users, merchants, network, channels, capability, platform, population, calendar, scenario"
DESCRIBED = tuple(GROUPS.split(", "))
"""Groups of settings of which none may be left out."""
WHOLE = {*DESCRIBED, *(f"{group}.*" for group in DESCRIBED), "merchants.kinds", "calendar.festivals"}
"""Names that are too wide to describe what is in them."""
FESTIVALS, CALENDAR = "calendar.festivals.*", "7.11 The calendar"
"""The fields of festivals stand without their group in the calendar's submodel."""


def spans(text: str) -> list[str]:
    """What stands in backticks, line breaks as blanks; indented blocks hold none."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", text)]


def dotted(text: str) -> set[str]:
    """Names with dots in backticks that are no files."""
    return {name for name in spans(text) if re.fullmatch(r"[a-z]\w*(\.[\w*]+)+", name) and not FILE.fullmatch(name)}


def headings(text: str, level: str) -> list[str]:
    """Titles of one level, in order."""
    return re.findall(rf"^{level} (.+)$", text, re.MULTILINE)


def section(text: str, title: str, level: str = "##") -> str:
    """What stands under a heading, up to the next of its level."""
    after = text.partition(f"\n{level} {title}\n")[2]
    assert after, title
    return after.partition(f"\n{level} ")[0]


def submodels() -> dict[str, str]:
    """Submodels by title."""
    return {title: section(SUBMODELS, title) for title in headings(SUBMODELS, "##")}


def things(name: str) -> list[Any]:
    """What `module.function` may mean: one entry for each module of model/ and agents/ that has it."""
    module, *rest = name.split(".")
    found = []
    for path in (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob(f"{module}.py"))):
        thing: Any = importlib.import_module(".".join(("secondhalf", *path.relative_to(ROOT).with_suffix("").parts)))
        for part in rest:
            thing = getattr(thing, part, None)
        found += [thing] if thing is not None else []
    return found


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and values of all settings under a node, with the nodes on the way."""
    if path:
        yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))


CONFIG = compose_config([])
CHECKED = market_settings(CONFIG)


@cache
def settings() -> dict[str, Any]:
    """The composed configuration, and the checked settings with what the files leave to their defaults."""
    keys = [str(key) for key in CONFIG if key not in NOT_OF_THE_MARKET]
    composed: Any = OmegaConf.to_container(OmegaConf.masked_copy(CONFIG, keys), resolve=True)
    return dict(leaves(composed)) | dict(leaves(CHECKED.model_dump()))


def matching(pattern: str) -> list[str]:
    """Settings that a name with `*` stands for."""
    return [name for name in settings() if fnmatchcase(name, pattern) and name.count(".") >= pattern.count(".")]


def test_all_elements_of_odd_in_order() -> None:
    titles = headings(ODD, "##")
    assert titles == ["The model on half a page", *ELEMENTS, "References"]
    assert headings(section(ODD, "4. Design concepts"), "###") == list(CONCEPTS)
    for title in ELEMENTS:
        assert len(section(ODD, title).split()) > 50, title


def test_stages_stand_in_their_order() -> None:
    process = section(ODD, "3. Process overview and scheduling")
    assert re.findall(r"^\| (\d) `(\w+)` \|", process, re.MULTILINE) == [
        (str(number), name) for number, (name, _) in enumerate(STAGES, 1)
    ]
    block = re.findall(r"^    ([a-z]+) {2,}", process, re.MULTILINE)
    assert block == ["calendar", "platforms", "merchants", "adoption", "books"]


def test_names_exist() -> None:
    """As a function, class or constant of a module, or as a setting."""
    named = dotted(BOTH)
    assert len(named) > 200
    unknown = {name for name in named if not things(name) and not matching(name)}
    assert not unknown


def test_files_exist() -> None:
    named = {name for name in spans(BOTH) if FILE.fullmatch(name)}
    assert len([name for name in named if name.startswith("tests/")]) > 20
    written = {f"{table}.csv" for table in TABLES} | {"summary.json"}
    assert not {name for name in named - written if not (ROOT / name).exists()}
    for link in re.findall(r"\]\(([^)]+)\)", BOTH):
        assert (ROOT / "docs" / link).is_file(), link


def test_values_hold() -> None:
    stated = re.findall(r"`([a-z]\w*(?:\.\w+)+)`\s=\s(-?\d[\w.+-]*|true|false)", BOTH)
    assert len(stated) > 15
    for name, text in stated:
        value = text.rstrip(".")
        known = [settings()[name]] if name in settings() else things(name)
        assert known, name
        assert str(known[0]) == value or known[0] == yaml.safe_load(value), f"{name} is {known[0]}, not {value}"


def test_every_variable_is_listed() -> None:
    """The users' columns and the products'; those of merchants by the table's annotations."""
    entities = set(spans(section(ODD, "2. Entities, state variables, scales")))
    table = things("merchant.MerchantTable")[0].__annotations__
    fields = {*Columns._fields, *ProductTable.__annotations__, *table} - {"kind_names", "products", "next_number"}
    assert not fields - entities


def test_every_submodel_is_whole() -> None:
    """Numbered, listed in the overview, with functions, a test file, its reason and what it leaves out."""
    parts = submodels()
    overview = section(ODD, "7. Submodels")
    for number, (title, text) in enumerate(parts.items(), 1):
        assert title.startswith(f"7.{number} ")
        assert f"7.{number} " in overview
        head = text.partition("\n\n*Why.*")[0]
        assert any(things(name) for name in dotted(head)), title
        assert any(name.startswith("tests/") for name in spans(head)), title
        assert "*Why.*" in text, title
        assert "*Left out.*" in text, title


def switched(name: str) -> set[str]:
    """Settings that a switched-off mechanism sets to zero."""
    before = dict(leaves(CHECKED.model_dump()))
    after = dict(leaves(without(CHECKED.model_dump(), Mechanisms(**{name: False}))))
    return {path for path, value in before.items() if not isinstance(value, dict) and value != after[path]}


@pytest.mark.parametrize("name", yaml.safe_load((ROOT / "conf" / "mechanisms" / "all.yaml").read_text()))
def test_every_switch_is_named_where_it_acts(name: str) -> None:
    """In one submodel, beside a setting that it sets to zero or the module that reads it."""
    here = [text for text in submodels().values() if f"mechanisms.{name}" in spans(text)]
    assert len(here) == 1
    zeroed = switched(name)
    readers = {path.stem for path in (ROOT / "model").rglob("*.py") if f"mechanisms.{name}" in path.read_text()}
    assert zeroed or readers
    named = dotted(here[0])
    reached = any(fnmatchcase(path, pattern) for path in zeroed for pattern in named)
    assert reached or any(pattern.split(".")[0] in readers for pattern in named)


@pytest.mark.parametrize("group", DESCRIBED)
def test_no_setting_is_left_out(group: str) -> None:
    """Each stands for itself or, where its group holds names or dates, with the group."""
    patterns = {name for name in dotted(BOTH) if matching(name)} - WHOLE
    patterns |= {f"{FESTIVALS}.{name}" for name in spans(submodels()[CALENDAR]) if name.isidentifier()}
    parts = [path for path, value in settings().items() if path.split(".")[0] == group and not isinstance(value, dict)]
    missing = {path for path in parts if not any(fnmatchcase(path, p) or fnmatchcase(path, f"{p}.*") for p in patterns)}
    assert not missing


def test_patterns_are_facts_with_a_check() -> None:
    table = section(ODD, "1. Purpose and patterns").partition("| pattern |")[2].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table if line.startswith("|")]
    assert len(rows) > 10
    with (ROOT / "data" / "market_facts.csv").open(encoding="utf-8", newline="") as handle:
        metrics = {row["metric"] for row in csv.DictReader(handle)}
    for _, fact, check in rows:
        assert set(spans(fact)) <= metrics, fact
        assert any(FILE.fullmatch(name) for name in spans(check)) or "not yet tested" in check, check


def test_references_are_used() -> None:
    body = " ".join(BOTH.replace(section(ODD, "References"), "").split())
    entries = re.findall(r"^- ([^,]+), .*?\((\d{4})\)", section(ODD, "References"), re.MULTILINE)
    assert len(entries) == section(ODD, "References").count("\n- ")
    for surname, year in entries:
        assert re.search(rf"{surname}(?:[^.;(]| et al\.){{0,40}}\(?{year}", body), f"{surname} {year}"


def test_lines_are_short() -> None:
    """But for rows of tables."""
    assert not [line for line in BOTH.splitlines() if len(line) > LONGEST and not line.startswith("|")]
