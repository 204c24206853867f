"""What a message says, as MAPI properties: the half of the way back that needs no residue."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime

from transhumance.connectors.contract import Body, BytesBody, Value, read_all
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.connectors.formats.mapi_residue import Said, same
from transhumance.connectors.formats.rfc5322 import parse_date
from transhumance.migrators.mail.forms import files, state, table
from transhumance.migrators.mail.forms.addresses import (
    FROM,
    RECEIVED_BY,
    RECEIVED_FOR,
    RECIPIENT,
    RECIPIENT_TOO,
    SENDER,
    UNICODE_DEFAULT,
    UNICODE_PLAIN,
    Address,
    Keys,
    entry_id,
    flat_list,
    one_off_flags,
    parse_addresses,
)
from transhumance.migrators.mail.forms.copies import copied
from transhumance.migrators.mail.forms.headers import BCC, CC, IMPORTANCES, SENSITIVITIES, TO, normalized
from transhumance.migrators.mail.forms.rtfbody import contained
from transhumance.migrators.mail.forms.texts import (
    HTML,
    LIMIT,
    PAGES,
    PLAIN,
    REPORT,
    RTF,
    STORED,
    codec_of,
    stored_bytes,
)
from transhumance.migrators.mail.forms.view import TextPart, View
from transhumance.migrators.mail.forms.words import text_of

Hints = Mapping[str, Value]
# What every message has that Outlook stores (MS-OXCMSG 2.2.1)
DEFAULTS: Mapping[str, Value] = {
    mapi_tags.ALTERNATE_RECIPIENT_ALLOWED: True, mapi_tags.IMPORTANCE: 1, mapi_tags.PRIORITY: 0,
    mapi_tags.SENSITIVITY: 0, mapi_tags.DELIVERY_REPORT_REQUESTED: False, mapi_tags.READ_RECEIPT_REQUESTED: False,
    mapi_tags.MESSAGE_CLASS: "IPM.Note", mapi_tags.ICON_INDEX: -1,
}  # fmt: skip
_RECIPIENT: Mapping[str, Value] = {
    mapi_tags.RESPONSIBILITY: True, mapi_tags.DISPLAY_TYPE: 0, mapi_tags.SEND_RICH_INFO: False,
    mapi_tags.RECIPIENT_FLAGS: 1, mapi_tags.RECIPIENT_TRACK_STATUS: 0,
}  # fmt: skip
_MARKS = {word.lower(): number for number, word in (*IMPORTANCES.items(), (1, "normal"))}
_SECRECY = {word.lower(): number for number, word in SENSITIVITIES.items()}


def said_of(view: View, meta: Mapping[str, Value], hints: Hints) -> Said:
    """The properties and bodies that a document gives. `hints` may say what the item lacks of it (see `shape`)."""
    first = {name: raws[0] for name, raws in view.named.items()}
    found: dict[str, Value] = {**DEFAULTS, **state.properties_of(meta)}
    other_bits = hints.get("flags")
    bits = found[mapi_tags.MESSAGE_FLAGS]
    if isinstance(other_bits, int) and isinstance(bits, int):
        found[mapi_tags.MESSAGE_FLAGS] = bits | other_bits
    for name, read in _READERS.items():
        if name in first:
            found.update(read(first[name]))
    _people(found, first)
    found |= copied(hints.get("headers"), view.named)
    said = Said(found)
    _texts(said, view, hints)
    _files(said, view, hints)
    found["recipients"] = _recipients(first, hints.get("recipients"))
    reshape(found, hints)
    return said


_ROWS = ("recipients", "attachments")


def shape(said: Said, actual: Said) -> dict[str, Value]:
    """What an item has less or otherwise in all of its rows alike: the hints `bare`, keys that it lacks, of its own
    (``) and of its rows, and `common`, values that all rows share. Systems differ in what they store, so this is much
    shorter than saying it of each row."""
    bare: dict[str, Value] = {}
    common: dict[str, Value] = {}
    if lacking := tuple(sorted(said.properties.keys() - actual.properties.keys())):
        bare[""] = lacking
    for name in _ROWS:
        rows, given = table.rows(actual.properties.get(name)), table.rows(said.properties.get(name))
        if not rows:
            continue
        have = set().union(*rows)
        if lacking := tuple(sorted(set().union(*given) - have)):
            bare[name] = lacking
        shared = {k: v for k, v in rows[0].items() if all(k in row and same(row[k], v) for row in rows[1:])}
        extra: dict[str, Value] = {k: v for k, v in shared.items() if len(rows) > 1 and _unsaid(k, v, given)}
        if extra:
            common[name] = extra
    hints: dict[str, Value] = {"bare": bare} if bare else {}
    return {**hints, "common": common} if common else hints


def _unsaid(key: str, value: Value, given: list[Mapping[str, Value]]) -> bool:
    return any(key not in row or not same(row[key], value) for row in given)


def reshape(found: dict[str, Value], hints: Hints) -> None:
    """Properties in the shape that these hints say, in place."""
    bare, common = _mapping(hints.get("bare")), _mapping(hints.get("common"))
    for name in _ROWS:
        lacking, shared = bare.get(name), _mapping(common.get(name))
        if lacking or shared:
            keys = set(lacking) if isinstance(lacking, tuple | list) else set()
            rows = table.rows(found.get(name))
            found[name] = tuple({**{k: v for k, v in row.items() if k not in keys}, **shared} for row in rows)
    lacking = bare.get("")
    for key in lacking if isinstance(lacking, tuple | list) else ():
        if isinstance(key, str):
            found.pop(key, None)


# --- fields


def _date(raw: bytes) -> dict[str, Value]:
    time = parse_date(raw.partition(b":")[2])
    return {mapi_tags.CLIENT_SUBMIT_TIME: time} if isinstance(time, datetime) else {}


def _subject(raw: bytes) -> dict[str, Value]:
    subject = text_of(raw)
    prefix, topic = normalized(subject)
    found: dict[str, Value] = {mapi_tags.SUBJECT: subject, mapi_tags.CONVERSATION_TOPIC: topic}
    if prefix:
        found[mapi_tags.SUBJECT_PREFIX] = prefix
    return found


def _text(key: str) -> Callable[[bytes], dict[str, Value]]:
    return lambda raw: {key: text_of(raw)}


def _index(raw: bytes) -> dict[str, Value]:
    try:
        return {mapi_tags.CONVERSATION_INDEX: b64decode("".join(text_of(raw).split()), validate=True)}
    except ValueError:
        return {}


def _importance(raw: bytes) -> dict[str, Value]:
    level = _MARKS.get(text_of(raw).lower())
    return {} if level is None else {mapi_tags.IMPORTANCE: level, mapi_tags.PRIORITY: level - 1}


def _x_priority(raw: bytes) -> dict[str, Value]:
    digit = text_of(raw)[:1]
    level = 2 if digit in ("1", "2") else 0 if digit in ("4", "5") else 1
    return {mapi_tags.IMPORTANCE: level, mapi_tags.PRIORITY: level - 1}


def _sensitivity(raw: bytes) -> dict[str, Value]:
    level = _SECRECY.get(text_of(raw).lower())
    return {} if level is None else {mapi_tags.SENSITIVITY: level}


_READERS: Mapping[str, Callable[[bytes], dict[str, Value]]] = {
    "date": _date,
    "subject": _subject,
    "thread-topic": _text(mapi_tags.CONVERSATION_TOPIC),
    "thread-index": _index,
    "message-id": _text(mapi_tags.INTERNET_MESSAGE_ID),
    "in-reply-to": _text(mapi_tags.IN_REPLY_TO_ID),
    "references": _text(mapi_tags.INTERNET_REFERENCES),
    "x-priority": _x_priority,
    "importance": _importance,
    "sensitivity": _sensitivity,
    "list-help": _text(mapi_tags.LIST_HELP),
    "list-subscribe": _text(mapi_tags.LIST_SUBSCRIBE),
    "list-unsubscribe": _text(mapi_tags.LIST_UNSUBSCRIBE),
    "disposition-notification-to": lambda raw: {mapi_tags.READ_RECEIPT_REQUESTED: True},
}


def _people(found: dict[str, Value], first: Mapping[str, bytes]) -> None:
    author = next(iter(parse_addresses(first["from"])), None) if "from" in first else None
    sender = next(iter(parse_addresses(first["sender"])), author) if "sender" in first else author
    for address, keys in ((author, FROM), (sender, SENDER)):
        if address is not None:
            found.update(_person(address, keys))
    if "reply-to" in first:
        answers = parse_addresses(first["reply-to"])
        found[mapi_tags.REPLY_RECIPIENT_NAMES] = ";".join(a.name or a.mail for a in answers)
        ids = [i for a in answers if (i := entry_id("SMTP", a.name or a.mail, a.mail))]
        if ids:
            found[mapi_tags.REPLY_RECIPIENT_ENTRIES] = flat_list(ids)


def _person(address: Address, keys: Keys) -> dict[str, Value]:
    found: dict[str, Value] = {keys.name: address.name or address.mail}
    if address.mail:
        found |= {keys.type: "SMTP", keys.address: address.mail, keys.smtp: address.mail}
    return found


def _recipients(first: Mapping[str, bytes], order: Value) -> tuple[Value, ...]:
    """A row for each address of To, Cc and Bcc. `order`: which of them each row of the source is, -1 for one that is
    in no field."""
    known = [row_of(a, kind) for name, kind in (("to", TO), ("cc", CC), ("bcc", BCC)) if name in first
             for a in parse_addresses(first[name])]  # fmt: skip
    if isinstance(order, tuple | list):
        return tuple(known[n] if isinstance(n, int) and 0 <= n < len(known) else {} for n in order)
    return tuple(known)


def row_of(address: Address, kind: int) -> dict[str, Value]:
    """A recipient's row."""
    row = {**_RECIPIENT, **_person(address, RECIPIENT), mapi_tags.RECIPIENT_TYPE: kind}
    for again in (mapi_tags.RECIPIENT_DISPLAY_NAME, mapi_tags.TRANSMITTABLE_DISPLAY_NAME):
        row[again] = row[mapi_tags.DISPLAY_NAME]
    return row


