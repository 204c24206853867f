"""Content lines: nothing is lost by cutting, an edit changes one span, real damage is tolerated."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transhumance.connectors.formats import contentline as cl

PIECES = [b"BEGIN:", b"END:", b"VEVENT", b"VCALENDAR", b"\r\n", b"\n", b"\r", b" ", b"\t", b"=", b":", b";", b'"',
          b"TZID=", b"ENCODING=QUOTED-PRINTABLE:", b"ENCODING=BASE64:", b"AAAA", b"\xc3", b"\xa9", b"\0", b"\xff\xfe",
          cl.BOM]  # fmt: skip
SOUP = st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=60).map(b"".join)


@settings(deadline=None)  # the machine may be busy
@given(SOUP | st.binary(max_size=300))
@example(b"")
@example(b"\r\r\n a")
def test_joining_what_was_split_gives_the_same_bytes(data: bytes) -> None:
    assert cl.join(cl.split(data)) == data
    assert cl.join(cl.split_card(data)) == data
    assert [data[start:end] for start, end in cl.spans(data)] == cl.split(data)
    assert all(cl.split(data))


@settings(deadline=None)  # the machine may be busy
@given(SOUP)
def test_reading_never_raises_and_owns_every_line(data: bytes) -> None:
    text = cl.read(data)
    assert len(text.owner) == len(text.lines)
    for index, part in enumerate(text.outline):
        assert 0 <= part.first < part.last <= len(text.lines) and part.parent < index
        list(text.own(index))


@settings(deadline=None)  # the machine may be busy
@given(SOUP, st.integers(0, 40), st.integers(0, 20), st.sampled_from([b"", b"Europe/Paris", b'"x y"']))
def test_a_splice_is_undone_exactly(data: bytes, start: int, length: int, new: bytes) -> None:
    for line in cl.split(data):
        flat = cl.unfold(line).removeprefix(cl.BOM)
        low, high = min(start, len(flat)), min(start + length, len(flat))
        edited, was = cl.splice(line, low, high, new)
        assert cl.splice(edited, low, low + len(new), was)[0] == line


@pytest.mark.parametrize(
    "line,name,params,value",
    [
        (b"SUMMARY:a:b\r\n", "SUMMARY", (), b"a:b"),
        (b"summary;language=fr:a\\,b\n", "SUMMARY", (("LANGUAGE", b"fr"),), b"a\\,b"),
        (b'ATTENDEE;CN="Durand; A: B";ROLE=CHAIR:mailto:a@b', "ATTENDEE",
         (("CN", b'"Durand; A: B"'), ("ROLE", b"CHAIR")), b"mailto:a@b"),
        (b'ATTENDEE;CN="open:mailto:a@b', "ATTENDEE", (("CN", b""),), b"mailto:a@b"),
        (b"DTSTART;TZID=(UTC+01:00) Bruxelles, Madrid:20260101T000000", "DTSTART",
         (("TZID", b"(UTC+01:00) Bruxelles, Madrid"),), b"20260101T000000"),
        (b"DTSTART;TZID=Europe/Paris;VALUE=DATE-TIME:20260101T000000", "DTSTART",
         (("TZID", b"Europe/Paris"), ("VALUE", b"DATE-TIME")), b"20260101T000000"),
        (b"UID\n :956\n", "UID", (), b"956"),
        (b"item1.TEL;HOME;VOICE:1", "TEL", (("HOME", b""), ("VOICE", b"")), b"1"),
        (b"DESCRI\r\n PTION:a\r\n\tb\r\r\n c\r\n", "DESCRIPTION", (), b"abc"),
        (cl.BOM + b"BEGIN:VCALENDAR\r\n", "BEGIN", (), b"VCALENDAR"),
    ],
)  # fmt: skip
def test_parsing(line: bytes, name: str, params: tuple[object, ...], value: bytes) -> None:
    found = cl.parse(line)
    assert found is not None
    assert (found.name, found.params, found.value) == (name, params, value)
    assert cl.unfold(line).removeprefix(cl.BOM)[found.at :] == value


@pytest.mark.parametrize("line", [b"no colon\r\n", b"\r\n", b":value", b';X="a', b""])
def test_lines_that_are_no_property(line: bytes) -> None:
    assert cl.parse(line) is None


def test_a_fold_inside_a_character_is_undone_on_bytes() -> None:
    line = "SUMMARY:Réunion".encode()
    at = line.index(b"\xc3") + 1
    assert cl.unfold(line[:at] + b"\r\n " + line[at:] + b"\r\n") == line


def test_a_card_of_2_1_continues_in_its_own_ways() -> None:
    quoted = b"NOTE;ENCODING=QUOTED-PRINTABLE:a=\r\n  b=\r\nc=C3=A9\r\n"
    block = b"PHOTO;ENCODING=BASE64;JPEG:\r\n  AAAA\r\nBBBB\r\nCC==\r\n\r\n"
    data = b"BEGIN:VCARD\r\n" + quoted + block + b"N;QUOTED-PRINTABLE:x=\r\nEND:VCARD\r\n"
    lines = cl.split_card(data)
    assert lines[1] == quoted and cl.unquote_printable(lines[1]) == "a  bcé".encode()
    assert lines[2].startswith(b"PHOTO") and lines[2].endswith(b"CC==\r\n")
    assert lines[-1] == b"END:VCARD\r\n", "a soft break at the end does not swallow the END"


def test_components_nest_and_are_mended() -> None:
    text = cl.read(b"BEGIN:A\nX:1\nBEGIN:B\nY:2\nEND:A\nEND:C\nZ:3\n")
    a, b = text.outline
    assert (a.closed, b.closed, b.parent) == (True, False, 0)
    assert [prop.name for _, prop in text.own(0)] == ["X"] and [prop.name for _, prop in text.own(1)] == ["Y"]
    assert text.damage == ("B has no END", "an END without its BEGIN")


@pytest.mark.parametrize("data", [b"BEGIN:A\r\n" * 200_000, b"\r" * 2_000_000 + b"\n x", b"\r\n " * 1_000_000,
                                  b"A;ENCODING=BASE64:\n" + (b"Q" * 76 + b"\n") * 150_000,
                                  b"X;TZID=" + b":1" * 500_000, b'X;A="' * 200_000])  # fmt: skip
def test_hostile_text_costs_no_more_than_its_length(data: bytes) -> None:
    start = time.process_time()
    text = cl.read(data, cl.split_card(data))
    assert max((part.depth for part in text.outline), default=0) < cl.DEPTH
    for line in text.lines[:50]:
        cl.parse(line)
    assert time.process_time() - start < 3
