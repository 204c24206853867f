"""LDAP messages: against bytes worked out by hand and by another implementation, and against hostile ones."""

from __future__ import annotations

import random

import pytest

from transhumance.connectors.formats import ldapber as ber

ldap3 = pytest.importorskip("ldap3")


def test_integers_are_as_short_as_they_can_be() -> None:
    # X.690, 8.3.2; the flag that a well-known client writes in five bytes
    assert ber.integer(127) == b"\x02\x01\x7f" and ber.integer(128) == b"\x02\x02\x00\x80"
    assert ber.integer(-128) == b"\x02\x01\x80" and ber.integer(-0x7FFFF800) == b"\x02\x04\x80\x00\x08\x00"


def test_requests_read_as_another_implementation_reads_them() -> None:
    from ldap3.protocol.rfc4511 import LDAPMessage
    from pyasn1.codec.ber import decoder

    control = ber.Control("1.2.3", True, b"\0v")
    operations = (
        ber.bind("cn=a", b"p"), ber.add("cn=é,dc=x", {"cn": ["é".encode(), b""], "sn": [b"x" * 300]}),
        ber.modify("cn=a", [ber.Mod(ber.REPLACE_VALUES, "sn", (b"b",)), ber.Mod(ber.DELETE_VALUES, "cn")]),
        ber.delete("cn=a"), ber.rename("cn=a", "cn=b", True, "dc=y"), ber.extended("1.2", b"v"),
        ber.search("dc=x", ber.SUB, ber.bits_set("groupType", 2), ["1.1"]),
    )  # fmt: skip
    names = ("bindRequest", "addRequest", "modifyRequest", "delRequest", "modDNRequest", "extendedReq", "searchRequest")
    for operation, name in zip(operations, names, strict=True):
        read, rest = decoder.decode(ber.message(7, operation, [control]), asn1Spec=LDAPMessage())
        assert (int(read["messageID"]), read["protocolOp"].getName(), rest) == (7, name, b"")
        assert bytes(read["controls"][0]["controlValue"]) == b"\0v" and bool(read["controls"][0]["criticality"])


def test_an_entry_and_a_result_are_read() -> None:
    value = ber.tlv(0x31, ber.tlv(4, b"\0\xff") + ber.tlv(4, b"x" * 70000))
    entry = ber.sequence(ber.string("cn=\udce9"), ber.sequence(ber.sequence(ber.string("a;b"), value)), tag=0x64)
    assert ber.parse(ber.message(5, entry)) == (5, 0x64, ber.Entry("cn=\udce9", {"a;b": (b"\0\xff", b"x" * 70000)}))
    done = ber.sequence(ber.integer(32, 0x0A), ber.string("dc=x"), ber.string("no"), tag=0x65)
    _, _, result = ber.parse(ber.message(5, done, [ber.Control("1.2", False, b"")]))
    assert isinstance(result, ber.Result)
    assert (result.code, result.matched, result.text, result.control("1.2")) == (32, "dc=x", "no", b"")


def test_damaged_messages_are_refused_and_never_hang() -> None:
    value = ber.tlv(0x31, ber.tlv(4, b"v"))
    good = ber.message(
        1, ber.sequence(ber.string("cn=a"), ber.sequence(ber.sequence(ber.string("cn"), value)), tag=0x64)
    )
    lot = random.Random(4)
    for _ in range(4000):
        bad = bytearray(good)
        for _ in range(lot.randint(1, 3)):
            bad[lot.randrange(len(bad))] = lot.randrange(256)
        try:
            ber.parse(bytes(bad[: lot.randint(0, len(bad))]))
        except (ber.BerError, IndexError):
            pass
    for nested in (b"\x30\x80" * 5000, b"\x30\x84\xff\xff\xff\xff", b"", b"\x30"):
        with pytest.raises((ber.BerError, IndexError)):
            ber.parse(nested)
