"""Users, groups and inventory of Entra ID as LDIF entries of standard classes, and back.

An object becomes the entry of Active Directory that it would be (`entra_entry`), and that becomes a standard entry, as
any of Active Directory does: a person has the same shape whichever of the two directories it came from. The residue is
of two kinds: attributes of Active Directory by their names (what standard classes have no place for: the principal
name, the SID, X.500 addresses, extension attributes), and `graph/NAME`, a property of Graph that even those do not
say (`graph-ends/NAME`: what a link says of its other ends beside their DNs). Conditional access policies and
applications are inventory: their names and descriptions, with a named loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

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
    usable_residue,
)
from transhumance.connectors.formats.dn import rdn_value
from transhumance.connectors.formats.entry import KIND, LDIF
from transhumance.connectors.formats.graph_entry import FORM, PREFIX, Json
from transhumance.connectors.formats.ldif import LdifError, LdifRecord, canonical, parse_record, write_record
from transhumance.migrators.identities.ad_codec import entry_of
from transhumance.migrators.identities.build import Draft, draft
from transhumance.migrators.identities.forms.entra_entry import (
    PLACES,
    attributes_of,
    ends_of,
    graph_of,
    links_back,
)
from transhumance.migrators.identities.forms.entra_table import ENTRA_TABLE
from transhumance.migrators.identities.links import links
from transhumance.migrators.identities.losses import losses
from transhumance.migrators.identities.rebuild import rebuild
from transhumance.migrators.identities.remainder import part_of, put_back, remainder
from transhumance.migrators.identities.standard import GROUP as GROUP_SHAPE
from transhumance.migrators.identities.standard import MOVES, PERSON
from transhumance.migrators.identities.table import DOCUMENT_TABLE, is_derived

OWN, ENDS = "graph/", "graph-ends/"
_LINKS = {"manager": "manager", "members": "member"}
_TYPE = "@odata.type"
_INVENTORY = {PREFIX + "conditionalAccessPolicy": "ID-CA-01", PREFIX + "servicePrincipal": "ID-APP-01"}
# what Entra itself keeps of an object, or what another code tells
_PLUMBING = frozenset(
    """@odata.type id onPremisesImmutableId onPremisesDistinguishedName onPremisesDomainName onPremisesSyncEnabled
    onPremisesSecurityIdentifier onPremisesSamAccountName userPrincipalName mailNickname mailEnabled securityEnabled
    groupTypes membershipRule membershipRuleProcessingState userType creationType externalUserState accountEnabled
    createdDateTime passwordPolicies registeredMethods manager members displayName
    resourceProvisioningOptions""".split()
)


@dataclass(frozen=True, slots=True)
class EntraCodec:
    """Form `graph-json`: see the module's page."""

    kind: str = KIND
    form: str = FORM
    standard: str = LDIF
    version: str = "1"
    table: PropertyTable = ENTRA_TABLE
    document_table: PropertyTable = DOCUMENT_TABLE
    carries_residue: bool = False

    def to_open(self, record: Record, context: Context) -> Opened:
        item = record.properties
        dn, source = attributes_of(item, context.container.path[0] if context.container else "")
        made = draft(dn, source)
        entry = canonical(LdifRecord(dn, made.finished()))
        content = _written(entry)
        alone, origin = rebuild(dn, entry.attributes)
        theirs = remainder(dict(source), made, entry.attributes, alone, origin)
        ours = _beside(item, dn, source, entry, made.shape.name)
        document = Document(KIND, LDIF, bodies={"content": BytesBody.of(content)}, name=rdn_value(dn))
        found = tuple(dict.fromkeys(_findings(item, made, source, theirs, ours, context)))
        return Opened(document, (*theirs, *ours), found, tuple(links(source)))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        entry = entry_of(document)
        alone, _ = rebuild(entry.dn, entry.attributes)
        ours = [part for part in residue if part.path.startswith((OWN, ENDS))]
        theirs = [part for part in residue if part not in ours]
        whole, findings = put_back(entry.dn, entry.attributes, alone, theirs)
        parts = {part.part: part_of(entry.dn, entry.attributes, part.part) for part in ours if part.kind != "item"}
        kept, dropped = usable_residue(ours, parts)
        item = _put_together(entry.dn, whole, kept)
        return Returned(Record(b"", KIND, FORM, item), (*findings, *dropped))

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        """Null is the same as absent."""
        return compare_records(_without_null(a), _without_null(b), self.table)


def _without_null(record: Record) -> Record:
    said = {name: value for name, value in record.properties.items() if value is not None}
    return replace(record, properties=said)


