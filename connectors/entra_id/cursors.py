"""Cursors: where a later pass asks for changes (`Since`), and how far a listing was given (`Place`)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from transhumance.connectors.contract import Expired, Text


@dataclass(frozen=True, slots=True)
class Since:
    """From where changes are asked: Graph's delta links of people and groups; what they were asked with (`asked`: the
    selection is frozen in the link); whose tenant. `bin`: ids that lay in the bin then, so that a purge of one of them
    is no news and one that lives again is seen. `other`: keys of inventory then (hexadecimal), which has no delta."""

    asked: str
    users: str
    groups: str
    bin: str = ""
    other: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A page's cursor: `since`, what the listing will end with; `changes`, what it lists changes from, None when it
    lists all; `after`, the last key given (hexadecimal)."""

    since: Since
    changes: Since | None
    after: str


def packed(ids: Iterable[bytes]) -> str:
    """Ids of 16 bytes as one text."""
    return base64.b64encode(b"".join(sorted(ids))).decode()


def unpacked(text: str) -> set[bytes]:
    """The ids again. Raises `ValueError`."""
    raw = base64.b64decode(text, validate=True)
    return {raw[at : at + 16] for at in range(0, len(raw), 16)}


def write(cursor: Since | Place) -> bytes:
    return json.dumps(asdict(cursor), separators=(",", ":")).encode()


def read(cursor: bytes) -> Since | Place:
    """A cursor again. Raises `Expired` for one that is none of ours."""
    try:
        said = json.loads(cursor)
        if "after" not in said:
            return _since(said)
        place = Place(_since(said["since"]), _since(said["changes"]) if said["changes"] else None, said["after"])
        bytes.fromhex(place.after)
        return place
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Expired(Text("curseur illisible", "the cursor can't be read")) from None


def _since(said: Any) -> Since:
    since = Since(**{**said, "other": tuple(said["other"])})
    if not all(isinstance(value, str) for value in (since.asked, since.users, since.groups, since.bin, *since.other)):
        raise ValueError("not texts")
    unpacked(since.bin)
    for key in since.other:
        bytes.fromhex(key)
    return since
