"""What a server's subschema says (RFC 4512, 4.2): which attributes and classes there are, and what goes with what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_DN = frozenset({"1.3.6.1.4.1.1466.115.121.1.12", "1.3.6.1.4.1.1466.115.121.1.34"})
_TOKEN = re.compile(r"'([^']*)'|([()])|([^\s()']+)")
_FLAGS = frozenset(
    {"SINGLE-VALUE", "NO-USER-MODIFICATION", "COLLECTIVE", "OBSOLETE", "ABSTRACT", "STRUCTURAL", "AUXILIARY"}
)
_ANYTHING = "extensibleobject"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute type. `is_dn`: its values are names of entries. `operational`: the server keeps it for itself.
    `fixed`: no client may write it."""

    name: str
    is_dn: bool
    operational: bool
    fixed: bool


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """A class. `must`, `may`: lower case, those of its superiors included. `above`: itself and its superiors, lower
    case, from the top down."""

    name: str
    structural: bool
    must: frozenset[str]
    may: frozenset[str]
    above: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subschema:
    """The attributes and classes that a server knows, by every one of their names in lower case. `first`: the first of
    an attribute's names, lower case."""

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    classes: Mapping[str, ObjectClass] = field(default_factory=dict)
    _known: dict[tuple[str, tuple[str, ...]], Any] = field(default_factory=dict, compare=False, repr=False)

    def _once(self, what: str, classes: Iterable[str], make: Callable[[tuple[str, ...]], Any]) -> Any:
        """Entries have few sets of classes: what follows from one is worked out once."""
        key = (what, tuple(classes))
        if key not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[key] = make(key[1])
        return self._known[key]

    def first(self, name: str) -> str:
        known = self.attributes.get(name)
        return known.name.lower() if known else name

    def is_dn(self, name: str) -> bool:
        """Whether the values of an attribute (lower case, without options) are names."""
        known = self.attributes.get(name)
        return known is not None and known.is_dn

    def allowed(self, classes: Iterable[str]) -> frozenset[str] | None:
        """The attributes (first names) that entries of these classes may have; None for any."""
        return self._once("allowed", classes, self._allowed)  # type: ignore[no-any-return]

    def _allowed(self, classes: tuple[str, ...]) -> frozenset[str] | None:
        found: set[str] = set()
        for name in classes:
            if name == _ANYTHING:
                return None
            if known := self.classes.get(name):
                found |= known.must | known.may
        return frozenset(map(self.first, found))

    def required(self, classes: Iterable[str]) -> frozenset[str]:
        """The attributes (first names) that they must have."""
        return self._once("required", classes, self._required)  # type: ignore[no-any-return]

    def _required(self, classes: tuple[str, ...]) -> frozenset[str]:
        must = (self.classes[name].must for name in classes if name in self.classes)
        return frozenset(self.first(name) for names in must for name in names)

    def closure(self, classes: Iterable[str]) -> tuple[str, ...]:
        """These classes and all their superiors, in one order: structural before auxiliary, from the top down."""
        return self._once("closure", classes, self._closure)  # type: ignore[no-any-return]

    def _closure(self, classes: tuple[str, ...]) -> tuple[str, ...]:
        found = {above for name in classes for above in (self.classes[name].above if name in self.classes else (name,))}
        return tuple(sorted(found, key=self._rank))

    def _rank(self, name: str) -> tuple[bool, int, str]:
        known = self.classes.get(name)
        return (known is None or not (known.structural or name == "top"), len(known.above) if known else 0, name)


def parse(attribute_types: Iterable[bytes], object_classes: Iterable[bytes]) -> Subschema:
    """The schema of these descriptions; one that can't be read is left out."""
    types = [_fields(value) for value in attribute_types]
    by_name = {name.lower(): said for said in types for name in (*said.get("NAME", ()), *said.get("", ()))}
    attributes: dict[str, Attribute] = {}
    for said in types:
        names = said.get("NAME") or said.get("") or []
        made = Attribute(names[0] if names else "", _is_dn(said, by_name), "USAGE" in said and said["USAGE"] !=
                         ["userApplications"], "NO-USER-MODIFICATION" in said)  # fmt: skip
        attributes |= {name.lower(): made for name in names}
    return Subschema(attributes, _classes([_fields(value) for value in object_classes]))


def _is_dn(said: Mapping[str, list[str]], by_name: Mapping[str, dict[str, list[str]]]) -> bool:
    for _ in range(8):  # superiors, which can't be endless in a sane schema
        if said.get("SYNTAX"):
            return said["SYNTAX"][0].partition("{")[0] in _DN
        above = by_name.get(said["SUP"][0].lower()) if said.get("SUP") else None
        if above is None:
            return False
        said = above
    return False


def _classes(described: list[dict[str, list[str]]]) -> dict[str, ObjectClass]:
    by_name = {name.lower(): said for said in described for name in said.get("NAME", ())}
    made: dict[str, ObjectClass] = {}
    for said in described:
        chain = _chain(said, by_name)
        must = {name.lower() for each in chain for name in each.get("MUST", ())}
        may = {name.lower() for each in chain for name in each.get("MAY", ())}
        above = tuple(each["NAME"][0].lower() for each in chain if each.get("NAME"))
        for name in said.get("NAME", ()):
            structural = "AUXILIARY" not in said and "ABSTRACT" not in said
            made[name.lower()] = ObjectClass(name, structural, frozenset(must), frozenset(may), above)
    return made


def _chain(said: dict[str, list[str]], by_name: Mapping[str, dict[str, list[str]]]) -> list[dict[str, list[str]]]:
    """The class and its superiors, from the top down."""
    chain, todo = [said], list(said.get("SUP", ()))
    while todo and len(chain) < 64:
        above = by_name.get(todo.pop(0).lower())
        if above is not None and above not in chain:
            chain.append(above)
            todo += above.get("SUP", ())
    return chain[::-1]


def _fields(value: bytes) -> dict[str, list[str]]:
    """`( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )`: each word in capitals with what follows it; the identifier
    stands under an empty name."""
    found: dict[str, list[str]] = {}
    current, depth = "", 0
    for quoted, bracket, word in _TOKEN.findall(value.decode("utf-8", "replace")):
        if bracket:
            depth += 1 if bracket == "(" else -1
        elif word == "$" or (not word and not quoted):
            continue
        elif word and depth == 1 and (word in _FLAGS or (word.isupper() and word.isalpha()) or word.startswith("X-")):
            current = word
            found.setdefault(current, [])
        else:
            found.setdefault(current, []).append(quoted or word)
    return found
