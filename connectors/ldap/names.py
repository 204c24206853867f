"""Names of entries between two bases: the source's and the target's. Servers write names in spellings of their own
(escapes, case of the types), so what comes from one is brought into one spelling."""

from __future__ import annotations

from functools import lru_cache

from transhumance.connectors.formats.dn import Ava, DnError, Rdn, dn_key, format_dn, parse_dn

key_of = lru_cache(1 << 16)(dn_key)


def depth(dn: str) -> int:
    """How many relative names it has; 0 for what is no name."""
    return len(rdns(dn))


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


@lru_cache(1 << 14)
def _keys(dn: str) -> tuple[str, ...]:
    return tuple(dn_key(format_dn([rdn])) for rdn in rdns(dn))


def is_under(dn: str, base: str) -> bool:
    """Whether a name is the base or lies below it."""
    mine, theirs = _keys(dn), _keys(base)
    return len(mine) >= len(theirs) and mine[len(mine) - len(theirs) :] == theirs


@lru_cache(1 << 16)
def moved(dn: str, old: str, new: str, upper: bool | None = None) -> str:
    """A name with `new` in the place of its suffix `old` (an empty one is every name's), in RFC 4514's spelling; a name
    that is not below `old` only gets the spelling. `upper`: the case of its types, None to leave them. What is no name
    stays as it is."""
    parts = rdns(dn)
    if not parts:
        return new if not dn.strip() and not old else dn
    if is_under(dn, old):
        own = parts[: len(parts) - depth(old)]
        return ",".join(filter(None, (format_dn(_cased(own, upper)), new)))
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
        return moved(dn, self.target, self.source, self._upper)

    def holds(self, dn: str) -> bool:
        """Whether a name of the target lies in its base."""
        return is_under(dn, self.target)
