"""What identifies an entry of a directory export: its keys, its form, its version."""

from __future__ import annotations

import hashlib

from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import AD, LDIF, Lower, is_change, lowered, stable_id
from transhumance.connectors.formats.ldif import LdifRecord, canonical, write_record

ROOT = b"rootdse"
_AD = frozenset({"objectguid", "objectsid", "objectcategory"})


def raw_name(dn: str) -> bytes:
    """A name's own bytes, damaged ones too."""
    return dn.encode("utf-8", "surrogateescape")


def keys(record: LdifRecord, lower: Lower) -> tuple[bytes, bytes, bytes | None]:
    """The key of an entry as an item, as a subject, and its id that stays: see the room's page."""
    found = stable_id(lower)
    if found:
        return (found.encode(),) * 3
    return raw_name(record.dn) or ROOT, raw_name(dn_key(record.dn)) or ROOT, None


def item_key(record: LdifRecord) -> bytes:
    """The key of an entry as an item."""
    return keys(record, lowered(record.attributes))[0]


def change_key(place: int, version: str) -> bytes:
    """The key of a change: where it stands among the changes of its file, so that a listing keeps their order."""
    return f"change:{place:08d}:{version[:12]}".encode()


def form_of(lower: Lower) -> str:
    """Whether the entry is one of Active Directory's."""
    return LDIF if _AD.isdisjoint(lower) else AD


def version_of(record: LdifRecord) -> str:
    """What changes when anything of the record does; neither the order of its attributes nor `changetype: add` is
    anything of it."""
    if not is_change(record):
        record = canonical(LdifRecord(record.dn, record.attributes))
    return hashlib.sha256(write_record(record)).hexdigest()[:32]
