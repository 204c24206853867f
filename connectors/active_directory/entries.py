"""What identifies an entry of Active Directory: its key, its version, what of it counts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from transhumance.connectors.formats.entry import Lower, classes_of

Attributes = Mapping[str, tuple[bytes, ...]]

RANK_PLACE, RANK_PERSON, RANK_GROUP, RANK_OTHER = b"1", b"2", b"3", b"9"
RANKS = (RANK_PLACE, RANK_PERSON, RANK_GROUP, RANK_OTHER)
_PLACES = frozenset("organizationalunit container domain domaindns builtindomain organization locality country".split())
_PEOPLE = frozenset("user person contact inetorgperson computer".split())

# what a domain controller counts, computes, or sees of a log-on: no change of these is a change of the entry. The
# other end of a link (memberOf) is none either: the group's own entry says it.
_UNSEEN = frozenset(
    """usnchanged usncreated usnlastobjrem usndsalastobjremoved usnsource whenchanged modifytimestamp modifiedcount
    modifiedcountatlastprom lastlogon lastlogoff badpwdcount badpasswordtime logoncount lastlogontimestamp
    msds-lastsuccessfulinteractivelogontime msds-lastfailedinteractivelogontime msds-failedinteractivelogoncount
    msds-failedinteractivelogoncountatlastsuccessfullogon dscorepropagationdata replpropertymetadata
    repluptodatevector repsfrom repsto msds-replattributemetadata msds-replvaluemetadata msds-ncreplcursors
    msds-ncreplinboundneighbors msds-ncreploutboundneighbors msds-revealeddsas memberof directreports managedobjects
    masteredby msds-masteredby sitobjectbl siteobjectbl msds-isdomainfor msds-isfullreplicafor
    msds-ispartialreplicafor samaccounttype primarygrouptoken createtimestamp structuralobjectclass
    subschemasubentry sdrightseffective fromentry msds-user-account-control-computed
    msds-userpasswordexpirytimecomputed msds-approx-immed-subordinates canonicalname msds-parentdistname
    msds-principalname distinguishedname name parentguid""".split()
)
_UNSEEN_FAMILY = re.compile(r".*bl$|tokengroups|allowedattributes|allowedchildclasses|.*-bl$")
_RANGE = re.compile(r"(.+);range=(\d+)-(\d+|\*)", re.IGNORECASE)


@lru_cache(4096)
def counts(name: str) -> bool:
    """Whether an attribute is part of what an entry says, so that its change is a change of the entry."""
    lower = name.lower()
    return lower not in _UNSEEN and not _UNSEEN_FAMILY.match(lower)


def rank_of(lower: Lower) -> bytes:
    """Places before people, people before groups, groups before the rest: the first byte of a key."""
    classes = classes_of(lower)
    if "group" in classes:
        return RANK_GROUP
    if classes & _PEOPLE:
        return RANK_PERSON
    return RANK_PLACE if classes & _PLACES else RANK_OTHER


def key_of(rank: bytes, guid: bytes) -> bytes:
    """An entry's key: its rank and the 16 bytes of its objectGUID, as Active Directory holds them."""
    return rank + guid


def guid_of(key: bytes) -> bytes:
    """The 16 bytes of a key again; empty where it is no such key."""
    return key[1:] if len(key) == 17 else b""


def settled(attributes: Attributes) -> dict[str, tuple[bytes, ...]]:
    """The attributes with the values of each in order of bytes. Active Directory keeps no order of values, and two
    controllers give two; only objectClass has one, which is its chain of classes."""
    return {
        name: tuple(sorted(values)) if len(values) > 1 and name.lower() != "objectclass" else values
        for name, values in sorted(attributes.items())
        if values
    }


def version_of(dn: str, attributes: Attributes) -> str:
    """What changes when anything of the entry does that counts. `attributes`: as `settled` gives them."""
    parts = [dn.encode("utf-8", "surrogateescape")]
    for name in sorted(attributes, key=str.lower):
        if counts(name):
            values = attributes[name]
            parts.append(b"\0%s\0%d" % (name.lower().encode(), len(values)))
            for value in values:
                parts.append(b"\0%d\0" % len(value))
                parts.append(value)
    return hashlib.sha256(b"".join(parts)).hexdigest()[:32]


def range_of(name: str) -> tuple[str, int, int] | None:
    """The attribute, first and last place of a name such as `member;range=0-1499`; the last is -1 for the end. None
    where the name has no range (MS-ADTS 3.1.1.3.1.3.3)."""
    found = _RANGE.fullmatch(name)
    if found is None:
        return None
    return found[1], int(found[2]), -1 if found[3] == "*" else int(found[3])


def unfinished(names: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Attributes that came by a range that is not the last: the range's name as it came, the attribute, and the place
    to go on from."""
    found = {}
    for name in names:
        part = range_of(name)
        if part and part[2] >= 0:
            found[name] = (part[0], part[2] + 1)
    return found


def joined(attributes: Attributes) -> dict[str, tuple[bytes, ...]]:
    """Ranges under the attribute's own name, in order of place. The empty attribute that Active Directory sends beside
    a range is no value."""
    whole: dict[str, tuple[bytes, ...]] = {}
    parts: dict[str, list[tuple[int, tuple[bytes, ...]]]] = {}
    for name, values in attributes.items():
        part = range_of(name) if ";" in name else None
        if part:
            parts.setdefault(part[0], []).append((part[1], values))
        elif values:
            whole[name] = values
    for name, ranges in parts.items():
        whole[name] = tuple(value for _, values in sorted(ranges) for value in values)
    return whole


def escape_guid(guid: bytes) -> str:
    """A GUID inside a filter (RFC 4515 3): each byte escaped."""
    return "".join(f"\\{byte:02x}" for byte in guid)
