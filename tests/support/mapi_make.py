"""Strategies and builders of MAPI items for tests: honest appointments, contacts and tasks, and hostile ones."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from transhumance.connectors.contract import BytesBody, Record
from transhumance.connectors.formats import mapi, mapi_entryid, mapi_rrule, mapi_tags, mapi_zones, zones
from transhumance.connectors.formats import mapi_recurrence as rec
from transhumance.connectors.formats.mapi_timezone import (
    EFFECTIVE,
    ZoneDefinition,
    ZoneRule,
    ZoneStruct,
    write_definition,
    write_struct,
)

NASTY = ["", " ", "Réunion d'équipe", "a,b;c\\d", 'say "hi"', "日本語 𝄞", "line\r\nbreak", "tab\there", "x\x0by",
         "e\u0301 é", "trailing \n", "BEGIN:VEVENT", "é" * 90, "\u202eabc", "^n^'"]  # fmt: skip
TEXT = st.sampled_from(NASTY) | st.text(max_size=20)
INSTANT = st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)).map(
    lambda t: t.replace(second=0, microsecond=0)
)
ZONES = st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/New_York", "America/Martinique", "Australia/Sydney",
                         "Pacific/Noumea", "Asia/Kolkata"])  # fmt: skip


def minutes(day: date) -> int:
    """A day as a blob has it."""
    return rec.minutes(datetime(day.year, day.month, day.day))


def definition(zone: str, year: int, name: str | None = None) -> bytes:
    """The definition that Outlook would write for an IANA zone."""
    rule = mapi_zones.rule_of(zone, year) or ZoneRule(1601, 0, 0, 0)
    found = ZoneRule(1601, rule.bias, 0, rule.daylight_bias, rule.standard, rule.daylight, EFFECTIVE)
    return write_definition(ZoneDefinition(name or zones.windows_of_iana(zone) or zone, (found,)))


def struct(zone: str, year: int) -> bytes:
    """The struct that Outlook would write for an IANA zone."""
    return write_struct(ZoneStruct(mapi_zones.rule_of(zone, year) or ZoneRule(0, 0, 0, 0)))


@st.composite
def patterns(draw: Any, first: date = date(1995, 1, 1), last: date = date(2030, 1, 1)) -> rec.Pattern:
    """A pattern that Outlook could have written, its redundant fields filled in."""
    kind = draw(st.sampled_from([rec.DAY, rec.WEEK, rec.MONTH, rec.MONTH_NTH]))
    start = draw(st.dates(first, last))
    every = draw(st.integers(1, 4))
    yearly = kind in (rec.MONTH, rec.MONTH_NTH) and draw(st.booleans())
    frequency = {rec.DAY: rec.DAILY, rec.WEEK: rec.WEEKLY}.get(kind, rec.YEARLY if yearly else rec.MONTHLY)
    period = every * {rec.DAY: 1440, rec.WEEK: 1}.get(kind, 12 if yearly else 1)
    pattern = rec.Pattern(
        frequency, kind, period, minutes(start),
        day=draw(st.integers(1, 31)) if kind == rec.MONTH else 0,
        mask=draw(st.integers(1, 127)) if kind in (rec.WEEK, rec.MONTH_NTH) else 0,
        nth=draw(st.integers(1, 5)) if kind == rec.MONTH_NTH else 0,
        first_weekday=draw(st.integers(0, 6)),
    )  # fmt: skip
    end = draw(st.sampled_from([rec.END_NEVER, rec.END_BY_COUNT, rec.END_BY_DATE]))
    if end == rec.END_BY_COUNT:
        pattern = _with(pattern, end_type=end, count=draw(st.integers(1, 30)))
    elif end == rec.END_BY_DATE:
        first_day = next(mapi_rrule.dates(pattern))
        pattern = _with(pattern, end_type=end, end_date=minutes(first_day + timedelta(days=draw(st.integers(0, 500)))))
    return _with(mapi_rrule.fill(pattern), first_date_time=mapi_rrule.first_date_time(pattern))


def _with(value: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(value, **changes)


@st.composite
def overrides(draw: Any, day: date, start: int) -> rec.Override:
    """A modified occurrence of a day."""
    flags = sum(draw(st.sets(st.sampled_from([rec.SUBJECT, rec.LOCATION, rec.REMINDER, rec.REMINDER_DELTA,
                                              rec.BUSY_STATUS, rec.BODY, rec.COLOR]))))  # fmt: skip
    moved = minutes(day) + start + draw(st.integers(-600, 900))
    subject, place = draw(TEXT) if flags & rec.SUBJECT else "", draw(TEXT) if flags & rec.LOCATION else ""
    return rec.Override(
        moved, moved + draw(st.integers(0, 300)), minutes(day) + start, flags,
        reminder_delta=draw(st.integers(0, 500)) if flags & rec.REMINDER_DELTA else 0,
        reminder=draw(st.integers(0, 1)) if flags & rec.REMINDER else 0,
        busy_status=draw(st.integers(0, 4)) if flags & rec.BUSY_STATUS else 0,
        color=3 if flags & rec.COLOR else 0, subject=subject, location=place,
        ansi_subject=subject.encode("cp1252", "replace"), ansi_location=place.encode("cp1252", "replace"),
        highlight=bytes(4),
    )  # fmt: skip


@st.composite
def series(draw: Any) -> rec.Recurrence:
    """A recurrence with deleted and modified occurrences."""
    pattern = draw(patterns())
    start = draw(st.integers(0, 1439))
    end = start + draw(st.integers(0, 700))
    days = [day for day, _ in zip(mapi_rrule.dates(pattern), range(12), strict=False)]
    touched = draw(st.lists(st.sampled_from(days), unique=True, max_size=min(4, len(days) - 1)))
    cut = draw(st.integers(0, len(touched)))
    changed = tuple(draw(overrides(day, start)) for day in sorted(touched[:cut]))
    pattern = _with(
        pattern, deleted=tuple(sorted(map(minutes, touched))),
        modified=tuple(sorted(minutes(rec.when(o.start).date()) for o in changed)),
    )  # fmt: skip
    return rec.Recurrence(pattern, start, end, changed)


@st.composite
def appointments(draw: Any) -> Record:
    """An appointment as a connector gives it."""
    zone = draw(ZONES)
    start = draw(INSTANT)
    p: dict[str, Any] = {
        mapi_tags.MESSAGE_CLASS: "IPM.Appointment",
        mapi_tags.SUBJECT: draw(TEXT),
        mapi_tags.APPOINTMENT_START: start,
        mapi_tags.APPOINTMENT_END: start + timedelta(minutes=draw(st.integers(-10, 3000))),
        mapi_tags.CREATION_TIME: draw(INSTANT),
        mapi_tags.ALL_DAY: draw(st.booleans()),
        "recipients": tuple(draw(st.lists(recipients(), max_size=3))),
        "attachments": (),
        "bodies": {},
    }
    for key, values in (
        (mapi_tags.LOCATION, TEXT),
        (mapi_tags.BUSY_STATUS, st.integers(-1, 5)),
        (mapi_tags.SENSITIVITY, st.integers(0, 4)),
        (mapi_tags.IMPORTANCE, st.integers(0, 2)),
        (mapi_tags.KEYWORDS, st.lists(TEXT, max_size=3).map(tuple)),
        (mapi_tags.REMINDER_SET, st.booleans()),
        (mapi_tags.REMINDER_DELTA, st.integers(-5, 1000) | st.just(0x5AE980E1)),
        (mapi_tags.APPOINTMENT_STATE, st.integers(0, 7)),
        (mapi_tags.RESPONSE_STATUS, st.integers(0, 5)),
        (mapi_tags.SENT_REPRESENTING_NAME, TEXT),
        (mapi_tags.SENT_REPRESENTING_EMAIL_ADDRESS, st.sampled_from(["a@b.example", "/o=X/cn=Y", ""])),
        (mapi_tags.GLOBAL_OBJECT_ID, object_ids()),
        (mapi_tags.TZ_DEFINITION_START, st.just(definition(zone, start.year)) | st.just(
            definition(zone, start.year, "Fuseau personnalisé")) | st.binary(max_size=30)),
    ):  # fmt: skip
        if draw(st.booleans()):
            p[key] = draw(values)
    if draw(st.booleans()):
        found = draw(series())
        p |= {mapi_tags.APPOINTMENT_RECUR: rec.write(found), mapi_tags.RECURRING: True,
              mapi_tags.TIME_ZONE_STRUCT: struct(zone, start.year)}  # fmt: skip
        if draw(st.booleans()):
            p[mapi_tags.TZ_DEFINITION_RECUR] = definition(zone, start.year)
    return with_bodies(draw, Record(b"k", "event", "mapi", p))


def object_ids() -> Any:
    """Global object ids: Outlook's own, one that wraps a UID, and what is none."""
    prefix = bytes.fromhex("040000008200e00074c5b7101a82e008")
    own = st.builds(lambda time, data: prefix + bytes(4) + time + bytes(8) + b"\x10\0\0\0" + data,
                    st.binary(min_size=8, max_size=8), st.binary(min_size=16, max_size=16))  # fmt: skip
    wrapped = st.just(b"vCal-Uid\x01\0\0\0abc-123@chu.example\0").map(
        lambda data: prefix + bytes(20) + len(data).to_bytes(4, "little") + data)  # fmt: skip
    return st.one_of(own, own, wrapped, st.binary(max_size=60))


