"""RTF bodies against two other readers (compressed_rtf, RTFDE) on real ones, and by hand on the awkward ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.contract import read_all
from transhumance.connectors.formats.mapi_rtf import decompress, opened


def html(body):
    head = rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial Cyr;}}"
    found = opened(head + body + b"}")
    assert found is not None and found.kind == "html"
    return found.text


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\*\htmltag64 <p>}caf\'e9{\*\htmltag72 </p>}", "<p>café</p>"),
        (rb"\htmlrtf {\b hidden}\htmlrtf0 seen", "seen"),
        (rb"{\htmlrtf hidden}seen", "seen"),
        (rb"{\*\mhtmltag0 <img src='x'>}{\*\htmltag0 <img src=3D'cid:x'>}", "<img src=3D'cid:x'>"),
        (rb"\u8364?\u233\'e9-\u-10179?\u-8704?", "\u20ac\xe9-\U0001f600"),
        (rb"\uc2\u8364 ??x\uc0\u8364 y", "\u20acx\u20acy"),
        (rb"{\*\htmltag1 \{a\\b\}}\~\_", "{a\\b}&nbsp;&shy;"),
        (rb"a\par b\line c\tab d\lquote", "a\r\nb\r\nc\td&lsquo;"),
        (rb"{\f1\'cf\'f0}{\'cf}", "\u041f\u0440\xcf"),
        (b"a\r\nb", "ab"),
        (rb"{\pict 0102}{\*\unknown gone}{\info{\title gone}}kept", "kept"),
        (rb"}}}kept{{{", "kept"),
    ],
)
def test_html_comes_out_of_rtf(rtf, text):
    assert html(rtf) == text


def test_text_comes_out_of_rtf():
    found = opened(rb"{\rtf1\ansi\ansicpg1252\fromtext {\fonttbl{\f0 A;}}\f0 a\'80\par \ldblquote b}")
    assert (found.kind, found.text) == ("text", "a\u20ac\r\n\u201cb")


def test_rtf_of_its_own_gives_its_text():
    found = opened(rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator x;}plain \b rtf\b0\par}")
    assert (found.kind, found.text) == ("rtf", "plain rtf\r\n")


def test_what_is_no_rtf_or_beyond_reason_is_none():
    assert opened(b"") is opened(b"<html>") is None
    assert opened(rb"{\rtf1\fromhtml1 " + b"{" * 5000) is None
    assert opened(rb"{\rtf1 long}", limit=5) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"x" * 15, "header"),
        (bytes(16), "unknown kind"),
        (b"\x10\0\0\0" + b"\xff" * 12, "above"),
        (b"\x0f\0\0\0\x09\0\0\0LZFu\0\0\0\0\x01\xff\x0f", "not there"),
        (b"\x0e\0\0\0\x09\0\0\0LZFu\0\0\0\0\x01\xff", "cut short"),
    ],
)
def test_what_is_no_compressed_rtf_is_refused(data, why):
    with pytest.raises(ValueError, match=why):
        decompress(data)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_bytes_make_it_grow_or_raise_otherwise(data, size):
    try:
        found = decompress((len(data) + 12).to_bytes(4, "little") + size.to_bytes(4, "little") + b"LZFu\0\0\0\0" + data)
    except ValueError:
        found = b""
    assert len(found) <= size
    opened(rb"{\rtf1\fromhtml1" + data)


@given(st.binary(max_size=600))
def test_another_packer_is_understood(data):
    compressed_rtf = pytest.importorskip("compressed_rtf")
    assert decompress(compressed_rtf.compress(data, compressed=True)) == data
    assert decompress(compressed_rtf.compress(data, compressed=False)) == data


@pytest.mark.corpora
def test_real_bodies_are_read_as_two_other_readers_do(corpora, mapi_records):
    compressed_rtf = pytest.importorskip("compressed_rtf")
    judge = pytest.importorskip("RTFDE.deencapsulate")
    seen = {"html": 0, "text": 0, "rtf": 0}
    done = set()
    for path in sorted(corpora("msg").rglob("*.msg")):
        try:
            records = mapi_records(path)
        except (OSError, ValueError):
            continue
        for record in records:
            data = read_all(record.bodies["body/rtf"]) if "body/rtf" in record.bodies else b""
            if not data or data in done:
                continue
            done.add(data)
            rtf = decompress(data)
            assert rtf == compressed_rtf.decompress(data)
            found = opened(rtf)
            seen[found.kind] += 1
            if found.kind != "rtf" and len(done) % 3 == 0:  # the other reader takes up to half a second for one
                other = judge.DeEncapsulator(rtf)
                other.deencapsulate()
                content = other.content if isinstance(other.content, str) else other.content.decode("utf-8")
                assert found.kind == other.content_type
                assert "".join(found.text.split()) == "".join(content.split())
    assert seen == {"html": 18, "text": 4, "rtf": 6}
