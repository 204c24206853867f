"""OpenLDAP and 389-ds (and any server of the standard schemas): a source, and a target that writes a chunk at a time.

**Containers.** One, shared by all subjects: `base`. Its entry is the container itself, never an item. The base of the
source (its container's key, or what its properties say) becomes `base` in every name, and comes back from it.

**Keys.** `1` containers, `2` people and the like, `3` groups, `9` the rest, then 16 bytes: the entryUUID as Active
Directory would hold it, or on 389-ds the nsUniqueId, since its entryUUID can't be given. Versions are digests of what
is compared: neither memberOf, passwords nor what the server keeps for itself.

**What the server can't hold** (an attribute that it does not know, entryUUID without the Relax control, a lock without
the overlay that obeys it) is left out by name, told by `preview`, and expected by `forecast`. The auxiliary class
`transhumanceOrigin` of `schema/` gives a place to what standard classes have none for.

**Writing.** One LDAP transaction a chunk (RFC 5805), its requests in lock-step, where the server offers it; else
requests in a pipeline, else one by one. One refused entry never fails the others. A parent that has not come yet is
stood in for by an entry of ours (*glue*), which the true one replaces, and which `finish` removes when nothing needs
it. Before-images, glue and what our own renames changed elsewhere are kept in a database of the endpoint's state
folder.
"""

from transhumance.connectors.contract import Connector, Facts, Text

CONNECTOR = Connector(
    name="ldap",
    summary=Text("Annuaires LDAP : OpenLDAP, 389-ds", "LDAP directories: OpenLDAP, 389-ds"),
    config="transhumance.connectors.ldap.config:LdapConfig",
    source="transhumance.connectors.ldap.source:LdapSource",
    target="transhumance.connectors.ldap.target:LdapTarget",
    rig="transhumance.fixtures.rigs.ldap:rig",
    forms={"entry": "ldap-entry"},
    workloads=("identities",),
    facts=Facts(feed="full", key_stability="immutable", shared_containers=True, parallel_writes=1, passwords=("none",)),
)
