"""What a plan may say of an archive."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ArchiveConfig(BaseModel):
    """An archive: open-format files in a folder.

    `layout`: `files`, a file for each item, or `packed`, a plain uncompressed zip for each chunk (few inodes). `keep`:
    `full`, or `residue` for an archive that holds no bodies: residue, metadata and digests only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(description="folder of the archive, relative to the plan")
    layout: Literal["files", "packed"] = Field(default="files", description="a file an item, or a zip a chunk")
    keep: Literal["full", "residue"] = Field(
        default="full", description="documents and residue, or residue and digests only"
    )
