"""Names of entries between two bases: the source's and the target's. Servers write names in spellings of their own
(escapes, case of the types), so what comes from one is brought into one spelling."""

from __future__ import annotations

from functools import lru_cache

from transhumance.connectors.formats.dn import Ava, DnError, Rdn, dn_key, format_dn, parse_dn, parse_rdn, split_dn

NOBODY = "cn=empty-group"  # what an open document has as the member of a group that has none: a mark, no name
_DEEP = 50  # relative names above which a name is worked out whole, not from its parent's


@lru_cache(1 << 16)
def key_of(dn: str) -> str:
    """The name as it is matched (`dn_key`), from its parent's, which siblings share."""
    cut = _cut(dn)
    return f"{dn_key(cut[0])},{key_of(cut[1])}" if cut else dn_key(dn)


def _cut(dn: str) -> tuple[str, str] | None:
    """Its own relative name and its parent's name, as they are written; None where it has no parent or is no name."""
    try:
        pieces = split_dn(dn)
        if not 1 < len(pieces) < _DEEP:
            return None
        for piece in pieces:
            _known(piece)
    except DnError:
        return None
    return pieces[0], dn[len(pieces[0]) + 1 :]


@lru_cache(1 << 14)
def _known(piece: str) -> Rdn:
    return parse_rdn(piece)


def depth(dn: str) -> int:
    """How many relative names it has; 0 for what is no name."""
    try:
        return len(split_dn(dn))
    except DnError:
        return 0


@lru_cache(1 << 14)
def rdns(dn: str) -> tuple[Rdn, ...]:
    """Its relative names; none for what is no name."""
    try:
        return parse_dn(dn)
    except DnError:
        return ()


def parent(dn: str) -> str:
    """The name of its parent, in RFC 4514's spelling; empty where it has none."""
    return format_dn(rdns(dn)[1:])


def is_under(dn: str, base: str) -> bool:
    """Whether a name is the base or lies below it."""
    mine, theirs = key_of(dn), key_of(base)
    if mine == theirs or not theirs:
        return True
    if not mine.endswith("," + theirs):
        return False
    own = mine[: -len(theirs) - 1]
    return (len(own) - len(own.rstrip("\\"))) % 2 == 0  # an escaped comma ends no name


@lru_cache(1 << 16)
def moved(dn: str, old: str, new: str, upper: bool | None = None) -> str:
    """A name with `new` in the place of its suffix `old` (an empty one is every name's), in RFC 4514's spelling; a name
    that is not below `old` only gets the spelling. `upper`: the case of its types, None to leave them. What is no name
    stays as it is."""
    cut = _cut(dn)
    if cut:
        if dn == old or (depth(dn) == depth(old) and key_of(dn) == key_of(old)):
            return new
        above = moved(cut[1], old, new, upper)  # which siblings share
        own = format_dn(_cased((_known(cut[0]),), upper))
        return f"{own},{above}" if above else own
    parts = rdns(dn)
    if not parts:
        return new if not dn.strip() and not old else dn
    if is_under(dn, old):
        below = parts[: len(parts) - depth(old)]
        return ",".join(filter(None, (format_dn(_cased(below, upper)), new)))
    return format_dn(_cased(parts, upper))


def _cased(parts: tuple[Rdn, ...], upper: bool | None) -> tuple[Rdn, ...]:
    if upper is None:
        return parts
    return tuple(tuple(Ava(a.type.upper() if upper else a.type.lower(), a.value, a.ber) for a in r) for r in parts)


class Bases:
    """The two bases, each in its own spelling. `source`: empty where names of the source are relative."""

    __slots__ = ("_upper", "source", "target")

    def __init__(self, source: str, target: str) -> None:
        self.source, self.target = source, target
        first = rdns(source)[:1]
        self._upper = bool(first) and first[0][0].type.isupper()

    def there(self, dn: str) -> str:
        """A name of the source as the target has it."""
        return moved(dn, self.source, self.target)

    def back(self, dn: str) -> str:
        """A name of the target as the source has it."""
        return NOBODY if dn.lower() == NOBODY else moved(dn, self.target, self.source, self._upper)

    def holds(self, dn: str) -> bool:
        """Whether a name of the target lies in its base."""
        return is_under(dn, self.target)
