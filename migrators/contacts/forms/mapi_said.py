"""What a vCard says of a contact or a distribution list, as MAPI properties: the way back, without the residue."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from transhumance.connectors.contract import Body, BytesBody, Context, Value, part_digest
from transhumance.connectors.formats import contentline, mapi, mapi_entryid
from transhumance.connectors.formats import mapi_tags as tags
from transhumance.connectors.formats.contentline import Property
from transhumance.connectors.formats.mapi_residue import Said
from transhumance.connectors.formats.mapi_stored import said_texts
from transhumance.migrators.contacts.forms.mapi_fields import (
    ADDRESSES,
    ANNIVERSARY_LOCAL,
    BIRTHDAY_LOCAL,
    CONTENT,
    FIELDS,
    MAILING,
    MARKS,
    PART_OF,
    PARTS,
    PHONES,
    READ,
    SLOTS,
    UNTOLD,
    WEB,
    Address,
    Field,
)
from transhumance.migrators.contacts.forms.mapi_list import said_members
from transhumance.migrators.contacts.forms.mapi_write import ASIDE, FN, PHOTO, ZONE, zone_of

_DATE = re.compile(rb"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?")
_DATA_URI = re.compile(rb"data:[^,]{0,200};base64,", re.IGNORECASE)
_CLASSES = {"X-PERSONAL": 1, "PRIVATE": 2, "CONFIDENTIAL": 3, "PUBLIC": 0}
_HTTP = "http://"
_FLAGS = 0x8001


@dataclass(frozen=True, slots=True)
class Reading:
    """A card being read on the way back: its properties, each TYPE in lower case."""

    properties: tuple[Property, ...]
    context: Context
    hints: Mapping[str, Value] = field(default_factory=dict)
    bodies: Mapping[str, Body] = field(default_factory=dict)

    def all(self, name: str) -> list[Property]:
        return [p for p in self.properties if p.name == name]

    def text(self, name: str) -> str | None:
        """The first one's TEXT value, or None."""
        found = self.all(name)
        return contentline.text_of(found[0].value) if found else None


def read_card(data: bytes) -> tuple[Property, ...]:
    """The properties of the first card of a text."""
    found: list[Property] = []
    for line in contentline.split_card(data):
        prop = contentline.parse(line)
        if prop is None:
            continue
        if prop.name == "END" and found:
            break
        if prop.name not in ("BEGIN", "END"):
            found.append(prop)
    return tuple(found)


def digests(properties: Iterable[Property]) -> dict[str, str]:
    """The digest of each part of a card, by its lines sorted."""
    lines: dict[str, list[str]] = {part: [] for part in PARTS}
    for prop in properties:
        if prop.name not in UNTOLD:
            params = ";".join(sorted(f"{key}={contentline.plain(value)}" for key, value in prop.params))
            line = f"{prop.name};{params}:{prop.value.decode('utf-8', 'replace')}"
            lines[PART_OF.get(prop.name, MARKS)].append(line)
            lines[CONTENT].append(line)
    return {part: part_digest(tuple(sorted(found))) for part, found in lines.items()}


def strange(properties: Iterable[Property]) -> list[str]:
    """Properties of a card that a contact has no place for, each once."""
    return list(dict.fromkeys(p.name for p in properties if p.name not in READ))


def types_of(prop: Property) -> set[str]:
    """TYPE, however it is written: a list, several parameters, names alone (vCard 2.1)."""
    found = {value.strip().lower() for text in prop.param_values("TYPE") for value in text.split(",")}
    found |= {name.lower() for name, value in prop.params if not value}
    return found - {"pref", "internet", "msg", ""}


def said_card(reading: Reading) -> Said:
    """Properties and bodies."""
    group = (reading.text("KIND") or "").strip().lower() == "group"
    texts = said_texts(reading.text("NOTE"), reading.text("X-ALT-NOTE"), reading.hints)
    said = Said({**_constants(group), **texts.properties, **_marks(reading)}, {**texts.bodies, **_aside(reading)})
    name = reading.text("FN") or ""
    filed = next((p.param("SORT-AS") for p in reading.all("N") if p.param("SORT-AS")), "")
    taken = reading.hints.get(FN)
    names = (taken if isinstance(taken, str) else tags.DISPLAY_NAME, tags.SUBJECT, tags.NORMALIZED_SUBJECT,
             tags.CONVERSATION_TOPIC)  # fmt: skip
    said.properties |= dict.fromkeys(names, name)
    if filed:
        said.properties[tags.FILE_UNDER] = filed
    if group:
        said.properties |= {tags.DL_NAME: name, **said_members(reading.all("MEMBER"))}
    else:
        said.properties |= _person(reading)
        _photo(reading, said)
    return said


