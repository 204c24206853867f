"""What lies behind a block id: data in one block or in a tree of them (MS-PST 2.2.2.8.3), streamed; and the nodes below
a node (2.2.2.8.3.3)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from transhumance.connectors.formats.pst.ndb import Damaged, Ndb, Node

_TREE, _SUBNODES = 1, 2
_MOST_SUBNODES = 1 << 20
_BUFFER = 1 << 18


@dataclass(frozen=True, slots=True)
class Data:
    """Data of a known size. `bid`: of its one block, or of its tree; 0 for none."""

    ndb: Ndb
    bid: int
    size: int

    @classmethod
    def of(cls, ndb: Ndb, bid: int) -> Data:
        """Raises `Damaged` where it announces more than the file can hold."""
        if not bid:
            return cls(ndb, 0, 0)
        if not bid & 2:
            at, size = ndb.block_at(bid)
            return cls(ndb, bid, size if ndb.layout.block == 8192 else len(ndb.block(bid)))
        _, _, total = _head(ndb, bid)
        return cls(ndb, bid, total)

    def blocks(self, offset: int = 0) -> Iterator[bytes]:
        """The blocks of data, in order, from an offset on. Raises `Damaged`, also where they are fewer bytes than
        announced."""
        left = self.size - offset
        for block in self._from(self.bid, offset, 3) if self.bid else ():
            left -= len(block)
            yield block
            if left <= 0:
                break
        if left > 0:
            raise Damaged(f"data of {self.size} bytes end {left} bytes before")

    def bids(self) -> list[int]:
        """The ids of the blocks of data."""
        return list(_bids(self.ndb, self.bid, 3)) if self.bid else []

    def read(self) -> bytes:
        """All of it: for what is known to be small."""
        return b"".join(self.blocks())[: self.size]

    def open(self, offset: int = 0) -> BinaryIO:
        """A stream, a block in memory at a time."""
        return cast(BinaryIO, io.BufferedReader(_Stream(self, offset), _BUFFER))

    def _from(self, bid: int, offset: int, level: int) -> Iterator[bytes]:
        if not bid & 2:
            block = self.ndb.block(bid)
            if offset < len(block):
                yield block[offset:] if offset else block
            return
        own, children, _ = _head(self.ndb, bid)
        if own >= level:
            raise Damaged(f"block {bid:X} is inside itself")
        for child in children:
            if offset:
                size = self._size(child)
                if offset >= size:
                    offset -= size
                    continue
            yield from self._from(child, offset, own)
            offset = 0

    def _size(self, bid: int) -> int:
        if bid & 2:
            return _head(self.ndb, bid)[2]
        return self.ndb.block_at(bid)[1] if self.ndb.layout.block == 8192 else len(self.ndb.block(bid))


def _bids(ndb: Ndb, bid: int, level: int) -> Iterator[int]:
    if not bid & 2:
        yield bid
        return
    own, children, _ = _head(ndb, bid)
    if own >= level:
        raise Damaged(f"block {bid:X} is inside itself")
    for child in children:
        yield from _bids(ndb, child, own)


def _head(ndb: Ndb, bid: int) -> tuple[int, tuple[int, ...], int]:
    """The level, the children and the size of a tree's inner block (XBLOCK, XXBLOCK)."""
    block = ndb.block(bid)
    if len(block) < 8 or block[0] != _TREE:
        raise Damaged(f"block {bid:X} is no tree of data")
    level, count, total = struct.unpack_from("<xBHI", block)
    width = 8 if ndb.layout.wide else 4
    if level not in (1, 2) or 8 + count * width > len(block) or total > max(ndb.size, 0) * _growth(ndb):
        raise Damaged(f"block {bid:X} announces {count} blocks of {total} bytes at level {level}")
    return level, struct.unpack_from(f"<{count}{'Q' if ndb.layout.wide else 'I'}", block, 8), total


def _growth(ndb: Ndb) -> int:
    return 1 if ndb.layout.block == 8192 else 100


class _Stream(io.RawIOBase):
    def __init__(self, data: Data, offset: int) -> None:
        self._left = max(data.size - offset, 0)
        self._blocks = data.blocks(offset) if self._left else iter(())
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            return 0
        if not self._rest:
            self._rest = next(self._blocks, b"")
        part = self._rest[: min(len(buffer), self._left)]
        self._rest = self._rest[len(part) :]
        buffer[: len(part)] = part
        self._left -= len(part)
        return len(part)


def subnodes(ndb: Ndb, bid: int) -> dict[int, Node]:
    """The nodes below a node, by number. Raises `Damaged`."""
    found: dict[int, Node] = {}
    if bid:
        _subnodes(ndb, bid, found, 2)
    return found


def _subnodes(ndb: Ndb, bid: int, into: dict[int, Node], level: int) -> None:
    block = ndb.block(bid)
    wide = ndb.layout.wide
    if len(block) < 4 or block[0] != _SUBNODES or block[1] >= level:
        raise Damaged(f"block {bid:X} is no tree of nodes")
    count = int.from_bytes(block[2:4], "little")
    form = struct.Struct("<" + ("Q" if wide else "I") * (3 if block[1] == 0 else 2))
    start = 8 if wide else 4
    if start + count * form.size > len(block) or len(into) + count > _MOST_SUBNODES:
        raise Damaged(f"block {bid:X} announces {count} nodes")
    for entry in form.iter_unpack(block[start : start + count * form.size]):
        if block[1]:
            _subnodes(ndb, entry[1], into, block[1])
        else:
            into[entry[0] & 0xFFFFFFFF] = Node(entry[0] & 0xFFFFFFFF, entry[1], entry[2])
