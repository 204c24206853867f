"""Small reads of a body, for looking at it: never more than asked, never the whole of a large one."""

from __future__ import annotations

from dataclasses import dataclass, field

from transhumance.connectors.contract import Body, BytesBody

BLOCK = 1 << 15
WHOLE = 1 << 18  # a body up to this size is read once, whole
READS = 200  # of one body; a chain of sectors that needs more is hostile


class Damaged(Exception):
    """The contents are not what their first bytes promise."""


@dataclass(slots=True)
class Reader:
    """A body read here and there. Raises `Damaged` for what lies outside it, `OSError` where it can't be read."""

    body: Body
    _left: int = READS
    _blocks: dict[int, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The body's size, 0 where it is not known."""
        return self.body.size or 0

    def read(self, at: int, size: int) -> bytes:
        """So many bytes from an offset on; fewer at the end."""
        if at < 0 or at > max(self.size, 0):
            raise Damaged(f"offset {at}")
        if isinstance(self.body, BytesBody):
            return self.body.data[at : at + size]
        if self.size <= WHOLE:
            if not self._blocks:
                self._blocks[0] = self._fetch(0, WHOLE)
            return self._blocks[0][at : at + size]
        if size <= BLOCK and at // BLOCK == (at + size - 1) // BLOCK:
            block = at // BLOCK
            if block not in self._blocks:
                self._blocks[block] = self._fetch(block * BLOCK, BLOCK)
            return self._blocks[block][at % BLOCK : at % BLOCK + size]
        return self._fetch(at, size)

    def _fetch(self, at: int, size: int) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise Damaged("too many parts")
        with self.body.open(at) as stream:
            data = b""
            while len(data) < size and (more := stream.read(size - len(data))):
                data += more
            return data