@st.composite
def recipients(draw: Any) -> dict[str, Any]:
    """A row of the recipients' table."""
    row: dict[str, Any] = {mapi_tags.RECIPIENT_TYPE: draw(st.integers(0, 3)), mapi_tags.DISPLAY_NAME: draw(TEXT)}
    for key, values in (
        (mapi_tags.EMAIL_ADDRESS, st.sampled_from(["jean.dupont@chu.example", "/o=X/cn=Y", "é@x"])),
        (mapi_tags.ADDRESS_TYPE, st.sampled_from(["SMTP", "EX", "smtp"])),
        (mapi_tags.SMTP_ADDRESS, st.just("j@chu.example")),
        (mapi_tags.RECIPIENT_FLAGS, st.integers(0, 3)),
        (mapi_tags.RECIPIENT_TRACK_STATUS, st.integers(0, 6)),
    ):
        if draw(st.booleans()):
            row[key] = draw(values)
    return row


def with_bodies(draw: Any, record: Record) -> Record:
    """With bodies and attachments."""
    bodies, keys = {}, {}
    if draw(st.booleans()):
        text = draw(TEXT) + draw(TEXT)
        wide = draw(st.booleans())
        data = text.encode("utf-16-le", "surrogatepass") if wide else text.encode("cp1252", "replace")
        bodies["body/plain"], keys["body/plain"] = BytesBody.of(data), "0x1000001F" if wide else "0x1000001E"
    if draw(st.booleans()):
        html = f"<html><body><p>{draw(TEXT)}</p>\r\n<b>é</b></body></html>"
        bodies["body/html"], keys["body/html"] = BytesBody.of(html.encode("utf-8", "replace")), "0x10130102"
        record.properties[mapi_tags.INTERNET_CODE_PAGE] = draw(st.sampled_from([65001, 1252, 932]))  # type: ignore[index]
    if draw(st.booleans()):
        bodies["body/rtf"], keys["body/rtf"] = BytesBody.of(draw(st.binary(max_size=40))), "0x10090102"
    rows = []
    for n in range(draw(st.integers(0, 3))):
        method = draw(st.sampled_from([1, 2, 5, 7]))
        row = {mapi_tags.ATTACH_METHOD: method, mapi_tags.ATTACH_LONG_FILENAME: draw(TEXT)}
        if method in (2, 7):
            row[mapi_tags.ATTACH_LONG_PATHNAME] = r"\\srv\part é\a b.doc"
        rows.append(row)
        if method == 1:
            bodies[f"attachment/{n}"] = BytesBody.of(draw(st.binary(max_size=60)))
    properties = {**record.properties, "attachments": tuple(rows), "bodies": keys}
    if draw(st.booleans()):
        properties = narrowed(properties)
    return Record(record.key, record.kind, record.form, properties, bodies)


