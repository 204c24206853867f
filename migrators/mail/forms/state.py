"""What a mail store keeps beside a message, between MAPI properties and the document's meta: flags, keywords, the time
of arrival."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from transhumance.connectors.contract import Finding, Value
from transhumance.connectors.formats import mapi, mapi_tags

READ, UNSENT, HAS_ATTACHMENTS = 0x01, 0x08, 0x10  # MSGFLAG_* (MS-OXCMSG 2.2.1.6)
SAID = READ | UNSENT
_REPLIED, _REPLIED_ALL, _FORWARDED = 102, 103, 104  # PidTagLastVerbExecuted (MS-OXOMSG 2.2.1.21)
_COMPLETE, _FLAGGED = 1, 2  # PidTagFlagStatus (MS-OXOFLAG 2.2.1.1)
_FOLLOW_UP = (mapi_tags.FLAG_REQUEST, mapi_tags.TASK_START, mapi_tags.TASK_DUE, mapi_tags.FLAG_COMPLETE_TIME)
_NOT_ATOM = re.compile(r"[^A-Za-z0-9_.-]+")


def meta_of(properties: Mapping[str, Value]) -> dict[str, Value]:
    r"""The document's meta. A category becomes a keyword of ASCII letters (an IMAP keyword is an atom, RFC 9051 9).

    The time of arrival is that of delivery; a message that was sent, or is being written, arrived when it was
    submitted, or made.
    """
    flags = set()
    bits = mapi.integer(properties, mapi_tags.MESSAGE_FLAGS) or 0
    if bits & READ:
        flags.add("\\Seen")
    if bits & UNSENT:
        flags.add("\\Draft")
    verb = mapi.integer(properties, mapi_tags.LAST_VERB_EXECUTED)
    if verb in (_REPLIED, _REPLIED_ALL):
        flags.add("\\Answered")
    elif verb == _FORWARDED:
        flags.add("$Forwarded")
    if mapi.integer(properties, mapi_tags.FLAG_STATUS) == _FLAGGED:
        flags.add("\\Flagged")
    meta: dict[str, Value] = {"flags": tuple(sorted(flags))} if flags else {}
    if keywords := {atom for name in mapi.texts(properties, mapi_tags.KEYWORDS) if (atom := keyword(name))}:
        meta["keywords"] = tuple(sorted(keywords))
    for key in (mapi_tags.DELIVERY_TIME, mapi_tags.CLIENT_SUBMIT_TIME, mapi_tags.CREATION_TIME):
        if (time := mapi.moment(properties, key)) is not None:
            meta["internal_date"] = time
            break
    return meta


def keyword(name: str) -> str:
    """A category's name as an atom: without accents, one `_` for anything else; empty where nothing is left."""
    if name.isascii() and not _NOT_ATOM.search(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _NOT_ATOM.sub("_", plain).strip("_.")


def properties_of(meta: Mapping[str, Value]) -> dict[str, Value]:
    """The properties that a document's meta gives."""
    found: dict[str, Value] = {}
    flags = meta.get("flags")
    names = set(flags) if isinstance(flags, tuple | list) else set()
    found[mapi_tags.MESSAGE_FLAGS] = (READ if "\\Seen" in names else 0) | (UNSENT if "\\Draft" in names else 0)
    if "\\Answered" in names or "$Forwarded" in names:
        found[mapi_tags.LAST_VERB_EXECUTED] = _REPLIED if "\\Answered" in names else _FORWARDED
    if "\\Flagged" in names:
        found[mapi_tags.FLAG_STATUS] = _FLAGGED
    keywords = meta.get("keywords")
    if isinstance(keywords, tuple | list) and keywords:
        found[mapi_tags.KEYWORDS] = tuple(keywords)
    date = meta.get("internal_date")
    if isinstance(date, datetime):
        found[mapi_tags.DELIVERY_TIME] = date if date.tzinfo else date.replace(tzinfo=UTC)
    return found


def findings(properties: Mapping[str, Value]) -> Iterator[Finding]:
    """What of it a mail store can't say."""
    categories = mapi.texts(properties, mapi_tags.KEYWORDS)
    if changed := sum(keyword(name) != name for name in categories):
        yield Finding("MAIL-CATEGORY-01", f"{changed} of {len(categories)}")
    status = mapi.integer(properties, mapi_tags.FLAG_STATUS)
    if status == _COMPLETE or any(mapi.present(properties, key) for key in _FOLLOW_UP):
        yield Finding("MAIL-FLAG-01", "complete" if status == _COMPLETE else "")
    verb = mapi.integer(properties, mapi_tags.LAST_VERB_EXECUTED)
    if verb in (_REPLIED, _REPLIED_ALL, _FORWARDED):
        yield Finding("MAIL-FLAG-02", "to all" if verb == _REPLIED_ALL else "")
    if mapi.moment(properties, mapi_tags.DELIVERY_TIME) is None:
        yield Finding("MAIL-DATE-02")
    bits = mapi.integer(properties, mapi_tags.MESSAGE_FLAGS) or 0
    if bits & UNSENT and mapi.moment(properties, mapi_tags.DEFERRED_DELIVERY_TIME):
        yield Finding("MAIL-DRAFT-01", "deferred")
