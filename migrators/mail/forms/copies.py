"""Properties whose values the header of the message says too: named ones of a field's own name, and long texts that
some system copied out of a field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from transhumance.connectors.contract import Value
from transhumance.connectors.formats.mapi_residue import same
from transhumance.migrators.mail.forms.words import text_of

_NUMBER = re.compile(r"-?\d{1,18}")
_LONG = 40
Fields = Mapping[str, Sequence[bytes]]


def copies_hint(properties: Mapping[str, Value], fields: Fields) -> dict[str, Value]:
    """The hint `headers`: for each property that a field says, the field's name where it is another, which of that
    name it is, and whether the blanks at its folds are left out."""
    found: dict[str, Value] = {}
    long: dict[str, tuple[str, int, bool]] | None = None
    for key, value in properties.items():
        if key[0] != "{":
            continue
        raws = fields.get(own_name(key))
        if raws and same(_value(key, raws[0], False), value):
            found[key] = ("", 0, False)
        elif raws and same(_value(key, raws[0], True), value):
            found[key] = ("", 0, True)
        elif isinstance(value, str) and len(value) >= _LONG:
            long = _long_values(fields) if long is None else long
            if place := long.get(value):
                found[key] = place
    return found


def copied(hint: Value, fields: Fields) -> dict[str, Value]:
    """These properties, out of the header as it is now."""
    found: dict[str, Value] = {}
    for key, place in hint.items() if isinstance(hint, Mapping) else ():
        match place:
            case (str(name), int(number), bool(joined)):
                raws = fields.get(name or own_name(key), ())
                if number < len(raws) and (value := _value(key, raws[number], joined)) is not None:
                    found[key] = value
    return found


def own_name(key: str) -> str:
    """The name of a named property, lower case; empty for one that has a number (MS-OXCMSG 3.3.4.1.2)."""
    return key[39:-5].lower() if key[0] == "{" else ""


def _value(key: str, raw: bytes, joined: bool) -> Value:
    text = _joined(raw) if joined else text_of(raw)
    kind = key[-4:]
    if kind in ("001F", "001E"):
        return text
    return int(text) if kind in ("0003", "0014") and _NUMBER.fullmatch(text) else None


def _joined(raw: bytes) -> str:
    return "".join(line.strip() for line in text_of(raw, keep=True).splitlines())


def _long_values(fields: Fields) -> dict[str, tuple[str, int, bool]]:
    found: dict[str, tuple[str, int, bool]] = {}
    for name, raws in fields.items():
        for number, raw in enumerate(raws):
            if len(raw) > _LONG:
                found.setdefault(text_of(raw), (name, number, False))
                found.setdefault(_joined(raw), (name, number, True))
    return found
