"""What a person claims for themself alone: an address, a log-in name, an RPPS number. Two people with one are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transhumance.connectors.contract import Claim, Value
from transhumance.connectors.formats.entry import Lower

_KINDS = {
    "mail": ("ID-MAI-05", "ID-MAI-01"),
    "login": ("ID-NAM-09", "ID-NAM-02"),
    "rpps": ("ID-RPP-03", "ID-RPP-02"),
}


def claims(said: Lower, source: Lower, mapping: Mapping[str, Value]) -> Iterator[Claim]:
    """The claims of a person, by attributes in lower case: address and log-in name as the document says them (the
    plan's rules may have chosen another), the RPPS number from where the plan says that the source has it."""
    yield from _of("mail", said.get("mail", ())[:1])
    yield from _of("login", said.get("uid", ())[:1])
    wanted = mapping.get("rpps")
    if isinstance(wanted, str):
        yield from _of("rpps", source.get(wanted.lower(), ()))


def _of(kind: str, values: tuple[bytes, ...]) -> Iterator[Claim]:
    told, held = _KINDS[kind]
    for value in values:
        if text := value.decode("utf-8", "replace").strip():
            yield Claim(kind, text, told, held)
