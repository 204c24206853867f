"""Lines of an index: one item each, JSON, the key first; lines of a file are sorted by key.

    {"key":"…","kind":"message","standard":"rfc5322","name":"…","bodies":{"content":{"file":"….eml","size":9,
     "sha256":"…"}},"meta":{…},"residue":[…],"version":"…"}

A removed item leaves `{"key":"…","gone":true}` until the index is compacted. In the file of a chunk, `before` names
the before-image of what was replaced; a compacted index has none, so that it says what is there and not how it came.
Values that JSON lacks are written as in every manifest (`connectors/contract/manifest.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from transhumance.connectors.contract import Record, Value, key_from_text, key_text
from transhumance.connectors.contract.manifest import from_json, to_json

_dumps = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_KEY = re.compile(rb'\{"key":("(?:[^"\\]|\\.)*")')
_LONE = re.compile("[\ud800-\udfff]")
_BEFORE = re.compile(rb',"before":"[0-9a-f]*"\}\n$')


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a body lies. `file`: path from the container's folder, or inside `pack` (a zip in that folder, the bytes
    from `start` on); empty in an archive that keeps no bodies."""

    size: int
    sha256: str
    file: str = ""
    pack: str = ""
    start: int = 0
    nature: Literal["stored", "generated"] = "stored"

    @property
    def path(self) -> str:
        """The file on disk that holds it, from the container's folder; empty where none does."""
        return self.pack or self.file


@dataclass(frozen=True, slots=True)
class Item:
    """One line. `meta` and `residue` are JSON texts, as they are stored and hashed. `subject`: whose item it is, where
    a container is shared by several."""

    key: bytes
    kind: str = ""
    standard: str = ""
    name: str = ""
    count: int = 1
    bodies: Mapping[str, Stored] = field(default_factory=dict)
    meta: str = "{}"
    residue: str = "[]"
    version: str = ""
    before: str = ""
    subject: bytes = b""

    @property
    def gone(self) -> bool:
        """Whether the line says that the item was removed."""
        return not self.version

    @property
    def size(self) -> int:
        """Bytes of all bodies."""
        return sum(body.size for body in self.bodies.values())


def dump(value: Value) -> str:
    """A value as compact JSON, the same text for the same value."""
    return _dumps(to_json(value))


def version_of(record: Record, meta: str, residue: str, digests: Mapping[str, str]) -> str:
    """The version of an item: a digest of its document and residue. `meta`, `residue`: as `dump` writes them."""
    standard = str(record.properties.get("standard", ""))
    head = [record.kind, standard, str(record.count), meta, residue]
    head += [f"{name}={digests[name]}" for name in sorted(digests)]
    return hashlib.sha256("\0".join(head).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def encode(item: Item) -> bytes:
    """An item as one line."""
    text = _dumps(key_text(item.key))
    if item.gone:
        line = f'{{"key":{text},"gone":true'
    else:
        bodies = {name: _place(body) for name, body in sorted(item.bodies.items())}
        count = f'"count":{item.count},' if item.count != 1 else ""
        count += f'"subject":{_dumps(key_text(item.subject))},' if item.subject else ""
        line = (
            f'{{"key":{text},"kind":{_dumps(item.kind)},"standard":{_dumps(item.standard)},"name":{_dumps(item.name)},'
            f'{count}"bodies":{_dumps(bodies)},'
            f'"meta":{item.meta},"residue":{item.residue},"version":"{item.version}"'
        )
    line += f',"before":"{item.before}"}}\n' if item.before else "}\n"
    try:
        return line.encode()
    except UnicodeEncodeError:  # bytes of a name that are no UTF-8: JSON has an escape for them, UTF-8 has none
        return _LONE.sub(lambda lone: f"\\u{ord(lone[0]):04x}", line).encode()


def _place(body: Stored) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    if body.file:
        plain["file"] = body.file
    if body.pack:
        plain |= {"pack": body.pack, "start": body.start}
    plain |= {"size": body.size, "sha256": body.sha256}
    return plain if body.nature == "stored" else {**plain, "nature": body.nature}


def decode(line: bytes) -> Item:
    """The item of a line. Raises `ValueError` for what is no line of an index."""
    try:
        plain = json.loads(line)
        key = key_from_text(plain["key"])
        if plain.get("gone"):
            return Item(key, before=plain.get("before", ""))
        return Item(
            key,
            plain["kind"],
            plain["standard"],
            plain["name"],
            plain.get("count", 1),
            {name: Stored(**body) for name, body in plain["bodies"].items()},
            _dumps(plain["meta"]),
            _dumps(plain["residue"]),
            plain["version"],
            plain.get("before", ""),
            key_from_text(plain.get("subject", "")),
        )
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not a line of an index: {error}") from None


def key_of(line: bytes) -> bytes:
    """The key of a line, without reading the rest. Raises `ValueError` for what is no line."""
    match = _KEY.match(line)
    if match is None:
        raise ValueError("not a line of an index")
    return key_from_text(json.loads(match[1]))


def settled(line: bytes) -> bytes:
    """The line as a compacted index has it: without the name of a before-image."""
    return _BEFORE.sub(b"}\n", line)


def values(item: Item) -> dict[str, Value]:
    """The properties of the record of an item."""
    return {
        "standard": item.standard,
        "meta": from_json(json.loads(item.meta)),
        "residue": from_json(json.loads(item.residue)),
        "name": item.name,
    }
