"""Entry ids and search keys of addresses (MS-OXCDATA 2.2.5), read and written; ids of distribution list members
(MS-OXOCNTC 2.2.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ONE_OFF = bytes.fromhex("812b1fa4bea310199d6e00dd010f5402")  # MS-OXCDATA 2.2.5.1
WRAPPED = bytes.fromhex("c091add3519dcf11a4a900aa0047faa4")  # MS-OXOCNTC 2.2.2.2.4.1: contact, list or directory entry
ADDRESS_BOOK = bytes.fromhex("dca740c8c042101ab4b908002b2fe182")  # MS-OXCDATA 2.2.5.2
UNICODE, NO_RICH_INFO, DEFAULT_FLAGS = 0x8000, 0x0001, 0x9001
_TEXT = 2048  # characters of a text in an id, at most

Kind = Literal["one-off", "directory", "contact", "list", "other"]
_WRAPPED_KINDS: dict[int, Kind] = {3: "contact", 4: "list", 5: "directory", 6: "directory"}


@dataclass(frozen=True, slots=True)
class Address:
    """What an entry id says. `address` is X.500 for a `directory` one; of a `contact` or `list`, `inner` is the id of
    the item in its store."""

    kind: Kind
    name: str = ""
    type: str = ""
    address: str = ""
    flags: int = 0
    inner: bytes = b""


def search_key(type: str, address: str) -> bytes:
    """The search key of an address (MS-OXOABK 2.2.3.8): type and address in capitals, with a NUL."""
    return f"{type}:{address}".upper().encode("utf-8", "replace") + b"\0"


def one_off(name: str, type: str, address: str, flags: int = DEFAULT_FLAGS) -> bytes:
    """A one-off entry id with Unicode texts."""
    texts = "".join(f"{text}\0" for text in (name, type, address)).encode("utf-16-le", "surrogatepass")
    return bytes(4) + ONE_OFF + bytes(2) + (flags | UNICODE).to_bytes(2, "little") + texts


def read(data: bytes) -> Address:
    """What an id says; `other` where it is none of those, or cut. Never raises."""
    provider = data[4:20]
    if provider == ONE_OFF and len(data) >= 24:
        return _one_off(data)
    if provider == WRAPPED and len(data) > 21:
        return _wrapped(data)
    if provider == ADDRESS_BOOK and len(data) > 28:
        text = data[28:].split(b"\0", 1)[0][:_TEXT]
        return Address("directory", "", "EX", text.decode("cp1252", "replace"))
    return Address("other", inner=data)


def _one_off(data: bytes) -> Address:
    flags = int.from_bytes(data[22:24], "little")
    if flags & UNICODE:
        body = data[24 : 24 + 12 * _TEXT]
        texts = body[: len(body) & ~1].decode("utf-16-le", "replace").split("\0")
    else:
        texts = data[24 : 24 + 6 * _TEXT].decode("cp1252", "replace").split("\0")
    name, type, address = [*texts, "", "", ""][:3]
    return Address("one-off", name[:_TEXT], type[:_TEXT], address[:_TEXT], flags)


def _wrapped(data: bytes) -> Address:
    kind = _WRAPPED_KINDS.get(data[20] & 0x0F)
    inner = data[21:]
    if kind is None:
        # type 0: a one-off id as it is
        found = read(inner) if data[20] & 0x0F == 0 and inner[4:20] == ONE_OFF else None
        return found or Address("other", inner=data)
    if kind == "directory":
        found = read(inner) if inner[4:20] == ADDRESS_BOOK else None
        return found or Address("directory", inner=inner)
    return Address(kind, inner=inner)
