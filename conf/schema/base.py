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
"""Bound of every number, so that single precision cannot overflow where it is read."""

Number = Annotated[float, BeforeValidator(_not_a_switch), Field(ge=-LARGEST, le=LARGEST)]
Whole = Annotated[int, BeforeValidator(_not_a_switch)]
Share = Annotated[Number, Field(ge=0, le=1)]
Rate = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
Count = Annotated[Whole, Field(ge=1)]
Days = Annotated[Whole, Field(ge=0, le=10_000)]


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
