"""The properties of tasks (IPM.Task), sticky notes (IPM.StickyNote) and journal entries (IPM.Activity): what is
compared, and which part of the object each completes."""

from __future__ import annotations

from transhumance.connectors.contract import PropertyClass
from transhumance.connectors.formats import mapi_tags
from transhumance.connectors.formats.mapi import PSETID_COMMON, PSETID_LOG, PSETID_NOTE, PSETID_TASK
from transhumance.connectors.formats.mapi_residue import ITEM, ItemTable
from transhumance.migrators.ical.mapi_object import ALARM, BODY, CONTENT, FILES, IDENTITY, MARKS, PEOPLE, TEXT, WHEN
from transhumance.migrators.ical.mapi_rows import COMMON_ROWS

_C, _M, _D, _V = PropertyClass.CONTENT, PropertyClass.META, PropertyClass.DERIVED, PropertyClass.VOLATILE

_SHARED = (
    (mapi_tags.ICON_INDEX, _D, ITEM, "the picture in lists, by what the item is"),
    ("body:body/*", _C, BODY, "texts"),
    ("bodies", _C, BODY, "how the texts are stored"),
    ("attachments", _C, FILES, "files"),
    ("body:attachment/*", _C, FILES, "contents of files"),
    ("recipients", _C, PEOPLE, "who has the task"),
    (f"{PSETID_COMMON}/0x850[123]:*", _C, ALARM, "the reminder"),
    (f"{PSETID_COMMON}/0x8560:0040", _C, ALARM, "when it rings next"),
    (f"{PSETID_COMMON}/0x851[CDEF]:*", _C, ALARM, "how it rings"),
    (f"{PSETID_COMMON}/0x851[67]:0040", _C, WHEN, "start and end as instants, for all kinds of items"),
    (f"{PSETID_COMMON}/0x85A[01]:*", _M, ITEM, "its place in the list of things to do"),
)
_REST = ("*", _C, CONTENT, "all else is what the item says")

TASKS = ItemTable(
    "mapi",
    (
        *COMMON_ROWS,
        *_SHARED,
        (f"{PSETID_TASK}/0x8101:0003", _C, MARKS, "status"),
        (f"{PSETID_TASK}/0x8102:0005", _C, MARKS, "how much is done"),
        (f"{PSETID_TASK}/0x811C:000B", _C, MARKS, "whether it is done"),
        (f"{PSETID_TASK}/0x810F:0040", _C, WHEN, "when it was done"),
        (f"{PSETID_TASK}/0x810[45]:0040", _C, WHEN, "start and due day"),
        (f"{PSETID_TASK}/0x8116:0102", _C, WHEN, "the pattern: RRULE and EXDATE"),
        (f"{PSETID_TASK}/0x8126:000B", _C, WHEN, "whether it is a series"),
        (f"{PSETID_TASK}/0x8109:000B", _C, WHEN, "whether the series goes on"),
        (f"{PSETID_TASK}/0x8107:000B", _C, ALARM, "whether the reminder rings again"),
        (f"{PSETID_TASK}/0x811[01]:0003", _C, ITEM, "minutes of work, done and thought"),
        (f"{PSETID_TASK}/0x8112:0003", _M, ITEM, "how often it was changed"),
        (f"{PSETID_TASK}/0x812[34]:*", _M, ITEM, "its place in the list"),
        (f"{PSETID_TASK}/*", _C, PEOPLE, "whose the task is, and what became of its assignment"),
        (f"{PSETID_COMMON}/0x8519:0102", _C, IDENTITY, "the id of an assigned task"),
        (f"{PSETID_COMMON}/0x853[459]:*", _C, ITEM, "mileage, billing, companies"),
        _REST,
    ),
)
NOTES = ItemTable(
    "mapi",
    (
        *COMMON_ROWS,
        *_SHARED,
        (mapi_tags.NOTE_COLOR, _C, MARKS, "colour"),
        (f"{PSETID_NOTE}/*", _M, ITEM, "size and place on the screen"),
        _REST,
    ),
)
JOURNALS = ItemTable(
    "mapi",
    (
        *COMMON_ROWS,
        *_SHARED,
        (f"{PSETID_LOG}/0x87[01][02]:*", _C, MARKS, "what kind of entry it is"),
        (f"{PSETID_LOG}/0x870[678]:*", _C, WHEN, "start, minutes and end"),
        (f"{PSETID_LOG}/*", _M, ITEM, "what was done with the document"),
        (f"{PSETID_COMMON}/0x8539:*", _C, TEXT, "companies"),
        _REST,
    ),
)
