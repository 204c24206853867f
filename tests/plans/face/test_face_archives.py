"""`archive ls` and `archive verify`, as people and machines read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transhumance.connectors.archive.config import ArchiveConfig
from transhumance.connectors.archive.endpoint import ArchiveTarget
from transhumance.connectors.contract import BytesBody, Container, Environment, Fence, Record, UserError, Write
from transhumance.plans.face.archives import show_listing, show_verification
from transhumance.plans.face.console import Console
from transhumance.plans.face.messages import faults_of

Captured = pytest.CaptureFixture[str]
NAMES = ("Réunion", "a\x1b[2Jb", "gnp\u202etxt")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of three documents with names that would fool a terminal."""
    root = tmp_path / "archive"
    target = ArchiveTarget(ArchiveConfig(path=root), Environment("a", tmp_path / "spool", tmp_path))
    place = target.ensure(Container(b"zo\xc3\xa9\x1b", "mail", b"INBOX", ("INBOX\n",)))
    for name in NAMES:
        properties = {"standard": "rfc5322", "meta": {}, "residue": (), "name": name}
        record = Record(name.encode(), "message", "document", properties, {"content": BytesBody.of(name.encode())})
        target.write(place, [Write(record.key, record)], Fence("c", 1))
    target.finish()
    target.close()
    return root


def test_a_listing(archive: Path, console: Console, capsys: Captured) -> None:
    assert show_listing(console, archive) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out and console.text("3 éléments", "3 items") in out
    assert out.splitlines()[-1].endswith(f"transhume archive verify {archive}")
    assert show_listing(Console("en", as_json=True), archive) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(faults_of(line) == [] for line in lines) and len(lines) == 4
    assert (lines[-1]["items"], lines[-1]["containers"]) == (3, 1)


def test_an_archive_that_is_whole(archive: Path, console: Console, capsys: Captured) -> None:
    assert show_verification(console, archive) == 0
    assert console.text("Archive intacte", "Archive intact") in capsys.readouterr().out


def test_what_is_altered_or_missing_is_named(archive: Path, console: Console, capsys: Captured) -> None:
    first, second, *_ = sorted(archive.rglob("*.eml"))
    first.write_bytes(b"tampered with")
    second.unlink()
    (archive / "stray.txt").write_text("x")
    assert show_verification(console, archive) == 2
    out = capsys.readouterr().out
    assert console.text("altéré", "altered") in out and console.text("absent", "missing") in out
    assert console.text("2 fichier(s)", "2 file(s)") in out and "stray.txt" in out
    assert show_verification(Console("en", as_json=True), archive) == 2
    *files, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["trouble"] for line in files} == {"altered", "missing", "stray"}
    assert (summary["altered"], summary["missing"], summary["stray"], summary["damaged"]) == (1, 1, 1, 0)
    assert all(faults_of(line) == [] for line in [*files, summary])


def test_a_stray_file_is_no_damage(archive: Path, english: Console, capsys: Captured) -> None:
    (archive / "stray.txt").write_text("x")
    assert show_verification(english, archive) == 0
    assert "1 file(s) unknown to the index" in capsys.readouterr().out


def test_what_is_no_archive(tmp_path: Path, english: Console) -> None:
    for show in (show_listing, show_verification):
        with pytest.raises(UserError):
            show(english, tmp_path / "nothing-here")
