"""Keys, times, code pages and kinds of MAPI items, and the test-only .msg door."""

import codecs
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.contract import BytesBody, Record
from transhumance.connectors.formats import mapi, mapi_tags


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_a_plain_key_comes_apart_as_it_was_put_together(number, kind):
    assert mapi.parse(mapi.key(number, kind)) == (kind, number, "", 0)


@given(st.one_of(st.integers(0, 0xFFFFFFFF), st.text(min_size=1).filter(lambda t: not t.startswith("0x"))))
def test_a_named_key_comes_apart_as_it_was_put_together(name):
    assert mapi.parse(mapi.named(mapi.PSETID_COMMON, name, 0x1F)) == (0x1F, 0, mapi.PSETID_COMMON, name)


def test_what_is_no_key_is_refused():
    for text in ("recipients", "0x0037", "{nonsense}/0x8205:0003", ""):
        with pytest.raises(ValueError):
            mapi.parse(text)


@given(st.integers(0, 2**64 - 1))
def test_times_keep_their_microsecond_and_their_ticks_out_of_range(ticks):
    time = mapi.from_filetime(ticks)
    if isinstance(time, datetime):
        assert mapi.to_filetime(time) == ticks // 10 * 10
    else:
        assert mapi.to_filetime(time) == ticks > mapi.to_filetime(datetime.max.replace(tzinfo=UTC))


def test_known_times():
    assert mapi.from_filetime(0) == datetime(1601, 1, 1, tzinfo=UTC)
    assert mapi.from_filetime(mapi.NO_DATE) == datetime(4501, 1, 1, tzinfo=UTC)
    assert mapi.moment({"0x00390040": mapi.from_filetime(mapi.NO_DATE)}, "0x00390040") is None
    assert mapi.from_filetime(116444736000000000) - datetime(1970, 1, 1, tzinfo=UTC) == timedelta(0)


@pytest.mark.parametrize(
    "page", [437, 850, 932, 936, 949, 950, 1250, 1252, 1258, 874, 20127, 28591, 28605, 65001, 1200]
)
def test_each_code_page_has_its_codec(page):
    name = mapi.codec_of(page)
    assert name is not None and "e".encode(name)


def test_every_listed_code_page_exists_and_nonsense_has_none():
    for page, name in mapi._CODE_PAGES.items():
        assert mapi.codec_of(page) == codecs.lookup(name).name
    assert [mapi.codec_of(page) for page in (None, 0, -1, 99, 1 << 40)] == [None] * 5


def test_texts_are_found_under_either_type():
    assert mapi.text({"0x0037001E": "Été"}, mapi_tags.SUBJECT) == "Été"
    assert mapi.text({"0x0037001F": "Été"}, mapi_tags.SUBJECT) == "Été"
    assert mapi.texts({"0x3A58101E": ("a", "b")}, mapi_tags.CHILDREN_NAMES) == ("a", "b")
    assert mapi.present({"0x0037001E": ""}, mapi_tags.SUBJECT) == "0x0037001E"
    assert mapi.present({}, mapi_tags.SUBJECT) is None
    assert mapi.other_text(mapi_tags.KEYWORDS).endswith(":101E")


def test_no_two_names_share_a_key_and_each_key_parses():
    keys = [v for n, v in vars(mapi_tags).items() if n.isupper() and isinstance(v, str) and v[0] in "0{" and "/" in v]
    assert len(keys) > 100 and all(mapi.parse(key) for key in keys)
    assert mapi_tags.name_of("0x0037001E") == "SUBJECT"
    assert mapi_tags.name_of("0x66660003") == "0x66660003"


def test_kinds_and_workloads_by_class():
    for name, kind in {
        "IPM.Note": "message", "IPM.Note.SMIME": "message", "REPORT.IPM.Note.NDR": "message", "": "message",
        "IPM.Schedule.Meeting.Request": "message", "IPM.TaskRequest": "message", "ipm.appointment.custom": "event",
        "IPM.Contact": "card", "IPM.DistList": "card", "IPM.Task": "task", "IPM.StickyNote": "note",
        "IPM.Activity": "journal", "IPM.Contacts": "message",
    }.items():  # fmt: skip
        assert mapi.kind_of(name) == kind, name
    assert mapi.workload_of("IPF.Appointment") == "calendars"
    assert mapi.workload_of("IPF.Contact.MOC.QuickContacts") == "contacts"
    assert mapi.workload_of("") == mapi.workload_of("IPF.Note") == "mail"


def test_a_body_is_read_in_the_code_page_that_its_item_names():
    def record(data, under, **pages):
        return Record(b"", "message", "mapi", {"bodies": {"body/plain": under}, **pages}, {"body/plain": data})

    cyrillic = BytesBody.of("Привет".encode("cp1251"))
    assert mapi.plain_text(record(cyrillic, "0x1000001E", **{"0x3FFD0003": 1251})) == "Привет"
    assert mapi.plain_text(record(BytesBody.of("é\0".encode("utf-16-le")), "0x1000001F")) == "é"
    assert mapi.plain_text(record(BytesBody.of(b"\xe9"), "0x1000001E")) == "é"
    assert mapi.plain_text(Record(b"", "message", "mapi")) is None


def test_the_msg_door_gives_records(corpora, mapi_records):
    seen, refused = [], []
    for path in sorted(corpora("msg").rglob("*.msg")):
        try:
            seen += mapi_records(path)
        except (OSError, ValueError):
            refused.append(path.name)
    kinds = {kind: sum(r.kind == kind for r in seen) for kind in ("message", "event", "card", "task", "note")}
    assert kinds == {"message": 47, "event": 2, "card": 2, "task": 2, "note": 2}
    assert len(refused) == 1 and "5336473854148608" in refused[0]
    quick = next(r for r in seen if r.key == b"quick.msg")
    assert mapi.text(quick.properties, mapi_tags.SUBJECT) == "Test the content transformer"
