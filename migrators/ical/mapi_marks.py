"""Properties that have one place on each side, as data: MAPI key, iCalendar name, how the value is written and read.

Sources: RFC 5545, and MS-OXCICAL 2.1.3.1.1.20 for what Exchange itself writes into X-MICROSOFT-*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import contentline, contentwrite, mapi, mapi_tags
from transhumance.migrators.ical.mapi_object import Opening, Part
from transhumance.migrators.ical.mapi_times import read_local, stamp


@dataclass(frozen=True, slots=True)
class Mark:
    """One property of both sides. `write` gives the value as it stands in the line, or None for one that is not
    written; `read` gives None for what it can't read."""

    key: str
    name: str
    write: Callable[[Value], str | None]
    read: Callable[[bytes], Value]


def text_mark(key: str, name: str) -> Mark:
    """A text; an empty one is not written."""
    return Mark(key, name, lambda v: contentwrite.escape(v) if isinstance(v, str) and v else None, contentline.text_of)


def choice_mark(key: str, name: str, choices: Mapping[int, str]) -> Mark:
    """A number that stands for a word, in any case."""
    back = {word.upper().encode(): number for number, word in choices.items()}
    return Mark(key, name, lambda v: choices.get(v) if type(v) is int else None, lambda v: back.get(v.strip().upper()))


def number_mark(key: str, name: str) -> Mark:
    """An integer of 32 bits."""
    return Mark(key, name, lambda v: str(v) if type(v) is int else None, _number)


def flag_mark(key: str, name: str) -> Mark:
    """A truth value; false is not written."""
    return Mark(key, name, lambda v: "TRUE" if v is True else None, lambda v: v.strip().upper() == b"TRUE")


def time_mark(key: str, name: str) -> Mark:
    """An instant, to the second."""
    return Mark(key, name, lambda v: stamp(v) if isinstance(v, datetime) and v.year < 4501 else None, _instant)


def _number(value: bytes) -> int | None:
    try:
        found = int(value)
    except ValueError:
        return None
    return found if -(1 << 31) <= found < 1 << 31 else None


def _instant(value: bytes) -> datetime | None:
    found = read_local(value) if value.strip().endswith(b"Z") else None
    return found.replace(tzinfo=UTC) if found is not None and found.year >= 1601 else None


CLASSES = {0: "PUBLIC", 1: "X-PERSONAL", 2: "PRIVATE", 3: "CONFIDENTIAL"}
IMPORTANCES = {0: "9", 1: "5", 2: "1"}

COMMON = (
    text_mark(mapi_tags.SUBJECT, "SUMMARY"),
    choice_mark(mapi_tags.SENSITIVITY, "CLASS", CLASSES),
    choice_mark(mapi_tags.IMPORTANCE, "PRIORITY", IMPORTANCES),
    time_mark(mapi_tags.CREATION_TIME, "CREATED"),
    time_mark(mapi_tags.LAST_MODIFICATION_TIME, "LAST-MODIFIED"),
)
_LISTS = ((mapi_tags.KEYWORDS, "CATEGORIES"), (mapi_tags.CONTACTS, "CONTACT"))


def mark_lines(properties: Mapping[str, Value], marks: Iterable[Mark]) -> list[bytes]:
    """The lines of those properties that can be written."""
    found = []
    for mark in marks:
        value = properties.get(mark.key)
        if value is not None and (text := mark.write(value)) is not None:
            found.append(contentwrite.line(mark.name, text))
    return found


def list_lines(opening: Opening) -> list[bytes]:
    """CATEGORIES and CONTACT, of the lists that have texts only."""
    found = []
    for key, name in _LISTS:
        texts = mapi.texts(opening.properties, key)
        if texts and name == "CATEGORIES":
            found.append(contentwrite.line(name, ",".join(contentwrite.escape(text) for text in texts)))
        elif texts:
            found += [contentwrite.line(name, contentwrite.escape(text)) for text in texts]
    return found


def said_marks(part: Part, marks: Iterable[Mark]) -> dict[str, Value]:
    """What those lines of a component say."""
    found: dict[str, Value] = {}
    for mark in marks:
        prop = part.first(mark.name)
        if prop is not None and (value := mark.read(prop.value)) is not None:
            found[mark.key] = value
    return found


def said_lists(part: Part) -> dict[str, Value]:
    """CATEGORIES and CONTACT."""
    found: dict[str, Value] = {}
    names = [contentline.text_of(item) for p in part.all("CATEGORIES") for item in split_list(p.value)]
    people = [contentline.text_of(p.value) for p in part.all("CONTACT")]
    for key, texts in ((mapi_tags.KEYWORDS, names), (mapi_tags.CONTACTS, people)):
        if texts:
            found[key] = tuple(texts)
    return found


def split_list(value: bytes) -> list[bytes]:
    """A list of TEXT values, cut at its commas that are not escaped."""
    out, at, escaped = [], 0, False
    for n, char in enumerate(value):
        if escaped:
            escaped = False
        elif char == 0x5C:
            escaped = True
        elif char == 0x2C:
            out.append(value[at:n])
            at = n + 1
    return [*out, value[at:]]


def said_of_subject(subject: str | None) -> dict[str, Value]:
    """What stores repeat of the subject."""
    return {} if subject is None else {mapi_tags.NORMALIZED_SUBJECT: subject, mapi_tags.CONVERSATION_TOPIC: subject}


def note_marks(opening: Opening) -> None:
    """The findings of what COMMON and the lists say."""
    sensitivity = mapi.integer(opening.properties, mapi_tags.SENSITIVITY)
    if sensitivity:
        opening.find("CAL-PRIV-01", CLASSES.get(sensitivity, ""))
    if mapi.integer(opening.properties, mapi_tags.IMPORTANCE) not in (None, 1):
        opening.find("CAL-IMP-01")
    if mapi.texts(opening.properties, mapi_tags.KEYWORDS):
        opening.find("CAL-CAT-01")


def note_unreadable(opening: Opening, exceptions: Sequence[int] = ()) -> None:
    """What the source could not give: an embedded item (of a modified occurrence, or any other), a property."""
    found = opening.properties.get("unreadable")
    for text in found if isinstance(found, list | tuple) else ():
        path, _, reason = str(text).partition(": ")
        if reason != "MAIL-PST-03":
            opening.find("MAIL-PST-04", path.rpartition("/")[2] or path)
        elif path.split("/")[1] in {str(n) for n in exceptions}:
            opening.find("CAL-EXC-03", "embedded")
        else:
            opening.find("MAIL-PST-03")
