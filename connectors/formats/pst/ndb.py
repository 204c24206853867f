"""Nodes and blocks (MS-PST 2.2): the two trees of a file, and its blocks of data."""

from __future__ import annotations

import os
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from transhumance.connectors.formats.pst.crypt import revealed
from transhumance.connectors.formats.pst.header import Header, read_header

_NBT, _BBT = 0x81, 0x80
_INTERNAL = 2  # the bit of a block's id that says that it holds structure, which is not hidden (2.2.2.2)
_DEEPEST = 8  # levels of a tree: more than a file of the greatest size needs
_PAGES, _BLOCKS = 2048, 64  # how many are remembered


class Damaged(OSError):
    """A part of a file is not what it has to be."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in pages and blocks, which differs between the kinds of file. `block`: most bytes of a block,
    its trailer included. `index_bits`: of an allocation's number in a heap id."""

    wide: bool
    page: int
    count: int  # where a page tells of its entries
    trailer: int  # where a page's trailer lies
    block_trailer: int
    align: int
    block: int = 8192
    index_bits: int = 11


ANSI = Layout(False, 512, 496, 500, 12, 64)
UNICODE = Layout(True, 512, 488, 496, 16, 64)
# Outlook 2013 and later, .ost only. MS-PST does not say it: the pages are as libpff's documentation has them.
UNICODE_4K = Layout(True, 4096, 4056, 4072, 24, 512, 65536, 14)


@dataclass(frozen=True, slots=True)
class Node:
    """A node, of the file or below another one: its data, and its own nodes; 0 for none."""

    nid: int
    data: int
    subnodes: int
    parent: int = 0


@dataclass(slots=True)
class Pages:
    """A page's entries: their keys, in order, and the entries as they lie. `level`: 0 for leaves."""

    level: int
    keys: list[int]
    entries: list[bytes]


