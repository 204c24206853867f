"""LDAP messages as bytes: RFC 4511 in the part of BER that it allows (definite lengths, one-octet tags). No socket
here.

Requests are made of parts that can't run into each other: a filter is built by functions, never from a text, so that no
name of a source becomes a piece of a filter. Texts (names, DNs) are `str` that keep bytes which are no UTF-8 as
surrogates; values are bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

BASE, ONE, SUB = 0, 1, 2  # scopes of a search (4.5.1.2)
ADD_VALUES, DELETE_VALUES, REPLACE_VALUES = 0, 1, 2  # parts of a modify (4.6)
SEARCH_ENTRY, SEARCH_DONE, SEARCH_REFERENCE, EXTENDED_RESPONSE, INTERMEDIATE = 0x64, 0x65, 0x73, 0x78, 0x79


class BerError(ValueError):
    """Bytes that are no LDAP message."""


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a request or of an answer (4.1.11)."""

    oid: str
    critical: bool = False
    value: bytes | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a search gave: values as bytes, in the server's order, options kept in the names."""

    dn: str
    attributes: dict[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Result:
    """The end of an operation (4.1.9). `name`, `value`: of an extended answer."""

    code: int
    matched: str = ""
    text: str = ""
    referrals: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    name: str = ""
    value: bytes | None = None

    def control(self, oid: str) -> bytes | None:
        """The value of an answer's control; None where it did not come."""
        return next((c.value or b"" for c in self.controls if c.oid == oid), None)


@dataclass(frozen=True, slots=True)
class Mod:
    """One part of a modify: `ADD_VALUES`, `DELETE_VALUES` (all of them where there are none), `REPLACE_VALUES`."""

    op: int
    name: str
    values: tuple[bytes, ...] = ()


# --- writing


def tlv(tag: int, content: bytes) -> bytes:
    """One element."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(number: int, tag: int = 0x02) -> bytes:
    """INTEGER, or ENUMERATED under another tag: as few octets as hold it in two's complement."""
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return tlv(tag, number.to_bytes(size, "big", signed=True))


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def string(text: str, tag: int = 0x04) -> bytes:
    return tlv(tag, raw(text))


def sequence(*parts: bytes, tag: int = 0x30) -> bytes:
    return tlv(tag, b"".join(parts))


def message(number: int, operation: bytes, controls: Sequence[Control] = ()) -> bytes:
    """A whole message (4.1.1)."""
    parts = [integer(number), operation]
    if controls:
        parts.append(sequence(*map(_control, controls), tag=0xA0))
    return sequence(*parts)


def _control(control: Control) -> bytes:
    parts = [string(control.oid)]
    if control.critical:
        parts.append(b"\x01\x01\xff")
    if control.value is not None:
        parts.append(tlv(0x04, control.value))
    return sequence(*parts)


def bind(dn: str, password: bytes) -> bytes:
    """A simple bind (4.2)."""
    return sequence(integer(3), string(dn), tlv(0x80, password), tag=0x60)


def sasl_bind(mechanism: str, credentials: bytes | None = None) -> bytes:
    """One step of a SASL bind (4.2)."""
    parts = [string(mechanism)] + ([] if credentials is None else [tlv(0x04, credentials)])
    return sequence(integer(3), string(""), sequence(*parts, tag=0xA3), tag=0x60)


UNBIND = b"\x42\x00"


def search(
    base: str, scope: int, wanted: bytes, attributes: Iterable[str] = (), size_limit: int = 0, types_only: bool = False
) -> bytes:
    """A search (4.5.1) that follows no alias. `attributes`: none for all but the operational ones, `1.1` for none."""
    return sequence(
        string(base),
        integer(scope, 0x0A),
        b"\x0a\x01\x00",
        integer(size_limit),
        b"\x02\x01\x00",
        b"\x01\x01\xff" if types_only else b"\x01\x01\x00",
        wanted,
        sequence(*map(string, attributes)),
        tag=0x63,
    )


def _attribute(name: str, values: Iterable[bytes]) -> bytes:
    return sequence(string(name), tlv(0x31, b"".join([tlv(0x04, value) for value in values])))


def add(dn: str, attributes: Mapping[str, Sequence[bytes]]) -> bytes:
    return sequence(string(dn), sequence(*(_attribute(n, v) for n, v in attributes.items())), tag=0x68)


def modify(dn: str, mods: Iterable[Mod]) -> bytes:
    parts = (sequence(integer(mod.op, 0x0A), _attribute(mod.name, mod.values)) for mod in mods)
    return sequence(string(dn), sequence(*parts), tag=0x66)


def delete(dn: str) -> bytes:
    return string(dn, 0x4A)


def rename(dn: str, newrdn: str, delete_old: bool = True, above: str | None = None) -> bytes:
    """A rename, and a move where `above` names another parent (4.9)."""
    parts = [string(dn), string(newrdn), b"\x01\x01\xff" if delete_old else b"\x01\x01\x00"]
    return sequence(*parts, *([] if above is None else [string(above, 0x80)]), tag=0x6C)


def extended(oid: str, value: bytes | None = None) -> bytes:
    return sequence(string(oid, 0x80), *([] if value is None else [tlv(0x81, value)]), tag=0x77)


# --- filters (4.5.1.7)


def present(name: str) -> bytes:
    return string(name, 0x87)


def equal(name: str, value: bytes) -> bytes:
    return sequence(string(name), tlv(0x04, value), tag=0xA3)


def at_least(name: str, value: bytes) -> bytes:
    return sequence(string(name), tlv(0x04, value), tag=0xA5)


def all_of(*parts: bytes) -> bytes:
    return sequence(*parts, tag=0xA0)


def any_of(*parts: bytes) -> bytes:
    return sequence(*parts, tag=0xA1)


def none_of(part: bytes) -> bytes:
    return tlv(0xA2, part)


def bits_set(name: str, mask: int) -> bytes:
    """All of these bits are set, by Active Directory's matching rule (MS-ADTS 3.1.1.3.4.4.1)."""
    parts = (string("1.2.840.113556.1.4.803", 0x81), string(name, 0x82), string(str(mask), 0x83))
    return sequence(*parts, tag=0xA9)


EVERYTHING = present("objectClass")


# --- reading


def header(data: bytes | bytearray, at: int = 0) -> tuple[int, int, int] | None:
    """Tag, start of the content and its end, of the element at a place; None where its header is not whole yet.

    Raises `BerError`."""
    if len(data) < at + 2:
        return None
    size, start = data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 8:
            raise BerError("an indefinite or absurd length")
        if len(data) < start + count:
            return None
        size = int.from_bytes(data[start : start + count], "big")
        start += count
    return data[at], start, start + size


def elements(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The elements between two places. Raises `BerError` where one does not end inside."""
    while start < end:
        tag = data[start]
        size = data[start + 1] if start + 1 < end else 0x80
        at = start + 2
        if size & 0x80:
            count = size & 0x7F
            if not 1 <= count <= 8 or at + count > end:
                raise BerError("an indefinite or cut length")
            size = int.from_bytes(data[at : at + count], "big")
            at += count
        start = at + size
        if start > end:
            raise BerError("an element that is longer than what holds it")
        yield tag, at, start


def text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def parse(data: bytes) -> tuple[int, int, Entry | Result | None]:
    """A message: its number, the tag of its operation, and an entry, a result, or nothing for another kind.

    Raises `BerError`."""
    whole = header(data)
    if whole is None or whole[0] != 0x30 or whole[2] != len(data):
        raise BerError("no message")
    parts = list(elements(data, whole[1], whole[2]))
    if len(parts) < 2 or parts[0][0] != 0x02:
        raise BerError("no message number")
    number = int.from_bytes(data[parts[0][1] : parts[0][2]], "big", signed=True)
    tag, start, end = parts[1]
    if tag == SEARCH_ENTRY:
        return number, tag, _entry(data, start, end)
    if tag in (SEARCH_REFERENCE, INTERMEDIATE):
        return number, tag, None
    controls = tuple(_controls(data, *parts[2][1:])) if len(parts) > 2 and parts[2][0] == 0xA0 else ()
    return number, tag, _result(data, start, end, controls)


def _entry(data: bytes, start: int, end: int) -> Entry:
    """An entry (4.5.2). The hot path of every listing: one loop, lengths read in place."""
    found = list(elements(data, start, end))
    if len(found) != 2:
        raise BerError("no search entry")
    attributes: dict[str, tuple[bytes, ...]] = {}
    at, end = found[1][1], found[1][2]
    while at < end:
        at, upto = _inside(data, at, end)
        name_at, name_end = _inside(data, at, upto)
        at, values_end = _inside(data, name_end, upto)
        if values_end != upto:
            raise BerError("no attribute")
        values = []
        while at < values_end:
            size = data[at + 1] if at + 1 < values_end else 0x80
            if size & 0x80:
                value_at, at = _inside(data, at, values_end)
            else:
                value_at = at + 2
                at = value_at + size
                if at > values_end:
                    raise BerError("an element that is longer than what holds it")
            values.append(data[value_at:at])
        attributes[data[name_at:name_end].decode("utf-8", "surrogateescape")] = tuple(values)
    return Entry(text(data[found[0][1] : found[0][2]]), attributes)


def _inside(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the content of the element at a place begins and ends. Raises `BerError` where it does not end inside."""
    size = data[at + 1] if at + 1 < end else 0x80
    at += 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 8 or at + count > end:
            raise BerError("an indefinite or cut length")
        size = int.from_bytes(data[at : at + count], "big")
        at += count
    if at + size > end:
        raise BerError("an element that is longer than what holds it")
    return at, at + size


def parse_entry(data: bytes) -> Entry:
    """The entry of a post-read control (RFC 4527, 3.2). Raises `BerError`."""
    whole = header(data)
    if whole is None or whole[2] != len(data):
        raise BerError("no entry")
    return _entry(data, whole[1], whole[2])


def _result(data: bytes, start: int, end: int, controls: tuple[Control, ...]) -> Result:
    found = list(elements(data, start, end))
    if len(found) < 3 or found[0][0] != 0x0A:
        raise BerError("no result")
    code, matched, said = (data[a:b] for _, a, b in found[:3])
    referrals: tuple[str, ...] = ()
    name, value = "", None
    for tag, at, upto in found[3:]:
        if tag == 0xA3:
            referrals = tuple(text(data[a:b]) for _, a, b in elements(data, at, upto))
        elif tag == 0x8A:
            name = text(data[at:upto])
        elif tag in (0x8B, 0x87):  # an extended answer's value, or a SASL server's credentials
            value = data[at:upto]
    number = int.from_bytes(code, "big", signed=True)
    return Result(number, text(matched), text(said).rstrip("\0"), referrals, controls, name, value)


def _controls(data: bytes, start: int, end: int) -> Iterator[Control]:
    for _, at, upto in elements(data, start, end):
        oid, critical, value = "", False, None
        for tag, a, b in elements(data, at, upto):
            if tag == 0x01:
                critical = data[a:b] != b"\0"
            elif not oid:
                oid = text(data[a:b])
            else:
                value = data[a:b]
        yield Control(oid, critical, value)
