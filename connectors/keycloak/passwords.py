"""How the passwords of a wave are settled: by the directory for a while (`pass_through`), or by each person anew
(`reset`). No hash is ever read or written.

`pass_through`: people are made with a link to a federation, one for each wave, that is switched off while a pass makes
people (a federation that is on would find them first, and give them other ids); the end of the pass switches it on, and
the directory checks their passwords from then on. A password that someone sets here takes over for
that person (edit mode UNSYNCED). `cut` gives one person a credential of their own and drops the link; `close_wave`
drops the links of a wave, and refuses while someone of it would be left without any way to log in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from transhumance.connectors.contract import Container, Retry, SkipItem, StopEndpoint, Text
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.keycloak.config import Federation, KeycloakConfig, Passwords
from transhumance.connectors.keycloak.opened import Opened
from transhumance.connectors.keycloak.realm import Realm, edit_mode

PROVIDER = "org.keycloak.storage.UserStorageProvider"
UPDATE_PASSWORD = "UPDATE_PASSWORD"


class How(NamedTuple):
    """What is done about the passwords of a wave."""

    mode: Passwords = "none"
    wave: str = "all"


def how(container: Container, config: KeycloakConfig) -> How:
    """What the engine says of the wave (`Container.properties`: `passwords`, `wave`), else what the endpoint says."""
    said, wave = container.properties.get("passwords"), str(container.properties.get("wave") or "all")
    mode = cast(Passwords, said) if said in ("none", "reset", "pass_through") else config.log_in
    return How(mode, wave)


def prepared(opened: Opened, user: dict[str, Any], passwords: How) -> dict[str, Any]:
    """A user's representation for an import, with what the mode asks for."""
    mode, wave = passwords
    if mode == "reset" and user.get("enabled"):
        user["requiredActions"] = sorted({*user.get("requiredActions", ()), UPDATE_PASSWORD})
    if mode == "pass_through":
        name = user["attributes"].get(kc.DN, [""])[0]
        user["federationLink"] = component(opened, wave)["id"]
        user["attributes"] |= {"LDAP_ID": [user["id"]], "LDAP_ENTRY_DN": [name]}
        user["requiredActions"] = [a for a in user.get("requiredActions", ()) if a != UPDATE_PASSWORD]
    return user


def component(opened: Opened, wave: str) -> dict[str, Any]:
    """The wave's federation; made, switched off, where it is not there yet.

    Only the user name is read from the directory: every other mapper that Keycloak adds by itself would write the
    directory's values over ours at each log-in."""
    name = f"transhumance-{wave}"
    found = next((each for each in opened.realm.components() if each.get("name") == name), None)
    if found is not None:
        return found
    if opened.config.federation is None:
        raise StopEndpoint(
            Text("`pass_through` demande `federation` dans l'endpoint", "`pass_through` needs `federation`")
        )
    realm = str(opened.realm.there()["id"])
    settings = _settings(opened.config.federation)
    made = {"name": name, "providerId": "ldap", "providerType": PROVIDER, "parentId": realm, "config": settings}
    opened.session.realm("POST", "components", json=made)
    found = next((each for each in opened.realm.components() if each.get("name") == name), None)
    if found is None:
        raise Retry(Text(f"la fédération {name} n'a pas été créée", f"federation {name} was not made"))
    mappers = opened.session.realm("GET", "components", params={"parent": found["id"]}).data or []
    for mapper in mappers:
        if mapper.get("name") != "username":
            opened.session.realm("DELETE", "components", mapper["id"], bears=(404,))
    return found


def _settings(said: Federation) -> dict[str, list[str]]:
    flat = {
        "enabled": "false",
        "editMode": "UNSYNCED",
        "importEnabled": "true",
        "syncRegistrations": "false",
        "vendor": "ad",
        "usernameLDAPAttribute": "sAMAccountName",
        "rdnLDAPAttribute": "cn",
        "uuidLDAPAttribute": "objectGUID",
        "userObjectClasses": "person, organizationalPerson, user",
        "connectionUrl": said.url,
        "usersDn": said.users,
        "authType": "simple",
        "bindDn": said.username,
        "bindCredential": said.password.get_secret_value(),
        "searchScope": "2",
        "customUserSearchFilter": said.filter,
        "pagination": "true",
        "trustEmail": "false",
        "validatePasswordPolicy": "false",
        "fullSyncPeriod": "-1",
        "changedSyncPeriod": "-1",
        "cachePolicy": "DEFAULT",
        "priority": "0",
    }
    return {name: [value] for name, value in flat.items() if value}


