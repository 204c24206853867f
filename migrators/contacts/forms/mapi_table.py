"""The properties of a contact (IPM.Contact) and of a distribution list (IPM.DistList): what is compared, and which part
of the card each completes. Keys end in 001E or 001F by the type of their texts, hence the `?`."""

from __future__ import annotations

from transhumance.connectors.contract import PropertyClass
from transhumance.connectors.formats import mapi_tags as tags
from transhumance.connectors.formats.mapi import PSETID_ADDRESS, PSETID_COMMON, PSETID_TASK
from transhumance.connectors.formats.mapi_residue import ITEM, ItemTable
from transhumance.connectors.formats.mapi_rows import STORE_ROWS
from transhumance.migrators.contacts.forms.mapi_fields import (
    CONTENT,
    DATES,
    FILES,
    MAIL,
    MARKS,
    MEMBERS,
    NAME,
    NOTE,
    PHONE,
    PLACE,
    WORK,
)

_C, _M, _D, _V = PropertyClass.CONTENT, PropertyClass.META, PropertyClass.DERIVED, PropertyClass.VOLATILE
_A = PSETID_ADDRESS

TABLE = ItemTable(
    "mapi",
    (
        *STORE_ROWS,
        (tags.ICON_INDEX, _D, ITEM, "the picture in lists, by what the item is"),
        ("0x0037001?", _C, NAME, "subject: the name"),
        ("0x0070001?", _M, NAME, "the name, of its conversation"),
        ("0x3001001?", _C, NAME, "display name"),
        ("0x3A0[56A]001?", _C, NAME, "generation, given name, initials"),
        ("0x3A11001?", _C, NAME, "surname"),
        ("0x3A4[45F]001?", _C, NAME, "middle name, prefix, nickname"),
        ("0x3A4D0002", _C, NAME, "gender"),
        (f"{_A}/0x8005:001?", _C, NAME, "what it is filed under"),
        (f"{_A}/0x8006:0003", _C, NAME, "how that is made of the name"),
        (f"{_A}/0x8026:1003", _M, NAME, "choices for that"),
        (f"{_A}/0x802[CD]:001?", _C, NAME, "phonetic names"),
        (f"{_A}/0x8053:001?", _C, NAME, "name of the list"),
        (f"{_A}/0x80[89A][0-9]:*", _C, MAIL, "the three mail addresses"),
        (f"{_A}/0x802[89]:*", _M, MAIL, "which addresses and fax numbers there are"),
        (f"{_A}/0x8027:1003", _M, ITEM, "choices of the form"),
        (f"{_A}/0x8007:1003", _M, ITEM, "fields that the form shows"),
        (f"{_A}/0x8062:001?", _C, MAIL, "instant messaging"),
        (f"{_A}/0x80[BCD][2-5]:*", _C, PHONE, "fax numbers as addresses"),
        ("0x3A0[289]001?", _C, PHONE, "callback, business and home numbers"),
        ("0x3A1[A-F]001?", _C, PHONE, "primary, second business, mobile, radio, car and other numbers"),
        ("0x3A2[1345CDEF]001?", _C, PHONE, "pager, faxes, telex, ISDN, assistant's and second home number"),
        ("0x3A[45][7B]001?", _C, PHONE, "company's main number, text telephone"),
        ("0x3A15001?", _C, PLACE, "mailing address"),
        ("0x3A2[6-9AB]001?", _C, PLACE, "mailing address"),
        ("0x3A5[9A-F]001?", _C, PLACE, "home and other address"),
        ("0x3A6[0-4]001?", _C, PLACE, "other address"),
        (f"{_A}/0x801[ABC]:001?", _C, PLACE, "the three addresses in words"),
        (f"{_A}/0x804[5-9A]:001?", _C, PLACE, "work address"),
        (f"{_A}/0x8022:0003", _C, PLACE, "which address is for mail"),
        (f"{_A}/0x80D[ABCD]:001?", _C, PLACE, "countries, by code"),
        ("0x3A1[6789]001?", _C, WORK, "company, title, department, office"),
        ("0x3A30001?", _C, WORK, "assistant"),
        ("0x3A4[678E]001?", _C, WORK, "profession, who referred, spouse, manager"),
        ("0x3A5[01]001?", _C, WORK, "pages"),
        (f"{_A}/0x802B:001?", _C, WORK, "page again"),
        (f"{_A}/0x802E:001?", _C, WORK, "phonetic company"),
        ("0x3A58101?", _C, WORK, "children"),
        ("0x3A4[12]0040", _C, DATES, "anniversary and birthday"),
        (f"{_A}/0x80D[EF]:0040", _C, DATES, "the same as days"),
        (f"{_A}/0x804[DE]:0102", _M, ITEM, "the appointments of these days, by ids of the store"),
        (f"{_A}/0x8015:000B", _C, FILES, "whether there is a photo"),
        ("attachments", _C, FILES, "photo and files"),
        ("body:attachment/*", _C, FILES, "contents of photo and files"),
        (tags.USER_X509_CERTIFICATE, _C, FILES, "certificates"),
        ("body:body/*", _C, NOTE, "notes"),
        ("bodies", _C, NOTE, "how the notes are stored"),
        ("0x0E1F000B", _M, NOTE, "whether the RTF says what the text says"),
        (f"{_A}/0x805[45]:1102", _C, MEMBERS, "members"),
        (f"{_A}/0x804C:0003", _M, MEMBERS, "checksum of the members"),
        (f"{_A}/0x8064:0102", _C, MEMBERS, "members, of a long list"),
        (tags.SENSITIVITY, _C, MARKS, "private or not"),
        (tags.PRIVATE, _C, MARKS, "private or not, again"),
        (tags.IMPORTANCE, _C, MARKS, "importance"),
        (tags.PRIORITY, _M, MARKS, "importance, as transports have it"),
        (tags.KEYWORDS[:-1] + "?", _C, MARKS, "categories"),
        ("0x0C1[9A-F]*", _M, ITEM, "who made it"),
        ("0x004[12]*", _M, ITEM, "who made it"),
        ("0x003B0102", _M, ITEM, "who made it"),
        ("0x006[45]001?", _M, ITEM, "who made it"),
        ("0x5D0[12]001?", _M, ITEM, "who made it"),
        (f"{PSETID_COMMON}/0x850[123]:*", _M, ITEM, "the reminder of the flag"),
        (f"{PSETID_TASK}/*", _M, ITEM, "of the flag for follow-up"),
        ("recipients", _C, ITEM, "nobody is written to by a contact"),
        ("*", _C, CONTENT, "all else is what the item says"),
    ),
)
