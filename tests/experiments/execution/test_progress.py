"""Progress bars: who sees them, and what they say."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from secondhalf.experiments.execution.progress import ProgressBars
from secondhalf.experiments.execution.settings import When


def shown(when: When, terminal: bool) -> str:
    file = io.StringIO()
    with ProgressBars(when, Console(file=file, force_terminal=terminal, width=120)) as bars:
        bar = bars.add("runs", 40, 2)
        bar.advance(3)
        bar.say("round 2")
        bar.detail("1 failed")
        other = bars.add("seeds")
        other.resize(7)
        other.move(6)
    return file.getvalue()


@pytest.mark.parametrize(
    ("when", "terminal", "seen"),
    [
        ("auto", True, True),
        ("auto", False, False),
        ("always", True, True),
        ("always", False, True),
        ("never", True, False),
        ("never", False, False),
    ],
)
def test_who_sees_bars(when: When, terminal: bool, seen: bool) -> None:
    text = shown(when, terminal)
    assert ("5/40" in text) == seen
    assert bool(text.strip()) == seen
    if seen:
        assert "runs, round 2" in text
        assert "1 failed" in text
        assert "6/7" in text


def test_bars_can_be_entered_again() -> None:
    file = io.StringIO()
    bars = ProgressBars("always", Console(file=file, width=120))
    bar = bars.add("runs", 4)
    for _ in range(2):
        with bars:
            bar.advance(2)
    assert "4/4" in file.getvalue()
