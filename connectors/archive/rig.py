"""The archive before the contract suite: one item of each standard, under names that a file system dislikes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from transhumance.connectors.archive.codec import FORM
from transhumance.connectors.archive.config import ArchiveConfig
from transhumance.connectors.contract import BytesBody, Environment, Record, Value
from transhumance.connectors.testing.rig import Rig

_MAIL = b"From: a@chu.example\r\nSubject: =?utf-8?q?R=C3=A9union?=\r\n\r\nBonjour\x00\xff\r\n"


def record(key: bytes, kind: str, standard: str, body: bytes | None, name: str = "", **meta: Value) -> Record:
    """A record of the archive's form with one body."""
    residue: tuple[Value, ...] = ({"path": "0x0E070003", "value": b"\x01\xff", "part": "content", "digest": "ab"},)
    properties: dict[str, Value] = {"standard": standard, "meta": meta, "residue": residue, "name": name}
    return Record(key, kind, FORM, properties, {} if body is None else {"content": BytesBody.of(body)})


def rig(folder: Path) -> Rig:
    """An empty archive of files."""
    return _rig(folder, ArchiveConfig(path=Path("archive"), layout="files"))


def packed(folder: Path) -> Rig:
    """An empty archive of packs."""
    return _rig(folder, ArchiveConfig(path=Path("archive"), layout="packed"))


def _rig(folder: Path, config: ArchiveConfig) -> Rig:
    (folder / "archive").mkdir(exist_ok=True)
    when = datetime(2024, 2, 29, 23, 59, 59, 123456, UTC)
    with_parts = record(b"big/../mail", "message", "rfc5322", _MAIL, "a" * 300, flags=("\\Seen",), internal_date=when)
    parts = {"attachment/0": BytesBody.of(b"part"), "version/../3": BytesBody.of(b"")}
    return Rig(
        connector="archive",
        config=config,
        environment=Environment("rig", folder / "spool", folder),
        workload="documents",
        samples=(
            record(b"1", "message", "rfc5322", _MAIL, "R\u00e9union \u202e<&>: 12/03\ud800", keywords=("a", "b")),
            Record(b"2", "message", FORM, with_parts.properties, {**with_parts.bodies, **parts}),
            record(b"uid@x", "event", "ical", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "", dose=2.5, none=None),
            record(b"UID@X", "card", "vcard", b"", "", deep={"$b": "not bytes", "list": [1, [True]]}),
            record(b"CN=a,DC=x", "entry", "ldif", b"dn: CN=a,DC=x\n", "CN=a"),
            record(b"../../etc/passwd", "file", "file", b"x" * 70000, "passwd", modified_ns=1_000_000_007),
            record(b"Dir/Case.txt", "file", "file", b"one"),
            record(b"dir/case.TXT", "file", "file", b"two"),
            record(b"a\xff:b/CON .", "file", "file", b"raw", name="a\udcff"),
            record(b"Dir", "folder", "file", None, mode=0o755),
            record(b"Dir/link", "link", "file", None, target="../../out"),
            record(b"r1", "rows", "rows", b"1\tMorphine\n"),
        ),
        changed=record(b"1", "message", "rfc5322", _MAIL + b"more", "other", keywords=("b",)),
    )
