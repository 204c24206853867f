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
    SkipItem,
    Text,
    Value,
    compare_records,
    read_all,
)
from transhumance.connectors.formats import contentline
from transhumance.migrators.ical import findings, zones
from transhumance.migrators.ical.document import DOCUMENT, FORM, ICAL, STANDARD

LIMIT = 64 << 20  # larger objects are handed on unread, and said so
_KEPT = "meta"  # where properties of a record stand that an iCalendar object has no place for


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


def content(record: Record) -> Body:
    """A record's object. Raises `SkipItem` where it has none."""
    body = record.bodies.get("content")
    if body is None:
        raise SkipItem("GEN-READ-01", Text("L'élément n'a pas de contenu", "The item has no content"), record.key)
    return body


def small(body: Body) -> bytes | None:
    """An object's bytes, or None where it is too large to be examined. Raises `SkipItem` where it can't be read."""
    if body.size is not None and body.size > LIMIT:
        return None
    try:
        return read_all(body, LIMIT)
    except ValueError:
        return None
    except OSError as error:
        raise SkipItem(
            "GEN-READ-01",
            Text(f"Le contenu ne peut pas être lu : {error}", f"The content can't be read: {error}"),
        ) from None


def aside(record: Record, table: PropertyTable) -> tuple[ResidueEntry, ...]:
    """What a record says beside its object: true of the item whatever is edited in the document."""
    from transhumance.connectors.contract.compare import COMPARED

    return tuple(
        ResidueEntry(path, value, _KEPT, kind="item")
        for path, value in sorted(record.properties.items())
        if table.of(path) in COMPARED
    )


def put_back(residue: tuple[ResidueEntry, ...]) -> dict[str, Value]:
    """Those properties again."""
    return {entry.path: entry.value for entry in residue if entry.part == _KEPT and entry.kind == "item"}
