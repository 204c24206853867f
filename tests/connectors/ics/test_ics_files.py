"""Calendars in files: cut by UID, each byte in an item, in the container or told by code."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import (
    ABSENT,
    Environment,
    Expect,
    Fence,
    Record,
    Selector,
    Status,
    Subject,
    Write,
    all_codes,
    read_all,
)
from transhumance.connectors.formats import contentline as cl
from transhumance.connectors.formats.objectsource import ObjectConfig
from transhumance.connectors.formats.objectsplit import NotOurs
from transhumance.connectors.ics.endpoint import IcsSource, IcsTarget
from transhumance.connectors.ics.split import inspect

FENCE = Fence("test", 1)
ZONE = b"""BEGIN:VTIMEZONE\r
TZID:%s\r
BEGIN:STANDARD\r
DTSTART:16010101T000000\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0100\r
END:STANDARD\r
END:VTIMEZONE\r
"""


def component(uid: bytes, *lines: bytes, name: bytes = b"VEVENT") -> bytes:
    return b"".join(line + b"\r\n" for line in (b"BEGIN:" + name, b"UID:" + uid, *lines, b"END:" + name))


HEAD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//chu//test\r\n"
END = b"END:VCALENDAR\r\n"
MASTER = component(b"a", b"DTSTART;TZID=Own:20260101T100000", b"RRULE:FREQ=DAILY", b"SUMMARY:Visite")
MOVED = component(b"a", b"RECURRENCE-ID;TZID=Own:20260102T100000", b"DTSTART;TZID=Own:20260102T110000")
OTHER = component(b"b", b"DTSTART:20260101T100000Z")
TASK = component(b"t", b"DUE:20260101T100000Z", name=b"VTODO")
NOTE = component(b"n", b"SUMMARY:pense-b\xc3\xaate", name=b"VJOURNAL")
CALENDAR = (
    HEAD + b"X-WR-CALNAME:Agn\xc3\xa8s\r\nX-APPLE-CALENDAR-COLOR:#ff0000\r\nX-WR-TIMEZONE:Europe/Paris\r\n"
    + ZONE % b"Own" + ZONE % b"Unused" + MASTER + OTHER + MOVED + TASK + NOTE + END
)  # fmt: skip


def source(folder: Path, **more) -> IcsSource:
    config = ObjectConfig.model_validate({"path": "in", "page": 3, **more})
    return IcsSource(config, Environment("in", folder / "spool", folder))


def target(folder: Path, path: str = "out") -> IcsTarget:
    return IcsTarget(ObjectConfig.model_validate({"path": path}), Environment("out", folder / "spool", folder))


def read(end: IcsSource, workload: str):
    """Every container of a workload with its records and faults."""
    for subject in end.subjects(Selector()):
        for container in end.containers(subject, workload):
            refs, faults, cursor = [], [], None
            while True:
                page = end.page(container, cursor)
                refs += page.refs
                faults += page.faults
                if (cursor := page.next) is None:
                    break
            yield container, list(end.fetch(container, refs)), faults


def texts(records) -> dict[bytes, bytes]:
    return {record.key: read_all(record.bodies["content"]) for record in records}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in" / "agnes").mkdir(parents=True)
    return tmp_path


def test_a_calendar_is_cut_by_uid(place: Path) -> None:
    (place / "in" / "agnes" / "agenda.ics").write_bytes(CALENDAR)
    (_, nothing, none), (container, records, faults) = read(source(place), "calendars")
    assert not nothing and not none and not faults
    assert container.path == ("Agnès",)
    assert container.properties["color"] == "#ff0000"
    kept = HEAD + b"X-WR-TIMEZONE:Europe/Paris\r\n"
    assert texts(records) == {b"a": kept + ZONE % b"Own" + MASTER + MOVED + END, b"b": kept + OTHER + END}
    assert b"Unused" in container.properties["icalendar"], "a zone that no item uses stays with the calendar"


def test_each_item_is_in_one_workload(place: Path) -> None:
    (place / "in" / "agnes" / "agenda.ics").write_bytes(CALENDAR)
    ((container, records, faults),) = read(source(place), "tasks")
    assert not faults and container.path == ("Agnès",)
    assert {record.key: record.kind for record in records} == {b"t": "task", b"n": "note"}


def test_container_and_items_survive_the_way_there_and_back(place: Path) -> None:
    (place / "in" / "agnes" / "agenda.ics").write_bytes(CALENDAR)
    out = target(place)
    for workload in ("calendars", "tasks"):
        for container, records, _ in read(source(place), workload):
            there = out.ensure(container)
            writes = [Write(record.key, record) for record in records]
            assert {o.status for o in out.write(there, writes, FENCE)} <= {Status.WRITTEN}
    back = IcsSource(ObjectConfig.model_validate({"path": "out"}), Environment("b", place / "spool", place))
    for workload in ("calendars", "tasks"):
        before = [(c, r) for c, r, _ in read(source(place), workload) if r]
        after = [(c, r) for c, r, _ in read(back, workload) if r]
        for (old, items), (new, again) in zip(before, after, strict=True):
            assert (old.path, dict(old.properties)) == (new.path, dict(new.properties))
            assert texts(items) == texts(again)


def test_doubled_and_missing_uids_stay_apart(place: Path) -> None:
    twin = component(b"a", b"DTSTART:20270101T000000Z")
    nameless = b"BEGIN:VEVENT\r\nDTSTART:20260101T000000Z\r\nSUMMARY:%d\r\nEND:VEVENT\r\n"
    data = HEAD + OTHER + component(b"a", b"DTSTART:20260101T000000Z") + twin + nameless % 1 + nameless % 2 + END
    (place / "in" / "agnes" / "x.ics").write_bytes(data)
    *_, (_, records, faults) = read(source(place), "calendars")
    keys = [record.key for record in records]
    assert {b"a", b"a#2", b"b"} < set(keys) and sum(key.startswith(b"sha256:") for key in keys) == 2
    flags = {record.key: record.properties.get("duplicate") for record in records}
    assert flags[b"a#2"] is True and not flags[b"a"] and not faults


def test_a_folder_of_single_objects_keeps_bytes_and_names(place: Path) -> None:
    folder = place / "in" / "agnes" / "Réunions"
    folder.mkdir()
    plain = b"\xef\xbb\xbf" + HEAD + OTHER.replace(b"\r\n", b"\n") + b"\n\n" + END
    (folder / "1.ics").write_bytes(plain)
    (folder / "a%2Fb.ics").write_bytes(HEAD + MASTER + MOVED + END)
    (folder / "notes.txt").write_text("hello")
    (folder / "card.vcf").write_bytes(b"BEGIN:VCARD\r\nEND:VCARD\r\n")
    (folder / "j.jcal").write_text('["vcalendar", [], []]')
    os.symlink("/etc/passwd", folder / "link.ics")
    os.mkfifo(folder / "pipe.ics")
    *_, (container, records, faults) = read(source(place), "calendars")
    assert container.path == ("Réunions",)
    assert texts(records) == {b"1": plain, b"a/b": HEAD + MASTER + MOVED + END}
    assert {fault.key: fault.code for fault in faults} == {
        b"notes.txt": "CAL-FILE-01", b"card.vcf": "CAL-FILE-01", b"j.jcal": "CAL-FILE-01",
        b"link": "GEN-READ-01", b"pipe": "GEN-READ-01",
    }  # fmt: skip
    assert {fault.detail for fault in faults} >= {"vCard", "jCal", "text"}


def test_what_belongs_to_no_item_is_told(place: Path) -> None:
    data = b"junk before\r\n" + HEAD + b"not a property\r\n" + OTHER + TASK + component(b"c")[:-12]
    (place / "in" / "agnes" / "x.ics").write_bytes(data)
    *_, (_, records, faults) = read(source(place), "calendars")
    assert Counter(fault.code for fault in faults) == {"CAL-SPLIT-01": 2, "CAL-FILE-02": 1}
    found = texts(records)
    assert found[b"b"] == HEAD + OTHER + END, "a whole item of a cut calendar is whole"
    assert found[b"c"].endswith(b"UID:c\r\n"), "a cut item stays cut"
    assert {fault.code for fault in faults} <= set(all_codes())


def test_busy_times_and_private_components_are_items(place: Path) -> None:
    data = HEAD + OTHER + component(b"f", name=b"VFREEBUSY") + component(b"x", name=b"X-PRIVATE") + END
    (place / "in" / "agnes" / "x.ics").write_bytes(data)
    *_, (_, records, faults) = read(source(place), "calendars")
    assert set(texts(records)) == {b"b", b"f", b"x"} and not faults


def test_utf_16_is_read_and_written_as_it_was(place: Path) -> None:
    text = (HEAD + OTHER + MASTER + END).decode()
    (place / "in" / "agnes" / "two.ics").write_bytes(text.encode("utf-16"))
    (place / "in" / "agnes" / "one.ics").write_bytes((HEAD + NOTE + END).decode().encode("utf-16"))
    (container, alone, _), *_ = read(source(place), "tasks")
    (record,) = alone
    assert record.properties["encoding"] == "utf-16-le" and texts(alone) == {b"one": HEAD + NOTE + END}
    *_, (_, records, _) = read(source(place), "calendars")
    assert texts(records) == {b"a": HEAD + MASTER + END, b"b": HEAD + OTHER + END}
    out = target(place)
    there = out.ensure(container)
    (outcome,) = out.write(there, [Write(record.key, record)], FENCE)
    assert outcome.status is Status.WRITTEN
    assert (place / "out/agnes/one.ics").read_bytes() == (place / "in/agnes/one.ics").read_bytes()


def test_a_file_that_is_somebodys_by_itself(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "agnes@chu.example.ics").write_bytes(CALENDAR)
    (tmp_path / "in" / "bob.ics").write_bytes(HEAD + OTHER + END)
    (tmp_path / "in" / "eve.ics").write_bytes(b"")
    found = {c.subject: (c.path, texts(r), f) for c, r, f in read(source(tmp_path), "calendars")}
    assert found[b"agnes@chu.example"][0] == ("Agnès",)
    assert found[b"bob"] == (("bob",), {b"b": HEAD + OTHER + END}, [])
    assert [fault.code for fault in found[b"eve"][2]] == ["CAL-FILE-01"]
    assert {c.subject for c, _, _ in read(source(tmp_path), "tasks")} == {b"agnes@chu.example"}


def test_two_calendars_of_one_name_stay_two(place: Path) -> None:
    for name in ("a.ics", "b.ics"):
        (place / "in" / "agnes" / name).write_bytes(CALENDAR)
    paths = [container.path for container, _, _ in read(source(place), "calendars")]
    assert len(set(paths)) == len(paths) == 3


def test_a_file_written_since_it_was_listed_is_found_again(place: Path) -> None:
    path = place / "in" / "agnes" / "x.ics"
    path.write_bytes(HEAD + MASTER + OTHER + END)
    end = source(place)
    subject = Subject(b"agnes")
    *_, container = end.containers(subject, "calendars")
    refs = end.page(container, None).refs
    path.write_bytes(HEAD + component(b"new", b"DTSTART:20260101T000000Z") + OTHER + END)
    gone, same = end.fetch(container, refs)
    assert not isinstance(gone, Record) and gone.code == "GEN-READ-01"
    assert isinstance(same, Record) and texts([same]) == {b"b": HEAD + OTHER + END}


def test_keys_and_versions_of_an_item_hang_on_nothing_else(place: Path) -> None:
    path = place / "in" / "agnes" / "x.ics"

    def versions() -> dict[bytes, str]:
        end = source(place)
        *_, container = end.containers(Subject(b"agnes"), "calendars")
        return {ref.key: ref.version for ref in end.page(container, None).refs}

    path.write_bytes(HEAD + MASTER + OTHER + END)
    before = versions()
    path.write_bytes(HEAD + component(b"0", b"DTSTART:20260101T000000Z") + OTHER + MASTER + END)
    after = versions()
    assert {key: after[key] for key in before} == before and len(after) == 3


def test_a_name_cut_for_its_length_lists_as_it_was_written(place: Path) -> None:
    record = Record(b"x" * 500, "event", "ical", {}, {})
    *_, (container, records, _) = read(source(place), "calendars") or [(None, [], [])]
    out = target(place)
    there = out.ensure(replace(container, path=("A",)))
    (outcome,) = out.write(there, [Write(record.key, record)], FENCE)
    assert outcome.status is Status.WRITTEN
    (back,) = out.read_back(there, [outcome.target_key])
    assert isinstance(back, Record)
    (same,) = out.write(there, [Write(record.key, record, Expect(ABSENT), outcome.target_key)], FENCE)
    assert same.status is Status.UNCHANGED and not records


BITS = [HEAD, END, MASTER, MOVED, OTHER, TASK, NOTE, ZONE % b"Own", ZONE % b"Own", b"X-WR-CALNAME:x\r\n"]
BITS += [
    b"junk\r\n",
    b"\r\n",
    b"BEGIN:VEVENT\r\n",
    b"END:VEVENT\r\n",
    b"UID:a\r\n",
    b"BEGIN:VALARM\r\n",
    b"\n",
    b" f\n",
]


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.sampled_from(BITS), max_size=14).map(b"".join))
def test_cutting_loses_no_line(data: bytes) -> None:
    """Every line that says something is in an item, in the container's lines, or counted as lost."""
    try:
        sheet = inspect(data, True)
    except NotOurs:
        return
    covered: set[int] = set()
    for cut in sheet.cuts():
        for start, end in cut.spans:
            covered.update(range(start, end))
    kept = sheet.properties.get("icalendar", b"")
    left = b"".join(
        data[at : at + 1] if at not in covered else b"\n" * (at - 1 not in covered) for at in range(len(data))
    )
    writer = (b"BEGIN:VCALENDAR", b"END:VCALENDAR", b"VERSION:", b"PRODID:")
    strays = [
        line for line in cl.split(left) if line.strip() and line not in kept and not cl.unfold(line).startswith(writer)
    ]
    assert not strays or any(lost.code == "CAL-SPLIT-01" for lost in sheet.lost), strays


