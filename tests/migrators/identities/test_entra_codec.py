"""Objects of Entra ID as LDIF entries: the source leg's law, the same shape as Active Directory's, named losses."""

import base64
import json
import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import BytesBody, Container, Context, Record, ResidueEntry, read_all
from transhumance.connectors.contract.compare import compare_documents
from transhumance.connectors.contract.manifest import from_json, to_json
from transhumance.connectors.formats.graph_entry import clean, dn_of, guid_of, key_of, link_to, version_of
from transhumance.connectors.formats.ldif import parse_record
from transhumance.migrators.identities import CODECS, CODES
from transhumance.migrators.identities.ad_codec import AdEntryCodec
from transhumance.migrators.identities.forms.entra import EntraCodec
from transhumance.migrators.identities.forms.entra_entry import sid_bytes, sid_text

BASE = "dc=chu,dc=example"
CONTEXT = Context(container=Container(b"", "identities", BASE.encode(), (BASE,)))
CODEC = EntraCodec()
GUID = uuid.UUID("01020304-0506-0708-090a-0b0c0d0e0f10")
USER, GROUP = "#microsoft.graph.user", "#microsoft.graph.group"

HYBRID: dict[str, Any] = {
    "@odata.type": USER,
    "id": "aaaaaaaa-1111-2222-3333-444444444444",
    "onPremisesImmutableId": base64.b64encode(GUID.bytes_le).decode(),
    "onPremisesSamAccountName": "DUPONTZ",
    "onPremisesSecurityIdentifier": "S-1-5-21-1004336348-1177238915-682003330-512",
    "onPremisesDistinguishedName": "CN=Zoé Dupont,OU=Soins,DC=chu,DC=example",
    "onPremisesSyncEnabled": True,
    "userPrincipalName": "zoe.dupont@chu.example",
    "displayName": "Zoé Dupont",
    "givenName": "Zoé",
    "surname": "Dupont",
    "accountEnabled": False,
    "businessPhones": ["01 02 03 04 05", "poste é"],
    "mobilePhone": "+33 6 00 00 00 00",
    "mail": "zoe.dupont@chu.example",
    "mailNickname": "zdupont",
    "proxyAddresses": ["smtp:zd@chu.example", "SMTP:zoe.dupont@chu.example", "X500:/o=CHU/cn=zd"],
    "onPremisesExtensionAttributes": {"extensionAttribute1": "10101010101", "extensionAttribute15": "é"},
    "createdDateTime": "2024-05-06T07:08:09Z",
    "country": "France",
    "manager": {"@odata.type": USER, "id": "bbbb", "onPremisesSamAccountName": "Chef, Jr"},
    "usageLocation": "FR",
    "registeredMethods": ["microsoftAuthenticatorPush", "fido2"],
}
CLOUD: dict[str, Any] = {
    "@odata.type": USER,
    "id": "cccccccc-1111-2222-3333-444444444444",
    "userPrincipalName": "Cloud.Only@chu.example",
    "displayName": "Cloud Only",
    "accountEnabled": True,
    "userType": "Member",
}
GUEST = {
    **CLOUD,
    "id": "dddddddd-1111-2222-3333-444444444444",
    "userPrincipalName": "paul_autre.example#EXT#@chuexemple.onmicrosoft.com",
    "userType": "Guest",
    "otherMails": ["paul@autre.example"],
}
TEAM: dict[str, Any] = {
    "@odata.type": GROUP,
    "id": "eeeeeeee-1111-2222-3333-444444444444",
    "displayName": "Équipe de nuit",
    "description": "Nuit",
    "groupTypes": ["Unified", "DynamicMembership"],
    "membershipRule": 'user.department -eq "Nuit"',
    "mailEnabled": True,
    "mailNickname": "equipe-nuit",
    "securityEnabled": False,
    "resourceProvisioningOptions": ["Team"],
    "members": [
        {"@odata.type": USER, "id": "1", "userPrincipalName": "Cloud.Only@chu.example"},
        {"@odata.type": USER, "id": "2", "onPremisesSamAccountName": "dupontz"},
        {"@odata.type": GROUP, "id": "00000000-0000-0000-0000-0123456789ab", "displayName": "Inner, + <group>"},
        {"@odata.type": "#microsoft.graph.device", "id": "4", "displayName": "PC 4"},
        {"@odata.type": "#microsoft.graph.servicePrincipal", "id": "5-6"},
    ],
}
SECURITY: dict[str, Any] = {
    "@odata.type": GROUP,
    "id": "ffffffff-1111-2222-3333-444444444444",
    "displayName": "Finance",
    "securityEnabled": True,
    "mailEnabled": False,
    "mailNickname": "a1b2c3",
}
SYNCED = {**SECURITY, "id": "ffffffff-2222-2222-3333-444444444444", "onPremisesSamAccountName": "GG_Finance"}
POLICY: dict[str, Any] = {
    "@odata.type": "#microsoft.graph.conditionalAccessPolicy",
    "id": "99999999-1111-2222-3333-444444444444",
    "displayName": "MFA pour tous",
    "state": "enabled",
    "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
}
ALL = [HYBRID, CLOUD, GUEST, TEAM, SECURITY, SYNCED, POLICY]


