"""The laws: an entry comes back, whatever it holds; its residue holds nothing that its document holds."""

from __future__ import annotations

import json
import pickle
import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_support_identity_strip import strip

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Document,
    Opened,
    Record,
    ResidueEntry,
    compare_documents,
)
from transhumance.connectors.contract.manifest import from_json, to_json
from transhumance.connectors.formats.entry import properties_of
from transhumance.connectors.formats.ldif import parse_record, write_record
from transhumance.migrators.identities import CODECS, CODES
from transhumance.migrators.identities.standard import MOVES
from transhumance.migrators.identities.table import is_volatile

AD, LDIF = CODECS[:2]
KNOWN_CODES = {code.code for code in CODES}
HERE = Context(mapping={"rpps": "extensionAttribute1"})
_PLAIN = st.text(string.ascii_letters + "éÀç 'ß-@.", min_size=1, max_size=14).map(str.encode)
_VALUES = st.one_of(
    _PLAIN,
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"",
            b"0",
            b"512",
            b"514",
            b"66050",
            b"0x200",
            b"-1",
            b"9223372036854775807",
            b"133489581421357483",
            b"TRUE",
            b"20240103131006.0Z",
            b"20241303131006.0Z",
            b"SMTP:a@b.c",
            b"smtp:a@b.c",
            b"smtp:\xc3\xa9@b.c",
            b"X500:/o=x",
            b"a@b.c",
            b"CN=a,DC=x",
            b"CN=A,DC=x",
            b"cn=empty-group",
            b"\xff\xd8\xff\xe0jpeg",
            b"\x30\x03abc",
            b"caf\xe9",
            b"\x81",
            "İstanbul".encode(),
            b"alice",
            b"ALICE",
            b"user",
            b"\0" * 16,
            bytes(range(16)),
        ]
    ),
)
_KNOWN = sorted({move.source for moves in MOVES.values() for move in moves.values()})
_OTHERS = [
    "objectSid",
    "memberOf",
    "lastLogon",
    "uSNChanged",
    "usnchanged",
    "name",
    "distinguishedName",
    "extensionAttribute1",
    "nTSecurityDescriptor",
    "unicodePwd",
    "gPLink",
    "homeDirectory",
    "isDeleted",
    "SAMACCOUNTNAME",
    "Mail",
    "CN",
    "member;range=0-1499",
    "entryUUID",
    "pwdAccountLockedTime",
    "altSecurityIdentities",
    "groupType",
]
_NAMES = st.sampled_from([*_KNOWN, *_OTHERS]) | st.from_regex(r"[a-zA-Z][a-zA-Z0-9-]{0,8}", fullmatch=True).filter(
    lambda name: name.lower() not in ("dn", "objectclass")
)
_CLASSES = st.sampled_from(
    [
        ("top", "person", "organizationalPerson", "user"),
        ("user",),
        ("top", "person", "organizationalPerson", "user", "inetOrgPerson"),
        ("top", "person", "organizationalPerson", "contact"),
        ("top", "group"),
        ("top", "organizationalUnit"),
        ("top", "container"),
        ("top", "domain", "domainDNS"),
        ("top", "person", "organizationalPerson", "user", "computer"),
        ("top", "container", "groupPolicyContainer"),
        ("TOP", "Person"),
        ("top", "classSchema"),
        ("top", "custom\xe9"),
    ]
)
_DNS = st.sampled_from(
    [
        "CN=Petit\\, Jr,OU=x,DC=chu",
        "OU=x,DC=chu",
        "DC=chu",
        "CN=a+OU=b,DC=chu",
        "uid=a,DC=chu",
        "CN=#0403616263,DC=chu",
        "CN=caf\udce9,DC=chu",
        "CN=E\u0301,DC=chu",
        "CN=x\\0ADEL:y,DC=chu",
        "not a name",
        "",
        "1.2.3=x,DC=chu",
        "DC=été,DC=chu",
        'CN="q"x',
    ]
) | st.text(max_size=20).map(lambda t: t.encode("utf-8", "replace").decode())


@st.composite
def ad_entries(draw: st.DrawFn) -> Record:
    """An entry of Active Directory, likely or not."""
    said = draw(st.dictionaries(_NAMES, st.lists(_VALUES, min_size=1, max_size=4).map(tuple), max_size=14))
    if draw(st.integers(0, 9)):
        said["objectClass"] = tuple(name.encode("latin-1") for name in draw(_CLASSES))
    return Record(b"k", "entry", "ad-entry", {**said, "dn": draw(_DNS)})


def through_json(opened: Opened) -> tuple[ResidueEntry, ...]:
    """The residue as an archive keeps it."""
    return tuple(
        ResidueEntry(e.path, from_json(json.loads(json.dumps(to_json(e.value)))), e.part, e.digest, e.kind)
        for e in opened.residue
    )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ad_entries())
def test_an_ad_entry_comes_back(record: Record) -> None:
    opened = AD.to_open(record, HERE)
    assert opened == AD.to_open(record, HERE) == pickle.loads(pickle.dumps(opened))
    back = AD.from_open(opened.document, through_json(opened), HERE)
    assert AD.compare(record, back.record) == () and back.findings == ()
    for name, values in record.properties.items():
        assert is_volatile(name) or back.record.properties[name] == values


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ad_entries())
def test_its_residue_holds_nothing_that_the_document_holds(record: Record) -> None:
    assert strip(record, AD.to_open(record, HERE)) == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ad_entries())
