"""Contacts and distribution lists of the form `mapi` as vCards 4.0, and back (MS-OXOCNTC).

The card says all it can; what it says is read out of it again, and the residue is what then still differs.
"""

from __future__ import annotations

from dataclasses import dataclass

from transhumance.connectors.contract import (
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
    read_all,
)
from transhumance.connectors.formats.contentline import Property
from transhumance.connectors.formats.mapi_residue import ITEM, Said, completed, residue_of, usable, widened
from transhumance.connectors.formats.mapi_stored import TAKEN, body_views
from transhumance.migrators.contacts.document import DOCUMENT, STANDARD
from transhumance.migrators.contacts.forms.mapi_fields import NAME, NOTE
from transhumance.migrators.contacts.forms.mapi_list import list_lines
from transhumance.migrators.contacts.forms.mapi_said import Reading, digests, is_group, read_card, said_card, strange
from transhumance.migrators.contacts.forms.mapi_table import TABLE
from transhumance.migrators.contacts.forms.mapi_write import ASIDE, FN, Card, contact_lines, joined, name_of

LIMIT = 64 << 20  # bytes of a card that are read
_SMALL, _LARGE = 64 << 10, 1 << 20  # bytes of a file, and of any other body, that a residue may hold


@dataclass(frozen=True, slots=True)
class CardCodec:
    """Kind `card`, form `mapi`."""

    kind: str = "card"
    form: str = "mapi"
    standard: str = STANDARD
    version: str = "1"
    table: PropertyTable = TABLE.table
    document_table: PropertyTable = DOCUMENT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        item, narrow = widened(record)
        card = Card(record, item, context)
        group = is_group(item.properties)
        content = joined(list_lines(card) if group else contact_lines(card), card, "group" if group else "individual")
        properties = read_card(content)
        said = said_card(Reading(properties, context, card.hints))
        _set_aside(card, said)
        _note_unreadable(card)
        residue, large = residue_of(said, item, TABLE, digests(properties), body_views(item.properties), card.hints,
                                    narrow, {TAKEN: NOTE, ASIDE: NOTE, FN: NAME})  # fmt: skip
        for name in large:
            card.find("CARD-FILE-03", name)
        if any(TABLE.part(entry.path) != ITEM and entry.kind == "part" for entry in residue):
            card.find("CARD-PROP-01")
        document = Document(
            self.kind, STANDARD, {}, {"content": BytesBody.of(content), **card.bodies}, name_of(card)[:200]
        )
        return Opened(document, residue, tuple(card.findings), tuple(card.refs))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        properties = _read(document)
        hints, kept, findings = usable(residue, digests(properties))
        said = said_card(Reading(properties, context, hints, document.bodies))
        back, unfit = completed(said, kept, body_views)
        more = [Finding("GEN-RESIDUE-01", path) for path in unfit]
        more += [Finding("CARD-BACK-01", name) for name in strange(properties)]
        return Returned(Record(b"", self.kind, self.form, back.properties, back.bodies), (*findings, *more))

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


def _set_aside(card: Card, said: Said) -> None:
    """Files that a card has no place for and no residue should hold become bodies of the document."""
    for name, body in card.item.bodies.items():
        most = _SMALL if name.startswith("attachment/") else _LARGE
        if name in said.bodies:
            continue
        if name.startswith("attachment/"):
            card.find("CARD-FILE-02", name.partition("/")[0])
        if body.size is None or body.size > most:
            card.bodies[name] = said.bodies[name] = body
    if texts := tuple(name for name in card.bodies if name.startswith("body/")):
        card.hints[ASIDE] = texts


def _note_unreadable(card: Card) -> None:
    """What the source could not give."""
    found = card.properties.get("unreadable")
    for text in found if isinstance(found, list | tuple) else ():
        path, _, reason = str(text).partition(": ")
        card.find("MAIL-PST-03" if reason == "MAIL-PST-03" else "MAIL-PST-04", path.rpartition("/")[2] or path)


def _read(document: Document) -> tuple[Property, ...]:
    """The card of a document; an empty one where it can't be read."""
    body = document.bodies.get("content")
    try:
        return read_card(read_all(body, LIMIT)) if body else ()
    except (OSError, ValueError):
        return ()


CODECS = (CardCodec(),)
