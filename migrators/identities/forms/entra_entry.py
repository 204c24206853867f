"""Users and groups of Entra ID as the attributes that Active Directory would give them, and back: so that both
directories meet in one map to standard classes (`identities.standard`).

A person's log-in name is that of Active Directory where there is one, else the principal name; an entry's own name is
made by `connectors.formats.graph_entry`. What a link says of its other end (its id, its type, the property that names
it) stands in the residue, in the order of the attribute's values.
"""

from __future__ import annotations

import base64
import re
import struct
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from transhumance.connectors.contract import Value
from transhumance.connectors.formats.dn import rdn_value
from transhumance.connectors.formats.graph_entry import (
    GROUP,
    PREFIX,
    USER,
    Json,
    dn_of,
    guid_of,
    name_of,
    named_by,
)

Attributes = dict[str, tuple[bytes, ...]]

_BOTH = {"displayName": "displayName", "mail": "mail"}
_PERSON = {
    **_BOTH,
    "givenName": "givenName",
    "surname": "sn",
    "jobTitle": "title",
    "department": "department",
    "companyName": "company",
    "officeLocation": "physicalDeliveryOfficeName",
    "streetAddress": "streetAddress",
    "city": "l",
    "state": "st",
    "postalCode": "postalCode",
    "country": "co",
    "mobilePhone": "mobile",
    "faxNumber": "facsimileTelephoneNumber",
    "employeeId": "employeeID",
    "employeeType": "employeeType",
    "preferredLanguage": "preferredLanguage",
}
_GROUP = {**_BOTH, "description": "description"}
_REST = {"displayName": "displayName", "description": "description"}
TEXTS = {USER: _PERSON, GROUP: _GROUP}
PLACES = {
    **{name: attribute.lower() for name, attribute in {**_PERSON, **_GROUP}.items()},
    "businessPhones": "telephonenumber",
    "proxyAddresses": "proxyaddresses",
    "createdDateTime": "whencreated",
    "userPrincipalName": "samaccountname",
    "onPremisesSamAccountName": "samaccountname",
    "manager": "manager",
    "members": "member",
}
"""Where a property has a place: the attribute of Active Directory (lower case) that it becomes."""

_EXTENSIONS = "onPremisesExtensionAttributes"
_EXTENSION = re.compile(r"extensionAttribute(?:[1-9]|1[0-5])")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z")
_AD_TIME = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.0Z")
_SID = re.compile(r"S-1-(\d{1,15})((?:-\d{1,10}){0,15})")
_CLASSES = {
    USER: (b"top", b"person", b"organizationalPerson", b"user"),
    GROUP: (b"top", b"group"),
}
NORMAL, DISABLED, KEPT = 0x200, 0x2, "registeredMethods"
UNIVERSAL, SECURITY = 8, -(1 << 31)  # groupType of Active Directory (MS-ADTS 2.2.12)
_TAILED = re.compile(r"(.*)_[0-9a-f]{12}", re.DOTALL)


def raw(text: str) -> bytes:
    """A text's bytes; a half of a surrogate pair keeps its own."""
    return text.encode("utf-8", "surrogatepass")


def said(value: bytes) -> str:
    """The text again. Raises `ValueError`."""
    return value.decode("utf-8", "surrogatepass")


# --- to Active Directory's attributes


def attributes_of(item: Mapping[str, Any], base: str) -> tuple[str, Attributes]:
    """The name and the attributes of an object below a base."""
    kind = str(item.get("@odata.type", ""))
    made: Attributes = {"objectClass": _CLASSES.get(kind, (b"top", raw(kind.removeprefix(PREFIX)) or b"object"))}
    for name, attribute in TEXTS.get(kind, _REST).items():
        if isinstance(item.get(name), str):
            made[attribute] = (raw(item[name]),)
    try:
        made["objectGUID"] = (guid_of(item),)
    except ValueError:
        pass
    if when := _TIME.fullmatch(str(item.get("createdDateTime"))):
        made["whenCreated"] = (("".join(when.groups()) + ".0Z").encode(),)
    if sid := sid_bytes(item.get("onPremisesSecurityIdentifier")):
        made["objectSid"] = (sid,)
    if _texts(item.get("proxyAddresses")):
        made["proxyAddresses"] = tuple(map(raw, item["proxyAddresses"]))
    if kind == USER:
        made |= _person(item, base)
    else:
        made |= _thing(item, kind, base)
    return dn_of(item, base), made


