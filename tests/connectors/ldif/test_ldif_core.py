"""LDIF records: the law, and the forms of RFC 2849."""

from __future__ import annotations

import base64
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.formats.ldif import (
    FOLD,
    Control,
    LdifError,
    LdifRecord,
    Mod,
    attribute_line,
    canonical,
    parse_record,
    write_record,
)
from transhumance.connectors.formats.ldif_stream import Found, blocks, records

_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,9}(;(binary|lang-fr|range=0-1499))?", fullmatch=True).filter(
    lambda name: name.lower() not in ("dn", "changetype", "control")
)
_NASTY = st.sampled_from([b"", b" a", b"a ", b":a", b"<a", b"a\n b", b"\x00", b"\xff", b"x" * 200, "é".encode() * 90])
_VALUES = st.one_of(st.binary(max_size=300), _NASTY, st.text(max_size=100).map(lambda t: t.encode("utf-8", "replace")))
_MANY = st.lists(_VALUES, min_size=1, max_size=4).map(tuple)
_DNS = st.binary(max_size=120).map(lambda b: b.decode("utf-8", "surrogateescape"))
_OIDS = st.from_regex(r"[0-2](\.[0-9]{1,4}){1,8}", fullmatch=True)
_CONTROLS = st.lists(
    st.builds(Control, _OIDS, st.sampled_from([None, True, False]), st.none() | _VALUES), max_size=2
).map(tuple)
_ATTRIBUTES = st.dictionaries(_NAMES, _MANY, max_size=6)
_MODS = st.lists(
    st.builds(Mod, st.sampled_from(["add", "delete", "replace"]), _NAMES, st.lists(_VALUES, max_size=3).map(tuple)),
    max_size=3,
).map(tuple)
RECORDS = st.one_of(
    st.builds(LdifRecord, _DNS, _ATTRIBUTES),
    st.builds(LdifRecord, _DNS, _ATTRIBUTES, st.just("add"), _CONTROLS),
    st.builds(LdifRecord, _DNS, changetype=st.just("delete"), controls=_CONTROLS),
    st.builds(LdifRecord, _DNS, changetype=st.just("modify"), controls=_CONTROLS, mods=_MODS),
    st.builds(
        LdifRecord,
        _DNS,
        changetype=st.sampled_from(["modrdn", "moddn"]),
        newrdn=_DNS,
        delete_old=st.booleans(),
        newsuperior=st.none() | _DNS,
    ),
)


def read(text: bytes, limit: int = 1 << 20) -> list[Found]:
    return list(records(io.BytesIO(text), limit))


@given(RECORDS)
def test_what_is_written_reads_back(record: LdifRecord) -> None:
    text = write_record(record)
    assert parse_record(text) == record
    assert text.endswith(b"\n") and b"\n\n" not in text and text.isascii()
    assert max(map(len, text.split(b"\n"))) <= FOLD


@given(RECORDS)
def test_the_canonical_order_is_one_and_changes_nothing(record: LdifRecord) -> None:
    once = canonical(record)
    assert once == record and list(canonical(once).attributes) == list(once.attributes)
    assert write_record(canonical(once)) == write_record(once)


@given(st.lists(RECORDS, max_size=5), st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.booleans())
def test_a_file_of_records_reads_back(found: list[LdifRecord], end: bytes, version: bool, mark: bool) -> None:
    text = b"version: 1\n\n" * version + b"\n".join(write_record(r) for r in found)
    text = b"\xef\xbb\xbf" * mark + text.replace(b"\n", end)
    assert [f.record for f in read(text)] == found
    assert [f.record for f in read(text.removesuffix(end))] == found
    for each in read(text):
        assert parse_record(text[each.start : each.start + each.size].removeprefix(b"version: 1" + end)) == each.record


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_told(data: bytes) -> None:
    for found in read(data, 200):
        assert (found.record is None) != (found.trouble is None)


@given(st.binary(max_size=300))
def test_base64_exactly_where_the_rfc_asks(value: bytes) -> None:
    line = attribute_line("a", value).replace(b"\n ", b"")
    unsafe = value[:1] in (b" ", b":", b"<") or value[-1:] == b" " or any(c in b"\x00\r\n" or c > 127 for c in value)
    assert line.startswith(b"a::") == unsafe
    if unsafe:
        assert base64.b64decode(line[3:]) == value


def test_forms_of_values_comments_and_folding() -> None:
    (found,) = read(
        b"# head\n# more\n folded comment\nversion: 1\ndn: cn=a,\n dc=b\n# inside\ncn:   a\nsn:\n"
        b"description:: IA==\ncn;lang-fr: \xe9\nlong: 1\n 2\n\t3\n"
    )
    assert found.record == LdifRecord(
        "cn=a,dc=b",
        {"cn": (b"a",), "sn": (b"",), "description": (b" ",), "cn;lang-fr": (b"\xe9",), "long": (b"123",)},
    )


