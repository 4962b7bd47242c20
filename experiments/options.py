"""Checked options of the studies and of what they show: the groups of conf/ that do not describe the market."""

from __future__ import annotations

from typing import Any, Literal, TypeVar, get_args

from omegaconf import DictConfig, OmegaConf
from pydantic import Field, ValidationError

from secondhalf.model.settings.base import Count, Settings, SettingsError, sentence

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)


class Output(Settings):
    """What a run shows and draws."""

    progress: Literal["auto", "always", "never"] = "auto"
    pictures: Literal["auto", "always", "never"] = "auto"
    formats: tuple[Format, ...] = Field(default=("png", "svg"), min_length=1)
    font: str | None = None


class Pictures(Settings):
    """What `secondhalf pictures` draws."""

    of: str | None = None


class Facts(Settings):
    """How `secondhalf facts` measures."""

    seeds: Count
    users: Count
    documents: tuple[str, ...] = ()


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
    documents: tuple[str, ...] = ()


GROUPS: dict[str, type[Settings]] = {
    "output": Output,
    "pictures": Pictures,
    "facts": Facts,
    "phases": Phases,
    "bench": Bench,
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
