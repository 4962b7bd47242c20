"""What the page may ask of its session. What is asked wrongly is answered with a sentence, and the market lives on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.scenario import ScenarioMove
from secondhalf.experiments.browser.exports import command_line, csv_of
from secondhalf.experiments.browser.interventions import RefusedError, wished
from secondhalf.experiments.browser.messages import Confirm, Export, Intervene, Message, Reset, Speed, Step
from secondhalf.experiments.browser.text import brief, named, reason, say
from secondhalf.model.market import Market

if TYPE_CHECKING:
    from secondhalf.experiments.browser.session import Session

SLOWEST, FASTEST = 0.1, 1000.0
"""Days a second that can be asked for; the largest is as fast as it goes."""


def obey(session: Session, request: Message) -> None:
    """Carry out one request of a known shape."""
    try:
        COMMANDS[request.do](session, request)
    except RefusedError as error:
        session.say(error.said, wrong=True)
    except SettingsError as error:
        session.say({"en": str(error), "zh": str(error)}, wrong=True)
    except Exception as error:  # nobody knows of such a one; the market does not end with it
        session.say(say("not_done", reason=reason(error)), wrong=True)


def _play(session: Session, request: Message) -> None:
    if session.state == "paused":
        session.state, session.steps_left = "playing", 0
        session.restart_clock()
        session.changed()


def _pause(session: Session, request: Message) -> None:
    session.steps_left = 0
    if session.state == "playing":
        session.state = "paused"
    session.changed()


def _step(session: Session, request: Step) -> None:
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


def _speed(session: Session, request: Speed) -> None:
    if not SLOWEST <= request.speed <= FASTEST:
        given = brief(request.speed)
        raise RefusedError(say("speed_range", given=given, least=f"{SLOWEST:g}", most=f"{FASTEST:g}"))
    session.speed = request.speed
    session.restart_clock()


def _reset(session: Session, request: Reset) -> None:
    session.start_anew(session.setup.changed(request.settings.model_dump(exclude_unset=True)))


def _intervene(session: Session, request: Intervene) -> None:
    if session.world is None or session.state == "failed":
        raise RefusedError(say("no_market"))
    move = wished(session.world.market, request.wish.model_dump(exclude_none=True))
    session.world.intervene(move)
    session.changed()
    session.send({"kind": "intervened", "day": session.world.market.day, "said": told(move)})


def told(move: ScenarioMove) -> dict[str, str]:
    """An intervention in words."""
    key = "closed" if move.change == "close" else "opened" if move.share is None else "opened_share"
    names = {"platform": named(move.platform), "capability": named(move.capability)}
    return say(key, date=move.date.isoformat(), share=f"{move.share or 1:.0%}", **names)


def _forget(session: Session, request: Message) -> None:
    if session.world is not None:
        session.world.forget_twin()
        session.changed()


def _export(session: Session, request: Export) -> None:
    if session.world is not None:
        text = csv_of(session.world, request.view, session.drawn)
        session.send({"kind": "file", "name": f"{request.view}.csv", "text": text})


def _command(session: Session, request: Message) -> None:
    text = command_line(session.setup, session.world)
    session.send({"kind": "command", "text": text})


def _seen(session: Session, request: Confirm) -> None:
    session.confirm(all_again=request.again)


COMMANDS: dict[str, Callable[[Session, Any], None]] = {
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
