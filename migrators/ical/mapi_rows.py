"""Rows of the property tables that appointments, tasks, notes and journal entries share."""

from __future__ import annotations

from transhumance.connectors.contract import PropertyClass
from transhumance.connectors.formats import mapi_tags
from transhumance.connectors.formats.mapi_rows import STORE_ROWS
from transhumance.migrators.ical.mapi_object import BODY, CREATED, MARKS, PEOPLE, TEXT

_C, _M = PropertyClass.CONTENT, PropertyClass.META

COMMON_ROWS: tuple[tuple[str, PropertyClass, str, str], ...] = (
    (mapi_tags.CREATION_TIME, _M, CREATED, "when it was made"),
    *STORE_ROWS,
    (mapi_tags.SUBJECT[:-1] + "?", _C, TEXT, "subject"),
    (mapi_tags.CONVERSATION_TOPIC[:-1] + "?", _M, TEXT, "subject, of its conversation"),
    (mapi_tags.RTF_IN_SYNC, _M, BODY, "whether the RTF says what the text says"),
    (mapi_tags.PRIORITY, _M, MARKS, "importance, as transports have it"),
    (mapi_tags.SENSITIVITY, _C, MARKS, "private or not"),
    (mapi_tags.PRIVATE, _C, MARKS, "private or not, again"),
    (mapi_tags.IMPORTANCE, _C, MARKS, "importance"),
    (mapi_tags.KEYWORDS[:-1] + "?", _C, MARKS, "categories"),
    (mapi_tags.CONTACTS[:-1] + "?", _C, TEXT, "contacts that it is about"),
    ("0x0C1[9A-F]*", _C, PEOPLE, "sender"),
    ("0x004[12]*", _C, PEOPLE, "on whose behalf"),
    ("0x003B0102", _C, PEOPLE, "on whose behalf"),
    ("0x006[45]001?", _C, PEOPLE, "on whose behalf"),
    ("0x5D0[12]001?", _C, PEOPLE, "mail address of the sender"),
    ("0x0063000B", _C, PEOPLE, "whether an answer is wished"),
)
