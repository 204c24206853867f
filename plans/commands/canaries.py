"""Canaries: items as hostile as real ones, which `check --probe` writes at a target, reads back and takes away again.

They are documents, one set for each workload; the target's own codec makes its records of them. The same run makes the
same canaries, so that those of an interrupted probe are known again and removed by the next one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from transhumance.connectors.contract import BytesBody, Document, Value
from transhumance.connectors.formats.ldif import LdifRecord, canonical, write_record

LARGE = 5_000_000
NAME = "transhumance-probe"
_ACCENTS = "Été à l'hôpital : œuvre, naïf, Ÿ"


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary. `name`: what it tries."""

    name: str
    key: bytes
    document: Document


_TRIES: tuple[tuple[str, str, str], ...] = (  # what it tries, a name, a text
    ("plain", "plain", "plain"),
    ("accents", unicodedata.normalize("NFC", _ACCENTS), unicodedata.normalize("NFC", _ACCENTS)),
    ("nfd", unicodedata.normalize("NFD", _ACCENTS), unicodedata.normalize("NFD", _ACCENTS)),
    ("emoji", "\U0001f409 soins \U0001f469\u200d\u2695\ufe0f", "\U0001f409" * 20),
    ("long-name", "n" * 300, "a name of 300 characters"),
    ("odd-name", 'CON < > : " | ? * . ', "a name that some systems refuse"),
    ("nul", "nul", "before\0after"),
    ("empty", "empty", ""),
    ("large", "large", "x" * 70 + "\n"),
)


def canaries(workload: str) -> list[Canary]:
    """The canaries of a workload; none where there is no open document to make them of (databases)."""
    make = _MAKERS.get(workload)
    return list(make()) if make else []


def _texts() -> Iterator[tuple[str, str, str]]:
    for name, title, text in _TRIES:
        yield name, title, text * (LARGE // len(text)) if name == "large" else text


def _key(name: str, title: str, suffix: str = "") -> bytes:
    return f"{NAME}-{name} {title}{suffix}".encode()


def _mails() -> Iterator[Canary]:
    for name, title, text in _texts():
        head = f"From: <{NAME}@invalid>\r\nTo: <{NAME}@invalid>\r\nMessage-ID: <{NAME}-{name}@invalid>\r\n"
        head += "Date: Sun, 29 Mar 2026 02:30:00 +0100\r\nMIME-Version: 1.0\r\n"
        head += f"Content-Type: text/plain; charset=utf-8\r\nSubject: {title}\r\n\r\n"
        body = b"" if name == "empty" else (head + text.replace("\n", "\r\n") + "\r\n").encode()
        yield Canary(name, _key(name, title, ".eml"), _document("message", "rfc5322", body))
    meta: dict[str, Value] = {
        "flags": ("$Forwarded", "\\Answered", "\\Flagged", "\\Seen"),
        "internal_date": datetime(2019, 3, 31, 2, 30, 1, tzinfo=UTC),
        "keywords": ("À_suivre",),
    }
    marked = f"Message-ID: <{NAME}-flags@invalid>\r\nSubject: flags\r\n\r\nmarked\r\n".encode()
    yield Canary("flags", _key("flags", "flags", ".eml"), _document("message", "rfc5322", marked, meta))


def _objects(kind: str, component: str) -> Iterator[Canary]:
    for name, title, text in _texts():
        uid = f"{NAME}-{name}@invalid"
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//transhumance//probe//EN", f"BEGIN:{component}"]
        lines += [f"UID:{uid}", "DTSTAMP:20260329T013000Z", "DTSTART:20260329T013000Z"]
        lines += [f"SUMMARY:{_escaped(title)}"] if name != "empty" else []
        lines += [f"DESCRIPTION:{_escaped(text)}"] if text else []
        lines += [f"END:{component}", "END:VCALENDAR"]
        yield Canary(name, _key(name, title), _document(kind, "ical", _folded(lines)))


def _cards() -> Iterator[Canary]:
    for name, title, text in _texts():
        lines = ["BEGIN:VCARD", "VERSION:4.0", f"UID:urn:x:{NAME}-{name}", f"FN:{_escaped(title)}"]
        lines += [f"NOTE:{_escaped(text)}"] if text else []
        yield Canary(name, _key(name, title), _document("card", "vcard", _folded([*lines, "END:VCARD"])))


def _files() -> Iterator[Canary]:
    for name, title, text in _texts():
        data = text.encode() if name != "nul" else bytes(range(256))
        yield Canary(name, f"{NAME}-{name} {title}.bin".encode(), _document("file", "file", data))


def _entries() -> Iterator[Canary]:
    for name, title, text in _texts():
        attributes: dict[str, tuple[bytes, ...]] = {
            "objectClass": (b"top", b"person", b"organizationalPerson", b"inetOrgPerson"),
            "cn": (f"{NAME} {name}".encode(),),
            "sn": (title.encode()[:200],),
            "uid": (f"{NAME}-{name}".encode(),),
        }
        if text:
            attributes["description"] = (text.encode(),)
        record = LdifRecord(f"uid={NAME}-{name},ou={NAME}", attributes)
        yield Canary(name, f"{NAME}-{name}".encode(), _document("entry", "ldif", write_record(canonical(record))))


def _document(kind: str, standard: str, data: bytes, meta: dict[str, Value] | None = None) -> Document:
    return Document(kind, standard, meta or {}, {"content": BytesBody.of(data)}, NAME)


def _escaped(text: str) -> str:
    """A text value of iCalendar and vCard (RFC 5545 3.3.11, RFC 6350 3.4)."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(lines: list[str]) -> bytes:
    """Content lines of at most 75 octets (RFC 5545 3.1), never cut inside a character."""
    out = []
    for data in (line.encode() for line in lines):
        start, room = 0, 75
        while len(data) - start > room:
            end = start + room
            while data[end] & 0xC0 == 0x80:
                end -= 1
            out.append(data[start:end])
            start, room = end, 74  # the rest stands behind a blank
        out.append(data[start:] + b"\r\n")
    return b"".join(part if part.endswith(b"\r\n") else part + b"\r\n " for part in out)


_MAKERS: dict[str, Callable[[], Iterator[Canary]]] = {
    "mail": _mails,
    "calendars": lambda: _objects("event", "VEVENT"),
    "tasks": lambda: _objects("task", "VTODO"),
    "contacts": _cards,
    "documents": _files,
    "identities": _entries,
}