# --- texts and files


def _texts(said: Said, view: View, hints: Hints) -> None:
    """The bodies. `bodies`: under which keys they were stored, where not as usual; `rtf`: which of them came out of the
    RTF, so is none, or `report`; `pages`: code pages of those that became UTF-8."""
    stored, pages, from_rtf = _mapping(hints.get("bodies")), _mapping(hints.get("pages")), hints.get("rtf")
    bodies: dict[str, Value] = {}
    for name, part in ((PLAIN, view.plain), (HTML, view.html)):
        if part is not None and name == PLAIN and from_rtf == REPORT:
            said.properties[mapi_tags.REPORT_TEXT] = part.data.decode(codec_of(part.charset), "replace")
            continue
        if part is None or from_rtf == name or (name == PLAIN and not part.data and not view.files):
            continue
        under, page = stored.get(name, STORED[name]), pages.get(name)
        bodies[name] = under
        recoded = page if isinstance(page, int) else None
        said.bodies[name] = BytesBody.of(stored_bytes(part, str(under), recoded))
    if isinstance(hints.get("own_rtf"), bool) and view.files:
        bodies[RTF] = STORED[RTF]
        said.bodies[RTF] = plain_container(view.files[0].body)
    page = _code_page(view.html)
    if page is not None:
        said.properties[mapi_tags.INTERNET_CODE_PAGE] = page
    said.properties["bodies"] = bodies


