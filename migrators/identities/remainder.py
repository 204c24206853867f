"""The residue of an entry of Active Directory: what its standard entry does not give back, and nothing more.

An attribute's residue is a tuple with one atom a value: bytes are the value itself; a text `mail/0` is the value that
the document holds there; a number is that one of the values which the document alone gives of the attribute; a pair is
what a value of the document lacks, and that value: bytes that stand before it, the code page that it was in, or the
places of its capitals. An empty tuple says that the source had no such
attribute although the document alone would give one. `userAccountControl` is a number, its bits but the one that the
document says (disabled). An entry whose attribute has a place in the document is tied to that part of it; the others
stay true whatever was edited (`kind="item"`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from transhumance.connectors.contract import Finding, ResidueEntry, Value, part_digest, usable_residue
from transhumance.connectors.contract.codecs import RESIDUE_STALE
from transhumance.connectors.formats.ldif import Attributes
from transhumance.migrators.identities.build import DISABLED, Draft, capital
from transhumance.migrators.identities.rebuild import Said
from transhumance.migrators.identities.standard import MOVES
from transhumance.migrators.identities.table import is_derived, is_volatile
from transhumance.migrators.identities.values import LOCKED_FOR_GOOD, is_number

UAC = "useraccountcontrol"


def part_of(dn: str, attributes: Attributes, part: str) -> str:
    """The digest of a part of the document: its name, or one attribute's values in order."""
    if part == "dn":
        return part_digest(dn.encode("utf-8", "surrogateescape"))
    values = next((v for name, v in attributes.items() if name.lower() == part), ())
    return part_digest(b"".join(len(value).to_bytes(8, "big") + value for value in values))


def remainder(
    source: Mapping[str, Value], made: Draft, attributes: Attributes, said: Said, origin: Mapping[str, str]
) -> tuple[ResidueEntry, ...]:
    """What is left of the source (its properties but `dn`) beside what the document alone says."""
    kept: dict[str, Value] = {}
    for name, values in source.items():
        if said.get(name) != values and not is_volatile(name):
            kept[name] = _left(name, values, made, said.get(name, ()))
    kept |= {name: () for name in said if name not in source and not is_derived(name)}
    moves = MOVES[made.shape.name]
    out = []
    for name, value in sorted(kept.items()):
        move = moves.get("member" if name.lower().startswith("member;range=") else name.lower())
        part = move.target.lower() if move else origin.get(name, "")
        if part in ("", "objectclass") or isinstance(value, int):
            out.append(ResidueEntry(name, value, kind="item"))
        else:
            out.append(ResidueEntry(name, value, part, part_of(made.dn, attributes, part)))
    return tuple(out)


def _left(name: str, values: Value, made: Draft, given: tuple[bytes, ...]) -> Value:
    if name.lower() == UAC and UAC in MOVES[made.shape.name] and isinstance(values, tuple) and len(values) == 1:
        value = values[0]
        if isinstance(value, bytes) and is_number(value) and int(value) >= 0:
            return int(value) & ~DISABLED
    atoms = made.atoms.get(name, values)
    if given and isinstance(atoms, tuple):
        return tuple(given.index(atom) if isinstance(atom, bytes) and atom in given else atom for atom in atoms)
    return atoms


def put_back(
    dn: str, attributes: Attributes, said: Said, residue: Iterable[ResidueEntry]
) -> tuple[dict[str, Value], tuple[Finding, ...]]:
    """The source's properties: what the document says, completed by the residue whose parts are as they were."""
    held = tuple(residue)
    parts = {entry.part: part_of(dn, attributes, entry.part) for entry in held if entry.kind != "item"}
    kept, dropped = usable_residue(held, parts)
    whole: dict[str, Value] = {**said}
    lower = {name.lower(): values for name, values in attributes.items()}
    lost = []
    for name, value in kept.items():
        try:
            whole[name] = _value(name, value, lower, said.get(name, ()))
        except (LookupError, ValueError, TypeError):
            lost.append(Finding(RESIDUE_STALE, name))
            continue
        if whole[name] == ():
            del whole[name]
    return whole, (*dropped, *lost)


def _value(name: str, value: Value, attributes: Mapping[str, tuple[bytes, ...]], given: tuple[bytes, ...]) -> Value:
    if name.lower() == UAC and isinstance(value, int):
        locked = LOCKED_FOR_GOOD in attributes.get("pwdaccountlockedtime", ())
        return (str(value | DISABLED * locked).encode(),)
    if not isinstance(value, list | tuple):
        return value
    return tuple(given[atom] if isinstance(atom, int) else _atom(atom, attributes) for atom in value)


def _atom(atom: Value, attributes: Mapping[str, tuple[bytes, ...]]) -> Value:
    if isinstance(atom, str):
        name, _, at = atom.rpartition("/")
        return attributes[name][int(at)]
    if isinstance(atom, list | tuple) and len(atom) == 2 and isinstance(atom[1], str):
        return _completed(atom[0], cast(bytes, _atom(atom[1], attributes)))
    return atom


def _completed(lacks: Value, value: bytes) -> bytes:
    if isinstance(lacks, bytes):
        return lacks + value
    if isinstance(lacks, str):
        return value.decode().encode(lacks)
    return capital(value.decode(), cast("tuple[int, ...]", lacks)).encode()
