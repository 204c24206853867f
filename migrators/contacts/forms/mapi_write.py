"""A contact as a vCard 4.0 (RFC 6350). Rendering as 3.0 is the affair of targets that want it."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from transhumance.connectors.contract import Body, Context, Finding, Link, Record, Value, read_all
from transhumance.connectors.formats import contentwrite, mapi, mapi_body, zones
from transhumance.connectors.formats import mapi_tags as tags
from transhumance.connectors.formats.mapi_residue import Said
from transhumance.connectors.formats.mapi_stored import hints_of
from transhumance.connectors.formats.mapi_text import clean
from transhumance.migrators.contacts.forms.mapi_certificate import certificates
from transhumance.migrators.contacts.forms.mapi_fields import (
    ADDRESSES,
    ANNIVERSARY_LOCAL,
    BIRTHDAY_LOCAL,
    FIELDS,
    PHONES,
    SLOTS,
    USER_FIELDS,
    WEB,
    YOMI,
    Address,
    Field,
    Slot,
)

PLAIN_MAIL = re.compile(r"[^\s@<>\",;\x00-\x20]+@[^\s@<>\",;\x00-\x20]+")
PHOTO_LIMIT = 2 << 20  # bytes of a photo in a card
HTML_LIMIT = 1 << 20  # characters of HTML in a card
PHOTO_NAME = "contactpicture.jpg"
ASIDE = "aside"  # the hint, as long as the note is not edited: which texts are bodies of the document
FN = "fn"  # the hint: where FN was taken from, where that is not the display name
ZONE = "zone"  # the hint: the mailbox's zone, for the instants of days
PHOTO = "photo"  # the hint: which attachment it is, where it is not the first
_NAMES = (tags.DISPLAY_NAME, tags.DL_NAME, tags.FILE_UNDER, tags.SUBJECT, tags.COMPANY_NAME, tags.EMAIL1_ADDRESS)
_NO_URI = re.compile(r"[\s\x00-\x1f\x7f<>\"]")
_HOST = re.compile(r"(?i)[a-z0-9-]+(\.[a-z0-9-]+)+([/:?#].*)?")
_LANGUAGE = re.compile(r"(?i)[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")
_NAMESPACE = uuid.UUID("8f2d6c1e-3f5b-5a43-9d1c-6e0f1b7a2c94")  # of UIDs that are derived, by this project
_HALF_DAY = timedelta(hours=12)
_MAGIC = ((b"\xff\xd8", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"BM", "image/bmp"))


@dataclass(slots=True)
class Card:
    """A contact being opened."""

    record: Record
    item: Said
    context: Context
    findings: dict[Finding, None] = field(default_factory=dict)
    refs: dict[Link, None] = field(default_factory=dict)
    hints: dict[str, Value] = field(default_factory=dict)
    bodies: dict[str, Body] = field(default_factory=dict)

    @property
    def properties(self) -> dict[str, Value]:
        return self.item.properties

    def text(self, key: str) -> str:
        return mapi.text(self.properties, key)

    def find(self, code: str, detail: str = "") -> None:
        """Notes a finding, each once."""
        self.findings[Finding(code, detail)] = None


def contact_lines(card: Card) -> list[bytes]:
    """The lines of a person's or a company's card, VERSION, UID and FN apart."""
    return [
        *_names(card),
        *(line for one in FIELDS if (line := text_line(card, one))),
        *_work(card),
        *_mails(card),
        *(line for one in PHONES if (line := text_line(card, one))),
        *(line for address in ADDRESSES for line in _address(card, address)),
        *_web(card),
        *_dates(card),
        *_others(card),
        *note_lines(card),
        *_photo(card),
        *_keys(card),
    ]


def uid_of(card: Card) -> str:
    """A UID that stays the same as long as the item's search key does, or else its key in the source."""
    seed = mapi.binary(card.properties, tags.SEARCH_KEY) or card.record.key
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, seed.hex())}"


def name_of(card: Card) -> str:
    """FN, which a card must have: the display name, else what it is filed under, else a name it has."""
    for key in _NAMES:
        if clean(text := card.text(key)).strip():
            if key != tags.DISPLAY_NAME:
                card.hints[FN] = key
            return text
    return "?"


def text_line(card: Card, one: Field) -> bytes | None:
    """A field's line, where it has a text."""
    text = card.text(one.key)
    if not text:
        return None
    if one.key in USER_FIELDS:
        card.find("CARD-UDF-01")
    if one.key in YOMI:
        card.find("CARD-YOMI-01")
    params = [("TYPE", ",".join(one.types))] if one.types else []
    params += [("VALUE", "text")] if one.related else []
    return contentwrite.line(one.name, contentwrite.escape(text), params)


