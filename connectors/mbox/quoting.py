"""Lines of a message that begin with `From `, as an mbox protects them, undone and done; in memory and in a stream.

`rd` (mboxrd): `>*From ` gets one more `>`, which can always be undone. `o` (mboxo, mboxcl): only `From ` gets one; a
line that was `>From ` to begin with can't be told from it afterwards. `none` (mboxcl2): nothing is protected.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal, cast

from transhumance.connectors.contract import Body

Rule = Literal["rd", "o", "none"]
_PROTECTED = {"rd": re.compile(rb"^>(>*From )", re.M), "o": re.compile(rb"^>(From )", re.M)}
_PLAIN = re.compile(rb"^(>*From )", re.M)
_OPEN = re.compile(rb"(>*)(F(?:r(?:om?)?)?)?\Z")  # the rest of a block that may become `>*From ` with the next one
_BLOCK = 1 << 18


def unquote(data: bytes, rule: Rule) -> tuple[bytes, int]:
    """A message as it was before it was protected, and how many lines that were."""
    if rule == "none" or b">From " not in data:
        return data, 0
    return _PROTECTED[rule].subn(rb"\1", data)


def quote(data: bytes) -> bytes:
    """A message protected as in mboxrd."""
    if b"From " not in data:
        return data
    return _PLAIN.sub(rb">\1", data)


def unquote_blocks(blocks: Iterable[bytes], rule: Rule) -> Iterator[bytes]:
    """The same over blocks, in flat memory."""
    if rule == "none":
        return iter(blocks)
    return _by_lines(blocks, lambda data: _PROTECTED[rule].sub(rb"\1", data), hold=rule)


def quote_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same over blocks, in flat memory."""
    return _by_lines(blocks, lambda data: _PLAIN.sub(rb">\1", data), hold="all")


def _by_lines(blocks: Iterable[bytes], change: Callable[[bytes], bytes], hold: str) -> Iterator[bytes]:
    """Blocks changed line by line. The start of a line that is not yet decided is held back with the next block; of a
    run of `>` only what the decision needs is."""
    held, at_start = b"", True
    for block in blocks:
        data = held + block
        out = b""
        if not at_start:
            cut = data.find(b"\n") + 1
            if not cut:
                yield data
                held = b""
                continue
            out, data = data[:cut], data[cut:]
        cut = data.rfind(b"\n") + 1
        rest = data[cut:]
        held, at_start = b"", True
        if match := _OPEN.match(rest):
            marks, word = match[1], match[2] or b""
            free, held, at_start = _held(marks, word, hold)
            out += change(data[:cut]) + free
        else:
            out += change(data)
            at_start = False
        if out:
            yield out
    if held:
        yield held


def _held(marks: bytes, word: bytes, hold: str) -> tuple[bytes, bytes, bool]:
    """Of an undecided start of a line: what can go, what is held back, whether the line's start is still open."""
    if hold == "all":
        return marks, word, True
    if hold == "o" and len(marks) > 1:
        return marks + word, b"", False
    return marks[1:], marks[:1] + word, True


@dataclass(frozen=True, slots=True)
class UnquotedBody(Body):
    """A message of an mbox whose protected lines are undone while it is read. `start`, `length`: where it lies in the
    file; `rule`: how it is protected."""

    path: str = ""
    start: int = 0
    length: int = 0
    rule: Rule = "rd"

    def open(self, offset: int = 0) -> BinaryIO:
        stream = io.BufferedReader(_Stream(unquote_blocks(self._raw(), self.rule)), _BLOCK)
        left = offset
        while left and (skipped := stream.read(min(left, _BLOCK))):
            left -= len(skipped)
        return cast(BinaryIO, stream)

    def _raw(self) -> Iterator[bytes]:
        with open(self.path, "rb") as file:
            file.seek(self.start)
            left = self.length
            while left:
                block = file.read(min(left, _BLOCK))
                if not block:
                    raise OSError(f"{os.path.basename(self.path)}: {left} bytes less than it said")
                left -= len(block)
                yield block


class _Stream(io.RawIOBase):
    """Blocks as a raw stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        while not len(self._rest):
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        part = self._rest[: len(buffer)]  # type: ignore[arg-type]
        memoryview(buffer)[: len(part)] = part  # type: ignore[arg-type]
        self._rest = self._rest[len(part) :]
        return len(part)
