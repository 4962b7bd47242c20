"""Forks do what would be done here, in its order; one that dies costs nothing."""

from __future__ import annotations

import os
import sys

import pytest

from secondhalf.experiments.execution import forks
from secondhalf.experiments.execution.forks import in_forks


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
