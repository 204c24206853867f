"""Names between two bases: there and back, whatever stands in them; the quick way is the whole one's equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.formats.dn import Ava, dn_key, format_dn
from transhumance.connectors.ldap.names import Bases, depth, is_under, key_of, moved, parent

VALUES = st.text(min_size=1, max_size=12).map(lambda t: t.encode("utf-8", "surrogatepass")).map(lambda b: b"x" + b)
RDNS = st.lists(st.tuples(st.sampled_from(["cn", "OU", "Dc", "2.5.4.3"]), VALUES), min_size=1, max_size=6)


@given(RDNS, RDNS)
def test_there_and_back(below: list[tuple[str, bytes]], above: list[tuple[str, bytes]]) -> None:
    base = format_dn([(Ava(t, v),) for t, v in above])
    dn = format_dn([(Ava(t, v),) for t, v in below]) + "," + base
    bases = Bases(base, "dc=est,dc=test")
    there = bases.there(dn)
    assert dn_key(bases.back(there)) == dn_key(dn) and is_under(there, "DC=EST, dc=test") and bases.holds(there)
    assert key_of(dn) == dn_key(dn) and depth(dn) == len(below) + len(above)
    assert bases.there(base) == "dc=est,dc=test" and dn_key(bases.back("dc=est,dc=test")) == dn_key(base)


@pytest.mark.parametrize(
    ("dn", "old", "new", "expected"),
    [
        ("CN=a,OU=x,DC=chu,DC=fr", "dc=chu,dc=fr", "o=z", "CN=a,OU=x,o=z"),
        ("cn=a\\,dc=chu,dc=fr", "dc=chu,dc=fr", "o=z", "cn=a\\,dc=chu,dc=fr"),
        ("cn=a, dc=other", "dc=chu", "o=z", "cn=a,dc=other"),
        ("ou=a", "", "o=z", "ou=a,o=z"),
        ("cn=b,ou=a", "", "o=z", "cn=b,ou=a,o=z"),
        ("", "", "o=z", "o=z"),
        ("no name at all", "dc=x", "o=z", "no name at all"),
        ("cn=a\\2Cb,dc=x", "dc=x", "o=z", "cn=a\\,b,o=z"),
        ("dc=x", "dc=x", "o=z", "o=z"),
        ("dc=x", "cn=a,dc=x", "o=z", "dc=x"),
    ],
)
def test_bases(dn: str, old: str, new: str, expected: str) -> None:
    assert moved(dn, old, new) == expected


def test_case_of_types_follows_the_source() -> None:
    assert Bases("DC=chu", "dc=est").back("cn=a,ou=b,dc=est") == "CN=a,OU=b,DC=chu"
    assert parent("cn=a\\,b,ou=c,dc=d") == "ou=c,dc=d"


def test_a_name_of_thousands_of_parts() -> None:
    long = ",".join(["ou=x"] * 3000)
    assert depth(moved(long + ",dc=a", "dc=a", "dc=b")) == 3001 and is_under(long, "ou=x,ou=x")
