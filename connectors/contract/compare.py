"""What "equal" means: a table of property classes per form, and a comparison that uses that table and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from transhumance.connectors.contract.bodies import Body, BytesBody, sha256_of
from transhumance.connectors.contract.model import Document, Record, Value


class PropertyClass(StrEnum):
    """`content`: what the item says. `meta`: what is said about it. `derived`: recomputed by any system. `volatile`:
    change keys, counters and the like. Only the first two are compared."""

    CONTENT = "content"
    META = "meta"
    DERIVED = "derived"
    VOLATILE = "volatile"


COMPARED = frozenset({PropertyClass.CONTENT, PropertyClass.META})


@dataclass(frozen=True, slots=True)
class Difference:
    """A property that did not come back. `how`: missing, added or changed. Values are not held: they may be personal
    data."""

    path: str
    how: str
    cls: PropertyClass


@dataclass(frozen=True, slots=True)
class PropertyTable:
    """The class of each property of a form. `rows`: (pattern, class, why), first match wins, patterns as in
    `fnmatch`; bodies are named `body:content`, `body:attachment/*`. The last row must be `*`, so that no property is
    without a class."""

    form: str
    rows: tuple[tuple[str, PropertyClass, str], ...]
    _cache: dict[str, PropertyClass] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.rows or self.rows[-1][0] != "*":
            raise ValueError(f"{self.form}: the last row of a property table is '*'")

    def of(self, path: str) -> PropertyClass:
        """The class of one property."""
        found = self._cache.get(path)
        if found is None:
            found = next(cls for pattern, cls, _ in self.rows if fnmatchcase(path, pattern))
            self._cache[path] = found
        return found


def compare_records(a: Record, b: Record, table: PropertyTable) -> tuple[Difference, ...]:
    """Every compared property or body that differs between two records of one form; empty when they are equal."""
    return _differences(a.properties, b.properties, a.bodies, b.bodies, table)


def compare_documents(a: Document, b: Document, table: PropertyTable) -> tuple[Difference, ...]:
    """The same for two documents of one standard: their `meta` and their bodies."""
    return _differences(a.meta, b.meta, a.bodies, b.bodies, table)


def _differences(
    a: Mapping[str, Value],
    b: Mapping[str, Value],
    bodies_a: Mapping[str, Body],
    bodies_b: Mapping[str, Body],
    table: PropertyTable,
) -> tuple[Difference, ...]:
    found = [
        Difference(name, how, table.of(name))
        for name in sorted(a.keys() | b.keys())
        if (how := _how(name in a, name in b, lambda n=name: _equal(a[n], b[n])))
    ]
    found += [
        Difference(f"body:{name}", how, table.of(f"body:{name}"))
        for name in sorted(bodies_a.keys() | bodies_b.keys())
        if (how := _how(name in bodies_a, name in bodies_b, lambda n=name: _same_body(bodies_a[n], bodies_b[n])))
    ]
    return tuple(d for d in found if d.cls in COMPARED)


def _how(in_a: bool, in_b: bool, equal: object) -> str:
    if in_a and not in_b:
        return "missing"
    if in_b and not in_a:
        return "added"
    return "" if equal() else "changed"  # type: ignore[operator]


def _equal(a: Value, b: Value) -> bool:
    """Equality without Python's surprises: True is not 1, 1 is not 1.0, a list equals the tuple of the same values."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


def _same_body(a: Body, b: Body) -> bool:
    if a is b:
        return True
    if isinstance(a, BytesBody) and isinstance(b, BytesBody):
        return a.data == b.data
    if a.size is not None and b.size is not None and a.size != b.size:
        return False
    return a == b or sha256_of(a) == sha256_of(b)
