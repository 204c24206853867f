"""LDAP search filters (RFC 4515) over a subject's attributes, for `members: {query: ...}`.

Understood: `(&...)`, `(|...)`, `(!...)`, equality with `*` as any text, presence `(a=*)`; values compare without
case. Raises `ValueError` with the place of the mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Mapping[str, Any]], bool]
_ITEM = re.compile(r"\(\s*([A-Za-z][\w;-]*)\s*=([^()]*)\)")
MAX_DEPTH = 50


def parse_filter(text: str) -> Test:
    """The test that a filter says."""
    test, end = _parse(text.strip(), 0, 0)
    if end != len(text.strip()):
        raise ValueError(f"column {end + 1}: text after the filter")
    return test


def _parse(text: str, at: int, depth: int) -> tuple[Test, int]:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    if text[at : at + 1] != "(":
        raise ValueError(f"column {at + 1}: '(' expected")
    sign = text[at + 1 : at + 2]
    if sign in ("&", "|", "!"):
        return _group(text, at, sign, depth)
    match = _ITEM.match(text, at)
    if match is None:
        raise ValueError(f"column {at + 1}: (attribute=value) expected")
    return _equals(match[1], match[2]), match.end()


def _group(text: str, at: int, sign: str, depth: int) -> tuple[Test, int]:
    parts: list[Test] = []
    end = at + 2
    while text[end : end + 1] == "(":
        part, end = _parse(text, end, depth + 1)
        parts.append(part)
    if text[end : end + 1] != ")":
        raise ValueError(f"column {end + 1}: ')' expected")
    if sign == "!":
        if len(parts) != 1:
            raise ValueError(f"column {at + 1}: '!' takes one filter")
        return (lambda attributes: not parts[0](attributes)), end + 1
    join = all if sign == "&" else any
    return (lambda attributes: join(part(attributes) for part in parts)), end + 1


def _equals(name: str, value: str) -> Test:
    pieces = [_unescape(piece) for piece in value.strip().split("*")]
    pattern = re.compile(".*".join(map(re.escape, pieces)), re.IGNORECASE | re.DOTALL)
    return lambda attributes: any(pattern.fullmatch(text) for text in _values(attributes, name))


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), text)


def _values(attributes: Mapping[str, Any], name: str) -> list[str]:
    found = next((v for k, v in attributes.items() if k.lower() == name.lower()), None)
    if found is None:
        return []
    values = found if isinstance(found, list | tuple) else [found]
    return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values]
