"""LDIF files, and what `csvde` writes: a source over exports (one file or a folder of them), a target that keeps LDIF
files.

**As a source.** Files are `.ldif`, `.ldf`, `.csv`, each perhaps with `.gz`; other files of the folder are not looked
at. Each file is one container, shared by all its subjects (a directory has no container of one's own): it is asked for
with the empty subject, and each item says whose it is.

- An entry is an item and a subject of its own. Both have the same key where the directory gives an id that stays: the
  `objectGUID` as its usual text, else the `entryUUID`. Where there is none the item's key is its DN as it is written,
  and the subject's key is that DN as names are matched (lower case, blanks squeezed, NFC), so an entry that is renamed
  is another one. The entry without a name (the root DSE) is `rootdse`. What comes twice in one file is kept twice, the
  second as `KEY#2`.
- The form is `ad-entry` where the entry has an `objectGUID`, an `objectSid` or an `objectCategory`, else `ldif`.
- `changetype: add` is an entry: `ldifde` writes its exports so. `delete`, `modify`, `modrdn` and `moddn` are *changes*,
  not a state. Nobody who names an export as a source wants one applied unseen, and a file of changes does not say what
  the entry is: so each is an item of its own, kept and graded (ID-CHG-01), `change:NNNNNNNN:digest` by its place in the
  file, under the subject whose DN it names. No change is ever applied, and a `delete` is no tombstone.
- UTF-16 (`ldifde -u`), UTF-8 with a mark, gzip and CSV are turned into plain LDIF in the spool first. Bytes that are
  not UTF-8 are kept as they are and told by a finding (ID-TXT-01). In CSV, which is text, they are read by `encoding`.
- A record that can't be read is a fault with its file and line; the next one is read. A value that is a URL is never
  opened: its record is refused (ID-LDIF-02). A record above `max_entry_mib` is refused (ID-LDIF-03).

**As a target.** Each container is one file, `<path>/<its path, escaped>.ldif`, readable at any time after a pass. What
is written during a pass is appended to `<file>.journal` (LDIF too), one flush a batch, so that 100,000 entries are not
written over for each of them; `finish` merges it into the file, aside, and renames. A crash leaves whole batches in the
journal, and the next run goes on from them; a listing reads file and journal together. Before-images lie under
`<path>/.transhumance-before/`. A file of changes (modify, delete, rename) is no state and is not taken.
"""

from transhumance.connectors.contract import Connector, Facts, Text

CONNECTOR = Connector(
    name="ldif",
    summary=Text("Fichiers LDIF, exports ldifde et csvde", "LDIF files, ldifde and csvde exports"),
    config="transhumance.connectors.ldif.config:LdifConfig",
    source="transhumance.connectors.ldif.source:LdifSource",
    target="transhumance.connectors.ldif.target:LdifTarget",
    rig="transhumance.connectors.ldif.rig:rig",
    forms={"entry": "ldif"},
    also={"entry": ("ad-entry",)},
    workloads=("identities",),
    facts=Facts(feed="full", key_stability="path", shared_containers=True),
)
