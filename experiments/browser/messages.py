"""Messages that the page may send, by shape.

Values are checked later: settings of the next market by `Setup.check`, interventions in the running market by
`interventions.requested_move`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from secondhalf.experiments.browser.market.exports import NAMES
from secondhalf.experiments.browser.market.interventions import RefusedError
from secondhalf.experiments.browser.text import brief, say

LONGEST_NAME, MOST_NAMES = 200, 100
BITS = 63
"""Whole numbers of more bits than this are no number of users and no seed."""


def _view(name: str) -> str:
    if name not in NAMES:
        raise ValueError(f"allowed are {', '.join(NAMES)}")
    return name


Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Whole = Annotated[int, Field(gt=-(2**BITS), lt=2**BITS)]
Day = Annotated[int, Field(ge=0, lt=2**31)]


class Closed(BaseModel):
    """No word more than it names, and no value turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Message(Closed):
    """A message; `do` says which."""

    do: str


class Plain(Message):
    """A request without anything else."""

    do: Literal["play", "pause", "forget", "command", "link", "hello"]


class Step(Message):
    """A day, or to the first day of the next quarter."""

    do: Literal["step"]
    until: Literal["day", "quarter"] = "day"


class LookBack(Message):
    """How the views stood after so many days of the run."""

    do: Literal["look"]
    day: Day


class BranchHere(Message):
    """To go on from the day after so many days of the run."""

    do: Literal["branch"]
    day: Day


class Speed(Message):
    """Days a second."""

    do: Literal["speed"]
    speed: float


class NewMarket(Closed):
    """Settings of the next market; what is not among `model_fields_set` stays as it is."""

    users: Whole = 0
    seed: Whole = 0
    scenario: Name = ""
    strategy: Name = ""
    network: Name = ""
    strategies: Annotated[dict[Name, Name], Field(max_length=MOST_NAMES)] = {}


class Reset(Message):
    """Another market."""

    do: Literal["reset"]
    settings: NewMarket


class InterventionRequest(Closed):
    """An intervention; its date is set by the server."""

    platform: Name
    change: Literal["open", "close"]
    capability: Name
    share: float | None = None


class Planned(InterventionRequest):
    """An intervention of a link: after so many days of the run."""

    day: Day


class Intervene(Message):
    """A request to intervene in the running market."""

    do: Literal["intervene"]
    wish: InterventionRequest


class Open(Message):
    """What a link says: a market, what is done to it, and after how many days it pauses.

    `of` stands for all settings of the market that the link was made of (`Setup.digest`).
    """

    do: Literal["open"]
    settings: NewMarket
    interventions: Annotated[list[Planned], Field(max_length=MOST_NAMES)]
    day: Day
    of: Name = ""


class Story(Message):
    """A step of the guided story."""

    do: Literal["story"]
    step: Literal["first_half", "malls", "links", "second_half", "balance"]


class Export(Message):
    """The numbers of a view."""

    do: Literal["export"]
    view: Annotated[str, AfterValidator(_view)]


class Confirm(Message):
    """A frame has been drawn, or everything is needed again."""

    do: Literal["seen"]
    again: bool = False


Requests = Plain | Step | LookBack | BranchHere | Speed | Reset | Open | Story | Intervene | Export | Confirm
REQUEST: TypeAdapter[Message] = TypeAdapter(Annotated[Requests, Field(discriminator="do")])


def parse_message(content: object) -> Message:
    """A message of the page, whatever it is.

    Raises
    ------
    RefusedError
        when it is none that the page could have sent
    """
    do = content.get("do") if isinstance(content, dict) else content
    if do is content or not isinstance(do, str):
        raise RefusedError(say("unknown_request", what=brief(do)))
    try:
        return REQUEST.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
    if first["type"] == "union_tag_invalid":
        raise RefusedError(say("unknown_request", what=brief(do)))
    where = ".".join(brief(part) for part in first["loc"])
    what = f"{where}={brief(first.get('input'))}: {first['msg'].removeprefix('Value error, ')}"
    raise RefusedError(say("wrong_message", what=what))
