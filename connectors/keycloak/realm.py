"""The realm itself: is it there, what does its profile keep, what may the account do, and what `check` tells of it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

from transhumance.connectors.contract import Diagnosis, StopEndpoint, Text
from transhumance.connectors.keycloak.config import KeycloakConfig
from transhumance.connectors.keycloak.session import Session, place

POLICIES = frozenset({"ENABLED", "ADMIN_EDIT", "ADMIN_VIEW"})  # under which attributes that the profile lacks are shown
NEEDED = ("view-realm", "view-users", "manage-users", "query-groups", "manage-realm")


class Realm:
    """One realm, asked once."""

    def __init__(self, config: KeycloakConfig, session: Session, name: str) -> None:
        self._config, self._session, self._name = config, session, name
        self._said: dict[str, Any] | None = None
        self._policy: str | None = None

    def said(self) -> dict[str, Any] | None:
        """The realm's representation, or None where there is no such realm."""
        if self._said is None:
            answer = self._session.realm("GET", bears=(404,))
            self._said = answer.data if answer.ok else None
        return self._said

    def there(self) -> dict[str, Any]:
        """The realm. Raises `StopEndpoint` where there is none."""
        said = self.said()
        if said is None:
            realm = self._config.realm
            raise StopEndpoint(
                Text(
                    f"{self._name} : le royaume {realm} n'existe pas ; créez-le, ou écrivez `create_realm: true`",
                    f"{self._name}: there is no realm {realm}; make it, or write `create_realm: true`",
                )
            )
        return said

    def identity(self) -> str:
        """The realm's own id; its address while it is still to be made."""
        said = self.said()
        return f"keycloak:{said['id']}" if said else f"keycloak:{self._config.url}/{self._config.realm}"

    def ensure(self) -> None:
        """Makes the realm where it lacks and the plan says so; lets the profile keep attributes where it says so."""
        if self.said() is None and self._config.create_realm:
            made = {"realm": self._config.realm, "enabled": True}
            self._session.call("POST", place("admin", "realms"), json=made, bears=(409,))
        self.there()
        if self._config.profile == "unmanaged" and not self.shows_attributes():
            profile = self._session.realm("GET", "users", "profile").data
            wanted = {**profile, "unmanagedAttributePolicy": "ADMIN_EDIT"}
            self._session.realm("PUT", "users", "profile", json=wanted)
            self._policy = None

    def shows_attributes(self) -> bool:
        """Whether attributes that the profile does not name can be read again."""
        if self._policy is None:
            answer = self._session.realm("GET", "users", "profile", bears=(404,))
            profile = answer.data if answer.ok else {"unmanagedAttributePolicy": "ENABLED"}  # before profiles
            self._policy = str(profile.get("unmanagedAttributePolicy", "DISABLED"))
        return self._policy in POLICIES

    def will_show_attributes(self) -> bool:
        """The same, once `ensure` has done what the plan says."""
        return self._config.profile == "unmanaged" or self.said() is None or self.shows_attributes()

    # --- what check tells

    def diagnose(self) -> Iterator[Diagnosis]:
        """Version, rights, profile, addresses, user names, federation."""
        if self._config.insecure:
            yield Diagnosis(
                "warn",
                Text(
                    "sans TLS : mots de passe et données passent en clair",
                    "without TLS: passwords and data pass in clear",
                ),
                Text("utiliser https://", "use https://"),
            )
        yield from self._version()
        yield from self._rights()
        said = self.said()
        if said is None:
            yield self._no_realm()
            return
        yield from self._settings(said)
        yield from self._federations()

    def _no_realm(self) -> Diagnosis:
        realm = self._config.realm
        if self._config.create_realm:
            return Diagnosis("good", Text(f"le royaume {realm} sera créé", f"realm {realm} will be made"))
        return Diagnosis(
            "bad",
            Text(f"le royaume {realm} n'existe pas", f"there is no realm {realm}"),
            Text("le créer, ou écrire `create_realm: true`", "make it, or write `create_realm: true`"),
        )

    def _version(self) -> Iterator[Diagnosis]:
        answer = self._session.call("GET", place("admin", "serverinfo"), bears=(401, 403, 404, 500))
        info = answer.data if answer.ok and isinstance(answer.data, dict) else {}
        if version := info.get("systemInfo", {}).get("version"):
            yield Diagnosis("good", Text(f"Keycloak {version}", f"Keycloak {version}"))

    def _rights(self) -> Iterator[Diagnosis]:
        held = self.rights()
        if held is None:  # the call says itself what lacks
            if self.said() is not None:
                self._session.realm("GET", "users", params={"max": 1})
            return
        who = self._config.username or f"service-account-{self._config.client_id}"
        missing = [] if "realm-admin" in held else [role for role in NEEDED if role not in held]
        if missing:
            words = " ".join(f"--rolename {role}" for role in missing)
            grant = f"kcadm.sh add-roles -r {self._config.realm} --uusername {who} --cclientid realm-management {words}"
            yield Diagnosis(
                "bad",
                Text(f"il manque à {who} : {', '.join(missing)}", f"{who} lacks: {', '.join(missing)}"),
                Text(grant, grant),
            )
        elif "realm-admin" in held:
            yield Diagnosis(
                "warn",
                Text(f"{who} peut tout : plus qu'il n'en faut", f"{who} may do everything: more than needed"),
                Text(
                    "un compte de service avec les seuls rôles : " + ", ".join(NEEDED),
                    "a service account with these roles only: " + ", ".join(NEEDED),
                ),
            )

    def rights(self) -> frozenset[str] | None:
        """The roles of `realm-management` that the token says; None where it says nothing of them."""
        payload = self._session.bearer().split(".")[1:2]
        try:
            said = json.loads(urlsafe_b64decode(payload[0] + "=" * (-len(payload[0]) % 4)))
        except (IndexError, ValueError):
            return None
        if "realm_access" not in said and "resource_access" not in said:  # a light token, as admin-cli's is
            return None
        if "admin" in said.get("realm_access", {}).get("roles", ()) and self._config.login_realm == "master":
            return frozenset({"realm-admin"})
        clients = said.get("resource_access", {})
        client = f"{self._config.realm}-realm" if self._config.login_realm == "master" else "realm-management"
        return frozenset(clients.get(client, {}).get("roles", ()))

    def _settings(self, said: dict[str, Any]) -> Iterator[Diagnosis]:
        if not self.shows_attributes():
            if self._config.profile == "unmanaged":
                text = Text(
                    "le profil cache les attributs ; le premier passage mettra ADMIN_EDIT",
                    "the profile hides attributes; the first pass will set ADMIN_EDIT",
                )
                yield Diagnosis("good", text)
            else:
                yield Diagnosis(
                    "warn",
                    Text("le profil cache les attributs : ils seront perdus", "the profile hides attributes: a loss"),
                    Text("`profile: unmanaged`", "`profile: unmanaged`"),
                )
        if not said.get("duplicateEmailsAllowed"):
            text = Text("une adresse est à une seule personne", "an address is one person's only")
            yield Diagnosis("good", text)
        if not said.get("editUsernameAllowed"):
            yield Diagnosis(
                "warn",
                Text(
                    "les identifiants ne peuvent pas changer : une personne renommée sera refusée",
                    "log-in names can't change: a person who is renamed will be refused",
                ),
                Text(
                    f"kcadm.sh update realms/{self._config.realm} -s editUsernameAllowed=true",
                    f"kcadm.sh update realms/{self._config.realm} -s editUsernameAllowed=true",
                ),
            )

    def _federations(self) -> Iterator[Diagnosis]:
        for each in self.components():
            name, mode = str(each.get("name", "")), edit_mode(each)
            if mode == "WRITABLE":
                yield Diagnosis(
                    "bad",
                    Text(
                        f"la fédération {name} écrit dans son annuaire (WRITABLE) : supprimer une personne ici la "
                        "supprimerait là-bas",
                        f"federation {name} writes to its directory (WRITABLE): removing a person here would remove "
                        "the account there",
                    ),
                    Text("passer cette fédération en UNSYNCED ou READ_ONLY", "set it to UNSYNCED or READ_ONLY"),
                )

    def components(self) -> list[dict[str, Any]]:
        """The realm's federations, as far as the account may see them."""
        answer = self._session.realm(
            "GET", "components", params={"type": "org.keycloak.storage.UserStorageProvider"}, bears=(401, 403, 404)
        )
        return list(answer.data) if answer.ok and isinstance(answer.data, list) else []


def edit_mode(component: dict[str, Any]) -> str:
    """How a federation writes: READ_ONLY, WRITABLE or UNSYNCED; empty where it does not say."""
    return str((component.get("config", {}).get("editMode") or [""])[0])