def switch(opened: Opened, wave: str, on: bool) -> None:
    """Switches a wave's federation on or off."""
    found = component(opened, wave)
    held = {**found, "config": {**found["config"], "enabled": ["true" if on else "false"]}}
    opened.session.realm("PUT", "components", found["id"], json=held)


def without_way_in(opened: Opened, wave: str) -> list[str]:
    """The ids of the wave's people who have neither a password here nor the action to set one."""
    link = component(opened, wave)["id"]
    found = []
    for users in opened.pages():
        for user in users:
            if user.get("federationLink") == link and user.get("enabled") and not _has_way_in(opened, user):
                found.append(str(user["id"]))
    return found


def _has_way_in(opened: Opened, user: Mapping[str, Any]) -> bool:
    if UPDATE_PASSWORD in user.get("requiredActions", ()):
        return True
    return "password" in opened.users.credentials(str(user["id"]))


def close_wave(opened: Opened, wave: str) -> None:
    """Drops the links of a wave and its federation. Raises `StopEndpoint` while someone would be left outside."""
    outside = without_way_in(opened, wave)
    if outside:
        raise StopEndpoint(
            Text(
                f"vague {wave} : {len(outside)} personnes n'ont ni mot de passe ni action d'en poser un (ID-PWD-09) ; "
                "rien n'est coupé",
                f"wave {wave}: {len(outside)} people have neither a password nor the action to set one (ID-PWD-09); "
                "nothing is cut",
            )
        )
    found = component(opened, wave)
    opened.session.realm("POST", "user-storage", found["id"], "unlink-users")
    opened.session.realm("DELETE", "components", found["id"], bears=(404,))


def cut(opened: Opened, id_: str, credentials: Sequence[Mapping[str, Any]] = (), actions: Sequence[str] = ()) -> None:
    """Cuts one person loose from the directory, with a credential of their own or the action to set one. The id stays.

    It is the one use of OVERWRITE: a PUT does not drop the link (null is ignored, and with an empty one the person
    vanishes). Raises `SkipItem` ID-PWD-09 without a way to log in, and where the federation would write to its
    directory."""
    user = opened.users.get(id_)
    if user is None:
        raise SkipItem("GEN-READ-01", Text("la personne n'est pas dans le royaume", "the person is not in the realm"))
    if not credentials and UPDATE_PASSWORD not in actions:
        raise SkipItem("ID-PWD-09", Text("ni mot de passe ni action d'en poser un", "neither a password nor an action"))
    if not_to_be_removed(opened.realm, user):
        raise SkipItem("ID-PWD-10", Text("la fédération écrit dans son annuaire", "the federation writes back"))
    groups = opened.users.groups(id_)
    kept = {name: value for name, value in user.items() if name not in ("federationLink", "access", "totp")}
    kept["attributes"] = {n: v for n, v in (user.get("attributes") or {}).items() if n not in kc.FEDERATED}
    kept |= {"credentials": list(credentials), "requiredActions": list(actions)}
    answer = opened.users.import_([kept], "OVERWRITE")
    if not answer.ok:
        raise Retry(Text("la personne n'a pas pu être détachée", "the person could not be cut loose"))
    for group in groups:
        opened.groups.join([id_], group)


def not_to_be_removed(realm: Realm, user: Mapping[str, Any]) -> str:
    """The code that forbids to remove a user whose federation would remove the directory's own account."""
    link = user.get("federationLink")
    if not link:
        return ""
    modes = {str(each.get("id")): edit_mode(each) for each in realm.components()}
    return "ID-PWD-10" if modes.get(str(link)) == "WRITABLE" else ""
