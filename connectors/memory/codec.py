"""The forms of the in-memory connector: a blob with properties, and a key range of rows."""

from __future__ import annotations

from dataclasses import dataclass

from transhumance.connectors.contract import (
    Context,
    Difference,
    Document,
    Opened,
    PropertyClass,
    PropertyTable,
    Record,
    ResidueEntry,
    Returned,
    compare_records,
    complete,
    part_digest,
    usable_residue,
)

BLOB = PropertyTable(
    "memory",
    (
        ("change_key", PropertyClass.VOLATILE, "a new one at each write"),
        ("title", PropertyClass.META, "what people call it"),
        ("*", PropertyClass.CONTENT, "all else is what the item says"),
    ),
)
BLOB_DOCUMENT = PropertyTable("blob", (("*", PropertyClass.CONTENT, "bytes and title"),))
ROWS = PropertyTable("memory-rows", (("*", PropertyClass.CONTENT, "columns, range and rows"),))


@dataclass(frozen=True, slots=True)
class BlobCodec:
    """A blob: its `title` has a place in the document, every other property goes into the residue."""

    kind: str = "blob"
    form: str = "memory"
    standard: str = "blob"
    version: str = "1"
    table: PropertyTable = BLOB
    document_table: PropertyTable = BLOB_DOCUMENT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        meta = {"title": record.properties["title"]} if "title" in record.properties else {}
        rest = {k: v for k, v in record.properties.items() if k not in ("title", "change_key")}
        document = Document("blob", "blob", meta, record.bodies, str(meta.get("title", "")))
        return Opened(document, complete(rest, {"meta": part_digest(meta)}, "meta"))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        kept, findings = usable_residue(residue, {"meta": part_digest(document.meta)})
        return Returned(Record(b"", "blob", "memory", {**document.meta, **kept}, document.bodies), findings)

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


@dataclass(frozen=True, slots=True)
class RowsCodec:
    """A key range of rows: the buffer passes as it is, its columns and range are the document's meta."""

    kind: str = "rows"
    form: str = "memory-rows"
    standard: str = "rows"
    version: str = "1"
    table: PropertyTable = ROWS
    document_table: PropertyTable = ROWS
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        return Opened(Document("rows", "rows", record.properties, record.bodies, count=record.count))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        return Returned(Record(b"", "rows", "memory-rows", document.meta, document.bodies, document.count))

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)
