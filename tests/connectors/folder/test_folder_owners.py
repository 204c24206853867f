"""Whose files are, and their access lists: kept with the document, set where the process may, else named."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import (
    BytesBody,
    Container,
    Context,
    Fence,
    Record,
    Status,
    Subject,
    Write,
    codec_for,
)
from transhumance.connectors.folder import attributes, target

FENCE = Fence("c", 1)
# POSIX ACL, version 2: entries (tag, permissions, id) (acl(5), linux/posix_acl_xattr.h)
ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry)
    for entry in ((1, 6, 0xFFFFFFFF), (2, 4, 4711), (4, 4, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF))
)


def carried(opened: Any, base: Path, record: Record) -> tuple[Any, Path]:
    share = opened("folder", base, "to", target=True)
    place = share.ensure(Container(b"s", "documents", b"k", ()))
    (outcome,) = share.write(place, [Write(b"doc", record)], FENCE)
    assert outcome.status is Status.WRITTEN, outcome
    return share.preview(place, record), base / "to" / "s" / "doc"


@pytest.fixture
def given(tmp_path: Path, ways: Any) -> Record:
    opened, records, _, _ = ways
    root = tmp_path / "from" / "s"
    root.mkdir(parents=True)
    (root / "doc").write_bytes(b"x")
    if os.geteuid() == 0:
        os.chown(root / "doc", 12345, 54321)
    read, _ = records(opened("folder", tmp_path, "from"))
    return read[b"doc"]  # type: ignore[no-any-return]


def test_owner_and_group_are_the_document_s(given: Record) -> None:
    codec = codec_for("file", "file")
    assert codec is not None and isinstance(given.properties["uid"], int)
    opened = codec.to_open(given, Context(Subject(b"s"), Container(b"s", "documents", b"k")))
    assert opened.document.meta["uid"] == given.properties["uid"]
    assert opened.document.meta["gid"] == given.properties["gid"]
    assert not codec.compare(given, codec.from_open(opened.document, (), None).record)  # type: ignore[arg-type]


def test_the_administrator_s_copy_belongs_to_whom_it_belonged(tmp_path: Path, ways: Any, given: Record) -> None:
    if os.geteuid():
        pytest.skip("only the administrator may give a file to somebody else")
    lost, doc = carried(ways[0], tmp_path, given)
    assert (doc.stat().st_uid, doc.stat().st_gid) == (12345, 54321)
    assert "DOC-FS-14" not in {f.code for f in lost}


def test_anybody_else_s_copy_names_the_loss(
    tmp_path: Path, ways: Any, given: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (target, attributes):
        monkeypatch.setattr(module, "may_own", lambda: False)
    theirs = Record(b"doc", "file", "file", {**given.properties, "uid": 12345, "gid": 54321}, given.bodies)
    lost, doc = carried(ways[0], tmp_path, theirs)
    assert [f.code for f in lost] == ["DOC-FS-14"]
    assert doc.stat().st_uid == os.geteuid()


@pytest.mark.parametrize("admin", [True, False])
def test_an_access_list(tmp_path: Path, ways: Any, monkeypatch: pytest.MonkeyPatch, admin: bool) -> None:
    opened, records, _, _ = ways
    doc = tmp_path / "from" / "s" / "doc"
    doc.parent.mkdir(parents=True)
    doc.write_bytes(b"x")
    try:
        os.setxattr(doc, "system.posix_acl_access", ACL)
    except OSError as error:
        pytest.skip(f"this disk has no access lists: {error}")
    if admin and os.geteuid():
        pytest.skip("only the administrator sets them")
    if not admin:
        for module in (target, attributes):
            monkeypatch.setattr(module, "may_own", lambda: False)
    read, _ = records(opened("folder", tmp_path, "from"))
    assert read[b"doc"].properties["xattrs"] == {"system.posix_acl_access": ACL}
    lost, copy = carried(opened, tmp_path, read[b"doc"])
    assert ("system.posix_acl_access" in os.listxattr(copy)) == admin
    assert ("xattrs" in {f.detail for f in lost}) != admin
    share = opened("folder", tmp_path, "to", target=True)
    place = share.ensure(Container(b"s", "documents", b"k", ()))
    (back,) = share.read_back(place, [b"doc"])
    assert "xattrs" not in back.properties, "set, never claimed: folders hand down lists of their own"
    (again,) = share.write(place, [Write(b"doc", read[b"doc"])], FENCE)
    assert again.status is Status.UNCHANGED


def test_a_list_that_the_folder_hands_down_is_no_difference(tmp_path: Path, ways: Any) -> None:
    opened = ways[0]
    (tmp_path / "to" / "s").mkdir(parents=True)
    try:
        os.setxattr(tmp_path / "to" / "s", "system.posix_acl_default", ACL)
    except OSError as error:
        pytest.skip(f"this disk has no access lists: {error}")
    record = Record(b"doc", "file", "file", {"name": "doc", "mode": 0o640}, {"content": BytesBody.of(b"x")})
    share = opened("folder", tmp_path, "to", target=True)
    place = share.ensure(Container(b"s", "documents", b"k", ()))
    (outcome,) = share.write(place, [Write(b"doc", record)], FENCE)
    assert outcome.status is Status.WRITTEN
    (again,) = share.write(place, [Write(b"doc", record)], FENCE)
    assert again.status is Status.UNCHANGED
