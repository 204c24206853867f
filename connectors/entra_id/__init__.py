"""Entra ID as a source, through Microsoft Graph and msgraph-sdk: people, guests among them, groups of every kind with
their direct members, and what must be done again elsewhere as inventory (conditional access, applications with their
roles, second factors).

- **Keys.** A rank byte (people before groups before the rest), then 16 bytes: of a person whom Entra Connect brought
  from Active Directory, the `objectGUID` in `onPremisesImmutableId`, so that the key is that of the same person read
  from Active Directory; else the object's own id. Each object is a subject under its own key.
- **One container**, shared by all, whose key is the base DN: of the tenant's default domain, or the plan's `base`.
  A tenant has no tree: `uid=` or `cn=` directly below the base (see `formats.graph_entry`).
- **What is asked** is a short list (`properties`), and the plan's `select`. Photos, licences, owners, devices,
  administrative units and organisation contacts are not read.
- **Changes** are Graph's delta queries, asked after seven days at most; after that, or when a person was purged
  unseen, the tenant is listed anew (`Expired`). See `listing` for what Graph does not tell and how it is found.
- **Rights**, all of them application permissions that only read: `check` tries each and prints the command that grants
  what lacks.
- The access token goes to the host of `base_url` only, over verified TLS.
"""

from transhumance.connectors.contract import Connector, Facts, Text

CONNECTOR = Connector(
    name="entra-id",
    summary=Text("Entra ID (Azure AD), par Microsoft Graph", "Entra ID (Azure AD), through Microsoft Graph"),
    config="transhumance.connectors.entra_id.config:EntraConfig",
    source="transhumance.connectors.entra_id.source:EntraSource",
    rig="transhumance.fixtures.rigs.entra_id:rig",
    forms={"entry": "graph-json"},
    workloads=("identities",),
    extra="graph",
    facts=Facts(feed="incremental", key_stability="immutable", shared_containers=True),
)
