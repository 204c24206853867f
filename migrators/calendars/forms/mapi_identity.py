"""The UID of an appointment, from its global object id and back (MS-OXOCAL 2.2.1.27 and 28, MS-OXCICAL
2.1.3.1.1.20.26).

An id that wraps the UID of another system (`vCal-Uid`) gives that UID; one of Outlook's own is written in hexadecimal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.migrators.ical.mapi_identity import derived_uid
from transhumance.migrators.ical.mapi_object import Opening

PREFIX = bytes.fromhex("040000008200e00074c5b7101a82e008")
_WRAPPED = b"vCal-Uid\x01\x00\x00\x00"
_HEX = re.compile("040000008200E00074C5B7101A82E008(?:[0-9A-F]{2}){24,2000}")
_HEAD = 40  # bytes before the data: prefix, date of the occurrence, creation, reserved, size


def uid_of(opening: Opening) -> str:
    """The UID; one that is derived from the item where it has no id, with a finding."""
    found = mapi.binary(opening.properties, mapi_tags.CLEAN_GLOBAL_OBJECT_ID)
    found = found or mapi.binary(opening.properties, mapi_tags.GLOBAL_OBJECT_ID)
    if found and (uid := uid_of_id(found)):
        return uid
    opening.find("CAL-UID-01", "derived")
    return derived_uid(opening)


def uid_of_id(goid: bytes) -> str | None:
    """The UID in a global object id, or None where it is not one."""
    if goid[:16] != PREFIX or len(goid) < _HEAD or len(goid) > 2000:
        return None
    data = goid[_HEAD:]
    if data.startswith(_WRAPPED):
        text = data[len(_WRAPPED) :].rstrip(b"\0").decode("utf-8", "replace")
        return text if text and text.isprintable() else None
    return (goid[:16] + bytes(4) + goid[20:]).hex().upper()


def id_of_uid(uid: str, occurrence: date | None = None) -> bytes:
    """The global object id of a UID, of one occurrence where its date is given."""
    if _HEX.fullmatch(uid):
        clean = bytes.fromhex(uid)
    else:
        data = _WRAPPED + uid.encode("utf-8", "replace") + b"\0"
        clean = PREFIX + bytes(20) + len(data).to_bytes(4, "little") + data
    if occurrence is None:
        return clean
    return clean[:16] + occurrence.year.to_bytes(2, "big") + bytes((occurrence.month, occurrence.day)) + clean[20:]


def occurrence_of(properties: Mapping[str, Value]) -> date | None:
    """The date of the one occurrence that an id names, or None where it names none."""
    goid = mapi.binary(properties, mapi_tags.GLOBAL_OBJECT_ID) or b""
    if goid[:16] != PREFIX or len(goid) < 20 or goid[16:20] == bytes(4):
        return None
    try:
        return date(int.from_bytes(goid[16:18], "big"), goid[18], goid[19])
    except ValueError:
        return None


def said_ids(uid: str | None, occurrence: date | None) -> dict[str, Value]:
    """The two ids that a UID says."""
    if not uid:
        return {}
    return {mapi_tags.GLOBAL_OBJECT_ID: id_of_uid(uid, occurrence), mapi_tags.CLEAN_GLOBAL_OBJECT_ID: id_of_uid(uid)}
