"""A document's digest is there for whatever a system may name a thing."""

from __future__ import annotations

import os

from transhumance.connectors.contract import BytesBody, Document, document_digest


def test_a_name_that_is_not_utf8_has_a_digest_of_its_own() -> None:
    bodies = {"content": BytesBody.of(b"x")}
    names = [os.fsdecode(b"latin-1 \xe9.txt"), os.fsdecode(b"latin-1 \xe8.txt"), "latin-1 é.txt"]
    digests = {document_digest(Document("file", "file", {"name": name}, bodies)) for name in names}
    assert len(digests) == len(names)
