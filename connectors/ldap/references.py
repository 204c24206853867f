"""Who names whom: servers with the refint overlay or plug-in rewrite names elsewhere when we rename or remove an entry.
That is our step, not somebody's edit: it is noted, so that the entries that it touches are still as expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import DELETE_VALUES, Entry, Mod
from transhumance.connectors.formats.ldapwire import SUCCESS
from transhumance.connectors.ldap.directory import Directory
from transhumance.connectors.ldap.names import key_of, moved
from transhumance.connectors.ldap.state import State
from transhumance.connectors.ldap.stored import key

NAMING = ("member", "uniqueMember", "manager", "owner", "secretary", "seeAlso", "roleOccupant")
_SLICE = 500  # values in one modify
_FEW = 20  # names that one filter looks for; more are looked for in all that names anything


def _naming(directory: Directory) -> list[str]:
    return [name for name in NAMING if directory.profile.schema.is_dn(name.lower())]


def _rows(directory: Directory, renamed: Mapping[str, str | None]) -> Iterator[tuple[bytes, str, str, str | None]]:
    """For each entry that names one of these: its key, the attribute, and what to take back there."""
    names = _naming(directory)
    there = [ber.equal(name, ber.raw(dn)) for name in names for dn in renamed] if len(renamed) <= _FEW else []
    wanted = ber.any_of(*(there or [ber.present(name) for name in names]))
    asked = [directory.profile.id_attribute, "objectClass", *names]
    old = {key_of(dn): None if to is None else key_of(to) for dn, to in renamed.items()}
    found, result = directory.session.search(directory.base, ber.SUB, wanted, asked)
    for entry in found if result.code == SUCCESS else ():
        own = key(entry, directory.profile)
        for name, values in entry.attributes.items():
            for value in values if own and directory.profile.schema.is_dn(name.lower()) else ():
                said = key_of(value.decode("utf-8", "surrogateescape"))
                if own and said in old:
                    to = old[said]
                    yield (own, name.lower(), "+" + said, None) if to is None else (own, name.lower(), to, said)


def note_removal(directory: Directory, state: State, dn: str) -> None:
    """Before an entry goes."""
    state.drifted(_rows(directory, {dn: None}))


def note_renames(directory: Directory, state: State, dn: str, to: str) -> None:
    """Before an entry and all below it get other names."""
    below, result = directory.session.search(dn, ber.SUB, attributes=["1.1"])
    names = [entry.dn for entry in below] if result.code == SUCCESS else [dn]
    state.drifted(_rows(directory, {name: moved(name, dn, to) for name in names}))


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
