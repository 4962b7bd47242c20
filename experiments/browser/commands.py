"""Commands of the page to its session; a wrong one is answered with a sentence, and the market goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.scenario import ScenarioMove
from secondhalf.experiments.browser.market.exports import command_line, csv_of, page_link
from secondhalf.experiments.browser.market.friend_layout import DrawnUsers
from secondhalf.experiments.browser.market.interventions import RefusedError, requested_move
from secondhalf.experiments.browser.market.past import RunPast
from secondhalf.experiments.browser.market.twin_market import TwinMarket
from secondhalf.experiments.browser.messages import (
    BranchHere,
    Confirm,
    Export,
    Intervene,
    InterventionRequest,
    LookBack,
    Message,
    Open,
    Reset,
    Speed,
    Step,
    Story,
)
from secondhalf.experiments.browser.plan import PlannedRun
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.browser.story import story_plan, story_setup
from secondhalf.experiments.browser.text import Said, brief, named, reason, say
from secondhalf.model.market import Market

SLOWEST, FASTEST = 0.1, 1000.0
"""Speeds that can be requested, days a second; the largest is as fast as it goes."""
START_SPEED = 30.0
"""Speed of a new tab: a month a second, at which one can step in."""


class SessionControls(Protocol):
    """What a request may read and change of a session (`session.Session`)."""

    setup: Setup
    world: TwinMarket | None
    drawn: DrawnUsers | None
    past: RunPast
    state: str
    speed: float
    steps_left: int
    plan: PlannedRun | None

    def send(self, message: dict[str, Any], payload: bytes = b"") -> None:
        """Send something that must not be lost."""

    def confirm(self, all_again: bool = False) -> None:
        """The page has drawn the last frame, or wants everything again."""

    def say(self, said: Said, wrong: bool = False) -> None:
        """Put a sentence on the page."""

    def start_anew(self, setup: Setup) -> None:
        """Drop the market and set up another."""

    def changed(self, all_again: bool = False) -> None:
        """Something other than the day has changed; with `all_again`, days that the page has are others now."""

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
        session.state, session.steps_left, session.plan = "playing", 0, None
        session.restart_clock()
        session.changed()


def _pause(session: SessionControls, request: Message) -> None:
    session.steps_left, session.plan = 0, None
    if session.state == "playing":
        session.state = "paused"
    session.changed()


def _step(session: SessionControls, request: Step) -> None:
    """A day more, or to the first day of the next quarter."""
    if session.world is None or session.state not in ("paused", "playing"):
        return
    session.state, session.plan = "paused", None
    market = session.world.market
    session.steps_left = days_to_quarter(market) if request.until == "quarter" else session.steps_left + 1
    session.restart_clock()
    session.changed()


def days_to_quarter(market: Market) -> int:
    """Days to run until the next one is the first of a quarter, or the run is over."""
    last = market.calendar.days
    return next((d for d in range(market.day + 1, last) if market.calendar.starts_quarter(d)), last) - market.day


def follow_plan(session: SessionControls) -> None:
    """Do what is planned for the day that runs next; afterwards as many days run as are left until the plan is done."""
    if session.plan is None or session.world is None:
        return
    plan, day = session.plan, session.world.market.day
    while plan.coming and plan.coming[0].day <= day:
        try:
            intervene(session, plan.coming.popleft())
        except RefusedError as error:
            session.plan, session.steps_left = None, 0
            session.say(error.said, wrong=True)
            return
    session.steps_left = max(plan.until - day, 0)
    if session.steps_left == 0:
        session.plan = None


def _look(session: SessionControls, request: LookBack) -> None:
    view = session.past.view(request.day)
    session.send({"kind": "past", "asked": request.day, **view.header}, view.payload)


def _branch(session: SessionControls, request: BranchHere) -> None:
    """Pause on an earlier day, from which the run goes on."""
    if session.world is None or session.state == "failed":
        raise RefusedError(say("no_market"))
    session.past.branch(session.world, request.day)
    session.state, session.steps_left, session.plan = "paused", 0, None
    session.send({"kind": "branched", "day": request.day})
    session.changed(all_again=True)


def _speed(session: SessionControls, request: Speed) -> None:
    if not SLOWEST <= request.speed <= FASTEST:
        given = brief(request.speed)
        raise RefusedError(say("speed_range", given=given, least=f"{SLOWEST:g}", most=f"{FASTEST:g}"))
    session.speed = request.speed
    session.restart_clock()


def _reset(session: SessionControls, request: Reset) -> None:
    session.start_anew(session.setup.changed(request.settings.model_dump(exclude_unset=True)))


def _intervene(session: SessionControls, request: Intervene) -> None:
    intervene(session, request.wish)


def intervene(session: SessionControls, wish: InterventionRequest) -> None:
    """Let something happen on the day that runs next."""
    if session.world is None or session.state == "failed":
        raise RefusedError(say("no_market"))
    move = requested_move(session.world.market, wish.model_dump(exclude_none=True, exclude={"day"}))
    session.world.intervene(move)
    session.changed()
    session.send({"kind": "intervened", "day": session.world.market.day, "said": move_text(move)})


def move_text(move: ScenarioMove) -> dict[str, str]:
    """An intervention in words."""
    key = "closed" if move.change == "close" else "opened" if move.share is None else "opened_share"
    names = {"platform": named(move.platform), "capability": named(move.capability)}
    return say(key, date=move.date.isoformat(), share=f"{move.share or 1:.0%}", **names)


def _open(session: SessionControls, request: Open) -> None:
    """A link: refused before anything is composed or dropped when it says something that the page does not offer."""
    asked = request.settings.model_dump(exclude_unset=True)
    session.setup.check(asked)
    PlannedRun.of(session.setup.settings, request.interventions, request.day)
    setup = session.setup.changed(asked)
    plan = PlannedRun.of(setup.settings, request.interventions, request.day)
    session.start_anew(setup)
    session.plan = plan
    if request.of and request.of != setup.digest:
        session.say(say("other_settings"), wrong=True)


def _story(session: SessionControls, request: Story) -> None:
    """A step of the story; the run goes on when it is that of the story and has not come too far."""
    setup = story_setup(session.setup)
    plan = PlannedRun.of(setup.settings, *story_plan(request.step, setup.settings))
    world = session.world if session.state in ("paused", "playing") else None
    untouched = world is not None and not world.interventions and world.twin is None
    same = untouched and setup.settings == session.setup.settings
    if world is None or not same or world.market.day > plan.first:
        session.start_anew(setup)
    session.state, session.plan = "setting_up" if session.world is None else "paused", plan


def _forget(session: SessionControls, request: Message) -> None:
    if session.world is not None:
        session.world.forget_twin()
        session.changed()


def _export(session: SessionControls, request: Export) -> None:
    if session.world is not None:
        text = csv_of(session.world, request.view, session.drawn)
        session.send({"kind": "file", "name": f"{request.view}.csv", "text": text})


def _link(session: SessionControls, request: Message) -> None:
    session.send({"kind": "link", "text": page_link(session.setup, session.world)})


def _command(session: SessionControls, request: Message) -> None:
    text = command_line(session.setup, session.world)
    session.send({"kind": "command", "text": text})


def _seen(session: SessionControls, request: Confirm) -> None:
    session.confirm(all_again=request.again)


COMMANDS: dict[str, Callable[[SessionControls, Any], None]] = {
    "play": _play,
    "pause": _pause,
    "step": _step,
    "look": _look,
    "branch": _branch,
    "speed": _speed,
    "reset": _reset,
    "open": _open,
    "story": _story,
    "intervene": _intervene,
    "forget": _forget,
    "export": _export,
    "command": _command,
    "link": _link,
    "seen": _seen,
}
"""By the word under `do`."""
