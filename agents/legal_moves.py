"""Legal moves of a platform: which are open to it today, and which are against the rules."""

from __future__ import annotations

from collections.abc import Collection

from secondhalf.agents.move import Move
from secondhalf.agents.platform import Platform
from secondhalf.conf.schema.platforms import PlatformSettings
from secondhalf.conf.schema.vocabulary import CHOOSABLE, NATIVE


class MoveError(RuntimeError):
    """A move that is against the rules, or a strategy that failed; names platform, quarter and move."""


def choosable(platform: Platform) -> list[str]:
    """Capabilities that a platform may choose."""
    return choosable_of(platform.settings, platform.capabilities.catalogue)


def choosable_of(settings: PlatformSettings, catalogue: Collection[str]) -> list[str]:
    """The same from a platform's file: as it says, else all that are not the platform's own native business."""
    if settings.choosable is not None:
        return list(settings.choosable)
    native = NATIVE[settings.kind]
    return [name for name in CHOOSABLE if name in catalogue and name not in native]


def options(platform: Platform, banned: Collection[str] = ()) -> list[Move]:
    """Moves open to a platform today; the first is `hold`."""
    found, growth = [Move("hold")], platform.growth
    if not platform.recruiting:
        found.append(Move("recruit", value=growth.recruit_factor, days=growth.recruit_days))
    deeper = platform.depth_target * growth.deepen_factor
    if platform.depth_target == platform.depth and deeper <= growth.deepest:
        found.append(Move("deepen", value=deeper, days=growth.deepen_days))
    for name in choosable(platform):
        column = platform.capabilities.column[name]
        shown = platform.capabilities.exposure[platform.index, column]
        if name in banned:
            continue
        if shown == 0:
            found += [Move("test", name), Move("open", name)]
        elif shown < 1:
            found += [Move("open", name), Move("close", name)]
        else:
            found += [Move("strengthen", name), Move("close", name)]
    return found


def require_legal(platform: Platform, move: Move, banned: Collection[str] = ()) -> None:
    """Refuse a move that is not among the options.

    Raises
    ------
    MoveError
        says what the platform may do
    """
    allowed = options(platform, banned)
    if any((known.change, known.capability) == (move.change, move.capability) for known in allowed):
        return
    raise MoveError(f"{move} is not open to it; open are {', '.join(map(str, allowed))}")
