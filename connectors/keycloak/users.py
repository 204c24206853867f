"""The users of a realm: made in batches by `partialImport`, changed by PUT, one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from transhumance.connectors.contract import StopEndpoint, Text
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.keycloak.session import Answer, Session

User = dict[str, Any]
_NOT_PUT = frozenset({"groups", "createdTimestamp", "federationLink", "credentials", "totp", "access", "origin"})


class Made(NamedTuple):
    """What became of a new user. `how`: `added`; `taken` where a user of that name or id is there already (`id`: whose
    it is); `refused`, with a code and why."""

    how: str
    id: str
    code: str = ""
    detail: str = ""


class Users:
    """Users by their id."""

    def __init__(self, session: Session, batch: int) -> None:
        self._session, self._batch = session, batch

    def get(self, id_: str) -> User | None:
        """A user's representation, or None."""
        answer = self._session.realm("GET", "users", id_, bears=(404,))
        return answer.data if answer.ok and isinstance(answer.data, dict) else None

    def find(self, field: str, value: str) -> User | None:
        """The user who has exactly this `username` or `email`."""
        answer = self._session.realm("GET", "users", params={field: value, "exact": "true", "max": 2})
        found = answer.data if answer.ok and isinstance(answer.data, list) else []
        return next((user for user in found if str(user.get(field, "")).lower() == value.lower()), None)

    # --- making

    def create(self, made: Sequence[User], may: Callable[[], None]) -> list[Made]:
        """Makes users with the ids that they have; one answer for each, in order. `may` is called before each step.

        A batch is all or nothing at the server, so those who would clash with another of the batch go alone, after
        it."""
        alone = _clashing(made)
        together = [user for at, user in enumerate(made) if at not in alone]
        batches = [together[at : at + self._batch] for at in range(0, len(together), self._batch)]
        found: dict[int, Made] = {}
        for part in self._session.map(lambda batch: self._import(batch, may), batches):
            found |= part
        for at in sorted(alone):
            found |= self._import([made[at]], may)
        return [found[id(user)] for user in made]

    def _import(self, batch: Sequence[User], may: Callable[[], None]) -> dict[int, Made]:
        """One batch; halved where the server refuses it, until the one is found that it refuses."""
        may()
        answer = self.import_(batch, "SKIP")
        if answer.ok:
            return self._told(batch, answer)
        if len(batch) > 1:
            half = len(batch) // 2
            return {**self._import(batch[:half], may), **self._import(batch[half:], may)}
        return {id(batch[0]): self._why(batch[0], answer)}

    def import_(self, batch: Sequence[Mapping[str, Any]], existing: str) -> Answer:
        """One call of partialImport."""
        body = {"ifResourceExists": existing, "users": list(batch)}
        return self._session.realm("POST", "partialImport", json=body, bears=(409, 500))

    def _told(self, batch: Sequence[User], answer: Answer) -> dict[int, Made]:
        results = {str(said.get("resourceName")): said for said in answer.data.get("results", ())}
        found = {}
        for user in batch:
            said = results.get(user["username"], {})
            there = str(said.get("id", ""))
            if said.get("action") == "ADDED" and there != user["id"]:
                self.delete(there)
                raise StopEndpoint(
                    Text(
                        "ce Keycloak ne garde pas l'id donné à `partialImport` : les personnes changeraient d'"
                        "identité ; prenez une version qui le garde (26.x)",
                        "this Keycloak does not keep the id given to `partialImport`: people would change their "
                        "identity; take a version that keeps it (26.x)",
                    )
                )
            found[id(user)] = Made("added" if said.get("action") == "ADDED" else "taken", there)
        return found

    def _why(self, user: User, answer: Answer) -> Made:
        if self.get(user["id"]) is not None:
            return Made("taken", user["id"])
        if user.get("email") and self.find("email", user["email"]) is not None:
            return Made("refused", user["id"], "ID-MAI-01")
        detail = reason(answer)
        if answer.status == 409:  # ids are unique in a server, not in a realm
            detail += "; another realm of this server may have a user of this id"
        return Made("refused", user["id"], "ID-KC-01", detail)

    # --- changing

    def put(self, id_: str, user: Mapping[str, Any]) -> Answer:
        """A user's fields and attributes; what is left out of the fields is emptied, credentials stay."""
        body = {name: value for name, value in user.items() if name not in _NOT_PUT}
        empty = {"email": "", "firstName": "", "lastName": ""}
        return self._session.realm("PUT", "users", id_, json={**empty, **body, "id": id_}, bears=(404,))

    def delete(self, id_: str) -> Answer:
        return self._session.realm("DELETE", "users", id_, bears=(404,))

    def groups(self, id_: str) -> list[str]:
        """The ids of the groups that a user is in."""
        answer = self._session.realm(
            "GET", "users", id_, "groups", params={"max": 10000, "briefRepresentation": "true"}, bears=(404,)
        )
        return [str(group["id"]) for group in answer.data] if answer.ok and isinstance(answer.data, list) else []

    def credentials(self, id_: str) -> tuple[str, ...]:
        """The kinds of a user's own credentials, and nothing else of them. Those that a federation would check are
        listed too, without an id: they are not the user's."""
        answer = self._session.realm("GET", "users", id_, "credentials", bears=(404,))
        found = answer.data if answer.ok and isinstance(answer.data, list) else []
        own = (each for each in found if each.get("id") and not each.get("federationLink"))
        return tuple(sorted({str(each.get("type", "")) for each in own}))


def _clashing(made: Sequence[User]) -> set[int]:
    """The places of those who share an id, a user name or an address with one before them."""
    seen: set[tuple[str, str]] = set()
    found = set()
    for at, user in enumerate(made):
        marks = {(field, str(user[field]).lower()) for field in ("id", "username", "email") if user.get(field)}
        if marks & seen:
            found.add(at)
        seen |= marks
    return found


def reason(answer: Answer) -> str:
    """Which field the server refuses and its name for why, without the value."""
    data = answer.data if isinstance(answer.data, dict) else {}
    errors = data.get("errors") or [data]
    said = [f"{e.get('field', '')}: {e.get('errorMessage') or e.get('error') or answer.status}" for e in errors]
    return "; ".join(said)[:300].removeprefix(": ")


def refusal(answer: Answer) -> str:
    """The code of a refused change."""
    text = answer.text.lower()
    if "error-user-attribute-read-only" in text and "username" in text:
        return "ID-NAM-06"
    if answer.status == 409:
        return "ID-MAI-01" if "email" in text else "ID-NAM-02"
    return "ID-NAM-03" if "error-username-invalid" in text else "ID-KC-01"


def version(user: Mapping[str, Any]) -> str:
    """A user's version."""
    return kc.version_of(kc.properties_of(user, kc.USER))