def _aside(reading: Reading) -> dict[str, Body]:
    """Bodies of the document that are the item's: a text only as long as its hint is kept."""
    texts = reading.hints.get(ASIDE)
    current = texts if isinstance(texts, tuple | list) else ()
    return {n: b for n, b in reading.bodies.items() if n.startswith("attachment/") or n in current}


def _constants(group: bool) -> dict[str, Value]:
    return {tags.MESSAGE_CLASS: "IPM.DistList" if group else "IPM.Contact", tags.ICON_INDEX: 514 if group else 512,
            "bodies": {}, "recipients": (), "attachments": ()}  # fmt: skip


def _marks(reading: Reading) -> dict[str, Value]:
    found: dict[str, Value] = {}
    names = [contentline.text_of(item) for p in reading.all("CATEGORIES") for item in split_value(p.value, 0x2C)]
    if names:
        found[tags.KEYWORDS] = tuple(names)
    word = reading.text("X-CLASS") or reading.text("CLASS")
    sensitivity = _CLASSES.get((word or "").upper(), 0)
    return {**found, tags.SENSITIVITY: sensitivity, tags.PRIVATE: sensitivity == 2}


def split_value(value: bytes, at: int) -> list[bytes]:
    """A value cut at `,` or `;` that are not escaped."""
    out, start, escaped = [], 0, False
    for n, char in enumerate(value):
        if escaped:
            escaped = False
        elif char == 0x5C:
            escaped = True
        elif char == at:
            out.append(value[start:n])
            start = n + 1
    return [*out, value[start:]]


def _texts(value: bytes) -> list[str]:
    return [contentline.text_of(part) for part in split_value(value, 0x3B)]


def _person(reading: Reading) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for one in (*FIELDS, *WEB):
        if (text := _field(reading, one)) is not None:
            found[one.key] = text
    found |= _phones(reading)
    found |= _name(reading)
    found |= _mails(reading)
    for address in ADDRESSES:
        found |= _address(reading, address)
    found |= _dates(reading)
    children = [contentline.text_of(p.value) for p in reading.all("RELATED") if "child" in types_of(p)]
    if children:
        found[tags.CHILDREN_NAMES] = tuple(children)
    if language := reading.text("LANG"):
        found[tags.LANGUAGE] = language
    pages = [found[key] for key in (tags.BUSINESS_HOME_PAGE, tags.PERSONAL_HOME_PAGE) if key in found]
    if pages:
        found[tags.ADDRESS_HTML] = pages[0]
    if keys := tuple(data for p in reading.all("KEY") if (data := data_of(p)) is not None):
        found[tags.USER_X509_CERTIFICATE] = keys
    return found


def _field(reading: Reading, one: Field) -> str | None:
    """The text of the line whose types are the field's; of a URL, without the scheme that was put before it."""
    for prop in reading.all(one.name):
        if set(one.types) == types_of(prop):
            return contentline.text_of(prop.value).removeprefix(_HTTP if one.name == "URL" else "\0")
    return None


def _phones(reading: Reading) -> dict[str, Value]:
    """Each number to the field of its types; to one that shares most of them where no field has just these, the first
    that is free."""
    found: dict[str, Value] = {}
    rest = []
    for prop in reading.all("TEL"):
        text, types = contentline.text_of(prop.value).removeprefix("tel:"), types_of(prop)
        one = next((f for f in PHONES if set(f.types) == types and f.key not in found), None)
        if one is not None:
            found[one.key] = text
        else:
            rest.append((text, types))
    for text, types in rest:
        free = [f for f in PHONES if f.key not in found]
        if free:
            found[max(free, key=lambda f: len(types & set(f.types)) - len(set(f.types) - types)).key] = text
    return found


def _name(reading: Reading) -> dict[str, Value]:
    found: dict[str, Value] = {}
    keys = (tags.SURNAME, tags.GIVEN_NAME, tags.MIDDLE_NAME, tags.DISPLAY_NAME_PREFIX, tags.GENERATION)
    for prop in reading.all("N")[:1]:
        found |= {key: text for key, text in zip(keys, _texts(prop.value), strict=False) if text}
    for prop in reading.all("ORG")[:1]:
        work = (tags.COMPANY_NAME, tags.DEPARTMENT, tags.OFFICE_LOCATION)
        found |= {key: text for key, text in zip(work, _texts(prop.value), strict=False) if text}
    gender = {"F": 1, "M": 2}.get((reading.text("GENDER") or "")[:1].upper())
    return {**found, **({tags.GENDER: gender} if gender else {})}


