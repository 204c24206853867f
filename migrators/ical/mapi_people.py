"""Recipients of a MAPI item as ORGANIZER and ATTENDEE, and back (MS-OXOCAL 2.2.4.10, MS-OXCICAL 2.1.3.1.1.20.2 and
.16, RFC 5545 section 3.8.4).

An X.500 address means nothing outside its Exchange: where no mail address stands beside it, the attendee gets one under
`x500.invalid`, a domain that can't exist (RFC 2606), so that nobody is ever written to by mistake.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from transhumance.connectors.contract import Link, Value
from transhumance.connectors.formats import contentwrite, mapi, mapi_entryid, mapi_tags
from transhumance.connectors.formats.contentline import Property
from transhumance.migrators.ical.mapi_object import Opening, Part

SENDABLE, ORGANIZER = 1, 2  # PidTagRecipientFlags
TO, CC, RESOURCE = 1, 2, 3
_ROLES = {TO: "REQ-PARTICIPANT", CC: "OPT-PARTICIPANT", RESOURCE: "NON-PARTICIPANT"}
_STATUS = {0: "NEEDS-ACTION", 1: "ACCEPTED", 2: "TENTATIVE", 3: "ACCEPTED", 4: "DECLINED", 5: "NEEDS-ACTION"}
_TRACKED = {"TENTATIVE": 2, "ACCEPTED": 3, "DECLINED": 4}
_PLAIN = re.compile(r"[^\s@<>\",;\x00-\x20]+@[^\s@<>\",;\x00-\x20]+")
_SLUG = re.compile(r"[^a-z0-9]+")
NOWHERE = "@x500.invalid"
OWN = "own"  # the hint, as long as nobody is edited: which attendee is the mailbox's owner; -1: the organiser


def smtp_of(row: Mapping[str, Value]) -> str:
    """The mail address of a recipient, or nothing where it has none."""
    kind = mapi.text(row, mapi_tags.ADDRESS_TYPE, "SMTP").upper()
    own = mapi.text(row, mapi_tags.EMAIL_ADDRESS) if kind == "SMTP" else ""
    return next((a for a in (own, mapi.text(row, mapi_tags.SMTP_ADDRESS)) if _PLAIN.fullmatch(a)), "")


def address(opening: Opening, kind: str, smtp: str, other: str, name: str) -> str:
    """The address of a line, with its link to a subject; of one without mail address, one that can't exist."""
    if smtp or other:
        opening.refs[Link(kind.upper(), kind, smtp or other)] = None
    if smtp:
        return f"mailto:{smtp}"
    opening.find("CAL-ORG-02", kind)
    label = _SLUG.sub("-", name.lower())[:24].strip("-") or "x"
    digest = hashlib.sha256(f"{other}|{name}".lower().encode("utf-8", "replace")).hexdigest()[:10]
    return f"mailto:{label}.{digest}{NOWHERE}"


def organizer_line(opening: Opening) -> list[bytes]:
    """ORGANIZER, from the sender on whose behalf the item was made."""
    p = opening.properties
    kind = mapi.text(p, mapi_tags.SENT_REPRESENTING_ADDRESS_TYPE, "SMTP").upper()
    other = mapi.text(p, mapi_tags.SENT_REPRESENTING_EMAIL_ADDRESS)
    smtp = mapi.text(p, mapi_tags.SENT_REPRESENTING_SMTP_ADDRESS) or (other if kind == "SMTP" else "")
    name = mapi.text(p, mapi_tags.SENT_REPRESENTING_NAME)
    if not _PLAIN.fullmatch(smtp):
        smtp = next((smtp_of(row) for row in rows(p) if is_organizer(row)), "")
    if not (smtp or other or name):
        return []
    params = [("CN", name)] if name else []
    return [contentwrite.line("ORGANIZER", address(opening, "organizer", smtp, other, name), params)]


def rows(properties: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    """The recipients that are mappings, in order."""
    found = properties.get("recipients")
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list | tuple) else []


def is_organizer(row: Mapping[str, Value]) -> bool:
    return bool((mapi.integer(row, mapi_tags.RECIPIENT_FLAGS) or 0) & ORGANIZER)


def attendee_lines(opening: Opening) -> list[bytes]:
    """An ATTENDEE for each recipient, in order, the organiser with ROLE=CHAIR."""
    rsvp = mapi.boolean(opening.properties, mapi_tags.RESPONSE_REQUESTED)
    own = own_place(opening)
    if own is not None:
        opening.hints[OWN] = own
    return [_attendee(opening, row, rsvp, n == own) for n, row in enumerate(rows(opening.properties))]


def own_place(opening: Opening) -> int | None:
    """Which recipient is the mailbox's owner, -1 where that is the organiser; None where it can't be told."""
    own = (opening.context.subject.mail or "").lower() if opening.context.subject else ""
    if not own:
        return None
    for n, row in enumerate(rows(opening.properties)):
        if smtp_of(row).lower() == own:
            return -1 if is_organizer(row) else n
    return -1 if mapi.text(opening.properties, mapi_tags.SENT_REPRESENTING_SMTP_ADDRESS).lower() == own else None


