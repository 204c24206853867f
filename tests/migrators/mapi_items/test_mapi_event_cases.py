"""Appointments case by case: what goes in, what the object says, what is named."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import tests_support_mapi_make as make

from transhumance.connectors.contract import BytesBody, Context, Document, Link, Record, Subject, read_all
from transhumance.connectors.formats import contentline, mapi_zones, zone_rules
from transhumance.connectors.formats import mapi_recurrence as rec
from transhumance.connectors.formats import mapi_tags as tags
from transhumance.connectors.formats.mapi_timezone import SystemTime, ZoneDefinition, ZoneRule, write_definition
from transhumance.migrators.calendars.forms import CODECS

CODEC = CODECS[0]
PARIS = Context(timezone="Europe/Paris", territory="FR")
NINE = datetime(2025, 7, 1, 7, 0, tzinfo=UTC)  # nine o'clock in Paris
BASE = {tags.MESSAGE_CLASS: "IPM.Appointment", tags.SUBJECT: "Réunion", tags.APPOINTMENT_START: NINE,
        tags.APPOINTMENT_END: NINE + timedelta(hours=1), tags.SEARCH_KEY: b"0123456789abcdef"}  # fmt: skip


def opened(context=PARIS, bodies=None, **more):
    return CODEC.to_open(
        Record(b"k", "event", "mapi", {**BASE, **{k: v for k, v in more.items()}}, bodies or {}), context
    )


def with_(properties, context=PARIS, bodies=None):
    record = Record(b"k", "event", "mapi", {**BASE, **properties}, bodies or {})
    found = CODEC.to_open(record, context)
    back = CODEC.from_open(found.document, found.residue, context)
    assert CODEC.compare(record, back.record) == ()
    return found


def lines(found, name):
    data = read_all(found.document.bodies["content"])
    if name != "TZID":
        data = re.sub(rb"(?s)BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n", b"", data)
    flat = [contentline.unfold(line).decode() for line in contentline.split(data)]
    return [line for line in flat if line.startswith((f"{name}:", f"{name};"))]


def codes(found):
    return {finding.code for finding in found.findings}


# --- zones


@pytest.mark.parametrize(
    ("name", "zone", "context", "iana"),
    [
        ("Romance Standard Time", "Europe/Paris", PARIS, "Europe/Paris"),
        ("Romance Standard Time", "Europe/Paris", Context(timezone="Europe/Madrid", territory="ES"), "Europe/Madrid"),
        ("SA Western Standard Time", "America/Martinique", Context(timezone="America/Martinique", territory="MQ"),
         "America/Martinique"),
        ("Mauritius Standard Time", "Indian/Reunion", Context(timezone="Indian/Reunion", territory="RE"),
         "Indian/Reunion"),
    ],
)  # fmt: skip
def test_a_windows_zone_is_the_territory_s_iana_zone(name, zone, context, iana):
    found = with_({tags.TZ_DEFINITION_START: make.definition(zone, 2025, name)}, context)
    assert lines(found, "DTSTART")[0].startswith(f"DTSTART;TZID={iana}:")
    assert "CAL-TZ-01" in codes(found)


def test_a_customised_zone_is_told_by_its_rules():
    found = with_({tags.TZ_DEFINITION_START: make.definition("Europe/Paris", 2025, "Customized Time Zone")})
    assert lines(found, "DTSTART") == ["DTSTART;TZID=Europe/Paris:20250701T090000"]
    assert "CAL-TZ-02" not in codes(found)


ODD = ZoneRule(1601, -97, 0, -53, SystemTime(0, 10, 3, 2, 4), SystemTime(0, 3, 1, 3, 1))


def test_a_zone_of_nobody_keeps_its_rules_in_the_object():
    blob = write_definition(ZoneDefinition("Heure de l'île", (ODD,)))
    found = with_({tags.TZ_DEFINITION_START: blob})
    assert lines(found, "DTSTART") == ["DTSTART;TZID=Heure de l'île:20250701T093000"]
    assert "CAL-TZ-02" in codes(found)
    block = read_all(found.document.bodies["content"]).split(b"END:VTIMEZONE")[0].partition(b"BEGIN:VTIMEZONE")[2]
    rules = zone_rules.read_vtimezone(b"BEGIN:VTIMEZONE" + block + b"END:VTIMEZONE\r\n")
    assert rules is not None and rules.offset(datetime(2025, 7, 1)) == 150 * 60 == -(ODD.bias + ODD.daylight_bias) * 60
    alone = CODEC.from_open(found.document, (), PARIS).record
    assert alone.properties[tags.APPOINTMENT_START] == NINE
    again = mapi_zones.DEFINITION_VIEW.decode(alone.properties[tags.TZ_DEFINITION_START])
    assert again["name"] == "Heure de l'île"
    assert again["rules"][0]["bias"] == (-97, 0, -53)


def test_rules_that_are_not_those_of_the_named_zone_are_told():
    blob = write_definition(ZoneDefinition("Romance Standard Time", (ODD,)))
    assert "CAL-TZ-03" in codes(with_({tags.TZ_DEFINITION_START: blob}))


def test_without_a_zone_an_instant_is_written_in_utc():
    found = with_({})
    assert lines(found, "DTSTART") == ["DTSTART:20250701T070000Z"]


def test_the_second_of_two_equal_hours_is_written_in_utc():
    start = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)  # half past two, for the second time
    found = with_({tags.APPOINTMENT_START: start, tags.APPOINTMENT_END: start + timedelta(hours=1),
                   tags.TZ_DEFINITION_START: make.definition("Europe/Paris", 2025)})  # fmt: skip
    assert lines(found, "DTSTART") == ["DTSTART:20251026T013000Z"]
    assert lines(found, "DTEND") == ["DTEND;TZID=Europe/Paris:20251026T033000"]


def test_an_end_in_another_zone_keeps_it():
    found = with_({tags.TZ_DEFINITION_START: make.definition("Europe/Paris", 2025),
                   tags.TZ_DEFINITION_END: make.definition("America/New_York", 2025)})  # fmt: skip
    assert lines(found, "DTEND") == ["DTEND;TZID=America/New_York:20250701T040000"]
    assert len(lines(found, "TZID")) == 2


# --- whole days


@pytest.mark.parametrize(
    ("zone", "start"), [("Europe/Paris", (2025, 6, 30, 22)), ("Indian/Reunion", (2025, 6, 30, 20))]
)
def test_a_whole_day_is_a_date_of_its_own_zone(zone, start):
    at = datetime(*start, tzinfo=UTC)
    found = with_({tags.APPOINTMENT_START: at, tags.APPOINTMENT_END: at + timedelta(days=2), tags.ALL_DAY: True,
                   tags.TZ_DEFINITION_START: make.definition(zone, 2025)})  # fmt: skip
    assert lines(found, "DTSTART") == ["DTSTART;VALUE=DATE:20250701"]
    assert lines(found, "DTEND") == ["DTEND;VALUE=DATE:20250703"]
    assert "CAL-ALLDAY-01" not in codes(found)
    assert not [e for e in found.residue if e.path == tags.APPOINTMENT_START]


def test_a_whole_day_that_is_none_is_the_nearest_and_is_told():
    found = with_({tags.ALL_DAY: True})
    assert lines(found, "DTSTART") == ["DTSTART;VALUE=DATE:20250701"]
    assert "CAL-ALLDAY-01" in codes(found)


# --- identity


def test_a_uid_that_was_wrapped_is_unwrapped():
    data = b"vCal-Uid\x01\0\0\0abc@chu.example\0"
    goid = bytes.fromhex("040000008200e00074c5b7101a82e008") + bytes(20) + len(data).to_bytes(4, "little") + data
    found = with_({tags.GLOBAL_OBJECT_ID: goid, tags.CLEAN_GLOBAL_OBJECT_ID: goid})
    assert lines(found, "UID") == ["UID:abc@chu.example"]
    assert not [e for e in found.residue if e.path in (tags.GLOBAL_OBJECT_ID, tags.CLEAN_GLOBAL_OBJECT_ID)]


def test_an_id_of_outlook_is_written_in_hexadecimal_without_its_date():
    head = bytes.fromhex("040000008200e00074c5b7101a82e008")
    rest = bytes(range(8)) + bytes(8) + b"\x10\0\0\0" + bytes(16)
    found = with_({tags.GLOBAL_OBJECT_ID: head + b"\x07\xe9\x07\x01" + rest,
                   tags.CLEAN_GLOBAL_OBJECT_ID: head + bytes(4) + rest,
                   tags.IS_EXCEPTION: True, tags.EXCEPTION_REPLACE_TIME: NINE})  # fmt: skip
    assert lines(found, "UID") == [f"UID:{(head + bytes(4) + rest).hex().upper()}"]
    assert lines(found, "RECURRENCE-ID") == ["RECURRENCE-ID:20250701T070000Z"]
    assert "CAL-REC-06" in codes(found)
    assert not [e for e in found.residue if e.path == tags.GLOBAL_OBJECT_ID]


def test_an_item_without_an_id_has_one_that_stays():
    assert "CAL-UID-01" in codes(with_({}))
    assert lines(with_({}), "UID") == lines(with_({tags.SUBJECT: "Autre"}), "UID")


# --- people


MEETING = {
    tags.APPOINTMENT_STATE: 3, tags.RESPONSE_STATUS: 3, tags.RESPONSE_REQUESTED: True,
    tags.SENT_REPRESENTING_NAME: "Dr Anne Ory", tags.SENT_REPRESENTING_ADDRESS_TYPE: "SMTP",
    tags.SENT_REPRESENTING_EMAIL_ADDRESS: "anne.ory@chu.example",
    "recipients": (
        {tags.RECIPIENT_TYPE: 1, tags.RECIPIENT_FLAGS: 3, tags.DISPLAY_NAME: "Dr Anne Ory",
         tags.ADDRESS_TYPE: "SMTP", tags.EMAIL_ADDRESS: "anne.ory@chu.example"},
        {tags.RECIPIENT_TYPE: 1, tags.DISPLAY_NAME: "Bob, le \"bref\"", tags.ADDRESS_TYPE: "SMTP",
         tags.EMAIL_ADDRESS: "bob@chu.example", tags.RECIPIENT_TRACK_STATUS: 3},
        {tags.RECIPIENT_TYPE: 2, tags.DISPLAY_NAME: "Chloé", tags.ADDRESS_TYPE: "EX",
         tags.EMAIL_ADDRESS: "/o=CHU/cn=chloe", tags.SMTP_ADDRESS: "chloe@chu.example",
         tags.RECIPIENT_TRACK_STATUS: 4},
        {tags.RECIPIENT_TYPE: 3, tags.DISPLAY_NAME: "Salle 1", tags.ADDRESS_TYPE: "EX",
         tags.EMAIL_ADDRESS: "/o=CHU/cn=s1"},
    ),
}  # fmt: skip


def test_a_meeting_names_its_organiser_and_its_attendees():
    found = with_(MEETING, replace(PARIS, subject=Subject(b"bob", mail="bob@chu.example")))
    assert lines(found, "ORGANIZER") == ["ORGANIZER;CN=Dr Anne Ory:mailto:anne.ory@chu.example"]
    host, bob, chloe, room = lines(found, "ATTENDEE")
    assert "ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:anne.ory@chu.example" in host
    assert (
        bob
        == "ATTENDEE;CN=\"Bob, le ^'bref^'\";ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:bob@chu.example"
    )
    assert "ROLE=OPT-PARTICIPANT;PARTSTAT=DECLINED;RSVP=TRUE:mailto:chloe@chu.example" in chloe
    assert "CUTYPE=RESOURCE" in room and room.endswith("@x500.invalid")
    assert {"CAL-ORG-01", "CAL-ORG-02", "CAL-SCHED-03"} <= codes(found)
    assert Link("ATTENDEE", "attendee", "/o=CHU/cn=s1") in found.refs
    assert not [e for e in found.residue if e.path in (tags.APPOINTMENT_STATE, tags.RESPONSE_STATUS)]


def test_an_attendee_s_copy_says_how_its_owner_answered():
    people = tuple({k: v for k, v in row.items() if k != tags.RECIPIENT_TRACK_STATUS} for row in MEETING["recipients"])
    bob = replace(PARIS, subject=Subject(b"bob", mail="Bob@chu.example"))
    found = with_({**MEETING, "recipients": people, tags.RESPONSE_STATUS: 2}, bob)
    assert [line for line in lines(found, "ATTENDEE") if "PARTSTAT=TENTATIVE" in line and "bob@" in line]
    back = CODEC.from_open(found.document, found.residue, Context(timezone="UTC")).record  # whoever asks
    assert (back.properties[tags.RESPONSE_STATUS], back.properties[tags.APPOINTMENT_STATE]) == (2, 3)


def test_the_way_back_does_not_hang_on_who_asks():
    found = with_({tags.APPOINTMENT_START: datetime(2025, 6, 30, 22, tzinfo=UTC), tags.ALL_DAY: True})
    back = CODEC.from_open(found.document, found.residue, Context(timezone="America/Martinique", territory="MQ")).record
    assert back.properties[tags.APPOINTMENT_START] == datetime(2025, 6, 30, 22, tzinfo=UTC)


def test_an_appointment_of_one_s_own_names_nobody():
    found = with_({**MEETING, tags.APPOINTMENT_STATE: 0})
    assert not lines(found, "ATTENDEE") and not lines(found, "ORGANIZER")


def test_a_meeting_that_was_called_off_is_cancelled():
    assert lines(with_({**MEETING, tags.APPOINTMENT_STATE: 7}), "STATUS") == ["STATUS:CANCELLED"]


# --- marks


def test_marks_have_their_places():
    found = with_({tags.BUSY_STATUS: 3, tags.SENSITIVITY: 2, tags.PRIVATE: True, tags.IMPORTANCE: 2,
                   tags.KEYWORDS: ("Urgent", "a,b; c"), tags.LOCATION: "Bât. A, salle 2", tags.REMINDER_SET: True,
                   tags.REMINDER_DELTA: 30})  # fmt: skip
    assert lines(found, "X-MICROSOFT-CDO-BUSYSTATUS") == ["X-MICROSOFT-CDO-BUSYSTATUS:OOF"]
    assert lines(found, "TRANSP") == ["TRANSP:OPAQUE"]
    assert lines(found, "CLASS") == ["CLASS:PRIVATE"]
    assert lines(found, "PRIORITY") == ["PRIORITY:1"]
    assert lines(found, "CATEGORIES") == ["CATEGORIES:Urgent,a\\,b\\; c"]
    assert lines(found, "LOCATION") == ["LOCATION:Bât. A\\, salle 2"]
    assert lines(found, "TRIGGER") == ["TRIGGER:-PT30M"]
    assert {"CAL-BUSY-01", "CAL-PRIV-01", "CAL-IMP-01", "CAL-CAT-01", "CAL-REM-01"} <= codes(found)
    held = {e.path for e in found.residue}
    assert not held & {tags.BUSY_STATUS, tags.SENSITIVITY, tags.PRIVATE, tags.IMPORTANCE, tags.KEYWORDS, tags.LOCATION,
                       tags.REMINDER_SET, tags.REMINDER_DELTA}  # fmt: skip


def test_a_link_of_the_old_system_is_told():
    key = "{00020329-0000-0000-c000-000000000046}/SkypeTeamsMeetingUrl:001F"
    found = with_({key: "https://teams.microsoft.com/l/meetup-join/x"})
    assert "CAL-ONLINE-01" in codes(found)
    assert lines(found, "CONFERENCE") == [
        'CONFERENCE;VALUE=URI;FEATURE="AUDIO,VIDEO":https://teams.microsoft.com/l/meetup-join/x'
    ]


def test_texts_are_in_the_object_whatever_their_code_page():
    plain, html = "Ordre du jour :\r\n- café\n", "<p>café</p>"
    found = with_(
        {tags.INTERNET_CODE_PAGE: 1252, tags.MESSAGE_CODE_PAGE: 1252,
         "bodies": {"body/plain": "0x1000001E", "body/html": "0x10130102"}},
        bodies={"body/plain": BytesBody.of(plain.encode("cp1252")), "body/html": BytesBody.of(html.encode("cp1252"))},
    )  # fmt: skip
    assert lines(found, "DESCRIPTION") == ["DESCRIPTION:Ordre du jour :\\n- café\\n"]
    assert lines(found, "X-ALT-DESC") == ["X-ALT-DESC;FMTTYPE=text/html:<p>café</p>"]
    entry = next(e for e in found.residue if e.path == "body:body/plain")
    assert entry.value == {"view": {"in": {"odd": {"new": {"1": "\n"}}}}}  # the one line that ends otherwise
    assert not [e for e in found.residue if e.path == "body:body/html"]


# --- files


def test_small_files_lie_in_the_object_and_large_ones_beside_it():
    rows = tuple({tags.ATTACH_METHOD: 1, tags.ATTACH_LONG_FILENAME: f"plan {n}.pdf"} for n in range(2))
    bodies = {"attachment/0": BytesBody.of(b"x" * 70), "attachment/1": BytesBody.of(b"y" * (5 << 20))}
    found = with_({"attachments": rows}, bodies=bodies)
    assert len(lines(found, "ATTACH")) == 1
    assert "FILENAME=plan 0.pdf" in lines(found, "ATTACH")[0]
    assert found.document.bodies["attachment/1"] is bodies["attachment/1"]
    assert {"CAL-ATT-01", "CAL-ATT-03"} <= codes(found)


def test_the_content_of_a_modified_occurrence_that_could_not_be_read_is_told():
    row = {
        tags.ATTACH_METHOD: 5,
        tags.EXCEPTION_START_TIME: NINE,
        tags.ATTACHMENT_FLAGS: 2,
        tags.ATTACHMENT_HIDDEN: True,
    }
    found = with_(
        {"attachments": (row,), "unreadable": ("attachments/0/0x3701000D: MAIL-PST-03", "0x1234001F: damaged")}
    )
    assert {"CAL-EXC-03", "MAIL-PST-04"} <= codes(found)
    assert "MAIL-PST-03" not in codes(found)
    found = with_({"attachments": ({tags.ATTACH_METHOD: 5},), "unreadable": ("attachments/0/0x3701000D: MAIL-PST-03",)})
    assert "MAIL-PST-03" in codes(found)


def test_an_attached_item_is_told_and_comes_back():
    mail = {"0x001A001F": "IPM.Note", "recipients": (), "attachments": (), "bodies": {"body/plain": "0x1000001F"}}
    row = {tags.ATTACH_METHOD: 5, tags.DISPLAY_NAME: "Compte rendu", "embedded": mail}
    bodies = {"attachment/0/body/plain": BytesBody.of("é".encode("utf-16-le"))}
    found = with_({"attachments": (row,)}, bodies=bodies)
    assert "CAL-ATT-05" in codes(found)


# --- series that an object can't say


def series(**pattern):
    p = rec.Pattern(**{"frequency": rec.MONTHLY, "kind": rec.MONTH, "period": 1, "day": 1,
                       "start_date": make.minutes(date(2025, 7, 1)), **pattern})  # fmt: skip
    return {tags.RECURRING: True, tags.APPOINTMENT_RECUR: rec.write(rec.Recurrence(p, 540, 600))}


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ({"kind": rec.HJ_MONTH}, "CAL-REC-03"),
        ({"calendar": 0xF}, "CAL-REC-03"),
        ({"period": 0}, "CAL-REC-04"),
        ({"day": 0}, "CAL-REC-04"),
        ({"end_type": rec.END_BY_COUNT, "count": 0}, "CAL-REC-04"),
    ],
)
def test_a_series_that_can_not_be_said_is_one_event_and_is_told(pattern, code):
    found = with_(series(**pattern))
    assert not lines(found, "RRULE")
    assert len(lines(found, "DTSTART")) == 1
    assert code in codes(found)


def test_a_damaged_pattern_is_told_and_kept_as_it_was():
    found = with_({tags.RECURRING: True, tags.APPOINTMENT_RECUR: b"\x04\x30\x04\x30\x0a\x20"})
    assert "CAL-REC-04" in codes(found)
    entry = next(e for e in found.residue if e.path == tags.APPOINTMENT_RECUR)
    assert entry.value == b"\x04\x30\x04\x30\x0a\x20"


def test_a_series_of_the_last_day_of_months_is_told():
    assert "CAL-REC-01" in codes(with_(series(day=31)))


# --- an object that was made elsewhere


def test_an_object_of_another_program_becomes_an_appointment():
    data = b"""BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x@y\r\nDTSTART;TZID=Europe/Paris:20250701T090000\r
