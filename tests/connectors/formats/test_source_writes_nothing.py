"""A source writes nothing: it works over an export that can't be written, and leaves every name and time as it was."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from transhumance.connectors.contract import Environment, Selector, Subject
from transhumance.connectors.contract.registry import connector as find_connector

MAIL = b"Subject: x\r\n\r\nbody\r\n"
FILES = {
    "eml": ("mail", {"alice/a.eml": MAIL}),
    "mbox": ("mail", {"alice/Sent": b"From a@b Thu Jan  1 00:00:00 2024\nSubject: x\n\nbody\n\n"}),
    "maildir": ("mail", {"alice/cur/1.x:2,S": MAIL, "alice/new/2.x": MAIL}),
    "ics": (
        "calendars",
        {"alice/a.ics": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"},
    ),
    "vcf": ("contacts", {"alice/a.vcf": b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:A\r\nEND:VCARD\r\n"}),
    "folder": ("documents", {"alice/a/b": b"x"}),
    "ldif": ("identities", {"a.ldif": "dn: cn=a,dc=b\nobjectClass: person\ncn: a\n".encode("utf-16")}),
    "archive": ("mail", {}),
}


def tree(root: Path) -> dict[str, tuple[int, ...]]:
    found = {}
    for path in [root, *root.rglob("*")]:
        state = path.lstat()
        found[str(path)] = (state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
    return found


def read(name: str, base: Path, workload: str) -> list[Any]:
    declared = find_connector(name)
    config = declared.config_model().model_validate({"path": "in"})
    source: Any = declared.open_source(config, Environment("e", base / "spool", base))
    assert source.identity() == source.identity()
    answers: list[Any] = []
    subjects = [Subject(b"")] if declared.facts.shared_containers else list(source.subjects(Selector()))
    for subject in subjects:
        for container in source.containers(subject, workload):
            page = source.page(container, None)
            assert not page.faults and page.next is None
            answers += source.fetch(container, page.refs)
    source.close()
    return answers


@pytest.mark.parametrize("name", sorted(FILES))
def test_an_export_that_can_t_be_written_is_read(tmp_path: Path, rights: ModuleType, name: str) -> None:
    workload, files = FILES[name]
    root = tmp_path / "in"
    for file, data in files.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(data)
    if name == "maildir":
        (root / "alice" / "tmp").mkdir()
    if name == "archive":
        _archive(tmp_path)
    for path in sorted(root.rglob("*"), reverse=True):
        path.chmod(0o500 if path.is_dir() else 0o400)
    root.chmod(0o500)
    before = tree(root)
    with rights.as_somebody():
        answers = read(name, tmp_path, workload)
    assert answers and all(hasattr(answer, "bodies") for answer in answers), answers
    assert tree(root) == before
    for path in [root, *root.rglob("*")]:
        if path.is_dir():
            path.chmod(0o700)


def _archive(base: Path) -> None:
    from transhumance.connectors.contract import BytesBody, Container, Fence, Record, Write

    declared = find_connector("archive")
    config = declared.config_model().model_validate({"path": "in"})
    target: Any = declared.open_target(config, Environment("e", base / "spool", base))
    place = target.ensure(Container(b"alice", "mail", b"k", ("INBOX",)))
    properties: Any = {"standard": "rfc5322", "meta": {}, "residue": (), "name": ""}
    record = Record(b"1", "message", "document", properties, {"content": BytesBody.of(MAIL)})
    target.write(place, [Write(b"1", record)], Fence("c", 1))
    target.finish()
    target.close()


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_path_that_lacks_is_not_made(tmp_path: Path, name: str) -> None:
    from transhumance.connectors.contract import TranshumanceError

    try:
        read(name, tmp_path, FILES[name][0])
    except TranshumanceError:
        pass
    assert not os.path.lexists(tmp_path / "in")
