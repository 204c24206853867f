"""Folder names: modified UTF-7 both ways, UTF-8 told apart, well-known uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.formats.mailfolders import (
    decode_utf7,
    encode_utf7,
    names_are_utf8,
    read_name,
    role_of,
    roles_by_name,
)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("INBOX", b"INBOX"),
        ("R&D", b"R&-D"),
        ("Éléments envoyés", b"&AMk-l&AOk-ments envoy&AOk-s"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("\U0001f600", b"&2D3eAA-"),
        ("&-", b"&--"),
        ("a\tb", b"a&AAk-b"),
        ("", b""),
    ],
)
def test_known_names(name: str, raw: bytes) -> None:
    assert encode_utf7(name) == raw
    assert decode_utf7(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        b"R&D",  # no end
        b"&AOk",  # no end
        b"&2D0-",  # half a surrogate pair
        b"&AEE-",  # ASCII must stand for itself
        b"&AOkA6Q-&AOk-",  # two shifts in a row
        b"&A-",  # not a whole character
        b"&AOl-",  # bits left over
        "é".encode(),
        b"\xff",
        b"&****-",
    ],
)
def test_what_is_not_modified_utf7_is_left_alone(raw: bytes) -> None:
    assert decode_utf7(raw) is None
    assert read_name(raw, utf8=False).encode("utf-8", "surrogateescape") == raw


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",))))
def test_every_name_comes_back(name: str) -> None:
    raw = encode_utf7(name)
    assert raw.isascii() and decode_utf7(raw) == name


@given(st.one_of(st.binary(max_size=12), st.from_regex(rb"\A[a&,A-Z+-]{0,12}\Z")))
def test_what_is_decoded_can_be_undone(raw: bytes) -> None:
    name = decode_utf7(raw)
    assert name is None or encode_utf7(name) == raw
    for utf8 in (False, True):
        shown = read_name(raw, utf8)
        assert raw in (encode_utf7(shown), shown.encode("utf-8", "surrogateescape"))


def test_a_tree_says_how_its_names_are_written() -> None:
    assert names_are_utf8([b"INBOX", "Envoyés".encode()])
    assert not names_are_utf8([b"INBOX", b"Envoy&AOk-s"])
    assert read_name(b"R&-D", utf8=True) == "R&-D"
    assert read_name(b"R&-D", utf8=False) == "R&D"
    assert read_name(b"Envoy&AOk-s", utf8=True) == "Envoyés"


def test_roles_by_name() -> None:
    assert role_of("ÉLÉMENTS  ENVOYÉS") == role_of("Éléments envoyés") == role_of("Sent Items") == "sent"
    assert role_of("Envoyés par fax") is None
    paths = [("INBOX",), ("Envoyés",), ("Sent",), ("Projets", "Archive"), ("INBOX", "Corbeille"), ("Archives",)]
    assert roles_by_name(paths) == {
        ("INBOX",): "inbox",
        ("Sent",): "sent",
        ("INBOX", "Corbeille"): "trash",
        ("Archives",): "archive",
    }
