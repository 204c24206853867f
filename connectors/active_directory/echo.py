"""What a step does to other entries than its own: a rename or a deletion changes the values of those that name it.

A controller changes them by itself, and tells their new state like anybody's change. So a step of ours notes what it
will do to them, and a comparison of versions takes that back first: what remains is what others changed.
"""

from __future__ import annotations

from transhumance.connectors.active_directory.directory import Directory
from transhumance.connectors.active_directory.entries import RANK_PLACE, rank_of, settled, version_of
from transhumance.connectors.active_directory.state import State
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.entry import lowered
from transhumance.connectors.formats.ldapber import Entry

_BACK_LINKS = {"memberof": "member", "directreports": "manager", "managedobjects": "managedBy"}
_ASKED = ("objectGUID", "objectClass", "memberOf", "directReports", "managedObjects")


def note(directory: Directory, state: State, entry: Entry, new_dn: str) -> None:
    """Notes what a rename (or, without a new name, a deletion) of an entry does to others, before it is done."""
    lower = lowered(entry.attributes)
    below = [entry]
    if new_dn and rank_of(lower) == RANK_PLACE:
        with directory.session().another() as apart:
            below = [each for page in apart.pages(entry.dn, ber.SUB, attributes=_ASKED) for each in page]
    for each in below:
        moved = each.dn[: len(each.dn) - len(entry.dn)] + new_dn if new_dn else ""
        if each.dn != entry.dn and moved:
            state.echo(each.attributes["objectGUID"][0], "dn", each.dn, moved)
        _owners(directory, state, each, moved)


def _owners(directory: Directory, state: State, entry: Entry, new_dn: str) -> None:
    for name, values in entry.attributes.items():
        link = _BACK_LINKS.get(name.lower())
        if link:
            names = [value.decode("utf-8", "surrogateescape") for value in values]
            for owner in directory.session().reads(names, ("objectGUID",)):
                if owner is not None:
                    state.echo(owner.attributes["objectGUID"][0], link, entry.dn, new_dn)


def version_without(state: State, entry: Entry) -> str:
    """The version that an entry would have if our steps on others had left it alone."""
    dn, attributes = entry.dn, {name: list(values) for name, values in entry.attributes.items()}
    spelt = {name.lower(): name for name in attributes}
    for name, old, new in state.echoes(entry.attributes["objectGUID"][0]):
        if name == "dn":
            dn = old if dn == new else dn
            continue
        values = attributes.setdefault(spelt.setdefault(name.lower(), name), [])
        raw = new.encode("utf-8", "surrogateescape")
        if new and raw not in values:  # another has changed it since
            continue
        if new:
            values.remove(raw)
        values.append(old.encode("utf-8", "surrogateescape"))
    return version_of(dn, settled({name: tuple(values) for name, values in attributes.items()}))
