"""Keycloak, by its admin REST API: users, groups, and the federation that checks passwords for a while.

One container holds everything of a realm. An item is a user, a group, or a group that stands for an organisational unit
(`connectors.formats.keycloak` says how an entry lies there).

**As a target.** Users and groups are made by `partialImport` (the one way to keep the source's id) in small batches,
never with OVERWRITE; a batch that the server refuses is halved until the one that it refuses is found. Changes are PUT,
which leaves credentials alone. Everything may come in any order: a group keeps the names of members who are no users
yet as an attribute, a user who comes is put into the groups that name him, and `finish` puts the tree of groups in
order: nested groups below each other where a tree can say it, flattened and told where it can't.

**As a source.** Each listing from the start reads the realm once into the spool; pages and records come from there.
Credentials are read as kinds only, never their data. Roles do not count as a change of a user.
"""

from transhumance.connectors.contract import Connector, Facts, NameRules, Text

CONNECTOR = Connector(
    name="keycloak",
    summary=Text("Keycloak, par son API d'administration", "Keycloak, by its admin API"),
    config="transhumance.connectors.keycloak.config:KeycloakConfig",
    source="transhumance.connectors.keycloak.source:KeycloakSource",
    target="transhumance.connectors.keycloak.target:KeycloakTarget",
    rig="transhumance.fixtures.rigs.keycloak:rig",
    forms={"entry": "keycloak-user"},
    workloads=("identities",),
    extra="keycloak",
    facts=Facts(
        feed="full",
        key_stability="immutable",
        names=NameRules(max_bytes=255, case_sensitive=False),
        parallel_writes=1,
        shared_containers=True,
        passwords=("none", "reset", "pass_through"),
    ),
)
