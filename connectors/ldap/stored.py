"""What identifies an entry of the server and what counts of it: keys, versions, and which attributes are nobody's to
move."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from functools import lru_cache

from transhumance.connectors.formats.entry import Lower, classes_of, lowered
from transhumance.connectors.formats.ldapber import Entry, raw
from transhumance.connectors.formats.people import kind_of
from transhumance.connectors.ldap.names import key_of
from transhumance.connectors.ldap.profile import Profile

LOCKED = b"000001010000Z"  # locked for good (draft-behera-ldap-password-policy-10, 5.3.3)
GLUE = b"transhumance: stands in for an entry that has not come yet"
BASE_KEY = b"0base"  # the base is the container itself
MANY = 100  # values above which an attribute is a set, changed value by value
MEMBERS = frozenset({"member", "uniquemember"})
SECRET = frozenset({"userpassword", "authpassword", "krbprincipalkey", "sambantpassword", "sambalmpassword"})
COMPUTED = frozenset({"memberof"})
STATE = ("pwdAccountLockedTime", "pwdEndTime", "pwdReset", "nsAccountLock")
# said by the server or changed by people as they log in: never compared
_LEFT_OUT = COMPUTED | SECRET | {"pwdreset", "entryuuid", "nsuniqueid", "createtimestamp"}
_OWN_CLASSES = frozenset({b"nsmemberof"})  # given by a plug-in of 389-ds
_CONTAINERS = frozenset("domain dcobject organizationalunit organization container locality country".split())
_RANKS = {"ou": b"1", "group": b"3", "other": b"9"}


def wanted(profile: Profile) -> list[str]:
    """The attributes to ask for: all that clients may write, and what is read beside them."""
    return ["*", *dict.fromkeys((profile.id_attribute, "entryUUID", "createTimestamp")), *STATE]


def own_id(entry: Entry, profile: Profile) -> bytes | None:
    """The 16 bytes of what identifies it for good, None where the server did not say."""
    lower = profile.id_attribute.lower()
    value = next((values[0] for name, values in entry.attributes.items() if name.lower() == lower), b"")
    return id_bytes(value.decode("ascii", "replace"), profile.is_389)


def origin_id(entry: Entry, profile: Profile) -> bytes | None:
    """What stays the same when it is removed and comes again: the id that it had at its source where the entry says
    it, else its own."""
    said = next((values[0] for name, values in entry.attributes.items() if name.lower() == "trhobjectguid"), b"")
    return id_bytes(said.decode("ascii", "replace"), False) or own_id(entry, profile)


def id_bytes(text: str, is_389: bool) -> bytes | None:
    """The bytes of an id's text: a UUID's as Active Directory holds it; a nsUniqueId's in their order."""
    try:
        plain = bytes.fromhex(text.replace("-", "").strip("{}"))
        return None if len(plain) != 16 else plain if is_389 else uuid.UUID(bytes=plain).bytes_le
    except ValueError:
        return None


def id_text(key: bytes, is_389: bool) -> str:
    """The text of the id in a key, as the server writes it."""
    if is_389:
        text = key[1:].hex()
        return "-".join(text[at : at + 8] for at in range(0, 32, 8))
    return str(uuid.UUID(bytes_le=key[1:]))


def rank(lower: Lower) -> bytes:
    """Parents come before people, and these before groups."""
    kind = kind_of(lower)
    if kind == "other" and classes_of(lower) & _CONTAINERS:
        return b"1"
    return _RANKS.get(kind, b"2")


def key(entry: Entry, profile: Profile) -> bytes | None:
    """The entry's key as an item."""
    own = own_id(entry, profile)
    return None if own is None else rank(lowered(entry.attributes)) + own


def is_glue(entry: Entry) -> bool:
    """Whether it is an entry of ours that stands in for one that has not come."""
    return GLUE in next((v for name, v in entry.attributes.items() if name.lower() == "description"), ())


def counts(name: str, values: tuple[bytes, ...], profile: Profile) -> bool:
    """Whether an attribute (lower case, options kept) is compared."""
    first = name.partition(";")[0]
    if first in _LEFT_OUT:
        return False
    if first == "pwdaccountlockedtime":
        return LOCKED in values  # any other time is a lock that passes by itself
    if first in ("pwdendtime", "nsaccountlock"):
        return True
    known = profile.schema.attributes.get(first)
    return known is None or not known.operational


def own_classes(values: Iterable[bytes]) -> tuple[bytes, ...]:
    """The classes without those that the server gave by itself."""
    return tuple(value for value in values if value.lower() not in _OWN_CLASSES)


def version(entry: Entry, profile: Profile, undone: Undone | None = None, lone: bool = True) -> str:
    """What changes when anything of the entry does that counts. `undone`: what our own steps elsewhere changed in it,
    to be taken back first. `lone`: false where the one name that stands in the place of those that went is the server's
    filler (`refint_nothing` of OpenLDAP) and is left out."""
    digest = hashlib.sha256(raw(key_of(entry.dn)))
    for name, parts in sorted(_parts(entry, profile, undone or {}, lone)):
        digest.update(b"\0\0" + raw(name))
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:32]


Undone = dict[str, dict[str, str | None]]
"""By attribute (lower case): the key of a name that is there now, to the one that stood there before (None: nothing
did); a key with a `+` before it is a name that is not there any more."""


def _parts(entry: Entry, profile: Profile, undone: Undone, lone: bool) -> Iterator[tuple[str, list[bytes]]]:
    held = _merged(entry)
    for name in {*held, *undone}:
        values = held.get(name, ())
        if not counts(name, values, profile):
            continue
        if profile.schema.is_dn(name.partition(";")[0]):
            names = {key_of(value.decode("utf-8", "surrogateescape")) for value in values}
            if not lone and len(names) == 1 and any(now.startswith("+") for now in undone.get(name, ())):
                names = set()
            yield name, sorted(map(raw, _taken_back(names, undone.get(name, {}))))
        elif name == "objectclass":
            yield name, sorted(map(raw, profile.schema.closure(class_names(values))))
        else:
            yield name, list(values) if len(values) <= MANY else sorted(values)


@lru_cache(1024)
def class_names(values: tuple[bytes, ...]) -> tuple[str, ...]:
    """The classes as names are matched, without those that the server gave by itself."""
    return tuple(value.decode("utf-8", "replace").lower() for value in own_classes(values))


def _merged(entry: Entry) -> dict[str, tuple[bytes, ...]]:
    """The attributes by lower-case name; one that the server spells in two ways is one."""
    found: dict[str, tuple[bytes, ...]] = {}
    for name, values in entry.attributes.items():
        lower = name.lower()
        found[lower] = (*found[lower], *values) if lower in found else values
    return found


def _taken_back(names: set[str], undone: dict[str, str | None]) -> set[str]:
    for now, before in undone.items():
        if now.startswith("+"):
            names.add(now[1:])
        elif now in names:
            names = (names - {now}) | ({before} if before is not None else set())
    return names