def test_its_document_is_one_standard_entry(record: Record) -> None:
    opened = AD.to_open(record, HERE)
    content = opened.document.bodies["content"]
    assert isinstance(content, BytesBody) and content.data.isascii()
    entry = parse_record(content.data)
    assert write_record(entry) == content.data and entry.dn == record.properties["dn"]
    classes = {value.decode() for value in entry.attributes["objectClass"]}
    assert "top" in classes and not classes & {"user", "group", "computer", "contact", "container", "classSchema"}
    for name, values in entry.attributes.items():
        assert len(set(values)) == len(values) and all(values), name
    # an LDIF store gives the same bytes back
    kept = LDIF.from_open(opened.document, (), HERE).record
    assert compare_documents(opened.document, LDIF.to_open(kept, HERE).document, AD.document_table) == ()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ad_entries())
def test_findings_have_codes_and_no_values(record: Record) -> None:
    marked = {
        name: values if isinstance(values, str) or name == "objectClass" else tuple(v + b"7f3a9c" for v in values)  # type: ignore[operator, union-attr]
        for name, values in record.properties.items()
    }
    opened = AD.to_open(Record(b"k", "entry", "ad-entry", marked), HERE)  # type: ignore[arg-type]
    assert {f.code for f in opened.findings} <= KNOWN_CODES
    assert not [f for f in opened.findings if "7f3a9c" in f.detail]


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=8), _DNS)
def test_an_entry_of_another_directory_is_its_document(pairs: list[tuple[str, bytes]], dn: str) -> None:
    said: dict[str, tuple[bytes, ...]] = {}
    for name, value in pairs:
        said[name] = (*said.get(name, ()), value)
    record = Record(b"k", "entry", "ldif", {**said, "dn": dn})
    opened = LDIF.to_open(record, HERE)
    assert opened.residue == ()
    assert LDIF.compare(record, LDIF.from_open(opened.document, (), HERE).record) == ()
    assert all(f.code in KNOWN_CODES for f in opened.findings)


def test_changes_come_back_and_say_what_they_are() -> None:
    text = (
        b"dn: cn=a\ncontrol: 1.2.3 true: v\nchangetype: modify\nadd: mail\nmail: a@b\n-\nreplace: userPassword\n"
        b"userPassword: secret\n-\ndelete: sn\n-\n"
    )
    rename = b"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 0\nnewsuperior: ou=x\n"
    for raw in (text, rename, b"dn: cn=a\nchangetype: delete\n"):
        record = Record(b"k", "entry", "ldif", properties_of(parse_record(raw)))
        opened = LDIF.to_open(record, HERE)
        assert opened.document.bodies["content"] == BytesBody.of(raw)
        assert LDIF.compare(record, LDIF.from_open(opened.document, (), HERE).record) == ()
        assert opened.findings[0].code == "ID-CHG-01"
        assert "secret" not in repr(opened.findings)


def test_an_edit_at_the_target_drops_what_completed_it_and_keeps_the_rest() -> None:
    said = {
        "dn": "CN=Alice,DC=chu",
        "objectClass": (b"top", b"person", b"organizationalPerson", b"user"),
        "cn": (b"Alice",),
        "sn": (b"A",),
        "sAMAccountName": (b"ALICE",),
        "userAccountControl": (b"66050",),
        "mail": (b"alice@chu",),
        "proxyAddresses": (b"SMTP:alice@chu", b"X500:/o=x"),
        "objectSid": (b"\1\2\3",),
    }
    opened = AD.to_open(Record(b"k", "entry", "ad-entry", said), HERE)
    content = opened.document.bodies["content"]
    assert isinstance(content, BytesBody)
    edited = content.data.replace(b"mail: alice@chu", b"mail: alice@new").replace(
        b"pwdAccountLockedTime: 000001010000Z\n", b""
    )
    document = Document("entry", "ldif", bodies={"content": BytesBody.of(edited)})
    back = AD.from_open(document, opened.residue, HERE)
    assert [(f.code, f.detail) for f in back.findings] == [("GEN-RESIDUE-01", "proxyAddresses")]
    assert back.record.properties["mail"] == (b"alice@new",)
    assert back.record.properties["userAccountControl"] == (b"66048",)  # enabled at the target, its other bits kept
    assert back.record.properties["sAMAccountName"] == (b"ALICE",)
    assert back.record.properties["objectSid"] == (b"\1\2\3",)


def test_a_residue_that_was_tampered_with_is_dropped_and_told() -> None:
    record = Record(b"k", "entry", "ad-entry", {"dn": "CN=a", "objectClass": (b"user",), "sAMAccountName": (b"a",)})
    document = AD.to_open(record, HERE).document
    bad = [("x", ("uid/9",)), ("y", ("none/0",)), ("z", (("no-code-page", "uid/0"),)), ("w", (((99,), "uid/0"),))]
    back = AD.from_open(document, tuple(ResidueEntry(p, v, kind="item") for p, v in bad), HERE)
    assert [f.detail for f in back.findings] == ["w", "x", "y", "z"] or len(back.findings) == 4
    assert not {"x", "y", "z", "w"} & back.record.properties.keys()


def test_codes_are_told_in_both_languages() -> None:
    assert len({code.code for code in CODES}) == len(CODES)
    for code in CODES:
        for text in (code.what, code.why, code.remedy):
            assert text.fr and text.en and text.fr != text.en and not text.fr.endswith(".")
