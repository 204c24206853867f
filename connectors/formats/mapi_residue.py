"""What of a MAPI item its document does not say, and how the item comes back from both.

A codec says which properties its document gives (`Said`); what the item has beyond or otherwise is the residue. So the
way back is exact by construction, and the residue can't hold what the document holds: where a value is nearly what the
document says, only the difference is kept (`mapi_delta`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from transhumance.connectors.contract import (
    Body,
    BytesBody,
    Finding,
    PropertyClass,
    PropertyTable,
    Record,
    ResidueEntry,
    Value,
    read_all,
    sha256_of,
    usable_residue,
)
from transhumance.connectors.formats.mapi_delta import MISSING, Missing, difference, restored
from transhumance.connectors.formats.mapi_delta import same as same
from transhumance.connectors.formats.mapi_text import View

LIMIT = 16 << 20  # bytes of a body that a residue may hold
HINT = "hint:"  # what the document can't say and the way back must know before it reads the document
NARROW = "string8"  # the entry that says which texts were PT_STRING8; `*`: all of them
ITEM = "item"  # the part of what stays true whatever is edited in the document


@dataclass(frozen=True, slots=True)
class ItemTable:
    """A form's properties: (pattern, class, part of the document that completes it or `item`, why); the first match
    wins, and the last row is `*`."""

    form: str
    rows: tuple[tuple[str, PropertyClass, str, str], ...]
    table: PropertyTable = field(init=False)
    places: PropertyTable = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", PropertyTable(self.form, tuple((p, c, why) for p, c, _, why in self.rows)))
        parts = PropertyTable(self.form, tuple((p, part, why) for p, _, part, why in self.rows))  # type: ignore[misc]
        object.__setattr__(self, "places", parts)

    def compared(self, path: str) -> bool:
        return self.table.of(path) in (PropertyClass.CONTENT, PropertyClass.META)

    def part(self, path: str) -> str:
        return str(self.places.of(path))


@dataclass(slots=True)
class Said:
    """Properties and bodies that a document gives, or an item has. Texts are keyed as PT_UNICODE."""

    properties: dict[str, Value] = field(default_factory=dict)
    bodies: dict[str, Body] = field(default_factory=dict)


# --- the residue


def residue_of(
    said: Said,
    actual: Said,
    items: ItemTable,
    digests: Mapping[str, str],
    views: Mapping[str, View],
    hints: Mapping[str, Value],
    narrow: tuple[str, ...] = (),
    tied: Mapping[str, str] | None = None,
) -> tuple[tuple[ResidueEntry, ...], tuple[str, ...]]:
    """What completes the document, and the names of bodies too large to be kept.

    `digests`: of the document's parts. `views`: of blobs, by property, and of bodies (`body:body/plain`). `hints`:
    kept as they are, since `Said` was made with them; `tied`: the part on which one hangs, where it hangs on any.
    Properties that the table does not compare are left out.
    """
    found: list[ResidueEntry] = []
    for name, value in sorted(hints.items()):
        found += _entry(HINT + name, value, (tied or {}).get(name, ITEM), digests)
    if narrow:
        found.append(ResidueEntry(NARROW, narrow, ITEM, kind="item"))
    for path, a, b in _pairs(said.properties, actual.properties):
        if items.compared(path) and not same(a, b):
            part = items.part(path)
            # what stays true whatever is edited must not be told by what the document says
            delta = difference(MISSING, b) if part == ITEM else _viewed(views.get(path), a, b)
            found += _entry(path, delta, part, digests)
    large = []
    for name, said_body, body in _body_pairs(said.bodies, actual.bodies):
        path = f"body:{name}"
        if isinstance(body, Missing) or _fits(body):
            delta = _viewed(views.get(path), _bytes(said_body), _bytes(body))
            found += _entry(path, delta, items.part(path), digests)
        else:
            large.append(name)
    return tuple(found), tuple(large)


def _fits(body: Body) -> bool:
    return body.size is not None and body.size <= LIMIT


def _bytes(body: Body | Missing) -> bytes | Missing:
    return body if isinstance(body, Missing) else read_all(body)


def _pairs(a: Mapping[str, Value], b: Mapping[str, Value]) -> Iterator[tuple[str, Value | Missing, Value | Missing]]:
    for name in sorted(a.keys() | b.keys()):
        yield name, a.get(name, MISSING), b.get(name, MISSING)


def _body_pairs(
    said: Mapping[str, Body], actual: Mapping[str, Body]
) -> Iterator[tuple[str, Body | Missing, Body | Missing]]:
    for name in sorted(said.keys() | actual.keys()):
        a, b = said.get(name, MISSING), actual.get(name, MISSING)
        if isinstance(a, Missing) or isinstance(b, Missing) or not _same_body(a, b):
            yield name, a, b


def _same_body(a: Body, b: Body) -> bool:
    if a is b or (isinstance(a, BytesBody) and isinstance(b, BytesBody)):
        return a is b or a.data == b.data  # type: ignore[attr-defined]
    return (a.size is None or b.size is None or a.size == b.size) and sha256_of(a) == sha256_of(b)


def _viewed(view: View | None, said: Value | Missing, actual: Value | Missing) -> Value:
    """The difference inside the blob where both are blobs of that kind, else of the bytes."""
    if view is not None and isinstance(said, bytes) and isinstance(actual, bytes):
        try:
            a, b = view.decode(said), view.decode(actual)
            if view.encode(b) == actual:
                return {"view": difference(a, b)}
        except ValueError:
            pass
    return difference(said, actual)


def _entry(path: str, delta: Value, part: str, digests: Mapping[str, str]) -> list[ResidueEntry]:
    if part == ITEM:
        return [ResidueEntry(path, delta, ITEM, kind="item")]
    return [ResidueEntry(path, delta, part, digests[part])]


def usable(
    residue: Sequence[ResidueEntry], digests: Mapping[str, str]
) -> tuple[dict[str, Value], dict[str, Value], tuple[Finding, ...]]:
    """The residue whose parts are as they were: the hints by name, the differences by path, and a finding for each
    entry that was dropped."""
    kept, findings = usable_residue(residue, digests)
    hints = {path.removeprefix(HINT): value for path, value in kept.items() if path.startswith(HINT)}
    return hints, {path: value for path, value in kept.items() if not path.startswith(HINT)}, findings


def completed(
    said: Said, kept: Mapping[str, Value], views: Callable[[Mapping[str, Value]], Mapping[str, View]]
) -> tuple[Said, tuple[str, ...]]:
    """The item as it was, and the paths whose difference does not fit what the document says now.

    `views` is asked once for the properties' blobs and, when these are back, for the bodies' (their code page may be
    one of them).
    """
    properties, unfit = dict(said.properties), []
    blobs = views(properties)
    for path, delta in kept.items():
        if path != NARROW and not path.startswith("body:"):
            unfit += _put(properties, path, properties.get(path, MISSING), delta, blobs.get(path))
    texts, data = views(properties), dict[str, Value]()
    bodies = dict(said.bodies)
    for path, delta in kept.items():
        if path.startswith("body:"):
            name = path.removeprefix("body:")
            base = read_all(bodies[name]) if name in bodies else MISSING
            unfit += _put(data, name, base, delta, texts.get(path))
            bodies.pop(name, None)
            if isinstance(value := data.get(name), bytes):
                bodies[name] = BytesBody.of(value)
    narrow = kept.get(NARROW)
    paths = frozenset(p for p in narrow if isinstance(p, str)) if isinstance(narrow, tuple | list) else frozenset()
    return Said(_all_narrowed(properties, paths) if paths else properties, bodies), tuple(unfit)


def _put(into: dict[str, Value], path: str, base: Value | Missing, delta: Value, view: View | None) -> list[str]:
    """Puts what a difference gives into a mapping; returns the path where it does not fit, and leaves the base."""
    try:
        value = _unviewed(view, base, delta)
    except (ValueError, TypeError):
        if not isinstance(base, Missing):
            into[path] = base
        return [path]
    into.pop(path, None)
    if not isinstance(value, Missing):
        into[path] = value
    return []


def _unviewed(view: View | None, base: Value | Missing, delta: Value) -> Value | Missing:
    if isinstance(delta, Mapping) and len(delta) == 1 and "view" in delta:
        if view is None or not isinstance(base, bytes):
            raise ValueError("no such blob")
        inner = restored(view.decode(base), delta["view"])
        if not isinstance(inner, Mapping):
            raise ValueError("no such blob")
        return view.encode(inner)
    return restored(base, delta)


# --- texts of both types


def widened(record: Record) -> tuple[Said, tuple[str, ...]]:
    """The item with all texts keyed as PT_UNICODE, and the paths of those that were PT_STRING8 (`*`: every one)."""
    narrow: list[str] = []
    wide: list[str] = []
    properties = _widen(record.properties, "", narrow, wide)
    for name in ("recipients", "attachments"):
        rows = properties.get(name)
        if isinstance(rows, list | tuple):
            properties[name] = tuple(
                _widen(row, f"{name}/{n}/", narrow, wide) if isinstance(row, Mapping) else row
                for n, row in enumerate(rows)
            )
    return Said(properties, dict(record.bodies)), ("*",) if narrow and not wide else tuple(narrow)


def _widen(properties: Mapping[str, Value], prefix: str, narrow: list[str], wide: list[str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, value in properties.items():
        if key[-2:] == "1E" and (twin := key[:-1] + "F") not in properties:
            narrow.append(prefix + key)
            found[twin] = value
        else:
            found[key] = value
            if key[-2:] == "1F":
                wide.append(key)
    return found


def _narrowed(properties: dict[str, Value], paths: frozenset[str], prefix: str = "") -> dict[str, Value]:
    every = "*" in paths
    return {
        key[:-1] + "E" if key[-2:] == "1F" and (every or prefix + key[:-1] + "E" in paths) else key: value
        for key, value in properties.items()
    }


def _all_narrowed(properties: dict[str, Value], paths: frozenset[str]) -> dict[str, Value]:
    found = _narrowed(properties, paths)
    for name in ("recipients", "attachments"):
        rows = found.get(name)
        if isinstance(rows, list | tuple):
            found[name] = tuple(
                _narrowed(dict(row), paths, f"{name}/{n}/") if isinstance(row, Mapping) else row
                for n, row in enumerate(rows)
            )
    return found
