"""A listing of a tenant, read into a spool step by step: all of it, or what changed since.

Each step is one request or one round of batches; one that fails (throttled, cut) is done again by the next call, so
what was read is not lost. A full listing is a delta query from the start: its last page has the link from which changes
are asked later, and what changes while it runs is told then.

Of changes, Graph tells which objects have some; they are then read whole, since an answer may hold parts only. What it
does *not* tell is found here: a group does not change for Graph when a member is deleted, restored or renamed, nor does
a person when that happens to the manager. So a rename reads the groups and the reports of who was renamed; a deletion
or a restoration reads all objects again (as plain pages, which is quick), still as a listing of changes: what has its
old version is no work for anyone.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from transhumance.connectors.contract import Expired, Text
from transhumance.connectors.entra_id import properties as names
from transhumance.connectors.entra_id.config import EntraConfig
from transhumance.connectors.entra_id.cursors import Since, packed, unpacked
from transhumance.connectors.entra_id.inventory import METHODS, inventory, methods_of
from transhumance.connectors.entra_id.spool import Spool
from transhumance.connectors.formats.graph_entry import GROUP, USER, clean, key_of, link_to, links_to
from transhumance.connectors.formats.graph_session import BATCH, Answer, GraphSession, Refused, asked

Step = Callable[[], "list[Step]"]
KINDS = {"user": USER, "group": GROUP}
_MINIMAL = {"Prefer": "return=minimal"}


class Listing:
    """One listing, on its way or complete. `since`: None for all, else from where changes are told."""

    def __init__(
        self, graph: GraphSession, config: EntraConfig, spool: Spool, tenant: str, since: Since | None
    ) -> None:
        self._graph, self._config, self.spool, self.changes = graph, config, spool, since
        self._users = names.selected(names.USER, *config.select)
        self._groups = names.selected(names.GROUP)
        self._asked = hashlib.sha256(f"{tenant}|{self._users}|{self._groups}".encode()).hexdigest()[:32]
        self._links: dict[str, str] = {}
        self._bin: set[bytes] = set()
        self._unread: set[bytes] = set()
        self._round = config.concurrency * BATCH
        self._sweep = False
        self._steps: list[Step] = self._all() if since is None else self._since(since)
        self.complete = False

    def read(self) -> None:
        """Goes on to the end. Raises what the session raises; called again, it goes on from there."""
        while self._steps:
            self._steps[:1] = self._steps[0]()
        if not self.complete:
            self.spool.complete()
            self.complete = True

    def since(self) -> Since:
        """From where changes are told later. Only of a complete listing."""
        others = tuple(key.hex() for key in self.spool.keys("other"))
        if self.changes:
            others += tuple(key for key in self.changes.other if bytes.fromhex(key).startswith(tuple(self._unread)))
        still = {raw for raw in self._bin if not self.spool.has(str(uuid.UUID(bytes=raw)))}
        return Since(self._asked, self._links["user"], self._links["group"], packed(still), others)

    # --- all

    def _all(self) -> list[Step]:
        return [
            self._read_bin,
            self._begin("user", "/users/delta", f"{self._users},manager"),
            self._begin("group", "/groups/delta", f"{self._groups},members"),
            lambda: self._managers(asked("/users", {"$select": "id", "$expand": names.MANAGER, "$top": names.LARGEST})),
            lambda: self._members(""),
            self._read_inventory,
            self._read_methods,
        ]

    def _begin(self, kind: str, path: str, select: str) -> Step:
        return lambda: self._enumerate(kind, asked(path, {"$select": select}))

    def _enumerate(self, kind: str, link: str) -> list[Step]:
        """One page of a delta query from the start."""
        body = self._graph.get(link)
        items = [item for item in body.get("value", ()) if isinstance(item, dict) and "id" in item]
        living = [_typed(kind, item) for item in items if "@removed" not in item]
        self.spool.put(kind, living)
        for item in items:
            if "@removed" in item:
                self.spool.drop(str(item["id"]))
        return self._next(kind, body, lambda link: self._enumerate(kind, link))

    def _next(self, kind: str, body: Mapping[str, Any], go_on: Callable[[str], list[Step]]) -> list[Step]:
        """The step of the next page; the last page has the link for later."""
        if link := body.get("@odata.nextLink"):
            return [lambda: go_on(str(link))]
        if "@odata.deltaLink" not in body:
            raise Expired(Text("page sans suite de Graph", "a page of Graph that leads nowhere"))
        self._links[kind] = str(body["@odata.deltaLink"])
        return []

    def _managers(self, link: str) -> list[Step]:
        """One page of who reports to whom: a delta query leaves some of it out."""
        body = self._graph.get(link)
        people = [read_as("user", item) for item in body.get("value", ()) if isinstance(item, dict)]
        self.spool.update((str(item.get("id")), {"manager": item["manager"]}) for item in people if "manager" in item)
        following = body.get("@odata.nextLink")
        return [lambda: self._managers(str(following))] if following else []

    def _members(self, after: str) -> list[Step]:
        """The members of some groups, read whole: what a delta query says of them is not enough."""
        ids = self.spool.ids("group", after, self._round)
        if not ids:
            return []
        query = {"$select": names.selected(names.LINK), "$top": names.LARGEST}
        answers = self._graph.batch([asked(f"/groups/{each}/members", query) for each in ids])
        for group, answer in zip(ids, answers, strict=True):
            found = self._collected(answer, f"/groups/{group}/members")
            if found is None:
                self.spool.drop(group)
            else:
                self.spool.set_members(group, links_to(map(clean, found)))
        return [lambda: self._members(ids[-1])]

    def _collected(self, answer: Answer, what: str) -> list[Any] | None:
        """All pages of a collection whose first one is there; None where the object is gone."""
        body = found(answer, what)
        if body is None:
            return None
        items = list(body.get("value", ()))
        if link := body.get("@odata.nextLink"):
            items += self._graph.pages(link)
        return [item for item in items if isinstance(item, dict) and item.get("id")]

    def _read_bin(self) -> list[Step]:
        """Who lies in the bin, before anything else is asked: ids that later changes are held against."""
        self._bin = {raw for each in self._held() if (raw := raw_id(each))}
        return []

    def _held(self) -> dict[str, dict[str, Any]]:
        """What is in the bin now, by id."""
        held = {}
        for kind, full in KINDS.items():
            select = "id,onPremisesImmutableId" if kind == "user" else "id"
            query = {"$select": select, "$top": names.LARGEST}
            for item in self._graph.pages(f"/directory/deletedItems/microsoft.graph.{kind}", query):
                held[str(item.get("id"))] = {**item, "@odata.type": full}
        return held

    def _read_inventory(self) -> list[Step]:
        for area in inventory(self._graph, self._config.wanted):
            self.spool.put("other", area.items)
            if area.refused:
                self._unread.add(area.place)
                if self._config.inventory is not None:
                    self.spool.fault(area.place, "ID-ENT-03", area.refused)
        return []

    def _read_methods(self) -> list[Step]:
        """How people prove who they are: of all, or of those that changed."""
        if METHODS in self._config.wanted:
            refused = methods_of(self._graph, self.spool, everyone=self.changes is None or self._sweep)
            if refused and self._config.inventory is not None:
                self.spool.fault(f"9{METHODS}/".encode(), "ID-ENT-03", refused)
        return []

    # --- changes

    def _since(self, since: Since) -> list[Step]:
        return [
            lambda: self._same(since),
            self._read_bin,
            lambda: self._changed("user", since.users),
            lambda: self._changed("group", since.groups),
            lambda: self._settle(since),
            lambda: self._members(""),
            self._read_inventory,
            lambda: self._bury_inventory(since),
            self._read_methods,
        ]

    def _same(self, since: Since) -> list[Step]:
        """The selection is frozen in a delta link, and the link is of one tenant."""
        if since.asked != self._asked:
            raise Expired(Text("la sélection ou le locataire a changé", "the selection or the tenant is another one"))
        return []

    def _changed(self, kind: str, link: str) -> list[Step]:
        """One page of changes."""
        body = self._graph.get(link, headers=_MINIMAL)
        items = [item for item in body.get("value", ()) if isinstance(item, dict) and "id" in item]
        self.spool.remove(kind, (str(item["id"]) for item in items if "@removed" in item))
        living = [item for item in items if "@removed" not in item]
        self.spool.touch(kind, ((str(item["id"]), not names.NAMING[kind].isdisjoint(item)) for item in living))
        return self._next(kind, body, lambda link: self._changed(kind, link))

    def _settle(self, since: Since) -> list[Step]:
        """Holds what is told against the bin; decides how much to read."""
        before, held, removed = unpacked(since.bin), self._held(), self.spool.removed()
        self.spool.bury(_keys(removed, held, before))
        restored = [str(uuid.UUID(bytes=raw)) for raw in before if str(uuid.UUID(bytes=raw)) not in held]
        if removed or self.spool.is_touched(restored):
            self._sweep = True
            return [self._relist("user"), self._relist("group")]
        return [
            lambda: self._reread("user", "", False),
            lambda: self._reread("group", "", False),
            lambda: self._around("user", ""),
            lambda: self._around("group", ""),
            lambda: self._reread("user", "", True),
            lambda: self._reread("group", "", True),
        ]

    def _relist(self, kind: str) -> Step:
        """All objects of a kind by plain pages."""
        path, query = self._plain(kind)
        return lambda: self._relist_page(kind, asked(path, {**query, "$top": names.LARGEST}))

    def _plain(self, kind: str) -> tuple[str, dict[str, str]]:
        if kind == "user":
            return "/users", {"$select": self._users, "$expand": names.MANAGER}
        return "/groups", {"$select": self._groups}

    def _relist_page(self, kind: str, link: str) -> list[Step]:
        body = self._graph.get(link)
        self.spool.put(kind, (read_as(kind, item) for item in body.get("value", ()) if isinstance(item, dict)))
        following = body.get("@odata.nextLink")
        return [lambda: self._relist_page(kind, str(following))] if following else []

    def _reread(self, kind: str, after: str, again: bool) -> list[Step]:
        """Objects that changed, read whole; `again`: those that came since the first time."""
        ids = self.spool.touched(kind, after, self._round)
        if not ids:
            return []
        wanted = [each for each in ids if not again or not self.spool.has(each)]
        path, query = self._plain(kind)
        answers = self._graph.batch([asked(f"{path}/{each}", query) for each in wanted])
        bodies = [found(answer, path) for answer in answers]
        self.spool.put(kind, [read_as(kind, body) for body in bodies if body is not None])
        return [lambda: self._reread(kind, ids[-1], again)]

    def _around(self, kind: str, after: str) -> list[Step]:
        """Whoever names an object that was renamed: its groups, and who reports to it."""
        ids = self.spool.touched(kind, after, self._round // 2, renamed=True)
        if not ids:
            return []
        query = {"$select": "id", "$top": names.LARGEST}
        paths = [(f"/{kind}s/{each}/memberOf", "group") for each in ids]
        paths += [(f"/users/{each}/directReports", "user") for each in ids if kind == "user"]
        answers = self._graph.batch([asked(path, query) for path, _ in paths])
        for (path, of), answer in zip(paths, answers, strict=True):
            ends = self._collected(answer, path) or []
            self.spool.touch(of, ((str(e["id"]), False) for e in ends if e.get("@odata.type") == KINDS[of]))
        return [lambda: self._around(kind, ids[-1])]

    def _bury_inventory(self, since: Since) -> list[Step]:
        """Inventory that is not there any more; not that whose place could not be read."""
        keys = map(bytes.fromhex, since.other)
        self.spool.bury(key for key in keys if not key.startswith(tuple(self._unread)))
        return []


def _keys(
    removed: Sequence[tuple[str, str]], held: Mapping[str, Mapping[str, Any]], before: set[bytes]
) -> Iterable[bytes]:
    """The keys of what is gone. Raises `Expired` where the key of a person can't be known: purged since, and not in
    the bin when changes were last asked; then a listing of all tells it by absence."""
    for object_id, kind in removed:
        raw = raw_id(object_id)
        if object_id in held:
            yield key_of(held[object_id])
        elif kind == "group" and raw:
            yield key_of({"@odata.type": GROUP, "id": object_id})
        elif raw not in before:
            raise Expired(Text("une personne a été supprimée pour de bon", "a person was deleted for good"))


def raw_id(object_id: str) -> bytes:
    """The 16 bytes of an id, or nothing where it is no UUID."""
    try:
        return uuid.UUID(object_id).bytes
    except ValueError:
        return b""


def _typed(kind: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """An object with its type and without what a delta query says of its links."""
    return {**{name: value for name, value in item.items() if "@delta" not in name}, "@odata.type": KINDS[kind]}


def read_as(kind: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """An object as a plain answer gives it."""
    made = {**item, "@odata.type": KINDS[kind]}
    manager = made.pop("manager", None)
    if isinstance(manager, dict) and manager.get("@odata.type") == USER:
        made["manager"] = link_to(clean(manager))
    return made


def found(answer: Answer, what: str) -> Any:
    """The body of a part of a batch; None where the object is gone. Raises `Refused` for any other refusal."""
    if answer.ok:
        return answer.body or {}
    if answer.status == 404:
        return None
    error = answer.body.get("error", {}) if isinstance(answer.body, dict) else {}
    raise Refused(answer.status, str(error.get("code", "")), str(error.get("message", "")), what)