def plain_container(rtf: Body) -> Body:
    """The message's own RTF as its store would hold it."""
    return BytesBody.of(contained(read_all(rtf, LIMIT)))


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


def _code_page(part: TextPart | None) -> int | None:
    return PAGES.get(part.charset.lower()) if part is not None else None


def _files(said: Said, view: View, hints: Hints) -> None:
    """The attachments. `files`: which part each attachment of the source is, -1 for one that has none."""
    parts = list(view.files[1:] if hints.get("own_rtf") else view.files)
    if view.entity is not None:
        said.bodies["attachment/0"] = view.entity
        said.properties["attachments"] = (dict(files.DEFAULTS),)
        return
    order = hints.get("files")
    places = order if isinstance(order, tuple | list) else range(len(parts))
    rows: list[Value] = []
    for index, place in enumerate(places):
        part = parts[place] if isinstance(place, int) and 0 <= place < len(parts) else None
        rows.append(files.properties_of(part) if part else {})
        if part:
            said.bodies[f"attachment/{index}"] = part.body
    said.properties["attachments"] = tuple(rows)
    if rows:
        bits = said.properties[mapi_tags.MESSAGE_FLAGS]
        said.properties[mapi_tags.MESSAGE_FLAGS] = bits | state.HAS_ATTACHMENTS if isinstance(bits, int) else bits


