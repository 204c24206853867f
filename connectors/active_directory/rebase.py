"""Names under another base: what lay under the source's lies under this endpoint's, and comes back under the
source's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from transhumance.connectors.formats.dn import DnError, dn_key, parse_rdn, split_dn

_FOREIGN = ",CN=ForeignSecurityPrincipals,"


@lru_cache(8192)
def tail_of(dn: str, base: str) -> str:
    """The end of a name that is this base, as it is written there; empty where the name does not lie under it. With no
    base: its last parts that are domain components."""
    try:
        pieces = split_dn(dn)
        if not base:
            count = 0
            while count < len(pieces) and parse_rdn(pieces[-1 - count])[0].type.lower() == "dc":
                count += 1
        else:
            count = len(split_dn(base))
    except DnError:
        return ""
    tail = ",".join(pieces[-count:]) if count else ""
    return tail if not base or dn_key(tail) == dn_key(base) else ""


def moved(dn: str, base: str, to: str) -> str:
    """The name with `to` where it ended in `base`; the same name where it does not."""
    if len(dn) < len(base) // 2 or not base:
        return dn
    tail = tail_of(dn, base)
    if not tail:
        return dn
    head = dn[: len(dn) - len(tail)] if dn.endswith(tail) else ",".join(split_dn(dn)[: -len(split_dn(base))]) + ","
    return head + to if head.strip(",") else to


@dataclass(frozen=True, slots=True)
class Turn:
    """From under one base to under another. `from_root`, `to_root`: the domains that the bases lie in, by which a
    principal of a foreign domain is named, and a name of another domain of the forest is known, which stays."""

    base: str
    to: str
    from_root: str
    to_root: str

    def back(self) -> Turn:
        """The same the other way round."""
        return Turn(self.to, self.base, self.to_root, self.from_root)

    def name(self, dn: str) -> str:
        rdn, sign, above = dn.partition(_FOREIGN)
        if sign and dn[:5].upper() == "CN=S-" and dn_key(above) == dn_key(self.from_root):
            return f"{rdn}{_FOREIGN}{self.to_root}"
        if dn_key(tail_of(dn, "")) != dn_key(self.from_root):
            return dn
        return moved(dn, self.base, self.to)

    def values(self, values: Iterable[bytes]) -> tuple[bytes, ...]:
        """Values that are names, each moved. A binary or text part before the name (`B:32:...:CN=...`) stays."""
        out = []
        for value in values:
            text = value.decode("utf-8", "surrogateescape")
            front = ""
            if text[:2] in ("B:", "S:") and text.count(":") >= 3:
                cut = len(text) - len(text.split(":", 3)[3])
                front, text = text[:cut], text[cut:]
            out.append((front + self.name(text)).encode("utf-8", "surrogateescape"))
        return tuple(out)


def turn(base: str, to: str, to_root: str) -> Turn:
    """From a base of the source to one here."""
    return Turn(base, to, tail_of(base, ""), to_root)


def parent_and_rdn(dn: str) -> tuple[str, str]:
    """The name above and the entry's own. Raises `DnError`."""
    first = split_dn(dn)[0]
    return dn[len(first) + 1 :].lstrip(" "), first.strip(" ")
