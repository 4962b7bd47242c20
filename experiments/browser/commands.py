"""Commands of the page to its session; a wrong one is answered with a sentence, and the market goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.scenario import ScenarioMove
from secondhalf.experiments.browser.market.exports import command_line, csv_of
from secondhalf.experiments.browser.market.friend_layout import DrawnUsers
from secondhalf.experiments.browser.market.interventions import RefusedError, requested_move
from secondhalf.experiments.browser.market.twin_market import TwinMarket
from secondhalf.experiments.browser.messages import Confirm, Export, Intervene, Message, Reset, Speed, Step
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.browser.text import Said, brief, named, reason, say
from secondhalf.model.market import Market

SLOWEST, FASTEST = 0.1, 1000.0
"""Speeds that can be requested, days a second; the largest is as fast as it goes."""


class SessionControls(Protocol):
    """What a request may read and change of a session (`session.Session`)."""

    setup: Setup
    world: TwinMarket | None
    drawn: DrawnUsers | None
    state: str
    speed: float
    steps_left: int

    def send(self, message: dict[str, Any], payload: bytes = b"") -> None:
        """Send something that must not be lost."""

    def confirm(self, all_again: bool = False) -> None:
        """The page has drawn the last frame, or wants everything again."""

    def say(self, said: Said, wrong: bool = False) -> None:
        """Put a sentence on the page."""

    def start_anew(self, setup: Setup) -> None:
        """Drop the market and set up another."""

    def changed(self) -> None:
        """Something other than the day has changed."""

    def restart_clock(self) -> None:
        """Measure the speed from now on."""


def handle_message(session: SessionControls, request: Message) -> None:
    """Carry out one request of a known shape."""
    try:
        COMMANDS[request.do](session, request)
    except RefusedError as error:
        session.say(error.said, wrong=True)
    except SettingsError as error:
        session.say({"en": str(error), "zh": str(error)}, wrong=True)
    except Exception as error:  # an unexpected error; the market does not end with it
        session.say(say("not_done", reason=reason(error)), wrong=True)


def _play(session: SessionControls, request: Message) -> None:
    if session.state == "paused":
        session.state, session.steps_left = "playing", 0
        session.restart_clock()
        session.changed()


def _pause(session: SessionControls, request: Message) -> None:
    session.steps_left = 0
    if session.state == "playing":
        session.state = "paused"
    session.changed()


def _step(session: SessionControls, request: Step) -> None:
    """A day more, or to the first day of the next quarter."""
    if session.world is None or session.state not in ("paused", "playing"):
        return
    session.state = "paused"
    market = session.world.market
    session.steps_left = days_to_quarter(market) if request.until == "quarter" else session.steps_left + 1
    session.restart_clock()
    session.changed()


def days_to_quarter(market: Market) -> int:
    """Days to run until the next one is the first of a quarter, or the run is over."""
    last = market.calendar.days
    return next((d for d in range(market.day + 1, last) if market.calendar.starts_quarter(d)), last) - market.day


def _speed(session: SessionControls, request: Speed) -> None:
    if not SLOWEST <= request.speed <= FASTEST:
        given = brief(request.speed)
        raise RefusedError(say("speed_range", given=given, least=f"{SLOWEST:g}", most=f"{FASTEST:g}"))
    session.speed = request.speed
    session.restart_clock()


def _reset(session: SessionControls, request: Reset) -> None:
    session.start_anew(session.setup.changed(request.settings.model_dump(exclude_unset=True)))


def _intervene(session: SessionControls, request: Intervene) -> None:
    if session.world is None or session.state == "failed":
        raise RefusedError(say("no_market"))
    move = requested_move(session.world.market, request.wish.model_dump(exclude_none=True))
    session.world.intervene(move)
    session.changed()
    session.send({"kind": "intervened", "day": session.world.market.day, "said": move_text(move)})


def move_text(move: ScenarioMove) -> dict[str, str]:
    """An intervention in words."""
    key = "closed" if move.change == "close" else "opened" if move.share is None else "opened_share"
    names = {"platform": named(move.platform), "capability": named(move.capability)}
    return say(key, date=move.date.isoformat(), share=f"{move.share or 1:.0%}", **names)


def _forget(session: SessionControls, request: Message) -> None:
    if session.world is not None:
        session.world.forget_twin()
        session.changed()


def _export(session: SessionControls, request: Export) -> None:
    if session.world is not None:
        text = csv_of(session.world, request.view, session.drawn)
        session.send({"kind": "file", "name": f"{request.view}.csv", "text": text})


def _command(session: SessionControls, request: Message) -> None:
    text = command_line(session.setup, session.world)
    session.send({"kind": "command", "text": text})


def _seen(session: SessionControls, request: Confirm) -> None:
    session.confirm(all_again=request.again)


COMMANDS: dict[str, Callable[[SessionControls, Any], None]] = {
    "play": _play,
    "pause": _pause,
    "step": _step,
    "speed": _speed,
    "reset": _reset,
    "intervene": _intervene,
    "forget": _forget,
    "export": _export,
    "command": _command,
    "seen": _seen,
}
"""By the word under `do`."""
