"""Checked options of the studies and of what they show: the groups of conf/ that do not describe the market."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, TypeVar, get_args

from omegaconf import DictConfig, OmegaConf
from pydantic import ConfigDict, Field, ValidationError, model_validator

from secondhalf.conf.schema.base import (
    Count,
    ImportPath,
    Number,
    Positive,
    Rate,
    Settings,
    SettingsError,
    Whole,
    Word,
    sentence,
)
from secondhalf.experiments.equilibrium.settings import Equilibrium as Equilibrium

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)


HOST = r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"
"""What a browser sends as Host: NAME or NAME:PORT."""


class StudyError(RuntimeError):
    """One sentence: why a study gives no result."""


class Output(Settings):
    """What a run shows and draws."""

    progress: Literal["auto", "always", "never"] = "auto"
    pictures: Literal["auto", "always", "never"] = "auto"
    formats: tuple[Format, ...] = Field(default=("png", "svg"), min_length=1)
    font: str | None = None
    own_pictures: dict[Word, ImportPath] = Field(default_factory=dict)


class Pictures(Settings):
    """What `secondhalf pictures` draws."""

    of: str | None = None
    only: tuple[str, ...] = ()


class Checkpoint(Settings):
    """How often a run keeps its market."""

    every: Count | None = None


class Report(Settings):
    """What `secondhalf report` shows."""

    of: str | None = None
    metrics: tuple[str, ...] = ()


class Phases(Settings):
    """How `secondhalf phases` measures."""

    seeds: Count
    users: Count
    workers: Count
    against: tuple[str, ...] = ()


class Bench(Settings):
    """What `secondhalf bench` measures."""

    users: tuple[Count, ...] = Field(min_length=1)
    days: Count
    repeats: Count
    oracle_users: Count
    what: Literal["speed", "sweep"]
    runs: Count
    kills: Annotated[Whole, Field(ge=0)]
    flat: Annotated[Whole, Field(ge=0)]
    documents: tuple[str, ...] = ()


class Counterfactual(Settings):
    """What `secondhalf counterfactual` compares, and how often."""

    model_config = ConfigDict(populate_by_name=True)

    seeds: Annotated[Whole, Field(ge=2)]
    users: Annotated[Whole, Field(ge=2)]
    workers: Count | None = None
    with_: tuple[str, ...] = Field(default=(), alias="with")
    against: tuple[str, ...] = ()


class Calibrate(Settings):
    """How `secondhalf calibrate` searches."""

    parameters: str
    targets: str
    only: str
    until: dt.date
    users: Annotated[Whole, Field(ge=2)]
    merchants: Count
    seeds: Count
    rounds: Count
    coarse_rounds: Annotated[Whole, Field(ge=0)]
    coarse_users: Annotated[Whole, Field(ge=2)]
    start: str
    meanfield_rounds: Annotated[Whole, Field(ge=0)]
    step: Annotated[Number, Field(gt=0, le=1)]
    discrepancy: Annotated[Number, Field(ge=0, le=1)]
    shared: Annotated[Number, Field(ge=0, lt=1)]
    draws: Annotated[Whole, Field(ge=2)]
    sharpen: Annotated[Whole, Field(ge=0)]
    coverage: Annotated[Whole, Field(ge=0)]
    recover: Annotated[Whole, Field(ge=0)]
    workers: Count | None = None
    write: bool = False


class Intensities(Settings):
    """One number for recruiting and one for deepening."""

    recruit: Rate
    deepen: Rate


class Outlook(Settings):
    """What is believed of the time after the last fact (see experiments.validate.ensemble)."""

    damping: Intensities
    spread: Intensities
    memory_years: Positive
    drift: Rate
    unseen: Rate


class Validate(Settings):
    """What `secondhalf validate` holds against what."""

    calibration: str
    origins: tuple[dt.date, ...]
    draws: Annotated[Whole, Field(ge=2)]
    users: Annotated[Whole, Field(ge=2)]
    merchants: Count
    pattern_seeds: Annotated[Whole, Field(ge=2)]
    forecast_until: dt.date
    outlook: Outlook
    workers: Count | None = None
    documents: tuple[str, ...] = ()
    write: bool = False


Part = Literal["replicates", "morris", "sobol", "oat", "robustness"]


class Sensitivity(Settings):
    """What `secondhalf sensitivity` varies, and how much work it may be."""

    minutes: Positive
    runs: Count | None = None
    parts: tuple[Part, ...] = Field(min_length=1)
    users: Annotated[Whole, Field(ge=2)]
    merchants: Count
    workers: Count | None = None
    parameters: str
    top: Count
    posterior: str | None = None
    user_counts: tuple[Annotated[Whole, Field(ge=2)], ...] = ()

    @model_validator(mode="after")
    def _screened_first(self) -> Sensitivity:
        if "sobol" in self.parts and "morris" not in self.parts:
            raise ValueError(f"parts={list(self.parts)}: sobol needs morris, which says which parameters matter")
        return self


class Browse(Settings):
    """Where `secondhalf browse` is found, and how much it draws."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[Whole, Field(ge=1, le=65535)]
    nodes: Annotated[Whole, Field(ge=2, le=500)]
    frames: Annotated[Number, Field(gt=0, le=60)]
    allowed_hosts: tuple[Annotated[str, Field(pattern=HOST)], ...] = ()


class Launcher(Settings):
    """How the runs of a sweep are spread."""

    engine: Literal["local", "ray"]
    workers: Count | None = None
    threads: Count
    address: str | None = None


class Search(Settings):
    """What `secondhalf search` looks for."""

    metric: str | None = None
    direction: Literal["maximize", "minimize"]
    space: dict[str, Any]
    log: tuple[str, ...] = ()
    trials: Count
    seeds: Count
    batch: Count


GROUPS: dict[str, type[Settings]] = {
    "output": Output,
    "pictures": Pictures,
    "checkpoint": Checkpoint,
    "report": Report,
    "phases": Phases,
    "bench": Bench,
    "counterfactual": Counterfactual,
    "calibrate": Calibrate,
    "validate": Validate,
    "sensitivity": Sensitivity,
    "browse": Browse,
    "launcher": Launcher,
    "search": Search,
    "equilibrium": Equilibrium,
}
"""Groups of conf/ and their checks."""

Group = TypeVar("Group", bound=Settings)


def options(kind: type[Group], config: DictConfig) -> Group:
    """The checked group of a composed configuration that `kind` describes.

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed
    """
    name = next(name for name, known in GROUPS.items() if known is kind)
    plain: Any = OmegaConf.to_container(config[name], resolve=True)
    try:
        return kind.model_validate(plain)
    except ValidationError as error:
        raise SettingsError(sentence(error, name)) from error
