"""The mbox connector before the contract suite."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from transhumance.connectors.contract import BytesBody, Environment, Record, Value
from transhumance.connectors.mbox.config import MboxConfig
from transhumance.connectors.testing.rig import Rig

_WHEN = datetime(2019, 3, 31, 1, 59, 59, tzinfo=UTC)


def _mail(key: bytes, data: bytes, **properties: Value) -> Record:
    return Record(key, "message", "rfc5322", properties, {"content": BytesBody.of(data)})


def rig(folder: Path) -> Rig:
    """An empty tree; messages with `From ` lines within, without a last line end, with status lines, empty, hostile,
    and two that are the same."""
    (folder / "mail").mkdir()
    same = b"Subject: twice\r\n\r\nthe same\r\n"
    mail = "Subject: Été\nStatus: RO\nX-Status: F\n\nFrom me\n>From you\nBonjour".encode()
    odd = "From - Sun, 31 Mar 2019 03:59:59 +0200"
    return Rig(
        connector="mbox",
        config=MboxConfig.model_validate({"path": "mail", "page": 2}),
        environment=Environment("rig", folder, folder),
        workload="mail",
        samples=(
            _mail(b"1", mail, flags=("\\Flagged", "\\Seen"), internal_date=_WHEN, from_sender="agnes@chu.example"),
            _mail(b"2", same, internal_date=_WHEN, from_line=odd),
            _mail(b"3", same),
            _mail(b"../../a/b\xff\n", b"no header\0\r\r\n\n"),
            _mail(b"x" * 400, b""),
            _mail(b"6", b"From x\n" + b"y" * 70000 + b"\r", internal_date=_WHEN),
            _mail(b"7", b"Content-Length: 3\n\nFrom MAILER-DAEMON Thu Jan  1 00:00:00 1970\na: b\n\n"),
        ),
        changed=_mail(b"1", b"Subject: other\r\n\r\n", internal_date=_WHEN),
    )