def narrowed(properties: dict[str, Any]) -> dict[str, Any]:
    """With every text as PT_STRING8."""
    out = {key[:-1] + "E" if key.endswith("1F") else key: value for key, value in properties.items()}
    for name in ("recipients", "attachments"):
        out[name] = tuple(narrowed(row) for row in out.get(name, ()))
    return out


def distinct(record: Record) -> Record:
    """With every text of its own, so that none is met in another place by chance."""

    def own(value: Any, path: str) -> Any:
        match value:
            case str() if (
                path.endswith(("1F", "1E")) and ".example" not in value and not value.startswith(("IPM.", "/o="))
            ):
                mark = hashlib.sha256(path.encode()).hexdigest()[:8]
                return f"{value} {mark}" if value and value not in ("SMTP", "EX", "smtp") else value
            case dict():
                return {key: own(inner, f"{path}/{key}") for key, inner in value.items()}
            case tuple():
                return tuple(own(inner, f"{n}/{path}") for n, inner in enumerate(value))
        return value

    properties = {key: own(value, key) for key, value in record.properties.items()}
    return Record(record.key, record.kind, record.form, properties, record.bodies)


def _some(draw: Any, choices: dict[str, Any]) -> dict[str, Any]:
    """Some of these properties."""
    return {key: draw(values) for key, values in choices.items() if draw(st.booleans())}


