"""Shape of summary.json as a run writes it; a folder from elsewhere is held to it before anything is made of it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from secondhalf.experiments.results.schema.column_dictionary import of_table

SUMMARY = "summary.json"


def _day(text: str) -> str:
    if dt.date.fromisoformat(text).isoformat() != text:
        raise ValueError("a date YYYY-MM-DD is needed")
    return text


Day: TypeAlias = Annotated[str, AfterValidator(_day)]
Source: TypeAlias = Literal["new", "outside", "budget", "transfer"]


class Shape(BaseModel):
    """Keys that are not named are let through: a measure of one's own, say."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, extra="allow")


class LevelShape(Shape):
    """What a source brought; null without a second half."""

    peak: float | None
    day: float | None
    later: float | None


class PhaseShape(Shape):
    """The second half of the market or of a platform."""

    second_half_day: Day | None
    led_before: Source | None
    dried_up: Source | None
    took_over: Source | None
    later: Day | None
    levels: dict[Source, LevelShape]

    @model_validator(mode="after")
    def _complete(self) -> PhaseShape:
        if self.second_half_day is not None and self.took_over is None:
            raise ValueError("there is a second_half_day, and took_over is null")
        return self


class PhasesShape(Shape):
    """Of the market, and of each platform."""

    market: PhaseShape
    platforms: dict[str, PhaseShape]


class PlatformYearShape(Shape):
    """A platform in the last year."""

    attention_share: float
    platform_share: float
    gmv: float
    active_users: float
    monthly_active_users: float
    annual_buyers: float
    profit: float


class FestivalShape(Shape):
    """One festival of one year; all have the same keys, which become columns."""

    model_config = ConfigDict(extra="forbid")

    festival: str
    start: Day
    platforms: list[str]
    gmv: float
    merchants_above_10_million: float
    merchants_above_100_million: float
    products_above_10_million: float
    products_above_100_million: float
    basis: str = ""


class OriginShape(Shape):
    """The checkpoint that a run went on from."""

    date: Day
    changed: list[str]


class ComparedShape(Shape):
    """A metric of a platform and a year beside what was reported or forecast."""

    metric: str
    platform: str
    year: Annotated[int, Field(ge=1, le=9999)]
    reported: float | None
    run: float | None
    miss: float | None
    p05: float | None
    p50: float | None
    p95: float | None
    unit: str
    grade: str


class ComparisonShape(Shape):
    """The run beside facts and the committed forecast."""

    facts_end: Day | None
    forecast: str | None
    no_band: str
    rows: list[ComparedShape]

    @model_validator(mode="after")
    def _reasoned(self) -> ComparisonShape:
        if self.facts_end is None and (self.rows or not self.no_band):
            raise ValueError("facts_end is null; allowed is that only without rows, with the reason in no_band")
        return self


class SizesShape(Shape):
    """Sizes that are shown."""

    users: int
    merchants: int


class NamedShape(Shape):
    """A strategy or a scenario."""

    name: str


class KindShape(Shape):
    """Which side of the market a platform is of."""

    kind: Literal["content", "shelf"]


class CalendarShape(Shape):
    """Where facts end."""

    last_fact: Day | None = None


class MarketShape(Shape):
    """Which market it is, and what was reported of it."""

    name: str
    label: str
    facts: str | None


class SettingsShape(Shape):
    """Settings that pictures and pages look into; all others are shown as they are."""

    population: SizesShape
    calendar: CalendarShape
    market: MarketShape | None = None
    strategy: NamedShape
    scenario: NamedShape
    platform: dict[str, KindShape]


class MadeShape(Shape):
    """With what it was made."""

    versions: dict[str, str]
    commit: str | None = None

    @model_validator(mode="after")
    def _of_the_program(self) -> MadeShape:
        if "secondhalf" not in self.versions:
            raise ValueError("versions does not say which secondhalf it was")
        return self


class ProvenanceShape(MadeShape):
    """What summaries of several studies share."""

    settings: dict[str, Any]


class SummaryShape(MadeShape):
    """A run in a few numbers, as `experiments.run.study.summarise` writes it."""

    settings: SettingsShape
    seed: int
    first_day: Day
    last_day: Day
    second_half_day: Day | None
    phases: PhasesShape
    days_in_averages: int
    averages_are: str = ""
    platforms: dict[str, PlatformYearShape] = Field(min_length=1)
    exposure_at_start: dict[str, dict[str, float]]
    market: dict[str, float]
    festivals: list[FestivalShape]
    peak_memory_mb: float
    column_bytes_per_user: float
    from_checkpoint: OriginShape | None = None
    extrapolated: dict[str, Day] = Field(default_factory=dict)
    comparison: ComparisonShape | None = None
    wall_seconds: dict[str, float] = Field(default_factory=dict)

    @field_validator("market")
    @classmethod
    def _of_market_csv(cls, market: dict[str, float]) -> dict[str, float]:
        for own in of_table("market"):
            if own.type == "number" and own.name not in market:
                raise ValueError(f"{own.name} is missing")
        return market

    @model_validator(mode="after")
    def _platforms_agree(self) -> SummaryShape:
        for name in self.platforms:
            for where, there in (
                ("phases.platforms", self.phases.platforms),
                ("settings.platform", self.settings.platform),
            ):
                if name not in there:
                    raise ValueError(f"platforms has {name}, and {where} has not")
        return self


def read_object(path: Path) -> dict[str, Any]:
    """A JSON file that holds an object.

    Raises
    ------
    OSError, ValueError
        when there is none
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("too many brackets within each other") from error
    if not isinstance(found, dict):
        raise ValueError("an object with names and values is needed")
    return found


def check_shape(found: dict[str, Any], shape: type[Shape]) -> None:
    """Raise a `ValueError` of one line that names the first key that is missing or of another kind."""
    try:
        shape.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        said = str(first["msg"]).removeprefix("Value error, ")
        said = " ".join(said.split())[:300]
        raise ValueError(f"{place}: {said[:1].lower()}{said[1:]}" if place else said) from error
