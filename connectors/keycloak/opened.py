"""What source and target share of an opened realm."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

from transhumance.connectors.contract import Container, Environment
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.formats.dn import Ava, format_dn
from transhumance.connectors.keycloak.config import KeycloakConfig
from transhumance.connectors.keycloak.groups import Groups
from transhumance.connectors.keycloak.kept import Kept
from transhumance.connectors.keycloak.realm import Realm
from transhumance.connectors.keycloak.session import Session
from transhumance.connectors.keycloak.users import Users

WORKLOAD = "identities"
PAGE = 1000


class Opened:
    """A realm and what is remembered of it. Nothing is contacted before it is used."""

    def __init__(self, config: KeycloakConfig, environment: Environment) -> None:
        self.config, self.environment = config, environment
        self.base = config.base or format_dn(((Ava("o", config.realm.encode()),),))

    @cached_property
    def session(self) -> Session:
        return Session(self.config, self.environment)

    @cached_property
    def realm(self) -> Realm:
        return Realm(self.config, self.session, self.environment.endpoint)

    @cached_property
    def users(self) -> Users:
        return Users(self.session, self.config.batch)

    @cached_property
    def groups(self) -> Groups:
        return Groups(self.session, self.kept, self.base)

    @cached_property
    def kept(self) -> Kept:
        """What is remembered; names and ids are read from the realm where they are not remembered."""
        realm = self.realm.there()
        mark = hashlib.sha256(str(realm["id"]).encode()).hexdigest()[:12]
        kept = Kept(self.environment.kept / f"keycloak-{mark}.db")
        if not kept.said("listed"):
            for users in self.pages():
                kept.know((user["id"], kc.name_of(self.described(user))) for user in users)
            kept.say("listed", "1")
        return kept

    def pages(self, brief: bool = False) -> Any:
        """Every user of the realm, by pages, each once; `brief`: without attributes and actions."""
        seen: set[str] = set()
        first = 0
        while True:
            params = {"first": first, "max": PAGE, "briefRepresentation": str(brief).lower()}
            answer = self.session.realm("GET", "users", params=params)
            found = answer.data if isinstance(answer.data, list) else []
            yield [user for user in found if user["id"] not in seen]
            seen |= {user["id"] for user in found}
            first += PAGE
            if len(found) < PAGE:
                return

    def described(self, user: dict[str, Any]) -> dict[str, Any]:
        """A user's representation as properties."""
        return {**kc.properties_of(user, kc.USER), "base": self.base}

    def container(self) -> Container:
        """The one container of the realm."""
        return Container(b"", WORKLOAD, self.base.encode(), (self.base,), properties={"realm": self.config.realm})

    def close(self) -> None:
        """Gives back what was opened."""
        if "kept" in self.__dict__:
            self.kept.close()
        if "session" in self.__dict__:
            self.session.close()
        for name in ("session", "realm", "users", "groups", "kept"):
            self.__dict__.pop(name, None)
