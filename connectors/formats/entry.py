"""Directory entries and changes as records of kind `entry` have them, and as LDIF has them.

An entry's properties are its attributes by name (options kept in the name), each a tuple of bytes in the order of the
source, and `dn`, a text. A change (`delete`, `modify`, `modrdn`, `moddn`) has `changetype` as a *text*, which no
attribute is, with `mods`, `controls`, `newrdn`, `deleteoldrdn`, `newsuperior` as RFC 2849 names them.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, cast

from transhumance.connectors.contract import Value
from transhumance.connectors.formats.ldif import Attributes, Control, LdifRecord, Mod

KIND, AD, LDIF = "entry", "ad-entry", "ldif"
Lower = Mapping[str, tuple[bytes, ...]]

_GUID = re.compile(rb"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")


def lowered(attributes: Attributes) -> Lower:
    """The same attributes under lower-case names: names have no case (RFC 4512, 2.5)."""
    return {name.lower(): values for name, values in attributes.items()}


def guid_text(value: bytes) -> str | None:
    """A GUID's usual text, from the 16 bytes that Active Directory holds (its first three fields are little-endian,
    MS-DTYP 2.3.4.2) or from a text of it; None where it is neither."""
    if len(value) == 16:
        return str(uuid.UUID(bytes_le=value))
    found = _GUID.fullmatch(value)
    return found[1].decode().lower() if found else None


def stable_id(lower: Lower) -> str | None:
    """The id that stays when the entry is renamed: its `objectGUID`, else its `entryUUID` (RFC 4530)."""
    own = lower.get("objectguid", (b"",))[0]
    shared = lower.get("entryuuid", (b"",))[0]
    return guid_text(own) or (guid_text(shared) if len(shared) >= 36 else None)


def classes_of(lower: Lower) -> frozenset[str]:
    """The entry's classes, lower case; where an export left `objectClass` out, what Active Directory's category says
    (a person without a log-in name is a contact there)."""
    found = lower.get("objectclass", ())
    if found:
        return frozenset(value.decode("utf-8", "replace").lower() for value in found)
    category = lower.get("objectcategory", (b"",))[0].decode("utf-8", "replace").lower()
    name = category.partition(",")[0].removeprefix("cn=")
    if name == "person":
        return frozenset({"user" if "samaccountname" in lower else "contact"})
    return frozenset({_CATEGORIES.get(name, name)} - {""})


_CATEGORIES = {"organizational-unit": "organizationalunit", "domain-dns": "domaindns"}


def is_change(record: LdifRecord) -> bool:
    """Whether it is a change and not a state; `changetype: add` is how `ldifde` writes a state."""
    return record.changetype not in ("", "add")


def properties_of(record: LdifRecord) -> dict[str, Value]:
    """The properties that a record of the contract has for it."""
    if not is_change(record):
        return {**record.attributes, "dn": record.dn}
    said: dict[str, Value] = {"dn": record.dn, "changetype": record.changetype}
    if record.controls:
        said["controls"] = tuple((c.oid, c.critical, c.value) for c in record.controls)
    if record.mods:
        said["mods"] = tuple((m.op, m.attribute, m.values) for m in record.mods)
    if record.newrdn is not None:
        said |= {"newrdn": record.newrdn, "deleteoldrdn": record.delete_old}
    if record.newsuperior is not None:
        said["newsuperior"] = record.newsuperior
    return said


def record_of(properties: Mapping[str, Value]) -> LdifRecord:
    """The LDIF record of such properties. Raises `ValueError` where they are neither an entry's nor a change's."""
    dn = properties.get("dn")
    if not isinstance(dn, str):
        raise ValueError("no dn")
    if isinstance(properties.get("changetype"), str):
        return _change(dn, cast(Mapping[str, Any], properties))
    attributes = {name: _values(value) for name, value in properties.items() if name != "dn"}
    return LdifRecord(dn, {name: values for name, values in attributes.items() if values})


def _values(value: Value) -> tuple[bytes, ...]:
    if isinstance(value, tuple) and all(isinstance(each, bytes) for each in value):
        return cast("tuple[bytes, ...]", value)
    raise ValueError("a value is not bytes")


def _change(dn: str, said: Mapping[str, Any]) -> LdifRecord:
    return LdifRecord(
        dn,
        changetype=said["changetype"],
        controls=tuple(Control(oid, critical, value) for oid, critical, value in said.get("controls", ())),
        mods=tuple(Mod(op, name, tuple(values)) for op, name, values in said.get("mods", ())),
        newrdn=said.get("newrdn"),
        delete_old=bool(said.get("deleteoldrdn", True)),
        newsuperior=said.get("newsuperior"),
    )
