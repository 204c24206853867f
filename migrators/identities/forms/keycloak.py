"""Users and groups of Keycloak as LDIF entries, and back.

A person becomes a user, a group a group, an organisational unit a group that only stands for it. `username`, `email`,
`firstName`, `lastName`, `enabled` and the id are Keycloak's own fields (`uid`, `mail`, `givenName`, `sn`,
`pwdAccountLockedTime`, `entryUUID`); every other attribute of the entry is an attribute of the same name, or lies in
`trh.rest` where its values are no plain text. What is longer than Keycloak saves is left out and named. Secrets are
never carried.

The codec reads Keycloak too. What a user or group has beside its entry is the residue: entries `kc:NAME` hold what the
entry alone would give otherwise, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transhumance.connectors.contract import (
    BytesBody,
    Context,
    Difference,
    Document,
    Finding,
    Opened,
    PropertyClass,
    PropertyTable,
    Record,
    ResidueEntry,
    Returned,
    SkipItem,
    Value,
    compare_records,
    part_digest,
    read_all,
    usable_residue,
)
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.dn import rdn_value
from transhumance.connectors.formats.entry import LDIF
from transhumance.connectors.formats.ldif import LdifRecord, canonical, write_record
from transhumance.migrators.identities.ad_codec import entry_of
from transhumance.migrators.identities.forms.keycloak_entry import entry_for
from transhumance.migrators.identities.forms.keycloak_made import made_of
from transhumance.migrators.identities.forms.keycloak_table import KEYCLOAK_TABLE
from transhumance.migrators.identities.links import links
from transhumance.migrators.identities.table import DOCUMENT_TABLE

_OWN = "kc:"
# what stays true of a user or group whatever was edited in its entry
_FREE = frozenset(
    """requiredActions credentials federationLink realmRoles clientRoles groups path createdTimestamp emailVerified
    base""".split()
)


@dataclass(frozen=True, slots=True)
class KeycloakCodec:
    """Form `keycloak-user`: see the module's page and `connectors.formats.keycloak` for names and limits."""

    kind: str = kc.KIND
    form: str = kc.FORM
    standard: str = LDIF
    version: str = "1"
    table: PropertyTable = KEYCLOAK_TABLE
    document_table: PropertyTable = DOCUMENT_TABLE
    carries_residue: bool = True

    def to_open(self, record: Record, context: Context) -> Opened:
        entry = canonical(entry_for(record.properties))
        text = write_record(entry)
        document = Document(kc.KIND, LDIF, bodies={"content": BytesBody.of(text)}, name=rdn_value(entry.dn))
        alone = _alone(entry)
        residue = tuple(_beside(record.properties, alone, part_digest(text)))
        return Opened(document, residue, tuple(_findings(record.properties)), tuple(links(entry.attributes)))

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        entry = entry_of(document)
        own = [part for part in residue if part.path.startswith(_OWN)]
        made = made_of(entry, [part for part in residue if not part.path.startswith(_OWN)], context.mapping)
        properties, findings = dict(made.properties), list(made.findings)
        if own:
            kept, dropped = usable_residue(own, {"content": part_digest(read_all(document.bodies["content"]))})
            findings += dropped
            for path, value in kept.items():
                properties[path.removeprefix(_OWN)] = _tuples(value)
        said = {name: value for name, value in properties.items() if value is not None}
        return Returned(Record(b"", kc.KIND, kc.FORM, said), tuple(findings))

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        return compare_records(a, b, self.table)


def _alone(entry: LdifRecord) -> Mapping[str, Any]:
    """What the entry gives by itself; nothing where it could not be written again as it is."""
    try:
        return made_of(entry, ()).properties
    except SkipItem:
        return {}


def _beside(said: Mapping[str, Value], alone: Mapping[str, Any], digest: str) -> Iterator[ResidueEntry]:
    """What the entry alone does not give back, as it is; None for what it would give and is not there."""
    for name in sorted(said.keys() | alone.keys()):
        if said.get(name) != alone.get(name) and KEYCLOAK_TABLE.of(name) is not PropertyClass.DERIVED:
            free = name in _FREE or name.startswith(kc.ATTRIBUTES + kc.OURS)
            value = said.get(name)
            if free:
                yield ResidueEntry(_OWN + name, value, kind="item")
            else:
                yield ResidueEntry(_OWN + name, value, digest=digest)


def _findings(said: Mapping[str, Any]) -> Iterator[Finding]:
    """What a directory would not have of a user: log-ins by other means, roles, what is still to be done."""
    kinds = {str(kind) for kind in said.get("credentials", ())}
    if "password" in kinds:
        yield Finding("ID-PWD-01")
    if others := sorted(kinds - {"password"}):
        yield Finding("ID-MFA-01", ", ".join(others))
    if roles := said.get("realmRoles"):
        yield Finding("ID-ROL-01", ", ".join(sorted(map(str, roles)))[:400])
    if link := said.get("federationLink"):
        yield Finding("ID-PWD-02", str(link))


def _tuples(value: Value) -> Value:
    """Lists as tuples: JSON has no tuples."""
    if isinstance(value, list | tuple):
        return tuple(map(_tuples, value))
    if isinstance(value, Mapping):
        return {name: _tuples(inner) for name, inner in value.items()}
    return value