def _record(item: dict[str, Any]) -> Record:
    return Record(b"k", "entry", "graph-json", item)


def _held(residue: tuple[ResidueEntry, ...]) -> tuple[ResidueEntry, ...]:
    """As the archive's JSON gives it back."""
    return tuple(
        ResidueEntry(e.path, from_json(json.loads(json.dumps(to_json(e.value)))), e.part, e.digest, e.kind)
        for e in residue
    )


def _law(item: dict[str, Any], context: Context = CONTEXT) -> Any:
    opened = CODEC.to_open(_record(item), context)
    returned = CODEC.from_open(opened.document, _held(opened.residue), context)
    assert CODEC.compare(_record(item), returned.record) == ()
    assert returned.findings == ()
    CODEC.from_open(opened.document, (), context)
    known = {code.code for code in CODES}
    assert {finding.code for finding in opened.findings} <= known
    return opened


def _entry(opened: Any) -> Any:
    return parse_record(read_all(opened.document.bodies["content"]))


@pytest.mark.parametrize("item", ALL, ids=lambda item: str(item["displayName"]))
def test_the_law(item: dict[str, Any]) -> None:
    _law(item)
    _law(item, Context())


def test_a_person_looks_as_one_of_active_directory() -> None:
    """The same attributes from both directories: the same standard entry, but for its name."""
    ours = dict(_entry(_law(HYBRID)).attributes)
    ad = Record(
        b"",
        "entry",
        "ad-entry",
        {
            "dn": "uid=DUPONTZ," + BASE,
            "objectClass": (b"top", b"person", b"organizationalPerson", b"user"),
            "objectGUID": (GUID.bytes_le,),
            "objectSid": (sid_bytes(HYBRID["onPremisesSecurityIdentifier"]),),
            "sAMAccountName": (b"DUPONTZ",),
            "userPrincipalName": (b"zoe.dupont@chu.example",),
            "cn": ("Zoé Dupont".encode(),),
            "displayName": ("Zoé Dupont".encode(),),
            "givenName": ("Zoé".encode(),),
            "sn": (b"Dupont",),
            "userAccountControl": (b"514",),
            "telephoneNumber": (b"01 02 03 04 05",),
            "otherTelephone": ("poste é".encode(),),
            "mobile": (b"+33 6 00 00 00 00",),
            "mail": (b"zoe.dupont@chu.example",),
            "proxyAddresses": tuple(address.encode() for address in HYBRID["proxyAddresses"]),
            "whenCreated": (b"20240506070809.0Z",),
            "manager": (b"uid=Chef\\, Jr," + BASE.encode(),),
        },
    )
    assert ours == dict(_entry(AdEntryCodec().to_open(ad, CONTEXT)).attributes)
    assert ours["uid"] == (b"dupontz",) and ours["entryUUID"] == (str(GUID).encode(),)


