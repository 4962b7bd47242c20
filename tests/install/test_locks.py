"""The locks: what a run needs, everything, and uv; the same versions, every file with its hash, no address."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.install.conftest import ROOT

CORE, ALL, UV = "requirements.lock", "requirements-dev.lock", "requirements-uv.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENTRY = re.compile(r"^([\w.-]+)==(\S+)(?: ; ([^\\]+))? \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.MULTILINE)


def entries(lock: str) -> dict[str, tuple[str, ...]]:
    """By package: version, marker, hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    found = {name: (version, marker.strip(), hashes) for name, version, marker, hashes in ENTRY.findall(text)}
    assert len(found) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
    return found


def normal(requirement: str) -> str:
    return re.sub("[-_.]+", "-", re.split(r"[<>=\[]", requirement)[0]).lower()


def test_what_a_run_needs_is_the_same_in_both() -> None:
    core, every = entries(CORE), entries(ALL)
    assert set(core) < set(every)
    for name, (version, _, hashes) in core.items():  # a marker may be wider where more packages ask for it
        assert (version, hashes) == (every[name][0], every[name][2]), name


def test_each_holds_what_is_declared() -> None:
    project = PROJECT["project"]
    needed = {normal(each) for each in [*project["dependencies"], *PROJECT["build-system"]["requires"]]}
    extras = project["optional-dependencies"]
    more = {normal(each) for name in ("browser", "dev", "search", "sensitivity") for each in extras[name]}
    assert needed <= set(entries(CORE))
    assert not (more - needed - {"secondhalf"}) & set(entries(CORE))
    assert needed | (more - {"secondhalf"}) <= set(entries(ALL))
    assert PROJECT["dependency-groups"]["build"] == PROJECT["build-system"]["requires"]


def test_uv_is_alone() -> None:
    assert set(entries(UV)) == {"uv"}


@pytest.mark.parametrize("lock", [CORE, ALL, UV])
def test_no_address_is_in_it(lock: str) -> None:
    assert not re.search(r"://|--index|--find-links", (ROOT / lock).read_text(encoding="utf-8"))
