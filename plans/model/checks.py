"""What must hold between the parts of a plan: names that exist, waves that can be ordered, nobody twice.

The checks read the file's nodes rather than the validated model, so that one wrong field hides no mistake elsewhere.
Where a value has not the wanted shape they stay silent: the schema tells.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime

from transhumance.plans.model.document import Node, locate
from transhumance.plans.model.errors import Loc, Place, printable
from transhumance.plans.model.guess import nearest
from transhumance.plans.model.messages import Problem
from transhumance.plans.model.scalars import LOSS_CODE
from transhumance.plans.model.secrets import holds_secret

Names = list[tuple[Loc, str, Place]]


def names_at(root: Node, *loc: str | int) -> Names:
    """The texts at a path, which may be one text or a list of them, each with its own path and place."""
    place, node, found = locate(root, loc)
    if found != loc:
        return []
    if isinstance(node.value, str):
        return [(loc, node.value, place)]
    return [((*loc, i), item.value, item.place) for i, item in node.items() if isinstance(item.value, str)]


def keys_at(root: Node, *loc: str | int) -> Names:
    """The keys of the mapping at a path."""
    _, node, found = locate(root, loc)
    return [((*loc, key), key, node.keys[key]) for key, _ in node.entries()] if found == loc else []


def check_names(root: Node) -> Iterator[Problem]:
    """Endpoints that the plan names exist, and so does the wave that takes arrivals."""
    endpoints = [name for _, name, _ in keys_at(root, "endpoints")]
    for loc, name, place in used_endpoints(root) if endpoints else ():
        if name not in endpoints:
            yield _unknown("unknown-endpoint", loc, place, name, endpoints)
    waves = [name for i, _ in waves_of(root) for _, name, _ in names_at(root, "waves", i, "id")]
    for loc, name, place in names_at(root, "policies", "drift", "arrivals"):
        if name not in waves:
            yield _unknown("unknown-wave", loc, place, name, waves)


def used_endpoints(root: Node) -> Names:
    """Every place where the plan names an endpoint."""
    used = [*names_at(root, "directory"), *keys_at(root, "probe", "accounts")]
    for loc, _, _ in keys_at(root, "workloads"):
        for field in (("from",), ("to",), ("authoritative",), ("archive",), ("back", "to")):
            used += names_at(root, *loc, *field)
    return used


def check_policies(root: Node, loss_codes: Collection[str] | None) -> Iterator[Problem]:
    """Accepted losses exist (where the known codes are given) and are named once."""
    seen: dict[str, int] = {}
    for loc, code, place in accepted(root):
        if code in seen:
            yield Problem("loss-twice", place, loc, {"value": printable(code), "first": seen[code]})
        elif loss_codes is not None and code not in loss_codes and re.fullmatch(LOSS_CODE, code):
            yield _unknown("loss-unknown", loc, place, code, sorted(loss_codes), listed=False)
        seen.setdefault(code, place.line)


def accepted(root: Node) -> Names:
    """The codes that `policies.loss.accept` names, in their short and their long form."""
    codes = names_at(root, "policies", "loss", "accept")
    _, node, found = locate(root, ("policies", "loss", "accept"))
    if found == ("policies", "loss", "accept"):
        for i, item in node.items():
            if isinstance(item.value, dict):
                codes += names_at(root, *found, i, "code")
    return sorted(codes, key=lambda entry: (entry[2].line, entry[2].column))


def check_ledger(root: Node) -> Iterator[Problem]:
    """A ledger's connection carries no password."""
    for loc, text, place in [*names_at(root, "ledger"), *names_at(root, "ledger", "dsn")]:
        if holds_secret(text):
            yield Problem("secret-inside", place, loc)


def warnings_of(root: Node, today: date) -> Iterator[Problem]:
    """What is no mistake and yet not meant: an acceptance that ended, an endpoint or a workload that nothing uses."""
    for loc, code, place in accepted(root):
        _, node, found = locate(root, (*loc[:-1], "until"))
        until = _day(node) if found[-1:] == ("until",) else None
        if until is not None and until < today:
            yield Problem(
                "loss-expired", place, (*loc[:-1], "until"), {"value": printable(code), "until": until.isoformat()}
            )
    used = {name for _, name, _ in used_endpoints(root)}
    for loc, name, place in keys_at(root, "endpoints"):
        if name not in used:
            yield Problem("endpoint-unused", place, loc)
    waves = list(waves_of(root))
    named = {name for i, _ in waves for _, name, _ in names_at(root, "waves", i, "workloads")}
    for loc, name, place in keys_at(root, "workloads") if waves else ():
        if name not in named:
            yield Problem("workload-unused", place, loc)


def waves_of(root: Node) -> Iterator[tuple[int, Node]]:
    """The waves that are mappings, with their index."""
    waves = root.get("waves")
    for index, node in waves.items() if waves else ():
        if isinstance(node.value, dict):
            yield index, node


def _day(node: Node) -> date | None:
    if isinstance(node.value, str):
        try:
            return date.fromisoformat(node.value)
        except ValueError:
            return None
    return node.value if isinstance(node.value, date) and not isinstance(node.value, datetime) else None


def _unknown(name: str, loc: Loc, place: Place, value: str, known: list[str], listed: bool = True) -> Problem:
    params = {"value": printable(value), "guess": nearest(value, known), "known": known if listed else None}
    return Problem(name, place, loc, params)
