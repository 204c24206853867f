"""Entries of any other directory: they are in their open standard already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from transhumance.connectors.contract import (
    BytesBody,
    Claim,
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
    compare_records,
)
from transhumance.connectors.formats.dn import DnError, parse_dn, rdn_value
from transhumance.connectors.formats.entry import KIND, LDIF, classes_of, is_change, lowered, properties_of, record_of
from transhumance.connectors.formats.ldif import LdifError, LdifRecord, canonical, parse_record, write_record
from transhumance.migrators.identities.ad_codec import entry_of
from transhumance.migrators.identities.claims import claims
from transhumance.migrators.identities.links import links
from transhumance.migrators.identities.losses import SECRETS
from transhumance.migrators.identities.mapping import RULES
from transhumance.migrators.identities.table import DOCUMENT_TABLE, LDIF_TABLE


@dataclass(frozen=True, slots=True)
class LdifCodec:
    """Form `ldif`. The document is the record itself, in one order of attributes; there is no residue."""

    kind: str = KIND
    form: str = LDIF
    standard: str = LDIF
    version: str = "2"
    table: PropertyTable = LDIF_TABLE
    document_table: PropertyTable = DOCUMENT_TABLE
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        entry, text = _written(record)
        document = Document(KIND, LDIF, bodies={"content": BytesBody.of(text)}, name=rdn_value(entry.dn))
        refs = () if is_change(entry) else tuple(links(entry.attributes))
        findings = tuple((*_findings(entry), *_unmapped(entry, context)))
        return Opened(document, (), findings, refs, _claims(entry, context))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        return Returned(Record(b"", KIND, LDIF, properties_of(entry_of(document))))

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


def _claims(entry: LdifRecord, context: Context) -> tuple[Claim, ...]:
    lower = lowered(entry.attributes)
    person = not is_change(entry) and "inetorgperson" in classes_of(lower)
    return tuple(claims(lower, lower, context.mapping)) if person else ()


def _written(record: Record) -> tuple[LdifRecord, bytes]:
    """The record and its bytes. Raises `SkipItem` where it can't be said: an attribute's name that is none."""
    try:
        entry = record_of(record.properties)
        text = write_record(entry if is_change(entry) else canonical(entry))
        parse_record(text)
    except (LdifError, ValueError, TypeError, UnicodeEncodeError, KeyError) as error:
        raise SkipItem(
            "ID-LDIF-05", Text("l'entrée ne se dit pas en LDIF", f"not to be said in LDIF: {error}")
        ) from None
    return entry, text


def _findings(entry: LdifRecord) -> Iterator[Finding]:
    """What a reader must know: bytes that are no text, secrets, changes; by name of attribute only."""
    if is_change(entry):
        yield Finding("ID-CHG-01", entry.changetype)
    try:
        parse_dn(entry.dn)
    except DnError as error:
        yield Finding("ID-DN-02", str(error))
    attributes = dict(entry.attributes) or {mod.attribute: mod.values for mod in entry.mods}
    odd = [name for name, values in attributes.items() if not _binary(name) and not all(map(_utf8, values))]
    if not _utf8(entry.dn.encode("utf-8", "surrogateescape")):
        odd.append("dn")
    if odd:
        yield Finding("ID-TXT-01", ", ".join(sorted(odd)[:20]))
    secret = {name.partition(";")[0].lower(): values for name, values in attributes.items()}.keys() & SECRETS
    hashed = [n for n in secret if n == "userpassword" and all(v.startswith(b"{") for v in _values(attributes, n))]
    if hashed:
        yield Finding("ID-PWD-05", ", ".join(hashed))
    if rest := secret - set(hashed):
        yield Finding("ID-PWD-07", ", ".join(sorted(rest)))


def _unmapped(entry: LdifRecord, context: Context) -> Iterator[Finding]:
    """Rules of the plan are followed for entries of Active Directory; elsewhere their person's entry stays as it is."""
    if context.mapping.get(RULES) and "inetorgperson" in classes_of(lowered(entry.attributes)):
        yield Finding("ID-MAP-04")


def _values(attributes: dict[str, tuple[bytes, ...]], lower: str) -> tuple[bytes, ...]:
    return tuple(v for name, values in attributes.items() if name.partition(";")[0].lower() == lower for v in values)


# attributes that hold bytes by their syntax, whatever their option (RFC 4517, RFC 2798, RFC 4523)
_BYTES = frozenset(
    """jpegphoto photo audio usercertificate cacertificate usersmimecertificate userpkcs12 certificaterevocationlist
    authorityrevocationlist deltarevocationlist crosscertificatepair javaserializeddata objectguid objectsid
    thumbnailphoto ntsecuritydescriptor userpassword krbprincipalkey krbextradata authpassword nsstate""".split()
)


def _binary(name: str) -> bool:
    return name.lower().endswith(";binary") or name.partition(";")[0].lower() in _BYTES


def _utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
