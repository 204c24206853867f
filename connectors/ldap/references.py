"""Who names whom: servers with the refint overlay or plug-in rewrite names elsewhere when we rename or remove an entry.
That is our step, not somebody's edit: it is noted, so that the entries that it touches are still as expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Literal

from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import DELETE_VALUES, Entry, Mod
from transhumance.connectors.formats.ldapwire import SUCCESS
from transhumance.connectors.ldap.directory import Directory
from transhumance.connectors.ldap.names import key_of, moved
from transhumance.connectors.ldap.state import Severed, State
from transhumance.connectors.ldap.stored import Undone, key, origin_id, version

NAMING = ("member", "uniqueMember", "manager", "owner", "secretary", "seeAlso", "roleOccupant")
Wanted = Mapping[str, tuple[bytes, ...]]
_SLICE = 500  # values in one modify
_FEW = 20  # names that one filter looks for; more are looked for in all that names anything


def _naming(directory: Directory) -> list[str]:
    return [name for name in NAMING if directory.profile.schema.is_dn(name.lower())]


def _holders(directory: Directory, names: Iterable[str], asked: Sequence[str]) -> list[Entry]:
    """The entries that name one of these, or where they are many, all that name anything."""
    dns, naming = list(names), _naming(directory)
    there = [ber.equal(name, ber.raw(dn)) for name in naming for dn in dns] if len(dns) <= _FEW else []
    wanted = ber.any_of(*(there or [ber.present(name) for name in naming]))
    found, result = directory.session.search(directory.base, ber.SUB, wanted, asked)
    return found if result.code == SUCCESS else []


def _rows(directory: Directory, names: Iterable[str], holders: Iterable[Entry]) -> Iterator[tuple[bytes, str, str]]:
    """For each that names one of these: its key, the attribute, and the name there."""
    old = {key_of(dn) for dn in names}
    for entry in holders:
        own = key(entry, directory.profile)
        for name, values in entry.attributes.items():
            for value in values if own and directory.profile.schema.is_dn(name.lower()) else ():
                said = key_of(value.decode("utf-8", "surrogateescape"))
                if own and said in old:
                    yield own, name.lower(), said


def note_removal(directory: Directory, state: State, going: Entry) -> None:
    """Before an entry goes: who names it, so that these are no edits, and the links come again with it."""
    dn = going.dn
    holders = [h for h in _holders(directory, [dn], directory.attributes) if key_of(h.dn) != key_of(dn)]
    rows = list(_rows(directory, [dn], holders))
    state.drifted((own, attribute, "+" + said, None) for own, attribute, said in rows)
    gone = origin_id(going, directory.profile)
    by_key = {key(holder, directory.profile): holder for holder in holders}
    whole = {own: _whole(directory, state, own, by_key[own]) for own, _, _ in rows}
    state.sever(Severed(gone, own, attribute, dn, whole[own]) for own, attribute, _ in rows if gone)


def note_renames(directory: Directory, state: State, dn: str, to: str) -> None:
    """Before an entry and all below it get other names."""
    below, result = directory.session.search(dn, ber.SUB, attributes=["1.1"])
    names = [entry.dn for entry in below] if result.code == SUCCESS else [dn]
    holders = _holders(directory, names, [directory.profile.id_attribute, "objectClass", *_naming(directory)])
    after = {key_of(name): key_of(moved(name, dn, to)) for name in names}
    state.drifted((own, attribute, after[said], said) for own, attribute, said in _rows(directory, names, holders))


def _taken(rows: Iterable[Severed]) -> Undone:
    """These links as what is to be taken back to see a holder whole."""
    found: Undone = {}
    for row in rows:
        found.setdefault(row.attribute, {})["+" + key_of(row.dn)] = None
    return found


def _whole(directory: Directory, state: State, own: bytes, holder: Entry) -> str:
    """The version that a holder has with all links that were taken from it. Where somebody changed it since, the
    earlier ones are theirs to decide."""
    earlier = state.severed("key", [own])
    if earlier and _stands(directory, holder, earlier) is None:
        state.mended(earlier)
        earlier = []
    return earlier[0].whole if earlier else version(holder, directory.profile)


def _stands(directory: Directory, holder: Entry, rows: Sequence[Severed]) -> Literal["bare", "filled"] | None:
    """Whether a holder is as we left it; `filled`: its one name is the server's filler for those that went."""
    taken, wholes = _taken(rows), {row.whole for row in rows}
    if version(holder, directory.profile, taken) in wholes:
        return "bare"
    return "filled" if version(holder, directory.profile, taken, lone=False) in wholes else None