DURATION:PT90M\r\nRRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=3\r\nEXDATE;TZID=Europe/Paris:20250708T090000\r\nSUMMARY:S\r
BEGIN:VALARM\r\nTRIGGER;RELATED=END:-PT2H\r\nACTION:AUDIO\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""
    back = CODEC.from_open(Document("event", "ical", {}, {"content": BytesBody.of(data)}), (), PARIS)
    p = back.record.properties
    assert p[tags.APPOINTMENT_START] == NINE
    assert p[tags.APPOINTMENT_DURATION] == 90
    assert p[tags.REMINDER_DELTA] == 30
    blob = rec.parse(p[tags.APPOINTMENT_RECUR])
    assert (blob.pattern.kind, blob.pattern.count, blob.start_time, blob.end_time) == (rec.WEEK, 3, 540, 630)
    assert blob.pattern.deleted == (make.minutes(date(2025, 7, 8)),)
    assert not back.findings


@pytest.mark.parametrize(
    "rule", ["RRULE:FREQ=HOURLY", "RDATE:20250801T070000Z", "RRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY"]
)
def test_a_rule_that_mapi_can_not_say_is_named_on_the_way_back(rule):
    event = f"BEGIN:VEVENT\r\nUID:x\r\nDTSTART:20250701T070000Z\r\n{rule}\r\nEND:VEVENT\r\n"
    data = f"BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n"
    back = CODEC.from_open(Document("event", "ical", {}, {"content": BytesBody.of(data.encode())}), (), PARIS)
    assert [f.code for f in back.findings] == ["CAL-REC-02"]


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"BEGIN:VCALENDAR", b"BEGIN:VEVENT\r\nDTSTART:99999999\r\nEND:VEVENT\r\n"]
)
def test_what_is_no_object_is_an_empty_item(data):
    back = CODEC.from_open(Document("event", "ical", {}, {"content": BytesBody.of(data)}), (), PARIS)
    assert back.record.properties[tags.MESSAGE_CLASS] == "IPM.Appointment"
