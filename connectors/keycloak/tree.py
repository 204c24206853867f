"""The tree of groups, put in order at the end of a pass.

A group that is a member of another lies below it: being in the lower one then counts as being in the upper one, as in
the source. A group can lie below one other only, and not below itself; where it is a member of more, or in a circle,
the people in it are made members of those others too, and who they are is noted (`trh.inherited`), so that the list of
direct members stays what it was. What is nested in nothing lies below the unit that holds it at the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.dn import dn_key, parent_dn
from transhumance.connectors.keycloak.groups import Group, Groups

Parents = dict[str, str]
_IDS_A_VALUE = kc.GROUP_LIMIT // 37


def settle(groups: Groups) -> None:
    """Completes members, moves groups to their places, and flattens what the tree can't nest."""
    ours = {id_: group for id_, group in groups.all(fresh=True).items() if group.is_ours}
    for id_ in ours:
        groups.complete(id_)
    by_name = {dn_key(group.dn): id_ for id_, group in ours.items()}
    nested = nestings(ours, by_name)
    parents = places(ours, by_name, nested)
    for id_ in top_down(parents, ours):
        _move(groups, id_, parents.get(id_, ""))
    for id_ in ours:
        _give_own_name(groups, id_)
    flattened = {a: [m for m in members if parents.get(m) != a] for a, members in nested.items()}
    inherit(groups, ours, nested, flattened)


def nestings(ours: Mapping[str, Group], by_name: Mapping[str, str]) -> dict[str, list[str]]:
    """Which groups are members of which: id to ids."""
    found: dict[str, list[str]] = {}
    for id_, group in sorted(ours.items()):
        inner = (by_name.get(dn_key(name)) for name in group.named)
        found[id_] = sorted({i for i in inner if i is not None and not ours[i].is_unit})
    return found


def places(ours: Mapping[str, Group], by_name: Mapping[str, str], nested: Mapping[str, Sequence[str]]) -> Parents:
    """Below which group each one lies; no entry for the top."""
    parents: Parents = {}
    for outer, members in sorted(nested.items()):
        for member in members:
            if member not in parents and member not in _up(outer, parents):
                parents[member] = outer
    for id_, group in sorted(ours.items()):
        unit = by_name.get(dn_key(parent_dn(group.dn)), "")
        if id_ not in parents and unit and ours[unit].is_unit and id_ not in _up(unit, parents):
            parents[id_] = unit
    return parents


def _up(id_: str, parents: Mapping[str, str]) -> list[str]:
    """A group and those above it."""
    found = [id_]
    while (id_ := parents.get(id_, "")) and id_ not in found:
        found.append(id_)
    return found


def top_down(parents: Parents, ours: Mapping[str, Group]) -> list[str]:
    """The groups, those above first: a group moves below one that is in its place already, so never below itself."""
    return sorted(ours, key=lambda id_: (len(_up(id_, parents)), id_))


def _move(groups: Groups, id_: str, parent: str) -> None:
    group = groups.all()[id_]
    if group.parent == parent or id_ in _up(parent, {g.id: g.parent for g in groups.all().values()}):
        return
    free = groups.free_name(group.name, id_, parent)
    if free != group.name:
        groups.put(id_, free, {**group.attributes, kc.NAME: [free]})
    groups.move(id_, parent)


def _give_own_name(groups: Groups, id_: str) -> None:
    """The entry's own name, where it is free now."""
    group = groups.all()[id_]
    own = kc.clean_group(_first(group))
    if group.attributes.get(kc.NAME) == [group.name] != [own] and groups.free_name(own, id_, group.parent) == own:
        groups.put(id_, own, {**group.attributes, kc.NAME: [own]})


def _first(group: Group) -> str:
    """The entry's name of a group: its first `cn` (or `ou`) in the order that was noted."""
    by = kc.spelt(group.attributes, "ou" if group.is_unit else "cn")
    orders = dict(text.rsplit(":", 1) for text in group.attributes.get(kc.ORDER, ()) if ":" in text)
    values = kc.in_order(group.attributes.get(by, ()), orders.get(by))
    return values[0] if values else group.name


def inherit(
    groups: Groups,
    ours: Mapping[str, Group],
    nested: Mapping[str, Sequence[str]],
    flattened: Mapping[str, Sequence[str]],
) -> None:
    """Makes members of those who are so by way of a group that does not lie below."""
    direct: dict[str, set[str]] = {}

    def users(id_: str) -> set[str]:
        if id_ not in direct:
            held = set(_ids(groups.all()[id_].attributes.get(kc.INHERITED, ())))
            direct[id_] = set(groups.users_of(id_)) - held
        return direct[id_]

    for id_ in ours:
        held = set(_ids(groups.all()[id_].attributes.get(kc.INHERITED, ())))
        if not held and not flattened.get(id_):
            continue
        inner = closure(flattened.get(id_, ()), nested) - {id_}
        wanted = {user for each in inner for user in users(each)} - users(id_)
        if wanted != held:
            _note(groups, id_, wanted | held)  # noted before, so that no crash makes direct members of them
            groups.leave(held - wanted, id_)
            _note(groups, id_, groups.join(wanted - held, id_) | (wanted & held))


def _note(groups: Groups, id_: str, users: set[str]) -> None:
    group, ordered = groups.all()[id_], sorted(users)
    values = [" ".join(ordered[at : at + _IDS_A_VALUE]) for at in range(0, len(ordered), _IDS_A_VALUE)]
    groups.put(id_, group.name, {**group.attributes, kc.INHERITED: values})


def _ids(values: Sequence[str]) -> Iterator[str]:
    for value in values:
        yield from value.split()


def closure(begin: Sequence[str], nested: Mapping[str, Sequence[str]]) -> set[str]:
    """These groups and all that are nested in them, at any depth; circles end."""
    found: set[str] = set()
    todo = list(begin)
    while todo:
        id_ = todo.pop()
        if id_ not in found:
            found.add(id_)
            todo += nested.get(id_, ())
    return found
