"""Properties and tables on nodes (MS-PST 2.3.3 and 2.3.4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from transhumance.connectors.formats.pst.data import Data, subnodes
from transhumance.connectors.formats.pst.heap import Heap
from transhumance.connectors.formats.pst.ndb import Damaged, Ndb, Node

_PROPERTIES, _TABLE = 0xBC, 0x7C
_INLINE = {0x02: 2, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 1}
_EIGHT = frozenset((0x05, 0x06, 0x07, 0x14, 0x40))
_RECORD = struct.Struct("<HHI")


@dataclass(frozen=True, slots=True)
class Stored:
    """A property as it is stored: its number, its type, and its value where that is short, else where it lies."""

    number: int
    kind: int
    raw: int | bytes


class Holder:
    """A node's heap and the nodes below it, which are read when they are first asked for."""

    __slots__ = ("_below", "heap", "ndb", "node")

    def __init__(self, ndb: Ndb, node: Node, client: int) -> None:
        self.ndb, self.node = ndb, node
        self.heap = Heap(ndb, node.data)
        self._below: dict[int, Node] | None = None
        if self.heap.client != client:
            raise Damaged(f"node {node.nid:X} holds something else")

    @property
    def below(self) -> dict[int, Node]:
        """The nodes below. Raises `Damaged`."""
        if self._below is None:
            self._below = subnodes(self.ndb, self.node.subnodes)
        return self._below

    def data(self, hnid: int) -> Data | bytes:
        """What an id of either kind stands for: an allocation, or a node's data (2.3.3.2). Raises `Damaged`."""
        if not hnid & 0x1F:
            return self.heap.get(hnid)
        node = self.below.get(hnid)
        if node is None:
            raise Damaged(f"no node {hnid:X} below {self.node.nid:X}")
        return Data.of(self.ndb, node.data)


class Properties(Holder):
    """A property context. Raises `Damaged` where the node is none."""

    __slots__ = ("stored",)

    def __init__(self, ndb: Ndb, node: Node) -> None:
        super().__init__(ndb, node, _PROPERTIES)
        self.stored: list[Stored] = [Stored(*_RECORD.unpack(record)) for record in self.heap.tree(self.heap.root, 2, 6)]

    def value(self, stored: Stored) -> Data | bytes | None:
        """The bytes of a property, or a handle to them where they lie in a node; None for no data at all. Raises
        `Damaged`."""
        if isinstance(stored.raw, bytes):
            return stored.raw
        if (size := _INLINE.get(stored.kind)) is not None:
            return stored.raw.to_bytes(4, "little")[:size]
        return self.data(stored.raw) if stored.raw else None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its id, and the cells that are there."""

    id: int
    stored: tuple[Stored, ...]


class Table(Holder):
    """A table context. Raises `Damaged` where the node is none."""

    __slots__ = ("_bits", "_columns", "_rows", "_stride")

    def __init__(self, ndb: Ndb, node: Node) -> None:
        super().__init__(ndb, node, _TABLE)
        info = self.heap.get(self.heap.root)
        if len(info) < 22 or info[0] != _TABLE or len(info) < 22 + 8 * info[1]:
            raise Damaged(f"node {node.nid:X} is no table")
        self._bits, self._stride = struct.unpack_from("<HH", info, 6)
        self._rows: tuple[int, int] = struct.unpack_from("<II", info, 10)
        self._columns = [struct.unpack_from("<HHHBB", info, 22 + 8 * n) for n in range(info[1])]

    def ids(self) -> list[tuple[int, int]]:
        """The rows' ids and places. Raises `Damaged`."""
        form = struct.Struct("<II" if self.ndb.layout.wide else "<IH")
        return [form.unpack(record) for record in self.heap.tree(self._rows[0], 4, form.size - 4)]

    def rows(self) -> Iterator[Row | Damaged]:
        """The rows in their places; a damage for each that can't be read."""
        ordered = sorted((place, nid) for nid, place in self.ids())
        if not ordered:
            return
        matrix = self.data(self._rows[1])
        for place, nid in ordered:
            try:
                yield Row(nid, self._cells(self._row(matrix, place)))
            except Damaged as error:
                yield error

    def value(self, stored: Stored) -> Data | bytes | None:
        """The bytes of a cell, as those of a property. Raises `Damaged`."""
        raw = stored.raw
        return raw if isinstance(raw, bytes) else self.data(raw) if raw else None

    def _row(self, matrix: Data | bytes, place: int) -> bytes:
        """No row spans two blocks (2.3.4.4)."""
        if not self._stride or self._bits > self._stride:
            raise Damaged("rows without cells")
        if isinstance(matrix, bytes):
            block, at = matrix, place * self._stride
        else:
            fit = (self.ndb.layout.block - self.ndb.layout.block_trailer) // self._stride
            bids = matrix.bids()
            if not fit or place // fit >= len(bids):
                raise Damaged(f"no row {place}")
            block, at = self.ndb.block(bids[place // fit]), place % fit * self._stride
        row = block[at : at + self._stride]
        if len(row) != self._stride:
            raise Damaged(f"no row {place}")
        return row

    def _cells(self, row: bytes) -> tuple[Stored, ...]:
        found = []
        for kind, number, at, width, bit in self._columns:
            place = self._bits + bit // 8
            if place >= len(row) or not row[place] & 0x80 >> bit % 8:
                continue
            cell = row[at : at + width]
            inline = kind in _EIGHT or kind in _INLINE
            found.append(Stored(number, kind, cell if inline else int.from_bytes(cell, "little")))
        return tuple(found)