def test_values_keep_their_order_and_names_their_case() -> None:
    record = parse_record(b"dn: cn=a\nb: 2\na: x\nb: 1\nB: 3\n")
    assert record.attributes == {"b": (b"2", b"1"), "a": (b"x",), "B": (b"3",)}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (b"dn: cn=a\nobjectClass user\n", 2, "no colon"),
        (b"dn: cn=a\ncn: a\nb c: d\n", 3, "no attribute name"),
        (b"dn: cn=a\ncn:: not base64\n", 2, "bad base64"),
        (b"dn: cn=a\n# c\n\tx\ncn:: QQ\n", 4, "bad base64"),
        (b"dn: cn=a\ncn: a\n x\ndn: cn=b\n", 4, "two dn lines, no blank line between two records"),
        (b"cn: a\nsn: b\n", 1, "no dn line"),
        (b" x\ndn: cn=a\n", 1, "it begins with a continuation"),
        (b"version: 2\ndn: cn=a\n", 1, "unknown version of LDIF"),
        (b"dn: cn=a\nchangetype: frob\n", 2, "unknown changetype"),
        (b"dn: cn=a\ncontrol: x\nchangetype: delete\n", 2, "bad control"),
        (b"dn: cn=a\nchangetype: delete\ncn: a\n", 3, "a delete has no other lines"),
        (b"dn: cn=a\nchangetype: modify\nadd: cn\nsn: b\n-\n", 4, "a value of another attribute in a modify"),
        (b"dn: cn=a\nchangetype: modify\nfrob: cn\n-\n", 3, "unknown part of a modify"),
        (b"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 2\n", 3, "deleteoldrdn is 0 or 1"),
        (
            b"dn: cn=a\nchangetype: moddn\nnewrdn: cn=b\n",
            3,
            "a rename has newrdn, deleteoldrdn and perhaps newsuperior",
        ),
    ],
)
def test_a_damaged_record_is_told_by_line_and_the_next_is_read(text: bytes, line: int, reason: str) -> None:
    first, damaged, last = read(b"dn: cn=first\ncn: a\n\n" + text + b"\ndn: cn=last\ncn: z\n")
    assert first.record and last.record and last.record.dn == "cn=last"
    assert damaged.trouble is not None
    assert (damaged.trouble.line, damaged.trouble.reason, damaged.trouble.kind) == (line + 3, reason, "damaged")


def test_a_url_is_refused_by_name_and_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("something was opened")

    text = io.BytesIO(b"dn: cn=a\njpegPhoto:< file:///etc/hostname\n\ndn: cn=b\ndescription: < is no URL\n")
    monkeypatch.setattr("builtins.open", forbidden)
    refused, kept = records(text)
    assert refused.trouble is not None and (refused.trouble.kind, refused.trouble.line) == ("url", 2)
    assert kept.record is not None and kept.record.attributes["description"] == (b"< is no URL",)


def test_changes_of_every_kind() -> None:
    text = (
        b"version: 1\ndn: cn=a\nchangetype: add\ncn: a\n\n"
        b"dn: cn=a\ncontrol: 1.2.840.113556.1.4.805 true\ncontrol: 1.2.3: v\nchangetype: delete\n\n"
        b"dn: cn=a\nchangetype: modify\nadd: mail\nmail: a@b\n-\ndelete: sn\n-\nreplace: t\nt: 1\nt: 2\n\n"
        b"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 1\nnewsuperior: ou=x\n"
    )
    add, delete, modify, rename = (found.record for found in read(text))
    assert add and add.changetype == "add" and add.attributes == {"cn": (b"a",)}
    assert delete and delete.controls == (Control("1.2.840.113556.1.4.805", True), Control("1.2.3", None, b"v"))
    assert modify and modify.mods == (
        Mod("add", "mail", (b"a@b",)),
        Mod("delete", "sn"),
        Mod("replace", "t", (b"1", b"2")),
    )
    assert rename and (rename.newrdn, rename.delete_old, rename.newsuperior) == ("cn=b", True, "ou=x")


def test_what_ldapsearch_adds_is_no_record_but_a_cut_listing_is_told() -> None:
    entry = (
        b"# extended LDIF\n#\n\n# a\ndn: cn=a\ncn: a\n\n"
        b"# search reference\nref: ldap://x/DC=y\n\n# search result\nsearch: 2\n"
    )
    whole = read(entry + b"result: 0 Success\n\n# numResponses: 3\n")
    assert [f.record.dn for f in whole if f.record] == ["cn=a"] and len(whole) == 1
    _, cut = read(entry + b"result: 4 Size limit exceeded\n")
    assert cut.trouble is not None and cut.trouble.kind == "incomplete" and "result 4" in cut.trouble.reason


def test_a_huge_value_costs_no_memory_and_names_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "huge.ldif"
    with file.open("wb") as out:
        out.write(b"dn: cn=a\nx: ")
        out.seek(200 << 20, io.SEEK_CUR)  # a hole: 200 MB of one line that take no room
        out.write(b"\n\ndn: cn=b\ncn: b\n")
    tracemalloc.start()
    with file.open("rb") as stream:
        huge, after = records(stream, 1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert huge.trouble is not None and (huge.trouble.kind, huge.trouble.line) == ("too-large", 1)
    assert "the limit is 1048576" in huge.trouble.reason
    assert after.record is not None and after.record.dn == "cn=b" and after.line == 4
    assert peak < 8 << 20


def test_names_that_are_too_long_are_told() -> None:
    long_dn, long_name, good = read(
        b"dn: cn=" + b"a" * 20_000 + b"\ncn: a\n\ndn: cn=b\n" + b"n" * 600 + b": 1\n\ndn: cn=c\n"
    )
    assert long_dn.trouble is not None and long_dn.trouble.kind == "too-large"
    assert long_name.trouble is not None and (long_name.trouble.line, long_name.trouble.kind) == (5, "damaged")
    assert good.record is not None


def test_blocks_tell_their_places_and_lines() -> None:
    text = b"\n\na: 1\n\r\n\nb: 2\nc: 3\n\n\n"
    assert [(b.start, b.size, b.line) for b in blocks(io.BytesIO(text))] == [(2, 5, 3), (10, 10, 6)]


def test_an_error_has_no_value_in_its_text() -> None:
    with pytest.raises(LdifError) as caught:
        parse_record(b"dn: cn=a\nuserPassword secret\n")
    assert "secret" not in str(caught.value)