def resettle(directory: Directory, state: State, own: bytes, holder: Entry, wanted: Wanted | None) -> None:
    """A holder is ours anew: links that it is not to have (`wanted`; None: it is as it was before) are no longer owed,
    the others are, over what it is now."""
    rows = state.severed("key", [own])
    names: dict[str, set[str]] = {}
    for name, values in (wanted or {}).items():
        said = names.setdefault(name.lower(), set())
        if directory.profile.schema.is_dn(name.partition(";")[0].lower()):
            said |= {key_of(value.decode("utf-8", "surrogateescape")) for value in values}
    kept = [row for row in rows if wanted is None or key_of(row.dn) in names.get(row.attribute, ())]
    state.mended(row for row in rows if row not in kept)
    whole = version(holder, directory.profile, _taken(kept))
    state.sever(replace(row, whole=whole) for row in kept)


def rejoin(directory: Directory, state: State, came: Mapping[bytes, Entry], check: Callable[[], None]) -> None:
    """Entries that are there again, by the ids that they had: the links to them that went with them are put back, where
    the holder still stands as we left it."""
    rows = state.severed("id", came)
    if not rows:
        return
    holders = directory.by_ids(row.key for row in rows)
    for own, group in groupby(sorted(rows, key=lambda row: row.key), key=lambda row: row.key):
        if (holder := holders.get(own[1:])) is not None:
            _rejoined(directory, state, holder, {row: came[row.id].dn for row in group}, check)


def _rejoined(
    directory: Directory, state: State, holder: Entry, names: Mapping[Severed, str], check: Callable[[], None]
) -> None:
    own = next(iter(names)).key
    all_rows = state.severed("key", [own])
    stands = _stands(directory, holder, all_rows)
    if stands is None:
        state.mended(names)  # somebody else changed it: theirs to decide
        return
    for attribute in sorted({row.attribute for row in names}):
        values = next((v for n, v in holder.attributes.items() if n.lower() == attribute), ())
        there = {key_of(value.decode("utf-8", "surrogateescape")) for value in values}
        coming = [dn for row, dn in names.items() if row.attribute == attribute and key_of(dn) not in there]
        filler = values if stands == "filled" and len(values) == 1 else ()
        if coming and not _put(directory, state, holder, attribute, coming, filler, check):
            return
    state.mended(names)
    left = [row for row in all_rows if row not in names]
    if left and (after := directory.session.read(holder.dn, directory.attributes)) is not None:
        resettle(directory, state, own, after, None)


def _put(
    directory: Directory,
    state: State,
    holder: Entry,
    attribute: str,
    dns: Sequence[str],
    filler: tuple[bytes, ...],
    check: Callable[[], None],
) -> bool:
    own = key(holder, directory.profile) or b""
    for at in range(0, len(dns), _SLICE):
        part = dns[at : at + _SLICE]
        mods = [Mod(ber.ADD_VALUES, attribute, tuple(map(ber.raw, part)))]
        if filler and not at:
            mods.insert(0, Mod(DELETE_VALUES, attribute, filler))
        state.drifted((own, attribute, key_of(dn), None) for dn in part)
        check()
        if directory.session.ask(ber.modify(holder.dn, mods)).code != SUCCESS:
            return False
    return True


def member_of(directory: Directory, state: State) -> None:
    """Members that came after their group do not know of it yet: the server is made to look at them again."""
    done: list[str] = []
    for dn in state.touched() if directory.profile.has_member_of else ():
        group = directory.session.read(dn, ["member"])
        if group is not None and not _told_again(directory, dn, group):
            break  # nothing computes memberOf here
        done.append(dn)
    state.untouch(done or list(state.touched()))


def _told_again(directory: Directory, dn: str, group: Entry) -> bool:
    members = [v.decode("utf-8", "surrogateescape") for v in group.attributes.get("member", ())]
    known = directory.session.reads(members, ["memberOf"])
    late = [m for m, entry in zip(members, known, strict=True) if entry is not None and not _knows(entry, dn)]
    for at in range(0, len(late), _SLICE):
        values = tuple(ber.raw(member) for member in late[at : at + _SLICE])
        mods = [Mod(DELETE_VALUES, "member", values), Mod(ber.ADD_VALUES, "member", values)]
        if directory.session.ask(ber.modify(dn, mods)).code != SUCCESS:
            return True
    return not late or _knows(directory.session.read(late[0], ["memberOf"]), dn)


def _knows(entry: Entry | None, group: str) -> bool:
    groups = [v for n, values in entry.attributes.items() if n.lower() == "memberof" for v in values] if entry else []
    return key_of(group) in {key_of(value.decode("utf-8", "surrogateescape")) for value in groups}
