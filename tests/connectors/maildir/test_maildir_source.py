"""Maildirs as a source: file names, layouts, keywords, dates, what is no mail; races with a reader."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.contract import (
    Container,
    Environment,
    Fault,
    FileBody,
    ItemRef,
    Record,
    Selector,
    StopEndpoint,
    Subject,
    read_all,
)
from transhumance.connectors.formats.mailfolders import encode_utf7
from transhumance.connectors.maildir.config import MaildirConfig
from transhumance.connectors.maildir.filenames import FileName, flags_of, is_unique_part, parse_name
from transhumance.connectors.maildir.layout import directory_of, says_its_path
from transhumance.connectors.maildir.source import MaildirSource

WHEN = datetime(2020, 2, 29, 23, 59, 59, tzinfo=UTC)


def source(base: Path, **options: Any) -> MaildirSource:
    return MaildirSource(MaildirConfig.model_validate({"path": "m", **options}), Environment("m", base, base))


def folder(path: Path, **files: bytes) -> Path:
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True, exist_ok=True)
    return path


def put(path: Path, data: bytes = b"Subject: x\n\nbody\n", when: datetime = WHEN, ns: int = 123) -> Path:
    path.write_bytes(data)
    time = int(when.timestamp()) * 10**9 + ns
    os.utime(path, ns=(time, time))
    return path


def containers(opened: MaildirSource, subject: bytes = b"alice") -> dict[tuple[str, ...], Container]:
    return {c.path: c for c in opened.containers(Subject(subject), "mail")}


def items(opened: MaildirSource, container: Container) -> tuple[list[ItemRef], list[Record | Fault], list[Fault]]:
    page = opened.page(container, None)
    assert page.next is None
    return list(page.refs), list(opened.fetch(container, page.refs)), list(page.faults)


def one(base: Path, container: tuple[str, ...] = ("INBOX",)) -> Record:
    opened = source(base)
    (record,) = items(opened, containers(opened)[container])[1]
    assert isinstance(record, Record), record
    return record


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"1.M2P3.host:2,FS", FileName(b"1.M2P3.host", b"FS")),
        (b"1.M2P3.host,S=12,W=13:2,", FileName(b"1.M2P3.host")),
        (b"1.M2P3.host,S=12", FileName(b"1.M2P3.host")),
        (b"1.M2P3.host,U=7,FMD5=ab:2,S", FileName(b"1.M2P3.host,U=7,FMD5=ab", b"S")),
        (b"1.x;2,RS", FileName(b"1.x", b"RS")),
        (b"1.x!2,T", FileName(b"1.x", b"T")),
        (b"1.x:1,odd", FileName(b"1.x", b"", b":1,odd")),
        (b"1.x", FileName(b"1.x")),
        (b":2,S", FileName(b":2,S")),
        (b"\xff\xfe:2,a", FileName(b"\xff\xfe", b"a")),
    ],
)
def test_file_names(raw: bytes, expected: FileName) -> None:
    assert parse_name(raw) == expected


@given(st.binary(max_size=30))
def test_a_unique_part_is_kept_when_it_can_be(key: bytes) -> None:
    if is_unique_part(key):
        assert parse_name(key + b":2,FSab") == FileName(key, b"FSab")
        assert parse_name(key) == FileName(key)


def test_letters() -> None:
    assert flags_of(b"SFRDTPab") == (
        ("$Forwarded", "\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen"),
        ("a", "b"),
        "",
    )
    assert flags_of(b"XSS9") == (("\\Seen",), (), "9X")


def test_a_message(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice" / "Maildir")
    put(box / "cur" / "17.M1P2.h,S=17,W=20:2,FSXabz")
    (box / "dovecot-keywords").write_text("0 $Forwarded\n1 dossier_médical\nnonsense\n99 x\n")
    record = one(tmp_path)
    assert record.key == b"17.M1P2.h"
    assert record.properties == {
        "flags": ("$Forwarded", "\\Flagged", "\\Seen"),
        "keywords": ("dossier_médical",),
        "internal_date": WHEN,
        "maildir_info": "Xz",
    }
    assert read_all(record.bodies["content"]) == b"Subject: x\n\nbody\n"


def test_a_flag_or_keyword_changes_the_version_and_not_the_key(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice")
    path = put(box / "new" / "17.x")
    versions = []

    def look() -> None:
        opened = source(tmp_path)
        ((ref,), _, _) = items(opened, containers(opened)[("INBOX",)])
        assert ref.key == b"17.x"
        versions.append(ref.version)

    look()
    for name in ("17.x:2,", "17.x:2,S", "17.x:2,Sa"):
        path = path.rename(box / "cur" / name)
        look()
    (box / "dovecot-keywords").write_text("0 urgent\n")
    look()
    os.utime(path, (1, 1))
    look()
    assert len(set(versions)) == len(versions)
    path.rename(box / "cur" / "17.x:2,aS")  # the same letters in another order
    look()
    assert versions[-1] == versions[-2]


def test_new_and_times(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice")
    path = put(box / "new" / "1.x")
    assert one(tmp_path).properties == {"internal_date": WHEN, "maildir_new": True}
    os.utime(path, (0, 0))
    assert "internal_date" not in one(tmp_path).properties
    os.utime(path, (-3600, -3600))
    assert one(tmp_path).properties["internal_date"] == datetime(1969, 12, 31, 23, tzinfo=UTC)


def test_courier_keywords(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice")
    put(box / "cur" / "1.x:2,S")
    lists = box / "courierimapkeywords"
    lists.mkdir()
    (lists / ":list").write_text("work\nurgent\n\n1.x:0 1\n2.y:1\n")
    assert one(tmp_path).properties["keywords"] == ("urgent", "work")
    (lists / ".5.1.x").write_text("later\n")
    (lists / ".4.1.x").write_text("earlier\n")
    assert one(tmp_path).properties["keywords"] == ("later",)


def test_layouts(tmp_path: Path) -> None:
    root = folder(tmp_path / "m" / "alice")
    for name in (".Sent", ".Sent.2026", ".INBOX.Trash", ".&AMk-l&AOk-ments", "Projets/A", ".R&-D", ".Sent.deep.below"):
        folder(root / name)
    folder(root / "Projets")
    paths = containers(source(tmp_path))
    assert list(paths) == [
        ("INBOX",),
        ("INBOX", "Trash"),
        ("Projets",),
        ("Projets", "A"),
        ("R&D",),
        ("Sent",),
        ("Sent", "2026"),
        ("Sent", "deep", "below"),
        ("Éléments",),
    ]
    roles = {path: container.role for path, container in paths.items() if container.role}
    assert roles == {("INBOX",): "inbox", ("INBOX", "Trash"): "trash", ("Sent",): "sent"}


def test_utf8_names_and_a_root_without_mail(tmp_path: Path) -> None:
    root = tmp_path / "m" / "alice"
    for name in ("INBOX", "Éléments envoyés", "R&-D", "Archive/2026"):
        folder(root / name)
    paths = containers(source(tmp_path))
    assert list(paths) == [("Archive", "2026"), ("INBOX",), ("R&-D",), ("Éléments envoyés",)]
    assert paths[("INBOX",)].role == "inbox" and paths[("Éléments envoyés",)].role == "sent"


def test_owners(tmp_path: Path) -> None:
    folder(tmp_path / "m" / "alice" / "Maildir")
    folder(tmp_path / "m" / "bob" / ".maildir")
    folder(tmp_path / "m" / "carol")
    (tmp_path / "m" / "dave").mkdir()
    found = source(tmp_path)
    assert [s.key for s in found.subjects(Selector())] == [b"alice", b"bob", b"carol", b"dave"]
    assert list(containers(found, b"bob")) == [("INBOX",)] and list(containers(found, b"dave")) == [()]
    (subject,) = source(tmp_path, path="m/carol").subjects(Selector())
    assert subject.key == b"carol" and list(containers(source(tmp_path, path="m/carol"), b"carol")) == [("INBOX",)]


def test_what_is_no_mail_is_told(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice")
    put(box / "cur" / "1.x:2,S")
    put(box / "cur" / ".hidden")
    put(box / "tmp" / "half")
    put(box / "notes.txt")
    put(box / "dovecot-uidlist")
    put(box / ".dovecot.sieve")
    (box / "cur" / "link").symlink_to("/etc/passwd")
    (box / "cur" / "folder").mkdir()
    os.mkfifo(box / "cur" / "pipe")
    (box / "sieve").mkdir()
    folder(box / ".Sent")
    opened = source(tmp_path)
    refs, _, faults = items(opened, containers(opened)[("INBOX",)])
    assert [ref.key for ref in refs] == [b"1.x"]
    assert {(f.key, f.code) for f in faults} == {
        (b".hidden", "MAIL-FILE-01"),
        (b"tmp/half", "MAIL-TMP-01"),
        (b"notes.txt", "MAIL-FILE-01"),
        (b".dovecot.sieve", "MAIL-FILE-01"),
        (b"link", "MAIL-FILE-01"),
        (b"folder", "MAIL-FILE-01"),
        (b"pipe", "MAIL-FILE-01"),
        (b"sieve", "MAIL-FILE-01"),
    }


def test_a_message_that_a_reader_moves_meanwhile(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice")
    put(box / "new" / "1.x")
    put(box / "new" / "2.x")
    opened = source(tmp_path)
    (inbox,) = containers(opened).values()
    refs = opened.page(inbox, None).refs
    (box / "new" / "1.x").rename(box / "cur" / "1.x:2,S")
    (box / "new" / "2.x").unlink()
    moved, gone = opened.fetch(inbox, refs)
    assert isinstance(moved, Record) and moved.properties["flags"] == ("\\Seen",)
    assert isinstance(gone, Fault) and gone.code == "GEN-READ-01"


def test_names_of_any_bytes_and_large_bodies(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice")
    for raw in (b"a%b\xff\n:2,S", b"100%25", "é.x:2,".encode()):
        with open(os.path.join(os.fsencode(box), b"cur", raw), "wb") as file:
            file.write(b"x")
    put(box / "cur" / "big", b"x" * (2 << 20))
    opened = source(tmp_path)
    (inbox,) = containers(opened).values()
    refs, records, _ = items(opened, inbox)
    assert {ref.key for ref in refs} == {b"a%b\xff\n", b"100%25", "é.x".encode(), b"big"}
    assert all(isinstance(record, Record) for record in records)
    large = next(r for r in records if r.key == b"big")
    assert isinstance(large, Record) and isinstance(large.bodies["content"], FileBody)


def test_two_files_of_one_unique_part_stay_two(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice")
    put(box / "cur" / "1.x:2,S", b"one")
    put(box / "cur" / "1.x:2,", b"two")
    opened = source(tmp_path)
    refs, records, _ = items(opened, containers(opened)[("INBOX",)])
    assert {ref.key for ref in refs} == {b"1.x", b"1.x#2"}
    assert {read_all(r.bodies["content"]) for r in records if isinstance(r, Record)} == {b"one", b"two"}


def test_a_folder_that_vanishes_is_a_fault_of_the_endpoint(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice" / "Maildir")
    opened = source(tmp_path)
    (inbox,) = containers(opened).values()
    box.rename(box.with_name("gone"))
    with pytest.raises(StopEndpoint):
        opened.page(inbox, None)


def test_pages(tmp_path: Path) -> None:
    box = folder(tmp_path / "m" / "alice")
    for n in range(25):
        put(box / "cur" / f"{n:02}.x:2,")
    opened = source(tmp_path, page=10)
    (inbox,) = containers(opened).values()
    first = opened.page(inbox, None)
    second = opened.page(inbox, first.next)
    third = opened.page(inbox, second.next)
    assert third.next is None and len({r.key for p in (first, second, third) for r in p.refs}) == 25
    assert source(tmp_path, page=10).page(inbox, second.next) == third  # after a crash
    assert opened.page(inbox, first.next) == second


names = st.text(st.sampled_from("ab.é/%~&-\n2E"), max_size=6)


@given(
    st.lists(names, max_size=3).map(tuple), st.sampled_from(["maildir++", "fs"]), st.sampled_from(["utf-7", "utf-8"])
)
def test_a_directory_says_its_path_or_needs_a_mark(path: tuple[str, ...], layout: str, encoding: str) -> None:
    directory = directory_of(path, layout, encoding)
    parts = directory.split(b"/") if layout == "fs" else [directory]
    assert all(part not in (b"", b".", b"..", b"cur", b"new", b"tmp") and len(part) <= 255 for part in parts)
    assert layout == "fs" or (b"/" not in directory and directory.startswith(b"."))
    if says_its_path(path, directory, encoding):
        assert all(name and "." not in name and "/" not in name for name in path)


@given(st.lists(st.lists(names, max_size=3).map(tuple), max_size=20, unique=True), st.sampled_from(["maildir++", "fs"]))
def test_two_paths_never_share_a_directory(paths: list[tuple[str, ...]], layout: str) -> None:
    found = [directory_of(path, layout, "utf-7") for path in paths]
    assert len(set(found)) == len(found)


def test_long_paths_are_cut_and_stay_apart() -> None:
    deep = tuple(f"dossier {n}" for n in range(40))
    one, two = directory_of(deep, "maildir++", "utf-7"), directory_of((*deep, "x"), "maildir++", "utf-7")
    assert len(one) <= 255 and one != two and one.startswith(b"." + encode_utf7("dossier 0"))