@pytest.mark.corpora
def test_every_corpus_file_is_items_or_named(corpora, tmp_path: Path) -> None:
    config = ObjectConfig.model_validate({"path": str(corpora("ical")), "subject": "corpus"})
    end = IcsSource(config, Environment("c", tmp_path / "spool", tmp_path))
    kinds: Counter[str] = Counter()
    for workload in ("calendars", "tasks"):
        for container, records, faults in read(end, workload):
            assert container.workload == workload
            kinds.update(record.kind for record in records)
            kinds.update(fault.code for fault in faults)
            assert {fault.code for fault in faults} <= set(all_codes())
    print(dict(kinds))
    assert kinds["event"] > 4000 and kinds["task"] == 30 and kinds["CAL-FILE-01"] > 10
    assert kinds["GEN-READ-01"] == 0


def test_a_large_calendar_is_listed_in_flat_memory(tmp_path: Path) -> None:
    import tracemalloc

    (tmp_path / "in").mkdir()
    with open(tmp_path / "in" / "big.ics", "wb") as out:
        out.write(HEAD)
        for number in range(4_000):
            out.write(component(b"%d" % number, b"DTSTART:20260101T100000Z", b"DESCRIPTION:" + b"x" * 4000))
        out.write(component(b"huge", b"ATTACH;VALUE=BINARY:" + b"\r\n ".join([b"QUJD" * 18] * 60_000)))
        out.write(END)
    end = source(tmp_path)
    tracemalloc.start()
    try:
        ((container, records, _),) = [
            (c, list(end.fetch(c, [r for r in end.page(c, b"gzzz").refs])), None)
            for c in end.containers(Subject(b"big"), "calendars")
        ]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [record.key for record in records] == [b"huge"] and (records[0].bodies["content"].size or 0) > 4 << 20
    assert peak < 24 << 20
    assert not list((tmp_path / "spool").glob("copy-*")), "the copy of a large file goes when it was read"
