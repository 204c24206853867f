"""Manifest files: compressed, named by what they belong to, durable before the ledger speaks of them.

A manifest is written aside, synced and renamed; the ledger keeps its SHA-256 (of the lines, before compression), so
that a damaged or foreign file is never taken for the truth.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from transhumance.connectors.contract import InputLine, OutputLine, Text, UserError, decode_lines, encode_lines
from transhumance.plans.ledger.modes import file_mode, folder_mode

Line = TypeVar("Line", InputLine, OutputLine)


class Manifests:
    """The manifests of one ledger, under one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str, sha256: str) -> Path:
        """Where a manifest lies; they are spread over 256 folders."""
        return self._folder / sha256[:2] / f"{name}-{sha256[:16]}.jsonl.z"

    def write(self, name: str, lines: list[InputLine] | list[OutputLine]) -> str:
        """Writes a manifest durably; returns its digest. The same name and lines may be written again."""
        data = encode_lines(lines)
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(name, sha256)
        self._make(path.parent)
        aside = path.with_suffix(f".{os.getpid()}.tmp")
        mode = file_mode(path.parent)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        with open(handle, "wb") as out:
            os.fchmod(out.fileno(), mode)  # whatever the umask
            out.write(zlib.compress(data, 1))
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return sha256

    def _make(self, folder: Path) -> None:
        """Makes a folder as narrow as the state folder that holds it."""
        for place in (self._folder, folder):
            if not place.is_dir():
                self._folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                place.mkdir(mode=0o700, exist_ok=True)
                os.chmod(place, folder_mode(place.parent))

    def read(self, name: str, kind: type[Line], sha256: str) -> Iterator[Line]:
        """The lines again. Raises `UserError` where the file is missing or is not the one that the ledger knows."""
        path = self.path(name, sha256)
        try:
            data = zlib.decompress(path.read_bytes())
        except (OSError, zlib.error) as error:
            raise UserError(
                Text(
                    f"manifeste {path} : illisible ({error}) ; restaurez le registre (`transhume ledger restore`)",
                    f"manifest {path}: can't be read ({error}); restore the ledger (`transhume ledger restore`)",
                )
            ) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UserError(
                Text(
                    f"manifeste {path} : altéré ; restaurez le registre (`transhume ledger restore`)",
                    f"manifest {path}: altered; restore the ledger (`transhume ledger restore`)",
                )
            )
        return decode_lines(data, kind)
