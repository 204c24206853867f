"""Entries of Active Directory as entries of standard classes, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    SkipItem,
    Text,
    Value,
    compare_records,
    read_all,
)
from transhumance.connectors.formats.dn import rdn_value
from transhumance.connectors.formats.entry import AD, KIND, LDIF, lowered
from transhumance.connectors.formats.ldif import LdifError, LdifRecord, canonical, parse_record, write_record
from transhumance.migrators.identities.build import Draft, draft
from transhumance.migrators.identities.claims import claims
from transhumance.migrators.identities.links import links
from transhumance.migrators.identities.losses import losses
from transhumance.migrators.identities.mapping import Applied, Went, applied, went
from transhumance.migrators.identities.rebuild import rebuild
from transhumance.migrators.identities.remainder import put_back, remainder
from transhumance.migrators.identities.standard import MOVES, PERSON
from transhumance.migrators.identities.table import AD_TABLE, DOCUMENT_TABLE, is_derived


@dataclass(frozen=True, slots=True)
class AdEntryCodec:
    """Form `ad-entry`. The document is one LDIF record of standard classes; the residue, what they have no place for;
    see `standard` for the map and `remainder` for the residue's form."""

    kind: str = KIND
    form: str = AD
    standard: str = LDIF
    version: str = "2"
    table: PropertyTable = AD_TABLE
    document_table: PropertyTable = DOCUMENT_TABLE
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        dn, source, strange = _parts(record)
        made = draft(dn, source)
        mapped = applied(context, made, source)
        entry = canonical(LdifRecord(dn, made.finished()))
        said, origin = rebuild(dn, entry.attributes)
        residue = remainder({**source, **strange}, made, entry.attributes, said, origin)
        document = Document(KIND, LDIF, bodies={"content": BytesBody.of(write_record(entry))}, name=rdn_value(dn))
        findings = _findings(made, source, residue, context, mapped)
        own = tuple(claims(lowered(entry.attributes), lowered(source), context.mapping)) if made.shape is PERSON else ()
        return Opened(document, residue, findings, tuple(links(source)), own)

    def went(self, record: Record, context: Context) -> tuple[list[Went], tuple[Applied, ...]]:
        """Where each attribute of an entry goes and what each rule did, for `transhume map`.

        Raises `SkipItem` as `to_open` does."""
        dn, source, _ = _parts(record)
        made = draft(dn, source)
        done = applied(context, made, source)
        kept = {entry.path for entry in self.to_open(record, context).residue}
        return went(made, source, done, kept), done

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        entry = entry_of(document)
        said, _ = rebuild(entry.dn, entry.attributes)
        whole, findings = put_back(entry.dn, entry.attributes, said, residue)
        return Returned(Record(b"", KIND, AD, {**whole, "dn": entry.dn}), findings)

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


def _parts(record: Record) -> tuple[str, dict[str, tuple[bytes, ...]], dict[str, Value]]:
    """The name, the attributes, and what is neither."""
    dn = record.properties.get("dn")
    if not isinstance(dn, str):
        raise SkipItem("ID-LDIF-05", Text("une entrée sans nom distinctif", "an entry without a distinguished name"))
    source: dict[str, tuple[bytes, ...]] = {}
    strange: dict[str, Value] = {}
    for name, values in record.properties.items():
        if name == "dn":
            continue
        if isinstance(values, tuple) and all(type(value) is bytes for value in values):
            source[name] = values  # type: ignore[assignment]
        else:
            strange[name] = values
    return dn, source, strange


def _findings(
    made: Draft,
    source: Mapping[str, tuple[bytes, ...]],
    residue: Iterable[ResidueEntry],
    context: Context,
    mapped: tuple[Applied, ...],
) -> tuple[Finding, ...]:
    lower = {name.lower(): values for name, values in reversed(list(source.items()))}
    moves = MOVES[made.shape.name]
    seen = frozenset[str]().union(*(each.reads for each in mapped if each.values))  # visible there by the plan's rules
    rest = (e.path for e in residue if e.path.lower() not in moves and e.value != () and not is_derived(e.path))
    left = [path for path in rest if path.lower() not in seen]
    found = losses(made.dn, source, lower, made.shape, left, context.mapping)
    return tuple(dict.fromkeys((*made.findings, *found)))


def entry_of(document: Document) -> LdifRecord:
    """The LDIF record of a document. Raises `SkipItem` where it is none any more."""
    try:
        return parse_record(read_all(document.bodies["content"]))
    except (LdifError, KeyError) as error:
        reason = error.reason if isinstance(error, LdifError) else "no content"
        raise SkipItem(
            "ID-LDIF-01", Text(f"le document n'est pas un enregistrement LDIF : {reason}", f"no LDIF record: {reason}")
        ) from None
