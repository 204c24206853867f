"""What a plan says of Maildirs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from transhumance.connectors.formats.exports import ExportConfig


class MaildirConfig(ExportConfig):
    """`layout`, `names`: how a target makes sub-folders; a source tells by itself. `page`: items a page."""

    layout: Literal["maildir++", "fs"] = Field("maildir++", description="sub-folders of a target: `.A.B` or `A/B`")
    names: Literal["utf-7", "utf-8"] = Field("utf-7", description="folder names of a target: modified UTF-7 or UTF-8")
    page: int = Field(5000, ge=1)
