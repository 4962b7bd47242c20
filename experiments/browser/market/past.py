"""Past of a run: how its views stood each week, and snapshots from which it can be run again from an earlier day.

A snapshot is a whole fork of the market, as its twin is: 4.5 MB at 20,000 users and taken in 5 ms, where a checkpoint
file of the same market has 7.8 MB and holds the record of all days in each. Both are bounded: when there are too many,
every second one is let go, and those to come are kept half as often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from secondhalf.experiments.browser.market.arrays import packed
from secondhalf.experiments.browser.market.frames import present
from secondhalf.experiments.browser.market.friend_layout import DrawnUsers
from secondhalf.experiments.browser.market.interventions import RefusedError
from secondhalf.experiments.browser.market.twin_market import MarketHistory, TwinMarket
from secondhalf.experiments.browser.text import say
from secondhalf.model.market import Market

VIEW_DAYS, MOST_VIEWS = 7, 450
"""Days between two kept views, and how many are kept: about 10 kB each, twice that with a twin."""
SNAPSHOT_DAYS = 91
"""Days between two snapshots; the days from one to the day that is asked for are run again."""
SNAPSHOT_BYTES = 100_000_000
"""Memory that the snapshots of one tab may hold; a market that fills it alone has none."""
T = TypeVar("T")


class Thinned(Generic[T]):
    """One entry every so many days, from day 0 on, and never more than `most`.

    Parameters
    ----------
    every
        days; doubled whenever there are more than `most`
    let_go
        called with each entry that is no longer kept
    """

    def __init__(self, every: int, most: int, let_go: Callable[[T], None] = lambda entry: None) -> None:
        self.every, self.most, self.entries, self._let_go = every, most, dict[int, T](), let_go

    def add(self, day: int, entry: Callable[[], T]) -> None:
        """Keep an entry when its day has come."""
        if day % self.every or day in self.entries or self.most < 1:
            return
        self.entries[day] = entry()
        while len(self.entries) > self.most:
            self.every *= 2
            self.keep(lambda at: at % self.every == 0)

    def keep(self, which: Callable[[int], bool]) -> None:
        """Let go of the entries of all other days."""
        for day in [day for day in self.entries if not which(day)]:
            self._let_go(self.entries.pop(day))

    def until(self, day: int) -> T | None:
        """The last entry of a day not after `day`."""
        known = [at for at in self.entries if at <= day]
        return self.entries[max(known)] if known else None


class PastMarket(NamedTuple):
    """A market on an earlier day, and what was noted of it; neither is stepped."""

    market: Market
    watch: MarketHistory


@dataclass(frozen=True)
class PastView:
    """How the views stood after `header["day"]` days."""

    header: dict[str, Any]
    payload: bytes


class RunPast:
    """What is kept of the run of one tab."""

    def __init__(self) -> None:
        self.views: Thinned[PastView] = Thinned(VIEW_DAYS, MOST_VIEWS)
        self.snapshots: Thinned[PastMarket] = Thinned(SNAPSHOT_DAYS, 0)

    def begin(self, world: TwinMarket, drawn: DrawnUsers | None) -> None:
        """Keep the past of another market, which has not run yet."""
        self.close()
        self.views = Thinned(VIEW_DAYS, MOST_VIEWS)
        most = SNAPSHOT_BYTES // bytes_of(world.market)
        self.snapshots = Thinned(SNAPSHOT_DAYS, most if most > 1 else 0, lambda entry: entry.market.close())
        self.note(world, drawn)

    def note(self, world: TwinMarket, drawn: DrawnUsers | None) -> None:
        """Keep what is due on the present day."""
        day = world.market.day
        self.views.add(day, lambda: _view(world, drawn))
        if not world.over:
            self.snapshots.add(day, lambda: PastMarket(world.market.fork(), world.watch.of_twin()))

    def view(self, day: int) -> PastView:
        """The last view that is kept of a day not after `day`."""
        found = self.views.until(day)
        if found is None:
            raise RefusedError(say("no_market"))
        return found

    def branch(self, world: TwinMarket, day: int) -> None:
        """Go on from an earlier day: the run until then is kept, and what ran since becomes the twin.

        Raises
        ------
        RefusedError
            when that day is not before the present one, or no snapshots are kept of a market of this size
        """
        if day >= world.market.day:
            asked = world.date_of(min(day, world.market.calendar.days))
            raise RefusedError(say("branch_ahead", date=asked, now=world.date_of(world.market.day)))
        snapshot = self.snapshots.until(day)
        if snapshot is None:
            raise RefusedError(say("no_snapshots"))
        world.go_back(snapshot.market, snapshot.watch, day)
        self.views.keep(lambda at: at <= day)
        self.snapshots.keep(lambda at: at <= day)

    def close(self) -> None:
        """Let go of everything."""
        self.views.keep(lambda day: False)
        self.snapshots.keep(lambda day: False)


def bytes_of(market: Market) -> int:
    """What a fork holds: the users' columns, and as much again as an eighth of them and a little for all the rest."""
    return int(1.125 * sum(column.nbytes for column in market.population.columns)) + 100_000


def _view(world: TwinMarket, drawn: DrawnUsers | None) -> PastView:
    header, arrays = present(world, drawn)
    index, payload = packed(arrays)
    return PastView({**header, "arrays": index}, payload)
