"""A heap on a node, and the BTree on it (MS-PST 2.3.1 and 2.3.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from transhumance.connectors.formats.pst.data import Data
from transhumance.connectors.formats.pst.ndb import Damaged, Ndb

_MOST_RECORDS = 1 << 22


class Heap:
    """The allocations of a node's data. `client`: what uses it; `root`: the allocation that it begins with.

    Raises `Damaged` from each method where the data are no heap or have no such allocation.
    """

    __slots__ = ("_bids", "_bits", "_maps", "_ndb", "client", "root")

    def __init__(self, ndb: Ndb, bid: int) -> None:
        self._ndb, self._bids = ndb, Data(ndb, bid, 0).bids()
        self._bits = ndb.layout.index_bits
        self._maps: dict[int, tuple[bytes, tuple[int, ...]]] = {}
        first = self._block(0)[0]
        if len(first) < 12 or first[2] != 0xEC:
            raise Damaged("no heap")
        self.client: int = first[3]
        self.root: int = int.from_bytes(first[4:8], "little")

    def get(self, hid: int) -> bytes:
        """An allocation's bytes; none for 0."""
        if not hid:
            return b""
        index = (hid >> 5 & (1 << self._bits) - 1) - 1
        block, starts = self._block(hid >> 5 + self._bits)
        if hid & 0x1F or not 0 <= index < len(starts) - 1:
            raise Damaged(f"no allocation {hid:X}")
        start, end = starts[index], starts[index + 1]
        if not start <= end <= len(block):
            raise Damaged(f"allocation {hid:X} is damaged")
        return block[start:end]

    def _block(self, number: int) -> tuple[bytes, tuple[int, ...]]:
        found = self._maps.get(number)
        if found is None:
            if number >= len(self._bids):
                raise Damaged(f"no block {number} in a heap of {len(self._bids)}")
            block = self._ndb.block(self._bids[number])
            at = int.from_bytes(block[:2], "little")
            count = int.from_bytes(block[at : at + 2], "little")
            if at + 4 + 2 * (count + 1) > len(block):
                raise Damaged("a heap's map is damaged")
            found = self._maps[number] = (block, struct.unpack_from(f"<{count + 1}H", block, at + 4))
        return found

    def tree(self, hid: int, key: int, entry: int) -> Iterator[bytes]:
        """The records of a BTree, in order: `key` bytes of key and `entry` bytes."""
        head = self.get(hid)
        if len(head) < 8 or head[0] != 0xB5 or head[1] != key or head[2] != entry:
            raise Damaged("no tree in the heap")
        root = int.from_bytes(head[4:8], "little")
        left = [_MOST_RECORDS]
        if root:
            yield from self._records(root, key, entry, min(head[3], 8), left)

    def _records(self, hid: int, key: int, entry: int, level: int, left: list[int]) -> Iterator[bytes]:
        data, width = self.get(hid), key + (4 if level else entry)
        left[0] -= len(data) // width
        if left[0] < 0:
            raise Damaged("a tree of more records than a file can hold")
        for at in range(0, len(data) // width * width, width):
            if level:
                child = int.from_bytes(data[at + key : at + width], "little")
                yield from self._records(child, key, entry, level - 1, left)
            else:
                yield data[at : at + width]
