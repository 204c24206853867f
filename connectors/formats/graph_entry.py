"""Directory objects of Microsoft Graph as records of kind `entry` have them: their keys, names and links.

A record of form `graph-json` has Graph's own JSON: `@odata.type` and the properties that were asked for, without those
that are null or empty (Graph leaves them out of a delta query, so that they can't be told from absent ones). A link
(`manager`, each of `members`) is an object with `@odata.type`, `id` and the one property that names the other end.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from transhumance.connectors.formats.dn import Ava, format_dn

FORM = "graph-json"
PREFIX = "#microsoft.graph."
USER, GROUP = PREFIX + "user", PREFIX + "group"
VOLATILE = frozenset({"registeredMethods"})
NAMES = ("onPremisesSamAccountName", "userPrincipalName", "mailNickname", "displayName")
POLICY, APPLICATION = PREFIX + "conditionalAccessPolicy", PREFIX + "servicePrincipal"
PLACES = {POLICY: b"9conditional-access/", APPLICATION: b"9app-roles/"}
_RANKS = {USER: b"2", GROUP: b"3", PREFIX + "orgContact": b"2", **PLACES}
_TAIL = 12  # the last digits of an id, as Microsoft's own group writeback appends them to a name

Json = dict[str, Any]


def clean(item: Mapping[str, Any]) -> Json:
    """An object without its null and empty properties and without the answer's own (`@odata.context`)."""
    return {
        name: _clean(value)
        for name, value in item.items()
        if (not name.startswith("@odata.") or name == "@odata.type") and _clean(value) not in (None, {}, [])
    }


def _clean(value: Any) -> Any:
    return {name: inner for name, inner in value.items() if inner is not None} if isinstance(value, dict) else value


def guid_of(item: Mapping[str, Any]) -> bytes:
    """The 16 bytes that identify an object, in the order of an `objectGUID`: of a person that came from Active
    Directory, the anchor that Entra Connect keeps (`onPremisesImmutableId`, base64 of that GUID); else its own id.

    Raises `ValueError` where the id is no UUID."""
    anchor = item.get("onPremisesImmutableId")
    if isinstance(anchor, str):
        try:
            found = base64.b64decode(anchor, validate=True)
        except (binascii.Error, ValueError):
            found = b""
        if len(found) == 16:
            return found
    return uuid.UUID(str(item.get("id"))).bytes_le


def key_of(item: Mapping[str, Any]) -> bytes:
    """The key: a rank (people before groups before the rest, with the place of an inventory), then the 16 bytes.
    Raises `ValueError`."""
    return _RANKS.get(str(item.get("@odata.type")), b"9") + guid_of(item)


def stable_id_of(key: bytes) -> bytes:
    """The usual text of a key's GUID."""
    return str(uuid.UUID(bytes_le=key[-16:])).encode()


def named_by(item: Mapping[str, Any]) -> str:
    """The property that names an object: unique by itself, so that a name depends on no other object. A person: the
    log-in name of Active Directory, else the principal name. A group: that log-in name, the alias where mail makes it
    unique, else the display name, to which the end of its id is added."""
    if item.get("onPremisesSamAccountName"):
        return "onPremisesSamAccountName"
    kind = item.get("@odata.type")
    if kind == USER:
        return "userPrincipalName"
    if kind == GROUP and item.get("mailNickname") and (item.get("mailEnabled") or not item.get("displayName")):
        return "mailNickname"
    return "displayName"


def name_of(item: Mapping[str, Any], by: str | None = None) -> str:
    """The value of an object's name. `by`: the property, where it is known."""
    by = by or named_by(item)
    value = str(item.get(by) or "")
    if by == "displayName" or not value:
        tail = str(item.get("id", "")).replace("-", "")[-_TAIL:]
        return f"{value}_{tail}" if value else tail
    return value


def dn_of(item: Mapping[str, Any], base: str, by: str | None = None) -> str:
    """The distinguished name that an object is given below a base: `uid=` for people, `cn=` for all else."""
    kind = "uid" if item.get("@odata.type") == USER else "cn"
    value = name_of(item, by).encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    own = format_dn([(Ava(kind, value.encode("utf-8", "surrogateescape")),)])
    return f"{own},{base}" if base else own


def base_of(domain: str) -> str:
    """The base DN of a DNS domain (RFC 2247)."""
    return format_dn([(Ava("dc", label.encode()),) for label in domain.split(".") if label])


def link_to(item: Mapping[str, Any]) -> Json:
    """What a record says of the other end of a link."""
    by = named_by(item)
    made = {"@odata.type": item.get("@odata.type", PREFIX + "directoryObject"), "id": item.get("id")}
    return {**made, by: item[by]} if item.get(by) else made


def links_to(items: Iterable[Mapping[str, Any]]) -> list[Json]:
    """Links in order of id, each once."""
    found = {str(item.get("id")): link_to(item) for item in items}
    return [found[name] for name in sorted(found)]


def version_of(item: Mapping[str, Any]) -> str:
    """What changes when anything of an object does; `VOLATILE` is nothing of it."""
    said = {name: value for name, value in item.items() if name not in VOLATILE}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
