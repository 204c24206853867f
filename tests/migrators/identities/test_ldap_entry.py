"""`ldap-entry`: what transhumanceOrigin holds of an entry of Active Directory, and that it comes off again."""

from __future__ import annotations

from pathlib import Path

import pytest

from transhumance.connectors.contract import Context, Document, Record, Value, compare_documents
from transhumance.connectors.formats.entry import properties_of
from transhumance.connectors.formats.ldif import parse_record
from transhumance.migrators.identities import CODECS
from transhumance.migrators.identities.forms.ldap import LdapCodec, sid_bytes, sid_text

AD, LDAP, CONTEXT = CODECS[0], LdapCodec(), Context(mapping={"rpps": "employeeID"})
SID = bytes.fromhex("010500000000000515000000a065cf7e784b9b5fe77c8770e9030000")
USER: dict[str, Value] = {
    "dn": "CN=Petit\\, Jr,OU=Été,DC=chu,DC=example",
    "objectClass": (b"top", b"person", b"organizationalPerson", b"user"),
    "objectGUID": (bytes(range(16)),),
    "objectSid": (SID,),
    "sIDHistory": (SID, SID[:-4] + b"\1\2\3\4"),
    "sAMAccountName": (b"PETITJ",),
    "userPrincipalName": (b"petit.jr@chu.example",),
    "userAccountControl": (b"66050",),
    "primaryGroupID": (b"513",),
    "employeeID": (b"10003456781",),
    "proxyAddresses": (b"SMTP:p@chu.example", b"smtp:old@chu.example", b"X500:/o=CHU/cn=petitj", b"sip:p@chu.example"),
    "mail": (b"p@chu.example",),
    "legacyExchangeDN": (b"/o=CHU/ou=x/cn=petitj",),
    "whenCreated": (b"20200101000000.0Z",),
    "cn": (b"Petit, Jr",),
    "sn": (b"Petit",),
}


def test_the_origin_is_filled_and_taken_off() -> None:
    opened = AD.to_open(Record(b"1", "entry", "ad-entry", USER), CONTEXT)
    record = LDAP.from_open(opened.document, opened.residue, CONTEXT).record
    said = record.properties
    assert said["trhObjectSid"] == (b"S-1-5-21-2127521184-1604012920-1887927527-1001",)
    assert said["trhProxyAddress"] == USER["proxyAddresses"] and said["trhSamAccountName"] == (b"PETITJ",)
    assert said["trhObjectGUID"] == said["entryUUID"] and said["trhUPN"] == USER["userPrincipalName"]
    assert said["trhUserAccountControl"] == (b"66050",) and said["trhRpps"] == (b"10003456781",)
    assert said["trhSourceDN"] == (str(USER["dn"]).encode(),) and b"transhumanceOrigin" in said["objectClass"]  # type: ignore[operator]
    back = LDAP.to_open(record, CONTEXT)
    assert compare_documents(opened.document, back.document, AD.document_table) == ()
    assert LDAP.compare(record, LDAP.from_open(back.document, back.residue, CONTEXT).record) == ()


def test_the_way_back_needs_no_archive_for_what_the_class_holds() -> None:
    """What `to_open` gives as residue completes the entry of Active Directory by itself."""
    opened = AD.to_open(Record(b"1", "entry", "ad-entry", USER), CONTEXT)
    back = LDAP.to_open(LDAP.from_open(opened.document, opened.residue, CONTEXT).record, CONTEXT)
    home = AD.from_open(back.document, back.residue, CONTEXT).record.properties
    for name in ("objectSid", "sIDHistory", "sAMAccountName", "userPrincipalName", "proxyAddresses", "primaryGroupID"):
        assert home[name] == USER[name], name


def test_an_id_and_a_name_that_the_server_could_not_keep_come_from_the_class() -> None:
    opened = AD.to_open(Record(b"1", "entry", "ad-entry", USER), CONTEXT)
    said = dict(LDAP.from_open(opened.document, opened.residue, CONTEXT).record.properties)
    said["entryUUID"] = (b"00000000-0000-0000-0000-000000000000",)
    del said["createTimestamp"]
    said["dn"] = "cn=Petit\\2C Jr,ou=Été,dc=chu,dc=example"  # as OpenLDAP spells it
    back = LDAP.to_open(Record(b"1", "entry", "ldap-entry", said), CONTEXT)
    assert compare_documents(opened.document, back.document, AD.document_table) == ()
    said["dn"] = "cn=Petit\\2C Jr,ou=Ailleurs,dc=chu,dc=example"
    moved = parse_record(
        LDAP.to_open(Record(b"1", "entry", "ldap-entry", said), CONTEXT).document.bodies["content"].open().read()
    )
    assert moved.dn == said["dn"]


def test_an_entry_of_another_directory_is_itself() -> None:
    said: dict[str, Value] = {
        "dn": "uid=z,dc=x",
        "objectClass": (b"account",),
        "uid": (b"z",),
        "entryUUID": (b"0f0e0d0c-0b0a-0908-0706-050403020100",),
    }
    record = Record(b"1", "entry", "ldap-entry", said)
    opened = LDAP.to_open(record, CONTEXT)
    assert opened.residue == () and LDAP.compare(record, LDAP.from_open(opened.document, (), CONTEXT).record) == ()


@pytest.mark.parametrize(
    "sid", [SID, b"\1\1\0\0\0\0\0\5\x12\0\0\0", b"\1\0\xff\xff\0\0\0\1", bytes([1, 15]) + bytes(66)]
)
def test_sids_are_text_and_bytes_again(sid: bytes) -> None:
    text = sid_text(sid)
    assert text is not None and sid_bytes(text) == sid


@pytest.mark.parametrize("bad", [b"", b"\1\5\0", b"\2\0\0\0\0\0\0\0", SID + b"\0"])
def test_what_is_no_sid_stays_in_the_residue(bad: bytes) -> None:
    assert sid_text(bad) is None
    opened = AD.to_open(Record(b"1", "entry", "ad-entry", {**USER, "objectSid": (bad,)}), CONTEXT)
    assert "trhObjectSid" not in LDAP.from_open(opened.document, opened.residue, CONTEXT).record.properties


@pytest.mark.parametrize(
    "bad", [b"", b"S-1", b"S-1-x", b"S-2-5-1", b"S-1-5-99999999999", b"S-1-5" + b"-1" * 99, b"\xff"]
)
def test_what_is_no_text_of_a_sid(bad: bytes) -> None:
    assert sid_bytes(bad) is None


def test_every_case_of_the_room_passes_through(tmp_path: Path) -> None:
    cases = sorted(Path(__file__).with_name("cases").glob("*/document.ldif"))
    assert len(cases) > 5
    for case in cases:
        from transhumance.connectors.contract import BytesBody

        document = Document("entry", "ldif", bodies={"content": BytesBody.of(case.read_bytes())})
        record = LDAP.from_open(document, (), CONTEXT).record
        back = parse_record(LDAP.to_open(record, CONTEXT).document.bodies["content"].open().read())
        assert properties_of(back) == properties_of(parse_record(case.read_bytes())), case