@st.composite
def contacts(draw: Any) -> Record:
    """A contact as a connector gives it."""
    texts = [v for v in all_keys() if v.endswith("1F") and not v.endswith("101F") and (
        v.startswith(("0x3A", mapi.PSETID_ADDRESS)))]  # fmt: skip
    p: dict[str, Any] = {mapi_tags.MESSAGE_CLASS: "IPM.Contact", **_some(draw, {
        mapi_tags.DISPLAY_NAME: TEXT, mapi_tags.SUBJECT: TEXT, mapi_tags.SEARCH_KEY: st.binary(min_size=9, max_size=9),
        mapi_tags.BIRTHDAY: INSTANT, mapi_tags.WEDDING_ANNIVERSARY: INSTANT, mapi_tags.GENDER: st.integers(0, 3),
        mapi_tags.CHILDREN_NAMES: st.lists(TEXT, max_size=3).map(tuple), mapi_tags.KEYWORDS: st.lists(TEXT).map(tuple),
        mapi_tags.SENSITIVITY: st.integers(0, 3), mapi_tags.POSTAL_ADDRESS_ID: st.integers(0, 4),
        mapi_tags.USER_X509_CERTIFICATE: st.lists(st.binary(max_size=30) | certificates(), max_size=2).map(tuple),
        mapi_tags.EMAIL2_ADDRESS: st.sampled_from(["jean.dupont@chu.example", "/o=X/cn=Y"]),
        mapi_tags.LAST_MODIFICATION_TIME: INSTANT,
    })}  # fmt: skip
    p |= {key: draw(TEXT) for key in sorted(draw(st.sets(st.sampled_from(texts), max_size=12)))}
    return with_bodies(draw, Record(b"k", "card", "mapi", p))


def certificates() -> Any:
    """A certificate-like DER value in a chain of parts."""
    der = st.binary(min_size=60, max_size=80).map(lambda d: b"\x30\x82" + (len(d) + 1).to_bytes(2, "big") + b"\x30" + d)
    return der.map(
        lambda d: b"\x01\0\x08\0abcd" + b"\x03\0" + (len(d) + 4).to_bytes(2, "little") + d + b"\x06\0\x08\0abcd"
    )


@st.composite
def lists(draw: Any) -> Record:
    """A distribution list."""
    wrapped = st.binary(min_size=20, max_size=24).map(lambda d: bytes(4) + mapi_entryid.WRAPPED + b"\xc3" + d)
    names = st.builds(lambda mark, text: f"{mark.hex[:8]} {text}".replace("\0", ""), st.uuids(), TEXT)
    addresses = st.sampled_from(["a@chu.example", "/o=X/cn=Z", ""])
    one_off = st.builds(mapi_entryid.one_off, names, st.sampled_from(["SMTP", "EX"]), addresses,
                        st.sampled_from([0x8001, 0x9001]))  # fmt: skip
    members = st.lists(one_off | wrapped | st.binary(max_size=40), max_size=4).map(tuple)
    p = {mapi_tags.MESSAGE_CLASS: "IPM.DistList", mapi_tags.DISPLAY_NAME: draw(TEXT), **_some(draw, {
        mapi_tags.DL_NAME: TEXT, mapi_tags.DL_MEMBERS: members, mapi_tags.DL_ONE_OFF_MEMBERS: members,
        mapi_tags.DL_CHECKSUM: st.integers(0, 99), mapi_tags.DL_STREAM: st.binary(max_size=40),
        mapi_tags.FILE_UNDER: TEXT,
    })}  # fmt: skip
    return with_bodies(draw, Record(b"k", "card", "mapi", p))


