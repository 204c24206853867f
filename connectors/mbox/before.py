"""Messages of an mbox as they were before they were replaced or removed: their segment, byte for byte."""

from __future__ import annotations

import os
import re
from pathlib import Path

from transhumance.connectors.contract import Before, Fence
from transhumance.connectors.formats.durable import commit, make_folders, sync_folder, write_aside
from transhumance.connectors.mbox.index import Row
from transhumance.connectors.mbox.measure import measure_span, read_range
from transhumance.connectors.mbox.quoting import Rule
from transhumance.connectors.mbox.scan import Span

_TOKEN = re.compile(r"([0-9a-f]{16}-[0-9a-f]{16})/(\d+),(\d+),(\d+)")
_NO_LEASE = Fence("before-image", 0)  # keeping a copy is no effect


class Befores:
    """The before-images of a target."""

    def __init__(self, root: Path) -> None:
        self._folder = root / ".transhumance-before"

    def keep(self, path: Path, row: Row) -> Before:
        """Copies a message's segment; `settle` makes it durable before the message is touched."""
        make_folders(self._folder)
        name = f"{row.digest[:16]}-{os.urandom(8).hex()}"
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _, _, temp = write_aside(self._folder / name, read_range(handle, row.at, row.stop - row.at))
        finally:
            os.close(handle)
        commit(temp, self._folder / name, _NO_LEASE)
        return Before(f"{name}/{row.start - row.at},{row.end - row.at},{row.stop - row.at}")

    def settle(self) -> None:
        """What was kept is on the disk."""
        sync_folder(self._folder)

    def find(self, before: Before, key: bytes, rule: Rule) -> tuple[Path, Row]:
        """The file that holds the segment, and its row there. Raises `OSError` where it is gone."""
        match = _TOKEN.fullmatch(before.token)
        if match is None:
            raise FileNotFoundError(2, "no such before-image")
        path = self._folder / match[1]
        start, end, stop = int(match[2]), int(match[3]), int(match[4])
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            line = os.pread(handle, start, 0).rstrip(b"\n").removesuffix(b"\r") if start else None
            found, _ = measure_span(handle, Span(0, start, end, stop, line), rule)
        finally:
            os.close(handle)
        return path, Row(key, 0, start, end, stop, found.digest, found.state, found.size, found.quoted)
