"""Names: RFC 4514, and what old exports do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.formats.dn import (
    Ava,
    DnError,
    dn_key,
    format_dn,
    parent_dn,
    parse_dn,
    rdn_value,
    split_dn,
)

_TYPES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,7}|[0-2](\.[0-9]{1,3}){1,3}", fullmatch=True)
_AVAS = st.builds(Ava, _TYPES, st.binary(max_size=12), st.booleans())
_NAMES = st.lists(st.lists(_AVAS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4).map(tuple)


@given(_NAMES)
def test_a_name_that_is_written_reads_back(name: tuple[tuple[Ava, ...], ...]) -> None:
    assert parse_dn(format_dn(name)) == name


@given(st.text(max_size=40))
def test_any_text_is_matched_and_cut_without_failing(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert dn_key(text) == dn_key(text)
    parent_dn(text)
    rdn_value(text)


@pytest.mark.parametrize(
    ("text", "types", "values"),
    [
        (r"CN=Petit\, Jr,OU=x", ["CN", "OU"], [b"Petit, Jr", b"x"]),
        ('CN="Petit, Jr";O=x', ["CN", "O"], [b"Petit, Jr", b"x"]),
        (r"CN=a\0ADEL:3f25,CN=Deleted Objects", ["CN", "CN"], [b"a\nDEL:3f25", b"Deleted Objects"]),
        (r"CN=trail\ ,DC=x", ["CN", "DC"], [b"trail ", b"x"]),
        (r"CN=\#1\+2\<3\>\;\"", ["CN"], [b'#1+2<3>;"']),
        ("cn = a , dc = b", ["cn", "dc"], [b"a", b"b"]),
        ("OID.2.5.4.3=a", ["2.5.4.3"], [b"a"]),
        (r"CN=\C3\A9t\C3\A9", ["CN"], ["été".encode()]),
        ("CN=,DC=x", ["CN", "DC"], [b"", b"x"]),
    ],
)
def test_known_forms(text: str, types: list[str], values: list[bytes]) -> None:
    avas = [ava for rdn in parse_dn(text) for ava in rdn]
    assert [a.type for a in avas] == types
    assert [a.value for a in avas] == values


def test_several_values_in_one_name_and_the_hex_form() -> None:
    ((cn, ou),) = parse_dn("CN=a+OU=b")
    assert (cn.value, ou.value) == (b"a", b"b")
    ((ava,),) = parse_dn("1.2.3=#04024869")
    assert ava == Ava("1.2.3", b"\x04\x02Hi", ber=True)


@pytest.mark.parametrize("text", ["foo", "=x", "CN=#0g", 'CN="a', 'CN="a"b', "CN=a\\", "1..2=x", "CN=a,,DC=b"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(DnError):
        parse_dn(text)


def test_the_parent_is_as_it_was_written() -> None:
    assert parent_dn(r"CN=Petit\, Jr,OU=Été ,DC=x") == "OU=Été ,DC=x"
    assert parent_dn("DC=x") == parent_dn("") == parent_dn('CN="open') == ""
    assert split_dn("") == ()


def test_names_are_matched_without_case_blanks_form_or_order() -> None:
    nfd = "CN=E\u0301te\u0301,DC=x"
    assert dn_key("cn=ÉTÉ,dc=X") == dn_key(nfd) == dn_key("CN= été , DC=x")
    assert dn_key("CN=a  b") == dn_key("cn=A B")
    assert dn_key("CN=a+OU=b,DC=c") == dn_key("ou=B+cn=A,dc=c")
    assert dn_key(r"CN=a\2Cb") == dn_key(r"CN=a\,b") != dn_key("CN=a,b=c")
    assert dn_key("CN=caf\udce9") != dn_key("CN=café")


def test_people_read_the_value() -> None:
    assert rdn_value(r"CN=Petit\, Jr,DC=x") == "Petit, Jr"
    assert rdn_value("not a name") == "not a name"
    assert rdn_value("") == ""
