"""What the `mapi` codecs of calendars and tasks share: an item being opened, and an iCalendar object being read on the
way back, with a digest for each of its parts.

A residue entry hangs on one part, so that an edit of the text at the target does not cost the reminders. A part is
digested by its lines sorted: a server that orders or folds them otherwise has edited nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from transhumance.connectors.contract import Body, Context, Finding, Link, Record, Value, part_digest
from transhumance.connectors.formats import contentline
from transhumance.connectors.formats.contentline import Property
from transhumance.connectors.formats.mapi_residue import Said

IDENTITY, CREATED, WHEN, TEXT, BODY, PEOPLE, ALARM, MARKS, FILES, CONTENT = (
    "identity", "created", "when", "text", "body", "people", "alarm", "marks", "files", "content",
)  # fmt: skip
PARTS = (IDENTITY, CREATED, WHEN, TEXT, BODY, PEOPLE, ALARM, MARKS, FILES, CONTENT)
_PART_OF = {
    "UID": IDENTITY,
    **dict.fromkeys(("DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID",
                     "COMPLETED", "X-MICROSOFT-CDO-ALLDAYEVENT"), WHEN),
    **dict.fromkeys(("SUMMARY", "LOCATION", "CONTACT"), TEXT),
    **dict.fromkeys(("DESCRIPTION", "X-ALT-DESC", "STYLED-DESCRIPTION"), BODY),
    **dict.fromkeys(("ORGANIZER", "ATTENDEE"), PEOPLE),
    **dict.fromkeys(("ATTACH",), FILES),
}  # fmt: skip
# what is read on the way back, or says nothing of the item
_READ = frozenset(_PART_OF) | {
    "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "CLASS", "PRIORITY", "CATEGORIES", "STATUS", "TRANSP",
    "CONFERENCE", "PERCENT-COMPLETE", "COLOR", "X-LOG-TYPE", "X-TASK-STATUS", "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-INTENDEDSTATUS", "X-MICROSOFT-CDO-OWNERAPPTID", "X-MICROSOFT-CDO-ATTENDEE-CRITICAL-CHANGE",
    "X-MICROSOFT-CDO-OWNER-CRITICAL-CHANGE", "X-MICROSOFT-DISALLOW-COUNTER", "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK", "X-MICROSOFT-ONLINEMEETINGCONFLINK", "X-MICROSOFT-LOCATIONURL",
    "X-MICROSOFT-CDO-IMPORTANCE",
}  # fmt: skip
# what servers set or bump by themselves: no edit
_UNTOLD = frozenset(("DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "PRODID", "VERSION", "CALSCALE", "METHOD"))


@dataclass(slots=True)
class Opening:
    """An item being opened: what it has (texts as PT_UNICODE), and what is found on the way. `hints`: what the way
    back must know before it reads the document. `bodies`: of the document, beside its content."""

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

    def find(self, code: str, detail: str = "") -> None:
        """Notes a finding, each once."""
        self.findings[Finding(code, detail)] = None


@dataclass(frozen=True, slots=True)
class Part:
    """A component of an object that is read."""

    name: str
    properties: tuple[Property, ...] = ()
    children: tuple[Part, ...] = ()

    def first(self, name: str) -> Property | None:
        return next((p for p in self.properties if p.name == name), None)

    def all(self, name: str) -> Iterator[Property]:
        return (p for p in self.properties if p.name == name)

    def text(self, name: str) -> str | None:
        """A TEXT value, or None where the property is not there."""
        found = self.first(name)
        return None if found is None else contentline.text_of(found.value)

    def inside(self, name: str) -> Iterator[Part]:
        return (part for part in self.children if part.name == name)


@dataclass(frozen=True, slots=True)
class Reading:
    """A document being read on the way back."""

    calendar: Part
    context: Context
    hints: Mapping[str, Value]
    bodies: Mapping[str, Body] = field(default_factory=dict)

    def masters(self, name: str) -> list[Part]:
        """The components of a kind that are no modified occurrence, or the first of all where all are."""
        found = list(self.calendar.inside(name))
        return [part for part in found if part.first("RECURRENCE-ID") is None] or found[:1]


def read_object(data: bytes) -> Part:
    """The first VCALENDAR of a text; an empty one where there is none."""
    text = contentline.read(data)
    kids: dict[int, list[int]] = {}
    for index, part in enumerate(text.outline):
        kids.setdefault(part.parent, []).append(index)

    def build(index: int) -> Part:
        properties = tuple(p for _, p in text.own(index))
        return Part(text.outline[index].name, properties, tuple(build(child) for child in kids.get(index, ())))

    tops = [index for index in kids.get(-1, ()) if text.outline[index].name == "VCALENDAR"]
    return build(tops[0]) if tops else Part("VCALENDAR")


def digests(calendar: Part, kind: str) -> dict[str, str]:
    """The digest of each part of an object, over all components of its kind."""
    lines: dict[str, list[str]] = {part: [] for part in PARTS}
    for component in calendar.inside(kind):
        where = component.first("RECURRENCE-ID")
        label = where.value.decode("utf-8", "replace") if where else ""
        for prop in component.properties:
            if prop.name not in _UNTOLD:
                line = _line(label, prop)
                lines[_PART_OF.get(prop.name, MARKS)].append(line)
                lines[CONTENT].append(line)
            elif prop.name == "CREATED":
                lines[CREATED].append(_line(label, prop))
        for child in component.children:
            for prop in child.properties:
                line = _line(f"{label}/{child.name}", prop)
                lines[ALARM].append(line)
                lines[CONTENT].append(line)
    return {part: part_digest(tuple(sorted(found))) for part, found in lines.items()}


def strange(calendar: Part, kind: str) -> list[str]:
    """Properties and components of an object that MAPI items have no place for, each once."""
    found: dict[str, None] = {}
    for component in calendar.children:
        if component.name not in (kind, "VTIMEZONE"):
            found[component.name] = None
        elif component.name == kind:
            names = [p.name for p in component.properties if p.name not in _READ]
            names += [child.name for child in component.children if child.name != "VALARM"]
            found |= dict.fromkeys(names)
            found |= {"VALARM": None} if len(list(component.inside("VALARM"))) > 1 else {}
    return list(found)


def _line(label: str, prop: Property) -> str:
    params = ";".join(sorted(f"{key}={contentline.plain(value)}" for key, value in prop.params))
    return f"{label}|{prop.name};{params}:{prop.value.decode('utf-8', 'replace')}"
