"""What the realm would lose, refuse or change of a user or group, told before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transhumance.connectors.contract import Finding
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.keycloak.opened import Opened


class Preview:
    """Remembers who was shown to it, so that two people with one address or one name are told before the server says
    so."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._seen: dict[int, int] = {}

    def findings(self, said: Mapping[str, Any]) -> Iterator[Finding]:
        """Every loss that the realm's own rules make of an item."""
        if said["type"] == kc.USER:
            yield from self._clashes(said)
            if not self._opened.realm.will_show_attributes():
                yield Finding("ID-KC-02")
        elif self._opened.realm.said() is not None:
            yield from self._nesting(said)

    def _clashes(self, said: Mapping[str, Any]) -> Iterator[Finding]:
        if self._is_another("username", str(said["username"]), said["id"]):
            yield Finding("ID-NAM-02")
        realm = self._opened.realm.said() or {}
        if realm.get("editUsernameAllowed") and kc.ODD_LOGIN.search(str(said["username"])):
            yield Finding("ID-NAM-03", "no later change of this person will be taken")
        mail = said.get("email")
        if mail and not realm.get("duplicateEmailsAllowed") and self._is_another("email", str(mail), said["id"]):
            yield Finding("ID-MAI-01")

    def _is_another(self, field: str, value: str, id_: str) -> bool:
        """Whether another id was shown with this value; two numbers are kept for each, whatever their length."""
        return self._seen.setdefault(hash((field, value)), hash(id_)) != hash(id_)

    def _nesting(self, said: Mapping[str, Any]) -> Iterator[Finding]:
        own = dn_key(kc.name_of(said))
        kept = self._opened.kept
        inner = kept.nest(own, (dn_key(name) for name in said.get("members", ())))
        if kept.is_in_itself(own):
            yield Finding("ID-GRP-04")
        elif flat := [name for name, outer in inner.items() if outer != own]:
            yield Finding("ID-GRP-03", f"{len(flat)} groups")
        other = self._opened.groups.all().values()
        if any(
            g.name.casefold() == str(said["name"]).casefold() and g.id != said["id"] and not g.parent for g in other
        ):
            yield Finding("ID-GRP-10")

    def expected(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What reading back will give."""
        out = dict(said)
        if said["type"] == kc.USER:
            if not self._opened.realm.will_show_attributes():
                out = {name: value for name, value in said.items() if not name.startswith(kc.ATTRIBUTES)}
            return out
        members = {dn_key(name): name for name in said.get("members", ())}
        for name, id_ in self._opened.kept.ids(members.values()).items():
            members[dn_key(name)] = self._opened.kept.name(id_) or name
        if members:
            out["members"] = tuple(members[name] for name in sorted(members))
        return out
