"""The standard entry that an entry of Active Directory becomes, and where each of its values went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from transhumance.connectors.contract import Finding
from transhumance.connectors.formats.dn import Ava, DnError, parse_rdn, rdn_value, split_dn
from transhumance.connectors.formats.entry import Lower, classes_of, guid_text
from transhumance.connectors.formats.ldif import Attributes
from transhumance.migrators.identities.standard import (
    GROUP,
    NOBODY,
    PERSON,
    POSIX,
    POSIX_MUST,
    TARGETS,
    Move,
    Shape,
    shape_of,
)
from transhumance.migrators.identities.values import (
    LOCKED_FOR_GOOD,
    filetime_to_time,
    is_ia5,
    is_number,
    is_text,
)

Atom = bytes | str | tuple[bytes | str | tuple[int, ...], str]
"""Where a value is: a text `mail/0` is a value of the document; a pair is what that value lacks and the value (bytes
before it, its code page, the places of its capitals); bytes are the value itself, which the document does not hold."""

DISABLED = 0x2


@dataclass(slots=True)
class Draft:
    """A document being made. `attributes`: lower-case name to the name and its values. `atoms`: for each attribute of
    the source that has a place, where each of its values is."""

    dn: str
    shape: Shape
    attributes: dict[str, tuple[str, list[bytes]]] = field(default_factory=dict)
    atoms: dict[str, tuple[Atom, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _seen: dict[tuple[str, bytes], int] = field(default_factory=dict)

    def put(self, name: str, value: bytes) -> str | None:
        """Gives a value a place, once; returns where, or None where only another spelling of it is there already
        (values are a set, and most are matched without case)."""
        lower = name.lower()
        _, values = self.attributes.setdefault(lower, (name, []))
        folded = value.lower() if len(value) < 1024 else value
        at = self._seen.setdefault((lower, folded), len(values))
        if at == len(values):
            values.append(value)
        return f"{lower}/{at}" if values[at] == value else None

    def has(self, lower: str) -> bool:
        return bool(self.attributes.get(lower, ("", []))[1])

    def told(self, code: str, detail: str = "") -> None:
        finding = Finding(code, detail)
        if code and finding not in self.findings:
            self.findings.append(finding)

    def finished(self) -> Attributes:
        """The attributes that got a value."""
        return {name: tuple(values) for name, values in self.attributes.values() if values}


def draft(dn: str, source: Mapping[str, tuple[bytes, ...]]) -> Draft:
    """The standard entry for the attributes of one of Active Directory."""
    spelt: dict[str, list[str]] = {}  # a file may write one attribute in two ways
    for name in source:
        lower_name = name.lower()
        # part of a list of members (MS-ADTS 3.1.1.3.1.3.3): members too, though not all of them
        spelt.setdefault("member" if lower_name.startswith("member;range=") else lower_name, []).append(name)
    lower = {name: source[ways[0]] for name, ways in spelt.items()}
    made = Draft(dn, shape_of(classes_of(lower), b"TRUE" in lower.get("isdeleted", ())))
    posix = _posix_stands(made.shape, lower)
    for move in made.shape.moves:
        if posix or move.source.lower() not in POSIX:
            for name in spelt.get(move.source.lower(), ()):
                _WAYS[move.how](made, move, name, source[name])
    _name_it(made)
    _classes(made, posix)
    return made


def _posix_stands(shape: Shape, lower: Lower) -> bool:
    """Whether the account can be a posixAccount: all that this class must have is there (RFC 2307)."""
    if shape is not PERSON or "samaccountname" not in lower:
        return False
    wanted = [move for move in shape.moves if move.target in POSIX_MUST]
    values = [lower.get(move.source.lower(), ()) for move in wanted]
    return all(len(v) == 1 and move.fits(v[0]) for move, v in zip(wanted, values, strict=True))


# --- ways of moving


def _same(made: Draft, move: Move, name: str, values: Sequence[bytes]) -> None:
    """Bytes as they are, where they fit."""
    target = name if move.target.lower() == name.lower() else move.target
    atoms: list[Atom] = []
    for value in values:
        if move.single and made.has(move.target.lower()):
            atoms.append(value)
        elif move.fits(value):
            atoms.append(made.put(target, value) or value)
        else:
            made.told(move.code, name)
            atoms.append(value)
    made.atoms[name] = tuple(atoms)


def _as_text(made: Draft, move: Move, name: str, values: Sequence[bytes]) -> None:
    """Text. What is not UTF-8 is read as the Windows code page, so that people can read it; its bytes are kept."""
    target = name if move.target.lower() == name.lower() else move.target
    atoms: list[Atom] = []
    for value in values:
        if not value or (move.single and made.has(move.target.lower())):
            atoms.append(value)
        elif is_text(value):
            atoms.append(made.put(target, value) or value)
        else:
            made.told("ID-TXT-01", name)
            text, page = _guessed(value)
            where = made.put(target, text)
            atoms.append((page, where) if where else value)
    made.atoms[name] = tuple(atoms)


def _guessed(value: bytes) -> tuple[bytes, str]:
    """Bytes that are not UTF-8 as UTF-8, and the code page that they were read by."""
    try:
        return value.decode("cp1252").encode(), "cp1252"
    except UnicodeDecodeError:
        return value.decode("latin-1").encode(), "latin-1"


def _login(made: Draft, move: Move, name: str, values: Sequence[bytes]) -> None:
    """A log-in name is lower case in an open directory; where its capitals were is kept aside."""
    if not all(map(is_text, values)):
        return _as_text(made, move, name, values)
    atoms: list[Atom] = []
    for value in values:
        text = value.decode()
        lower = "".join(char.lower() if char.lower().upper() == char else char for char in text)
        capitals = tuple(at for at, char in enumerate(text) if char != lower[at])
        where = made.put(move.target, lower.encode()) or value
        atoms.append((capitals, where) if capitals and isinstance(where, str) else where)
    made.atoms[name] = tuple(atoms)


def capital(text: str, places: Sequence[int]) -> str:
    """The text with capitals at these places."""
    chars = list(text)
    for at in places:
        chars[at] = chars[at].upper()
    return "".join(chars)


def _proxy(made: Draft, move: Move, name: str, values: Sequence[bytes]) -> None:
    """`SMTP:` and `smtp:` addresses, the primary one first; other kinds of addresses have no place."""
    where: dict[int, Atom] = {}
    for at in sorted(range(len(values)), key=lambda n: values[n][:5] != b"SMTP:"):
        kind, colon, address = values[at].partition(b":")
        if kind.lower() != b"smtp":
            made.told("ID-MAI-03", kind.decode("ascii", "replace") if colon and len(kind) < 12 else "")
        elif not move.fits(address):
            made.told(move.code, name)
        elif place := made.put(move.target, address):
            where[at] = (kind + b":", place)
    made.atoms[name] = tuple(where.get(at, value) for at, value in enumerate(values))


def _guid(made: Draft, move: Move, name: str, values: Sequence[bytes]) -> None:
    if len(values) == 1 and len(values[0]) == 16 and (text := guid_text(values[0])):
        made.put(move.target, text.encode())


def _lock(made: Draft, move: Move, name: str, values: Sequence[bytes]) -> None:
    if len(values) == 1 and is_number(values[0]) and int(values[0]) & DISABLED:
        made.put(move.target, LOCKED_FOR_GOOD)


def _expiry(made: Draft, move: Move, name: str, values: Sequence[bytes]) -> None:
    when = filetime_to_time(values[0]) if len(values) == 1 else None
    if when:
        made.put(move.target, when)


def _reset(made: Draft, move: Move, name: str, values: Sequence[bytes]) -> None:
    if tuple(values) == (b"0",):
        made.put(move.target, b"TRUE")


_WAYS = {
    "same": _same,
    "text": _as_text,
    "login": _login,
    "proxy": _proxy,
    "guid": _guid,
    "lock": _lock,
    "expiry": _expiry,
    "reset": _reset,
}


# --- what a standard entry must have


@lru_cache(256)
def own_name(dn: str) -> tuple[Ava, ...]:
    """The entry's own name, or nothing where the DN can't be read."""
    try:
        pieces = split_dn(dn)
        return parse_rdn(pieces[0]) if pieces else ()
    except DnError:
        return ()


def _name_it(made: Draft) -> None:
    """The name's own values, and the attributes that the class must have: filled where the source lacks them."""
    targets = TARGETS[made.shape.name]
    for ava in own_name(made.dn):
        if not ava.ber and ava.value:
            moves = targets.get(ava.type.lower())
            name = moves[0].target if moves else ava.type.lower() if ava.type.isupper() else ava.type
            made.put(name, ava.value if is_text(ava.value) else _guessed(ava.value)[0])
    for name in made.shape.must:
        if not made.has(name):
            made.put(name, _filler(made, name))
            made.told("ID-CLS-01" if name == "sn" else "", name)


def _filler(made: Draft, name: str) -> bytes:
    if name == "member":
        return NOBODY
    if name == "sn" and made.has("cn"):
        return made.attributes["cn"][1][0]
    text = rdn_value(made.dn).encode() or b"-"
    return text if name != "dc" or is_ia5(text) else b"-"


def _classes(made: Draft, posix: bool) -> None:
    shape, targets = made.shape, TARGETS[made.shape.name]
    own = [*shape.classes]
    if posix:
        own.append(b"posixAccount")
    if shape is GROUP and made.has("uid"):
        own.append(b"uidObject")
    named = {ava.type.lower() for ava in own_name(made.dn)}
    if (named - targets.keys() or any(map(made.has, shape.beyond))) and b"extensibleObject" not in own:
        own.append(b"extensibleObject")
    for value in own:
        made.put("objectClass", value)
