"""Signed and encrypted messages: what Exchange keeps of them is one attachment, the MIME entity itself (MS-OXOSMIME
2.1.2). It becomes the message's body again, byte for byte."""

from __future__ import annotations

from transhumance.connectors.contract import Record
from transhumance.connectors.formats import mapi, mapi_tags
from transhumance.migrators.mail.forms import files, table
from transhumance.migrators.mail.forms.view import View

_HEAD = 64 << 10


def secured(record: Record, fields: tuple[bytes, ...]) -> View | None:
    """The message of a signed or encrypted item, or None for any other, and for one that is not as it should be. Raises
    `OSError` where it can't be read."""
    message_class = mapi.text(record.properties, mapi_tags.MESSAGE_CLASS).lower()
    rows = table.rows(record.properties.get("attachments"))
    body = record.bodies.get("attachment/0")
    if not message_class.startswith("ipm.note.smime") or len(rows) != 1 or body is None:
        return None
    if not message_class.endswith("multipartsigned"):
        ((_, part),) = files.compose_files(record, None)
        return View(fields, files=(part,), alone=True) if b"pkcs7-mime" in part.header[0].lower() else None
    with body.open() as stream:
        head = stream.read(_HEAD)
    end = head.find(b"\r\n\r\n")
    lines = head[: end + 2].lower()
    signed = lines.startswith(b"content-type: multipart/signed") or b"\r\ncontent-type: multipart/signed" in lines
    return View(fields, entity=body) if end > 0 and signed else None
