"""What a plan says of a tree of .eml files."""

from __future__ import annotations

from pydantic import Field

from transhumance.connectors.formats.exports import ExportConfig


class EmlConfig(ExportConfig):
    """`suffixes`: of the files that are messages; any other file is told, not moved. `page`: items a page."""

    suffixes: tuple[str, ...] = Field((".eml",), description="endings of the files that are messages, in any case")
    page: int = Field(5000, ge=1)
