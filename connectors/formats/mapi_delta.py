"""The difference between two values of a MAPI property: what is left to keep where a document says nearly the same.

A difference is the value itself, or a mapping:

    {"absent": True}                    the document says it, the item does not have it
    {"new": {...}}                      a mapping of its own
    {"in": {name: difference}}          some entries of a mapping differ
    {"at": {"0": difference}, "size"}   some places of a list differ, which has so many
    {"edit": (start, dropped, put)}     a stretch of a text or of bytes is another one
    {"text": {...}}                     a text has other line ends, or characters that no document holds
    {"around": (before, after)}         bytes or a text with the document's inside
    {"plus": microseconds}              a time is near the one that the document says, or finer
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from transhumance.connectors.contract import Value
from transhumance.connectors.formats.mapi_text import clean, put_together, taken_apart

_LEAST = 16  # characters or bytes that an edit must save
_NEAR = timedelta(days=2)
T = TypeVar("T", str, bytes)


class Missing:
    """The value of a property that is not there."""


MISSING: Final = Missing()


def difference(said: Value | Missing, actual: Value | Missing) -> Value:
    """How `actual` differs from what is said, which is not the same."""
    if isinstance(actual, Missing):
        return {"absent": True}
    if isinstance(actual, Mapping):
        return {"in": _inside(said, actual)} if isinstance(said, Mapping) else {"new": actual}
    if isinstance(actual, tuple | list) and isinstance(said, tuple | list) and (said or _nested(actual)):
        places = enumerate(actual)
        found = {str(n): difference(_at(said, n), value) for n, value in places if not same(_at(said, n), value)}
        near = len(found) < len(actual) or _nested(actual) or any(isinstance(d, Mapping) for d in found.values())
        return {"at": found, "size": len(actual)} if near else actual
    if isinstance(actual, str) and isinstance(said, str):
        return _same_text(said, actual) or _edit(said, actual)
    if isinstance(actual, bytes) and isinstance(said, bytes):
        return _edit(said, actual)
    if isinstance(actual, datetime) and isinstance(said, datetime) and actual.tzinfo and said.tzinfo:
        return {"plus": (actual - said) // timedelta(microseconds=1)} if abs(actual - said) < _NEAR else actual
    return actual


def restored(said: Value | Missing, delta: Value) -> Value | Missing:
    """What `difference` was made from. Raises `ValueError` where the difference does not fit what is said."""
    if not isinstance(delta, Mapping):
        return delta
    match dict(delta):
        case {"absent": True}:
            return MISSING
        case {"new": value}:
            return value
        case {"in": Mapping() as inside}:
            base: Mapping[str, Value] = said if isinstance(said, Mapping) else {}
            return _restored_mapping(base, inside)
        case {"at": Mapping() as places, "size": int(size)}:
            row: Sequence[Value] = said if isinstance(said, tuple | list) else ()
            return _restored_list(row, places, size)
        case {"edit": (int(start), int(dropped), str(put))} if isinstance(said, str):
            return said[:start] + put + said[start + dropped :]
        case {"edit": (int(start), int(dropped), bytes(put))} if isinstance(said, bytes):
            return said[:start] + put + said[start + dropped :]
        case {"around": (str(before), str(after))} if isinstance(said, str):
            return before + said + after
        case {"around": (bytes(before), bytes(after))} if isinstance(said, bytes):
            return before + said + after
        case {"text": Mapping() as parts} if isinstance(said, str):
            return put_together({"text": clean(said), **parts})
        case {"plus": int(more)} if isinstance(said, datetime):
            return said + timedelta(microseconds=more)
    raise ValueError("a difference that does not fit")


def same(a: Value | Missing, b: Value | Missing) -> bool:
    """Equality as records are compared: True is not 1, a list equals the tuple of the same values."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


def _inside(said: Mapping[str, Value], actual: Mapping[str, Value]) -> dict[str, Value]:
    found = {}
    for name in sorted(said.keys() | actual.keys()):
        a, b = said.get(name, MISSING), actual.get(name, MISSING)
        if not same(a, b):
            found[name] = difference(a, b)
    return found


def _restored_mapping(said: Mapping[str, Value], inside: Mapping[str, Value]) -> dict[str, Value]:
    found = dict(said)
    for name, delta in inside.items():
        value = restored(said.get(name, MISSING), delta)
        if isinstance(value, Missing):
            found.pop(name, None)
        else:
            found[name] = value
    return found


def _restored_list(said: Sequence[Value], places: Mapping[str, Value], size: int) -> tuple[Value, ...]:
    if size > len(said) + len(places):
        raise ValueError("a list longer than what is known of it")
    found: list[Value] = []
    for n in range(size):
        value = restored(_at(said, n), places[str(n)]) if str(n) in places else _at(said, n)
        if isinstance(value, Missing):
            raise ValueError("a list with a hole")
        found.append(value)
    return tuple(found)


def _at(row: Sequence[Value], n: int) -> Value | Missing:
    return row[n] if n < len(row) else MISSING


def _nested(row: Sequence[Value]) -> bool:
    return any(isinstance(value, Mapping) for value in row)


def _same_text(said: str, actual: str) -> Value:
    """How a text is written that is the same once it is clean; None where it is another one."""
    try:
        parts = taken_apart(actual)
    except ValueError:
        return None
    return {"text": {k: v for k, v in parts.items() if k != "text"}} if parts["text"] == clean(said) else None


def _edit(said: T, actual: T) -> Value:
    """The one stretch that differs; the whole value where that would be no shorter."""
    if len(actual) < _LEAST:
        return actual
    if 2 * len(said) > len(actual) and (at := actual.find(said)) >= 0:
        return {"around": (actual[:at], actual[at + len(said) :])}
    start = _common(said, actual)
    end = _common(said[start:][::-1], actual[start:][::-1])
    put = actual[start : len(actual) - end]
    return {"edit": (start, len(said) - start - end, put)} if len(actual) - len(put) >= _LEAST else actual


def _common(a: T, b: T) -> int:
    """How many first places are the same, by halving."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
