"""Registries by entry points: connectors, codecs and loss codes, ours and a third party's by the same door.

Groups: `transhumance.connectors` (a `Connector` each), `transhumance.codecs` (a sequence of codecs each),
`transhumance.codes` (a sequence of `LossCode` each). Nothing is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from transhumance.connectors.contract.codecs import Codec
from transhumance.connectors.contract.codes import LossCode
from transhumance.connectors.contract.connector import Connector
from transhumance.connectors.contract.errors import UserError
from transhumance.connectors.contract.model import Text


@cache
def _points(group: str) -> Mapping[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=f"transhumance.{group}"), key=lambda p: p.name)}


@cache
def connectors() -> Mapping[str, Connector]:
    """Every connector that is installed, by name."""
    return {name: point.load() for name, point in _points("connectors").items()}


@cache
def connector(name: str) -> Connector:
    """One connector. Raises `UserError` with the names that exist."""
    if point := _points("connectors").get(name):
        return point.load()  # type: ignore[no-any-return]
    known = ", ".join(_points("connectors"))
    raise UserError(
        Text(f"connecteur inconnu : {name} ; connus : {known}", f"unknown connector: {name}; known: {known}"),
        where=name,
    )


@cache
def codecs() -> Mapping[tuple[str, str], Codec]:
    """Every codec, by (kind, form). Two for one pair is an error of installation."""
    found: dict[tuple[str, str], Codec] = {}
    for name, point in _points("codecs").items():
        for codec in point.load():
            if (pair := (codec.kind, codec.form)) in found:
                raise UserError(Text(f"deux codecs pour {pair}", f"two codecs for {pair}"), where=name)
            found[pair] = codec
    return found


def codec_for(kind: str, form: str) -> Codec | None:
    """The codec of a kind in a form, or the form's codec for any kind."""
    return codecs().get((kind, form)) or codecs().get(("*", form))


@cache
def all_codes() -> Mapping[str, LossCode]:
    """Every loss code, by its name. One name twice is an error of installation."""
    found: dict[str, LossCode] = {}
    for name, point in _points("codes").items():
        for entry in point.load():
            if entry.code in found:
                raise UserError(Text(f"code {entry.code} en double", f"code {entry.code} twice"), where=name)
            found[entry.code] = entry
    return found


def find_code(name: str) -> LossCode | None:
    """A loss code, or None where there is no such."""
    return all_codes().get(name)


def code(name: str) -> LossCode:
    """A loss code. Raises `KeyError` where there is none: a finding without a code is a defect."""
    return all_codes()[name]
