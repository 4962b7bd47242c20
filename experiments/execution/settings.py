"""Settings that all studies share: what is shown and drawn (`output`), and where many runs are made (`launcher`)."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

from pydantic import Field

from secondhalf.conf.schema.base import Count, ImportPath, Settings, Word

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)
When = Literal["auto", "always", "never"]


class Options(Settings):
    """A checked group of conf/ that does not describe the market; `group` is its name."""

    group: ClassVar[str]


class Output(Options):
    """What a study shows and draws."""

    group: ClassVar[str] = "output"
    progress: When = "auto"
    pictures: When = "auto"
    formats: tuple[Format, ...] = Field(default=("png", "svg"), min_length=1)
    font: str | None = None
    own_pictures: dict[Word, ImportPath] = Field(default_factory=dict)


class Launcher(Options):
    """Where many runs are made: processes of this machine or a Ray cluster."""

    group: ClassVar[str] = "launcher"
    engine: Literal["local", "ray"]
    workers: Count | None = None
    threads: Count
    address: str | None = None
