"""Entries of LDAP servers: their open standard already, with what an entry was at its source in the auxiliary class
transhumanceOrigin (`connectors/ldap/schema`).

From a document and the residue of Active Directory, `from_open` fills that class; `to_open` takes it off again, so that
the document is the one that came. What of it follows from the document itself (the id, the name, the time of creation)
is not compared; the rest comes back as residue under the names of Active Directory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Difference,
    Document,
    Opened,
    PropertyClass,
    PropertyTable,
    Record,
    ResidueEntry,
    Returned,
    Value,
    compare_records,
)
from transhumance.connectors.formats.dn import dn_key, rdn_value
from transhumance.connectors.formats.entry import KIND, LDIF, is_change, properties_of
from transhumance.connectors.formats.ldif import LdifRecord, canonical, write_record
from transhumance.migrators.identities.ad_codec import entry_of
from transhumance.migrators.identities.ldif_codec import LdifCodec
from transhumance.migrators.identities.rebuild import rebuild
from transhumance.migrators.identities.remainder import put_back
from transhumance.migrators.identities.table import DOCUMENT_TABLE
from transhumance.migrators.identities.values import is_ia5, is_number, is_text

FORM = "ldap-entry"
ORIGIN = b"transhumanceOrigin"
Values = tuple[bytes, ...]
Turn = Callable[[bytes], bytes | None]


def sid_text(sid: bytes) -> bytes | None:
    """`S-1-5-21-...` of a SID's bytes (MS-DTYP 2.4.2.1); None where they are not one in its usual form."""
    if len(sid) < 8 or sid[0] != 1 or len(sid) != 8 + 4 * sid[1]:
        return None
    above = int.from_bytes(sid[2:8], "big")
    parts = [int.from_bytes(sid[at : at + 4], "little") for at in range(8, len(sid), 4)]
    shown = str(above) if above < 1 << 32 else f"0x{above:012X}"
    return "-".join(("S-1", shown, *map(str, parts))).encode()


def sid_bytes(text: bytes) -> bytes | None:
    """The bytes of such a text; None where it is not one."""
    try:
        mark, one, above, *parts = text.decode("ascii").split("-")
        numbers = [int(part) for part in parts]
        if mark.upper() != "S" or one != "1" or len(numbers) > 15:
            return None
        head = bytes((1, len(numbers))) + int(above, 0).to_bytes(6, "big")
        return head + b"".join(number.to_bytes(4, "little") for number in numbers)
    except (ValueError, OverflowError):
        return None


def _if(fits: Callable[[bytes], bool]) -> Turn:
    return lambda value: value if value and fits(value) else None


def _fits_text(value: bytes) -> bool:
    return is_text(value) and b"\0" not in value


