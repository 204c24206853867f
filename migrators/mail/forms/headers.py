"""The header of a message out of its MAPI properties: the fields that came with it where they were kept, and what they
lack, made from the properties."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.migrators.mail.forms.addresses import (
    FROM,
    RECIPIENT,
    SENDER,
    Address,
    Directory,
    address_field,
    address_of,
    checked,
    flat_entries,
    of_entry_id,
    parse_addresses,
)
from transhumance.migrators.mail.forms.table import rows
from transhumance.migrators.mail.forms.words import clean, field, fold, text_of

_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:")
_SAFE_FIELD = re.compile(r"[\t -~]{1,998}(?:\r\n[ \t][\t -~]{1,997})*")
_ADDRESSES = frozenset({"from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-to", "resent-cc",
                        "disposition-notification-to", "return-receipt-to"})  # fmt: skip
_ID = re.compile(r"[!-~]{1,900}")
_IDS = re.compile(r"[!-~]{1,900}(?:[ \t\r\n]+[!-~]{1,900})*")
_DAYS, _MONTHS = "Mon Tue Wed Thu Fri Sat Sun".split(), "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
IMPORTANCES = {0: "low", 2: "high"}
SENSITIVITIES = {1: "Personal", 2: "Private", 3: "Company-Confidential"}  # RFC 2156 5.3.4
TO, CC, BCC = 1, 2, 3
_LISTS = (("List-Help", mapi_tags.LIST_HELP), ("List-Subscribe", mapi_tags.LIST_SUBSCRIBE),
          ("List-Unsubscribe", mapi_tags.LIST_UNSUBSCRIBE))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """The fields, each whole with its line end, none of MIME. `kept`: they came with the message. `nameless`: people
    in them who have no SMTP address."""

    fields: tuple[bytes, ...]
    kept: bool
    nameless: int


def compose_head(properties: Mapping[str, Value], directory: Directory) -> Head:
    """The header of a message."""
    transport = mapi.text(properties, mapi_tags.TRANSPORT_HEADERS)
    fields = _kept(transport, mapi.present(properties, mapi_tags.SUBJECT) and mapi.text(properties, mapi_tags.SUBJECT))
    have = {name_of(f) for f in fields}
    kept = bool(fields)
    people = _People(properties, directory)
    for name, make in _MAKERS:
        if name not in have and (made := make(properties, people)):
            fields.append(made)
    return Head(tuple(fields), kept, people.nameless)


def name_of(raw: bytes) -> str:
    """A raw field's name, lower case."""
    return raw[: raw.index(b":")].rstrip().decode("ascii").lower()


def split_fields(text: str) -> list[str]:
    """The fields of header text, folded lines joined by CRLF, up to the blank line; what is no field is left out."""
    fields: list[str] = []
    open_field = False
    for line in text.split("\n"):
        line = line.rstrip("\r")
        if not line:
            if fields:
                break
            continue
        if line[0] in " \t":
            if open_field and line.strip():
                fields[-1] += "\r\n" + line
            continue
        open_field = _FIELD.match(line) is not None
        if open_field:
            fields.append(line)
    return fields


def _kept(transport: str, subject: str | None) -> list[bytes]:
    """The fields that came with the message, without those of MIME, since its parts are made anew. Whoever changed the
    subject sees that one: it replaces the old."""
    found = []
    for text in split_fields(transport):
        name = text[: text.index(":")].rstrip().lower()
        if name.startswith("content-") or name == "mime-version":
            continue
        raw = _raw(name, text)
        if name == "subject" and subject is not None and _spaced(text_of(raw)) != _spaced(subject):
            raw = field("Subject", subject)
        found.append(raw)
    return found


def _spaced(text: str) -> str:
    return " ".join(clean(text).split())


def _raw(name: str, text: str) -> bytes:
    """A field's bytes as they came, or encoded anew where they are no plain ASCII of lawful length."""
    if _SAFE_FIELD.fullmatch(text):
        return text.encode("ascii") + b"\r\n"
    title, _, value = text.partition(":")
    safe = clean(value.replace("\r\n", "").replace("\t", " ")).strip()
    if name in _ADDRESSES:
        return address_field(title.rstrip(), parse_addresses(b":" + safe.encode()))
    return field(title.rstrip(), safe)


class _People:
    """Those whom the properties name, looked up once."""

    def __init__(self, properties: Mapping[str, Value], directory: Directory) -> None:
        self.author = address_of(properties, FROM, directory) or address_of(properties, SENDER, directory)
        self.sender = address_of(properties, SENDER, directory)
        self.recipients: dict[int, list[Address]] = {}
        self.nameless = 0
        for row in rows(properties.get("recipients")):
            kind = (mapi.integer(row, mapi_tags.RECIPIENT_TYPE) or TO) & 0x0F
            if (address := address_of(row, RECIPIENT, directory)) and (address.mail or clean(address.name).strip()):
                self.recipients.setdefault(kind, []).append(address)

    def field(self, name: str, kind: int) -> bytes | None:
        """The field of one kind of recipients."""
        found = self.recipients.get(kind, [])
        self.nameless += sum(not a.mail for a in found)
        return address_field(name, found) if found else None

    def one(self, name: str, address: Address | None) -> bytes | None:
        """A field of one person."""
        if address is None or not (address.mail or clean(address.name).strip()):
            return None
        self.nameless += not address.mail
        return address_field(name, [address])


