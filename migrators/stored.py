"""What codecs of stored bytes share: objects that pass as they are, and what a store says beside them."""

from __future__ import annotations

from transhumance.connectors.contract import (
    Body,
    PropertyTable,
    Record,
    ResidueEntry,
    SkipItem,
    Text,
    Value,
    read_all,
)
from transhumance.connectors.contract.compare import COMPARED

LIMIT = 64 << 20  # larger objects are handed on unread, and said so
_KEPT = "meta"  # where properties of a record stand that the object itself has no place for


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
    return tuple(
        ResidueEntry(path, value, _KEPT, kind="item")
        for path, value in sorted(record.properties.items())
        if table.of(path) in COMPARED
    )


def put_back(residue: tuple[ResidueEntry, ...]) -> dict[str, Value]:
    """Those properties again."""
    return {entry.path: entry.value for entry in residue if entry.part == _KEPT and entry.kind == "item"}
