"""Fork of a market: a second market that goes on from where the first stands, and leaves the first as it is.

A whole fork (all users, the same random numbers) gives the same numbers as the market itself. A small fork keeps a
sample of the users; a friend outside the sample is replaced by a random one within it, so that everybody keeps as many
friends. Other random numbers make a fork a possible future instead of the real one: what is known today stays as it
is, hidden skills among it; what is drawn from tomorrow on is drawn anew, and so are the traits of ties between users
and shops.
"""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import mesa
import numpy as np

from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.network.friend_graph import Friends
from secondhalf.model.random_streams import Decision, RandomStreams, key, uniforms
from secondhalf.model.shapes import I32, I64, Columns
from secondhalf.model.state import OWN, SETTINGS, SHARED, State, fields
from secondhalf.model.users.population import Population
from secondhalf.model.users.user_stages import UserStages

M = TypeVar("M", bound=State)


def fork(market: M, users: int | None = None, reseed: int | None = None, calendar: MarketCalendar | None = None) -> M:
    """Copy a market; the copy starts on the day that `market` would run next.

    Parameters
    ----------
    users
        size of the sample of users; None or too many for all of them
    reseed
        None for the same random numbers; else a number that, with the seed, gives others, which forks of one day share
    calendar
        another calendar with the same first day, for instance a longer one

    Returns
    -------
    State
        of the class of `market`, with a record of its own: whole forks go on writing the origin's, small ones begin an
        empty one
    """
    child = type(market).__new__(type(market))
    mesa.Model.__init__(child)
    memo: dict[int, Any] = {id(market): child}
    for name in fields(SETTINGS, SHARED):
        setattr(child, name, getattr(market, name))
        memo[id(getattr(market, name))] = getattr(market, name)
    given = [one for platform in market.platforms for one in (platform.settings, platform.growth)]
    memo |= {id(one): one for one in given}
    memo[id(market.record)] = memo[id(market.population)] = None
    state = copy.deepcopy({name: getattr(market, name) for name in fields(OWN)}, memo)
    for name, value in state.items():
        setattr(child, name, value)
    for platform in child.platforms:
        child.register_agent(platform)  # type: ignore[no-untyped-call]  # Mesa gives it no types
    sample = _sample(market, users)
    child.population = _population(market.population, sample)
    if sample is not None:
        child.friends = _friends(market.friends, sample, market.settings.seed)
        child.bookkeeper.weight = child.population.weight
    child.users_day = UserStages(child.population, child.friends)
    child.record = market.record.of(child, whole=sample is None)
    if reseed is not None:
        _draw_anew(child, reseed)
    if calendar is not None:
        child.calendar = calendar
        child.running = child.day < calendar.days
    return child


def _sample(market: State, users: int | None) -> I64 | None:
    """Numbers of the users kept, sorted; the same for all forks of one size."""
    everybody = market.population.users
    if users is None or users >= everybody:
        return None
    rank = uniforms(key(market.settings.seed, Decision.FORK_SAMPLE, users), everybody)
    return np.sort(np.argpartition(rank, users)[:users])


def _population(whole: Population, sample: I64 | None) -> Population:
    part = copy.copy(whole)
    rows = slice(None) if sample is None else sample
    columns: list[Any] = [np.array(column[..., rows], order="C") for column in whole.columns]
    part.columns = Columns(*columns)
    part.users = part.columns.installed.size
    part.weight = whole.weight * whole.users / part.users
    return part


def _friends(friends: Friends, sample: I64, seed: int) -> Friends:
    """The sample's friends, as many as before: a friend outside the sample is replaced by a random user within it."""
    if friends.indices.size == 0:
        return Friends(np.zeros(sample.size + 1, np.int64), friends.indices)
    place = np.full(friends.indptr.size - 1, -1, np.int64)
    place[sample] = np.arange(sample.size)
    counts = np.diff(friends.indptr)[sample]
    indptr = np.concatenate([[0], np.cumsum(counts)])
    owner = np.repeat(np.arange(sample.size), counts)
    within = np.arange(indptr[-1]) - indptr[owner]
    known = place[friends.indices[friends.indptr[sample][owner] + within]]
    draw = uniforms(key(seed, Decision.FORK_SAMPLE, sample.size, who=1), known.size)
    other = (owner + 1 + (draw * (sample.size - 1)).astype(np.int64)) % sample.size
    indices: I32 = np.where(known >= 0, known, other).astype(np.int32)
    order = np.lexsort((indices, owner))
    return Friends(indptr.astype(np.int64), indices[order])


def _draw_anew(child: State, reseed: int) -> None:
    """Other random numbers from today on, for users, merchants and platforms alike."""
    seed = int(key(child.settings.seed, Decision.FORK_LUCK, child.day, reseed))
    child.settings = child.settings.model_copy(update={"seed": seed})
    child.random_streams = RandomStreams(seed, child.platform_names, child.settings.users.fan.slots)
    child.week.seed = seed
