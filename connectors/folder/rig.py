"""A share before the contract suite: names and trees that other systems dislike."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from transhumance.connectors.contract import BytesBody, Environment, Record, Value
from transhumance.connectors.folder.config import FolderConfig
from transhumance.connectors.testing.rig import Rig

_NS = 1_709_251_199_123_456_789
_WHEN = datetime(2024, 2, 29, 23, 59, 59, 123456, UTC)


def record(key: bytes, kind: str, body: bytes | None = None, **more: Value) -> Record:
    """A record of the form `file`, of 29 February 2024."""
    name = key.rpartition(b"/")[2].decode("utf-8", "surrogateescape")
    properties: dict[str, Value] = {"name": name, "modified": _WHEN, "modified_ns": _NS}
    if kind != "link":
        properties["mode"] = 0o640 if kind == "file" else 0o750
    return Record(key, kind, "file", {**properties, **more}, {} if body is None else {"content": BytesBody.of(body)})


def rig(folder: Path) -> Rig:
    """An empty share."""
    return Rig(
        connector="folder",
        config=FolderConfig(path=Path("share"), assign=None, subject=None, page=3),
        environment=Environment("rig", _made(folder), folder),
        workload="documents",
        path=(),
        samples=(
            record(b"Dossier", "folder"),
            record(b"Dossier/\xc3\x89t\xc3\xa9 <&>'\".txt", "file", b"text\x00\xff"),
            record(b"Dossier/E\xcc\x81t\xc3\xa9", "file", b"nfd"),
            record(b"Dossier/\xc3\x89t\xc3\xa9", "file", b"nfc"),
            record(b"Dossier/CON", "file", b""),
            record(b"Dossier/a:b. ", "file", b"x" * 70000),
            record(b"Dossier/case", "file", b"1"),
            record(b"Dossier/CASE", "file", b"2"),
            record(b"Dossier/\xff\nraw", "file", b"raw"),
            record(b"Dossier/" + b"n" * 255, "file", b"long"),
            record(b"Dossier/out", "link", target="../../../etc/passwd"),
            record(b"Dossier/vide", "folder", mode=0o700),
        ),
        changed=record(b"Dossier/case", "file", b"changed"),
        place_says=frozenset({"uid", "gid", "owner", "group"}),
    )


def _made(folder: Path) -> Path:
    (folder / "share").mkdir(exist_ok=True)
    return folder / "spool"