def _names(card: Card) -> list[bytes]:
    keys = (tags.SURNAME, tags.GIVEN_NAME, tags.MIDDLE_NAME, tags.DISPLAY_NAME_PREFIX, tags.GENERATION)
    parts = [card.text(key) for key in keys]
    filed = card.text(tags.FILE_UNDER)
    params = [("SORT-AS", filed)] if filed else []
    found = []
    if any(parts) or filed:
        found.append(contentwrite.line("N", ";".join(contentwrite.escape(part) for part in parts), params))
    gender = {1: "F", 2: "M"}.get(mapi.integer(card.properties, tags.GENDER) or 0)
    return [*found, *([contentwrite.line("GENDER", gender)] if gender else [])]


def _work(card: Card) -> list[bytes]:
    parts = [card.text(tags.COMPANY_NAME), card.text(tags.DEPARTMENT), card.text(tags.OFFICE_LOCATION)]
    while parts and not parts[-1]:
        parts.pop()
    return [contentwrite.line("ORG", ";".join(contentwrite.escape(part) for part in parts))] if parts else []


def _mails(card: Card) -> list[bytes]:
    found = []
    for slot in SLOTS:
        if (mail := mail_of(card.properties, slot)) is not None:
            card.refs[Link("EMAIL", "address", mail)] = None
            shown = card.text(slot.display)
            params = [("PREF", str(slot.number)), *([("X-DISPLAY-NAME", shown)] if shown else [])]
            found.append(contentwrite.line("EMAIL", contentwrite.escape(mail), params))
        elif card.text(slot.address):
            card.refs[Link("EMAIL", "address", card.text(slot.address))] = None
            card.find("CARD-MAIL-02")
    if len(found) > 1 or any(b"X-DISPLAY-NAME" in line for line in found):
        card.find("CARD-MAIL-01")
    if (address := card.text(tags.INSTANT_MESSAGING_ADDRESS)).strip():
        card.find("CARD-IMID-01")
        uri = address if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", address) else f"im:{address}"
        found.append(contentwrite.line("IMPP", contentwrite.escape(uri)))
    return found


def mail_of(properties: Mapping[str, Value], slot: Slot) -> str | None:
    """The mail address of a slot; of one in the directory, the one that is told beside it (MS-OXOCNTC 2.2.1.2.4)."""
    texts = [mapi.text(properties, slot.address), mapi.text(properties, slot.original)]
    return next((text for text in texts if PLAIN_MAIL.fullmatch(text)), None)


def _address(card: Card, address: Address) -> list[bytes]:
    box, *rest = (card.text(key) for key in address.keys)
    label = card.text(address.formatted)
    if not (box or any(rest) or label):
        return []
    params = [("TYPE", ",".join(address.types))] if address.types else []
    if mapi.integer(card.properties, tags.POSTAL_ADDRESS_ID) == address.id:
        params.append(("PREF", "1"))
    if label:
        params.append(("LABEL", label))
    value = ";".join(contentwrite.escape(text) for text in (box, "", *rest))
    return [contentwrite.line("ADR", value, params)]


def _web(card: Card) -> list[bytes]:
    found = []
    for one in WEB:
        if (text := card.text(one.key)).strip():
            uri = f"http://{text}" if _HOST.fullmatch(text) and one.name == "URL" else text
            if _NO_URI.search(uri):  # RFC 3986 has no place for it, and a strict reader would refuse the whole card
                continue
            params = [("TYPE", ",".join(one.types))] if one.types else []
            found.append(contentwrite.line(one.name, contentwrite.escape(uri), params))
    return found


def _dates(card: Card) -> list[bytes]:
    found = []
    for name, key, local in (
        ("BDAY", tags.BIRTHDAY, BIRTHDAY_LOCAL),
        ("ANNIVERSARY", tags.WEDDING_ANNIVERSARY, ANNIVERSARY_LOCAL),
    ):
        if day := day_of(card.properties, key, local, card.context):
            card.hints[ZONE] = card.context.timezone
            found.append(contentwrite.line(name, f"{day:%Y%m%d}".zfill(8)))
    return found


def day_of(properties: Mapping[str, Value], key: str, local: str, context: Context) -> date | None:
    """The day of a date, which Outlook keeps as an instant: near midnight of its author's zone, or 11:59 UTC
    (MS-OXOCNTC 2.2.1.5.1); the local one, where it is there, is midnight UTC of the day itself."""
    plain = mapi.moment(properties, local)
    if plain is not None:
        return plain.date()
    at = mapi.moment(properties, key)
    if at is None:
        return None
    if (at.hour, at.minute) == (11, 59):
        return at.date()
    return (at.astimezone(zone_of(context.timezone)) + _HALF_DAY).date()


