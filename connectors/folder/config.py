"""What a plan may say of a file share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from transhumance.connectors.formats.exports import ExportConfig


class FolderConfig(ExportConfig):
    """`names`, for a target: `keep` writes each name as it is, `portable` escapes what Windows, SMB or a disk without
    case would refuse or mix up. `page`: items a page."""

    names: Literal["keep", "portable"] = Field(default="keep", description="names as they are, or escaped for any disk")
    page: int = Field(default=5000, ge=1, description="items a page")