_TEXT, _NUMBER = _if(_fits_text), _if(is_number)
KEPT: tuple[tuple[str, str, Turn, Turn], ...] = (  # at Active Directory, in the class, there, and back
    ("objectSid", "trhObjectSid", sid_text, sid_bytes),
    ("sIDHistory", "trhSidHistory", sid_text, sid_bytes),
    ("sAMAccountName", "trhSamAccountName", _TEXT, _TEXT),
    ("userPrincipalName", "trhUPN", _TEXT, _TEXT),
    ("userAccountControl", "trhUserAccountControl", _NUMBER, _NUMBER),
    ("groupType", "trhGroupType", _NUMBER, _NUMBER),
    ("primaryGroupID", "trhPrimaryGroupID", _NUMBER, _NUMBER),
    ("proxyAddresses", "trhProxyAddress", _TEXT, _TEXT),
    ("legacyExchangeDN", "trhLegacyExchangeDN", _TEXT, _TEXT),
)
_SAME = {"entryuuid": "trhObjectGUID", "createtimestamp": "trhWhenCreated"}  # the document says these itself
_DERIVED = ("trhObjectGUID", "trhSourceDN", "trhWhenCreated", "trhRpps", "trhGidNumber")
TABLE = PropertyTable(
    FORM,
    (
        *((name, PropertyClass.DERIVED, "follows from the document or the source's residue") for name in _DERIVED),
        *((name, PropertyClass.DERIVED, "the entry's key at its server") for name in ("entryUUID", "entryuuid")),
        *((name, PropertyClass.DERIVED, "written by the server") for name in ("createTimestamp", "createtimestamp")),
        (
            "*",
            PropertyClass.CONTENT,
            "every attribute, and the name (dn); the values of one are a set (RFC 4511, 4.1.7)",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class LdapCodec:
    """Form `ldap-entry`."""

    kind: str = KIND
    form: str = FORM
    standard: str = LDIF
    version: str = "1"
    table: PropertyTable = TABLE
    document_table: PropertyTable = DOCUMENT_TABLE
    carries_residue: bool = True

    def to_open(self, record: Record, context: Context) -> Opened:
        opened = LdifCodec().to_open(record, context)
        entry = entry_of(opened.document)
        if is_change(entry):
            return opened
        bare, residue = _without_origin(entry)
        if bare == entry:
            return opened
        text = write_record(canonical(bare))
        document = Document(KIND, LDIF, bodies={"content": BytesBody.of(text)}, name=rdn_value(bare.dn))
        return Opened(document, residue, opened.findings, opened.refs)

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        entry = entry_of(document)
        if is_change(entry):
            return Returned(Record(b"", KIND, FORM, properties_of(entry)))
        origin = _origin(entry, residue, context)
        attributes = {**entry.attributes, **origin}
        own = next((name for name in attributes if name.lower() == "objectclass"), "objectClass")
        attributes[own] = (*attributes.get(own, ()), ORIGIN)
        return Returned(Record(b"", KIND, FORM, properties_of(LdifRecord(entry.dn, attributes))))

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(_as_sets(a), _as_sets(b), self.table)


def _as_sets(record: Record) -> Record:
    """Values in one order, the class that only carries the origin left out."""
    said: dict[str, Value] = {}
    for name, values in record.properties.items():
        if isinstance(values, tuple) and all(isinstance(value, bytes) for value in values):
            kept = [v for v in values if not (name.lower() == "objectclass" and v == ORIGIN)]
            said[name] = tuple(sorted(kept))  # type: ignore[type-var]
        else:
            said[name] = values
    return replace(record, properties=said)


def _origin(entry: LdifRecord, residue: tuple[ResidueEntry, ...], context: Context) -> dict[str, Values]:
    """What the class is to hold of this entry."""
    made: dict[str, Values] = {}
    if is_text(raw := entry.dn.encode("utf-8", "surrogateescape")) and raw:
        made["trhSourceDN"] = (raw,)
    for name, values in entry.attributes.items():
        if (place := _SAME.get(name.lower())) and len(values) == 1 and is_ia5(values[0]):
            made[place] = values
    if not residue:
        return made
    said, _ = rebuild(entry.dn, entry.attributes)
    whole, _ = put_back(entry.dn, entry.attributes, said, residue)
    held = {item.path for item in residue}
    for source, place, turn, _ in KEPT:
        if source in held and (turned := _turned(whole.get(source), turn)):
            made[place] = turned
    if b"groupOfNames" in next((v for n, v in entry.attributes.items() if n.lower() == "objectclass"), ()):
        if number := _turned(whole.get("gidNumber"), _NUMBER):
            made["trhGidNumber"] = number
    wanted = context.mapping.get("rpps")
    if isinstance(wanted, str) and (numbers := _turned(_named(whole, wanted), _if(is_ia5))):
        made["trhRpps"] = numbers
    return made


def _named(whole: Mapping[str, Value], name: str) -> Value:
    return next((values for own, values in whole.items() if own.lower() == name.lower()), None)


def _turned(values: Value, turn: Turn) -> Values:
    """All of the values turned, or nothing: half of an attribute is worse than none."""
    if not isinstance(values, tuple):
        return ()
    turned = tuple(turn(value) if isinstance(value, bytes) else None for value in values)
    whole = tuple(value for value in turned if value is not None)
    return whole if len(whole) == len(values) == len(set(whole)) else ()


def _without_origin(entry: LdifRecord) -> tuple[LdifRecord, tuple[ResidueEntry, ...]]:
    """The entry without the class, and what the class said of it as residue."""
    lower = {name.lower(): values for name, values in entry.attributes.items()}
    residue = tuple(
        ResidueEntry(source, values, kind="item")
        for source, place, _, back in KEPT
        if (values := _turned(lower.get(place.lower()), back))
    )
    given = {"trhObjectGUID": "entryUUID", "trhWhenCreated": "createTimestamp"}
    attributes: dict[str, Values] = {}
    for name, values in entry.attributes.items():
        if name.lower() == "objectclass":
            attributes[name] = tuple(value for value in values if value.lower() != ORIGIN.lower())
        elif not name.lower().startswith("trh"):
            attributes[name] = values
    for place, name in given.items():
        if place.lower() in lower:
            own = next((each for each in attributes if each.lower() == name.lower()), name)
            attributes[own] = lower[place.lower()]
    spelt = lower.get("trhsourcedn", (b"",))[0].decode("utf-8", "surrogateescape")
    same = spelt and dn_key(spelt) == dn_key(entry.dn)
    return LdifRecord(spelt if same else entry.dn, attributes), residue
