"""Manifests: one line per item, JSON Lines, the same in the ledger's files and in the archive.

An *input* line says what a source listed; an *output* line what became of an item at one target. Values that JSON
lacks are written as `{"$b": base64}` (bytes) and `{"$t": ISO 8601}` (aware datetime); a mapping whose only key begins
with `$` is wrapped in `{"$m": ...}`. Lines are sorted by key inside a chunk, keys are sorted inside a line: the same
run gives the same bytes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from transhumance.connectors.contract.codes import Back, Forward
from transhumance.connectors.contract.model import Value

FORMAT = "transhumance.manifest/1"
Json = Any


def to_json(value: Value) -> Json:
    """A value as JSON can say it; `from_json` gives it back (lists come back as tuples)."""
    match value:
        case bytes():
            return {"$b": base64.b64encode(value).decode()}
        case datetime():
            return {"$t": value.isoformat()}
        case Mapping():
            plain = {key: to_json(item) for key, item in value.items()}
            return {"$m": plain} if len(plain) == 1 and next(iter(plain)).startswith("$") else plain
        case list() | tuple():
            return [to_json(item) for item in value]
        case _:
            return value


def from_json(value: Json) -> Value:
    """The value that `to_json` wrote."""
    match value:
        case {"$b": text} if len(value) == 1:
            return base64.b64decode(text)
        case {"$t": text} if len(value) == 1:
            return datetime.fromisoformat(text)
        case {"$m": inner} if len(value) == 1:
            return {key: from_json(item) for key, item in inner.items()}
        case dict():
            return {key: from_json(item) for key, item in value.items()}
        case list():
            return tuple(from_json(item) for item in value)
        case _:
            return value  # type: ignore[no-any-return]


# lines are made by the million: not frozen, which would make each three times as slow to build
@dataclass(slots=True)
class InputLine:
    """What a source listed. `key`: the item's key as `key_text` writes it. `gone`: a tombstone. `fault`: loss code of
    an item that can't be listed."""

    key: str
    version: str = ""
    kind: str = ""
    form: str = ""
    size: int | None = None
    stable_id: str = ""
    locator: str = ""
    count: int = 1
    subject: str = ""
    gone: bool = False
    fault: str = ""
    detail: str = ""


@dataclass(slots=True)
class OutputLine:
    """What became of an item at one target, enough to rebuild its row in the item map.

    `status`: written, unchanged, removed, skipped, failed, quarantined. `digest`: SHA-256 of the document. `recipe`:
    codec, mapping and policy versions. `forward`, `grade`, `proof`: its two answers and what they rest on. `codes`:
    loss codes with their leg (`source:MAIL-FLAG-01`). `expected`: the digest that reading back should give, where the
    target drops something named (empty: the same as `digest`). `version`, `target_version`: what each side called this
    state. `before`: the target's token of what was there before the first write. `subject`: whose item it is.
    `size` in bytes, `count` in rows.
    """

    key: str
    status: str
    version: str = ""
    kind: str = ""
    form: str = ""
    target_key: str = ""
    target_version: str = ""
    digest: str = ""
    recipe: str = ""
    forward: Forward = "not_assessed"
    grade: Back = "not_assessed"
    proof: str = "predicted"
    codes: tuple[str, ...] = ()
    expected: str = ""
    subject: str = ""
    size: int = 0
    count: int = 1
    stable_id: str = ""
    before: str = ""
    detail: str = ""


Line = TypeVar("Line", InputLine, OutputLine)


_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def encode_lines(lines: Iterable[InputLine | OutputLine]) -> bytes:
    """The lines as JSON Lines; fields at their default are left out."""
    out = []
    for line in lines:
        names, values, defaults = _shape(type(line))  # type: ignore[arg-type]
        out.append(_ENCODE({n: v for n, v, d in zip(names, values(line), defaults, strict=True) if v != d}))
    return "".join(text + "\n" for text in out).encode("utf-8", "surrogatepass")


def decode_lines(data: bytes | Iterable[bytes], kind: type[Line]) -> Iterator[Line]:
    """The lines again. Raises `ValueError` for one that is not a line of this kind."""
    raws = data.decode("utf-8", "surrogatepass").split("\n") if isinstance(data, bytes) else data
    for raw in raws:
        if not raw:
            continue
        plain = json.loads(raw)
        if "codes" in plain:
            plain["codes"] = tuple(plain["codes"])
        try:
            yield kind(**plain)
        except TypeError as error:
            raise ValueError(f"not a line of {FORMAT}: {error}") from None


@cache
def _shape(kind: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]], tuple[Any, ...]]:
    """A line's field names, the function that reads them all, and their defaults."""
    names = tuple(f.name for f in fields(kind))
    return names, attrgetter(*names), tuple(f.default for f in fields(kind))


@dataclass(slots=True)
class Tally:
    """What a chunk came to, in counts (rows count as rows): by status, by forward answer, by grade."""

    count: int = 0
    size: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    forward: dict[str, int] = field(default_factory=dict)
    grades: dict[str, int] = field(default_factory=dict)

    def add(self, line: OutputLine) -> None:
        """Counts one line in."""
        self.count += line.count
        self.size += line.size
        for table, name in ((self.statuses, line.status), (self.forward, line.forward), (self.grades, line.grade)):
            table[name] = table.get(name, 0) + line.count
