"""The layers below the items: what hides texts, large trees, and files damaged at every place."""

import random
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.contract import BytesBody, Environment, Fault, Record, Selector, read_all
from transhumance.connectors.formats.mapi_embedded import inner
from transhumance.connectors.formats.pst.crypt import CYCLIC, NONE, PERMUTE, revealed
from transhumance.connectors.formats.pst.ndb import Ndb
from transhumance.connectors.pst import source
from transhumance.connectors.pst.config import PstConfig
from transhumance.connectors.pst.files import forget
from transhumance.connectors.testing.suite import pages
from transhumance.fixtures.pst.store import Folder, write_pst

from transhumance.connectors.formats.pst import crypt  # isort: skip


def slow_cyclic(data, bid):
    """MS-PST 5.2 byte by byte."""
    key = ((bid >> 16) ^ bid) & 0xFFFF
    out = bytearray()
    for byte in data:
        byte = crypt._DO[(byte + key) & 0xFF]
        byte = crypt._MIDDLE[(byte + (key >> 8)) & 0xFF]
        byte = crypt._UNDO[(byte - (key >> 8)) & 0xFF]
        out.append((byte - key) & 0xFF)
        key = (key + 1) & 0xFFFF
    return bytes(out)


@given(st.binary(max_size=900), st.integers(0, 2**34))
def test_the_cyclic_way_is_the_one_of_the_document_and_undoes_itself(data, bid):
    hidden = revealed(data, CYCLIC, bid)
    assert hidden == slow_cyclic(data, bid & 0xFFFFFFFF)
    assert revealed(hidden, CYCLIC, bid) == data  # its middle table undoes itself, so the way does


def test_the_permuted_way_is_one_table():
    every = bytes(range(256))
    assert sorted(revealed(every, PERMUTE, 4)) == list(every) != list(revealed(every, PERMUTE, 4))
    assert revealed(every, NONE, 4) == every


def read(path):
    forget()
    opened = source.PstSource(PstConfig(path=path), Environment("p", path.parent, path.parent, "en"))
    return [
        answer
        for subject in opened.subjects(Selector())
        for workload in ("mail", "calendars", "contacts", "tasks")
        for container in opened.containers(subject, workload)
        for answer in (*opened.page(container, None).faults, *opened.fetch(container, list(pages(opened, container))))
    ]


@pytest.mark.corpora
@pytest.mark.parametrize("part", ["sample2.pst", "submessage.pst"])
def test_a_bit_in_any_block_is_named_and_ends_soon(corpora, tmp_path, part):
    path = corpora("pst") / "emk+pstsdk" / "test" / part
    whole = [a for a in read(path) if isinstance(a, Record)]
    data = path.read_bytes()
    ndb = Ndb.open(path)
    places = sorted({ndb.block_at(bid) for bid in all_bids(ndb)})
    assert len(places) > 30
    chance, began, hurt = random.Random(6), time.monotonic(), tmp_path / "hurt.pst"
    for at, size in places:
        changed = bytearray(data)
        changed[at + chance.randrange(max(size, 1))] ^= 1 << chance.randrange(8)
        hurt.write_bytes(changed)
        found = read(hurt)
        assert found, "never silent"
        for record in (a for a in found if isinstance(a, Record)):
            if "unreadable" not in record.properties:  # what says that it is whole is whole
                assert record.bodies.keys() == whole[0].bodies.keys()
                assert all(read_all(b) == read_all(whole[0].bodies[n]) for n, b in record.bodies.items())
    assert time.monotonic() - began < 20


def all_bids(ndb):
    for node in ndb.nodes():
        for bid in (node.data, node.subnodes):
            if bid:
                yield bid


@pytest.mark.corpora
def test_a_file_cut_at_any_block_is_told(corpora, tmp_path):
    path = corpora("pst") / "emk+pstsdk" / "test" / "submessage.pst"
    data, whole = path.read_bytes(), read(path)
    assert not any(isinstance(a, Fault) for a in whole)
    for at in range(600, len(data), len(data) // 40):
        cut = bytearray(data[:at])
        cut[184:192] = struct.pack("<Q", at)  # as if the header had been mended
        (tmp_path / "cut.pst").write_bytes(cut)
        found = read(tmp_path / "cut.pst")
        hurt = [a for a in found if isinstance(a, Fault) or "unreadable" in a.properties]
        assert hurt or [a.properties for a in found] == [a.properties for a in whole]  # what was cut was of no use


def nested(depth, text="innermost"):
    """A mail in a mail in a mail."""
    common = {"0x001A001F": "IPM.Note", "recipients": (), "bodies": {"body/plain": "0x1000001F"}}
    body = {"body/plain": BytesBody.of(f"{text} {depth}".encode("utf-16-le"))}
    if not depth:
        return Record(b"", "message", "mapi", {**common, "attachments": ()}, body)
    within = nested(depth - 1, text)
    row = {"0x37050003": 5, "0x3001001F": f"mail {depth - 1}", "embedded": within.properties}
    bodies = {**body, **{f"attachment/0/{name}": b for name, b in within.bodies.items()}}
    return Record(b"", "message", "mapi", {**common, "attachments": (row,)}, bodies)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("depth", [1, 3, 12])
def test_mails_in_mails_come_back(tmp_path, unicode, depth):
    given_ = nested(depth)
    write_pst(tmp_path / "a.pst", [Folder("Inbox", "IPF.Note", [given_])], unicode)
    (found,) = read(tmp_path / "a.pst")
    for _ in range(depth):
        found, given_ = inner(found, 0), inner(given_, 0)
        assert {n: read_all(b) for n, b in found.bodies.items()} == {n: b.data for n, b in given_.bodies.items()}


def test_what_lies_too_deep_is_named(tmp_path):
    write_pst(tmp_path / "a.pst", [Folder("Inbox", "IPF.Note", [nested(14)])])
    (found,) = read(tmp_path / "a.pst")
    assert [line.endswith(": MAIL-PST-03") for line in found.properties["unreadable"]] == [True]


def test_an_item_that_no_folder_names_is_taken_by_choice(tmp_path):
    mail = Record(b"", "message", "mapi", {"0x001A001F": "IPM.Note", "0x0037001F": "lost", "recipients": (),
                                           "attachments": (), "bodies": {}})  # fmt: skip
    path = tmp_path / "a.pst"
    write_pst(path, [Folder("Inbox", "IPF.Note", [mail], orphans=[mail])])
    for wanted in (False, True):
        forget()
        opened = source.PstSource(PstConfig(path=path, orphans=wanted), Environment("p", tmp_path, tmp_path, "en"))
        (subject,) = opened.subjects(Selector())
        found = {c.path[1:]: c for c in opened.containers(subject, "mail")}
        assert found[()].properties["orphan_items"] == 1
        assert (("Lost and found",) in found) is wanted
    container = found["Lost and found",]
    assert container.properties["codes"] == ("MAIL-PST-09",)
    (record,) = opened.fetch(container, list(pages(opened, container)))
    assert record.properties["0x0037001F"] == "lost"
