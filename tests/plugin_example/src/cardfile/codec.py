"""The form `index-card`: a text with a colour. Its open standard is plain text; the colour has no place there."""

from __future__ import annotations

from dataclasses import dataclass

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Difference,
    Document,
    Finding,
    LossCode,
    Opened,
    PropertyClass,
    PropertyTable,
    Record,
    ResidueEntry,
    Returned,
    Text,
    compare_records,
    complete,
    part_digest,
    read_all,
    usable_residue,
)

CARD = PropertyTable("index-card", (("*", PropertyClass.CONTENT, "a card is its text and its colour"),))
TEXT = PropertyTable("text", (("*", PropertyClass.CONTENT, "a text is its bytes"),))

CODES = (
    LossCode(
        "CARDFILE-COLOUR-01",
        "info",
        Text("Une couleur n'a pas de place dans un texte", "A colour has no place in a text"),
        Text("Le texte brut ne dit que du texte", "Plain text says text only"),
        Text("Elle revient du résidu", "It comes back from the residue"),
        forward="reduced",
    ),
)


@dataclass(frozen=True, slots=True)
class CardCodec:
    """Index card to plain text, and back."""

    kind: str = "note"
    form: str = "index-card"
    standard: str = "text"
    version: str = "1"
    table: PropertyTable = CARD
    document_table: PropertyTable = TEXT
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        text = str(record.properties.get("text", "")).encode()
        document = Document("note", "text", {}, {"content": BytesBody.of(text)})
        rest = {name: value for name, value in record.properties.items() if name != "text"}
        findings = (Finding("CARDFILE-COLOUR-01"),) if "colour" in rest else ()
        return Opened(document, complete(rest, {"content": part_digest(text)}), findings)

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        text = read_all(document.bodies["content"])
        kept, findings = usable_residue(residue, {"content": part_digest(text)})
        return Returned(Record(b"", "note", "index-card", {"text": text.decode(), **kept}), findings)

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


CODECS = (CardCodec(),)
