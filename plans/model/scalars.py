"""The small types of a plan's fields, and the strict base of its models.

A refusal is a `PydanticCustomError` whose type is `plan:` and a key of `texts.TEXTS`; `validation` turns it into a
problem. No refusal carries the refused value: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

PREFIX: Final = "plan:"
NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
LOSS_CODE: Final = r"^[A-Z]{2,8}(-[A-Z0-9]{2,12}){1,2}-[0-9]{2}$"
FINESS: Final = r"^([0-9]{2}|2[AB])[0-9]{7}$"
CLOCK: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
DURATION: Final = r"^[0-9]{1,6}[smhdw]$"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_YEARS: Final = range(1970, 3000)


class Strict(BaseModel):
    """A section of the plan: unknown fields and loose types are refused; a field left empty counts as not given."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = set(field_names(cls))
        return {key: value for key, value in data.items() if value is not None or key not in known}


def field_names(model: type[BaseModel]) -> dict[str, str]:
    """The names that a file uses for a model's fields, each with its attribute's name."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


def refusal(name: str, **params: Any) -> PydanticCustomError:
    """A refusal for a validator to raise; `name` is a key of `texts.TEXTS`."""
    return PydanticCustomError(PREFIX + name, "refused", params)


def _matching(pattern: str, name: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise refusal(name)
        return value

    return check


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(DURATION, value) or not int(value[:-1]):
        raise refusal("bad-duration")
    return timedelta(seconds=int(value[:-1]) * _UNITS[value[-1]])


def _clock(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(CLOCK, value):
        raise refusal("bad-time")
    return value


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else None
        except ValueError:
            value = None
    if isinstance(value, datetime) or not isinstance(value, date) or value.year not in _YEARS:
        raise refusal("bad-date", more={"fr": "", "en": ""})
    return value


def _moment(value: Any) -> Any:
    """A day, or a day with a time of day (local, without zone)."""
    if isinstance(value, str) and len(value) > 10:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, datetime):
        if value.tzinfo is None and value.year in _YEARS:
            return value
        raise refusal("bad-date", more=_OR_MOMENT)
    try:
        return _day(value)
    except PydanticCustomError:
        raise refusal("bad-date", more=_OR_MOMENT) from None


_OR_MOMENT: Final = {
    "fr": ', ou "2027-06-30 18:00" (heure locale, sans décalage)',
    "en": ', or "2027-06-30 18:00" (local time, without offset)',
}


@cache
def timezones() -> frozenset[str]:
    """Every IANA zone that this machine knows."""
    return frozenset(available_timezones())


def _timezone(value: str) -> str:
    if value not in timezones():
        raise refusal("bad-timezone")
    return value


def _path(value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > 4096:
        raise refusal("bad-path")
    return value


class Listed:
    """Marks a list for which a single value may stand, in validation and in the JSON Schema."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        inner = handler(schema)
        return {"anyOf": [inner["items"], inner]}


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


Text = Annotated[str, Field(min_length=1, max_length=1000)]
Name = Annotated[str, AfterValidator(_matching(NAME, "bad-name")), Field(json_schema_extra={"pattern": NAME})]
LossCode = Annotated[
    str, AfterValidator(_matching(LOSS_CODE, "bad-code")), Field(json_schema_extra={"pattern": LOSS_CODE})
]
Finess = Annotated[str, AfterValidator(_matching(FINESS, "bad-finess")), Field(json_schema_extra={"pattern": FINESS})]
Clock = Annotated[str, BeforeValidator(_clock), Field(json_schema_extra={"pattern": CLOCK})]
FilePath = Annotated[str, AfterValidator(_path), Field(json_schema_extra={"minLength": 1})]
TimeZone = Annotated[
    str, AfterValidator(_timezone), Field(json_schema_extra={"examples": ["Europe/Paris", "Indian/Reunion"]})
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": DURATION, "examples": ["15m", "24h"]}),
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[
    date | datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-12-24", "2026-12-24 18:00"]}),
]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
