"""The LDIF entry that a user or group of Keycloak is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.ldif import LdifRecord
from transhumance.migrators.identities.forms.keycloak_made import GROUP_CLASSES, PERSON_CLASSES, UNIT_CLASSES
from transhumance.migrators.identities.standard import NOBODY
from transhumance.migrators.identities.values import LOCKED_FOR_GOOD

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9=*-]+)*")
_NOT_SAID = frozenset(kc.FEDERATED)
Attributes = dict[str, tuple[bytes, ...]]


def entry_for(properties: Mapping[str, Any]) -> LdifRecord:
    """The entry of a user or group: the one that it was made from, with what was changed here since; for one that was
    born here, an entry of standard classes under the realm's base."""
    said = _attributes(properties)
    rest = kc.unpack(_ours(properties, kc.REST))
    name = (_ours(properties, kc.DN) or tuple(v.decode("utf-8", "surrogateescape") for v in rest.pop("dn", ())))[:1]
    said |= rest
    if not _ours(properties, kc.NO_ID):
        said.setdefault("entryUUID", (str(properties.get("id", "")).encode(),))
    make = _group if properties.get("type") == kc.GROUP else _user
    make(properties, said)
    return LdifRecord(name[0] if name else kc.made_name(properties), {n: v for n, v in said.items() if v})


def _ours(properties: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(properties.get(kc.ATTRIBUTES + name, ()))


def _attributes(properties: Mapping[str, Any]) -> Attributes:
    """The attributes of the entry that are attributes here, in their order."""
    orders = dict(text.rsplit(":", 1) for text in _ours(properties, kc.ORDER) if ":" in text)
    found: Attributes = {}
    for path, values in properties.items():
        name = path.removeprefix(kc.ATTRIBUTES)
        ours = name.startswith(kc.OURS) or name in _NOT_SAID
        if path != name and not ours and _ATTRIBUTE.fullmatch(name):
            found[name] = tuple(text.encode("utf-8", "surrogatepass") for text in kc.in_order(values, orders.get(name)))
    return found


def _user(properties: Mapping[str, Any], said: Attributes) -> None:
    for field, own in kc.FIELDS.items():
        name = kc.spelt(said, field)
        held, here = said.get(name, ()), str(properties.get(own, ""))
        first = held[0].decode("utf-8", "replace") if held else ""
        if held and kc.CLEAN[field](first) == here:
            continue  # as it was made from the entry
        said[name] = ((here.encode(),) if here else ()) + held[1:]
    born = not _ours(properties, kc.DN) and "cn" not in said
    if born:
        whole = " ".join(filter(None, (str(properties.get(n, "")) for n in ("firstName", "lastName"))))
        said["cn"] = ((whole or str(properties.get("username", "-"))).encode(),)
        said["sn"] = said.get("sn") or said["cn"]
    if properties.get("enabled") is False and not _ours(properties, kc.EXPIRED):
        said.setdefault("pwdAccountLockedTime", (LOCKED_FOR_GOOD,))
    said.setdefault("objectClass", PERSON_CLASSES)


def _group(properties: Mapping[str, Any], said: Attributes) -> None:
    unit = kc.rank_of(properties) == "ou"
    by = "ou" if unit else "cn"
    name = str(properties.get("name", ""))
    spelt = kc.spelt(said, by)
    if (name,) != _ours(properties, kc.NAME):  # renamed here, or born here
        said[spelt] = (name.encode(), *said.get(spelt, ())[1:])
    said.setdefault("objectClass", UNIT_CLASSES if unit else GROUP_CLASSES)
    if unit:
        return
    members = tuple(str(member).encode() for member in properties.get("members", ()))
    attribute = (*_ours(properties, kc.MEMBER_ATTRIBUTE), "member")[0]
    if members or not (_ours(properties, kc.NO_MEMBER) or any(n.lower() == attribute.lower() for n in said)):
        said[attribute] = members or (NOBODY,)
