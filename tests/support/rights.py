"""Reading without the administrator's right to read everything, so that permissions count in a test run by root."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
_READ_ALL = 0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH (capabilities(7))


@contextmanager
def as_somebody() -> Iterator[None]:
    """This thread, and those that it starts, have the rights that permission bits give to the files' owner."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    held = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, held) == 0
    less = (ctypes.c_uint32 * 6)(*held)
    less[0] &= ~_READ_ALL
    assert libc.capset(header, less) == 0
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0
