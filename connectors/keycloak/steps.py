"""The steps that make and change users and groups, and take them away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from transhumance.connectors.contract import Fence, Outcome, Status
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.keycloak import passwords
from transhumance.connectors.keycloak.opened import Opened
from transhumance.connectors.keycloak.users import Made, reason, refusal

Properties = dict[str, Any]
Refused = tuple[str, str]
_END = kc.ATTRIBUTES + "pwdEndTime"


@dataclass(frozen=True, slots=True)
class Step:
    """One write: the item's key at the source, what it should be, what is expected here, and its id here where it is
    known from an earlier write."""

    key: bytes
    properties: Properties
    expect: str
    target_id: str | None

    @property
    def type(self) -> str:
        return str(self.properties["type"])

    @property
    def id(self) -> str:
        return str(self.properties["id"])

    @property
    def key_here(self) -> bytes:
        return kc.key_of(kc.rank_of(self.properties), self.id)

    @property
    def version(self) -> str:
        return kc.version_of(self.properties)


class Steps:
    """What changes a realm."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    # --- what is there

    def now(self, type_: str, id_: str) -> Properties | None:
        """A user or group as it is at this moment."""
        if type_ == kc.GROUP:
            return self._opened.groups.properties(id_)
        user = self._opened.users.get(id_)
        return self._opened.described(user) if user else None

    def at_key(self, key: bytes) -> Properties | None:
        """The same, by key."""
        type_ = kc.USER if key[:1] == kc.RANK[kc.USER] else kc.GROUP
        return self.now(type_, kc.id_of(key))

    def image(self, now: Properties) -> Properties:
        """What a before-image holds: all that is known, and the groups that a user is in."""
        held = {"held_groups": self._opened.users.groups(now["id"])} if now["type"] == kc.USER else {}
        return {**now, **held}

    # --- making

    def make_users(self, steps: Sequence[Step], how: passwords.How, fence: Fence) -> list[Outcome | None]:
        """Makes users; None for one who is there already, by id."""
        prepared = [self._prepared(step.properties, how) for step in steps]
        made = self._opened.users.create(prepared, fence.check)
        added = [step for step, each in zip(steps, made, strict=True) if each.how == "added"]
        self._opened.kept.know((step.id, kc.name_of(step.properties)) for step in added)
        for step in added:
            self._note_end(step.properties)
        return [self._outcome(step, each) for step, each in zip(steps, made, strict=True)]

    def _prepared(self, properties: Properties, how: passwords.How) -> dict[str, Any]:
        """A user's representation for an import: with its groups, its passwords, closed where its end is reached."""
        user = kc.representation_of(properties)
        user["groups"] = self._opened.groups.waiting_for(kc.name_of(properties))
        if _is_over(properties) and user.get("enabled"):
            user["enabled"] = False
            user["attributes"][kc.EXPIRED] = list(properties[_END])
        return passwords.prepared(self._opened, user, how)

    def _note_end(self, properties: Properties) -> None:
        at = properties.get(_END, ("",))[0]
        self._opened.kept.ends(str(properties["id"]), str(at) if properties.get("enabled") else "")

    def _outcome(self, step: Step, made: Made) -> Outcome | None:
        if made.how == "added":
            return Outcome(step.key, Status.WRITTEN, step.key_here, step.version)
        if made.how == "refused":
            return Outcome(step.key, Status.REFUSED, step.key_here, "", code=made.code, detail=made.detail)
        if made.id == step.id:
            return None
        other = self.now(kc.USER, made.id)
        version = kc.version_of(other) if other else ""
        return Outcome(step.key, Status.CONFLICT, kc.key_of(kc.USER, made.id), version, code="ID-NAM-02")

    def make_groups(self, steps: Sequence[Step], how: passwords.How, fence: Fence) -> list[Outcome | None]:
        """Makes groups; None for one that is there already."""
        groups = self._opened.groups
        there = groups.all()
        named: list[Properties] = []
        taken = {group.name.casefold() for group in there.values() if not group.parent}
        for step in steps:
            if step.id not in there:
                named.append(_under_free_name(step.properties, taken))
        failed: dict[str, Refused] = {}
        for at in range(0, len(named), self._opened.config.batch):
            failed |= self._import_groups(named[at : at + self._opened.config.batch], fence)
        made = {properties["id"] for properties in named} - failed.keys()
        for id_ in sorted(made):
            fence.check()
            groups.complete(id_)
        return [
            Outcome(s.key, Status.WRITTEN, s.key_here, s.version)
            if s.id in made
            else Outcome(s.key, Status.REFUSED, s.key_here, "", code=failed[s.id][0], detail=failed[s.id][1])
            if s.id in failed
            else None
            for s in steps
        ]

    def _import_groups(self, batch: Sequence[Properties], fence: Fence) -> dict[str, Refused]:
        """One batch, halved where the server refuses it; what it refuses by id."""
        fence.check()
        answer = self._opened.groups.create(batch)
        if answer.ok:
            skipped = [s["resourceName"] for s in answer.data.get("results", ()) if s.get("action") != "ADDED"]
            return {p["id"]: ("ID-KC-01", "name") for p in batch if p["name"] in skipped}
        if len(batch) > 1:
            half = len(batch) // 2
            return self._import_groups(batch[:half], fence) | self._import_groups(batch[half:], fence)
        if self._opened.groups.properties(batch[0]["id"]) is not None:  # made by another since the groups were read
            self._opened.groups.all(fresh=True)
            return {}
        return {batch[0]["id"]: ("ID-KC-01", reason(answer))}

    # --- changing

    def set(self, step: Step, now: Properties) -> Refused | None:
        """Makes what is there what it should be."""
        if step.type == kc.GROUP:
            return self._set_group(step.properties, now)
        refused = self.set_user(step.id, step.properties, now)
        if refused is None:
            self._opened.kept.know([(step.id, kc.name_of(step.properties))])
            self._note_end(step.properties)
        return refused

    def set_user(self, id_: str, wanted: Properties, now: Properties) -> Refused | None:
        """Changes a user: what the realm knows besides (credentials, actions, links) stays."""
        user = kc.representation_of(wanted)
        held = {name.removeprefix(kc.ATTRIBUTES): v for name, v in now.items() if name.startswith(kc.ATTRIBUTES)}
        user["attributes"] |= {name: list(held[name]) for name in kc.FEDERATED if name in held}
        actions = {*now.get("requiredActions", ()), *wanted.get("requiredActions", ())}
        user["requiredActions"] = sorted(actions)
        if _is_over(wanted) and user.get("enabled"):
            user["enabled"] = False
            user["attributes"][kc.EXPIRED] = list(wanted[_END])
        answer = self._opened.users.put(id_, user)
        return None if answer.ok else (refusal(answer), reason(answer))

    def _set_group(self, wanted: Properties, now: Properties) -> Refused | None:
        """Changes a group. Every member is named first, so that what it says of its members is true at any moment."""
        groups, id_ = self._opened.groups, str(wanted["id"])
        group = groups.all().get(id_) or groups.all(fresh=True)[id_]
        said = kc.representation_of(wanted)
        name = groups.free_name(str(wanted["name"]), id_, group.parent)
        members = [*wanted.get("members", ())]
        kept = {kc.INHERITED: group.attributes.get(kc.INHERITED, [])}
        ours = {kc.NAME: [name]} if kc.NAME in said["attributes"] else {}
        attributes = {**said["attributes"], **kept, **ours, **kc.named_members(members)}
        answer = groups.put(id_, name, attributes)
        if not answer.ok:
            return refusal(answer), reason(answer)
        stay = {dn_key(member) for member in members}
        inherited = {user for value in kept[kc.INHERITED] for user in value.split()}
        gone = [u for u, dn in groups.users_of(id_).items() if dn_key(dn) not in stay and u not in inherited]
        groups.leave(gone, id_)
        groups.complete(id_)
        return None

    # --- taking away, putting back

    def remove(self, now: Properties) -> None:
        """Takes a user or group away. Groups that had the user name him still."""
        id_ = str(now["id"])
        if now["type"] == kc.GROUP:
            self._opened.groups.delete(id_)
            return
        name = kc.name_of(now)
        for group in self._opened.users.groups(id_):
            self._leave_name(group, id_, name)
        self._opened.users.delete(id_)
        self._opened.kept.forget(id_)

    def _leave_name(self, group: str, user: str, name: str) -> None:
        held = self._opened.groups.all().get(group)
        inherited = held.attributes.get(kc.INHERITED, []) if held else []
        if not any(user in value.split() for value in inherited):
            self._opened.groups.name_again(group, [name])

    @staticmethod
    def as_was(image: Properties) -> Properties:
        """The user or group that a before-image holds."""
        return {name: _tuples(value) for name, value in image.items() if name != "held_groups"}

    def put_back(self, image: Properties, now: Properties | None, fence: Fence) -> Refused | None:
        """What a before-image holds, as it was; credentials do not come back."""
        wanted = self.as_was(image)
        if now is not None:
            if wanted["type"] == kc.GROUP:
                return self._set_group(wanted, now)
            return self.set_user(str(wanted["id"]), wanted, now)
        if wanted["type"] == kc.GROUP:
            failed = self._import_groups([wanted], fence)
            if not failed:
                self._opened.groups.complete(str(wanted["id"]))
            return failed.get(wanted["id"])
        user = self._prepared(wanted, passwords.How())
        (made,) = self._opened.users.create([{n: v for n, v in user.items() if n != "totp"}], fence.check)
        if made.how != "added":
            return made.code or "GEN-CONFLICT-01", made.detail
        self._opened.kept.know([(made.id, kc.name_of(wanted))])
        for group in image.get("held_groups", ()):
            self._opened.groups.join([made.id], str(group))
        return None

    def close_ended(self) -> None:
        """Closes the accounts whose end was reached since they were written."""
        for id_, at in list(self._opened.kept.ended(_now())):
            user = self._opened.users.get(id_)
            if user and user.get("enabled"):
                user["attributes"] = {**(user.get("attributes") or {}), kc.EXPIRED: [at]}
                self._opened.users.put(id_, {**user, "enabled": False})
            self._opened.kept.ends(id_, "")


def _under_free_name(properties: Properties, taken: set[str]) -> Properties:
    """A group with a name that no other one at the top has."""
    name = str(properties["name"])
    if name.casefold() in taken:
        name = f"{name} ({str(properties['id'])[:8]})"
    taken.add(name.casefold())
    marked = {kc.ATTRIBUTES + kc.NAME: (name,)} if kc.ATTRIBUTES + kc.NAME in properties else {}
    return {**properties, "name": name, **marked}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%SZ")


def _is_over(properties: Mapping[str, Any]) -> bool:
    """Whether the account's end date (a GeneralizedTime in UTC) is reached."""
    at = str(properties.get(_END, ("",))[0])
    return bool(at[:14].isdigit() and at.endswith("Z") and at[:14] <= _now()[:14])


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