Properties = Mapping[str, Value]
Maker = Callable[[Properties, _People], bytes | None]


def _date(properties: Properties, people: _People) -> bytes | None:
    time = mapi.moment(properties, mapi_tags.CLIENT_SUBMIT_TIME)
    return f"Date: {date_text(time)}\r\n".encode() if time else None


def date_text(time: datetime) -> str:
    """A time as RFC 5322 3.3 writes it; UTC, whole seconds."""
    return (
        f"{_DAYS[time.weekday()]}, {time.day} {_MONTHS[time.month - 1]} {time.year:04d}"
        f" {time.hour:02d}:{time.minute:02d}:{time.second:02d} +0000"
    )


def _sender(properties: Properties, people: _People) -> bytes | None:
    same = people.author is None or people.sender is None or people.sender == people.author
    return None if same else people.one("Sender", people.sender)


def _reply_to(properties: Properties, people: _People) -> bytes | None:
    entries = mapi.binary(properties, mapi_tags.REPLY_RECIPIENT_ENTRIES)
    found = [a for e in flat_entries(entries or b"") if (a := of_entry_id(e))]
    if not found:
        names = mapi.text(properties, mapi_tags.REPLY_RECIPIENT_NAMES).split(";")
        found = [checked(name.strip()) for name in names if clean(name).strip()]
    people.nameless += sum(not a.mail for a in found)
    return address_field("Reply-To", found) if found else None


def _subject(properties: Properties, people: _People) -> bytes | None:
    found = mapi.present(properties, mapi_tags.SUBJECT)
    return field("Subject", mapi.text(properties, mapi_tags.SUBJECT)) if found else None


def _ids(name: str, key: str, pattern: re.Pattern[str] = _ID) -> Maker:
    def make(properties: Properties, people: _People) -> bytes | None:
        value = mapi.text(properties, key).strip()
        return fold(name, " ".join(value.split())) if pattern.fullmatch(value) else None

    return make


def _index(properties: Properties, people: _People) -> bytes | None:
    value = mapi.binary(properties, mapi_tags.CONVERSATION_INDEX)
    return field("Thread-Index", b64encode(value).decode()) if value and len(value) < 600 else None


def _importance(properties: Properties, people: _People) -> bytes | None:
    word = IMPORTANCES.get(mapi.integer(properties, mapi_tags.IMPORTANCE) or 0)
    return f"Importance: {word}\r\n".encode() if word and mapi_tags.IMPORTANCE in properties else None


def _sensitivity(properties: Properties, people: _People) -> bytes | None:
    word = SENSITIVITIES.get(mapi.integer(properties, mapi_tags.SENSITIVITY) or 0)
    return f"Sensitivity: {word}\r\n".encode() if word else None


def _topic(properties: Properties, people: _People) -> bytes | None:
    """Only where it is not the subject without its prefix, which any system works out."""
    if mapi.present(properties, mapi_tags.CONVERSATION_TOPIC) is None:
        return None
    topic = mapi.text(properties, mapi_tags.CONVERSATION_TOPIC)
    return None if topic == normalized(mapi.text(properties, mapi_tags.SUBJECT))[1] else field("Thread-Topic", topic)


_PREFIX = re.compile(r"\D{1,3}: ")


def normalized(subject: str) -> tuple[str, str]:
    """A subject's prefix and its rest: one to three characters that are no digits, a colon and a blank (MS-OXCMSG
    3.2.4.1.2)."""
    match = _PREFIX.match(subject)
    return (match[0], subject[match.end() :]) if match else ("", subject)


def _receipt(properties: Properties, people: _People) -> bytes | None:
    asked = mapi.boolean(properties, mapi_tags.READ_RECEIPT_REQUESTED)
    who = people.author if people.author and people.author.mail else None
    return people.one("Disposition-Notification-To", who) if asked else None


_MAKERS: tuple[tuple[str, Maker], ...] = (
    ("date", _date),
    ("from", lambda p, people: people.one("From", people.author)),
    ("sender", _sender),
    ("reply-to", _reply_to),
    ("to", lambda p, people: people.field("To", TO)),
    ("cc", lambda p, people: people.field("Cc", CC)),
    ("bcc", lambda p, people: people.field("Bcc", BCC)),
    ("subject", _subject),
    ("message-id", _ids("Message-ID", mapi_tags.INTERNET_MESSAGE_ID)),
    ("in-reply-to", _ids("In-Reply-To", mapi_tags.IN_REPLY_TO_ID, _IDS)),
    ("references", _ids("References", mapi_tags.INTERNET_REFERENCES, _IDS)),
    ("thread-topic", _topic),
    ("thread-index", _index),
    ("importance", _importance),
    ("sensitivity", _sensitivity),
    ("disposition-notification-to", _receipt),
    *((name.lower(), _ids(name, key, _IDS)) for name, key in _LISTS),
)