def _attendee(opening: Opening, row: Mapping[str, Value], rsvp: bool, own: bool) -> bytes:
    name = mapi.text(row, mapi_tags.DISPLAY_NAME) or mapi.text(row, mapi_tags.RECIPIENT_DISPLAY_NAME)
    kind = mapi.integer(row, mapi_tags.RECIPIENT_TYPE) or TO
    status = mapi.integer(row, mapi_tags.RECIPIENT_TRACK_STATUS) or 0
    if own and not status:  # an attendee's copy says how its owner answered, but not in the recipient's row
        status = mapi.integer(opening.properties, mapi_tags.RESPONSE_STATUS) or 0
    chair = is_organizer(row)
    params = [("CN", name)] if name else []
    if kind == RESOURCE:
        params.append(("CUTYPE", "RESOURCE"))
    params.append(("ROLE", "CHAIR" if chair else _ROLES.get(kind & 3, "REQ-PARTICIPANT")))
    params.append(("PARTSTAT", "ACCEPTED" if chair else _STATUS.get(status, "NEEDS-ACTION")))
    if rsvp and not chair:
        params.append(("RSVP", "TRUE"))
    where = address(opening, "attendee", smtp_of(row), mapi.text(row, mapi_tags.EMAIL_ADDRESS), name)
    return contentwrite.line("ATTENDEE", where, params)


# --- and back


def said_people(part: Part) -> dict[str, Value]:
    """Sender, recipients and what repeats them. Nothing where the component names nobody."""
    organizer = part.first("ORGANIZER")
    people = [_row(prop) for prop in part.all("ATTENDEE")]
    found: dict[str, Value] = {"recipients": tuple(people)}
    if organizer is not None:
        found |= _sender(organizer)
    if people:
        found |= _names(people)
        found[mapi_tags.RESPONSE_REQUESTED] = any(p.param("RSVP").upper() == "TRUE" for p in part.all("ATTENDEE"))
    return found


def mail_of(prop: Property) -> str:
    """The mail address of an ORGANIZER or ATTENDEE, or nothing where it is one that can't exist, or another URI."""
    text = prop.value.decode("utf-8", "replace").strip()
    found = text[7:] if text[:7].lower() == "mailto:" else prop.param("EMAIL")
    return "" if found.endswith(NOWHERE) else found


def _sender(prop: Property) -> dict[str, Value]:
    name, mail = prop.param("CN"), mail_of(prop)
    found: dict[str, Value] = {}
    for who, kind, where, smtp, key, entry in (
        (mapi_tags.SENT_REPRESENTING_NAME, mapi_tags.SENT_REPRESENTING_ADDRESS_TYPE,
         mapi_tags.SENT_REPRESENTING_EMAIL_ADDRESS, mapi_tags.SENT_REPRESENTING_SMTP_ADDRESS,
         mapi_tags.SENT_REPRESENTING_SEARCH_KEY, mapi_tags.SENT_REPRESENTING_ENTRY_ID),
        (mapi_tags.SENDER_NAME, mapi_tags.SENDER_ADDRESS_TYPE, mapi_tags.SENDER_EMAIL_ADDRESS,
         mapi_tags.SENDER_SMTP_ADDRESS, mapi_tags.SENDER_SEARCH_KEY, mapi_tags.SENDER_ENTRY_ID),
    ):  # fmt: skip
        if name:
            found[who] = name
        if mail:
            found |= {kind: "SMTP", where: mail, smtp: mail, key: mapi_entryid.search_key("SMTP", mail),
                      entry: mapi_entryid.one_off(name or mail, "SMTP", mail)}  # fmt: skip
    return found


def _row(prop: Property) -> dict[str, Value]:
    name, mail = prop.param("CN"), mail_of(prop)
    chair = prop.param("ROLE").upper() == "CHAIR"
    row: dict[str, Value] = {
        mapi_tags.RECIPIENT_TYPE: _type(prop),
        mapi_tags.RECIPIENT_FLAGS: SENDABLE | ORGANIZER if chair else SENDABLE,
        mapi_tags.RECIPIENT_TRACK_STATUS: 0 if chair else _TRACKED.get(prop.param("PARTSTAT").upper(), 0),
        mapi_tags.OBJECT_TYPE: 6,
        mapi_tags.DISPLAY_TYPE: 0,
    }
    if name or mail:
        row |= {mapi_tags.DISPLAY_NAME: name or mail, mapi_tags.RECIPIENT_DISPLAY_NAME: name or mail}
    if mail:
        entry = mapi_entryid.one_off(name or mail, "SMTP", mail)
        row |= {mapi_tags.ADDRESS_TYPE: "SMTP", mapi_tags.EMAIL_ADDRESS: mail, mapi_tags.SMTP_ADDRESS: mail,
                mapi_tags.SEARCH_KEY: mapi_entryid.search_key("SMTP", mail), mapi_tags.ENTRY_ID: entry,
                mapi_tags.RECIPIENT_ENTRY_ID: entry}  # fmt: skip
    return row


def _type(prop: Property) -> int:
    if prop.param("CUTYPE").upper() in ("RESOURCE", "ROOM"):
        return RESOURCE
    return {"OPT-PARTICIPANT": CC, "NON-PARTICIPANT": CC}.get(prop.param("ROLE").upper(), TO)


def _names(people: Sequence[Mapping[str, Value]]) -> dict[str, Value]:
    """Lists of names that stores compute of the recipients, without the organiser."""

    def joined(*kinds: int) -> str:
        chosen = [row for row in people if row[mapi_tags.RECIPIENT_TYPE] in kinds and not is_organizer(row)]
        return "; ".join(str(row.get(mapi_tags.DISPLAY_NAME, "")) for row in chosen)

    return {mapi_tags.TO_ATTENDEES: joined(TO), mapi_tags.CC_ATTENDEES: joined(CC),
            mapi_tags.ALL_ATTENDEES: joined(TO, CC)}  # fmt: skip
