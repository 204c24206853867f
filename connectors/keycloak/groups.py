"""The groups of a realm: what each is, who its members are, and the steps that change them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.keycloak.kept import Kept
from transhumance.connectors.keycloak.session import Answer, Session

PAGE = 500


@dataclass(slots=True)
class Group:
    """A group as the server has it. `parent`: its id, empty at the top."""

    id: str
    name: str
    parent: str = ""
    attributes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def dn(self) -> str:
        """The name at the source; empty for a group that is not ours."""
        said = {kc.ATTRIBUTES + name: values for name, values in self.attributes.items()}
        return kc.name_of({**said, "type": kc.GROUP}) if self.is_ours else ""

    @property
    def is_ours(self) -> bool:
        """Whether a pass made it."""
        return kc.NAME in self.attributes

    @property
    def is_unit(self) -> bool:
        return self.attributes.get(kc.KIND_OF) == ["ou"]

    @property
    def named(self) -> list[str]:
        """Members that are no users here, by DN."""
        return kc.members_named(self.attributes)


class Groups:
    """Every group of a realm, read once and then followed."""

    def __init__(self, session: Session, kept: Kept, base: str) -> None:
        self._session, self._kept, self._base = session, kept, base
        self._all: dict[str, Group] | None = None
        self._pending: dict[str, set[str]] = {}
        self._lock = threading.RLock()

    def all(self, fresh: bool = False) -> dict[str, Group]:
        """The groups by id, those above first."""
        with self._lock:
            if self._all is None or fresh:
                self._all, self._pending = {}, {}
                for group in self._read():
                    self._take(group)
            return self._all

    def _read(self) -> Iterator[Group]:
        todo: list[tuple[str, tuple[str, ...]]] = [("", ("groups",))]
        while todo:
            parent, path = todo.pop()
            for said in self._pages(*path, briefRepresentation="false"):
                yield Group(said["id"], said["name"], parent, dict(said.get("attributes") or {}))
                if said.get("subGroupCount", 0):
                    todo.append((said["id"], ("groups", said["id"], "children")))

    def _pages(self, *path: str, **params: str) -> Iterator[dict[str, Any]]:
        first = 0
        while True:
            answer = self._session.realm("GET", *path, params={"first": first, "max": PAGE, **params}, bears=(404,))
            found = answer.data if answer.ok and isinstance(answer.data, list) else []
            yield from found
            first += PAGE
            if len(found) < PAGE:
                return

    def _take(self, group: Group) -> None:
        assert self._all is not None
        self._all[group.id] = group
        for name in group.named:
            self._pending.setdefault(dn_key(name), set()).add(group.id)

    def path(self, id_: str) -> str:
        """The group's path, as an import names it."""
        names: list[str] = []
        while id_ and id_ in self.all():
            group = self.all()[id_]
            names.append(group.name)
            id_ = group.parent
        return "/" + "/".join(reversed(names))

    def waiting_for(self, dn: str) -> list[str]:
        """The paths of the groups that name someone who comes now."""
        self.all()
        return sorted(self.path(id_) for id_ in self._pending.get(dn_key(dn), ()))

    def free_name(self, name: str, id_: str, parent: str) -> str:
        """The name, or one beside it where another group at that place has it: siblings differ by more than case."""
        taken = {g.name.casefold() for g in self.all().values() if g.parent == parent and g.id != id_}
        if name.casefold() not in taken:
            return name
        return f"{name} ({id_[:8]})"

    # --- members

    def users_of(self, id_: str) -> dict[str, str]:
        """The users in a group, those too who are there by way of another: id to DN."""
        found: dict[str, str] = {}
        for said in self._pages("groups", id_, "members", briefRepresentation="true"):
            found[said["id"]] = self._kept.name(said["id"]) or self._ask(said["id"])
        return found

    def _ask(self, id_: str) -> str:
        """The DN of a user whom we have not met: the one noted with him, else one made for him."""
        answer = self._session.realm("GET", "users", id_, bears=(404,))
        if not answer.ok:
            return ""
        name = kc.name_of({**kc.properties_of(answer.data, kc.USER), "base": self._base})
        self._kept.know([(id_, name)])
        return name

    def properties(self, id_: str) -> dict[str, Any] | None:
        """A group as it is at this moment, with all of its members; None where it is not there."""
        answer = self._session.realm("GET", "groups", id_, bears=(404,))
        return self.described(answer.data) if answer.ok else None

    def described(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """A group's representation as properties, with its members."""
        properties = kc.properties_of(said, kc.GROUP)
        attributes = said.get("attributes") or {}
        inherited = set(_split(attributes.get(kc.INHERITED, ())))
        users = [dn for user, dn in self.users_of(str(said["id"])).items() if user not in inherited]
        members = {dn_key(name): name for name in (*kc.members_named(attributes), *users) if name}
        if members:
            properties["members"] = tuple(members[name] for name in sorted(members))
        return {**properties, "base": self._base}

    # --- steps

    def create(self, made: Sequence[Mapping[str, Any]]) -> Answer:
        """Makes groups at the top with the ids that they have; every member is only named at first, so that what a
        group says of its members is true at any moment."""
        groups = []
        for properties in made:
            said = kc.representation_of(properties)
            said["attributes"] |= kc.named_members(properties.get("members", ()))
            groups.append({**said, "path": f"/{said['name']}"})
        answer = self._session.realm(
            "POST", "partialImport", json={"ifResourceExists": "SKIP", "groups": groups}, bears=(500,)
        )
        if answer.ok:
            for said in groups:
                self.all()
                self._take(Group(said["id"], said["name"], "", said["attributes"]))
        return answer

    def put(self, id_: str, name: str, attributes: Mapping[str, Sequence[str]]) -> Answer:
        """A group's name and attributes, whole."""
        kept = {key: list(values) for key, values in attributes.items() if values}
        answer = self._session.realm(
            "PUT", "groups", id_, json={"id": id_, "name": name, "attributes": kept}, bears=(404, 500)
        )
        if answer.ok:
            parent = self.all()[id_].parent if id_ in self.all() else ""
            self._take(Group(id_, name, parent, kept))
        return answer

    def join(self, users: Iterable[str], id_: str) -> set[str]:
        """Puts users into a group; returns those who are in it then."""

        def one(user: str) -> str:
            done = self._session.realm("PUT", "users", user, "groups", id_, bears=(404,))
            return user if done.ok else ""

        return set(self._session.map(one, users)) - {""}

    def leave(self, users: Iterable[str], id_: str) -> None:
        """Takes users out of a group; who is gone is out of it."""

        def one(user: str) -> None:
            self._session.realm("DELETE", "users", user, "groups", id_, bears=(404,))

        self._session.map(one, users)

    def complete(self, id_: str) -> None:
        """Makes members of those whom a group names and who are users by now."""
        group = self.all()[id_]
        known = self._kept.ids(group.named)
        if not known:
            return
        joined = self.join(known.values(), id_)
        for user in set(known.values()) - joined:
            self._kept.forget(user)
        left = [name for name in group.named if known.get(name) not in joined]
        self.put(id_, group.name, {**group.attributes, **kc.named_members(left)})

    def name_again(self, id_: str, dns: Iterable[str]) -> None:
        """Keeps these members as names only: they leave the realm, and the group still names them."""
        group = self.all().get(id_)
        if group is not None and group.is_ours:
            known = {dn_key(name): name for name in (*group.named, *dns)}
            self.put(id_, group.name, {**group.attributes, **kc.named_members(known.values())})

    def move(self, id_: str, parent: str) -> Answer:
        """Moves a group below another, or to the top. Never call it with a group below itself: Keycloak 26.7 runs into
        its stack's end."""
        group = self.all()[id_]
        path = ("groups", parent, "children") if parent else ("groups",)
        answer = self._session.realm("POST", *path, json={"id": id_, "name": group.name}, bears=(409, 500))
        if answer.ok:
            group.parent = parent
        return answer

    def delete(self, id_: str) -> None:
        """Takes a group away; groups below it go to the top first, for the server would take them along."""
        for child in [g.id for g in self.all(fresh=True).values() if g.parent == id_]:
            if not self.move(child, "").ok:
                group = self.all()[child]
                free = self.free_name(group.name, child, "")
                self.put(child, free, {**group.attributes, kc.NAME: [free]})
                self.move(child, "")
        self._session.realm("DELETE", "groups", id_, bears=(404,))
        self.all().pop(id_, None)


def _split(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from value.split()
