"""How the passwords of a wave are settled: by the directory for a while (`pass_through`), or by each person anew
(`reset`). No hash is ever read or written.

`pass_through`: people are made with a link to a federation, one for each wave, that is switched off while a pass makes
people (a federation that is on would find them first, and give them other ids); the end of the pass switches it on, and
the directory checks their passwords from then on. A password that someone sets here takes over for
that person (edit mode UNSYNCED). `cut` drops the
links of a wave, and refuses while someone of it would be left without any way to log in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from transhumance.connectors.contract import Container, NoCredential, Retry, StopEndpoint, Text
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.keycloak.config import Federation, KeycloakConfig, Passwords
from transhumance.connectors.keycloak.opened import Opened
from transhumance.connectors.keycloak.realm import Realm, edit_mode

PROVIDER = "org.keycloak.storage.UserStorageProvider"
UPDATE_PASSWORD = "UPDATE_PASSWORD"
PREFIX = "transhumance-"


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


def found(opened: Opened, wave: str) -> dict[str, Any] | None:
    """The wave's federation, where it is there."""
    return next((each for each in opened.realm.components() if each.get("name") == f"{PREFIX}{wave}"), None)


def component(opened: Opened, wave: str) -> dict[str, Any]:
    """The wave's federation; made, switched off, where it is not there yet.

    Only the user name is read from the directory: every other mapper that Keycloak adds by itself would write the
    directory's values over ours at each log-in."""
    if (there := found(opened, wave)) is not None:
        return there
    name = f"{PREFIX}{wave}"
    if opened.config.federation is None:
        raise StopEndpoint(
            Text("`pass_through` demande `federation` dans l'endpoint", "`pass_through` needs `federation`")
        )
    realm = str(opened.realm.there()["id"])
    settings = _settings(opened.config.federation)
    made = {"name": name, "providerId": "ldap", "providerType": PROVIDER, "parentId": realm, "config": settings}
    opened.session.realm("POST", "components", json=made)
    there = found(opened, wave)
    if there is None:
        raise Retry(Text(f"la fédération {name} n'a pas été créée", f"federation {name} was not made"))
    mappers = opened.session.realm("GET", "components", params={"parent": there["id"]}).data or []
    for mapper in mappers:
        if mapper.get("name") != "username":
            opened.session.realm("DELETE", "components", mapper["id"], bears=(404,))
    return there


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
    """Switches a wave's federation on or off, where it has one: the making of its first person makes it, off."""
    if (there := found(opened, wave)) is not None:
        held = {**there, "config": {**there["config"], "enabled": ["true" if on else "false"]}}
        opened.session.realm("PUT", "components", there["id"], json=held)


def without_credential(opened: Opened, wave: str) -> Iterator[NoCredential]:
    """Who of a wave's linked people has no password here. A realm has no search by link: the short list of its users
    says who is linked, and only those are looked at closely."""
    link = found(opened, wave)
    if link is None:
        return
    ids = list(_linked(opened, str(link["id"])))
    for user, way in zip(ids, opened.session.map(lambda each: _has_way_in(opened, each), ids), strict=True):
        if not way:
            yield NoCredential(str(user.get("username", user["id"])), _WHY, bool(user.get("enabled")))


_WHY = Text("pas de mot de passe dans Keycloak (ID-PWD-09)", "no password in Keycloak (ID-PWD-09)")


def _linked(opened: Opened, link: str) -> Iterator[dict[str, Any]]:
    for users in opened.pages(brief=True):
        yield from (user for user in users if user.get("federationLink") == link)


def _has_way_in(opened: Opened, user: Mapping[str, Any]) -> bool:
    """A password of one's own; or the action to set one, where the realm mails links to those who forgot theirs: the
    action alone is behind a log-in that nobody without a password reaches."""
    id_ = str(user["id"])
    if "password" in opened.users.credentials(id_):
        return True
    realm = opened.realm.there()
    mails = bool(realm.get("resetPasswordAllowed") and (realm.get("smtpServer") or {}).get("host"))
    whole = opened.users.get(id_) if mails and user.get("email") else None
    return whole is not None and UPDATE_PASSWORD in whole.get("requiredActions", ())


def cut(opened: Opened, wave: str) -> None:
    """Drops the links of a wave and its federation: ids, groups, roles, second factors and actions stay, the
    directory's passwords end. Harmless when repeated. Raises `StopEndpoint` while an open account would be left
    outside.

    The federation is switched off first, so that it takes in nobody between; it is removed only when nobody is linked
    to it any more, since Keycloak removes with it whoever still is."""
    link = found(opened, wave)
    if link is None:
        return
    outside = [each.name for each in without_credential(opened, wave) if each.open]
    if outside:
        raise StopEndpoint(
            Text(
                f"vague {wave} : {len(outside)} personnes sans mot de passe ici (ID-PWD-09) ; rien n'est coupé",
                f"wave {wave}: {len(outside)} people without a password here (ID-PWD-09); nothing is cut",
            )
        )
    switch(opened, wave, False)
    opened.session.realm("POST", "user-storage", link["id"], "unlink-users")
    if next(_linked(opened, str(link["id"])), None) is not None:
        raise Retry(Text(f"vague {wave} : des liens restent", f"wave {wave}: some links are still there"))
    opened.session.realm("DELETE", "components", link["id"], bears=(404,))


def after_return(opened: Opened, wave: str) -> Iterator[Text]:
    """What no program can undo of a cut, for a person to do."""
    if found(opened, wave) is None:
        name, realm = f"{PREFIX}{wave}", opened.config.realm
        yield Text(
            f"royaume {realm}, vague {wave} : les liens vers l'annuaire sont coupés et ne se refont pas sans perdre "
            "les mots de passe posés ici ; chacun garde ici le sien, et l'ancien est bon à la source. Fermer un compte "
            "à la source ne le ferme plus ici. Pour revenir aux mots de passe de la source : supprimer ces personnes "
            f"du royaume et relancer la vague, qui refait la fédération {name}",
            f"realm {realm}, wave {wave}: the links to the directory are cut, and can't be made again without losing "
            "the passwords set here; each keeps that one here, and the old one is good at the source. Closing an "
            "account at the source does not close it here any more. To have the source's passwords again: remove "
            f"these people from the realm and run the wave again, which makes federation {name} again",
        )


def not_to_be_removed(realm: Realm, user: Mapping[str, Any]) -> str:
    """The code that forbids to remove a user whose federation would remove the directory's own account."""
    link = user.get("federationLink")
    if not link:
        return ""
    modes = {str(each.get("id")): edit_mode(each) for each in realm.components()}
    return "ID-PWD-10" if modes.get(str(link)) == "WRITABLE" else ""
