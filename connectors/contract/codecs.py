"""Codecs: pure functions between a form and an open standard, both ways, registered per (kind, form).

The law of the source leg is `from_open(to_open(x)) == x`, by the form's table. A target's form has its codec too:
`from_open` encodes a document for that system and `to_open` decodes what was read back, so the target leg's law is
`to_open(read_back(write(from_open(d)))) == d`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from transhumance.connectors.contract.bodies import sha256_of
from transhumance.connectors.contract.codes import Finding
from transhumance.connectors.contract.compare import Difference, PropertyTable
from transhumance.connectors.contract.manifest import to_json
from transhumance.connectors.contract.model import Container, Document, Link, Record, Subject, Value

RESIDUE_STALE = "GEN-RESIDUE-01"


@dataclass(frozen=True, slots=True)
class Context:
    """What a codec may know beside the item. Frozen and picklable; a codec asks nothing else of the world.

    `timezone`, `territory`: the establishment's, for Windows zones that name several IANA ones. `mapping`: the
    plan's. `directory`: stable ids (`dn`, mail address, SID, X.500 address; lower case) to the subject's id at each
    endpoint, a read-only snapshot.
    """

    subject: Subject | None = None
    container: Container | None = None
    timezone: str = "Europe/Paris"
    territory: str = "FR"
    mapping: Mapping[str, Value] = field(default_factory=dict)
    directory: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def resolve(self, link: Link, endpoint: str) -> str | None:
        """The id at `endpoint` of what a link points to, or None while it is pending."""
        return self.directory.get(link.target.lower(), {}).get(endpoint)


@dataclass(frozen=True, slots=True)
class ResidueEntry:
    """A property that the open standard has no place for.

    `path`: the property of the source form. `part`: the part of the document that it completes (`meta`, `content`, or
    a name that the codec gives); `digest`: that part's digest when the entry was made. If the part was edited since,
    the entry is dropped on the way back with the finding GEN-RESIDUE-01, never pasted blindly. `kind`: `part` ties it
    to the part, `item` to the item as such (an id of the source that stays true whatever was edited).
    """

    path: str
    value: Value
    part: str = "content"
    digest: str = ""
    kind: str = "part"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one owner alone can have of a kind (a mail address, a log-in name), its value folded as it is compared.

    `told`: the loss code of every item whose claim another one has too. `held`: that of an item that a target can't
    take because of it, for a target that says so (`Unique`)."""

    kind: str
    value: str
    told: str
    held: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What `to_open` gives: the document, the residue, the losses found, the links to other items, and what the item
    claims for its owner alone."""

    document: Document
    residue: tuple[ResidueEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    refs: tuple[Link, ...] = ()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Returned:
    """What `from_open` gives: the record, and what had to be dropped or guessed."""

    record: Record
    findings: tuple[Finding, ...] = ()


class Codec(Protocol):
    """A pair of pure functions for one (kind, form), with its tables.

    `version` is part of the recipe: another version makes an item stale, so it changes whenever an outcome may.
    `kind` may be `*`. `table` classes the form's properties, `document_table` the document's. `carries_residue`: the
    form has a place for the residue itself (the archive's). Both functions raise `SkipItem` for an item that can't be
    said, and nothing else.
    """

    kind: str
    form: str
    standard: str
    version: str
    table: PropertyTable
    document_table: PropertyTable
    carries_residue: bool

    def to_open(self, record: Record, context: Context) -> Opened:
        """The record in its open standard."""
        ...

    def from_open(self, document: Document, residue: tuple[ResidueEntry, ...], context: Context) -> Returned:
        """The record again. An empty residue must be accepted: that is how a grade is told from the other."""
        ...

    def compare(self, a: Record, b: Record) -> tuple[Difference, ...]:
        """What differs by the form's table; most codecs call `compare_records`."""
        ...


def part_digest(value: Value | bytes) -> str:
    """The digest of a part of a document, given as bytes or as a plain value."""
    if not isinstance(value, bytes):  # lone surrogates are kept, as in manifests
        value = json.dumps(to_json(value), sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hashlib.sha256(value).hexdigest()[:32]


def document_digest(document: Document) -> str:
    """The digest of a whole document: standard, meta and the SHA-256 of each body."""
    bodies = {name: sha256_of(body) for name, body in document.bodies.items()}
    head = {"kind": document.kind, "standard": document.standard, "meta": to_json(document.meta), "bodies": bodies}
    return hashlib.sha256(
        json.dumps(head, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ).hexdigest()


def complete(
    properties: Mapping[str, Value], parts: Mapping[str, str], place: Mapping[str, str] | str = "content"
) -> tuple[ResidueEntry, ...]:
    """Residue entries for these properties, each tied to its part's digest. `place`: the part, for all or by
    property."""
    part_of = place if isinstance(place, Mapping) else dict.fromkeys(properties, place)
    return tuple(
        ResidueEntry(path, value, part_of[path], parts[part_of[path]]) for path, value in sorted(properties.items())
    )


def usable_residue(
    residue: Iterable[ResidueEntry], parts: Mapping[str, str]
) -> tuple[dict[str, Value], tuple[Finding, ...]]:
    """The residue whose parts are as they were, by property, and a finding for each entry that had to be dropped."""
    kept: dict[str, Value] = {}
    dropped: list[Finding] = []
    for entry in residue:
        if entry.kind == "item" or parts.get(entry.part) == entry.digest:
            kept[entry.path] = entry.value
        else:
            dropped.append(Finding(RESIDUE_STALE, entry.path))
    return kept, tuple(dropped)
