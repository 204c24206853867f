"""The Maildir connector before the contract suite."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from transhumance.connectors.contract import BytesBody, Environment, Record, Value
from transhumance.connectors.maildir.config import MaildirConfig
from transhumance.connectors.testing.rig import Rig

_WHEN = datetime(2019, 3, 31, 1, 59, 59, tzinfo=UTC)


def _mail(key: bytes, data: bytes, **properties: Value) -> Record:
    known: dict[str, Value] = {"internal_date": _WHEN, **properties}
    return Record(key, "message", "rfc5322", known, {"content": BytesBody.of(data)})


def rig(folder: Path) -> Rig:
    """An empty tree; messages with flags, keywords, odd letters, unseen, empty, hostile, and two that are the same."""
    (folder / "mail").mkdir()
    same = b"Subject: twice\r\n\r\nthe same\r\n"
    mail = "Subject: Été\r\nMessage-ID: <1@chu>\r\n\r\nBonjour\r\n".encode()
    return Rig(
        connector="maildir",
        config=MaildirConfig.model_validate({"path": "mail", "page": 2}),
        environment=Environment("rig", folder, folder),
        workload="mail",
        samples=(
            _mail(b"1700000000.M1P2.chu", mail, flags=("\\Flagged", "\\Seen"), keywords=("$label1", "dossier")),
            _mail(b"2", same, flags=("$Forwarded", "$MDNSent", "\\Answered")),
            _mail(b"3", same, maildir_new=True),
            _mail(b"../../a/b:2,S\xff\n", b"no header\0\r\r\n\n", flags=("\\Draft",), maildir_info="Xz"),
            _mail(b"x" * 400, b""),
            _mail(b".", b"From x\n" + b"y" * 70000, internal_date=datetime(1969, 7, 20, 20, 17, tzinfo=UTC)),
        ),
        changed=_mail(b"1700000000.M1P2.chu", b"Subject: other\r\n\r\n", flags=("\\Seen",), keywords=("neuf",)),
    )
