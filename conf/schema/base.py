"""Types shared by all settings: closed models and numbers with ranges."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from secondhalf.conf.schema.import_path import import_object, is_import_path


class SettingsError(ValueError):
    """One sentence: the setting, its value, what is allowed."""


class Settings(BaseModel):
    """A frozen group of settings that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _not_a_switch(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number is needed, not a switch")
    return value


LARGEST = 1e15
"""Bound of every number that has no nearer one of its own."""

Number = Annotated[float, BeforeValidator(_not_a_switch), Field(ge=-LARGEST, le=LARGEST)]
Whole = Annotated[int, BeforeValidator(_not_a_switch), Field(ge=-int(LARGEST), le=int(LARGEST))]
Share = Annotated[Number, Field(ge=0, le=1)]
Rate = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
Count = Annotated[Whole, Field(ge=1)]
Days = Annotated[Whole, Field(ge=0, le=10_000)]

# What a number can be in a market. Beyond these it says nothing more, and single precision loses what it does say.
Utility = Annotated[Number, Field(ge=-30, le=30)]
"""Log units: e**30 is ten million million to one, so that whatever is larger decides alone."""
Weight = Annotated[Number, Field(ge=0, le=30)]
"""Log units that something adds at most."""
Spread = Annotated[Number, Field(ge=0, le=3)]
"""Standard deviation of a logarithm: at 3 the upper tenth has two thousand times as much as the lower."""
Hazard = Annotated[Number, Field(ge=0, le=100)]
"""Per day; at 5 hardly anything lasts the day."""
Memory = Annotated[Number, Field(ge=0.1, le=100_000)]
"""Days after which the e-th part is left: below a tenth of a day nothing lasts, above 270 years nothing fades."""
Factor = Annotated[Number, Field(ge=0, le=100)]
"""Factor on something that has a size of its own."""
Scale = Annotated[Number, Field(ge=0.001, le=1000)]
"""Size of something that must be there, relative to what is usual."""
Money = Annotated[Number, Field(ge=0)]
"""RMB; kept in double precision."""


def _importable(path: str) -> str:
    if not is_import_path(path):
        raise ValueError("an import path module:function is needed")
    import_object(path)
    return path


ImportPath = Annotated[str, AfterValidator(_importable)]
"""A function of one's own; looked up when settings are checked, so that a slip of the pen costs no run."""
Word = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]


def sentence(error: ValidationError, group: str = "") -> str:
    """The first error as `setting=value: what is allowed`; `group` is put before the setting."""
    first = error.errors(include_url=False)[0]
    where = ".".join([*([group] if group else []), *(str(part) for part in first["loc"])])
    message = str(first["msg"]).removeprefix("Value error, ")
    given = first.get("input")
    if first["type"] == "extra_forbidden":
        return f"{where}={given!r}: there is no such setting"
    if first["type"] == "literal_error":
        allowed = first["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return f"{where}={given}: allowed are {allowed}"
    if first["type"] == "missing":
        return f"{where}: this setting is missing"
    if where and (given is None or isinstance(given, (str, int, float, list))):
        return f"{where}={given}: {message[0].lower()}{message[1:]}"
    return f"{where}: {message}" if where and not message.startswith(where) else message
