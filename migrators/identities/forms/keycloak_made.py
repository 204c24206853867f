"""The user or group that an LDIF entry becomes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from transhumance.connectors.contract import Finding, ResidueEntry, SkipItem, Text, Value
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.dn import DnError, dn_key, parse_dn, rdn_value
from transhumance.connectors.formats.entry import classes_of, is_change, lowered
from transhumance.connectors.formats.ldif import LdifRecord
from transhumance.migrators.identities.losses import SECRETS
from transhumance.migrators.identities.standard import NOBODY, PERSON
from transhumance.migrators.identities.values import LOCKED_FOR_GOOD, uuid_to_guid

PERSON_CLASSES, GROUP_CLASSES = PERSON.classes, (b"top", b"groupOfNames")
UNIT_CLASSES = (b"top", b"organizationalUnit")
MEMBERS = {"member": "member", "uniquemember": "uniqueMember"}
UNITS = "keycloak_units"  # in a plan's mapping: `attribute`: no groups for units, and people have `trh.ou`
_PEOPLE = frozenset({"inetorgperson", "organizationalperson", "person", "account", "posixaccount", "user"})
_GROUPS = frozenset({"groupofnames", "groupofuniquenames", "groupofmembers", "posixgroup", "groupofurls", "group"})
_PICTURES = frozenset({"jpegphoto", "photo", "thumbnailphoto", "thumbnaillogo", "audio"})
_CERTIFICATES = frozenset({"usercertificate", "usersmimecertificate", "cacertificate", "userpkcs12"})
# what the residue of an entry of Active Directory holds that applications and the way back ask for
FROM_RESIDUE = {
    "objectsid": "trh.objectSid",
    "sidhistory": "trh.sidHistory",
    "userprincipalname": "trh.upn",
    "serviceprincipalname": "trh.spn",
    "legacyexchangedn": "trh.legacyExchangeDN",
}


@dataclass(slots=True)
class Made:
    """A user or group being made."""

    entry: LdifRecord
    limit: int
    properties: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def put(self, name: str, values: Iterable[str]) -> None:
        """An attribute, its order noted where letters do not give it."""
        held = tuple(values)
        if held:
            self.properties[kc.ATTRIBUTES + name] = tuple(sorted(held))
            if order := kc.order_of(name, held):
                self.order.append(order)

    def keep(self, name: str, values: tuple[bytes, ...]) -> None:
        """An attribute of the entry: as it is, in `trh.rest`, or left out and named."""
        if (base := name.partition(";")[0].lower()) in SECRETS:
            self.findings.append(Finding("ID-PWD-08", name))
        elif not _is_taken(name) and kc.is_plain(values, self.limit):
            self.put(name, (value.decode() for value in values))
        elif all(len(value) <= kc.WHOLE_LIMIT * 3 // 4 - len(name) - 24 for value in values):
            self.rest += kc.pack(name, values, self.limit)
        else:
            code = "ID-PHO-01" if base in _PICTURES else "ID-CRT-02" if base in _CERTIFICATES else "ID-ATT-03"
            self.findings.append(Finding(code, name))


# names of Keycloak's own, lower case: fields, and attributes that it strips or holds read-only in any user
_TAKEN = frozenset(
    """username email firstname lastname locale enabled email_verified disabledreason kerberos_principal ldap_id
    ldap_entry_dn created_timestamp createtimestamp modifytimestamp usercertificate""".split()
)
_TAKEN_BEGINS = (kc.OURS, "saml.persistent.name.id.for.")


def _is_taken(name: str) -> bool:
    return name.lower() in _TAKEN or name.lower().startswith(_TAKEN_BEGINS)


def made_of(entry: LdifRecord, residue: Iterable[ResidueEntry], mapping: Mapping[str, Value] | None = None) -> Made:
    """The user or group for an entry. Raises `SkipItem` for what Keycloak has no place for."""
    if is_change(entry):
        raise SkipItem("ID-CHG-02", Text("un changement n'est pas un compte", "a change is no account"))
    classes = classes_of(lowered(entry.attributes))
    if classes & _GROUPS:
        return _group(entry)
    if classes & _PEOPLE and "device" not in classes:
        if kc.spelt(entry.attributes, "uid") not in entry.attributes:
            raise SkipItem("ID-CNT-02", Text("une personne sans identifiant", "a person without a log-in name"))
        return _user(entry, residue, mapping or {})
    if "organizationalunit" in classes and "extensibleobject" not in classes:  # which a container of AD has
        if (mapping or {}).get(UNITS) == "attribute":
            raise SkipItem("ID-OU-02", Text("une unité n'est ici qu'un attribut", "a unit is an attribute only here"))
        return _unit(entry)
    code = "ID-CMP-02" if "device" in classes else "ID-CLS-03"
    raise SkipItem(code, Text("ni une personne ni un groupe", "neither a person nor a group"))


def _begun(entry: LdifRecord, type_: str, limit: int) -> tuple[Made, dict[str, tuple[bytes, ...]]]:
    """The beginning of one: its id and its name; and the attributes that are still to be placed."""
    made, left = Made(entry, limit), dict(entry.attributes)
    made.properties["type"] = type_
    given = left.get("entryUUID", ())
    guid = uuid_to_guid(given[0]) if len(given) == 1 else None
    if guid:
        made.properties["id"] = id_ = str(uuid.UUID(bytes_le=guid))
        if given == (id_.encode(),):
            del left["entryUUID"]
    else:
        made.properties["id"] = kc.id_of_name(dn_key(entry.dn))
        made.put(kc.NO_ID, ("1",))
    return made, left


def _ended(made: Made, left: Mapping[str, tuple[bytes, ...]], classes: tuple[bytes, ...]) -> Made:
    """Every attribute that is left, and what says how they lay."""
    for name, values in left.items():
        if name != "objectClass" or values != classes:
            made.keep(name, values)
    raw = made.entry.dn.encode("utf-8", "surrogateescape")
    if kc.is_plain((raw,), made.limit):
        made.put(kc.DN, (made.entry.dn,))
    elif len(raw) <= kc.WHOLE_LIMIT * 3 // 4 - 24:
        made.rest += kc.pack("dn", (raw,), made.limit)
    else:
        made.findings.append(Finding("ID-ATT-03", "dn"))
    made.put(kc.REST, made.rest)
    if made.order and all(len(text) <= made.limit for text in made.order):
        made.properties[kc.ATTRIBUTES + kc.ORDER] = tuple(sorted(made.order))
    return made


def _user(entry: LdifRecord, residue: Iterable[ResidueEntry], mapping: Mapping[str, Value]) -> Made:
    made, left = _begun(entry, kc.USER, kc.USER_LIMIT)
    for name, own in kc.FIELDS.items():
        given = left.get(kc.spelt(left, name), ())
        text = given[0].decode("utf-8", "replace") if given else ""
        value = kc.CLEAN[name](text)
        if own == "username" and not _log_in(value):
            raise SkipItem("ID-NAM-07", Text("l'identifiant ne peut pas servir", "the log-in name can't be used"))
        if value:
            made.properties[own] = value
        if left.get(name) == (value.encode("utf-8", "replace"),):
            del left[name]
        elif given and value != text:
            made.findings += _changed(name, text, value)
    locked = left.get("pwdAccountLockedTime") == (LOCKED_FOR_GOOD,)
    if locked:
        del left["pwdAccountLockedTime"]
    made.properties["enabled"] = not locked
    if left.get("pwdReset") == (b"TRUE",):
        made.properties["requiredActions"] = ("UPDATE_PASSWORD",)
    _from_residue(made, residue, mapping)
    if mapping.get(UNITS) == "attribute":
        made.put("trh.ou", _texts((_unit_of(entry.dn),)))
    return _ended(made, left, PERSON_CLASSES)


def _unit_of(dn: str) -> str:
    """The names of the units that the person is in, from the top."""
    try:
        rdns = parse_dn(dn)[1:]
    except DnError:
        return ""
    units = [ava.value.decode("utf-8", "replace") for rdn in rdns for ava in rdn if ava.type.lower() == "ou"]
    return "/".join(reversed(units))


def _log_in(name: str) -> bool:
    """Whether someone can log in with it: Keycloak trims what is typed, and holds 255 characters."""
    return 0 < len(name) <= 255 and name == name.strip() and "\0" not in name and "\ufffd" not in name


def _changed(name: str, text: str, value: str) -> Iterable[Finding]:
    """A field that Keycloak would not take as it is."""
    if name == "mail" and not value:
        yield Finding("ID-MAI-04", name)
    elif name in ("givenName", "sn"):
        yield Finding("ID-NAM-08", name)


def _from_residue(made: Made, residue: Iterable[ResidueEntry], mapping: Mapping[str, Value]) -> None:
    """What applications and the way back ask for of what the standard entry has no place for."""
    wanted = mapping.get("rpps")
    for part in residue:
        lower = part.path.lower()
        values = [v for v in part.value if isinstance(v, bytes)] if isinstance(part.value, list | tuple) else []
        if lower in ("objectsid", "sidhistory"):
            made.put(FROM_RESIDUE[lower], _texts(map(sid_text, values)))
        elif lower in FROM_RESIDUE:
            made.put(FROM_RESIDUE[lower], _texts(value.decode("utf-8", "replace") for value in values))
        elif lower == "proxyaddresses":
            made.put("trh.proxyAddress", _texts(value.decode("utf-8", "replace") for value in values))
        elif isinstance(wanted, str) and lower == wanted.lower():
            made.put("trh.rpps", _texts(value.decode("utf-8", "replace") for value in values))
        elif lower == "useraccountcontrol" and isinstance(part.value, int):
            made.put("trh.userAccountControl", (str(part.value),))
    if isinstance(wanted, str):
        for name, values_ in made.entry.attributes.items():
            if name.lower() == wanted.lower():
                made.put("trh.rpps", _texts(value.decode("utf-8", "replace") for value in values_))


def _texts(values: Iterable[str]) -> list[str]:
    return [v for v in dict.fromkeys(values) if v.strip() and len(v) <= kc.USER_LIMIT and "\0" not in v]


def sid_text(value: bytes) -> str:
    """A SID's usual text (MS-DTYP 2.4.2.1); empty for what is none."""
    if len(value) < 8 or value[0] != 1 or len(value) != 8 + 4 * value[1]:
        return ""
    parts = (int.from_bytes(value[at : at + 4], "little") for at in range(8, len(value), 4))
    return "-".join(["S-1", str(int.from_bytes(value[2:8], "big")), *map(str, parts)])


