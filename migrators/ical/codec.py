"""The codec of the form `ical`: the document is the source's text, byte for byte, but for zone names that only
Windows or one program knows."""

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
from transhumance.migrators.ical import findings, zones
from transhumance.migrators.ical.document import DOCUMENT, FORM, ICAL, STANDARD
from transhumance.migrators.stored import aside, content, put_back, small


@dataclass(frozen=True, slots=True)
class IcalCodec:
    """An iCalendar object of one kind, both ways. Never raises on what the object says."""

    kind: str
    form: str = FORM
    standard: str = STANDARD
    version: str = "1"
    table: PropertyTable = ICAL
    document_table: PropertyTable = DOCUMENT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        body = content(record)
        kept = aside(record, ICAL)
        data = small(body)
        if data is None:
            return Opened(self._document(body), kept, (Finding("CAL-SIZE-01", f"{body.size} bytes"),))
        text = contentline.read(data)
        renamed = zones.rename(text, context)
        found = findings.parts(text)
        if renamed.residue:
            body = BytesBody.of(contentline.join(renamed.lines))
        notes = [*renamed.findings, *findings.find(text, data, found)]
        if record.properties.get("duplicate"):
            notes.append(Finding("CAL-UID-01", "another object has the same UID"))
        if encoding := record.properties.get("encoding"):
            notes.append(Finding("CAL-ENC-01", str(encoding)[:20]))
        return Opened(
            self._document(body, findings.title(found)),
            (*renamed.residue, *kept),
            tuple(dict.fromkeys(notes)),
            findings.links(found),
        )

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        body = document.bodies.get("content", BytesBody())
        properties = put_back(residue)
        named = [entry for entry in residue if entry.path == zones.PATH and entry.part == zones.PART]
        notes: tuple[Finding, ...] = ()
        if named and (data := small(body)) is not None:
            lines, notes = zones.restore(contentline.read(data), named)
            body = BytesBody.of(contentline.join(lines))
        return Returned(Record(b"", self.kind, self.form, properties, {"content": body}), notes)

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)

    def _document(self, body: Body, name: str = "") -> Document:
        return Document(self.kind, self.standard, {}, {"content": body}, name)