def zone_of(name: str) -> ZoneInfo:
    """A zone by its name, UTC for one that is unknown."""
    return ZoneInfo(name if name in zones.iana_names() else "UTC")


def _others(card: Card) -> list[bytes]:
    found = [
        contentwrite.line("RELATED", contentwrite.escape(name), [("TYPE", "child"), ("VALUE", "text")])
        for name in mapi.texts(card.properties, tags.CHILDREN_NAMES)
    ]
    found += mark_lines(card)
    if _LANGUAGE.fullmatch(language := card.text(tags.LANGUAGE)):
        found.append(contentwrite.line("LANG", language))
    return found


def mark_lines(card: Card) -> list[bytes]:
    """CATEGORIES, and how private the item is (X-CLASS, since vCard 4 has no CLASS)."""
    found = []
    if names := mapi.texts(card.properties, tags.KEYWORDS):
        found.append(contentwrite.line("CATEGORIES", ",".join(contentwrite.escape(name) for name in names)))
    words = {1: "X-PERSONAL", 2: "PRIVATE", 3: "CONFIDENTIAL"}
    if word := words.get(mapi.integer(card.properties, tags.SENSITIVITY) or 0):
        found.append(contentwrite.line("X-CLASS", word))
    return found


def note_lines(card: Card) -> list[bytes]:
    """NOTE: the item's text; X-ALT-NOTE: its HTML, for which vCard has no place."""
    found = mapi_body.texts(card.record, formatted=False)
    card.hints |= hints_of(card.record, found)
    if found.guessed:
        card.find("MAIL-PST-02")
    if found.damaged:
        card.find("MAIL-RTF-01")
    if found.html or (found.unformatted and found.plain):
        card.find("CARD-NOTE-01")
    lines = [contentwrite.line("NOTE", contentwrite.escape(found.plain))] if found.plain else []
    if found.html and found.html_from == "body/html" and len(found.html) <= HTML_LIMIT:
        lines.append(contentwrite.line("X-ALT-NOTE", contentwrite.escape(found.html), [("FMTTYPE", "text/html")]))
    return lines


def _photo(card: Card) -> list[bytes]:
    n = photo_place(card.properties)
    body = card.item.bodies.get(f"attachment/{n}") if n is not None else None
    if n is None or body is None or body.size is None or body.size > PHOTO_LIMIT:
        return []
    try:
        data = read_all(body, PHOTO_LIMIT)
    except (OSError, ValueError):
        card.find("MAIL-PST-04", "0x37010102")
        return []
    card.find("CARD-PHOTO-01")
    if n:
        card.hints[PHOTO] = n
    kind = next((mime for magic, mime in _MAGIC if data.startswith(magic)), "application/octet-stream")
    return [contentwrite.line("PHOTO", f"data:{kind};base64,{base64.b64encode(data).decode()}")]


def photo_place(properties: Mapping[str, Value]) -> int | None:
    """Which attachment is the photo (MS-OXOCNTC 2.2.1.8), or None."""
    rows = properties.get("attachments")
    for n, row in enumerate(rows if isinstance(rows, list | tuple) else ()):
        if isinstance(row, Mapping) and mapi.integer(row, tags.ATTACH_METHOD) in (1, None):
            names = (mapi.text(row, tags.ATTACH_LONG_FILENAME), mapi.text(row, tags.ATTACH_FILENAME))
            if mapi.boolean(row, tags.CONTACT_PHOTO) or any(name.lower() == PHOTO_NAME for name in names):
                return n
    return None


def _keys(card: Card) -> list[bytes]:
    found = []
    for certificate in certificates(card.properties.get(tags.USER_X509_CERTIFICATE)):
        card.find("CARD-CERT-01")
        data = base64.b64encode(certificate).decode()
        found.append(contentwrite.line("KEY", f"data:application/pkix-cert;base64,{data}"))
    return found


def joined(lines: Iterable[bytes], card: Card, kind: str) -> bytes:
    """A card of these lines."""
    touched = mapi.moment(card.properties, tags.LAST_MODIFICATION_TIME)
    if (
        kind == "individual"
        and card.text(tags.COMPANY_NAME)
        and not (card.text(tags.SURNAME) or card.text(tags.GIVEN_NAME))
    ):
        kind = "org"
    head = [b"VERSION:4.0\r\n", b"PRODID:-//transhumance//mapi//EN\r\n", contentwrite.line("UID", uid_of(card)),
            contentwrite.line("KIND", kind), contentwrite.line("FN", contentwrite.escape(name_of(card)))]  # fmt: skip
    rev = [contentwrite.line("REV", _stamp(touched))] if touched else []
    return contentwrite.component("VCARD", [*head, *rev, *lines])


def _stamp(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y%m%dT%H%M%SZ}".zfill(16)
