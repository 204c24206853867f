"""What a standard entry alone says of the entry of Active Directory that it was: the same table, read backwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from transhumance.connectors.formats.dn import rdn_value
from transhumance.connectors.formats.ldif import Attributes
from transhumance.migrators.identities.build import own_name
from transhumance.migrators.identities.standard import (
    CONTAINER,
    NOBODY,
    PERSON,
    TARGETS,
    Move,
    shape_of_document,
)
from transhumance.migrators.identities.values import LOCKED_FOR_GOOD, time_to_filetime, uuid_to_guid

Said = dict[str, tuple[bytes, ...]]
NORMAL_ACCOUNT, DISABLED = 0x200, 0x2


def rebuild(dn: str, attributes: Attributes) -> tuple[Said, Mapping[str, str]]:
    """The attributes that the document alone gives back, and the attribute of the document (lower case) that each comes
    from."""
    classes = frozenset(value.decode("utf-8", "replace").lower() for value in _get(attributes, "objectclass"))
    named_by = next((ava.type.lower() for ava in own_name(dn)), "")
    shape = shape_of_document(classes, named_by, bool(_get(attributes, "uid")))
    said: Said = {"distinguishedName": (_raw(dn),), "name": (rdn_value(dn).encode(),)}
    origin = dict.fromkeys(said, "dn")
    if shape.ad_classes:
        said["objectClass"], origin["objectClass"] = shape.ad_classes, "objectclass"
    if shape is PERSON:
        locked = LOCKED_FOR_GOOD in _get(attributes, "pwdaccountlockedtime")
        said["userAccountControl"] = (str(NORMAL_ACCOUNT | DISABLED * locked).encode(),)
        origin["userAccountControl"] = "uid"
    for name, values in attributes.items():
        lower = name.lower()
        if lower == "objectclass" or (shape is CONTAINER and lower == "ou"):
            continue
        for source, given in _back(name, values, TARGETS[shape.name].get(lower, ())):
            if given:
                said[source], origin[source] = given, lower
    return said, origin


def _get(attributes: Attributes, lower: str) -> tuple[bytes, ...]:
    return next((values for name, values in attributes.items() if name.lower() == lower), ())


def _raw(dn: str) -> bytes:
    return dn.encode("utf-8", "surrogateescape")


def _back(name: str, values: tuple[bytes, ...], moves: tuple[Move, ...]) -> list[tuple[str, tuple[bytes, ...]]]:
    """The source's attributes for one of the document."""
    if not moves:
        return [(name, values)]
    first, how = moves[0], moves[0].how
    if how in _WAYS:
        made = _WAYS[how](values[0])
        return [(first.source, (made,) if made is not None else ())]
    if first.target == "mail":
        return _mail(name if first.source.lower() == name.lower() else first.source, values)
    if first.target == "member":
        return [(name, tuple(value for value in values if value != NOBODY))]
    own = name if first.source.lower() == name.lower() else first.source
    if len(moves) == 1:
        return [(own, values)]
    return [(own, values[:1]), (moves[1].source, values[1:])]


def _mail(name: str, values: tuple[bytes, ...]) -> list[tuple[str, tuple[bytes, ...]]]:
    """The first address is `mail`; where there are others, all are proxy addresses, the first one primary."""
    if len(values) == 1:
        return [(name, values)]
    proxies = (b"SMTP:" + values[0], *(b"smtp:" + value for value in values[1:]))
    return [(name, values[:1]), ("proxyAddresses", proxies)]


_WAYS: dict[str, Callable[[bytes], bytes | None]] = {
    "guid": uuid_to_guid,
    "expiry": time_to_filetime,
    "reset": lambda value: b"0" if value.upper() == b"TRUE" else None,
    "lock": lambda value: None,  # userAccountControl is composed from it above
}
