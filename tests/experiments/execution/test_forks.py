"""Forks do what would be done here, in its order; one that dies costs nothing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from secondhalf.experiments.execution import forks
from secondhalf.experiments.execution.forks import in_forks, meanwhile


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "cores", lambda: 2)


def test_in_order_and_not_here() -> None:
    secret = object()  # neither it nor the function could be sent to another process
    found = list(in_forks(lambda item: (item, os.getpid(), secret is not None), [3, 1, 2]))
    assert [item for item, _, _ in found] == [3, 1, 2]
    assert (os.getpid() in {process for _, process, _ in found}) == (sys.platform != "linux")


def test_here_where_there_is_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "cores", lambda: 1)
    assert list(in_forks(lambda item: os.getpid(), [1, 2])) == [os.getpid()] * 2


def test_what_a_dead_fork_leaves_is_done_here() -> None:
    here = os.getpid()

    def die(item: int) -> int:
        if os.getpid() != here:
            os._exit(9)
        return item

    assert list(in_forks(die, [1, 2, 3])) == [1, 2, 3]


def test_an_error_comes_back() -> None:
    def fail(item: int) -> int:
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 1"):
        list(in_forks(fail, [1, 2]))


def test_one_within_another() -> None:
    assert list(in_forks(lambda item: sum(in_forks(lambda one: one * item, [1, 2])), [1, 2])) == [3, 6]


@pytest.mark.skipif(sys.platform != "linux", reason="without forks it is done when it is asked for")
def test_meanwhile_is_done_while_the_context_lasts(tmp_path: Path) -> None:
    done = tmp_path / "done"

    def work() -> int:
        done.touch()
        return os.getpid()

    with meanwhile(work) as result:
        until = time.monotonic() + 60
        while not done.exists() and time.monotonic() < until:
            time.sleep(0.01)
        assert done.exists()  # before anyone asks
        assert result() != os.getpid()


def test_meanwhile_where_there_is_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "cores", lambda: 1)
    with meanwhile(os.getpid) as result:
        assert result() == os.getpid()


def test_what_dies_meanwhile_is_done_here() -> None:
    here = os.getpid()

    def die() -> str:
        if os.getpid() != here:
            os._exit(9)
        return "done"

    with meanwhile(die) as result:
        assert result() == "done"


def test_an_error_meanwhile_comes_when_it_is_asked_for() -> None:
    def fail() -> None:
        raise ValueError("spoilt")

    with meanwhile(fail) as result, pytest.raises(ValueError, match="spoilt"):
        result()


def test_many_within_meanwhile() -> None:
    with meanwhile(lambda: list(in_forks(lambda item: 2 * item, [1, 2, 3]))) as result:
        assert list(in_forks(lambda item: 3 * item, [1, 2])) == [3, 6]
        assert result() == [2, 4, 6]
