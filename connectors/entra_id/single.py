"""Objects read one by one: what a later fetch finds changed since it was listed, or what an earlier run listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transhumance.connectors.contract import ItemRef
from transhumance.connectors.entra_id import properties as names
from transhumance.connectors.entra_id.config import EntraConfig
from transhumance.connectors.entra_id.inventory import METHODS, POLICIES, methods_by_id, with_roles
from transhumance.connectors.entra_id.listing import KINDS, found, raw_id, read_as
from transhumance.connectors.formats.graph_entry import APPLICATION, POLICY, USER, clean, key_of, links_to
from transhumance.connectors.formats.graph_session import GraphSession, asked

Json = dict[str, Any]


def read_again(graph: GraphSession, config: EntraConfig, refs: Sequence[ItemRef]) -> list[Json | None]:
    """Each of these objects as it is now; None for one that is gone or is another one now."""
    if not refs:
        return []
    paths = [_path(ref, config) for ref in refs]
    answers = iter(graph.batch([path for path in paths if path]))
    bodies = [found(next(answers), path) if path else None for path in paths]
    items = [_whole(graph, ref, body) if body else None for ref, body in zip(refs, bodies, strict=True)]
    people = [item for item in items if item and item["@odata.type"] == USER] if METHODS in config.wanted else []
    for item, methods in zip(people, methods_by_id(graph, [str(item["id"]) for item in people]), strict=True):
        item |= {"registeredMethods": methods} if methods else {}
    return items


def _path(ref: ItemRef, config: EntraConfig) -> str:
    """Where an object is asked for; empty for a ref that is none of ours."""
    kind, _, object_id = ref.locator.partition("/")
    if not raw_id(object_id):
        return ""
    if kind == "user":
        query = {"$select": names.selected(names.USER, *config.select), "$expand": names.MANAGER}
        return asked(f"/users/{object_id}", query)
    if kind == "group":
        return asked(f"/groups/{object_id}", {"$select": names.selected(names.GROUP)})
    if ref.key.startswith(b"9conditional-access/"):
        return asked(f"{POLICIES}/{object_id}", {"$select": names.selected(names.POLICY)})
    if ref.key.startswith(b"9app-roles/"):
        return asked(f"/servicePrincipals/{object_id}", {"$select": names.selected(names.APPLICATION)})
    return ""


def _whole(graph: GraphSession, ref: ItemRef, body: Mapping[str, Any]) -> Json | None:
    kind, _, object_id = ref.locator.partition("/")
    if kind in KINDS:
        item = clean(read_as(kind, body))
        if kind == "group":
            query = {"$select": names.selected(names.LINK), "$top": names.LARGEST}
            members = links_to(clean(each) for each in graph.pages(f"/groups/{object_id}/members", query))
            item |= {"members": members} if members else {}
    else:
        item = clean({**body, "@odata.type": POLICY if b"conditional" in ref.key else APPLICATION})
        if item["@odata.type"] == APPLICATION:
            (item,) = map(clean, with_roles(graph, [item]))
    try:
        return item if key_of(item) == ref.key else None
    except ValueError:
        return None
