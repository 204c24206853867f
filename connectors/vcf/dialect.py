"""What tells vCard files from others of content lines."""

from __future__ import annotations

from collections.abc import Mapping

from transhumance.connectors.contract import Value
from transhumance.connectors.formats.objectsource import Dialect
from transhumance.connectors.vcf.split import inspect


def mark_text(properties: Mapping[str, Value]) -> bytes:
    """A vCard file has no place for what an address book says of itself: the mark is empty."""
    return b""


VCF = Dialect(
    name="vcf",
    form="vcard",
    suffixes=(".vcf", ".vcard"),
    workloads={"card": "contacts"},
    primary="contacts",
    inspect=inspect,
    foreign="CARD-FILE-01",
    refused="CARD-WRITE-01",
    no_before="CARD-BEFORE-01",
    mark=".transhumance-addressbook.vcf",
    mark_text=mark_text,
)
