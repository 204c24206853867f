"""The codec of the form `vcard`: the document is the source's card, byte for byte, in the version that it has."""

from __future__ import annotations

from dataclasses import dataclass

from transhumance.connectors.contract import (
    Body,
    BytesBody,
    Context,
    Difference,
    Document,
    Finding,
    Opened,
    PropertyTable,
    Record,
    ResidueEntry,
    Returned,
    compare_records,
)
from transhumance.connectors.formats import contentline
from transhumance.migrators.contacts import findings
from transhumance.migrators.contacts.document import DOCUMENT, FORM, STANDARD, VCARD
from transhumance.migrators.stored import aside, content, put_back, small


@dataclass(frozen=True, slots=True)
class VcardCodec:
    """A card, both ways. Never raises on what the card says."""

    kind: str = "card"
    form: str = FORM
    standard: str = STANDARD
    version: str = "1"
    table: PropertyTable = VCARD
    document_table: PropertyTable = DOCUMENT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        body = content(record)
        kept = aside(record, VCARD)
        data = small(body)
        if data is None:
            return Opened(_document(body), kept, (Finding("CARD-SIZE-01", f"{body.size} bytes"),))
        text = contentline.read(data, contentline.split_card(data))
        props = findings.properties(text)
        notes = list(findings.find(text, data, props))
        if record.properties.get("duplicate"):
            notes.append(Finding("CARD-UID-01", "another card has the same UID"))
        if encoding := record.properties.get("encoding"):
            notes.append(Finding("CARD-ENC-01", str(encoding)[:20]))
        name = findings.title(text, props)
        return Opened(_document(body, name), kept, tuple(dict.fromkeys(notes)), findings.links(props))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        body = document.bodies.get("content", BytesBody())
        return Returned(Record(b"", self.kind, self.form, put_back(residue), {"content": body}))

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


def _document(body: Body, name: str = "") -> Document:
    return Document("card", STANDARD, {}, {"content": body}, name)
