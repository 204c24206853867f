"""Rows of the property tables that items of all kinds share: what the store keeps and counts beside them."""

from __future__ import annotations

from transhumance.connectors.contract import PropertyClass
from transhumance.connectors.formats import mapi_tags
from transhumance.connectors.formats.mapi import PSETID_COMMON
from transhumance.connectors.formats.mapi_residue import ITEM

_M, _D, _V = PropertyClass.META, PropertyClass.DERIVED, PropertyClass.VOLATILE
_C = PropertyClass.CONTENT

STORE_ROWS: tuple[tuple[str, PropertyClass, str, str], ...] = (
    ("unreadable", _V, ITEM, "what the source could not give: named by findings"),
    ("0x0FF[47]0003", _D, ITEM, "what may be done with the item there"),
    ("0x0E2[37F]0003", _V, ITEM, "numbers that the store counts"),
    (mapi_tags.MESSAGE_SIZE, _D, ITEM, "size in the store"),
    (mapi_tags.HAS_ATTACHMENTS, _D, ITEM, "from its attachments"),
    ("0x340D0003", _D, ITEM, "what the store can do"),
    ("0x0E3[0-4]*", _V, ITEM, "what the store replicates by"),
    ("0x65E[23]0102", _V, ITEM, "change keys (MS-OXCFXICS 2.2.1.2.7 and 8)"),
    ("0x3FFA001?", _V, ITEM, "who wrote it last: whoever writes it back"),
    ("0x3FFB0102", _V, ITEM, "the same as an id"),
    ("0x6[67]????*", _V, ITEM, "the store's own, never handed on (MS-OXPROPS 1.3.3)"),
    (mapi_tags.LAST_MODIFICATION_TIME, _D, ITEM, "set by the store at each write"),
    ("0x0E1D001?", _D, ITEM, "subject without its prefix"),
    ("0x003D001?", _D, ITEM, "prefix of the subject"),
    ("0x0E0[234]001?", _D, ITEM, "names of the recipients, by the store"),
    (mapi_tags.ENTRY_ID, _V, ITEM, "where it lay"),
    ("0x0FF[69]0102", _V, ITEM, "where it lay"),
    (mapi_tags.OBJECT_TYPE, _D, ITEM, "that it is a message"),
    (mapi_tags.CREATION_TIME, _M, ITEM, "when it was made"),
    (mapi_tags.MESSAGE_CLASS[:-1] + "?", _C, ITEM, "its kind, custom forms too"),
    (mapi_tags.CONVERSATION_INDEX, _M, ITEM, "place in its conversation"),
    (mapi_tags.SEARCH_KEY, _M, ITEM, "an id that copies share"),
    ("0x30[01]?0102", _M, ITEM, "ids of the store"),
    ("0x3F[DF]?0003", _M, ITEM, "code pages and language"),
    ("0x0E07*", _M, ITEM, "read, sent, and other flags"),
    ("0x00390040", _M, ITEM, "when it was saved first"),
    (mapi_tags.DELIVERY_TIME, _M, ITEM, "when it came into the store"),
    ("0x0E01000B", _M, ITEM, "how it is treated after sending"),
    ("0x000[25]000B", _M, ITEM, "how it may be forwarded"),
    ("0x00[1-2][359B]000B", _M, ITEM, "reports asked for"),
    ("0x0C17000B", _M, ITEM, "whether an answer is asked for"),
    ("0x3016000B", _M, ITEM, "how its conversation is told"),
    (f"{PSETID_COMMON}/0x855[24]:*", _M, ITEM, "the program's version"),
    (f"{PSETID_COMMON}/0x858[01]:*", _M, ITEM, "the account of the program"),
    (f"{PSETID_COMMON}/0x850E:000B", _M, ITEM, "whether the account was the one of the item"),
    (f"{PSETID_COMMON}/0x8514:000B", _M, ITEM, "whether its attachments are shown"),
    (f"{PSETID_COMMON}/0x8518:0003", _M, ITEM, "what became of an assigned task"),
    (f"{PSETID_COMMON}/0x85BF:0040", _M, ITEM, "whether its flag's text is still true"),
    (f"{PSETID_COMMON}/0x85EB:0003", _M, ITEM, "language"),
    (f"{PSETID_COMMON}/0x8510:0003", _M, ITEM, "what the program does when it is opened or moved"),
)
