"""What the page may ask of its session. What is asked wrongly is answered with a sentence, and the market lives on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.scenario import ScenarioMove
from secondhalf.experiments.browser.exports import command_line, csv_of
from secondhalf.experiments.browser.interventions import RefusedError, wished
from secondhalf.experiments.browser.memory import LEAST_USERS, most_users
from secondhalf.experiments.browser.setup import LARGEST_SEED
from secondhalf.experiments.browser.text import named, say
from secondhalf.model.market import Market

if TYPE_CHECKING:
    from secondhalf.experiments.browser.session import Session

Command = dict[str, Any]
SLOWEST, FASTEST = 0.1, 1000.0
"""Days a second that can be asked for; the largest is as fast as it goes."""


def obey(session: Session, command: Command) -> None:
    """Carry out one command."""
    known = COMMANDS.get(str(command.get("do")))
    if known is None:
        session.say(say("unknown_request", what=str(command.get("do"))), wrong=True)
        return
    try:
        known(session, command)
    except RefusedError as error:
        session.say(error.said, wrong=True)
    except SettingsError as error:
        session.say({"en": str(error), "zh": str(error)}, wrong=True)


def _play(session: Session, command: Command) -> None:
    if session.state == "paused":
        session.state, session.steps_left = "playing", 0
        session.restart_clock()
        session.changed()


def _pause(session: Session, command: Command) -> None:
    session.steps_left = 0
    if session.state == "playing":
        session.state = "paused"
    session.changed()


def _step(session: Session, command: Command) -> None:
    """A day more, or to the first day of the next quarter."""
    if session.world is None or session.state not in ("paused", "playing"):
        return
    session.state = "paused"
    market = session.world.market
    session.steps_left = days_to_quarter(market) if command.get("until") == "quarter" else session.steps_left + 1
    session.restart_clock()
    session.changed()


def days_to_quarter(market: Market) -> int:
    """Days to run until the next one is the first of a quarter, or the run is over."""
    last = market.calendar.days
    return next((d for d in range(market.day + 1, last) if market.calendar.starts_quarter(d)), last) - market.day


def _speed(session: Session, command: Command) -> None:
    given = command.get("speed")
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not SLOWEST <= given <= FASTEST:
        raise RefusedError(say("speed_range", given=str(given), least=f"{SLOWEST:g}", most=f"{FASTEST:g}"))
    session.speed = float(given)
    session.restart_clock()


def _reset(session: Session, command: Command) -> None:
    asked = command.get("settings", {})
    most = most_users(session.setup.settings)
    for key, name, least, largest in (
        ("users", "users_range", LEAST_USERS, most),
        ("seed", "seed_range", 0, LARGEST_SEED),
    ):
        given = asked.get(key, session.setup.shown()[key])
        if given == session.setup.shown()[key]:
            continue  # what the command line gave was checked there
        if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= largest:
            if key == "users" and isinstance(given, int) and given > largest and not isinstance(given, bool):
                raise RefusedError(say("out_of_memory", users=f"{given:,}", most=f"{largest:,}"))
            raise RefusedError(say(name, given=str(given), least=f"{least:,}", most=f"{largest:,}"))
    session.start_anew(session.setup.changed(asked))


def _intervene(session: Session, command: Command) -> None:
    if session.world is None or session.state == "failed":
        raise RefusedError(say("no_market"))
    move = wished(session.world.market, command.get("wish", {}))
    session.world.intervene(move)
    session.changed()
    session.send({"kind": "intervened", "day": session.world.market.day, "said": told(move)})


def told(move: ScenarioMove) -> dict[str, str]:
    """An intervention in words."""
    key = "closed" if move.change == "close" else "opened" if move.share is None else "opened_share"
    names = {"platform": named(move.platform), "capability": named(move.capability)}
    return say(key, date=move.date.isoformat(), share=f"{move.share or 1:.0%}", **names)


def _forget(session: Session, command: Command) -> None:
    if session.world is not None:
        session.world.forget_twin()
        session.changed()


def _export(session: Session, command: Command) -> None:
    if session.world is not None:
        view = str(command.get("view"))
        session.send({"kind": "file", "name": f"{view}.csv", "text": csv_of(session.world, view, session.drawn)})


def _command(session: Session, command: Command) -> None:
    text = command_line(session.setup, session.world)
    session.send({"kind": "command", "text": text})


def _seen(session: Session, command: Command) -> None:
    session.confirm(all_again=bool(command.get("again")))


def _wake(session: Session, command: Command) -> None:
    """Only ends the waiting."""


COMMANDS: dict[str, Callable[[Session, Command], None]] = {
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
    "wake": _wake,
}
"""By the word under `do`."""