def _person(item: Mapping[str, Any], base: str) -> Attributes:
    enabled = item.get("accountEnabled") is not False
    made: Attributes = {"userAccountControl": (str(NORMAL if enabled else NORMAL | DISABLED).encode(),)}
    if isinstance(item.get("displayName"), str):
        made["cn"] = (raw(item["displayName"]),)
    login, principal = item.get(named_by(item)), item.get("userPrincipalName")
    if named_by(item) != "displayName" and isinstance(login, str):
        made["sAMAccountName"] = (raw(login),)
        if login is not principal and isinstance(principal, str):
            made["userPrincipalName"] = (raw(principal),)
    if phones := _texts(item.get("businessPhones")):
        made["telephoneNumber"] = (raw(phones[0]),)
        if phones[1:]:
            made["otherTelephone"] = tuple(map(raw, phones[1:]))
    extensions = item.get(_EXTENSIONS)
    if isinstance(extensions, Mapping) and all(
        _EXTENSION.fullmatch(name) and isinstance(value, str) for name, value in extensions.items()
    ):
        made |= {name: (raw(value),) for name, value in extensions.items()}
    if _linked([item.get("manager")]):
        made["manager"] = (raw_dn(dn_of(item["manager"], base)),)
    return made


def _thing(item: Mapping[str, Any], kind: str, base: str) -> Attributes:
    shown = item.get("displayName")
    name = raw(name_of(item))
    made: Attributes = {"cn": tuple(dict.fromkeys([raw(shown), name])) if isinstance(shown, str) else (name,)}
    if kind == GROUP:
        if isinstance(item.get("onPremisesSamAccountName"), str):
            made["sAMAccountName"] = (raw(item["onPremisesSamAccountName"]),)
        if isinstance(item.get("securityEnabled"), bool):
            made["groupType"] = (str(UNIVERSAL + (SECURITY if item["securityEnabled"] else 0)).encode(),)
        if members := _linked(item.get("members")):
            made["member"] = tuple(raw_dn(dn_of(member, base)) for member in members)
    return made


def raw_dn(dn: str) -> bytes:
    return dn.encode("utf-8", "surrogateescape")


def _texts(values: Any) -> list[str]:
    """A list of texts, or nothing."""
    whole = isinstance(values, list | tuple) and all(isinstance(value, str) for value in values)
    return list(values) if whole else []


def _linked(values: Any) -> list[Json]:
    """Links, where each can be made again from its DN and `ends_of`; else nothing."""
    if not isinstance(values, list | tuple):
        return []
    return list(values) if all(isinstance(value, Mapping) and _plain(value) for value in values) else []


def _plain(link: Mapping[str, Any]) -> bool:
    by = _by(link)
    if set(link) != {"@odata.type", "id", by} - {""} or not all(isinstance(v, str) and v for v in link.values()):
        return False
    return links_back([raw_dn(dn_of(link, ""))], ends_of([link])) == [link]


def _by(link: Mapping[str, Any]) -> str:
    """The property that names a link's end; empty where only its id does."""
    by = named_by(link)
    return by if by in link else ""


# --- and back


def graph_of(dn: str, attributes: Mapping[str, Value], kind: str) -> Json:
    """What the attributes alone say of an object; links as their names alone (`links_back` completes them)."""
    held: dict[str, tuple[bytes, ...]] = {
        name: values  # type: ignore[misc]
        for name, values in attributes.items()
        if isinstance(values, tuple) and values and all(isinstance(value, bytes) for value in values)
    }
    made: Json = {"@odata.type": kind}
    for name, attribute in TEXTS.get(kind, _REST).items():
        _put(made, name, held, attribute)
    if when := _AD_TIME.fullmatch(_first(held, "whenCreated")):
        year, month, day, hour, minute, second = (part.decode() for part in when.groups())
        made["createdDateTime"] = f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"
    if text := sid_text(_first(held, "objectSid")):
        made["onPremisesSecurityIdentifier"] = text
    if "proxyAddresses" in held:
        made["proxyAddresses"] = [said(value) for value in held["proxyAddresses"]]
    if kind == USER:
        made |= _user(held)
    elif kind == GROUP:
        made |= _group(dn, held, made.get("displayName"))
    guid = _first(held, "objectGUID")
    if len(guid) == 16:
        if kind == USER and "onPremisesSamAccountName" in made:
            made["onPremisesImmutableId"] = base64.b64encode(guid).decode()
        else:
            made["id"] = str(uuid.UUID(bytes_le=guid))
    return made


