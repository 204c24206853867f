"""Active Directory, live: a source that tells its changes, and a target for the way back.

**As a source.** Each domain of the plan is one container, shared by all who are in it. An entry is an item of form
`ad-entry` and a subject; both have one key: a rank (`1` places, `2` people, contacts, computers, `3` groups, `9` the
rest) and the 16 bytes of its objectGUID, so that a rename is no new entry and a listing gives parents and people before
groups. Attributes come as the controller's bytes, all of them, ranges joined; the values of an attribute in order of
bytes, since Active Directory keeps none (objectClass but for). Security descriptors without the auditors' part.

A reading lies in the spool, entry by entry, so that memory stays flat and what is fetched is what was listed. Changes
are told from a point taken before the listing: by DirSync where the account may, else by DirSync of what it sees
itself, else by change numbers. See `changes`, and `history` for what a controller does not tell.

**As a target.** The way back changes the living entry that it finds by its id, brings a deleted one to life, and makes
a new one last, which then has another id and SID (ID-KEY-02). Names under the source's base are put under this one's.
What only a controller writes, passwords, and what is built in are never written. A place that lacks is made and taken
over when its own entry comes; a link whose other end is not here yet waits in the notes, and is completed when that
comes or at the end. Before-images lie in the endpoint's own state folder.
"""

from transhumance.connectors.contract import Connector, Facts, Text

CONNECTOR = Connector(
    name="active-directory",
    summary=Text("Active Directory en direct (LDAP), lecture et retour", "Active Directory, live (LDAP), and back"),
    config="transhumance.connectors.active_directory.config:AdConfig",
    source="transhumance.connectors.active_directory.source:AdSource",
    target="transhumance.connectors.active_directory.target:AdTarget",
    rig="transhumance.fixtures.rigs.active_directory:rig",
    forms={"entry": "ad-entry"},
    workloads=("identities",),
    facts=Facts(
        feed="incremental", key_stability="immutable", passwords=("none",), shared_containers=True, parallel_writes=1
    ),
)
