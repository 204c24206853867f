"""Looking a key up in a compacted index: a file of lines sorted by key is its own index, by halving."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from transhumance.connectors.archive.lines import key_of


class SortedIndex:
    """An open compacted index. A missing file is an empty one."""

    def __init__(self, path: Path) -> None:
        self._near = (b"", 0)  # keys are mostly asked for in order
        try:
            self._file: BinaryIO | None = open(path, "rb")
            self._end = os.fstat(self._file.fileno()).st_size
        except FileNotFoundError:
            self._file, self._end = None, 0

    def close(self) -> None:
        """Closes the file."""
        if self._file:
            self._file.close()

    def find(self, key: bytes) -> bytes | None:
        """The line of a key, or None. Raises `ValueError` where the file is no index."""
        at = self.position(key, self._near[1] if self._near[0] <= key else 0)
        self._near = (key, at)
        line = self._line(at) if at < self._end else b""
        return line if line and key_of(line) == key else None

    def position(self, key: bytes, low: int = 0) -> int:
        """The offset of the first line whose key is `key` or above, at `low` or after; `low` is the start of a line.
        A key near `low` is found in few steps."""
        high, step = low, 4096
        while high < self._end:
            line = self._line(high)
            if key_of(line) >= key:
                break
            low = high + len(line)
            high = self._start(low, low + step) if low + step < self._end else self._end
            step *= 2
        while low < high:
            middle = self._start(low, (low + high) // 2)
            line = self._line(middle)
            if key_of(line) < key:
                low = middle + len(line)
            else:
                high = middle
        return low

    def length(self, at: int, key: bytes) -> int:
        """The length of the line at an offset where it is the key's, else 0."""
        line = self._line(at) if at < self._end else b""
        return len(line) if line and key_of(line) == key else 0

    def _start(self, low: int, at: int) -> int:
        """The start of the line that `at` lies in, not below `low`, which is a start."""
        assert self._file
        while at > low:
            back = max(low, at - 4096)
            self._file.seek(back)
            block = self._file.read(at - back)
            if (found := block.rfind(b"\n")) >= 0:
                return back + found + 1
            at = back
        return low

    def _line(self, at: int) -> bytes:
        assert self._file
        self._file.seek(at)
        return self._file.readline()

    def copy(self, start: int, end: int, size: int = 1 << 20) -> Iterator[bytes]:
        """The bytes between two offsets, a block at a time."""
        if self._file:
            self._file.seek(start)
        while start < end and self._file:
            block = self._file.read(min(size, end - start))
            start += len(block)
            yield block

    @property
    def end(self) -> int:
        """Its size in bytes."""
        return self._end
