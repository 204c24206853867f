"""What `csvde` writes, as LDIF records: a header row, the DN first, several values parted by `;`, bytes as `X'hex'`.

`csvde` does not escape a `;` inside a value, so attributes that Active Directory holds once are never parted: their
text is one value. An empty field is an absent attribute.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from transhumance.connectors.formats.ldif import LdifRecord, write_record
from transhumance.connectors.formats.ldif_stream import BOM, DAMAGED, TOO_LARGE, Found, Trouble, named

# single-valued in Active Directory's schema (or held so for accounts), and apt to hold a semicolon
_ONE = frozenset(
    """cn name displayname displaynameprintable givenname initials sn title info comment description department company
    division l st co c streetaddress street postalcode postofficebox physicaldeliveryofficename telephonenumber mobile
    homephone pager ipphone facsimiletelephonenumber wwwhomepage mail mailnickname userprincipalname samaccountname
    distinguishedname manager assistant managedby objectcategory gplink gpoptions homedirectory homedrive profilepath
    scriptpath userworkstations userparameters employeeid employeenumber employeetype personaltitle legacyexchangedn
    targetaddress homemdb msexchhomeservername admindescription admindisplayname canonicalname dnshostname
    operatingsystem operatingsystemversion operatingsystemservicepack location defaultsecuritydescriptor
    msds-allowedtoactonbehalfofotheridentity dn""".split()
) | {f"extensionattribute{n}" for n in range(1, 16)}
_BYTES = ("utf-8", "surrogateescape")  # a byte that the code page lacks stays that byte
_HEX = re.compile(r"X'((?:[0-9A-Fa-f]{2})*)'")


class _Lines:
    """The lines of a file, that may be read again."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._limit = stream, limit
        self._held: list[bytes] = []
        self._at = 0

    def next(self) -> bytes:
        if self._at < len(self._held):
            self._at += 1
            return self._held[self._at - 1]
        line = self._stream.readline(self._limit + 1)
        if line:
            self._held.append(line)
            self._at += 1
        return line

    def forget(self) -> None:
        """What was read will not be read again."""
        if self._at > 4096:
            del self._held[: self._at]
            self._at = 0

    def here(self) -> int:
        return self._at

    def back(self, mark: int) -> None:
        self._at = mark


def rows(stream: BinaryIO, limit: int, fits: Callable[[bytes], bool]) -> Iterator[tuple[int, bytes]]:
    """Each row's first line number and its bytes: one line, or several where a quote is open and they `fit` together. A
    quote that is never closed costs its own line only."""
    lines, number = _Lines(stream, limit), 1
    while True:
        lines.forget()
        if not (first := lines.next()):
            return
        after_first, row, quotes, size = lines.here(), [first], first.count(b'"'), len(first)
        while quotes % 2 and size <= limit and (more := lines.next()):
            row.append(more)
            quotes, size = quotes + more.count(b'"'), size + len(more)
        whole = b"".join(row)
        if len(row) > 1 and (quotes % 2 or not fits(whole)):
            lines.back(after_first)
            row, whole = [first], first
        yield number, whole
        number += len(row)


def records(stream: BinaryIO, out: BinaryIO, encoding: str, limit: int) -> Iterator[Found]:
    """Every row as a record, written to `out` as LDIF; `start` and `size` are of what was written there, `line` is the
    row's own."""
    header: list[str] = []
    separator = ","
    at = 0
    if stream.read(len(BOM)) != BOM:
        stream.seek(0)

    def fits(row: bytes) -> bool:
        return not header or _record(row, header, separator, encoding)[0] is not None

    for line, raw in rows(stream, limit, fits):
        if not raw.strip():
            continue
        if not header:
            header, separator = _header(raw, encoding)
            if not header:
                reason = "the first row names no DN column: it is no csvde export"
                yield Found(0, 0, line, raw[:64], trouble=Trouble(DAMAGED, line, reason))
                return
            continue
        record, reason = _record(raw, header, separator, encoding)
        if len(raw) > limit:
            yield Found(at, 0, line, raw[:64], trouble=Trouble(TOO_LARGE, line, f"above {limit} bytes"))
        elif record is None:
            yield Found(at, 0, line, raw, trouble=Trouble(DAMAGED, line, reason))
        else:
            text = write_record(record)
            out.write(text + b"\n")
            yield named(Found(at, len(text), line, text, record))
            at += len(text) + 1


def _header(raw: bytes, encoding: str) -> tuple[list[str], str]:
    text = _text(raw, encoding)
    separator = ";" if text.count(";") > text.count(",") else ","  # saved again by a French spreadsheet
    names = [name.strip() for name in _fields(text, separator) or ()]
    known = {name.lower() for name in names}
    return (names, separator) if known & {"dn", "distinguishedname"} else ([], separator)


def _record(raw: bytes, header: list[str], separator: str, encoding: str) -> tuple[LdifRecord | None, str]:
    fields = _fields(_text(raw, encoding), separator)
    if fields is None:
        return None, "a quote is out of place"
    if len(fields) < len(header) or any(fields[len(header) :]):
        return None, f"{len(fields)} fields, the header has {len(header)}"
    dn, attributes = "", dict[str, tuple[bytes, ...]]()
    for name, field in zip(header, fields, strict=False):
        if name.lower() == "dn":
            dn = field
        elif field and _named(name):
            attributes[name] = attributes.get(name, ()) + _values(name, field)
    own = next((v for n, v in attributes.items() if n.lower() == "distinguishedname"), (b"",))
    dn = dn or own[0].decode("utf-8", "surrogateescape")
    return (LdifRecord(dn, attributes), "") if dn else (None, "a row without a DN")


def _named(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._;-]*", name) is not None


def _values(name: str, field: str) -> tuple[bytes, ...]:
    parts = [field] if name.lower() in _ONE else [part for part in field.split(";") if part]
    return tuple(bytes.fromhex(m[1]) if (m := _HEX.fullmatch(part)) else part.encode(*_BYTES) for part in parts)


def _fields(text: str, separator: str) -> list[str] | None:
    """The fields of one row, or None where a quote is out of place. Rows that are longer than what the standard
    library's reader takes are cut here by the same rules."""
    text = text.rstrip("\r\n")
    if len(text) < csv.field_size_limit():
        try:
            return next(csv.reader([text], delimiter=separator, strict=True))
        except (csv.Error, StopIteration):
            return None
    fields = [_unquoted(part) for part in _cut(text, separator)]
    return None if None in fields else [field for field in fields if field is not None]


def _cut(text: str, separator: str) -> Iterator[str]:
    start, inside = 0, False
    for mark in re.finditer(f'["{separator}]', text):
        if mark[0] == '"':
            inside = not inside
        elif not inside:
            yield text[start : mark.start()]
            start = mark.end()
    yield text[start:]


def _unquoted(field: str) -> str | None:
    if not field.startswith('"'):
        return field
    inner = field[1:-1].replace('""', "\0")
    return None if len(field) < 2 or field[-1] != '"' or '"' in inner else field[1:-1].replace('""', '"')


def _text(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(encoding, "surrogateescape")
