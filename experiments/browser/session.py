"""Session of one tab: a thread that steps its market, carries out the page's commands and sends it frames.

The thread alone touches the market. Commands wait in a queue; a frame is taken between two days when the page has
drawn the last one, so that drawing never holds up stepping: a slow page sees fewer days, not a slower market.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from secondhalf.experiments.browser.commands import FASTEST, START_SPEED, follow_plan, handle_message
from secondhalf.experiments.browser.market.arrays import packed
from secondhalf.experiments.browser.market.frames import SentSoFar, frame
from secondhalf.experiments.browser.market.friend_layout import DrawnUsers, drawn_users
from secondhalf.experiments.browser.market.interventions import RefusedError
from secondhalf.experiments.browser.market.past import RunPast
from secondhalf.experiments.browser.market.twin_market import TwinMarket
from secondhalf.experiments.browser.messages import Confirm, Message, parse_message
from secondhalf.experiments.browser.plan import PlannedRun
from secondhalf.experiments.browser.settings import Browse
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.browser.text import Said, reason, say
from secondhalf.experiments.execution.memory import most_users
from secondhalf.experiments.results.last_fact import last_fact_of, note_of, plain

Send = Callable[[dict[str, Any], bytes], None]
"""Hands a message and its bytes to the page; may be called from any thread, and may wait."""
IMPATIENCE = 3.0
"""Seconds after which an unconfirmed frame counts as lost."""
BLINK = 0.5
"""Seconds over which the speed is measured."""


class Session:
    """A market in a thread of its own.

    Parameters
    ----------
    setup
        the requested market
    options
        how much is drawn
    send
        see `Send`

    Attributes
    ----------
    world
        None before the first day is ready, and after a failure to set up
    state
        `setting_up`, `paused`, `playing`, `over` or `failed`
    """

    def __init__(self, setup: Setup, options: Browse, send: Send) -> None:
        self.setup, self.options, self._send = setup, options, send
        self.world: TwinMarket | None = None
        self.drawn: DrawnUsers | None = None
        self.past = RunPast()
        self.state = "setting_up"
        self.speed = START_SPEED
        self.plan: PlannedRun | None = None
        self.steps_left = 0
        self.days_a_second = 0.0
        self.said: Said = say("setting_up", users=f"{setup.settings.population.users:,}")
        self._seen = SentSoFar()
        self._commands: SimpleQueue[Message | None] = SimpleQueue()
        self._outbox: SimpleQueue[tuple[dict[str, Any], bytes] | None] = SimpleQueue()
        self._confirmed, self._sent_at, self._changed = True, 0.0, True
        self._closed = threading.Event()
        self._measured = (time.perf_counter(), 0)
        threading.Thread(target=self._deliver, daemon=True, name="frames").start()
        threading.Thread(target=self._live, daemon=True, name="market").start()

    def tell(self, content: object) -> None:
        """Put a message of the page into the queue; `hello`, and what is no message of it, is answered at once."""
        try:
            message = parse_message(content)
        except RefusedError as error:
            self.say(error.said, wrong=True)
            return
        if message.do == "hello":
            self._tell_state()
            message = Confirm(do="seen", again=True)
        self._commands.put(message)

    def close(self) -> None:
        """Release the market as soon as the running day is over."""
        self._closed.set()
        self._commands.put(None)  # ends the waiting

    def send(self, message: dict[str, Any], payload: bytes = b"") -> None:
        """Send something that must not be lost."""
        self._outbox.put((message, payload))

    def confirm(self, all_again: bool = False) -> None:
        """The page has drawn the last frame, or wants everything again."""
        self._confirmed = True
        if all_again:
            self._seen = SentSoFar()
            self._changed = True
            self._send_graph()

    def say(self, said: Said, wrong: bool = False) -> None:
        """Put a sentence on the page."""
        self.send({"kind": "said", "said": said, "wrong": wrong})

    def start_anew(self, setup: Setup) -> None:
        """Drop the market and set up another."""
        self._drop()
        self.setup, self.said = setup, say("setting_up", users=f"{setup.settings.population.users:,}")
        self.state, self.steps_left, self.plan = "setting_up", 0, None
        self._changed = True

    def changed(self, all_again: bool = False) -> None:
        """Something other than the day has changed: a frame is due even when the market stands still."""
        self._changed = True
        if all_again:
            self._seen = SentSoFar()

    def _live(self) -> None:
        while not self._closed.is_set():
            try:
                self._turn()
            except Exception as error:  # a sentence, and no market that is held without being stepped
                self._drop()
                self._fail(say("failed", reason=reason(error)))
        self._drop()
        self._outbox.put(None)

    def _turn(self) -> None:
        if self.state == "setting_up":
            self._set_up()
        self._take_commands()
        follow_plan(self)
        if self.state == "playing" or self.steps_left:
            self._step()
        self._send_frame()

    def _set_up(self) -> None:
        self._tell_state()
        users, most = self.setup.settings.population.users, most_users(self.setup.settings)
        if users > most:
            self._fail(say("out_of_memory", users=f"{users:,}", most=f"{most:,}"))
            return
        try:
            self.world = TwinMarket(self.setup.settings)
        except Exception as error:
            self._fail(say("failed", reason=reason(error)))
            return
        self.state, self.said = "paused", {}
        self._seen = SentSoFar()
        self._send_frame(now=True)
        self.drawn = drawn_users(self.world.market, self.options.nodes)
        self._send_graph()
        self.past.begin(self.world, self.drawn)
        self._changed = True

    def _take_commands(self) -> None:
        """All that wait; the first is waited for while nothing else is to be done."""
        busy = self.state in ("playing", "setting_up") or self.steps_left > 0
        wait = self._pause_until_next_day() if busy else (0.05 if self._changed else IMPATIENCE)
        try:
            command = self._commands.get(timeout=wait) if wait > 0 else self._commands.get_nowait()
            while True:
                if command is not None:
                    handle_message(self, command)
                if self._closed.is_set() or self.state == "setting_up":
                    return
                command = self._commands.get_nowait()
        except Empty:
            return

    def _pause_until_next_day(self) -> float:
        """Seconds until the next day is due at the requested speed."""
        since, days = self._measured
        if self.steps_left or self.speed >= FASTEST:
            return 0.0
        return max(0.0, since + (days + 1) / self.speed - time.perf_counter())

    def _step(self) -> None:
        world = self.world
        if world is None or self._pause_until_next_day() > 0:
            return
        try:
            world.step()
            self.past.note(world, self.drawn)
        except Exception as error:
            self._fail(say("failed", reason=reason(error)))
            return
        self.steps_left = max(self.steps_left - 1, 0)
        self._changed = True
        if world.over:
            self.state, self.steps_left = "over", 0
        since, days = self._measured
        self._measured = (since, days + 1)
        passed = time.perf_counter() - since
        if passed >= BLINK:
            self.days_a_second = (days + 1) / passed
            self._measured = (time.perf_counter(), 0)

    def restart_clock(self) -> None:
        """Measure the speed from now on."""
        self._measured = (time.perf_counter(), 0)

    def _send_frame(self, now: bool = False) -> None:
        passed = time.perf_counter() - self._sent_at
        if not self._confirmed and passed > IMPATIENCE:
            self._confirmed = True
        if self.world is None or not self._changed or not (now or self._confirmed):
            return
        if not now and passed < 1 / self.options.frames:
            return
        header, payload = frame(self.world, self.drawn, self._seen)
        day = self.world.market.day
        self._seen = SentSoFar(day, day if header["twin"] else 0, self._seen.moves + len(header["moves"]))
        self._confirmed, self._sent_at, self._changed = False, time.perf_counter(), False
        self.send({"kind": "frame", **self._state(), **header}, payload)

    def _send_graph(self) -> None:
        if self.drawn is not None:
            index, payload = packed(self.drawn.laid_out())
            self.send({"kind": "graph", "arrays": index}, payload)

    def _tell_state(self) -> None:
        self.send({"kind": "state", **self._state(), "allowed": self.setup.allowed(), "shown": self.setup.shown()})

    def _state(self) -> dict[str, Any]:
        calendar, shown = self.setup.settings.calendar, plain(self.setup.settings)
        return {
            "state": self.state,
            "said": self.said,
            "start": calendar.start.isoformat(),
            "days": (calendar.end - calendar.start).days + 1,
            "last_fact": last_fact_of(shown),
            "illustrative": self.setup.settings.market.label if note_of(shown) else "",
            "view_days": self.past.views.every,
            "branches": self.past.snapshots.most > 0,
            "busy": self.steps_left > 0,
            "speed": self.days_a_second if self.state == "playing" else 0.0,
        }

    def _fail(self, said: Said) -> None:
        self.state, self.said, self.steps_left, self.plan = "failed", said, 0, None
        self._tell_state()

    def _drop(self) -> None:
        world, self.world, self.drawn = self.world, None, None
        self.past.close()
        if world is not None:
            world.close()
            del world
            gc.collect()  # a market refers to itself, so that counting references alone would not free it

    def _deliver(self) -> None:
        """Deliver messages one after the other, in a thread of their own so that the market never waits."""
        while (message := self._outbox.get()) is not None:
            try:
                self._send(*message)
            except Exception:  # the page is gone; its kernel closes the session
                self._confirmed = True
