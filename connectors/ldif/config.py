"""What a plan says of an LDIF endpoint."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class LdifConfig(BaseModel):
    """An LDIF endpoint: a file, or a folder of files; as a target, a folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(description="file or folder of LDIF or csvde exports, relative to the plan; a target's folder")
    encoding: str = Field("cp1252", description="code page of CSV files that are neither UTF-8 nor UTF-16")
    max_entry_mib: int = Field(32, ge=1, le=1024, description="entries above so many MiB are refused by name")

    @field_validator("encoding")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            b"".decode(name)
        except LookupError:
            raise ValueError(f"unknown encoding: {name}") from None
        return name