@dataclass(slots=True)
class Ndb:
    """An opened file. Raises `Damaged` (an `OSError`) from every method where the file is not as it has to be."""

    path: Path
    header: Header
    file: BinaryIO
    size: int
    layout: Layout
    pages: dict[int, Pages] = field(default_factory=dict)
    blocks: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> Ndb:
        """Raises `Unreadable` or `OSError`."""
        header = read_header(path)
        layout = (UNICODE_4K if header.version >= 36 else UNICODE) if header.unicode else ANSI
        file = path.open("rb", buffering=0)
        return cls(path, header, file, os.fstat(file.fileno()).st_size, layout)

    # --- the trees

    def node(self, nid: int) -> Node:
        """A node of the file."""
        entry = self._find(self.header.nbt, nid)
        return self._node(entry)

    def nodes(self) -> Iterator[Node]:
        """Every node, in order; pages that can't be read are left out."""
        yield from (self._node(entry) for entry in self._leaves(self.header.nbt, _DEEPEST))

    def block_at(self, bid: int) -> tuple[int, int]:
        """Where a block lies, and how many bytes it holds."""
        entry = self._find(self.header.bbt, bid & ~1, _BBT)
        return struct.unpack_from("<QH" if self.layout.wide else "<IH", entry, 8 if self.layout.wide else 4)

    def _node(self, entry: bytes) -> Node:
        if self.layout.wide:
            nid, data, subnodes, parent = struct.unpack_from("<QQQI", entry)
        else:
            nid, data, subnodes, parent = struct.unpack_from("<4I", entry)
        return Node(nid & 0xFFFFFFFF, data, subnodes, parent)

    def _find(self, root: int, key: int, kind: int = _NBT) -> bytes:
        at, level = root, _DEEPEST
        while True:
            page = self._page(at, kind, level)
            place = bisect_right(page.keys, key) - 1
            if place < 0 or (page.level == 0 and page.keys[place] != key):
                raise Damaged(f"no {'node' if kind == _NBT else 'block'} {key:X}")
            entry = page.entries[place]
            if page.level == 0:
                return entry
            at, level = self._child(entry), page.level

    def _child(self, entry: bytes) -> int:
        at: int = struct.unpack_from("<Q" if self.layout.wide else "<I", entry, 16 if self.layout.wide else 8)[0]
        return at

    def _leaves(self, at: int, above: int) -> Iterator[bytes]:
        try:
            page = self._page(at, _NBT, above)
        except Damaged:
            return
        if page.level == 0:
            yield from page.entries
            return
        for entry in page.entries:
            yield from self._leaves(self._child(entry), page.level)

    def _page(self, at: int, kind: int, above: int) -> Pages:
        """A page of a tree, below level `above`, so that no tree is without end."""
        page = self.pages.get(at)
        if page is None:
            page = self._read_page(at, kind)
            if len(self.pages) >= _PAGES:
                self.pages.clear()
            self.pages[at] = page
        if page.level >= above:
            raise Damaged(f"a page at {at:X} of level {page.level} below {above}")
        return page

    def _read_page(self, at: int, kind: int) -> Pages:
        layout = self.layout
        data = self._read(at, layout.page)
        checksum = struct.unpack_from("<I", data, layout.trailer + (4 if layout.wide else 8))[0]
        if data[layout.trailer] != kind or checksum != _crc(data[: layout.trailer]):
            raise Damaged(f"a page at {at:X} is damaged")
        form = "<HHBB" if layout.page > 512 else "<BBBB"
        count, _, width, level = struct.unpack_from(form, data, layout.count)
        least = 8 if layout.wide else 4
        if width < least * 3 or count * width > layout.count:
            raise Damaged(f"a page at {at:X} announces {count} entries of {width} bytes")
        entries = [data[i : i + width] for i in range(0, count * width, width)]
        keys = [int.from_bytes(entry[:least], "little") for entry in entries]
        if kind == _BBT:
            keys = [key & ~1 for key in keys]
        return Pages(level, keys, entries)

    # --- blocks

    def block(self, bid: int) -> bytes:
        """The data of a block, checked and revealed."""
        found = self.blocks.get(bid)
        if found is None:
            found = self._read_block(bid)
            if len(self.blocks) >= _BLOCKS:
                self.blocks.clear()
            self.blocks[bid] = found
        return found

    def _read_block(self, bid: int) -> bytes:
        at, size = self.block_at(bid)
        layout = self.layout
        whole = -(-(size + layout.block_trailer) // layout.align) * layout.align
        raw = self._read(at, whole)
        data, trailer = raw[:size], raw[whole - layout.block_trailer :]
        if layout.wide:
            length, _, checksum, own = struct.unpack_from("<HHIQ", trailer)
        else:
            length, _, own, checksum = struct.unpack("<HHII", trailer)
        if length != size or (own ^ bid) & ~1 or checksum != _crc(data):
            raise Damaged(f"block {bid:X} is damaged")
        if layout.block_trailer == UNICODE_4K.block_trailer:
            data = _inflated(data, struct.unpack_from("<H", trailer, 18)[0])
        return data if bid & _INTERNAL else revealed(data, self.header.crypt, bid)

    def _read(self, at: int, size: int) -> bytes:
        if at + size > self.size:
            raise Damaged(f"{at:X} is beyond the end of the file")
        data = os.pread(self.file.fileno(), size, at)
        if len(data) != size:
            raise Damaged(f"the file ends at {at + len(data):X}")
        return data


def _crc(data: bytes) -> int:
    """The checksum of MS-PST 5.3: CRC-32 without its two inversions."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def _inflated(data: bytes, size: int) -> bytes:
    """A block of a file of 4 KiB pages, which may be compressed: `size` is its length before."""
    if size in (0, len(data)):
        return data
    inflate = zlib.decompressobj()
    try:
        found = inflate.decompress(data, size)
    except zlib.error as error:
        raise Damaged(str(error)) from None
    if len(found) != size:
        raise Damaged(f"{len(found)} bytes inflated of {size}")
    return found
