"""Settings of the study `sensitivity`: the group conf/sensitivity."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from secondhalf.conf.schema.base import Count, Positive, Whole
from secondhalf.experiments.execution.settings import Options

Part = Literal["replicates", "morris", "sobol", "oat", "robustness"]


class Sensitivity(Options):
    """What `secondhalf sensitivity` varies, and how much work it may be."""

    group: ClassVar[str] = "sensitivity"
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
    documents: tuple[str, ...] = ()
    write: bool = False

    @model_validator(mode="after")
    def _screened_first(self) -> Sensitivity:
        if "sobol" in self.parts and "morris" not in self.parts:
            raise ValueError(f"parts={list(self.parts)}: sobol needs morris, which says which parameters matter")
        return self
