"""Each workload goes from one system to another: no endpoint, address or folder is both source and target, none is
named twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from transhumance.plans.model.checks import Names, keys_at, names_at
from transhumance.plans.model.document import Node, locate
from transhumance.plans.model.errors import Loc, printable
from transhumance.plans.model.guess import nearest
from transhumance.plans.model.messages import Problem

# Settings that say which system an endpoint is; the others say how it is spoken to. A system is surely known only once
# connected; this finds the same address under two names before that.
_ADDRESS: Final = ("url", "host", "server", "port", "dsn", "path", "base", "realm", "tenant", "database", "site")


def check_workloads(root: Node, base: Path) -> Iterator[Problem]:
    """What is wrong between the endpoints of each workload. `base`: the folder that relative paths start from."""
    for loc, _, _ in keys_at(root, "workloads"):
        sources, targets = names_at(root, *loc, "from"), names_at(root, *loc, "to")
        yield from _twice(sources)
        yield from _twice(targets)
        yield from _against(root, base, sources, targets)
        yield from _same_targets(root, base, targets)
        yield from _back(root, loc, [name for _, name, _ in targets])


def _twice(names: Names) -> Iterator[Problem]:
    seen: set[str] = set()
    for loc, name, place in names:
        if name in seen:
            yield Problem("twice", place, loc, {"value": printable(name)})
        seen.add(name)


def _against(root: Node, base: Path, sources: Names, targets: Names) -> Iterator[Problem]:
    """No target is a source, by name, by address, or by a folder within the other's."""
    for loc, target, place in targets:
        if target in {source for _, source, _ in sources}:
            yield Problem("same-endpoint", place, loc, {"value": printable(target)})
            continue
        for _, source, _ in sources:
            params: dict[str, Any] = {"value": printable(target), "other": printable(source)}
            one, other = _address(root, base, source), _address(root, base, target)
            if one and one == other:
                yield Problem("same-system", place, loc, params | {"what": _shown(root, target)})
            elif _within(other.get("path"), one.get("path")):
                yield Problem("nested-path", place, loc, params)
            elif _within(one.get("path"), other.get("path")):
                yield Problem("nested-path", place, loc, {"value": params["other"], "other": params["value"]})


def _same_targets(root: Node, base: Path, targets: Names) -> Iterator[Problem]:
    """No two targets are one system: an archive under two names would be written twice."""
    for index, (loc, name, place) in enumerate(targets):
        address = _address(root, base, name)
        for _, earlier, _ in targets[:index]:
            if earlier != name and address and address == _address(root, base, earlier):
                params = {"value": printable(name), "other": printable(earlier), "what": _shown(root, name)}
                yield Problem("same-system", place, loc, params)


def _back(root: Node, loc: Loc, targets: list[str]) -> Iterator[Problem]:
    for where, name, place in names_at(root, *loc, "authoritative"):
        if targets and name not in targets:
            params = {"value": printable(name), "guess": nearest(name, targets), "known": targets}
            yield Problem("not-a-target", place, where, params)
    for where, name, place in names_at(root, *loc, "back", "to"):
        if name in targets:
            yield Problem("back-to-target", place, where, {"value": printable(name)})


def _address(root: Node, base: Path, name: str) -> dict[str, Any]:
    """What says which system an endpoint is; empty where nothing does."""
    _, node, found = locate(root, ("endpoints", name))
    if found != ("endpoints", name):
        return {}
    out: dict[str, Any] = {}
    for key in _ADDRESS:
        if (inner := node.get(key)) is not None and isinstance(inner.value, str | int):
            out[key] = _normal(key, str(inner.value), base)
    return out


def _normal(key: str, text: str, base: Path) -> str:
    if key == "path":
        return os.path.normpath(base / text) if "\0" not in text else text
    return text.strip().rstrip("/").casefold()


def _within(inner: str | None, outer: str | None) -> bool:
    return bool(inner and outer and inner != outer and Path(inner).is_relative_to(outer))


def _shown(root: Node, name: str) -> str:
    """The first setting that says which system an endpoint is, as it is written; a connection text stays unshown."""
    _, node, _ = locate(root, ("endpoints", name))
    for key in _ADDRESS:
        if (inner := node.get(key)) is not None:
            return key if key == "dsn" else f"{key}: {printable(inner.value)}"
    return name
