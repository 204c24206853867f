"""What an iCalendar object says that another program may read otherwise, not show, or act upon; and its links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from transhumance.connectors.contract import Finding, Link
from transhumance.connectors.formats.contentline import Property, Text, is_utf8, text_of
from transhumance.migrators.ical import rrule

KINDS = {"VEVENT": "event", "VTODO": "task", "VJOURNAL": "journal"}
_DATE = re.compile(rb"\d{8}")
_STAMP = re.compile(rb"\d{8}T\d{6}(Z?)")
_LISTED = re.compile(rb"\d{8}(?:T\d{6}Z?(?:/[^,]+)?)?")  # in RDATE and EXDATE: a date, a time, a period
_ONLINE = re.compile(
    rb"(?i)https://(?:teams\.(?:microsoft|live)\.com/|[\w.-]*\.?(?:lync\.com|skype\.com)/|meet\.lync\.|join\.skype)"
)
_MAIL = re.compile(r"(?i)mailto:\s*(.+@.+)", re.DOTALL)
_ALONE = frozenset({"UID", "DTSTART", "DTEND", "DUE", "DURATION", "SUMMARY", "CLASS", "STATUS", "RECURRENCE-ID"})


@dataclass(slots=True)
class Part:
    """One component of the item, with its properties by name and how many alarms it has."""

    name: str
    props: dict[str, list[Property]] = field(default_factory=dict)
    alarms: int = 0

    def first(self, name: str) -> Property | None:
        """The first property of a name."""
        found = self.props.get(name)
        return found[0] if found else None


def parts(text: Text) -> list[Part]:
    """The components that are the item: those inside a VCALENDAR, or at the top where there is none, but its zones."""
    found: list[Part] = []
    for index, component in enumerate(text.outline):
        above = text.outline[component.parent].name if component.parent >= 0 else "VCALENDAR"
        if component.name in ("VCALENDAR", "VTIMEZONE") or above != "VCALENDAR":
            continue
        part = Part(component.name)
        for _, prop in text.own(index):
            part.props.setdefault(prop.name, []).append(prop)
        part.alarms = sum(1 for _ in text.children(index, "VALARM"))
        found.append(part)
    return found


def calendar(text: Text) -> Mapping[str, Property]:
    """The properties of the VCALENDAR itself."""
    return {prop.name: prop for index in text.children(-1, "VCALENDAR") for _, prop in text.own(index)}


def find(text: Text, data: bytes, found: Sequence[Part]) -> Iterator[Finding]:
    """Every finding on an object but those on its zones."""
    yield from _damage(text, data, found)
    head = calendar(text)
    if (method := head.get("METHOD")) and method.value.strip().upper() != b"PUBLISH":
        yield Finding("CAL-METHOD-01", text_of(method.value)[:20])
    if (version := head.get("VERSION")) and version.value.strip() == b"1.0":
        yield Finding("CAL-VER-01")
    if len({part.props["UID"][0].value.strip() for part in found if "UID" in part.props}) > 1:
        yield Finding("CAL-PARSE-01", "several UIDs in one object")
    if not any(part.name in KINDS for part in found):
        yield Finding("CAL-KIND-01", ", ".join(sorted({part.name[:30] for part in found})))
    if any(not (uid := part.first("UID")) or not uid.value.strip() for part in found if part.name in KINDS):
        yield Finding("CAL-UID-01", "missing")
    yield from _recurrence(found)
    for part in found:
        yield from _times(part)
        yield from _people(part)
        yield from _content(part)
    if b"X-MICROSOFT-" in data:
        yield from _microsoft(found)
    if _ONLINE.search(data) or b"X-MICROSOFT-SKYPETEAMS" in data:
        yield Finding("CAL-ONLINE-01")


def _damage(text: Text, data: bytes, found: Sequence[Part]) -> Iterator[Finding]:
    problems = list(text.damage)
    if not any(component.name == "VCALENDAR" for component in text.outline):
        problems.append("no VCALENDAR")
    if b"\0" in data:
        problems.append("NUL")
    known = (b"\r\n", b"\n", b"")
    if loose := sum(line not in known and b":" not in line and bool(line.strip()) for line in text.lines):
        problems.append(f"{loose} line(s) without a colon")
    if any(part.name == "VEVENT" and not part.first("DTSTART") for part in found) and b"METHOD" not in data:
        problems.append("an event without DTSTART")
    for part in found:
        problems += [f"{name} twice" for name in sorted(_ALONE & part.props.keys()) if len(part.props[name]) > 1]
        problems += [f"{name} is no time" for name in ("DTSTART", "DTEND", "DUE") if _no_time(part.first(name))]
    if problems:
        yield Finding("CAL-PARSE-01", "; ".join(dict.fromkeys(problems))[:300])
    if not data.isascii() and not all(line.isascii() or is_utf8(line) for line in text.lines):
        yield Finding("CAL-ENC-01")


def _no_time(prop: Property | None) -> bool:
    if prop is None:
        return False
    value = prop.value.strip()
    return not (_DATE.fullmatch(value) or _STAMP.fullmatch(value))


def _recurrence(found: Sequence[Part]) -> Iterator[Finding]:
    masters = [part for part in found if "RECURRENCE-ID" not in part.props]
    exceptions = len(found) - len(masters)
    if exceptions and not masters:
        yield Finding("CAL-REC-06", f"{exceptions} exception(s)")
    elif exceptions:
        yield Finding("CAL-EXC-01", f"{exceptions} exception(s)")
    for part in masters:
        rules = part.props.get("RRULE", [])
        for rule in (*rules, *part.props.get("EXRULE", ())):
            if fault := rrule.fault(rule.value.decode("utf-8", "replace")):
                yield Finding("CAL-REC-04", fault)
        if len(rules) > 1 or "EXRULE" in part.props:
            yield Finding("CAL-REC-04", "several RRULE" if len(rules) > 1 else "EXRULE, which RFC 5545 dropped")
        if rules and part.name == "VTODO":
            yield Finding("TASK-REC-01")
        for name in ("RDATE", "EXDATE"):
            listed = [item.strip() for prop in part.props.get(name, ()) for item in prop.value.split(b",")]
            if odd := sum(not _LISTED.fullmatch(item) for item in listed):
                yield Finding("CAL-REC-04", f"{odd} of {len(listed)} {name} are no date")
        if "RDATE" in part.props:
            yield Finding("CAL-REC-05", f"{len(part.props['RDATE'])} RDATE")
        yield from _deleted(part)


def _deleted(part: Part) -> Iterator[Finding]:
    """Deleted occurrences whose kind of value is not the start's: a DATE for a DATE-TIME meets nothing."""
    start = part.first("DTSTART")
    if start is None or "EXDATE" not in part.props:
        return
    all_day = bool(_DATE.fullmatch(start.value.strip()))
    values = [item for prop in part.props["EXDATE"] for item in prop.value.split(b",")]
    odd = sum(bool(_DATE.fullmatch(item.strip())) != all_day for item in values)
    if odd:
        yield Finding("CAL-EXC-02", f"{odd} of {len(values)} EXDATE of another type than DTSTART")


