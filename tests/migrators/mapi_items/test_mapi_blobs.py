"""Recurrence and time zone blobs: parse then write is the same bytes; no bytes raise anything but `BlobError`."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.formats import mapi_recurrence as rec
from transhumance.connectors.formats import mapi_timezone as zone
from transhumance.connectors.formats.mapi_recurrence import BlobError

U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
BITS = (rec.SUBJECT, rec.MEETING_TYPE, rec.REMINDER_DELTA, rec.REMINDER, rec.LOCATION, rec.BUSY_STATUS,
        rec.ATTACHMENT, rec.SUB_TYPE, rec.COLOR, rec.BODY)  # fmt: skip
WIDE = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NARROW = st.binary(max_size=12)
NOTHING = st.just(b"")


@st.composite
def patterns(draw, tail=NOTHING):
    kind = draw(st.sampled_from([rec.DAY, rec.WEEK, rec.MONTH, rec.MONTH_NTH, rec.MONTH_END, rec.HJ_MONTH,
                                 rec.HJ_MONTH_NTH, rec.HJ_MONTH_END]))  # fmt: skip
    month, nth = kind in (rec.MONTH, rec.MONTH_END, rec.HJ_MONTH, rec.HJ_MONTH_END), kind in (
        rec.MONTH_NTH, rec.HJ_MONTH_NTH)  # fmt: skip
    return rec.Pattern(
        draw(U16), kind, draw(U32), draw(U32), draw(U32), draw(U32), draw(U32),
        day=draw(U32) if month else 0, mask=draw(U32) if nth or kind == rec.WEEK else 0,
        nth=draw(U32) if nth else 0, first_weekday=draw(U32), first_date_time=draw(U32), sliding=draw(U32),
        calendar=draw(U16), deleted=tuple(draw(st.lists(U32, max_size=4))),
        modified=tuple(draw(st.lists(U32, max_size=4))), tail=draw(tail),
    )  # fmt: skip


@st.composite
def overrides(draw, highlight):
    flags = sum(draw(st.sets(st.sampled_from(BITS))))
    numbers = {name: draw(U32) for bit, name in rec._LONGS if flags & bit}
    texts = {}
    for bit, name in ((rec.SUBJECT, "subject"), (rec.LOCATION, "location")):
        if flags & bit:
            texts |= {name: draw(WIDE), f"ansi_{name}": draw(NARROW)}
    more = draw(NARROW) if flags & (rec.SUBJECT | rec.LOCATION) else b""
    return rec.Override(draw(U32), draw(U32), draw(U32), flags, **numbers, **texts,
                        highlight=draw(NARROW) if highlight else b"", reserved1=draw(NARROW),
                        reserved2=more)  # fmt: skip


@st.composite
def recurrences(draw):
    version = draw(st.sampled_from([0x3008, 0x3009]))
    return rec.Recurrence(draw(patterns()), draw(U32), draw(U32),
                          tuple(draw(st.lists(overrides(version == 0x3009), max_size=3))), draw(NARROW), draw(NARROW),
                          writer_version2=version, tail=draw(NARROW))  # fmt: skip


TIMES = st.builds(zone.SystemTime, *[U16] * 8)
I32 = st.integers(-(1 << 31), (1 << 31) - 1)
RULES = st.builds(zone.ZoneRule, U16, I32, I32, I32, TIMES, TIMES, U16, st.binary(min_size=14, max_size=14))
ZONES = st.builds(zone.ZoneDefinition, WIDE, st.lists(RULES, max_size=3).map(tuple), U16, tail=NARROW)


@given(recurrences())
def test_a_generated_recurrence_is_written_and_parsed_back(recurrence):
    assert rec.parse(rec.write(recurrence)) == recurrence


@given(patterns(tail=NARROW))
def test_a_generated_pattern_of_a_task_is_written_and_parsed_back(pattern):
    assert rec.parse_pattern(rec.write_pattern(pattern)) == pattern


@given(ZONES)
def test_a_generated_definition_is_written_and_parsed_back(definition):
    assert zone.parse_definition(zone.write_definition(definition)) == definition


@given(st.builds(zone.ZoneStruct, RULES, U16, U16))
def test_a_generated_struct_keeps_its_rule(struct):
    again = zone.parse_struct(zone.write_struct(struct))
    assert again.rule.key == struct.rule.key
    assert zone.write_struct(again) == zone.write_struct(struct)


@given(recurrences().map(rec.write), st.data())
def test_a_cut_or_changed_recurrence_is_an_error_or_the_same_bytes(blob, data):
    cut = data.draw(st.integers(0, len(blob)))
    at = data.draw(st.integers(0, len(blob) - 1))
    changed = blob[:at] + data.draw(st.binary(max_size=6)) + blob[at + 3 :]
    for hostile in (blob[:cut], changed):
        with contextlib.suppress(BlobError):
            assert rec.write(rec.parse(hostile)) == hostile
        with contextlib.suppress(BlobError):
            assert rec.write_pattern(rec.parse_pattern(hostile)) == hostile


@given(st.binary(max_size=120))
def test_any_bytes_are_a_zone_or_a_blob_error(data):
    for parse, write in ((zone.parse_definition, zone.write_definition), (zone.parse_struct, zone.write_struct)):
        with contextlib.suppress(BlobError):
            assert write(parse(data)) == data


def test_a_count_above_the_bytes_that_are_there_allocates_nothing():
    head = rec.write_pattern(rec.Pattern(rec.DAILY, rec.DAY, 1440, 0))
    for at in (34, 38):  # the two counts of dates
        with pytest.raises(BlobError):
            rec.parse_pattern(head[:at] + b"\xff\xff\xff\xff" + head[at + 4 :])


def test_an_extended_part_that_is_cut_stays_as_a_tail():
    pattern = rec.Pattern(rec.DAILY, rec.DAY, 1440, 0)
    override = rec.Override(0, 30, 0, rec.SUBJECT, ansi_subject=b"x", subject="x")
    whole = rec.write(rec.Recurrence(pattern, 0, 30, (override,)))
    found = rec.parse(whole[:-6])
    assert not found.extended
    assert found.overrides[0].ansi_subject == b"x"
    assert rec.write(found) == whole[:-6]


def _blobs(path: Path):
    pypff = pytest.importorskip("pypff", reason="libpff-python is not installed")
    store = pypff.file()
    store.open(str(path))
    folders = [store.get_root_folder()]
    while folders:
        folder = folders.pop()
        folders += [folder.get_sub_folder(i) for i in range(folder.number_of_sub_folders)]
        for number in range(folder.number_of_sub_messages):
            for record_set in folder.get_sub_message(number).record_sets:
                yield from (entry.data for entry in record_set.entries if entry.value_type == 0x102 and entry.data)


@pytest.mark.corpora
def test_every_blob_of_the_pst_corpus_is_written_as_it_was(corpora):
    seen = {"recurrence": 0, "zone": 0}
    for path in sorted(corpora("pst").rglob("*.pst")):
        for data in _blobs(path):
            if data[:4] == b"\x04\x30\x04\x30":
                seen["recurrence"] += 1
                assert rec.write(rec.parse(data)) == data
            elif data[:2] == b"\x02\x01" and data[4:6] == b"\x02\x00":
                seen["zone"] += 1
                assert zone.write_definition(zone.parse_definition(data)) == data
    assert all(seen.values()), seen
