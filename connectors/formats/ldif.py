"""LDIF records, RFC 2849: what one record says, its bytes, and its bytes read again. No file is touched here.

Everything is bytes: a value that is not UTF-8 stays as it is. A name (`dn`) is a text that keeps such bytes as
surrogates. `parse_record(write_record(r)) == r` for every record that can be said. URLs (`attr:< file:///...`) are
never opened: a record that has one is refused whole, because reading what an export points to would read files of
this machine.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

FOLD = 76
VERSION = b"version: 1\n\n"

# RFC 4512 descriptions and options; the `_` that some directories allow and the `=` of `member;range=0-1499` too
_NAME = re.compile(rb"(?=.{1,512}$)[A-Za-z0-9][A-Za-z0-9._-]*(?:;[A-Za-z0-9=*-]+)*")
# SAFE-STRING; a value that ends in a blank is not safe either (RFC 2849, note 8)
_SAFE = re.compile(rb"(?:[^\x00\n\r :<\x80-\xff](?:[^\x00\n\r\x80-\xff]*[^\x00\n\r \x80-\xff])?)?")
_CHANGES = frozenset({"add", "delete", "modify", "modrdn", "moddn"})

Attributes = Mapping[str, tuple[bytes, ...]]


class LdifError(ValueError):
    """A record that can't be read. `reason`: `url` for one that points outside itself, else what is wrong with it, in
    words that hold no value of it. `line`: where in the record, from 0."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a change record: its object identifier, criticality (None: not said) and value."""

    oid: str
    critical: bool | None = None
    value: bytes | None = None


@dataclass(frozen=True, slots=True)
class Mod:
    """One part of a `modify`: `add`, `delete`, `replace` (or `increment`, RFC 4525) of an attribute's values."""

    op: str
    attribute: str
    values: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class LdifRecord:
    """One record. `changetype` is empty for an entry; else `add`, `delete`, `modify`, `modrdn` or `moddn`.

    `attributes`: of an entry or an `add`, values in order, options in the name. `mods`: of a `modify`. `newrdn`,
    `delete_old`, `newsuperior`: of a `modrdn` or `moddn`."""

    dn: str
    attributes: Attributes = field(default_factory=dict)
    changetype: str = ""
    controls: tuple[Control, ...] = ()
    mods: tuple[Mod, ...] = ()
    newrdn: str | None = None
    delete_old: bool = True
    newsuperior: str | None = None


@lru_cache(4096)
def _name(raw: bytes) -> str:
    if not _NAME.fullmatch(raw):
        raise LdifError("no attribute name")
    return raw.decode()


def _line(line: bytes) -> tuple[str, bytes]:
    """Name and value of an unfolded line. Raises `LdifError`."""
    raw, colon, rest = line.partition(b":")
    if not colon:
        raise LdifError("no colon")
    name = _name(raw)
    mark = rest[:1]
    if mark == b":":
        return name, _base64(rest[1:])
    if mark == b"<":
        raise LdifError("url")
    return name, rest.lstrip(b" ")


def _base64(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text.strip(b" \t"), strict_mode=True)
    except binascii.Error:
        raise LdifError("bad base64") from None


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def logical_lines(raw: bytes) -> list[bytes]:
    """The unfolded lines, without comments. A continuation begins with one blank (or, before RFC 2849, a tab).

    Raises `LdifError`."""
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").removesuffix(b"\r")
    if raw[:1] in (b" ", b"\t"):
        raise LdifError("it begins with a continuation", -1)
    raw = raw.replace(b"\n ", b"")
    if b"\n\t" in raw:
        raw = raw.replace(b"\n\t", b"")
    return [line for line in raw.split(b"\n") if line and line[:1] != b"#"]


def physical_line(raw: bytes, logical: int) -> int:
    """The number of the first physical line of a logical one; both count from 0."""
    seen = -1
    for number, line in enumerate(raw.replace(b"\r\n", b"\n").split(b"\n")):
        if line and line[:1] not in (b" ", b"\t", b"#"):
            seen += 1
            if seen == logical:
                return number
    return 0


def parse_record(raw: bytes) -> LdifRecord:
    """The record of these lines. Raises `LdifError`, with the physical line."""
    try:
        return parse_lines(logical_lines(raw))
    except LdifError as error:
        raise LdifError(error.reason, physical_line(raw, error.line)) from None


def parse_lines(lines: list[bytes]) -> LdifRecord:
    """The record of these logical lines. Raises `LdifError`, with the logical line."""
    name, value = _line(lines[0]) if lines else ("", b"")
    if name.lower() != "dn":
        raise LdifError("no dn line")
    head = lines[1][:11].lower() if len(lines) > 1 else b""
    if head.startswith((b"changetype:", b"control:")):
        return _change(_text(value), lines)
    return LdifRecord(_text(value), _attributes(lines, 1))


def _attributes(lines: list[bytes], start: int) -> Attributes:
    found: dict[str, list[bytes]] = {}
    at = start
    try:
        for at in range(start, len(lines)):
            name, value = _line(lines[at])
            if name in found:
                found[name].append(value)
            elif name.lower() == "dn":
                raise LdifError("two dn lines, no blank line between two records")
            else:
                found[name] = [value]
    except LdifError as error:
        raise LdifError(error.reason, at) from None
    return {name: tuple(values) for name, values in found.items()}