def _group(entry: LdifRecord) -> Made:
    made, left = _begun(entry, kc.GROUP, kc.GROUP_LIMIT)
    _named(made, left, "cn")
    name = next((name for name in left if name.lower() in MEMBERS), "member")
    members = left.get(name, ())
    if name in left and all(map(_is_name, members)) and len({dn_key(m.decode()) for m in members}) == len(members):
        del left[name]
        made.properties["members"] = tuple(value.decode() for value in members if value != NOBODY)
        if name != "member":
            made.put(kc.MEMBER_ATTRIBUTE, (name,))
    if not members:
        made.put(kc.NO_MEMBER, ("1",))
    if other := [n for n in left if n.lower() == "memberuid" or n.lower().partition(";")[0] in MEMBERS]:
        made.findings.append(Finding("ID-GRP-09", ", ".join(other)[:100]))
    return _ended(made, left, GROUP_CLASSES)


def _is_name(value: bytes) -> bool:
    try:
        return bool(value.decode().strip())
    except UnicodeDecodeError:
        return False


def _unit(entry: LdifRecord) -> Made:
    made, left = _begun(entry, kc.GROUP, kc.GROUP_LIMIT)
    made.put(kc.KIND_OF, ("ou",))
    _named(made, left, "ou")
    return _ended(made, left, UNIT_CLASSES)


def _named(made: Made, left: Mapping[str, tuple[bytes, ...]], by: str) -> None:
    values = left.get(kc.spelt(left, by), ())
    text = values[0].decode("utf-8", "replace") if values else rdn_value(made.entry.dn)
    made.properties["name"] = kc.clean_group(text)
    made.put(kc.NAME, (made.properties["name"],))