def test_keys_join_the_two_directories() -> None:
    assert key_of(HYBRID) == b"2" + GUID.bytes_le
    assert key_of(CLOUD) == b"2" + uuid.UUID(CLOUD["id"]).bytes_le
    assert key_of(TEAM)[:1] == b"3" and key_of(POLICY)[:1] == b"9"
    assert guid_of({**HYBRID, "onPremisesImmutableId": "not base64"}) == uuid.UUID(HYBRID["id"]).bytes_le
    assert guid_of({**HYBRID, "onPremisesImmutableId": "QUJD"}) == uuid.UUID(HYBRID["id"]).bytes_le
    with pytest.raises(ValueError):
        key_of({"@odata.type": USER, "id": "nonsense"})


def test_names_depend_on_no_other_object() -> None:
    assert dn_of(HYBRID, BASE) == f"uid=DUPONTZ,{BASE}"
    assert dn_of(CLOUD, BASE) == f"uid=Cloud.Only@chu.example,{BASE}"
    assert dn_of(TEAM, BASE) == f"cn=equipe-nuit,{BASE}"
    assert dn_of(SYNCED, BASE) == f"cn=GG_Finance,{BASE}"
    assert dn_of(SECURITY, BASE) == f"cn=Finance_444444444444,{BASE}"
    for item in ALL:
        assert dn_of(link_to(item), BASE) == dn_of(item, BASE)


def test_members_are_names_and_their_ids_are_kept() -> None:
    opened = _law(TEAM)
    assert _entry(opened).attributes["member"] == (
        b"uid=Cloud.Only@chu.example," + BASE.encode(),
        b"uid=dupontz," + BASE.encode(),
        b"cn=Inner\\, \\+ \\<group\\>_0123456789ab," + BASE.encode(),
        b"cn=PC 4_4," + BASE.encode(),
        b"cn=56," + BASE.encode(),
    )
    assert {(link.kind, link.path) for link in opened.refs} == {("member", "member")}
    (ends,) = (e for e in opened.residue if e.path == "graph-ends/members")
    assert ends.value[0] == "user/userPrincipalName/1"


def test_losses_are_named() -> None:
    codes = {item["displayName"]: {f.code: f.detail for f in _law(item).findings} for item in ALL}
    assert codes["Zoé Dupont"]["ID-MFA-01"] == "fido2, microsoftAuthenticatorPush"
    assert {"ID-UAC-05", "ID-NAM-05", "ID-TEL-01", "ID-MAI-03", "ID-SID-01"} <= codes["Zoé Dupont"].keys()
    assert "usageLocation" in codes["Zoé Dupont"]["ID-ATT-02"]
    assert {"ID-GRP-07", "ID-GRP-11"} <= codes["Équipe de nuit"].keys()
    assert codes["MFA pour tous"] == {"ID-CA-01": ""}
    cloud, guest = ({f.code for f in _law(item).findings} for item in (CLOUD, GUEST))
    assert "ID-PWD-01" in cloud and "ID-EXT-01" not in cloud and "ID-NAM-05" not in cloud
    assert "ID-EXT-01" in guest and "ID-PWD-01" not in guest


def test_an_edited_document_drops_what_was_tied_to_it() -> None:
    opened = _law(TEAM)
    entry = _entry(opened)
    text = read_all(opened.document.bodies["content"]).replace(b"member: uid=dupontz", b"member: uid=autre")
    edited = type(opened.document)(
        opened.document.kind, opened.document.standard, {}, {"content": BytesBody.of(text)}, opened.document.name
    )
    returned = CODEC.from_open(edited, opened.residue, CONTEXT)
    assert {f.code for f in returned.findings} == {"GEN-RESIDUE-01"} and entry
    assert returned.record.properties["members"][1] == {"name": "autre"}  # type: ignore[index,call-overload]
    assert returned.record.properties["id"] == TEAM["id"]