@st.composite
def tasks(draw: Any) -> Record:
    """A task."""
    day = st.dates(date(1995, 1, 1), date(2030, 1, 1)).map(lambda d: datetime(d.year, d.month, d.day, tzinfo=UTC))
    recur = patterns().map(rec.write_pattern) | patterns().map(lambda p: rec.write_pattern(_with(p, sliding=1)))
    p = {mapi_tags.MESSAGE_CLASS: "IPM.Task", mapi_tags.SUBJECT: draw(TEXT), **_some(draw, {
        mapi_tags.TASK_START: day, mapi_tags.TASK_DUE: day | INSTANT, mapi_tags.TASK_COMPLETED: day,
        mapi_tags.TASK_STATUS: st.integers(0, 5),
        mapi_tags.PERCENT_COMPLETE: st.sampled_from([0.0, 0.25, 1.0, 0.333, 7.5]),
        mapi_tags.TASK_RECUR: recur, mapi_tags.TASK_STATE: st.integers(0, 5), mapi_tags.TASK_OWNER: TEXT,
        mapi_tags.REMINDER_SET: st.booleans(), mapi_tags.REMINDER_TIME: INSTANT, mapi_tags.COMMON_START: INSTANT,
        mapi_tags.TASK_ACTUAL_EFFORT: st.integers(0, 99), mapi_tags.KEYWORDS: st.lists(TEXT).map(tuple),
        "recipients": st.lists(recipients(), max_size=2).map(tuple), mapi_tags.CREATION_TIME: INSTANT,
    })}  # fmt: skip
    return with_bodies(draw, Record(b"k", "task", "mapi", p))


@st.composite
def jottings(draw: Any) -> Record:
    """A sticky note or a journal entry."""
    kind = draw(st.sampled_from(["note", "journal"]))
    p = {mapi_tags.MESSAGE_CLASS: "IPM.StickyNote" if kind == "note" else "IPM.Activity", **_some(draw, {
        mapi_tags.SUBJECT: TEXT, mapi_tags.NOTE_COLOR: st.integers(-1, 6), mapi_tags.NOTE_X: st.integers(0, 9),
        mapi_tags.LOG_TYPE: TEXT, mapi_tags.LOG_TYPE_DESCRIPTION: TEXT, mapi_tags.LOG_START: INSTANT,
        mapi_tags.LOG_DURATION: st.integers(0, 99), mapi_tags.LOG_END: INSTANT, mapi_tags.COMMON_START: INSTANT,
        mapi_tags.CONTACTS: st.lists(TEXT).map(tuple), mapi_tags.SENSITIVITY: st.integers(0, 3),
    })}  # fmt: skip
    return with_bodies(draw, Record(b"k", kind, "mapi", p))


VALUES = {
    "001F": st.text(max_size=30), "001E": st.text(max_size=30), "0003": st.integers(-(1 << 31), (1 << 31) - 1),
    "0002": st.integers(-(1 << 15), (1 << 15) - 1), "000B": st.booleans(), "0005": st.floats(allow_nan=False),
    "0040": st.datetimes(timezones=st.just(UTC)) | st.integers(0, (1 << 64) - 1), "0102": st.binary(max_size=150),
    "101F": st.lists(st.text(max_size=9), max_size=4).map(tuple),
    "1102": st.lists(st.binary(max_size=40), max_size=4).map(tuple),
    "1003": st.lists(st.integers(0, 99), max_size=3).map(tuple),
}  # fmt: skip


def hostile(kind: str, keys: list[str]) -> Any:
    """Items with any values that their types allow, and some that they do not."""
    wild = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.binary(max_size=5), st.just(()))

    def value(key: str) -> Any:
        usual = VALUES.get(key[-4:], wild)
        return st.one_of(usual, usual, usual, wild)

    chosen = st.sets(st.sampled_from(keys), max_size=25)
    row = st.dictionaries(
        st.sampled_from(keys[:10] + [mapi_tags.EMAIL_ADDRESS, mapi_tags.ATTACH_METHOD]), wild, max_size=3
    )
    return st.builds(
        lambda p, recipients, attachments, bodies, stored: Record(
            b"k", kind, "mapi", {**p, "recipients": recipients, "attachments": attachments, "bodies": stored},
            {name: BytesBody.of(data) for name, data in bodies.items()}),
        chosen.flatmap(lambda names: st.fixed_dictionaries({name: value(name) for name in sorted(names)})),
        st.lists(st.one_of(row, wild), max_size=2).map(tuple) | wild,
        st.lists(st.one_of(row, wild), max_size=2).map(tuple) | wild,
        st.dictionaries(st.sampled_from(["body/plain", "body/html", "body/rtf", "attachment/0", "other"]),
                        st.binary(max_size=60), max_size=3),
        st.dictionaries(st.sampled_from(["body/plain", "body/html"]),
                        st.sampled_from(["0x1000001F", "0x1000001E", "0x10130102", "x"]), max_size=2) | wild,
    )  # fmt: skip


def all_keys() -> list[str]:
    """Every key that this project speaks of."""
    return sorted({v for n, v in vars(mapi_tags).items() if n.isupper() and isinstance(v, str) and v[0] in "0{"})