def _put(made: Json, name: str, held: Mapping[str, tuple[bytes, ...]], attribute: str) -> None:
    if attribute in held:
        made[name] = said(held[attribute][0])


def _first(held: Mapping[str, tuple[bytes, ...]], name: str) -> bytes:
    return held.get(name, (b"",))[0]


def _user(held: Mapping[str, tuple[bytes, ...]]) -> Json:
    made: Json = {}
    bits = _first(held, "userAccountControl")
    if re.fullmatch(rb"[0-9]{1,10}", bits):
        made["accountEnabled"] = not int(bits) & DISABLED
    if "sAMAccountName" in held:
        login = said(held["sAMAccountName"][0])
        alone = "userPrincipalName" not in held and "@" in login
        made["userPrincipalName" if alone else "onPremisesSamAccountName"] = login
    _put(made, "userPrincipalName", held, "userPrincipalName")
    phones = [said(v) for name in ("telephoneNumber", "otherTelephone") for v in held.get(name, ())]
    if phones:
        made["businessPhones"] = phones
    extensions = {name: said(values[0]) for name, values in held.items() if _EXTENSION.fullmatch(name)}
    if extensions:
        made[_EXTENSIONS] = extensions
    if "manager" in held:
        made["manager"] = held["manager"][:1]
    return made


def _group(dn: str, held: Mapping[str, tuple[bytes, ...]], shown: str | None) -> Json:
    made: Json = {}
    _put(made, "onPremisesSamAccountName", held, "sAMAccountName")
    if re.fullmatch(rb"-?[0-9]{1,10}", kind := _first(held, "groupType")):
        made["securityEnabled"] = int(kind) < 0
    name = rdn_value(dn)
    if not made.get("onPremisesSamAccountName") and name != shown and not _TAILED.fullmatch(name):
        made |= {"mailEnabled": True, "mailNickname": name}
    if "member" in held:
        made["members"] = held["member"]
    return made


# --- links


def ends_of(links: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What a link's DN does not say: type, naming property and id of the other end, in one text."""
    return tuple(f"{str(v['@odata.type']).removeprefix(PREFIX)}/{_by(v)}/{v['id']}" for v in links)


def links_back(names: Sequence[bytes], ends: Sequence[str]) -> list[Json]:
    """Links again, from their DNs and from `ends_of`; a DN that has no end there is a link by its name alone."""
    made: list[Json] = []
    for at, name in enumerate(names):
        own = rdn_value(name.decode("utf-8", "surrogateescape"))
        if at < len(ends) and ends[at].count("/") >= 2:
            kind, by, key = ends[at].split("/", 2)
            value = own.rpartition("_")[0] if by == "displayName" else own
            made.append({"@odata.type": PREFIX + kind, "id": key, **({by: value} if by else {})})
        else:
            made.append({"name": own})
    return made


# --- security identifiers (MS-DTYP 2.4.2)


def sid_bytes(text: Any) -> bytes:
    """The bytes of a SID's usual text, where they give that text again; else nothing."""
    found = _SID.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return b""
    parts = [int(part) for part in found[2].split("-")[1:]]
    if int(found[1]) >= 1 << 32 or any(part >= 1 << 32 for part in parts):
        return b""
    made = struct.pack(">BBQ", 1, len(parts), int(found[1]))
    made = made[:2] + made[4:] + struct.pack(f"<{len(parts)}I", *parts)
    return made if sid_text(made) == text else b""


def sid_text(value: bytes) -> str:
    """The usual text of a SID, or nothing where the bytes are none."""
    if len(value) < 8 or value[0] != 1 or len(value) != 8 + 4 * value[1]:
        return ""
    parts = struct.unpack(f"<{value[1]}I", value[8:])
    return "-".join(map(str, ("S-1", int.from_bytes(value[2:8], "big"), *parts)))
