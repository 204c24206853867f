"""Fields of a contact that have one place on each side, as data (MS-OXOCNTC 2.2.1, RFC 6350 section 6, RFC 6474 and
6715).

The nineteen telephone numbers of Outlook are told apart by TYPE; those that vCard does not know have a type of their
own, `x-...`, which other programs show as a plain number.
"""

from __future__ import annotations

from dataclasses import dataclass

from transhumance.connectors.formats import mapi_tags as tags
from transhumance.connectors.formats.mapi import PSETID_ADDRESS, named

NAME, MAIL, PHONE, PLACE, WORK, DATES, NOTE, MARKS, MEMBERS, FILES, CONTENT = (
    "name", "mail", "phone", "place", "work", "dates", "note", "marks", "members", "files", "content",
)  # fmt: skip
PARTS = (NAME, MAIL, PHONE, PLACE, WORK, DATES, NOTE, MARKS, MEMBERS, FILES, CONTENT)
PART_OF = {
    **dict.fromkeys(("FN", "N", "NICKNAME", "X-PHONETIC-FIRST-NAME", "X-PHONETIC-LAST-NAME", "GENDER"), NAME),
    **dict.fromkeys(("EMAIL", "IMPP"), MAIL),
    **dict.fromkeys(("TEL",), PHONE),
    **dict.fromkeys(("ADR",), PLACE),
    **dict.fromkeys(("ORG", "TITLE", "ROLE", "X-PHONETIC-ORG", "RELATED", "URL"), WORK),
    **dict.fromkeys(("BDAY", "ANNIVERSARY"), DATES),
    **dict.fromkeys(("NOTE", "X-ALT-NOTE"), NOTE),
    **dict.fromkeys(("KIND", "MEMBER"), MEMBERS),
    **dict.fromkeys(("PHOTO", "KEY"), FILES),
}  # fmt: skip
UNTOLD = frozenset(("VERSION", "PRODID", "REV", "BEGIN", "END", "UID", "CREATED"))

# what is read on the way back
READ = frozenset(PART_OF) | UNTOLD | {
    "HOBBY", "FBURL", "CATEGORIES", "CLASS", "X-CLASS", "LANG",
    "X-USER-FIELD-1", "X-USER-FIELD-2", "X-USER-FIELD-3", "X-USER-FIELD-4",
}  # fmt: skip

FORMATTED_HOME, FORMATTED_WORK, FORMATTED_OTHER = tags.HOME_ADDRESS, tags.WORK_ADDRESS, tags.OTHER_ADDRESS
BIRTHDAY_LOCAL = named(PSETID_ADDRESS, 0x80DE, 0x40)
ANNIVERSARY_LOCAL = named(PSETID_ADDRESS, 0x80DF, 0x40)


@dataclass(frozen=True, slots=True)
class Field:
    """A text with one place: `types` in TYPE, in any order; `related`: a text where a URI is usual."""

    key: str
    name: str
    types: tuple[str, ...] = ()
    related: bool = False


FIELDS = (
    Field(tags.TITLE, "TITLE"),
    Field(tags.PROFESSION, "ROLE"),
    Field(tags.NICKNAME, "NICKNAME"),
    Field(tags.HOBBIES, "HOBBY"),
    Field(tags.YOMI_FIRST_NAME, "X-PHONETIC-FIRST-NAME"),
    Field(tags.YOMI_LAST_NAME, "X-PHONETIC-LAST-NAME"),
    Field(tags.YOMI_COMPANY_NAME, "X-PHONETIC-ORG"),
    Field(tags.SPOUSE_NAME, "RELATED", ("spouse",), True),
    Field(tags.MANAGER_NAME, "RELATED", ("x-manager",), True),
    Field(tags.ASSISTANT, "RELATED", ("x-assistant",), True),
    Field(tags.CONTACT_USER_FIELD_1, "X-USER-FIELD-1"),
    Field(tags.CONTACT_USER_FIELD_2, "X-USER-FIELD-2"),
    Field(tags.CONTACT_USER_FIELD_3, "X-USER-FIELD-3"),
    Field(tags.CONTACT_USER_FIELD_4, "X-USER-FIELD-4"),
)
USER_FIELDS = frozenset((tags.CONTACT_USER_FIELD_1, tags.CONTACT_USER_FIELD_2, tags.CONTACT_USER_FIELD_3,
                         tags.CONTACT_USER_FIELD_4))  # fmt: skip
YOMI = frozenset((tags.YOMI_FIRST_NAME, tags.YOMI_LAST_NAME, tags.YOMI_COMPANY_NAME))