def test_the_residue_holds_nothing_that_the_document_says() -> None:
    for item in ALL:
        opened = CODEC.to_open(_record(item), CONTEXT)
        bare = CODEC.from_open(opened.document, (), CONTEXT).record.properties
        held = {v for values in _entry(opened).attributes.values() for v in values}
        for part in opened.residue:
            name = part.path.rpartition("/")[2]
            assert part.value is None or bare.get(name) != part.value, part.path
            assert not (isinstance(part.value, str) and len(part.value) > 12 and part.value.encode() in held), part.path


def test_sids() -> None:
    for text in ("S-1-5-21-1-2-3-500", "S-1-5-18", "S-1-1-0", "S-1-12-1-4294967295-0-1-2"):
        assert sid_text(sid_bytes(text)) == text
    for text in ("S-2-5", "S-1-5-4294967296", "S-1-05-1", "nonsense", None, 3, "S-1-99999999999-1"):
        assert sid_bytes(text) == b""
    assert sid_text(b"\x01\x05\x00") == "" == sid_text(b"")


def test_versions_see_everything_but_methods() -> None:
    assert version_of(HYBRID) == version_of({**HYBRID, "registeredMethods": []})
    assert version_of(HYBRID) != version_of({**HYBRID, "surname": "Autre"})
    assert clean({"@odata.context": "x", "a": None, "b": [], "c": {"d": None}, "e": False}) == {"e": False}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    sorted({name for item in ALL for name in item} | {"city", "state", "faxNumber", "dn", "ends/members"})
)
_LINK = st.builds(
    lambda kind, key, by, value: {"@odata.type": kind, "id": key, by: value},
    st.sampled_from([USER, GROUP, "#microsoft.graph.device", "x/y"]),
    st.text(max_size=8),
    st.sampled_from(["userPrincipalName", "displayName", "onPremisesSamAccountName", "mailNickname"]),
    st.text(max_size=8),
)
_VALUES = _JSON | st.lists(_LINK, max_size=3) | _LINK
_ITEMS = st.builds(
    lambda base, more: {**base, **more}, st.sampled_from([*ALL, {}]), st.dictionaries(_NAMES, _VALUES, max_size=6)
)


@settings(max_examples=400)
@given(_ITEMS)
def test_the_law_holds_of_any_json(item: dict[str, Any]) -> None:
    _law(item)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


@pytest.mark.corpora
def test_the_law_holds_of_recorded_answers(corpora: Callable[..., Path]) -> None:
    """Every object with an id in the recorded Graph and SharePoint answers."""
    seen = people = 0
    for archive in sorted(corpora("graph-sharepoint", "pnp+pnpcore").glob("*.tar.gz")):
        with tarfile.open(archive) as files:
            for member in files:
                if not member.isfile() or seen > 3000:
                    continue
                try:
                    body = json.loads(files.extractfile(member).read()).get("Response", "")  # type: ignore[union-attr]
                    answer = json.loads(body) if isinstance(body, str) else body
                except (ValueError, AttributeError):
                    continue
                for item in _objects(answer):
                    seen += 1
                    kind = USER if "userPrincipalName" in item else str(item.get("@odata.type", "#microsoft.graph.x"))
                    people += kind == USER
                    _law(clean({**item, "@odata.type": kind}))
    assert seen > 50, seen


@pytest.mark.parametrize("form", ("keycloak-user", "ldap-entry"))
def test_what_targets_make_of_them_reads_back_the_same(form: str) -> None:
    """Documents and residue of Entra ID are taken by the targets as those of Active Directory are."""
    (target,) = (codec for codec in CODECS if codec.form == form)
    for item in ALL[:-1]:
        opened = _law(item)
        written = target.from_open(opened.document, opened.residue, CONTEXT).record
        back = target.to_open(written, CONTEXT).document
        assert compare_documents(opened.document, back, target.document_table) == ()
