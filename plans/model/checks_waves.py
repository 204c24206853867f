"""Waves have their own names, can be put in order, name workloads that exist, and nobody is in two of them for one
workload.
"""

from __future__ import annotations

from collections.abc import Iterator

from transhumance.plans.model.checks import Names, keys_at, names_at, waves_of
from transhumance.plans.model.document import Node, locate
from transhumance.plans.model.errors import Loc, Place, printable
from transhumance.plans.model.guess import nearest
from transhumance.plans.model.messages import Problem
from transhumance.plans.model.waves import MEMBER_KINDS, WORKLOADS

_NAMED = tuple(kind for kind in MEMBER_KINDS if kind not in ("ou", "query", "csv"))


def check_waves(root: Node) -> Iterator[Problem]:
    """Every mistake between waves."""
    yield from _ids(root)
    yield from _order(root)
    yield from _workloads(root)
    yield from _members(root)
    for index, node in waves_of(root):
        yield from _times(root, index, node)
        yield from _directory(root, index)
        yield from _passes(root, index, node)


def _id(root: Node, index: int) -> tuple[str, Place] | None:
    found = names_at(root, "waves", index, "id")
    return (found[0][1], found[0][2]) if found else None


def _ids(root: Node) -> Iterator[Problem]:
    """Wave names differ even where case does not count: they become folders."""
    seen: dict[str, int] = {}
    for index, _ in waves_of(root):
        if (found := _id(root, index)) is not None:
            name, place = found
            if (first := seen.setdefault(name.casefold(), place.line)) != place.line:
                yield Problem("wave-twice", place, ("waves", index, "id"), {"value": printable(name), "first": first})


def _waits(root: Node, index: int) -> Names:
    return keys_at(root, "waves", index, "after") or names_at(root, "waves", index, "after")


def _order(root: Node) -> Iterator[Problem]:
    """Each `after` names a wave, and no waves wait for each other in a ring."""
    ids = {found[0]: index for index, _ in waves_of(root) if (found := _id(root, index)) is not None}
    graph: dict[str, Names] = {}
    for index, _ in waves_of(root):
        found = _id(root, index)
        for loc, name, place in _waits(root, index):
            if name not in ids:
                params = {"value": printable(name), "guess": nearest(name, ids), "known": list(ids)}
                yield Problem("unknown-wave", place, loc, params)
            elif found is not None:
                graph.setdefault(found[0], []).append((loc, name, place))
    yield from _rings(graph)


def _rings(graph: dict[str, Names]) -> Iterator[Problem]:
    """One problem per ring, at the `after` that closes it. Without recursion: a plan may have many waves."""
    done: set[str] = set()
    for start in graph:
        path: list[str] = [start]
        pending = [iter(graph.get(start, []))]
        while path:
            loc, name, place = next(pending[-1], ((), "", None))
            if place is None:
                done.add(path.pop())
                pending.pop()
            elif name in path:
                ring = " → ".join([*path[path.index(name) :], name])
                yield Problem("wave-cycle", place, loc, {"value": printable(ring, 300)[1:-1]})
            elif name not in done:
                path.append(name)
                pending.append(iter(graph.get(name, [])))


def _workloads(root: Node) -> Iterator[Problem]:
    """A wave's workloads are configured, and named once."""
    configured = [name for _, name, _ in keys_at(root, "workloads")]
    for index, _ in waves_of(root):
        seen: set[str] = set()
        for loc, name, place in names_at(root, "waves", index, "workloads"):
            if configured and name not in configured and name in WORKLOADS:
                params = {"value": printable(name), "guess": nearest(name, configured), "known": configured}
                yield Problem("unknown-workload", place, loc, params)
            elif name in seen:
                yield Problem("twice", place, loc, {"value": printable(name)})
            seen.add(name)


def _members(root: Node) -> Iterator[Problem]:
    """For each workload, one wave at most takes the rest, and nobody is named in two."""
    rest: dict[str, tuple[str, int]] = {}
    taken: dict[tuple[str, str, str], tuple[str, int]] = {}
    for index, _ in waves_of(root):
        found = _id(root, index)
        label = found[0] if found else str(index + 1)
        workloads = dict.fromkeys(name for _, name, _ in names_at(root, "waves", index, "workloads"))
        yield from _all(root, index, label, workloads, rest)
        yield from _named_members(root, index, label, workloads, taken)


def _all(
    root: Node, index: int, label: str, workloads: dict[str, None], rest: dict[str, tuple[str, int]]
) -> Iterator[Problem]:
    loc: Loc = ("waves", index, "members", "all")
    place, node, at = locate(root, loc)
    if at != loc or node.value is not True:
        return
    for workload in workloads:
        if workload in rest:
            other, first = rest[workload]
            yield Problem("all-twice", place, loc, {"value": workload, "other": printable(other), "first": first})
        rest.setdefault(workload, (label, place.line))


def _named_members(
    root: Node,
    index: int,
    label: str,
    workloads: dict[str, None],
    taken: dict[tuple[str, str, str], tuple[str, int]],
) -> Iterator[Problem]:
    """Nobody is named in two waves; who is in OUs, queries and files is known when the plan is resolved."""
    left_out = {name.casefold() for _, name, _ in names_at(root, "waves", index, "members", "except")}
    for kind in _NAMED:
        for loc, name, place in names_at(root, "waves", index, "members", kind):
            folded = name.casefold()
            if folded in left_out:
                continue
            if clash := [w for w in workloads if taken.get((w, kind, folded), (label,))[0] != label]:
                other, first = taken[clash[0], kind, folded]
                params = {"value": printable(name), "other": printable(other), "first": first}
                yield Problem("member-twice", place, loc, params | {"workload": ", ".join(clash)})
            else:
                taken |= {(workload, kind, folded): (label, place.line) for workload in workloads}


def _times(root: Node, index: int, node: Node) -> Iterator[Problem]:
    """Times of day need a zone: a default would be four hours wrong overseas."""
    for field in ("windows", "blackouts"):
        inner = node.get(field)
        if inner is not None and inner.value and node.get("timezone") is None:
            yield Problem("timezone-needed", node.keys[field], ("waves", index, field))


def _passes(root: Node, index: int, node: Node) -> Iterator[Problem]:
    """Each pass is listed once: `every` repeats it."""
    passes = node.get("passes")
    seen: set[str] = set()
    for number, _ in passes.items() if passes else ():
        loc: Loc = ("waves", index, "passes", number)
        for at, name, place in names_at(root, *loc) or names_at(root, *loc, "pass"):
            if name in seen:
                yield Problem("twice", place, at, {"value": printable(name)})
            seen.add(name)


def _directory(root: Node, index: int) -> Iterator[Problem]:
    """Members that are looked up need somewhere to look."""
    if root.get("directory") is not None:
        return
    for kind in ("ou", "query"):
        if found := names_at(root, "waves", index, "members", kind):
            loc, _, place = found[0]
            yield Problem("directory-needed", place, loc, {"value": kind})
