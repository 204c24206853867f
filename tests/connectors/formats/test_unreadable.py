"""What the account that reads may not enter, for every source of files: told by code with its path, never left out,
never taken for an empty or a deleted container."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from transhumance.connectors.contract import (
    UNREAD,
    Container,
    Environment,
    Fault,
    Selector,
    StopEndpoint,
    find_code,
)
from transhumance.connectors.contract.registry import connector as open_connector
from transhumance.plans.engine.discovery import gone_of

EML = b"Subject: x\r\n\r\nbody\r\n"
MBOX = b"From a@b Thu Jan  1 00:00:00 2024\n" + b"Subject: x\n\nbody\n\n"
VCF = b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:A\r\nEND:VCARD\r\n"
ICS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20240101T000000Z\r\n"
    b"DTSTART:20240101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
SHAPES = {
    "eml": ("mail", "a.eml", EML),
    "mbox": ("mail", "a", MBOX),
    "ics": ("calendars", "a.ics", ICS),
    "vcf": ("contacts", "a.vcf", VCF),
    "folder": ("documents", "a", b"x"),
    "maildir": ("mail", "cur/1.x:2,S", EML),
}


def put(root: Path, name: str, data: bytes) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(data)
    if name.startswith("cur/"):
        for part in ("new", "tmp"):
            (root / part).mkdir()


def listed(connector: str, tmp_path: Path, workload: str) -> dict[bytes, tuple[Container, list[Fault], list[bytes]]]:
    found = open_connector(connector)
    config = found.config_model().model_validate({"path": "in"})
    source: Any = found.open_source(config, Environment("e", tmp_path / "spool", tmp_path))
    told = {}
    for subject in source.subjects(Selector()):
        for container in source.containers(subject, workload):
            refs, faults, cursor = [], [], None
            while True:
                page = source.page(container, cursor)
                refs += [ref.key for ref in page.refs]
                faults += page.faults
                if (cursor := page.next) is None:
                    break
            told[container.key] = (container, faults, refs)
    source.close()
    return told


@pytest.mark.parametrize("connector", sorted(SHAPES))
@pytest.mark.parametrize("mode", [0o000, 0o444])
@pytest.mark.parametrize("where", ["alice", "alice/Sub", "alice/Sub/Deep"])
def test_a_folder_that_may_not_be_entered(
    tmp_path: Path, rights: ModuleType, connector: str, mode: int, where: str
) -> None:
    workload, name, data = SHAPES[connector]
    for at in ("alice", "alice/Sub", "alice/Sub/Deep", "bob"):
        put(tmp_path / "in" / at, name, data)
    with rights.as_somebody():
        before = listed(connector, tmp_path, workload)
    os.chmod(tmp_path / "in" / where, mode)
    try:
        with rights.as_somebody():
            after = listed(connector, tmp_path, workload)
    finally:
        os.chmod(tmp_path / "in" / where, 0o755)
    faults = {(container.path, fault.key): fault for container, found, _ in after.values() for fault in found}
    places = [fault for fault in faults.values() if fault.key.endswith(b"/")]
    assert places, faults
    for fault in places:
        code = find_code(fault.code)
        assert fault.code in ("GEN-READ-02", "DOC-READ-01") and code is not None
        assert (code.severity, code.forward, code.back) == ("blocked", "blocked", "blocked")
        assert "Permission denied" in fault.detail
        assert connector == "folder" or where in fault.detail
    assert not {fault.code for fault in faults.values()} & {"MAIL-FILE-01", "CAL-FILE-01", "CARD-FILE-01"}
    lost = before.keys() - after.keys()
    above = [container.path for container, found, _ in after.values() if any(f.key.endswith(b"/") for f in found)]
    for key in lost:  # what is not listed any more lies below what could not be
        path = before[key][0].path
        assert any(path[: len(a)] == a for a in above), (path, above)
    for key in before.keys() & after.keys():
        known = {"t": {k: ("v", "r", "written") for k in before[key][2]}}
        page = type("Page", (), {"refs": (), "faults": tuple(after[key][1]), "tombstones": ()})
        assert [k for k in gone_of(page, known) if k not in after[key][2]] == []  # type: ignore[arg-type]
    assert [k for k in after if k.split(b":")[-1].startswith(b"bob")], "the others go on"


@pytest.mark.parametrize("connector", sorted(SHAPES))
def test_a_file_that_may_not_be_read(tmp_path: Path, rights: ModuleType, connector: str) -> None:
    workload, name, data = SHAPES[connector]
    root = tmp_path / "in" / "alice"
    put(root, name, data)
    os.chmod(root / name, 0)
    with rights.as_somebody():
        found = listed(connector, tmp_path, workload)
    faults = [fault for _, told, _ in found.values() for fault in told]
    if connector in ("eml", "folder", "maildir"):  # told when it is fetched
        assert not faults and [refs for _, _, refs in found.values() if refs]
    else:
        assert [(fault.code, fault.key.endswith(b"/")) for fault in faults] == [("GEN-READ-02", True)]
        assert str(root / name) in faults[0].detail


@pytest.mark.parametrize("connector", sorted(SHAPES))
def test_the_export_itself_may_not_be_read(tmp_path: Path, rights: ModuleType, connector: str) -> None:
    workload, name, data = SHAPES[connector]
    put(tmp_path / "in" / "alice", name, data)
    os.chmod(tmp_path / "in", 0)
    with rights.as_somebody(), pytest.raises(StopEndpoint, match="can't be read"):
        listed(connector, tmp_path, workload)


def test_pst_folders_that_may_not_be_entered_are_told(tmp_path: Path, rights: ModuleType) -> None:
    put(tmp_path / "in" / "alice" / "old", "x.pst", b"!BDN" + bytes(600))
    put(tmp_path / "in" / "bob", "y.pst", b"!BDN" + bytes(600))
    for at in ("in/alice/old", "in/bob"):
        os.chmod(tmp_path / at, 0)
    with rights.as_somebody():
        found = listed("pst", tmp_path, "mail")
    told = {container.subject: [(f.key, f.code) for f in faults] for container, faults, _ in found.values()}
    assert told == {b"alice": [(UNREAD, "GEN-READ-02")], b"bob": [(UNREAD, "GEN-READ-02")]}