def _mails(reading: Reading) -> dict[str, Value]:
    """The three slots: by PREF where it is 1 to 3 and free, else in order."""
    found: dict[str, Value] = {}
    free = list(SLOTS)
    for prop in reading.all("EMAIL"):
        wanted = prop.param("PREF")
        slot = next((s for s in free if str(s.number) == wanted), free[0] if free else None)
        if slot is None:
            break
        free.remove(slot)
        mail, shown = contentline.text_of(prop.value), prop.param("X-DISPLAY-NAME")
        found |= {slot.display: shown or mail, slot.type: "SMTP", slot.address: mail, slot.original: mail,
                  slot.entry: mapi_entryid.one_off(shown or mail, "SMTP", mail, _FLAGS)}  # fmt: skip
    if impp := reading.text("IMPP"):
        found[tags.INSTANT_MESSAGING_ADDRESS] = impp.removeprefix("im:")
    return found


def _address(reading: Reading, address: Address) -> dict[str, Value]:
    prop = next((p for p in reading.all("ADR") if types_of(p) == set(address.types)), None)
    if prop is None:
        return {}
    box, extended, *rest = (*_texts(prop.value), *[""] * 7)[:7]
    street = "\n".join(text for text in (extended, rest[0]) if text)
    parts = (box, street, *rest[1:])
    found: dict[str, Value] = {key: text for key, text in zip(address.keys, parts, strict=True) if text}
    label = prop.param("LABEL").replace("\n", "\r\n")
    if label:
        found[address.formatted] = label
    if prop.param("PREF") == "1":
        found[tags.POSTAL_ADDRESS_ID] = address.id
        found |= {key: text for key, text in zip(MAILING, parts, strict=True) if text}
        found |= {tags.POSTAL_ADDRESS: label} if label else {}
    return found


def _dates(reading: Reading) -> dict[str, Value]:
    found: dict[str, Value] = {}
    hint = reading.hints.get(ZONE)
    zone = zone_of(hint if isinstance(hint, str) else reading.context.timezone)
    for name, key, local in (
        ("BDAY", tags.BIRTHDAY, BIRTHDAY_LOCAL),
        ("ANNIVERSARY", tags.WEDDING_ANNIVERSARY, ANNIVERSARY_LOCAL),
    ):
        prop = next(iter(reading.all(name)), None)
        match = _DATE.fullmatch(prop.value.strip()) if prop else None
        if match is None:
            continue
        try:
            day = datetime(*(int(part) for part in match.groups()))  # type: ignore[arg-type]
        except ValueError:
            continue
        if day.year >= 1602:
            found[key] = day.replace(tzinfo=zone).astimezone(UTC)
            found[local] = day.replace(tzinfo=UTC)
    return found


def data_of(prop: Property) -> bytes | None:
    """The bytes of a `data:` URI, or of a base64 value as vCard 3 has it; None for a link."""
    if match := _DATA_URI.match(prop.value):
        text = prop.value[match.end() :]
    elif prop.param("ENCODING").upper() in ("B", "BASE64"):
        text = prop.value
    else:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _photo(reading: Reading, said: Said) -> None:
    """The photo as the attachment that it was, or the first."""
    data = next((data for p in reading.all("PHOTO") if (data := data_of(p)) is not None), None)
    if data is None:
        return
    hint = reading.hints.get(PHOTO)
    place = hint if isinstance(hint, int) and 0 < hint < 1000 else 0
    row: dict[str, Value] = {
        tags.ATTACH_METHOD: 1, tags.ATTACH_LONG_FILENAME: "ContactPicture.jpg",
        tags.ATTACH_FILENAME: "ContactPicture.jpg", tags.ATTACH_EXTENSION: ".jpg",
        tags.CONTACT_PHOTO: True, tags.ATTACH_NUMBER: place, tags.RENDERING_POSITION: -1,
    }  # fmt: skip
    said.properties["attachments"] = (*({} for _ in range(place)), row)
    said.properties[tags.HAS_PICTURE] = True
    said.bodies[f"attachment/{place}"] = BytesBody.of(data)


def is_group(properties: Mapping[str, Value]) -> bool:
    """Whether an item is a distribution list."""
    found = mapi.text(properties, tags.MESSAGE_CLASS).lower()
    return found == "ipm.distlist" or found.startswith("ipm.distlist.")
