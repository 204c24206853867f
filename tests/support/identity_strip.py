"""What the residue of a directory entry must not hold: anything that its document says of the same attribute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transhumance.connectors.contract import Context, Opened, Record, Value
from transhumance.connectors.formats.ldif import parse_record
from transhumance.migrators.identities import CODECS
from transhumance.migrators.identities.build import draft
from transhumance.migrators.identities.standard import MOVES

AD = CODECS[0]


def strip(record: Record, opened: Opened) -> list[str]:
    """What the residue of an entry of Active Directory holds without need, as sentences; empty when it is right.

    1. No attribute that the document alone gives back. 2. No value that the document alone gives of that attribute.
    3. No text, in whatever code page (a log-in name: in whatever case), that the attribute's own place in the document
    holds. 4. No large value that the document holds anywhere."""
    bare = AD.from_open(opened.document, (), Context()).record.properties
    places, folded = _places(record, opened)
    anywhere = {value for values in parse_record(_content(opened)).attributes.values() for value in values}
    found = []
    for entry in opened.residue:
        own = set(literals(entry.value))
        if bare.get(entry.path) == record.properties.get(entry.path):
            found.append(f"{entry.path}: the document alone gives it")
        if own & set(literals(bare.get(entry.path, ()))):
            found.append(f"{entry.path}: a value that the document gives")
        said = {t for value in own for t in texts(value)}
        if entry.path.lower() in folded:
            said |= {text.lower() for text in said}
        if said & places.get(entry.path.lower(), frozenset()):
            found.append(f"{entry.path}: a text that the document holds in its place")
        if any(len(value) > 64 and value in anywhere for value in own):
            found.append(f"{entry.path}: a large value that the document holds")
    return found


def _content(opened: Opened) -> bytes:
    with opened.document.bodies["content"].open() as stream:
        return stream.read()


def _places(record: Record, opened: Opened) -> tuple[Mapping[str, frozenset[str]], frozenset[str]]:
    """For each attribute that has a place in the document, the texts that lie there; and those that lose their case."""
    source = {k: v for k, v in record.properties.items() if k != "dn"}
    shape = draft(str(record.properties["dn"]), source).shape  # type: ignore[arg-type]
    held = {n.lower(): values for n, values in parse_record(_content(opened)).attributes.items()}
    moves = MOVES[shape.name]
    there = {
        name: frozenset(t for value in held.get(move.target.lower(), ()) for t in texts(value))
        for name, move in moves.items()
    }
    return there, frozenset(name for name, move in moves.items() if move.how == "login")


def literals(value: Value) -> Iterator[bytes]:
    """The bytes that a residue's value holds itself."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from literals(inner)


def texts(value: bytes) -> Iterator[str]:
    """The texts that bytes may be."""
    if value:
        yield value.decode("latin-1")
        yield value.decode("cp1252", "replace")
        yield value.decode("utf-8", "replace")


def size(value: Value) -> int:
    """How many bytes a value holds itself."""
    return sum(map(len, literals(value)))
