"""Cards in files: cut one by one, cards inside cards kept, each byte in a card or told by code."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import Environment, Record, Selector, all_codes, read_all
from transhumance.connectors.formats.objectsource import ObjectConfig
from transhumance.connectors.formats.objectsplit import NotOurs
from transhumance.connectors.vcf.endpoint import VcfSource
from transhumance.connectors.vcf.split import inspect


def card(*lines: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in (b"BEGIN:VCARD", *lines, b"END:VCARD"))


ONE = card(b"VERSION:4.0", b"UID:urn:uuid:1", b"FN:Agn\xc3\xa8s")
TWO = card(b"VERSION:3.0", b"FN:sans UID")
AGENT = card(b"VERSION:2.1", b"N:Chef", b"AGENT:", *card(b"VERSION:2.1", b"UID:inner", b"N:Bras droit").splitlines(),
             b"UID:outer")  # fmt: skip


def read(folder: Path):
    config = ObjectConfig.model_validate({"path": "in", "page": 2})
    end = VcfSource(config, Environment("in", folder / "spool", folder))
    for subject in end.subjects(Selector()):
        for container in end.containers(subject, "contacts"):
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


def test_a_file_of_many_cards_is_a_container(tmp_path: Path) -> None:
    (tmp_path / "in" / "agnes").mkdir(parents=True)
    data = ONE + b"\r\n" + TWO + TWO + AGENT + ONE.replace(b"Agn\xc3\xa8s", b"Autre") + b"\x1a"
    (tmp_path / "in" / "agnes" / "Carnet.vcf").write_bytes(data)
    _, (container, records, faults) = read(tmp_path)
    assert container.path == ("Carnet",) and not faults
    found = texts(records)
    nameless = [key for key in found if key.startswith(b"sha256:")]
    assert found[b"urn:uuid:1"] == ONE and found[b"outer"] == AGENT
    assert len(nameless) == 2 and {found[key] for key in nameless} == {TWO}
    flags = {record.key: record.properties.get("duplicate") for record in records}
    assert flags[b"urn:uuid:1#2"] and not flags[b"urn:uuid:1"]


def test_a_folder_of_cards_keeps_names(tmp_path: Path) -> None:
    (tmp_path / "in" / "agnes").mkdir(parents=True)
    (tmp_path / "in" / "agnes" / "a%3Ab.vcf").write_bytes(ONE)
    (tmp_path / "in" / "agnes" / "x.ics").write_bytes(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    ((container, records, faults),) = read(tmp_path)
    assert container.path == () and texts(records) == {b"a:b": ONE}
    assert [(fault.key, fault.code, fault.detail) for fault in faults] == [(b"x.ics", "CARD-FILE-01", "iCalendar")]


def test_what_is_no_card_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "agnes.vcf").write_bytes(b"some text\r\n" + ONE + TWO[:-13])
    ((_, records, faults),) = read(tmp_path)
    assert [fault.code for fault in faults] == ["CARD-SPLIT-01"]
    assert sorted(texts(records).values()) == sorted([ONE, TWO[:-13]])


BITS = [ONE, TWO, AGENT, b"BEGIN:VCARD\r\n", b"END:VCARD\r\n", b"AGENT:\r\n", b"junk\r\n", b"\r\n", b"UID:a\r\n"]


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.sampled_from(BITS), max_size=12).map(b"".join))
def test_cutting_loses_no_line(data: bytes) -> None:
    try:
        sheet = inspect(data, True)
    except NotOurs:
        return
    covered = sorted(span for cut in sheet.cuts() for span in cut.spans)
    assert all(a[1] <= b[0] for a, b in zip(covered, covered[1:], strict=False)), "no byte is in two cards"
    left = b"".join(data[a[1] : b[0]] for a, b in zip([(0, 0), *covered], [*covered, (len(data),) * 2], strict=True))
    assert not left.strip() or [lost.code for lost in sheet.lost] == ["CARD-SPLIT-01"]


@pytest.mark.corpora
def test_every_corpus_file_is_cards_or_named(corpora, tmp_path: Path) -> None:
    config = ObjectConfig.model_validate({"path": str(corpora("vcard")), "subject": "corpus"})
    end = VcfSource(config, Environment("c", tmp_path / "spool", tmp_path))
    seen: Counter[str] = Counter()
    (subject,) = end.subjects(Selector())
    for container in end.containers(subject, "contacts"):
        page = end.page(container, None)
        records = list(end.fetch(container, page.refs))
        assert all(isinstance(record, Record) for record in records)
        seen["card"] += len(records)
        seen.update(fault.code for fault in page.faults)
    print(dict(seen))
    assert seen["card"] == 54 and set(seen) - {"card"} <= set(all_codes())