# --- what other properties determine


def computed(properties: Mapping[str, Value], hints: Hints) -> dict[str, Value]:
    """Properties that follow from others once these are complete: entry ids of the people, the correlation key. The
    hint `ids`: the flags of one-off ids that are not as usual, by property."""
    flags = _mapping(hints.get("ids"))
    found: dict[str, Value] = {}
    for keys in (FROM, SENDER, RECEIVED_BY, RECEIVED_FOR):
        if identity := _entry_id(properties, keys, flags):
            found[keys.entry_id] = identity
    if message_id := mapi.text(properties, mapi_tags.INTERNET_MESSAGE_ID):
        found[mapi_tags.TNEF_CORRELATION_KEY] = message_id.encode("utf-8", "replace") + b"\0"
    rows = table.rows(properties.get("recipients"))
    if rows:
        found["recipients"] = tuple(
            {k.entry_id: i for k in (RECIPIENT, RECIPIENT_TOO) if (i := _entry_id(row, k, flags))} for row in rows
        )
    return {k: v for k, v in found.items() if k not in flags or flags[k] is not None}


def id_flags(properties: Mapping[str, Value]) -> dict[str, Value]:
    """The hint `ids` for an item: None for an id that it does not have at all."""
    found: dict[str, Value] = {}
    rows = table.rows(properties.get("recipients"))
    for keys, places in ((FROM, [properties]), (SENDER, [properties]), (RECEIVED_BY, [properties]),
                         (RECEIVED_FOR, [properties]), (RECIPIENT, rows), (RECIPIENT_TOO, rows)):  # fmt: skip
        ids = [i for place in places if isinstance(i := place.get(keys.entry_id), bytes)]
        if not ids and places and any(mapi.text(place, keys.address) for place in places):
            found[keys.entry_id] = None
        elif ids and (flags := one_off_flags(ids[0])) not in (None, _USUAL[keys.entry_id]):
            found[keys.entry_id] = flags
    if mapi_tags.TNEF_CORRELATION_KEY not in properties and mapi.text(properties, mapi_tags.INTERNET_MESSAGE_ID):
        found[mapi_tags.TNEF_CORRELATION_KEY] = None
    return found


_USUAL: Mapping[str, int] = {
    FROM.entry_id: UNICODE_PLAIN, SENDER.entry_id: UNICODE_PLAIN, RECEIVED_BY.entry_id: UNICODE_PLAIN,
    RECEIVED_FOR.entry_id: UNICODE_PLAIN, RECIPIENT.entry_id: UNICODE_DEFAULT, RECIPIENT_TOO.entry_id: UNICODE_PLAIN,
}  # fmt: skip


def _entry_id(properties: Mapping[str, Value], keys: Keys, flags: Hints) -> bytes | None:
    wanted = flags.get(keys.entry_id, _USUAL[keys.entry_id])
    if not isinstance(wanted, int):
        return None
    kind, address = mapi.text(properties, keys.type), mapi.text(properties, keys.address)
    return entry_id(kind, mapi.text(properties, keys.name), address, wanted)
