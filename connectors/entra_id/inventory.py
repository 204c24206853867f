"""What is read beside people and groups: conditional access, applications with their roles, authentication methods.
Nothing of it moves; all of it is to be done again elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from transhumance.connectors.entra_id import properties as names
from transhumance.connectors.entra_id.spool import Spool
from transhumance.connectors.formats.graph_entry import APPLICATION, PLACES, POLICY
from transhumance.connectors.formats.graph_session import GraphSession, Refused, asked

METHODS = "authentication-methods"
POLICIES = "/identity/conditionalAccess/policies"
REGISTRATIONS = "/reports/authenticationMethods/userRegistrationDetails"
_ROUND = 400


@dataclass(frozen=True, slots=True)
class Area:
    """One part of the inventory. `place`: what its keys begin with; `refused`: why it could not be read, or empty."""

    place: bytes
    items: tuple[dict[str, Any], ...] = ()
    refused: str = ""


def inventory(graph: GraphSession, wanted: Sequence[str]) -> Iterator[Area]:
    """The parts that are wanted. Raises what the session raises, but for a refusal."""
    if "conditional-access" in wanted:
        yield _area(graph, POLICY, POLICIES, {"$select": names.selected(names.POLICY)})
    if "app-roles" in wanted:
        query = {"$select": names.selected(names.APPLICATION), "$filter": names.APPLICATIONS, "$top": names.LARGEST}
        area = _area(graph, APPLICATION, "/servicePrincipals", query)
        yield Area(area.place, tuple(with_roles(graph, area.items)), area.refused)


def _area(graph: GraphSession, kind: str, path: str, query: dict[str, str]) -> Area:
    try:
        items = tuple({**item, "@odata.type": kind} for item in graph.pages(path, query))
    except Refused as error:
        return Area(PLACES[kind], refused=f"{path}: {error.status} {error.code}"[:200])
    return Area(PLACES[kind], items)


def with_roles(graph: GraphSession, applications: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The applications, each with who has which of its roles."""
    for item in applications:
        found = graph.pages(f"/servicePrincipals/{item['id']}/appRoleAssignedTo", {"$top": names.LARGEST})
        kept = ("principalId", "principalType", "appRoleId")
        assigned = sorted(({name: each.get(name) for name in kept} for each in found), key=lambda a: str(a))
        yield {**item, "appRoleAssignedTo": assigned}


def methods_of(graph: GraphSession, spool: Spool, everyone: bool) -> str:
    """Notes the methods that people registered, of everyone or of those in the spool; why not, where refused."""
    if everyone:
        try:
            spool.update(_methods(graph.pages(REGISTRATIONS, {"$select": "id,methodsRegistered"})))
        except Refused as error:
            return f"{REGISTRATIONS}: {error.status} {error.code}"[:200]
        return ""
    after = ""
    while ids := spool.ids("user", after, _ROUND):
        found = methods_by_id(graph, ids)
        spool.update(
            (each, {"registeredMethods": methods}) for each, methods in zip(ids, found, strict=True) if methods
        )
        after = ids[-1]
    return ""


def methods_by_id(graph: GraphSession, ids: Sequence[str]) -> list[list[str]]:
    """The methods of these people; none where they are not told."""
    answers = graph.batch([asked(f"{REGISTRATIONS}/{each}", {"$select": "id,methodsRegistered"}) for each in ids])
    found = [answer.body.get("methodsRegistered") if answer.ok and answer.body else None for answer in answers]
    return [sorted(map(str, each)) if isinstance(each, list) else [] for each in found]


def _methods(items: Iterator[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in items:
        methods = item.get("methodsRegistered")
        if isinstance(methods, list) and methods:
            yield str(item.get("id")), {"registeredMethods": sorted(map(str, methods))}
