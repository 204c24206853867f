"""The law of the source leg, for every kind of MAPI item that is no mail: `from_open(to_open(x)) == x` on generated
items, hostile ones, and those of the corpora; what the residue must not hold; that others can read the documents."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import icalendar
import pytest
import tests_support_mapi_make as make
import tests_support_residue_strip as strip
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.contract import Context, Environment, Opened, Record, ResidueEntry, Selector, read_all
from transhumance.connectors.contract.manifest import from_json, to_json
from transhumance.connectors.formats import contentline
from transhumance.connectors.formats import mapi_tags as tags
from transhumance.migrators.calendars.forms import CODECS as EVENTS
from transhumance.migrators.contacts.forms import CODECS as CARDS
from transhumance.migrators.tasks.forms import CODECS as TASKS

CODECS = {codec.kind: codec for codec in (*EVENTS, *CARDS, *TASKS)}
HERE = Context(timezone="Europe/Paris", territory="FR")
ELSEWHERE = Context(timezone="America/Martinique", territory="MQ")
KEYS = make.all_keys()
REBUILT = {tags.APPOINTMENT_RECUR, tags.TIME_ZONE_STRUCT, tags.TZ_DEFINITION_START, tags.TZ_DEFINITION_END,
           tags.TZ_DEFINITION_RECUR, tags.GLOBAL_OBJECT_ID, tags.CLEAN_GLOBAL_OBJECT_ID}  # fmt: skip
HONEST = st.one_of(make.appointments(), make.contacts(), make.lists(), make.tasks(), make.jottings())
HOSTILE = st.one_of(*(make.hostile(kind, KEYS) for kind in CODECS))


def stored(residue: tuple[ResidueEntry, ...]) -> tuple[ResidueEntry, ...]:
    """The residue as it comes back from JSON Lines."""
    return tuple(
        ResidueEntry(e.path, from_json(json.loads(json.dumps(to_json(e.value)))), e.part, e.digest, e.kind)
        for e in residue
    )


def held_to_the_law(record: Record) -> Opened:
    codec = CODECS[record.kind]
    opened = codec.to_open(record, HERE)
    assert codec.to_open(record, HERE) == opened  # pure
    back = codec.from_open(opened.document, stored(opened.residue), HERE)
    assert codec.compare(record, back.record) == ()
    assert not back.findings
    codec.from_open(opened.document, (), HERE)
    elsewhere = codec.from_open(opened.document, stored(opened.residue), ELSEWHERE)
    assert codec.compare(record, elsewhere.record) == ()  # it does not hang on who asks
    return opened


@settings(max_examples=150, deadline=None)
@given(HONEST)
def test_an_item_comes_back_from_its_document_and_its_residue(record):
    opened = held_to_the_law(record)
    data = read_all(opened.document.bodies["content"])
    if opened.document.standard == "ical":
        for component in icalendar.Calendar.from_ical(data).walk():
            assert not component.errors
    elif b"\\;" not in contentline.unfold(data):  # icalendar cuts N and ADR at escaped semicolons too
        assert icalendar.Component.from_ical(data)["FN"]
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_hostile_values_raise_nothing_and_come_back(record):
    held_to_the_law(record)


@settings(max_examples=100, deadline=None)
@given(HONEST.map(make.distinct))
def test_a_residue_holds_nothing_that_its_document_says(record):
    record = Record(record.key, record.kind, record.form, record.properties, {})  # bodies and files may meet by chance
    if "recipients" in record.properties:
        record.properties["recipients"] = ()  # type: ignore[index]
    assert strip.held(CODECS[record.kind].to_open(record, HERE), tuple(make.NASTY)) == []


def test_codecs_travel_between_processes():
    for codec in CODECS.values():
        assert pickle.loads(pickle.dumps(codec)) == codec


# --- corpora


def pst_items(corpus: Path):
    from transhumance.connectors.pst import CONNECTOR

    model = CONNECTOR.config_model()
    for path in sorted(corpus.rglob("*.pst")):
        config = model(path=str(path), **({"connector": "pst"} if "connector" in model.model_fields else {}))
        source = CONNECTOR.open_source(config, Environment("pst", path.parent, path.parent))
        for subject in source.subjects(Selector()):
            for workload in ("mail", "calendars", "contacts", "tasks"):
                for container in source.containers(subject, workload):
                    yield from source.fetch(container, source.page(container, None).refs)
        source.close()


def corpus_items(corpora, mapi_records):
    for path in sorted(corpora("msg").rglob("*.msg")):
        try:
            yield from mapi_records(path)
        except (OSError, ValueError):
            continue  # the door makes no promise on damaged files
    yield from (item for item in pst_items(corpora("pst")) if isinstance(item, Record))


@pytest.mark.corpora
def test_every_item_of_the_corpora_comes_back_and_its_residue_is_no_copy(corpora, mapi_records, record_property):
    kinds: dict[str, int] = {}
    sizes = [0, 0]
    for record in corpus_items(corpora, mapi_records):
        if record.kind not in CODECS:
            continue
        kinds[record.kind] = kinds.get(record.kind, 0) + 1
        opened = held_to_the_law(record)
        assert strip.held(opened) == [], record.key
        assert b"BEGIN:V" in read_all(opened.document.bodies["content"])
        raw = {e.path for e in opened.residue if isinstance(e.value, bytes) and e.path in record.properties}
        assert not raw & REBUILT
        sizes[0] += len(json.dumps([to_json(e.value) for e in opened.residue if e.path != "body:body/rtf"]))
        sizes[1] += len(json.dumps(to_json(record.properties)))
    assert kinds.keys() >= {"event", "card", "task", "note"}, kinds
    record_property("residue share", f"{sizes[0]} of {sizes[1]} bytes, the RTF apart")
    assert sizes[0] < 0.75 * sizes[1]