def _change(dn: str, lines: list[bytes]) -> LdifRecord:
    at, controls = 1, []
    while at < len(lines) and lines[at][:8].lower() == b"control:":
        controls.append(_control(lines[at], at))
        at += 1
    name, value = _line(lines[at]) if at < len(lines) else ("", b"")
    kind = _text(value).strip().lower()
    if name.lower() != "changetype" or kind not in _CHANGES:
        raise LdifError("unknown changetype", at)
    held = tuple(controls)
    if kind == "add":
        return LdifRecord(dn, _attributes(lines, at + 1), kind, held)
    if kind == "modify":
        return LdifRecord(dn, changetype=kind, controls=held, mods=tuple(_mods(lines, at + 1)))
    if kind == "delete" and len(lines) > at + 1:
        raise LdifError("a delete has no other lines", at + 1)
    return (
        LdifRecord(dn, changetype=kind, controls=held) if kind == "delete" else _rename(dn, kind, held, lines, at + 1)
    )


def _control(line: bytes, at: int) -> Control:
    """`control: OID [true|false] [value]`, RFC 2849: the value after a colon of its own, base64 after two."""
    head, colon, value = line[8:].strip(b" ").partition(b":")
    oid, _, critical = head.strip(b" ").partition(b" ")
    said = {b"": None, b"true": True, b"false": False}
    if not re.fullmatch(rb"[0-9.]+", oid) or critical.strip(b" ").lower() not in said:
        raise LdifError("bad control", at)
    held = _line(b"value:" + value)[1] if colon else None
    return Control(oid.decode(), said[critical.strip(b" ").lower()], held)


def _mods(lines: list[bytes], at: int) -> Iterator[Mod]:
    """The parts of a `modify`, each ended by `-`; the last one may lack it, as hand-made files do."""
    while at < len(lines):
        try:
            op, raw = _line(lines[at])
            if op.lower() not in ("add", "delete", "replace", "increment"):
                raise LdifError("unknown part of a modify")
            attribute, values = _name(raw.strip(b" ")), []
            at += 1
            while at < len(lines) and lines[at].rstrip(b" ") != b"-":
                name, value = _line(lines[at])
                if name.lower() != attribute.lower():
                    raise LdifError("a value of another attribute in a modify")
                values.append(value)
                at += 1
        except LdifError as error:
            raise LdifError(error.reason, at) from None
        at += 1
        yield Mod(op.lower(), attribute, tuple(values))


def _rename(dn: str, kind: str, controls: tuple[Control, ...], lines: list[bytes], at: int) -> LdifRecord:
    said = {name.lower(): value for name, value in map(_line, lines[at:])}
    if not {"newrdn", "deleteoldrdn"} <= said.keys() <= {"newrdn", "deleteoldrdn", "newsuperior"}:
        raise LdifError("a rename has newrdn, deleteoldrdn and perhaps newsuperior", at)
    if said["deleteoldrdn"].strip() not in (b"0", b"1"):
        raise LdifError("deleteoldrdn is 0 or 1", at)
    above = _text(said["newsuperior"]) if "newsuperior" in said else None
    old = said["deleteoldrdn"].strip() == b"1"
    return LdifRecord(dn, {}, kind, controls, newrdn=_text(said["newrdn"]), delete_old=old, newsuperior=above)


# --- writing


def attribute_line(name: str, value: bytes) -> bytes:
    """`name: value`, or `name:: base64` where the value is no SAFE-STRING, folded at 76 bytes."""
    if _SAFE.fullmatch(value):
        line = name.encode() + b": " + value if value else name.encode() + b":"
    else:
        line = name.encode() + b":: " + binascii.b2a_base64(value, newline=False)
    if len(line) <= FOLD:
        return line + b"\n"
    rest = [line[at : at + FOLD - 1] for at in range(FOLD, len(line), FOLD - 1)]
    return b"\n ".join([line[:FOLD], *rest]) + b"\n"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def write_record(record: LdifRecord) -> bytes:
    """The record's lines, `dn` first, attributes and values in the order that it has, without a blank line after."""
    out = [attribute_line("dn", _bytes(record.dn))]
    out += map(_control_line, record.controls)
    if record.changetype:
        out.append(attribute_line("changetype", record.changetype.encode()))
    for name, values in record.attributes.items():
        out += [attribute_line(name, value) for value in values]
    for mod in record.mods:
        out.append(attribute_line(mod.op, mod.attribute.encode()))
        out += [attribute_line(mod.attribute, value) for value in mod.values]
        out.append(b"-\n")
    if record.newrdn is not None:
        out.append(attribute_line("newrdn", _bytes(record.newrdn)))
        out.append(attribute_line("deleteoldrdn", b"1" if record.delete_old else b"0"))
        if record.newsuperior is not None:
            out.append(attribute_line("newsuperior", _bytes(record.newsuperior)))
    return b"".join(out)


def _control_line(control: Control) -> bytes:
    said = {None: "", True: " true", False: " false"}[control.critical]
    if control.value is None:
        return attribute_line("control", f"{control.oid}{said}".encode())
    return attribute_line(f"control: {control.oid}{said}", control.value)


def canonical(record: LdifRecord) -> LdifRecord:
    """The same record in the one order of names: `objectClass` first, the others by letter; values keep theirs."""
    ordered = sorted(record.attributes, key=lambda name: (name.lower() != "objectclass", name.lower(), name))
    return LdifRecord(
        record.dn,
        {name: record.attributes[name] for name in ordered},
        record.changetype,
        record.controls,
        record.mods,
        record.newrdn,
        record.delete_old,
        record.newsuperior,
    )