def _times(part: Part) -> Iterator[Finding]:
    start = part.first("DTSTART") or part.first("DUE")
    if start and (stamp := _STAMP.fullmatch(start.value.strip())):
        if not stamp[1] and not start.param("TZID"):
            yield Finding("CAL-FLOAT-01", start.name)
        flag = part.first("X-MICROSOFT-CDO-ALLDAYEVENT")
        if flag and flag.value.strip().upper() == b"TRUE":
            yield Finding("CAL-ALLDAY-01")


def _people(part: Part) -> Iterator[Finding]:
    everyone = [*part.props.get("ATTENDEE", ()), *part.props.get("ORGANIZER", ())]
    if not everyone:
        return
    if attendees := len(part.props.get("ATTENDEE", ())):
        yield Finding("CAL-SCHED-03", f"{attendees} attendee(s)")
    if unknown := sum(address(person) is None for person in everyone):
        yield Finding("CAL-ORG-02", f"{unknown} of {len(everyone)} without a mail address")
    if any(person.param("SCHEDULE-AGENT") for person in everyone):
        yield Finding("CAL-SCHED-02")


def address(person: Property) -> str | None:
    """The mail address of an ORGANIZER or ATTENDEE, as it is written, or None where it has none."""
    match = _MAIL.fullmatch(person.value.decode("utf-8", "replace").strip())
    mail = match[1] if match else person.param("EMAIL")
    return mail.strip() if "@" in mail else None


def _content(part: Part) -> Iterator[Finding]:
    if (cls := part.first("CLASS")) and cls.value.strip().upper() != b"PUBLIC":
        yield Finding("CAL-PRIV-01", text_of(cls.value)[:20])
    if part.alarms:
        yield Finding("CAL-REM-01", f"{part.alarms} reminder(s)")
    if "X-ALT-DESC" in part.props or "STYLED-DESCRIPTION" in part.props:
        yield Finding("CAL-BODY-01")
    attached = part.props.get("ATTACH", ())
    inline = [prop for prop in attached if prop.param("VALUE").upper() == "BINARY" or prop.param("ENCODING")]
    if inline:
        yield Finding("CAL-ATT-01", f"{len(inline)}, {sum(len(prop.value) for prop in inline) * 3 // 4} bytes")
    if len(attached) > len(inline):
        yield Finding("CAL-ATT-02", f"{len(attached) - len(inline)} link(s)")


def _microsoft(found: Sequence[Part]) -> Iterator[Finding]:
    names = {name for part in found for name in part.props if name.startswith("X-MICROSOFT-")}
    busy = [prop for part in found for prop in part.props.get("X-MICROSOFT-CDO-BUSYSTATUS", ())]
    if any(prop.value.strip().upper() not in (b"FREE", b"BUSY") for prop in busy):
        yield Finding("CAL-BUSY-01", text_of(busy[0].value)[:20])
    if names:
        yield Finding("CAL-XPROP-01", f"{len(names)} X-MICROSOFT properties")


def links(found: Sequence[Part]) -> tuple[Link, ...]:
    """Organiser, attendees and related items, as the source writes them."""
    out = []
    for at, part in enumerate(found):
        for name, kind in (("ORGANIZER", "organiser"), ("ATTENDEE", "attendee")):
            for number, person in enumerate(part.props.get(name, ())):
                if target := address(person) or text_of(person.value).strip():
                    out.append(Link(f"{part.name}/{at}/{name}/{number}", kind, target))
        for number, other in enumerate(part.props.get("RELATED-TO", ())):
            out.append(Link(f"{part.name}/{at}/RELATED-TO/{number}", "related", text_of(other.value)))
    return tuple(out)


def title(found: Sequence[Part]) -> str:
    """The item's summary, for people."""
    summary = next((prop for part in found if (prop := part.first("SUMMARY"))), None)
    return text_of(summary.value)[:200] if summary else ""
