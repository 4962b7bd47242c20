"""Times of the stages of users: each is counted once, and nothing is left behind."""

from __future__ import annotations

from typing import Any

from secondhalf.experiments.bench.stage_times import STAGES, timed
from secondhalf.model.users.user_stages import UserStages


class Idle(UserStages):
    """Stages without users."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def adopt(self, *given: Any) -> None:
        self.calls.append("adopt")

    def buy(self, *given: Any) -> Any:
        self.calls.append("buy")
        return given


def test_stages_run_and_are_timed() -> None:
    idle = Idle()
    with timed(idle) as seconds:
        idle.adopt(1, 2, 3)
        assert idle.buy(4, 5) == (4, 5)
    assert idle.calls == ["adopt", "buy"]
    assert set(seconds) == set(STAGES)
    assert seconds["adopt"] > 0
    assert seconds["buy"] > 0
    assert seconds["attend"] == 0
    idle.adopt(1, 2, 3)
    assert idle.calls == ["adopt", "buy", "adopt"]
    assert not set(STAGES) & set(vars(idle))
