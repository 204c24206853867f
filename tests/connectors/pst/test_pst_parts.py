"""The parts of the PST reader that need no file of Outlook: headers, values, named properties, labels, roles."""

import struct
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.formats import mapi
from transhumance.connectors.formats.mapi_names import name_map
from transhumance.connectors.formats.mapi_values import value
from transhumance.connectors.formats.pst.header import Header, Unreadable, looks_like_pst, read_header
from transhumance.connectors.pst.source import files_of, labelled


def header(version=23, client=b"SM", crypt=1, size=600, announced=600):
    data = bytearray(size)
    data[:12] = b"!BDN" + bytes(4) + client + struct.pack("<H", version)
    if version >= 23:
        data[184:192], data[513] = struct.pack("<Q", announced), crypt
    else:
        data[168:172], data[461] = struct.pack("<I", announced), crypt
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (header(), Header("pst", True)),
        (header(version=14), Header("pst", False)),
        (header(version=15), Header("pst", False)),
        (header(version=36, client=b"SO"), Header("ost", True)),
        (header(client=b"AB"), Header("pab", True)),
        (b"", "no Outlook data file"),
        (b"PK\x03\x04" + bytes(700), "no Outlook data file"),
        (header()[:100], "truncated in its header"),
        (header(version=9), "unknown version 9"),
        (header(crypt=0x10), "Windows Information Protection"),
        (header(announced=601), "truncated: 600 bytes of the 601"),
        (header(version=14, announced=5000), "truncated: 600 bytes of the 5000"),
    ],
)
def test_a_header_says_what_a_file_is_or_why_it_is_refused(tmp_path, data, expected):
    path = tmp_path / "a.pst"
    path.write_bytes(data)
    if isinstance(expected, Header):
        assert (found := read_header(path)) == replace(found, kind=expected.kind, unicode=expected.unicode)
        return
    with pytest.raises(Unreadable) as told:
        read_header(path)
    assert expected in told.value.text.en and told.value.text.fr


def test_a_file_is_known_by_suffix_or_by_content(tmp_path):
    for name, data, ours in (
        ("a.pst", b"", True), ("B.OST", b"", True), ("c.bak", header(), True), ("d.txt", b"!BD", False),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
        assert looks_like_pst(tmp_path / name) is ours, name
    assert not looks_like_pst(tmp_path / "absent.bin")


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (mapi.PT_LONG, b"\xff\xff\xff\xff", -1),
        (mapi.PT_I2, b"\x01\x80", -32767),
        (mapi.PT_I8, b"\0" * 7 + b"\x80", -(1 << 63)),
        (mapi.PT_BOOLEAN, b"\x01", True),
        (mapi.PT_BOOLEAN, b"\0\0", False),
        (mapi.PT_DOUBLE, struct.pack("<d", 0.5), 0.5),
        (mapi.PT_UNICODE, "Été \U0001f600".encode("utf-16-le"), "Été \U0001f600"),
        (mapi.PT_UNICODE, b"\x00\xd8", "\ud800"),
        (mapi.PT_UNICODE, None, ""),
        (mapi.PT_STRING8, b"\xe9\x81", "é\udc81"),
        (mapi.PT_BINARY, None, b""),
        (mapi.PT_CLSID, bytes(range(16)), "{03020100-0504-0706-0809-0a0b0c0d0e0f}"),
        (mapi.PT_MV_UNICODE, None, ()),
        (mapi.MV_FLAG | mapi.PT_LONG, struct.pack("<3i", 1, -2, 3), (1, -2, 3)),
        (mapi.PT_MV_BINARY, struct.pack("<3I", 2, 12, 13) + b"abc", (b"a", b"bc")),
        (mapi.PT_MV_UNICODE, struct.pack("<3I", 2, 12, 14) + "éà".encode("utf-16-le"), ("é", "à")),
        (mapi.PT_MV_STRING8, struct.pack("<2I", 1, 8), ("",)),
    ],
)
def test_stored_bytes_become_values(kind, data, expected):
    found = value(kind, data, "cp1252")
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (mapi.PT_LONG, b"\1"),
        (mapi.PT_LONG, None),
        (mapi.PT_UNICODE, b"a\0b"),
        (mapi.PT_OBJECT, b"12345678"),
        (mapi.PT_SYSTIME, b""),
        (mapi.MV_FLAG | mapi.PT_LONG, b"12345"),
        (mapi.PT_MV_BINARY, b"\1"),
        (mapi.PT_MV_BINARY, struct.pack("<I", 1 << 31)),
        (mapi.PT_MV_BINARY, struct.pack("<3I", 2, 30, 12)),
        (0x7777, b"?"),
    ],
)
def test_bytes_that_are_not_of_their_type_are_refused(kind, data):
    with pytest.raises(ValueError):
        value(kind, data, "cp1252")


@given(st.sampled_from([0x1F, 0x1E, 0x102, 0x101F, 0x101E, 0x1102, 0x1003, 0x1040, 0x40, 0x05]), st.binary(max_size=80))
def test_any_bytes_give_a_value_or_are_refused(kind, data):
    try:
        value(kind, data, "cp932")
    except ValueError:
        pass


def test_named_properties_get_their_sets_and_names():
    guid = bytes.fromhex("0220060000000000c000000000000046")
    text = "Keywords".encode("utf-16-le")
    strings = struct.pack("<I", len(text)) + text + b"\0\0"
    entries = b"".join(
        struct.pack("<IHH", *line)
        for line in [
            (0x8205, 3 << 1, 0),  # a number in the first set of the file's own
            (0, 2 << 1 | 1, 1),  # a name in PS_PUBLIC_STRINGS
            (5, 1 << 1, 2),  # PS_MAPI
            (0x8208, 9 << 1, 3),  # a set that is not there
            (400, 2 << 1 | 1, 4),  # a name that is not there
            (2, 2 << 1 | 1, 5),  # a name of impossible length
        ]
    )
    assert name_map(guid, entries + b"tail", strings) == {
        0x8000: f"{mapi.PSETID_APPOINTMENT}/0x8205:",
        0x8001: f"{mapi.PS_PUBLIC_STRINGS}/Keywords:",
        0x8002: f"{mapi.PS_MAPI}/0x0005:",
    }


@given(st.binary(max_size=40), st.binary(max_size=64), st.binary(max_size=40))
def test_any_map_of_names_is_survived(guids, entries, strings):
    for head in name_map(guids, entries, strings).values():
        mapi.parse(head + "001F")


def test_files_are_labelled_so_that_nothing_merges(tmp_path):
    for name in ("a.pst", "a.ost", "sub/a.pst", "sub/b.PST", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(header())
    (tmp_path / "notes.txt").write_bytes(b"text")
    (tmp_path / "link").symlink_to("/", target_is_directory=True)
    labels = {"/".join(label): path.relative_to(tmp_path).as_posix() for label, path in labelled(tmp_path)}
    assert labels == {"a.pst": "a.pst", "a.ost": "a.ost", "sub/a": "sub/a.pst", "sub/b": "sub/b.PST"}
    assert labelled(tmp_path / "sub" / "b.PST") == [(("b",), tmp_path / "sub" / "b.PST")]
    assert files_of(tmp_path / "link") == files_of(tmp_path / "notes.txt") == []


def test_reading_needs_no_library():
    code = (
        "import sys; from transhumance.connectors.contract import connector;"
        "c = connector('pst'); c.config_model();"
        "import transhumance.connectors.pst.source; assert 'pypff' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
