"""What a plan says of an endpoint of Outlook data files."""

from __future__ import annotations

from pydantic import Field

from transhumance.connectors.formats.exports import ExportConfig


class PstConfig(ExportConfig):
    """`path`: a .pst file, a folder of them, or a folder per subject."""

    codepage: int = Field(
        1252,
        description="Windows code page of 8-bit texts (ANSI files) where an item does not name its own",
        gt=0,
        lt=65536,
    )
    orphans: bool = Field(
        False,
        description="Also take the messages that no folder names any more, into a container of their own",
    )
