"""What turns an entry of the server into the one that is wanted: attribute by attribute, never the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transhumance.connectors.formats.dn import format_dn
from transhumance.connectors.formats.ldapber import ADD_VALUES, DELETE_VALUES, REPLACE_VALUES, Entry, Mod
from transhumance.connectors.ldap.names import key_of, moved, parent, rdns
from transhumance.connectors.ldap.profile import Profile
from transhumance.connectors.ldap.stored import MANY, counts, own_classes

Values = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """A rename, and a move where `above` names another parent."""

    newrdn: str
    above: str | None
    to: str


@dataclass(frozen=True, slots=True)
class Delta:
    """What makes an entry the wanted one: a rename first, then changes of its attributes."""

    rename: Rename | None
    mods: tuple[Mod, ...]

    @property
    def empty(self) -> bool:
        return self.rename is None and not self.mods


def delta(current: Entry, dn: str, wanted: Mapping[str, Values], profile: Profile) -> Delta:
    """From the entry that is there to the name and attributes that are wanted. What nobody but the server or the person
    writes (memberOf, passwords) is left alone."""
    rename = _rename(current.dn, dn)
    have = _renamed(current, rename) if rename else current.attributes
    return Delta(rename, tuple(_mods(have, wanted, profile)))


def one_spelling(dn: str) -> str:
    """A name as RFC 4514 writes it, types in lower case."""
    return moved(dn, "cn=nothing is below this", "", False)


def _rename(now: str, wanted: str) -> Rename | None:
    if one_spelling(now) == one_spelling(wanted):
        return None
    above = parent(wanted)
    return Rename(format_dn(rdns(wanted)[:1]), None if key_of(parent(now)) == key_of(above) else above, wanted)


def _renamed(current: Entry, rename: Rename) -> dict[str, Values]:
    """The attributes after a rename: the old name's values gone, the new one's there."""
    have = dict(current.attributes)
    spelt = {name.lower(): name for name in have}
    for ava in rdns(current.dn)[0]:
        name = spelt.get(ava.type.lower(), ava.type)
        left = tuple(value for value in have.get(name, ()) if value.lower() != ava.value.lower())
        have[name] = left
    for ava in rdns(rename.to)[0]:
        name = spelt.get(ava.type.lower(), ava.type)
        have[name] = (*(v for v in have.get(name, ()) if v != ava.value), ava.value)
    return {name: values for name, values in have.items() if values}


def _mods(have: Mapping[str, Values], wanted: Mapping[str, Values], profile: Profile) -> list[Mod]:
    old = {name.lower(): (name, values) for name, values in have.items()}
    new = {name.lower(): (name, values) for name, values in wanted.items()}
    mods: list[Mod] = []
    for name in [*new, *(name for name in old if name not in new)]:
        spelt, after = new.get(name, (name, ()))
        before = old.get(name, (name, ()))[1]
        if name == "objectclass":
            mods += _classes(before, after, profile)
        elif name == "entryuuid" or name == "createtimestamp":
            mods += [Mod(REPLACE_VALUES, spelt, after)] if after and after != before else []
        elif name == "pwdreset":
            continue  # asked for once, when the entry is made; then it is the person's
        elif counts(name, before, profile) or (after and counts(name, after, profile)):
            mods += _values(spelt, before, after, profile.schema.is_dn(name.partition(";")[0]))
    return mods


def _values(name: str, before: Values, after: Values, is_dn: bool) -> list[Mod]:
    if is_dn:
        spelt_before, spelt_after = {_spelt(v): v for v in before}, {_spelt(v): v for v in after}
        gone = tuple(v for s, v in spelt_before.items() if s not in spelt_after)
        come = tuple(v for s, v in spelt_after.items() if s not in spelt_before)
        if not after:
            return [Mod(DELETE_VALUES, name)] if before else []
        return [Mod(op, name, v) for op, v in ((DELETE_VALUES, gone), (ADD_VALUES, come)) if v]
    if before == after or (len(after) > MANY and set(before) == set(after)):
        return []
    if not after:
        return [Mod(DELETE_VALUES, name)]
    return [Mod(ADD_VALUES if not before else REPLACE_VALUES, name, after)]


def _spelt(value: bytes) -> str:
    return one_spelling(value.decode("utf-8", "surrogateescape"))


def _classes(before: Values, after: Values, profile: Profile) -> list[Mod]:
    """The classes as a set, superiors counted in; those that the server gave by itself stay."""
    schema = profile.schema
    mine = own_classes(before)
    if schema.closure(v.decode("utf-8", "replace").lower() for v in mine) == schema.closure(
        v.decode("utf-8", "replace").lower() for v in after
    ):
        return []
    return [Mod(REPLACE_VALUES, "objectClass", (*after, *(v for v in before if v not in mine)))]
