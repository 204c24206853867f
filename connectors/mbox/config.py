"""What a plan says of mbox files."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from transhumance.connectors.formats.exports import ExportConfig


class MboxConfig(ExportConfig):
    """`variant`: how lines that begin with `From ` are kept apart; `auto` tells it from each file. `timezone`: of
    dates in `From ` lines that name none (RFC 4155: UTC; many programs write local time). `page`: items a page."""

    variant: Literal["auto", "mboxo", "mboxrd", "mboxcl", "mboxcl2"] = Field(
        "auto", description="how body lines that begin with `From ` are protected"
    )
    timezone: str = Field("UTC", description="time zone of `From ` lines that name none")
    page: int = Field(5000, ge=1)

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"unknown time zone: {value}") from None
        return value
