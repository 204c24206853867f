"""Our reader against libpff's: every property of every item of real files. libpff is a peer for tests only."""

import pytest

from transhumance.connectors.contract import Environment, Selector, connector, read_all
from transhumance.connectors.formats import mapi
from transhumance.connectors.formats.mapi_values import value
from transhumance.connectors.pst.files import opened
from transhumance.connectors.testing.suite import pages

pytestmark = pytest.mark.corpora
BODIES = {0x1000: "body/plain", 0x1009: "body/rtf", 0x1013: "body/html"}


@pytest.fixture(scope="module")
def pypff():
    return pytest.importorskip("pypff", reason="libpff-python is not installed")


def ours(path):
    declared = connector("pst")
    source = declared.open_source(declared.config_model()(path=path), Environment("p", path.parent, path.parent, "en"))
    found = {}
    for subject in source.subjects(Selector()):
        for workload in ("mail", "calendars", "contacts", "tasks"):
            for container in source.containers(subject, workload):
                for record in source.fetch(container, list(pages(source, container))):
                    found[int(record.key, 16)] = record
    return found


def items(folder):
    yield from (folder.get_sub_message(n) for n in range(folder.get_number_of_sub_messages()))
    for n in range(folder.get_number_of_sub_folders()):
        yield from items(folder.get_sub_folder(n))


def entries(record_set):
    return [(e.entry_type, e.value_type, e.get_data()) for e in record_set.entries]


def keyed(names, number, kind):
    return f"{names[number]}{kind:04X}" if number in names else f"0x{number:04X}{kind:04X}"


def compare_set(names, codec, theirs, properties, bodies):
    """Each of its values is ours; a number or text that it makes up where the cell is empty is not."""
    count = 0
    for number, kind, data in theirs:
        name = keyed(names, number, kind)
        if number in BODIES:
            assert read_all(bodies[BODIES[number]]) == (data or b"")
        elif number not in (0x37, 0x3701, 0x67F2, 0x67F3) and data is not None and any(data):
            assert properties[name] == value(kind, data, codec), name
        count += 1
    return count


def test_every_property_is_as_libpff_reads_it(pypff, corpora):
    compared = 0
    for path in sorted(corpora("pst").rglob("*.pst")):
        mine, names = ours(path), opened(path).names
        theirs = pypff.file()
        theirs.open(str(path))
        for item in items(theirs.get_root_folder()):
            if (record := mine.pop(item.get_identifier(), None)) is None:
                continue  # of a folder that nobody sees
            codec = mapi.codec_of(mapi.code_pages(record.properties)[0]) or "cp1252"
            compared += compare_set(names, codec, entries(item.get_record_set(0)), record.properties, record.bodies)
            compared += compare_rows(names, codec, item, record)
        assert not mine
    assert compared > 1500


def compare_rows(names, codec, item, record):
    count = 0
    table = getattr(item, "recipients", None)
    sets = [table.get_record_set(n) for n in range(table.get_number_of_record_sets())] if table else []
    assert len(sets) == len(record.properties["recipients"])
    for row, properties in zip(sets, record.properties["recipients"], strict=True):
        count += compare_set(names, codec, entries(row), properties, {})
    for n in range(item.get_number_of_attachments() if hasattr(item, "attachments") else 0):
        attachment = item.get_attachment(n)
        theirs = entries(attachment.get_record_set(0))
        count += compare_set(names, codec, theirs, record.properties["attachments"][n], {})
        if f"attachment/{n}" in record.bodies:
            assert read_all(record.bodies[f"attachment/{n}"]) == attachment.read_buffer(attachment.get_size())
    return count