def _written(entry: LdifRecord) -> bytes:
    try:
        text = write_record(entry)
        parse_record(text)
    except (LdifError, ValueError) as error:
        raise SkipItem(
            "ID-LDIF-05", Text("l'objet ne se dit pas en LDIF", f"the object can't be said in LDIF: {error}")
        ) from None
    return text


# --- what even Active Directory's attributes do not say


def _beside(
    item: Mapping[str, Any], dn: str, source: Mapping[str, tuple[bytes, ...]], entry: LdifRecord, shape: str
) -> tuple[ResidueEntry, ...]:
    bare = _bare(dn, source, _kind(source.get("objectClass")))
    out = []
    for name in sorted(item.keys() | bare.keys()):
        path, value = OWN + name, item.get(name)
        if name in _LINKS and _LINKS[name] in source:
            path, value = ENDS + name, ends_of([item[name]] if name == "manager" else item[name])
        elif name in item and name in bare and _same(value, bare[name]):
            continue
        move = MOVES[shape].get(PLACES.get(name, ""))
        if move is None:
            out.append(ResidueEntry(path, value, kind="item"))
        else:
            part = move.target.lower()
            out.append(ResidueEntry(path, value, part, part_of(dn, entry.attributes, part)))
    return tuple(out)


def _bare(dn: str, attributes: Mapping[str, Value], kind: str) -> Json:
    """The object by its attributes alone; nothing of a value that is no text."""
    try:
        return graph_of(dn, attributes, kind)
    except ValueError:
        return {_TYPE: kind}


def _kind(classes: Value) -> str:
    """The type of an object by its class."""
    last = classes[-1] if isinstance(classes, tuple) and classes else b""
    name = last.decode("utf-8", "replace") if isinstance(last, bytes) else ""
    return PREFIX + (name or "directoryObject")


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and bool(a == b)


def _put_together(dn: str, whole: Mapping[str, Value], kept: Mapping[str, Value]) -> dict[str, Value]:
    item = _bare(dn, whole, _kind(whole.get("objectClass")))
    for name in _LINKS:
        if name in item:
            ends = kept.get(ENDS + name, ())
            made = links_back(item[name], list(map(str, ends)) if isinstance(ends, list | tuple) else ())
            item[name] = made[0] if name == "manager" else made
    for path, value in kept.items():
        if path.startswith(OWN):
            item[path.removeprefix(OWN)] = value
    return {name: value for name, value in item.items() if value is not None}


# --- losses


def _findings(
    item: Mapping[str, Any],
    made: Draft,
    source: Mapping[str, tuple[bytes, ...]],
    theirs: tuple[ResidueEntry, ...],
    ours: tuple[ResidueEntry, ...],
    context: Context,
) -> Iterator[Finding]:
    yield from made.findings
    if made.shape not in (PERSON, GROUP_SHAPE):
        kind = str(item.get(_TYPE, ""))
        detail = "" if kind in _INVENTORY else kind.removeprefix(PREFIX)[:64]
        yield Finding(_INVENTORY.get(kind, "ID-CLS-02"), detail)
        return
    lower = {name.lower(): values for name, values in source.items()}
    if made.shape is PERSON and _is_guest(item):
        lower["userprincipalname"] = (b"#EXT#",)
    moves = MOVES[made.shape.name]
    left = [e.path for e in theirs if e.path.lower() not in moves and e.value != () and not is_derived(e.path)]
    left += [
        name
        for e in ours
        if e.path.startswith(OWN) and e.value is not None and (name := e.path.removeprefix(OWN)) not in _PLUMBING
    ]
    for finding in losses(made.dn, source, lower, made.shape, left, context.mapping):
        if finding.code != "ID-NAM-05" or "userPrincipalName" in source:
            yield finding
    if item.get("membershipRule"):
        yield Finding("ID-GRP-07", "membershipRule")
    groups = item.get("groupTypes")
    if isinstance(groups, list | tuple) and "Unified" in groups:
        team = item.get("resourceProvisioningOptions")
        yield Finding("ID-GRP-11", "Team" if isinstance(team, list | tuple) and "Team" in team else "")
    methods = item.get("registeredMethods")
    if isinstance(methods, list | tuple) and methods:
        yield Finding("ID-MFA-01", ", ".join(sorted(map(str, methods)))[:400])


def _is_guest(item: Mapping[str, Any]) -> bool:
    return item.get("userType") == "Guest" or "#EXT#" in str(item.get("userPrincipalName")).upper()
