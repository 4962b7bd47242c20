"""Tables of the study: effects of each launch, where the owner's gain came from, and malls under other nests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema.vocabulary import CHANNELS, PAN_SHELF
from secondhalf.experiments.launches.catalogue import Item
from secondhalf.experiments.launches.runs import ARMS, OF_PLATFORM, WindowSums, gather
from secondhalf.experiments.results.statistics.two_way import TwoWay, two_way

Array = NDArray[np.float64]
MARKET = "market"
"""What stands in the column platform of a number of all platforms together."""
KEYS = ("launch", "owner", "platform", "quantity", "unit", "horizon", "days", "without")
COLUMNS = (*KEYS, *TwoWay._fields)
"""Columns of launches.csv."""
PARTS = ("gain", "cannibalised", "taken", "walking_away")
"""The owner's gain in the channels that the launch opened, and where it came from."""
SPLIT_COLUMNS = ("launch", "owner", "part", "platform", "unit", "horizon", "days", *TwoWay._fields)
"""Columns of split.csv."""
NEST_COLUMNS = ("nest", "channel_nest", "platform_nest", *COLUMNS)
"""Columns of nests.csv."""


class Quantity(NamedTuple):
    """A number in both arms by member and seed, [M, S] each."""

    platform: str
    name: str
    unit: str
    without: Array
    with_: Array


def quantities(cells: WindowSums, platforms: Sequence[str]) -> Iterator[Quantity]:
    """What is measured of a window: of each platform, then of the market."""
    gmv, pan = ({arm: _of(cells, arm, names).sum(axis=-1) for arm in ARMS} for names in (CHANNELS, PAN_SHELF))
    for p, platform in enumerate(platforms):
        one, other = ({arm: values[arm][..., p] for arm in ARMS} for values in (gmv, pan))
        yield Quantity(platform, "gmv", "RMB", one["without"], one["with"])
        for name, unit in (("minutes", "minutes"), ("revenue", "RMB")):
            before, after = (_of(cells, arm, (name,))[..., p, 0] for arm in ARMS)
            yield Quantity(platform, name, unit, before, after)
        before, after = (_share(other[arm], one[arm]) for arm in ARMS)
        yield Quantity(platform, "pan_shelf_share", "share", before, after)
    yield Quantity(MARKET, "gmv", "RMB", *(gmv[arm].sum(axis=-1) for arm in ARMS))
    yield Quantity(MARKET, "orders", "orders", *(_of(cells, arm, ("orders",)).sum(axis=(-2, -1)) for arm in ARMS))
    yield Quantity(MARKET, "consumer_surplus", "RMB", *(cells.surplus[arm] for arm in ARMS))


def effects(
    cells: WindowSums, item: Item, platforms: Sequence[str], horizon: int, days: int
) -> Iterator[dict[str, Any]]:
    """Rows of launches.csv of one window: differences, and for amounts the same in percent of the number without it."""
    for one in quantities(cells, platforms):
        keys = {"launch": item.name, "owner": item.owner, "platform": one.platform, "quantity": one.name}
        window = {"horizon": horizon, "days": days, "without": float(one.without.mean())}
        difference = one.with_ - one.without
        yield keys | {"unit": one.unit} | window | two_way(difference)._asdict()
        if one.unit != "share" and (one.without > 0).all():
            yield keys | {"unit": "percent"} | window | two_way(100 * difference / one.without)._asdict()


def split(cells: WindowSums, item: Item, platforms: Sequence[str], horizon: int, days: int) -> Iterator[dict[str, Any]]:
    """Rows of split.csv of one window, RMB: the gain is the sum of the other parts, in every run.

    `cannibalised` is what the owner's other channels lost, `taken` what each rival lost, `walking_away` the rest, which
    is by how much the market's GMV grew; a part is negative where the other side gained too.
    """
    difference = _of(cells, "with", CHANNELS) - _of(cells, "without", CHANNELS)  # [M, S, P, C]
    owner = list(platforms).index(item.owner)
    opened = np.isin(CHANNELS, item.channels)
    gain = difference[:, :, owner, opened].sum(axis=-1)
    cannibalised = -difference[:, :, owner, ~opened].sum(axis=-1)
    taken = {name: -difference[:, :, p].sum(axis=-1) for p, name in enumerate(platforms) if p != owner}
    rest = gain - cannibalised - np.sum(list(taken.values()), axis=0)
    parts = [("gain", item.owner, gain), ("cannibalised", item.owner, cannibalised)]
    parts += [("taken", name, lost) for name, lost in taken.items()]
    for part, platform, amount in [*parts, ("walking_away", MARKET, rest)]:
        keys = {"launch": item.name, "owner": item.owner, "part": part, "platform": platform, "unit": "RMB"}
        yield keys | {"horizon": horizon, "days": days} | two_way(amount)._asdict()


def tables(
    results: Sequence[Sequence[Mapping[str, Any]]], items: Sequence[Item], platforms: Sequence[str], until: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """launches.csv and split.csv of the runs of a nest, by member and seed."""
    found: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for item in items:
        for horizon, days in item.windows(until):
            cells = gather(results, item.name, horizon)
            found += effects(cells, item, platforms, horizon, days)
            parts += split(cells, item, platforms, horizon, days)
    return pd.DataFrame(found, columns=list(COLUMNS)), pd.DataFrame(parts, columns=list(SPLIT_COLUMNS))


def nest_rows(name: str, nests: tuple[float, float], found: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    """Rows of nests.csv of one nest: its effects, and the parts of its gains as quantities.

    Parameters
    ----------
    nests
        means over members of users.channel_nest and users.platform_nest
    found
        what `tables` gives
    """
    table, parts = found
    parts = parts.rename(columns={"part": "quantity"}).assign(without=0.0)
    both = pd.concat([table, parts[list(COLUMNS)]], ignore_index=True)
    channel, platform = nests
    return both.assign(nest=name, channel_nest=channel, platform_nest=platform)[list(NEST_COLUMNS)]


def _of(cells: WindowSums, arm: str, names: Sequence[str]) -> Array:
    """Sums of some columns of `OF_PLATFORM`, [M, S, P, names]."""
    return np.asarray(cells.platforms[arm][..., [OF_PLATFORM.index(name) for name in names]])


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
