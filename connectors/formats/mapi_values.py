"""Stored bytes of a property as a value (MS-OXCDATA 2.11.1; multi-values as MS-PST 2.3.3.4 lays them out)."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import mapi


def _fixed(form: str) -> Callable[[bytes, str], Value]:
    unpack = struct.Struct(form).unpack
    return lambda data, codec: unpack(data)[0]


def _guid(data: bytes, codec: str) -> Value:
    return f"{{{uuid.UUID(bytes_le=data)}}}"


_ONE: dict[int, Callable[[bytes, str], Value]] = {
    mapi.PT_I2: _fixed("<h"),
    mapi.PT_LONG: _fixed("<i"),
    mapi.PT_FLOAT: _fixed("<f"),
    mapi.PT_DOUBLE: _fixed("<d"),
    mapi.PT_CURRENCY: _fixed("<q"),
    mapi.PT_APPTIME: _fixed("<d"),
    mapi.PT_ERROR: _fixed("<I"),
    mapi.PT_I8: _fixed("<q"),
    mapi.PT_BOOLEAN: lambda data, codec: data != b"\0" * len(data),
    mapi.PT_SYSTIME: lambda data, codec: mapi.from_filetime(struct.unpack("<Q", data)[0]),
    mapi.PT_CLSID: _guid,
    mapi.PT_UNICODE: lambda data, codec: data.decode("utf-16-le", "surrogatepass"),
    mapi.PT_STRING8: lambda data, codec: data.decode(codec, "surrogateescape"),
    mapi.PT_BINARY: lambda data, codec: data,
    mapi.PT_SVREID: lambda data, codec: data,
    mapi.PT_SRESTRICT: lambda data, codec: data,
    mapi.PT_ACTIONS: lambda data, codec: data,
}
_WIDTH = {
    mapi.PT_I2: 2, mapi.PT_LONG: 4, mapi.PT_FLOAT: 4, mapi.PT_DOUBLE: 8, mapi.PT_CURRENCY: 8, mapi.PT_APPTIME: 8,
    mapi.PT_I8: 8, mapi.PT_SYSTIME: 8, mapi.PT_CLSID: 16,
}  # fmt: skip
_EMPTY: dict[int, Value] = {mapi.PT_UNICODE: "", mapi.PT_STRING8: "", mapi.PT_BINARY: b""}


def value(kind: int, data: bytes | None, codec: str) -> Value:
    """The value of a property. `codec`: of its 8-bit texts; what that can't say is kept by `surrogateescape`. Absent
    data is an empty text, binary or list (MS-PST 2.3.3.3: an HNID of zero).

    Raises `ValueError` where the bytes are not of the type.
    """
    base = kind & ~mapi.MV_FLAG
    if data is None:
        if kind & mapi.MV_FLAG:
            return ()
        if kind in _EMPTY:
            return _EMPTY[kind]
        raise ValueError("no data")
    one = _ONE.get(base)
    if one is None:
        raise ValueError(f"type {kind:04X} holds no value")
    try:
        if not kind & mapi.MV_FLAG:
            return one(data, codec)
        return tuple(one(part, codec) for part in _parts(base, data))
    except struct.error as error:
        raise ValueError(str(error)) from None


def _parts(base: int, data: bytes) -> list[bytes]:
    """The members of a multi-value: packed side by side where they have one width, else a count, their offsets, and
    the members themselves up to the next one."""
    if width := _WIDTH.get(base):
        if len(data) % width:
            raise ValueError(f"{len(data)} bytes are no list of {width}")
        return [data[i : i + width] for i in range(0, len(data), width)]
    count = struct.unpack_from("<I", data)[0]
    if count > len(data) // 4:
        raise ValueError(f"{count} members in {len(data)} bytes")
    starts = [*struct.unpack_from(f"<{count}I", data, 4), len(data)]
    if any(a > b for a, b in zip(starts, starts[1:], strict=False)):
        raise ValueError("offsets out of order")
    return [data[a:b] for a, b in zip(starts, starts[1:], strict=False)]
