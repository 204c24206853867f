"""The header scanner: offsets, unfolding, dates, encoded words, traits; by blocks and whole alike."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.contract import BytesBody
from transhumance.connectors.formats.rfc5322 import (
    Traits,
    decode_words,
    message_id,
    parse_date,
    scan_body,
    scan_header,
    scan_message,
)

MAIL = b"Subject: a\r\n folded\r\nMessage-ID:\r\n <1@x>\r\nX: y\r\n\r\nbody: no\r\n"


def test_fields_and_their_offsets() -> None:
    header = scan_header(MAIL)
    assert [(f.name, f.value) for f in header.fields()] == [
        (b"Subject", b"a folded"),
        (b"Message-ID", b"<1@x>"),
        (b"X", b"y"),
    ]
    assert b"".join(MAIL[f.start : f.end] for f in header.fields()) == MAIL[: header.end - 2]
    assert MAIL[header.end :] == b"body: no\r\n"
    assert header.get(b"x") == b"y" and header.get(b"none") is None


@pytest.mark.parametrize(
    ("data", "names", "body"),
    [
        (b"", [], b""),
        (b"\n", [], b""),
        (b"\r\nA: b\r\n", [], b"A: b\r\n"),
        (b"no header\nat all\n", [], b"no header\nat all\n"),
        (b"From x Mon\nA: b\n\nbody", [b"A"], b"body"),
        (b">From x Mon\nA: b\n\nbody", [b"A"], b"body"),
        (b"From: x\n\nbody", [b"From"], b"body"),
        (b"A: b\nno field\nC: d\n\n", [b"A", b"C"], b""),
        (b"A : b\n\n", [b"A"], b""),
        (b"A: b", [b"A"], b""),
        (b"A: b\n\r\nbody", [b"A"], b"body"),
        (b"A: b\r\n\nbody", [b"A"], b"body"),
        (b"A: \0\xff\n\n\0", [b"A"], b"\0"),
        (b"A: b\rB: c\n\n", [b"A"], b""),
    ],
)
def test_headers_of_all_kinds(data: bytes, names: list[bytes], body: bytes) -> None:
    header = scan_header(data)
    assert [field.name for field in header.fields()] == names
    assert data[header.end :] == body


@given(
    st.lists(st.sampled_from([b"A: b", b"\n", b"\r\n", b" x", b"From x\n", b"\0", b"\xff", b":", b"\r"]), max_size=20)
)
def test_any_bytes(parts: list[bytes]) -> None:
    data = b"".join(parts)
    header = scan_header(data)
    assert data[header.start :].startswith(header.block) and 0 <= header.start <= header.end <= len(data)
    for field in header.fields():
        assert data[field.start : field.end].startswith(field.name)


def test_a_very_long_header() -> None:
    data = b"Subject: x\n" + b"Received: from a\n\tby b\n" * 10_000 + b"\nbody"
    header = scan_header(data)
    assert data[header.end :] == b"body" and sum(1 for _ in header.fields()) == 10_001
    endless = b"A" * (4 << 20)
    assert scan_header(endless).end <= 1 << 20


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"Message-Id: <a@b>\n\n", b"<a@b>"),
        (b"MESSAGE-ID:  junk <a@b> (c)\n\n", b"<a@b>"),
        (b"Message-ID: bare\n\n", b"bare"),
        (b"Message-ID:\n\n", None),
        (b"\nMessage-ID: <in@body>\n", None),
    ],
)
def test_message_ids(data: bytes, expected: bytes | None) -> None:
    assert message_id(scan_header(data)) == expected


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"Fri, 22 Feb 2008 15:06:23 +0200", at(2008, 2, 22, 13, 6, 23)),
        (b"22 Feb 2008 15:06 -0000", at(2008, 2, 22, 15, 6)),
        (b"Fri,22 Feb 2008 15:06:23 GMT", at(2008, 2, 22, 15, 6, 23)),
        (b"Fri, 22 Feb 08 15:06:23 EDT", at(2008, 2, 22, 19, 6, 23)),
        (b"22 Feb 99 15:06:23 Z", at(1999, 2, 22, 15, 6, 23)),
        (b"22 Feb 103 15:06:23 UT", at(2003, 2, 22, 15, 6, 23)),
        (b"Fri, 22 Feb 2008 15:06:23 +0100 (CET (nested))", at(2008, 2, 22, 14, 6, 23)),
        (b"Fri (day), 22 Feb 2008 15 : 06 : 23 +0000", at(2008, 2, 22, 15, 6, 23)),
        (b"22-Feb-2008 15:06:23 +0000", at(2008, 2, 22, 15, 6, 23)),
        (b"Fri Feb 22 15:06:23 2008", at(2008, 2, 22, 15, 6, 23)),
        (b"Fri, 22 February 2008 15:06:60 K", at(2008, 2, 22, 15, 6, 59)),
        (b"Fri, 22 Feb 2008 15:06:23", at(2008, 2, 22, 15, 6, 23)),
        (b"Fri, 31 Feb 2008 15:06:23 +0000", None),
        (b"Fri, 22 Feb 2008 25:06:23 +0000", None),
        (b"Fri, 22 Feb 2008 15:06:23 +9999", None),
        (b"1 Jan 0000 00:00:00 +0000", None),
        (b"31 Dec 9999 23:59:59 -0100", None),
        (b"yesterday", None),
        (b"", None),
        (b"(" * 10_000, None),
    ],
)
def test_dates(text: bytes, expected: datetime | None) -> None:
    assert parse_date(text) == expected


@given(st.datetimes(datetime(1902, 1, 1), datetime(2100, 1, 1)), st.integers(-720, 840))
def test_every_written_date_is_read(when: datetime, minutes: int) -> None:
    from datetime import timezone

    local = when.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_date(format_datetime(local).encode()) == local


@given(st.binary(max_size=60))
def test_any_date(text: bytes) -> None:
    found = parse_date(text)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?B?w4l0w6k=?= 2026", "Été 2026"),
        (b"=?iso-8859-1?Q?=C9t=E9_?=\r\n =?utf-8?Q?=C3=A9?=", "Été é"),
        (b"=?unknown-x?B?AAA=?=", "=?unknown-x?B?AAA=?="),
        (b"=?utf-8?B?!!!?=", "=?utf-8?B?!!!?="),
        (b"caf\xc3\xa9 \xff", "café �"),
        (b"=?utf-8?", "=?utf-8?"),
    ],
)
def test_words(value: bytes, text: str) -> None:
    assert decode_words(value) == text


@given(st.binary(max_size=80))
def test_any_words(value: bytes) -> None:
    decode_words(b"=?" + value + b"?=")


def facts(found: Traits) -> tuple[object, ...]:
    return (
        found.header,
        found.size,
        found.nul,
        found.crlf,
        found.bare_lf,
        found.bare_cr,
        found.long_line,
        found.types,
        found.hints,
    )


parts = [
    b"A: b\r\n",
    b"\n",
    b"\r",
    b"\r\n",
    b"x" * 600,
    b"\0",
    b"\nContent-Type: ",
    b"application/ms-tnef",
    b"winmail.dat",
]


@given(st.lists(st.sampled_from(parts), max_size=15), st.integers(1, 700))
def test_blocks_give_the_same(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    assert facts(scan_message(blocks)) == facts(scan_message((data,)))


@given(st.lists(st.sampled_from(parts), max_size=15))
def test_counts_are_what_they_say(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    found = scan_message((data,))
    crlf = data.count(b"\r\n")
    assert (found.nul, found.crlf, found.bare_cr) == (data.count(b"\0"), crlf, data.count(b"\r") - crlf)
    assert found.bare_lf == (data.count(b"\n") - crlf if crlf else 0)
    assert found.long_line == any(len(line.removesuffix(b"\r")) > 998 for line in data.split(b"\n"))


def test_kinds_and_hints() -> None:
    data = b"Content-Type: multipart/mixed\n\n--x\nCONTENT-TYPE:\n application/MS-TNEF; name=WINMAIL.DAT\n\n"
    found = scan_body(BytesBody.of(data))
    assert found.types == {b"multipart/mixed", b"application/ms-tnef"} and found.hints == {"winmail"}


def test_a_large_body_in_flat_memory() -> None:
    tracemalloc.start()
    found = scan_message(b"x" * 70 + b"\r\n" + b"y" * 250_000 for _ in range(400))
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert found.size == 400 * 250_072 and found.long_line and found.crlf == 400
