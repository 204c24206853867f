"""What becomes of a residue when its document was edited at the target, or only rewritten there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import tests_support_mapi_make as make

from transhumance.connectors.contract import BytesBody, Context, Document, Record, read_all
from transhumance.connectors.formats import contentline, contentwrite
from transhumance.connectors.formats import mapi_tags as tags
from transhumance.migrators.calendars.forms import CODECS as EVENTS
from transhumance.migrators.contacts.forms import CODECS as CARDS

HERE = Context(timezone="Europe/Paris", territory="FR")
AT = datetime(2025, 7, 1, 7, tzinfo=UTC)
EVENT = Record(
    b"k", "event", "mapi",
    {tags.MESSAGE_CLASS: "IPM.Appointment.Custom", tags.SUBJECT: "Réunion", tags.APPOINTMENT_START: AT,
     tags.APPOINTMENT_END: AT + timedelta(hours=1), tags.CLIP_START: AT - timedelta(hours=3),
     tags.TZ_DEFINITION_START: make.definition("Europe/Paris", 2025), tags.REMINDER_SET: True,
     tags.REMINDER_DELTA: 15, tags.REMINDER_PLAY_SOUND: True, tags.SEARCH_KEY: b"0123456789abcdef",
     "{00062002-0000-0000-c000-000000000046}/0x9999:001F": "inconnu", "bodies": {"body/rtf": "0x10090102"}},
    {"body/rtf": BytesBody.of(b"\x20\0\0\0\x10\0\0\0MELA\0\0\0\0{\\rtf1 Bonjour}")},
)  # fmt: skip
CARD = Record(
    b"k", "card", "mapi",
    {tags.MESSAGE_CLASS: "IPM.Contact", tags.DISPLAY_NAME: "Jean Dupont", tags.SURNAME: "Dupont",
     tags.FILE_UNDER_ID: 32791, tags.BUSINESS_PHONE: "01 23", tags.EMAIL1_ADDRESS: "jean@chu.example",
     tags.EMAIL1_ADDRESS_TYPE: "SMTP", tags.EMAIL1_ORIGINAL_ENTRY_ID: b"another id", tags.SEARCH_KEY: b"x" * 16},
)  # fmt: skip


def edited(document: Document, old: bytes, new: bytes) -> Document:
    data = read_all(document.bodies["content"])
    assert old in data
    return Document(document.kind, document.standard, {}, {"content": BytesBody.of(data.replace(old, new))})


def rewritten(document: Document) -> Document:
    """As a server does: properties in another order, other folds, its own marks."""
    text = contentline.read(read_all(document.bodies["content"]))
    out: list[bytes] = []
    pending: list[bytes] = []
    for line in text.lines:
        if line[:6] == b"BEGIN:" or line[:4] == b"END:":
            out += sorted(pending, reverse=True)
            pending = []
            out.append(line)
        else:
            pending.append(contentline.unfold(line) + b"\r\n")
    data = b"".join(out).replace(b"PRODID:-//transhumance//mapi//EN", b"PRODID:-//Serveur//FR")
    data = data.replace(b"BEGIN:VEVENT\r\n", b"BEGIN:VEVENT\r\nLAST-MODIFIED:20260101T000000Z\r\n", 1)
    return Document(document.kind, document.standard, {}, {"content": BytesBody.of(data)})


def back(codec, record, change):
    opened = codec.to_open(record, HERE)
    return codec.from_open(change(opened.document), opened.residue, HERE)


@pytest.mark.parametrize(("codec", "record"), [(EVENTS[0], EVENT), (CARDS[0], CARD)])
def test_a_document_that_was_only_rewritten_is_not_edited(codec, record):
    found = back(codec, record, rewritten)
    assert not found.findings
    assert codec.compare(record, found.record) == ()


def test_another_subject_leaves_times_texts_and_reminder_alone():
    found = back(EVENTS[0], EVENT, lambda d: edited(d, "SUMMARY:Réunion".encode(), b"SUMMARY:Conseil"))
    p = found.record.properties
    assert p[tags.SUBJECT] == p[tags.CONVERSATION_TOPIC] == "Conseil"
    assert p[tags.CLIP_START] == AT - timedelta(hours=3)
    assert p[tags.REMINDER_PLAY_SOUND] is True
    assert p[tags.MESSAGE_CLASS] == "IPM.Appointment.Custom"
    assert "body/rtf" in found.record.bodies
    dropped = {f.detail for f in found.findings}
    assert "{00062002-0000-0000-c000-000000000046}/0x9999:001F" in dropped  # it may say anything
    assert {f.code for f in found.findings} == {"GEN-RESIDUE-01"}


def test_another_text_drops_the_rtf_of_the_old_one():
    found = back(EVENTS[0], EVENT, lambda d: edited(d, b"DESCRIPTION:Bonjour", b"DESCRIPTION:Bonsoir"))
    assert "body/rtf" not in found.record.bodies
    assert read_all(found.record.bodies["body/plain"]).decode("utf-16-le") == "Bonsoir"
    assert found.record.properties["bodies"] == {"body/plain": "0x1000001F"}
    assert "body:body/rtf" in {f.detail for f in found.findings}


def test_another_time_drops_what_repeated_the_old_one():
    found = back(EVENTS[0], EVENT, lambda d: edited(d, b"20250701T090000", b"20250702T100000"))
    start = datetime(2025, 7, 2, 8, tzinfo=UTC)
    assert found.record.properties[tags.APPOINTMENT_START] == start
    assert found.record.properties[tags.CLIP_START] == start
    assert tags.CLIP_START in {f.detail for f in found.findings}


def test_another_reminder_drops_how_the_old_one_rang():
    found = back(EVENTS[0], EVENT, lambda d: edited(d, b"-PT15M", b"-PT45M"))
    assert found.record.properties[tags.REMINDER_DELTA] == 45
    assert tags.REMINDER_PLAY_SOUND not in found.record.properties


def test_another_number_leaves_name_and_mail_of_a_contact_alone():
    found = back(CARDS[0], CARD, lambda d: edited(d, b":01 23", b":04 56"))
    p = found.record.properties
    assert p[tags.BUSINESS_PHONE] == "04 56"
    assert p[tags.FILE_UNDER_ID] == 32791
    assert p[tags.EMAIL1_ORIGINAL_ENTRY_ID] == b"another id"
    assert not found.findings


def test_another_address_drops_the_id_of_the_old_one():
    found = back(CARDS[0], CARD, lambda d: edited(d, b"jean@chu.example", b"j.dupont@chu.example"))
    p = found.record.properties
    assert p[tags.EMAIL1_ADDRESS] == "j.dupont@chu.example"
    assert p[tags.EMAIL1_ORIGINAL_ENTRY_ID] != b"another id"


def test_a_text_that_its_code_page_can_not_say_any_more_becomes_unicode():
    record = Record(b"k", "event", "mapi", {**EVENT.properties, tags.MESSAGE_CODE_PAGE: 1252,
                                            "bodies": {"body/plain": "0x1000001E"}},
                    {"body/plain": BytesBody.of("café".encode("cp1252"))})  # fmt: skip
    found = back(EVENTS[0], record, lambda d: edited(d, "café".encode(), "日本".encode()))
    assert found.record.properties["bodies"] == {"body/plain": "0x1000001F"}
    assert read_all(found.record.bodies["body/plain"]).decode("utf-16-le") == "日本"


def test_an_attendee_who_was_added_comes_back_beside_the_others():
    row = {tags.RECIPIENT_TYPE: 1, tags.DISPLAY_NAME: "Bob", tags.ADDRESS_TYPE: "EX", tags.EMAIL_ADDRESS: "/o=X/cn=bob",
           tags.SMTP_ADDRESS: "bob@chu.example"}  # fmt: skip
    record = Record(b"k", "event", "mapi", {**EVENT.properties, tags.APPOINTMENT_STATE: 1, "recipients": (row,)})
    more = contentwrite.line("ATTENDEE", "mailto:zoe@chu.example", [("CN", "Zoé")])
    found = back(EVENTS[0], record, lambda d: edited(d, b"ATTENDEE;", more + b"ATTENDEE;"))
    people = found.record.properties["recipients"]
    assert [p[tags.EMAIL_ADDRESS] for p in people] == ["zoe@chu.example", "bob@chu.example"]
    assert "recipients" in {f.detail for f in found.findings}


@pytest.mark.parametrize(("codec", "record", "line"), [(EVENTS[0], EVENT, b"DESCRIPTION"), (CARDS[0], CARD, b"NOTE")])
def test_a_large_text_beside_the_document_goes_with_the_text_it_formats(codec, record, line):
    rtf = BytesBody.of(b"\x20\0\0\0\x10\0\0\0MELA\0\0\0\0{\\rtf1 Bonjour}" + bytes(2 << 20))
    properties = {**record.properties, "bodies": {"body/rtf": "0x10090102"}}
    large = Record(b"k", record.kind, "mapi", properties, {"body/rtf": rtf})
    opened = codec.to_open(large, HERE)
    assert opened.document.bodies["body/rtf"] is rtf
    same = codec.from_open(opened.document, opened.residue, HERE)
    assert codec.compare(large, same.record) == () and not same.findings
    other = edited(opened.document, line + b":Bonjour", line + b":Bonsoir")
    changed = Document(other.kind, other.standard, {}, {**opened.document.bodies, **other.bodies})
    assert "body/rtf" not in codec.from_open(changed, opened.residue, HERE).record.bodies
