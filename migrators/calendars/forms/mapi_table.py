"""The properties of an appointment (IPM.Appointment): what is compared, and which part of the object each completes.

Keys end in 001E or 001F by the type of their texts, hence the `?`. What no row names hangs on the whole object: it may
say anything.
"""

from __future__ import annotations

from transhumance.connectors.contract import PropertyClass
from transhumance.connectors.formats import mapi_tags
from transhumance.connectors.formats.mapi import PSETID_APPOINTMENT, PSETID_COMMON, PSETID_MEETING
from transhumance.connectors.formats.mapi_residue import ITEM, ItemTable
from transhumance.migrators.ical.mapi_object import ALARM, BODY, CONTENT, FILES, IDENTITY, MARKS, PEOPLE, TEXT, WHEN
from transhumance.migrators.ical.mapi_rows import COMMON_ROWS

_C, _M, _D, _V = PropertyClass.CONTENT, PropertyClass.META, PropertyClass.DERIVED, PropertyClass.VOLATILE

TABLE = ItemTable(
    "mapi",
    (
        *COMMON_ROWS,
        (
            mapi_tags.GLOBAL_OBJECT_ID,
            _C,
            IDENTITY,
            "the appointment's id, the same in all mailboxes (MS-OXOCAL 2.2.1.27)",
        ),
        (mapi_tags.CLEAN_GLOBAL_OBJECT_ID, _C, IDENTITY, "the series' id (2.2.1.28)"),
        (mapi_tags.OWNER_APPOINTMENT_ID, _C, ITEM, "the id of old clients (2.2.1.29)"),
        (f"{PSETID_APPOINTMENT}/0x820[DEF]:0040", _C, WHEN, "start and end"),
        (f"{PSETID_APPOINTMENT}/0x8210:0040", _C, WHEN, "end of old clients"),
        (f"{PSETID_COMMON}/0x851[67]:0040", _C, WHEN, "start and end again, for all kinds of items"),
        ("0x006[01]0040", _D, ITEM, "start and end again, for old clients"),
        (f"{PSETID_APPOINTMENT}/0x8213:0003", _C, WHEN, "minutes from start to end"),
        (f"{PSETID_APPOINTMENT}/0x8215:000B", _C, WHEN, "whole days"),
        (
            f"{PSETID_APPOINTMENT}/0x8216:0102",
            _C,
            WHEN,
            "the pattern with its exceptions: RRULE, EXDATE, RECURRENCE-ID",
        ),
        (f"{PSETID_APPOINTMENT}/0x8223:000B", _C, WHEN, "whether it is a series"),
        (f"{PSETID_APPOINTMENT}/0x8228:0040", _C, WHEN, "the occurrence that it replaces"),
        (f"{PSETID_APPOINTMENT}/0x823[1-6]:*", _C, WHEN, "type, words and zone of the pattern, its first and last day"),
        (f"{PSETID_APPOINTMENT}/0x825[EF]:0102", _C, WHEN, "zones of start and end"),
        (f"{PSETID_APPOINTMENT}/0x8260:0102", _C, WHEN, "zone of the series"),
        (f"{PSETID_MEETING}/0x0005:000B", _D, ITEM, "whether it is a series, again"),
        (f"{PSETID_MEETING}/0x000A:000B", _C, WHEN, "whether it is one occurrence of a series"),
        (mapi_tags.BUSY_STATUS, _C, MARKS, "free, tentative, busy, out, elsewhere"),
        (mapi_tags.INTENDED_BUSY_STATUS, _C, MARKS, "what the organiser wished"),
        (mapi_tags.LOCATION[:-1] + "?", _C, TEXT, "place"),
        (mapi_tags.WHERE[:-1] + "?", _C, TEXT, "place again, of meetings"),
        (mapi_tags.APPOINTMENT_SEQUENCE, _C, ITEM, "how often the organiser changed it"),
        (f"{PSETID_APPOINTMENT}/0x8202:0040", _C, ITEM, "when the organiser changed it"),
        (mapi_tags.APPOINTMENT_STATE, _C, PEOPLE, "a meeting, received, called off"),
        (mapi_tags.RESPONSE_STATUS, _C, PEOPLE, "how its owner answered"),
        (f"{PSETID_APPOINTMENT}/0x82[23][08]:*", _C, PEOPLE, "when and in whose name it was answered, who attends"),
        (f"{PSETID_APPOINTMENT}/0x823[BC]:*", _C, PEOPLE, "who attends"),
        (f"{PSETID_APPOINTMENT}/0x822[9B]:*", _C, PEOPLE, "whether invitations were sent"),
        ("recipients", _C, PEOPLE, "attendees, with their answers"),
        (f"{PSETID_APPOINTMENT}/0x820[07]:*", _M, ITEM, "flags of the program"),
        (f"{PSETID_APPOINTMENT}/0x8214:0003", _M, ITEM, "colour"),
        (f"{PSETID_APPOINTMENT}/0x823A:000B", _M, ITEM, "whether the place fills itself in"),
        (f"{PSETID_APPOINTMENT}/0x824[0-9]:*", _M, ITEM, "NetMeeting and its kin"),
        (f"{PSETID_APPOINTMENT}/0x825[0-9A]:*", _M, ITEM, "new times that were proposed"),
        (mapi_tags.ICON_INDEX, _D, ITEM, "the picture in lists, by what the item is"),
        ("body:body/*", _C, BODY, "texts"),
        ("bodies", _C, BODY, "how the texts are stored"),
        ("attachments", _C, FILES, "files"),
        ("body:attachment/*", _C, FILES, "contents of files"),
        (f"{PSETID_COMMON}/0x850[123]:*", _C, ALARM, "the reminder"),
        (f"{PSETID_COMMON}/0x8560:0040", _C, ALARM, "when it rings next"),
        (f"{PSETID_COMMON}/0x851[CDEF]:*", _C, ALARM, "how it rings"),
        ("*", _C, CONTENT, "all else is what the item says"),
    ),
)
