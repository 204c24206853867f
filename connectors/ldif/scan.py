"""The records of one export file, whatever it is written in, each with the place where it can be read again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from transhumance.connectors.formats import ldif_stream
from transhumance.connectors.formats.durable import stop_if_full
from transhumance.connectors.formats.ldif import LdifRecord
from transhumance.connectors.formats.ldif_stream import INCOMPLETE, Found, Trouble
from transhumance.connectors.ldif import csvde
from transhumance.connectors.ldif.files import Export, plain


@dataclass(frozen=True, slots=True)
class Reader:
    """How export files are read: where copies go, the code page of CSV, the most bytes of an entry."""

    spool: Path
    encoding: str
    limit: int

    def scan(self, export: Export) -> Iterator[Found]:
        """Every record of the file, and everything in it that can't be read."""
        text = plain(export, self.spool)
        if export.is_csv:
            yield from self._csv(export, text.file)
        else:
            with open(text.file, "rb") as stream:
                yield from ldif_stream.records(stream, self.limit)
        if text.broken:
            yield Found(0, 0, 0, text.broken.encode(), trouble=Trouble(INCOMPLETE, 0, text.broken))

    def text_of(self, export: Export) -> Path:
        """The file that the places of `scan` are of; made where the spool has lost it."""
        if not export.is_csv:
            return plain(export, self.spool).file
        made = self._converted(export)
        if not made.exists():
            for _ in self.scan(export):
                pass
        return made

    def _converted(self, export: Export) -> Path:
        mark = hashlib.sha256(repr((export.signature()[:2], self.encoding, self.limit)).encode()).hexdigest()[:24]
        return self.spool / f"ldif-{mark}.csv.txt"

    def _csv(self, export: Export, text: Path) -> Iterator[Found]:
        made = self._converted(export)
        self.spool.mkdir(parents=True, exist_ok=True)
        part = made.with_name(f"{made.name}.{os.getpid()}.part")
        try:
            with open(text, "rb") as stream, open(part, "wb") as out:
                yield from csvde.records(stream, out, self.encoding, self.limit)
            os.replace(part, made)
        except OSError as error:
            stop_if_full(error)
            raise


def read_at(stream: BinaryIO, start: int, size: int) -> LdifRecord | None:
    """The record that lies there, or None where there is none any more. Raises `OSError`."""
    stream.seek(start)
    raw = stream.read(size)
    found = ldif_stream.read_block(ldif_stream.Block(start, size, 1, raw), size)
    return found.record if found and len(raw) == size else None
