"""The ical codec: the law, the golden cases, and the grades over the corpus."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Opened,
    Record,
    SkipItem,
    Value,
    all_codes,
    codec_for,
    find_code,
    part_digest,
    read_all,
    worst_back,
)
from transhumance.connectors.contract.bodies import Body
from transhumance.connectors.contract.manifest import from_json, to_json
from transhumance.connectors.formats.objectsplit import NotOurs
from transhumance.connectors.ics.split import inspect
from transhumance.migrators.ical.codec import IcalCodec

CASES = Path(__file__).with_name("cases")
CODEC = IcalCodec("event")


def record(data: bytes, **properties: Value) -> Record:
    return Record(b"", "event", "ical", properties, {"content": BytesBody.of(data)})


def grade(data: bytes, context: Context = Context()) -> tuple[Opened, str]:  # noqa: B008  # frozen
    """The opened item and its measured grade; the law is asserted on the way."""
    item = record(data)
    opened = CODEC.to_open(item, context)
    whole = CODEC.from_open(opened.document, opened.residue, context)
    assert CODEC.compare(item, whole.record) == () and whole.findings == ()
    alone = CODEC.from_open(opened.document, (), context)
    measured = "residual" if CODEC.compare(item, alone.record) else "exact"
    return opened, worst_back([measured, *(all_codes()[finding.code].back for finding in opened.findings)])


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_golden_cases(case: str) -> None:
    folder = CASES / case
    context = Context(**json.loads((folder / "options.json").read_text()))
    opened, _ = grade((folder / "source.ics").read_bytes(), context)
    assert read_all(opened.document.bodies["content"]) == (folder / "document.ics").read_bytes()
    expected = json.loads((folder / "expected.json").read_text())
    assert [[f.code, f.detail] for f in opened.findings] == expected["findings"]
    assert [[e.path, to_json(e.value)] for e in opened.residue] == expected["residue"]
    assert [[link.path, link.kind, link.target] for link in opened.refs] == expected["links"]
    assert opened.document.name == expected["name"]


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_a_document_of_a_case_opens_to_itself(case: str) -> None:
    """The target leg: what is written without residue, read back, is the same document."""
    data = (CASES / case / "document.ics").read_bytes()
    opened = CODEC.to_open(record(data), Context(**json.loads((CASES / case / "options.json").read_text())))
    assert read_all(opened.document.bodies["content"]) == data and not opened.residue


NAMES = ["Europe/Paris", "Romance Standard Time", "Paris\\, Madrid", "(UTC+01:00) Bruxelles, Copenhague, Paris"]
NAMES += ["Customized Time Zone", "tzone://Microsoft/Custom", "/x.example/Europe/Paris", "UTC", "", "é" * 30]
FOLDS = ["", "\r\n ", "\n\t"]


@st.composite
def events(draw: st.DrawFn) -> bytes:
    """An event with any of these zones, spelled, quoted and folded anyhow, with or without their rules."""
    template = (CASES / "romance-named" / "source.ics").read_bytes().decode()
    zone = template[template.index("BEGIN:VTIMEZONE") : template.index("BEGIN:VEVENT")]
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    defined = draw(st.lists(st.sampled_from(names), max_size=3))
    lines = []
    for what in ("DTSTART", "DTEND", "EXDATE", "RDATE"):
        name = draw(st.sampled_from(names)).replace("\\", "")
        if draw(st.booleans()) or any(char in name for char in ",:;"):
            name = f'"{name}"'
        at = draw(st.integers(0, len(name)))
        name = name[:at] + draw(st.sampled_from(FOLDS)) + name[at:]
        word = draw(st.sampled_from(["TZID", "tzid", "Tzid"]))
        lines.append(f"{what};X-A=1;{word}={name}:2026010{draw(st.integers(1, 9))}T090000\r\n")
    zones = "".join(zone.replace("Romance Standard Time", name) for name in defined)
    return (
        f"BEGIN:VCALENDAR\r\n{zones}BEGIN:VEVENT\r\nUID:1\r\n{''.join(lines)}END:VEVENT\r\nEND:VCALENDAR\r\n".encode()
    )


@settings(deadline=None)  # the machine may be busy
@given(events())
def test_the_law_holds_for_any_spelling_of_zones(data: bytes) -> None:
    grade(data)


@settings(deadline=None)  # the machine may be busy
@given(events(), st.integers(0, 400), st.binary(max_size=12))
def test_the_law_holds_for_damaged_objects(data: bytes, at: int, junk: bytes) -> None:
    grade(data[:at] + junk + data[at:])
    grade(data[:at])


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=200))
def test_the_law_holds_for_any_bytes(data: bytes) -> None:
    grade(data)


def test_the_residue_survives_json() -> None:
    data = (CASES / "folded-quoted-name" / "source.ics").read_bytes()
    opened = CODEC.to_open(record(data, encoding="utf-16-le"), Context())
    kept = tuple(replace(e, value=from_json(json.loads(json.dumps(to_json(e.value))))) for e in opened.residue)
    back = CODEC.from_open(opened.document, kept, Context()).record
    assert CODEC.compare(record(data, encoding="utf-16-le"), back) == ()


def test_names_come_back_after_an_edit_of_something_else() -> None:
    data = (CASES / "romance-named" / "source.ics").read_bytes()
    opened, measured = grade(data)
    assert measured == "residual"
    document = read_all(opened.document.bodies["content"])
    moved = replace(
        opened.document, bodies={"content": BytesBody.of(document.replace(b"SUMMARY:Visite", b"SUMMARY:Garde"))}
    )
    back = CODEC.from_open(moved, opened.residue, Context())
    assert read_all(back.record.bodies["content"]) == data.replace(b"SUMMARY:Visite", b"SUMMARY:Garde")
    assert back.findings == ()


def test_a_quoted_name_before_a_damaged_value_with_colons_comes_back() -> None:
    data = (
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        b'DTSTART;TZID="Tokyo Standard Time":201702kyo Standard Time":20170224T120000\r\n'
        b"END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    opened, answer = grade(data)
    assert b'TZID="Asia/Tokyo":' in read_all(opened.document.bodies["content"]) and answer == "residual"


def test_a_fold_inside_a_character_is_utf_8_all_the_same() -> None:
    """RFC 5545 section 3.1: readers put the octets together again."""
    head, end = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20240101\r\n", b"END:VEVENT\r\nEND:VCALENDAR\r\n"
    for summary, told in ((b"SUMMARY:\xc3\r\n \xa9t\xc3\xa9\r\n", False), (b"SUMMARY:\xe9t\xe9\r\n", True)):
        opened, answer = grade(head + summary + end)
        assert ("CAL-ENC-01" in {finding.code for finding in opened.findings}) == told and answer == "exact"


def test_names_are_dropped_where_the_zones_were_edited() -> None:
    opened, _ = grade((CASES / "romance-named" / "source.ics").read_bytes())
    document = read_all(opened.document.bodies["content"])
    edited = document.replace(b"DTEND;TZID=Europe/Paris", b"DTEND;TZID=Europe/London")
    back = CODEC.from_open(
        replace(opened.document, bodies={"content": BytesBody.of(edited)}), opened.residue, Context()
    )
    assert read_all(back.record.bodies["content"]) == edited
    assert [finding.code for finding in back.findings] == ["GEN-RESIDUE-01"]


@pytest.mark.parametrize("value", [None, 3, "x", [["a", [99]]], [["a", ["b"]]], [[1, [0]]], {"a": 1}])
def test_a_spoiled_residue_harms_nothing(value: Value) -> None:
    opened, _ = grade((CASES / "romance-named" / "source.ics").read_bytes())
    spoiled = tuple(replace(entry, value=value) for entry in opened.residue)
    back = CODEC.from_open(opened.document, spoiled, Context()).record
    assert read_all(back.bodies["content"]) == read_all(opened.document.bodies["content"])


def test_large_objects_pass_unread() -> None:
    item = replace(record(b""), bodies={"content": Body(size=1 << 30)})
    opened = CODEC.to_open(item, Context())
    assert opened.document.bodies["content"] is item.bodies["content"]
    assert [finding.code for finding in opened.findings] == ["CAL-SIZE-01"]


def test_an_item_that_cant_be_read_is_skipped_and_told() -> None:
    class Broken(Body):
        def open(self, offset: int = 0):
            raise OSError("cut")

    for bodies in ({}, {"content": Broken(size=5)}):
        with pytest.raises(SkipItem) as raised:
            CODEC.to_open(replace(record(b""), bodies=bodies), Context())
        assert raised.value.code == "GEN-READ-01"


def test_ten_megabytes_of_attachment_are_quick() -> None:
    import time

    attachment = b"ATTACH;ENCODING=BASE64;VALUE=BINARY:" + b"\r\n ".join([b"QUJD" * 18] * 150_000) + b"\r\n"
    data = (CASES / "romance-named" / "source.ics").read_bytes().replace(b"SUMMARY", attachment + b"SUMMARY")
    start = time.process_time()
    opened, _ = grade(data)
    assert time.process_time() - start < 5
    assert "CAL-ATT-01" in {finding.code for finding in opened.findings}


def test_no_residue_holds_what_the_document_holds_nor_the_source() -> None:
    for case in CASES.iterdir():
        opened, _ = grade((case / "source.ics").read_bytes())
        document = read_all(opened.document.bodies["content"]).decode()
        for entry in opened.residue:
            said = [raw for raw, _ in entry.value]  # type: ignore[union-attr, misc]
            assert sum(map(len, said)) < len(document) / 2
            assert not [raw for raw in said if f"TZID={raw}" in document]
            assert entry.digest and entry.part == "zones" and entry.digest != part_digest(())


@pytest.mark.corpora
def test_every_corpus_item_has_one_grade(corpora) -> None:
    grades: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for path in sorted(corpora("ical").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        try:
            cuts = list(inspect(data, path.suffix == ".ics").cuts())
        except NotOurs as error:
            grades[f"not iCalendar ({error})"] += path.is_file()
            continue
        for cut in cuts:
            opened, measured = grade(b"".join(data[start:end] for start, end in cut.spans) + cut.tail)
            grades[measured] += 1
            codes.update(finding.code for finding in opened.findings)
    print("\n" + "\n".join(f"{count:6} {name}" for name, count in [*grades.most_common(), *codes.most_common()]))
    assert grades["exact"] > 4000 and grades["residual"] > 20
    assert set(codes) <= set(all_codes())


def test_the_codec_is_registered_for_every_kind() -> None:
    for kind in ("event", "task", "journal", "note"):
        codec = codec_for(kind, "ical")
        assert codec is not None and codec.kind == kind


def test_every_code_that_the_codec_can_say_is_in_the_registry() -> None:
    import re

    from transhumance.migrators.ical import codec, findings, zones

    said = set()
    for module in (codec, findings, zones):
        said |= set(re.findall(r'"((?:CAL|TASK|GEN)-[A-Z]+-\d\d)"', Path(module.__file__).read_text()))
    assert len(said) > 25 and all(find_code(name) for name in said)
