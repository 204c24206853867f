"""The archive's own form, `document`: a document of any standard with its residue beside it.

A record of this form has the properties `standard`, `meta`, `residue` (one mapping for each entry: `path`, `value`,
`part`, `digest`, `kind`), `name` and the document's bodies. Nothing is converted, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    SkipItem,
    Text,
    Value,
    compare_records,
)

FORM = "document"
TABLE = PropertyTable(
    FORM,
    (
        ("name", PropertyClass.DERIVED, "a hint for people, made again from the document"),
        ("meta", PropertyClass.META, "what a store of the standard keeps beside the bytes"),
        ("residue", PropertyClass.META, "what the standard has no place for"),
        ("*", PropertyClass.CONTENT, "the standard and the bodies"),
    ),
)
DOCUMENT_TABLE = PropertyTable("archive", (("*", PropertyClass.CONTENT, "meta and bodies, as the standard has them"),))


@dataclass(frozen=True, slots=True)
class DocumentCodec:
    """Packs a document and its residue into a record of the archive, and unpacks them."""

    kind: str = "*"
    form: str = FORM
    standard: str = "*"
    version: str = "1"
    table: PropertyTable = TABLE
    document_table: PropertyTable = DOCUMENT_TABLE
    carries_residue: bool = True

    def to_open(self, record: Record, context: Context) -> Opened:
        """The document and the residue that the archive holds. Raises `SkipItem` for a record of another shape."""
        match record.properties:
            case {"standard": str(standard), "meta": Mapping() as meta, "residue": tuple() | list() as residue}:
                name = str(record.properties.get("name", ""))
                document = Document(record.kind, standard, meta, record.bodies, name, record.count)
                return Opened(document, tuple(_entry(plain, record.key) for plain in residue))
        raise _not_ours(record.key)

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        """The record that the archive stores for a document and its residue."""
        properties: dict[str, Value] = {
            "standard": document.standard,
            "meta": document.meta,
            "residue": tuple(_plain(entry) for entry in residue),
            "name": document.name,
        }
        return Returned(Record(b"", document.kind, FORM, properties, document.bodies, document.count))

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        """What differs by the form's table."""
        return compare_records(a, b, self.table)


def _plain(entry: ResidueEntry) -> Mapping[str, Value]:
    plain: dict[str, Value] = {"path": entry.path, "value": entry.value, "part": entry.part, "digest": entry.digest}
    return plain if entry.kind == "part" else {**plain, "kind": entry.kind}


def _entry(plain: Value, key: bytes) -> ResidueEntry:
    match plain:
        case {"path": str(path), "value": value, "part": str(part), "digest": str(digest), "kind": str(kind)}:
            return ResidueEntry(path, value, part, digest, kind)
        case {"path": str(path), "value": value, "part": str(part), "digest": str(digest)}:
            return ResidueEntry(path, value, part, digest)
    raise _not_ours(key)


def _not_ours(key: bytes) -> SkipItem:
    return SkipItem(
        "GEN-READ-01",
        Text("l'enregistrement n'a pas la forme `document`", "the record does not have the form `document`"),
        key,
    )


CODECS = (DocumentCodec(),)
