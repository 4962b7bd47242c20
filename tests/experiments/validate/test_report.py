"""The report of a validation: whole, self-contained, honest about what is missing, and clear about what is broken."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.validate.report.data import NEEDED, OPTIONAL, read_study
from secondhalf.experiments.validate.report.page import report
from tests.experiments.validate.fake import write

VOID = {"meta", "input", "br", "link", "img", "hr"}


class Reader(HTMLParser):
    """Tags, attributes and words of a page; an end without its begin is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write(tmp_path_factory.mktemp("study"), metrics=())
    assert report(made) == made / "report.html"
    return made


@pytest.fixture(scope="module")
def read(folder: Path) -> Reader:
    return Reader((folder / "report.html").read_text(encoding="utf-8"))


def test_the_page_is_well_formed(read: Reader) -> None:
    assert read.open == []
    twice = [name for name, n in Counter(tag["id"] for _, tag in read.tags if "id" in tag).items() if n > 1]
    assert not twice
    assert [len(read.all(tag)) for tag in ("h1", "main", "title")] == [1, 1, 1]
    anchors = {tag["id"] for tag in read.all("section")}
    assert {tag["href"] for tag in read.all("a") if tag["href"].startswith("#")} == {f"#{a}" for a in anchors} | {
        "#content"
    }


def test_every_number_of_the_facts_is_on_it(folder: Path, read: Reader) -> None:
    shown = Counter(float(tag["data-value"]) for tag in read.all("td") if _number(tag.get("data-value")))
    shown.update(float(word) for word in read.words if _number(word))
    table = pd.read_csv(folder / "targets.csv")
    wanted = Counter(table[["fact", "model", "p05", "p95", "error"]].to_numpy().ravel().tolist())
    assert not wanted - shown


def _number(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", text) is not None


def test_nothing_is_fetched_and_every_link_leads_to_a_file(folder: Path, read: Reader) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    for tag, attributes in read.tags:
        for name in ("src", "href", "xlink:href", "action", "srcset", "poster"):
            where = attributes.get(name, "#")
            assert where.startswith(("#", "data:")) or (tag == "a" and (folder / where).is_file()), where
    for word in ("@import", "url(http", "url(//", "fetch(", "<link"):
        assert word not in text
    linked = {tag["href"] for tag in read.all("a")}
    assert {f"{name}.csv" for name in (*NEEDED, *OPTIONAL, "draws")} <= linked


def test_every_picture_can_be_heard(folder: Path, read: Reader) -> None:
    pictures = [tag for tag in read.all("svg") if tag.get("role") == "img"]
    assert len(pictures) == len(read.all("svg")) == len(list((folder / "pictures").glob("*.png")))
    assert all(len(tag["aria-label"]) > 30 for tag in pictures)


def test_verdicts_are_words(read: Reader) -> None:
    words = set(read.words)
    assert {"✓ holds", "✗ fails", "– not decided", "✓ inside", "✗ outside", "keeps its prior", "learned well"} <= words


def test_main_numbers(folder: Path, read: Reader) -> None:
    targets, summary = pd.read_csv(folder / "targets.csv"), json.loads((folder / "summary.json").read_text())
    assert f"{targets['inside'].sum()} of {len(targets)}" in read.words
    assert f"{summary['won']} of {summary['counted']}" in read.words
    assert f"git checkout {summary['commit']}" in "\n".join(read.words)


def test_optional_parts_are_missed_in_words(folder: Path, read: Reader, tmp_path: Path) -> None:
    assert not any("not part of this study" in word for word in read.words)
    for file in [*folder.glob("*.csv"), folder / "summary.json"]:
        if file.stem not in OPTIONAL:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    for name in ("bands", "forecast"):  # one series is enough here
        table = pd.read_csv(tmp_path / f"{name}.csv")
        table[table["platform"] == "all"].to_csv(tmp_path / f"{name}.csv", index=False)
    posterior = pd.read_csv(tmp_path / "posterior.csv").assign(identified=0)
    posterior.to_csv(tmp_path / "posterior.csv", index=False)
    rulers = pd.read_csv(tmp_path / "rulers.csv").assign(counted=0, covered=None)
    rulers.to_csv(tmp_path / "rulers.csv", index=False)
    words = " ".join(Reader(report(tmp_path).read_text(encoding="utf-8")).words)
    for name in OPTIONAL:
        assert f"not part of this study ({name}.csv is not there)" in words
    assert "fewer than two parameters were learned" in words
    assert "No series has enough facts to count." in words


def _cell(file: str, column: str, value: object) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        table = pd.read_csv(folder / file, dtype=str, keep_default_na=False)
        table.loc[1, column] = value
        table.to_csv(folder / file, index=False)

    return spoil


def _without(file: str, column: str) -> Callable[[Path], None]:
    return lambda folder: pd.read_csv(folder / file).drop(columns=column).to_csv(folder / file, index=False)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_cell("targets.csv", "fact", "many"), "targets.csv line 3: the column fact is 'many', not a number"),
        (_cell("targets.csv", "model", ""), "targets.csv line 3: the column model is empty, not a number"),
        (
            _cell("bands.csv", "period_end", "2019-02-30"),
            "bands.csv line 3: the column period_end is '2019-02-30', not",
        ),
        (_cell("rulers.csv", "won", "2"), "rulers.csv line 3: the column won is '2', not a 1 or 0"),
        (_cell("posterior.csv", "score", "inf"), "posterior.csv line 3: the column score is 'inf', not a number"),
        (_cell("draws.csv", "users.shock", "x"), "draws.csv line 3: the column users.shock is 'x', not a number"),
        (_cell("sobol.csv", "total", ""), "sobol.csv line 3: the column total is empty, not a number"),
        (_without("forecast.csv", "p25"), "forecast.csv: the column p25 is missing; there are metric, platform"),
        (_without("draws.csv", "users.shock"), "draws.csv: the column users.shock is missing"),
        (lambda folder: (folder / "rolling.csv").unlink(), "rolling.csv: is missing in"),
        (lambda folder: (folder / "patterns.csv").write_text(""), "patterns.csv: the column pattern is missing; there"),
        (lambda folder: (folder / "summary.json").write_text("{}"), "summary.json: `users` is missing"),
    ],
)
def test_what_is_broken_is_said_in_one_sentence(tmp_path: Path, spoil: Callable[[Path], object], said: str) -> None:
    folder = write(tmp_path, metrics=())
    spoil(folder)
    with pytest.raises(SettingsError) as caught:
        read_study(folder)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
