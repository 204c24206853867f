"""Entries as users and groups of Keycloak, and back: the law, what is named, what is never carried."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Document,
    Record,
    ResidueEntry,
    SkipItem,
    codec_for,
    find_code,
    read_all,
)
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.entry import properties_of
from transhumance.connectors.formats.ldif import LdifRecord, canonical, parse_record, write_record
from transhumance.connectors.formats.ldif_stream import blocks
from transhumance.fixtures.estate import directory

CODEC: Any = codec_for("entry", kc.FORM)
AD: Any = codec_for("entry", "ad-entry")
NOTHING = Context()
PERSON = (b"top", b"person", b"organizationalPerson", b"inetOrgPerson")


def document(dn: str, **attributes: Any) -> Document:
    said = {"objectClass": PERSON, "cn": (b"Jean",), "sn": (b"Petit",), "uid": (b"jpetit",)}
    said |= {name.replace("_", ";"): values for name, values in attributes.items()}
    text = write_record(canonical(LdifRecord(dn, {name: values for name, values in said.items() if values})))
    return Document("entry", "ldif", bodies={"content": BytesBody.of(text)})


def group(dn: str, *members: bytes, **attributes: Any) -> Document:
    said = {"objectClass": (b"top", b"groupOfNames"), "cn": (b"G",), "member": members, "uid": (), "sn": ()}
    return document(dn, **(said | attributes))


def content(found: Document) -> bytes:
    return read_all(found.bodies["content"])


def returned(found: Document) -> bytes:
    return content(CODEC.to_open(CODEC.from_open(found, (), NOTHING).record, NOTHING).document)


def codes(found: Document) -> list[str]:
    return [finding.code for finding in CODEC.from_open(found, (), NOTHING).findings]


def made(found: Document, *residue: ResidueEntry, **mapping: Any) -> dict[str, Any]:
    return dict(CODEC.from_open(found, residue, Context(mapping=mapping)).record.properties)


CASES = {
    "plain": document("uid=jpetit,dc=x", mail=(b"j.petit@chu.example",), givenName=(b"Jean",)),
    "capitals": document("uid=JPetit,dc=x", uid=(b"JPetit",), mail=(b"J.Petit@CHU.example",)),
    "several of each": document("uid=a,dc=x", uid=(b"b", b"a"), mail=(b"B@x.y", b"a@x.y", b"b@x.y"), sn=(b"b", b"a")),
    "spelt otherwise": document("uid=a,dc=x", uid=(), UID=(b"A",), givenname=(b"Jean",), MAIL=(b"a@x.y",)),
    "signs in names": document("cn=<x>,dc=x", givenName=("Jean (Dr) \U0001f409".encode(),), sn=(b"<Petit>; {1}",)),
    "order": document("uid=a,dc=x", title=(b"Z", b"A", b"M"), description=(b"a", b"b")),
    "twice": document("uid=a,dc=x", title=(b"Z", b"Z")),
    "blanks": document("uid=a,dc=x", title=(b"", b" ", b" x ")),
    "bytes": document("uid=a,dc=x", title=(b"\xff\x00",), userCertificate_binary=(bytes(range(256)),)),
    "options": document("uid=a,dc=x", **{"cn_lang-fr": ("Élodie".encode(),)}),
    "names of Keycloak": document("uid=a,dc=x", email=(b"other@x.y",), username=(b"x",), locale=(b"fr",)),
    "what it strips": document("uid=a,dc=x", createTimestamp=(b"20200101000000Z",), userCertificate=(b"text",)),
    "locked": document("uid=a,dc=x", pwdAccountLockedTime=(b"000001010000Z",)),
    "locked for a time": document("uid=a,dc=x", pwdAccountLockedTime=(b"20260101000000Z",)),
    "id": document("uid=a,dc=x", entryUUID=(b"5f9d0e6c-0000-4000-8000-00000000abcd",)),
    "id in capitals": document("uid=a,dc=x", entryUUID=(b"5F9D0E6C-0000-4000-8000-00000000ABCD",)),
    "no id": document("uid=a,dc=x", entryUUID=(b"what?",)),
    "no mail address": document("uid=a,dc=x", mail=(b"nimporte quoi",)),
    "damaged name": document("cn=\udce9,dc=x"),
    "escapes": document("cn=Petit\\, Jr\\+\\#\\ ,ou=\u00c9t\u00e9 <&>,dc=x"),
    "long name": document("cn=" + "x" * 900 + ",dc=x"),
    "group": group("cn=g,dc=x", b"cn=b,dc=x", b"cn=a,dc=x", b"cn=" + b"z" * 900),
    "empty group": group("cn=g,dc=x", b"cn=empty-group"),
    "group without members": group("cn=g,dc=x"),
    "unique members": group("cn=g,dc=x", uniqueMember=(b"cn=b,dc=x",), objectClass=(b"groupOfUniqueNames",)),
    "one member twice": group("cn=g,dc=x", b"cn=a,dc=x", b"CN=A, DC=x"),
    "long values of a group": group("cn=g,dc=x", description=(b"x" * 900, b"y" * 254), owner=(b"cn=" + b"o" * 400,)),
    "a slash in its name": group("cn=a/b,dc=x", cn=(b"a/b", b"a-b")),
    "unit": group("ou=Soins,dc=x", cn=(), ou=("Soins/é".encode(),), objectClass=(b"top", b"organizationalUnit")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_entry_comes_back(case: str) -> None:
    assert returned(CASES[case]) == content(CASES[case])
    assert not [c for c in codes(CASES[case]) if (code := find_code(c)) is None or code.back != "exact"]


def test_fields_are_those_that_keycloak_will_save_again() -> None:
    said = made(CASES["signs in names"])
    assert (said["username"], said["firstName"], said["lastName"]) == ("jpetit", "Jean Dr \U0001f409", "Petit 1")
    assert codes(CASES["signs in names"]) == ["ID-NAM-08", "ID-NAM-08"]
    assert made(CASES["capitals"])["email"] == "j.petit@chu.example"
    assert "email" not in made(CASES["no mail address"]) and codes(CASES["no mail address"]) == ["ID-MAI-04"]
    assert made(CASES["locked"])["enabled"] is False and made(CASES["plain"])["enabled"] is True
    assert made(CASES["id"])["id"] == made(CASES["id in capitals"])["id"] == "5f9d0e6c-0000-4000-8000-00000000abcd"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("jpegPhoto", b"\xff\xd8\xff" + bytes(3000), "ID-PHO-01"),
        ("userCertificate_binary", b"\x30" + bytes(1800), "ID-CRT-02"),
        ("description", b"x" * 2049, "ID-ATT-03"),
        ("userPassword", b"{SSHA}abcdef", "ID-PWD-08"),
        ("userPassword", b"clear", "ID-PWD-08"),
    ],
)
def test_what_has_no_place_is_named_and_left_out(name: str, value: bytes, code: str) -> None:
    found = document("uid=a,dc=x", **{name: (value,)})
    assert codes(found) == [code]
    assert value not in returned(found) and find_code(code).back == "lossy"  # type: ignore[union-attr]
    for text in made(found).values():
        assert "SSHA" not in str(text) and "clear" not in str(text)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (document("cn=a,dc=x", uid=()), "ID-CNT-02"),
        (document("cn=pc,dc=x", objectClass=(b"top", b"device"), uid=()), "ID-CMP-02"),
        (document("dc=x", objectClass=(b"domain",), uid=()), "ID-CLS-03"),
        (document("uid=a,dc=x", uid=(b" jean ",)), "ID-NAM-07"),
        (document("uid=a,dc=x", uid=(b"x" * 256,)), "ID-NAM-07"),
    ],
)
def test_what_keycloak_does_not_hold(found: Document, code: str) -> None:
    with pytest.raises(SkipItem) as error:
        CODEC.from_open(found, (), NOTHING)
    assert error.value.code == code


def test_units_may_be_attributes_only() -> None:
    with pytest.raises(SkipItem):
        CODEC.from_open(CASES["unit"], (), Context(mapping={"keycloak_units": "attribute"}))
    person = document("uid=a,ou=Bloc,ou=Soins,dc=x")
    assert made(person, keycloak_units="attribute")["attributes/trh.ou"] == ("Soins/Bloc",)


def test_what_applications_need_of_the_residue_goes_along_and_off_again() -> None:
    sid = bytes.fromhex("010500000000000515000000a065cf7e784b9b5fe77c8770e9030000")
    residue = (
        ResidueEntry("objectSid", (sid,), kind="item"),
        ResidueEntry("userPrincipalName", (b"jean@chu.local",), kind="item"),
        ResidueEntry("proxyAddresses", (b"X500:/o=CHU/cn=jp", (b"SMTP:", "mail/0")), kind="item"),
        ResidueEntry("employeeID", (b"99700000013",), kind="item"),
        ResidueEntry("unicodePwd", (b"secret",), kind="item"),
    )
    said = made(CASES["plain"], *residue, rpps="employeeID")
    assert said["attributes/trh.objectSid"] == ("S-1-5-21-2127521184-1604012920-1887927527-1001",)
    assert said["attributes/trh.upn"] == ("jean@chu.local",)
    assert said["attributes/trh.proxyAddress"] == ("X500:/o=CHU/cn=jp",)
    assert said["attributes/trh.rpps"] == ("99700000013",)
    assert "secret" not in str(said)
    back = CODEC.to_open(Record(b"", "entry", kc.FORM, said), NOTHING).document
    assert content(back) == content(CASES["plain"])


def test_the_estate_comes_back_whole() -> None:
    stream = io.BytesIO()
    directory.write(stream, 7, 120)
    stream.seek(0)
    seen: Counter[str] = Counter()
    for block in blocks(stream):
        opened = AD.to_open(Record(b"", "entry", "ad-entry", properties_of(parse_record(block.raw))), NOTHING)
        try:
            record = CODEC.from_open(opened.document, opened.residue, NOTHING).record
        except SkipItem as error:
            seen[error.code] += 1
            continue
        again = CODEC.to_open(record, NOTHING)
        assert content(again.document) == content(opened.document)
        assert CODEC.compare(record, CODEC.from_open(again.document, again.residue, NOTHING).record) == ()
        seen["same"] += 1
    assert seen["same"] > 150 and set(seen) == {"same", "ID-CMP-02", "ID-CLS-03", "ID-CNT-02"}


# --- what was changed, or born, in Keycloak


def test_changes_made_in_keycloak_are_the_entry_s() -> None:
    said = made(CASES["several of each"])
    said |= {"email": "new@x.y", "firstName": "Zoé", "enabled": False}
    entry = parse_record(content(CODEC.to_open(Record(b"", "entry", kc.FORM, said), NOTHING).document))
    assert entry.attributes["mail"] == (b"new@x.y", b"a@x.y", b"b@x.y")
    assert entry.attributes["givenName"] == ("Zoé".encode(),)
    assert entry.attributes["pwdAccountLockedTime"] == (b"000001010000Z",)
    closed = said | {"attributes/trh.expired": ("20200101000000Z",)}
    entry = parse_record(content(CODEC.to_open(Record(b"", "entry", kc.FORM, closed), NOTHING).document))
    assert "pwdAccountLockedTime" not in entry.attributes


BORN = {
    "type": "user",
    "id": "5f9d0e6c-0000-4000-8000-00000000abcd",
    "username": "née ici",
    "firstName": "Née",
    "enabled": True,
    "base": "ou=people,o=chu",
    "requiredActions": ("UPDATE_PASSWORD",),
    "credentials": ("otp", "password"),
    "realmRoles": ("soignant",),
    "attributes/phone number": ("12",),
    "attributes/locale": ("fr",),
}


def test_who_was_born_in_keycloak_is_an_entry_and_comes_back() -> None:
    record = Record(b"", "entry", kc.FORM, BORN)
    opened = CODEC.to_open(record, NOTHING)
    entry = parse_record(content(opened.document))
    assert entry.dn == "uid=née ici,ou=people,o=chu"
    assert entry.attributes["cn"] == ("Née".encode(),) and "phone number" not in entry.attributes
    assert {f.code for f in opened.findings} == {"ID-PWD-01", "ID-MFA-01", "ID-ROL-01"}
    back = CODEC.from_open(opened.document, opened.residue, NOTHING).record
    assert CODEC.compare(record, back) == ()
    assert back.properties["requiredActions"] == ("UPDATE_PASSWORD",)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12).map(str.encode) | st.binary(max_size=12)
NAMES = st.sampled_from("uid mail givenName sn cn title description cn;lang-fr o email jpegPhoto".split())


@given(st.dictionaries(NAMES, st.lists(TEXTS, min_size=1, max_size=3).map(tuple), max_size=6), st.booleans())
def test_any_entry_comes_back_or_is_named(attributes: dict[str, tuple[bytes, ...]], is_group: bool) -> None:
    said = {"objectClass": (b"groupOfNames",) if is_group else PERSON, "cn": (b"x",), **attributes}
    text = write_record(canonical(LdifRecord("cn=x,dc=y", said)))
    found = Document("entry", "ldif", bodies={"content": BytesBody.of(text)})
    try:
        result = CODEC.from_open(found, (), NOTHING)
    except SkipItem as error:
        assert find_code(error.code) is not None
        return
    lost = [f for f in result.findings if (code := find_code(f.code)) is None or code.back != "exact"]
    opened = CODEC.to_open(result.record, NOTHING)
    assert lost or content(opened.document) == text
    again = CODEC.from_open(opened.document, opened.residue, NOTHING).record
    assert CODEC.compare(result.record, again) == ()
