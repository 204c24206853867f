"""Canonical JSON, digests, and what a wave's digest is made of: the parts whose change needs a new approval.

The canonical form is RFC 8785's for what plans hold: keys sorted by UTF-16 code units, no blanks, UTF-8, numbers as
ECMAScript writes them (so 20.0 and 20 are one number). It refuses what has no one form: NaN, infinities, whole
numbers beyond 2^53, lone surrogates, keys that are no texts.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from transhumance.plans.model.endpoints import secret_fields, without_secrets
from transhumance.plans.model.errors import Lang
from transhumance.plans.model.load import LoadedPlan

MAX_INTEGER: Final = 2**53
MAX_NAMED: Final = 10
PARTS: Final = ("members", "workloads", "policies", "mappings", "codecs", "connectors")


def canonical_json(value: Any) -> str:
    """The one JSON text of plain data (dicts, lists, tuples, texts, numbers, booleans, None, dates).

    Raises `ValueError` for a number or a text without one form, `TypeError` for anything else.
    """
    if isinstance(value, Mapping):
        if any(not isinstance(key, str) for key in value):
            raise TypeError("a key is no text")
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(key)}:{canonical_json(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical_json, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str | date):
        return _text(value if isinstance(value, str) else value.isoformat())
    raise TypeError(f"{type(value).__name__} has no canonical JSON")


def digest_of(value: Any) -> str:
    """`sha256:` and the digest of the canonical JSON of plain data."""
    return "sha256:" + hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


def _text(value: str) -> str:
    value.encode("utf-8")  # a lone surrogate raises UnicodeEncodeError, a ValueError
    return json.dumps(value, ensure_ascii=False)


def _number(value: int | float) -> str:
    """As ECMAScript writes a number (RFC 8785, section 3.2.2.3): Python's shortest digits, its own rule for the
    point.
    """
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("a whole number beyond 2^53 has no canonical form")
        return str(value)
    if not math.isfinite(value):
        raise ValueError("a number that is not finite has no canonical form")
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits, point = (whole + fraction).lstrip("0"), len(whole) + int(exponent or 0)
    point -= len(whole + fraction) - len(digits)
    sign = "-" if value < 0 else ""
    if not digits:
        return "0"
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def resolved(loaded: LoadedPlan) -> dict[str, Any]:
    """The plan as plain data: extended, variables put in, defaults written out, without secrets or references to
    them.

    Lists and mappings that are empty and values that are None are left out, so that a field added later changes
    nothing.
    """
    data = _compact(loaded.plan.model_dump(by_alias=True, exclude={"extends", "vars"}))
    if "ledger" in data:
        data["ledger"] = without_secrets(data["ledger"])
    for name, endpoint in data["endpoints"].items():
        config = loaded.configs.get(name)
        data["endpoints"][name] = without_secrets(endpoint, secret_fields(type(config)) if config else frozenset())
    return data  # type: ignore[no-any-return]


def wave_parts(
    *,
    members: Iterable[Any],
    workloads: Mapping[str, Any],
    policies: Mapping[str, Any],
    mappings: Mapping[str, str],
    codecs: Mapping[str, str],
    connectors: Mapping[str, str],
) -> dict[str, Any]:
    """What is approved of a wave, as plain data that can be kept and compared. The order of members does not count.

    `members`: the frozen list (texts, or mappings). `mappings`: file to digest. `codecs`, `connectors`: name to
    version.
    """
    return {
        "members": sorted(members, key=canonical_json),
        "workloads": dict(workloads),
        "policies": dict(policies),
        "mappings": dict(mappings),
        "codecs": dict(codecs),
        "connectors": dict(connectors),
    }


def wave_digest(
    *,
    members: Iterable[Any],
    workloads: Mapping[str, Any],
    policies: Mapping[str, Any],
    mappings: Mapping[str, str],
    codecs: Mapping[str, str],
    connectors: Mapping[str, str],
) -> str:
    """The digest of `wave_parts`: another one means that something changed which was approved."""
    return digest_of(
        wave_parts(
            members=members,
            workloads=workloads,
            policies=policies,
            mappings=mappings,
            codecs=codecs,
            connectors=connectors,
        )
    )


def workloads_part(loaded: LoadedPlan, wave: str) -> dict[str, Any]:
    """The `workloads` part of a wave: each of its workloads, with the address of every endpoint that it touches.

    Limits are left out: they change how fast, not what. Raises `KeyError` for a wave that does not exist.
    """
    found = loaded.plan.wave(wave)
    if found is None:
        raise KeyError(wave)
    data = resolved(loaded)
    out: dict[str, Any] = {}
    for name in found.workloads:
        workload = data["workloads"][name]
        touched = [*workload["from"], *workload["to"], *workload.get("back", {}).values()]
        endpoints = {
            label: {key: value for key, value in data["endpoints"][label].items() if key != "limits"}
            for label in touched
        }
        out[name] = workload | {"endpoints": endpoints}
    return out


_WORDS: Final[Mapping[Lang, Mapping[str, str]]] = {
    "fr": {
        "members": "membres", "workloads": "domaines", "policies": "règles", "mappings": "correspondances",
        "codecs": "codecs", "connectors": "connecteurs", "added": "{what} : {count} en plus sur {total} ({names})",
        "removed": "{what} : {count} en moins sur {total} ({names})", "more": " et {count} autres",
        "changed": "{what} : {old} → {new}", "new": "{what} : ajouté, {new}", "gone": "{what} : ôté, était {old}",
    },
    "en": {
        "members": "members", "workloads": "workloads", "policies": "policies", "mappings": "mappings",
        "codecs": "codecs", "connectors": "connectors", "added": "{what}: {count} more, of {total} ({names})",
        "removed": "{what}: {count} fewer, of {total} ({names})", "more": " and {count} more",
        "changed": "{what}: {old} → {new}", "new": "{what}: added, {new}", "gone": "{what}: removed, was {old}",
    },
}  # fmt: skip


def difference(old: Mapping[str, Any], new: Mapping[str, Any], lang: Lang = "fr") -> list[str]:
    """What changed between two `wave_parts`, a line each, members first; empty where the digests are equal."""
    words = _WORDS[lang]
    lines = _members(old.get("members", []), new.get("members", []), words)
    for part in PARTS[1:]:
        lines += _lines(words[part], old.get(part, {}), new.get(part, {}), words)
    return lines


def _members(old: Iterable[Any], new: Iterable[Any], words: Mapping[str, str]) -> list[str]:
    before, after = ({canonical_json(member): member for member in members} for members in (old, new))
    lines = []
    for name, here, there in (("added", after, before), ("removed", before, after)):
        if only := [member for key, member in here.items() if key not in there]:
            names = ", ".join(map(_shown, only[:MAX_NAMED]))
            if len(only) > MAX_NAMED:
                names += words["more"].format(count=len(only) - MAX_NAMED)
            line = words[name].format(what=words["members"], count=len(only), total=len(here), names=names)
            lines.append(line)
    return lines


def _lines(what: str, old: Any, new: Any, words: Mapping[str, str]) -> list[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        out: list[str] = []
        for key in sorted({*old, *new}):
            out += _lines(f"{what}.{key}", old.get(key, _ABSENT), new.get(key, _ABSENT), words)
        return out
    if old is not _ABSENT and new is not _ABSENT and canonical_json(old) == canonical_json(new):
        return []
    name = "new" if old is _ABSENT else "gone" if new is _ABSENT else "changed"
    return [words[name].format(what=what, old=_shown(old), new=_shown(new))]


_ABSENT: Final = object()


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return ""
    text = value if isinstance(value, str) and value.isprintable() and value else canonical_json(value)
    return text if len(text) <= 120 else text[:119] + "…"


def _compact(value: Any) -> Any:
    """Without what is None or empty; durations as whole seconds, so that 24h and 1d are one."""
    if isinstance(value, dict):
        return {key: _compact(inner) for key, inner in value.items() if inner is not None and inner not in ({}, [])}
    if isinstance(value, list):
        return [_compact(inner) for inner in value]
    if isinstance(value, timedelta):
        return f"{int(value.total_seconds())}s"
    return value if isinstance(value, str | int | float | date) or value is None else str(value)
