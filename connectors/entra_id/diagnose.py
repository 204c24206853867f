"""What `check` tells of a tenant: each right is tried by the cheapest request that needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from transhumance.connectors.contract import Diagnosis, Text
from transhumance.connectors.entra_id.config import EntraConfig
from transhumance.connectors.entra_id.inventory import METHODS, POLICIES, REGISTRATIONS
from transhumance.connectors.formats.graph_session import GraphSession, Refused

# Graph's own application id, and the ids of its application permissions
# (https://learn.microsoft.com/graph/permissions-reference)
_GRAPH = "00000003-0000-0000-c000-000000000000"
_IDS = {
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "Group.Read.All": "5b567255-7703-4780-807c-7be8301ae99b",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "Policy.Read.All": "246dd0d5-5bd0-4def-940b-0421030a5b68",
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "AuditLog.Read.All": "b0afded3-3588-46d8-8b3d-9842eff778da",
}


@dataclass(frozen=True, slots=True)
class _Right:
    """A permission, the request that needs it, what it is for; `area`: only for that part of the inventory."""

    permission: str
    path: str
    what: Text
    query: Mapping[str, str] | None = None
    area: str = ""


_ONE = {"$select": "id", "$top": "1"}
_RIGHTS = (
    _Right("User.Read.All", "/users", Text("les personnes", "people"), _ONE),
    _Right(
        "User.Read.All",
        "/directory/deletedItems/microsoft.graph.user",
        Text("les personnes supprimées", "deleted people"),
        _ONE,
    ),
    _Right("Group.Read.All", "/groups", Text("les groupes et leurs membres", "groups and their members"), _ONE),
    _Right(
        "Organization.Read.All",
        "/organization",
        Text("l'identité et les domaines du locataire", "the tenant's identity and domains"),
        {"$select": "id"},
    ),
    _Right(
        "Policy.Read.All",
        POLICIES,
        Text("l'accès conditionnel (inventaire)", "conditional access (inventory)"),
        {"$select": "id", "$top": "1"},
        "conditional-access",
    ),
    _Right(
        "Application.Read.All",
        "/servicePrincipals",
        Text("les applications et leurs rôles (inventaire)", "applications and their roles (inventory)"),
        _ONE,
        "app-roles",
    ),
    _Right(
        "AuditLog.Read.All",
        REGISTRATIONS,
        Text("les seconds facteurs enrôlés (licence P1)", "enrolled second factors (P1 licence)"),
        {"$select": "id"},
        METHODS,
    ),
)


def diagnose(graph: GraphSession, config: EntraConfig) -> Iterator[Diagnosis]:
    """Each right, then what is in excess or at risk. Raises what the session raises, but for a refusal."""
    if not config.base_url.startswith("https://"):
        yield Diagnosis(
            "warn",
            Text("le jeton passe en clair (http://)", "the token travels in clear (http://)"),
            Text("Donnez une adresse https://", "Give an https:// address"),
        )
    for right in _RIGHTS:
        if not right.area or right.area in config.wanted:
            yield _tried(graph, config, right)
    roles = graph.claims().get("roles")
    excess = [str(role) for role in roles if "Write" in str(role)] if isinstance(roles, list) else []
    if excess:
        names = ", ".join(sorted(excess))[:300]
        yield Diagnosis(
            "warn",
            Text(f"l'application peut aussi écrire : {names}", f"the application may write too: {names}"),
            Text("Retirez ces droits : une lecture suffit", "Take these rights away: reading is enough"),
        )
    if config.token is not None:
        yield Diagnosis(
            "warn",
            Text("un jeton fixe ne vit qu'une heure", "a fixed token lives an hour only"),
            Text("Donnez client_id et un certificat", "Give client_id and a certificate"),
        )


def _tried(graph: GraphSession, config: EntraConfig, right: _Right) -> Diagnosis:
    try:
        graph.get(right.path, right.query)
    except Refused as error:
        level = "warn" if right.area or right.permission.startswith("Organization") else "bad"
        said = f"{right.permission} ({error.status} {error.code})"
        what = Text(f"{right.what.fr} : non lus, il manque {said}", f"{right.what.en}: not read, {said} lacks")
        return Diagnosis("warn" if level == "warn" else "bad", what, _grant(config, right.permission))
    what = Text(f"{right.what.fr} : lus ({right.permission})", f"{right.what.en}: read ({right.permission})")
    return Diagnosis("good", what)


def _grant(config: EntraConfig, permission: str) -> Text:
    """The command that grants a permission, for an administrator of the tenant."""
    client = config.client_id or "APP_ID"
    command = (
        f"az ad app permission add --id {client} --api {_GRAPH} --api-permissions {_IDS[permission]}=Role && "
        f"az ad app permission admin-consent --id {client}"
    )
    return Text(f"Un administrateur tape : {command}", f"An administrator types: {command}")
