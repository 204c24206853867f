"""The .eml connector before the contract suite."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from transhumance.connectors.contract import BytesBody, Environment, Record
from transhumance.connectors.eml.config import EmlConfig
from transhumance.connectors.testing.rig import Rig


def _mail(key: bytes, data: bytes, microsecond: int = 0) -> Record:
    when = datetime(2019, 3, 31, 2, 30, 1, microsecond, UTC)
    return Record(key, "message", "rfc5322", {"file_modified": when}, {"content": BytesBody.of(data)})


def rig(folder: Path) -> Rig:
    """An empty tree; messages that are well made, empty, hostile, large, and two that are the same."""
    (folder / "eml").mkdir()
    same = b"Subject: twice\r\n\r\nthe same\r\n"
    return Rig(
        connector="eml",
        config=EmlConfig.model_validate({"path": "eml", "page": 2}),
        environment=Environment("rig", folder, folder),
        workload="mail",
        samples=(
            _mail(b"1.eml", "Subject: Été\r\nMessage-ID: <1@chu>\r\n\r\nBonjour\r\n".encode(), 123456),
            _mail(b"2.EML", same),
            _mail(b"3.eml", same),
            _mail(b"../../a/b\xff\n", b"no header\0\r\r\n\n"),
            _mail(b"x" * 400, b""),
            _mail('é < > : " | ? * CON.eml'.encode(), b"From x\n" + b"y" * 70000),
            _mail(b".", b"\r\n"),
        ),
        changed=_mail(b"1.eml", b"Subject: other\r\n\r\n"),
    )