PHONES = (
    Field(tags.BUSINESS_PHONE, "TEL", ("work", "voice")),
    Field(tags.BUSINESS2_PHONE, "TEL", ("work", "voice", "x-second")),
    Field(tags.HOME_PHONE, "TEL", ("home", "voice")),
    Field(tags.HOME2_PHONE, "TEL", ("home", "voice", "x-second")),
    Field(tags.MOBILE_PHONE, "TEL", ("cell",)),
    Field(tags.BUSINESS_FAX, "TEL", ("work", "fax")),
    Field(tags.HOME_FAX, "TEL", ("home", "fax")),
    Field(tags.PRIMARY_FAX, "TEL", ("fax",)),
    Field(tags.PAGER, "TEL", ("pager",)),
    Field(tags.OTHER_PHONE, "TEL", ("voice",)),
    Field(tags.PRIMARY_PHONE, "TEL", ("voice", "x-primary")),
    Field(tags.COMPANY_PHONE, "TEL", ("work", "voice", "x-company")),
    Field(tags.ASSISTANT_PHONE, "TEL", ("voice", "x-assistant")),
    Field(tags.CALLBACK_PHONE, "TEL", ("voice", "x-callback")),
    Field(tags.CAR_PHONE, "TEL", ("cell", "x-car")),
    Field(tags.RADIO_PHONE, "TEL", ("voice", "x-radio")),
    Field(tags.TTY_PHONE, "TEL", ("textphone",)),
    Field(tags.ISDN, "TEL", ("x-isdn",)),
    Field(tags.TELEX, "TEL", ("x-telex",)),
)

WEB = (
    Field(tags.BUSINESS_HOME_PAGE, "URL", ("work",)),
    Field(tags.PERSONAL_HOME_PAGE, "URL", ("home",)),
    Field(tags.FTP_SITE, "URL", ("x-ftp",)),
    Field(tags.FREE_BUSY_LOCATION, "FBURL"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """The keys of one of the three addresses. `id`: its number in PidLidPostalAddressId."""

    types: tuple[str, ...]
    id: int
    box: str
    street: str
    city: str
    state: str
    code: str
    country: str
    formatted: str

    @property
    def keys(self) -> tuple[str, ...]:
        """In the order of ADR, the extended address apart."""
        return (self.box, self.street, self.city, self.state, self.code, self.country)


ADDRESSES = (
    Address(("home",), 1, tags.HOME_POST_OFFICE_BOX, tags.HOME_STREET, tags.HOME_CITY, tags.HOME_STATE,
            tags.HOME_POSTAL_CODE, tags.HOME_COUNTRY, FORMATTED_HOME),
    Address(("work",), 2, tags.WORK_POST_OFFICE_BOX, tags.WORK_STREET, tags.WORK_CITY, tags.WORK_STATE,
            tags.WORK_POSTAL_CODE, tags.WORK_COUNTRY, FORMATTED_WORK),
    Address((), 3, tags.OTHER_POST_OFFICE_BOX, tags.OTHER_STREET, tags.OTHER_CITY, tags.OTHER_STATE,
            tags.OTHER_POSTAL_CODE, tags.OTHER_COUNTRY, FORMATTED_OTHER),
)  # fmt: skip
MAILING = (tags.POST_OFFICE_BOX, tags.STREET, tags.LOCALITY, tags.STATE, tags.POSTAL_CODE, tags.COUNTRY)


@dataclass(frozen=True, slots=True)
class Slot:
    """The keys of one of the three mail addresses."""

    number: int
    display: str
    type: str
    address: str
    original: str
    entry: str


SLOTS = (
    Slot(1, tags.EMAIL1_DISPLAY_NAME, tags.EMAIL1_ADDRESS_TYPE, tags.EMAIL1_ADDRESS,
         tags.EMAIL1_ORIGINAL_DISPLAY_NAME, tags.EMAIL1_ORIGINAL_ENTRY_ID),
    Slot(2, tags.EMAIL2_DISPLAY_NAME, tags.EMAIL2_ADDRESS_TYPE, tags.EMAIL2_ADDRESS,
         tags.EMAIL2_ORIGINAL_DISPLAY_NAME, tags.EMAIL2_ORIGINAL_ENTRY_ID),
    Slot(3, tags.EMAIL3_DISPLAY_NAME, tags.EMAIL3_ADDRESS_TYPE, tags.EMAIL3_ADDRESS,
         tags.EMAIL3_ORIGINAL_DISPLAY_NAME, tags.EMAIL3_ORIGINAL_ENTRY_ID),
)  # fmt: skip
