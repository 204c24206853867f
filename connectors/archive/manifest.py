"""What an archive says of the whole: `MANIFEST.sha256`, `archive.json`, and a page that explains it to whoever opens
the folder in twenty years without this program."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator

from transhumance.connectors.archive.catalogue import Place
from transhumance.connectors.archive.config import ArchiveConfig
from transhumance.connectors.archive.settle import settle
from transhumance.connectors.archive.staging import tidy
from transhumance.connectors.archive.store import ARCHIVE, MANIFEST, Store
from transhumance.connectors.formats import durable

README = "README.txt"
FORMAT = "transhumance.archive/1"
_TEXT = """\
Archive transhumance                                                   (English below)

Ce dossier se lit sans transhumance.

  <charge>/<sujet>/<conteneur>/...   un fichier par élément : .eml (courrier, RFC 5322), .ics (agenda, tâches),
                                     .vcf (contacts), .ldif (annuaire), ou le fichier lui-même, à sa place
  %~packs/*.zip                      s'il y en a : les éléments, dans des zip sans compression (unzip -l)
  %~3f/                              sous-dossiers d'un conteneur de plus de 20 000 éléments
  .parts/<fichier>/                  ce qui accompagne un élément : pièces jointes à part, versions
  .index/index.jsonl                 une ligne JSON par élément, triée par clé : fichier, taille, SHA-256, ce que le
                                     format ouvert ne dit pas (meta, residue)
  .index/container.json              le conteneur : chemin, rôle, propriétés
  .before/                           ce que des mises à jour ont remplacé, gardé pour revenir en arrière
  archive.json                       ce que l'archive contient, en nombre
  MANIFEST.sha256                    vérification de tout : sha256sum -c MANIFEST.sha256

Dans les noms, %XX est un octet que certains systèmes de fichiers refusent. Deux noms qu'un système sans casse
confondrait, et les noms trop longs, portent %~ et une empreinte ; l'index a le nom entier.
.catalog.sqlite et .staging n'ont pas de valeur : ils se refont.


Transhumance archive

This folder can be read without transhumance.

  <workload>/<subject>/<container>/...   one file an item: .eml (mail, RFC 5322), .ics (calendars, tasks),
                                         .vcf (contacts), .ldif (directory), or the file itself, in its place
  %~packs/*.zip                          if any: the items, in uncompressed zip files (unzip -l)
  %~3f/                                  sub-folders of a container of more than 20,000 items
  .parts/<file>/                         what goes with an item: attachments kept apart, versions
  .index/index.jsonl                     one JSON line an item, sorted by key: file, size, SHA-256, what the open
                                         format does not say (meta, residue)
  .index/container.json                  the container: path, role, properties
  .before/                               what updates replaced, kept for a rollback
  archive.json                           what the archive holds, in numbers
  MANIFEST.sha256                        checks all of it: sha256sum -c MANIFEST.sha256

In names, %XX is a byte that some file systems refuse. Two names that a system without case would take for one, and
names that are too long, bear %~ and a digest; the index has the whole name.
.catalog.sqlite and .staging are worth nothing: they are made again.
"""


def finish(store: Store, config: ArchiveConfig) -> None:
    """The end of a pass: settles what was written, then writes the manifest. Does next to nothing where nothing was
    written. Raises `StopEndpoint` where the disk is full; it may be called again."""
    places = _busy(store)
    if places or not (store.root / MANIFEST).exists():
        for place in places:
            settle(store, place)
        _write(store, README, [_TEXT.encode()])
        _write(store, ARCHIVE, [_summary(store, config)])
        _, _, temp = durable.write_aside(store.root / MANIFEST, _lines(store))
        durable.sync_filesystem(store.root)
        os.rename(temp, store.root / MANIFEST)
        durable.sync_folder(store.root)
        with store.catalogue.change():
            store.catalogue.run_many("UPDATE container SET busy = 0 WHERE id = ?", [(place.id,) for place in places])
        durable.sweep(store.root)
    tidy(store.root, ended=True)


def _busy(store: Store) -> list[Place]:
    busy = {ident for (ident,) in store.catalogue.ask("SELECT id FROM container WHERE busy != 0")}
    return [place for place in store.catalogue.places() if place.id in busy] if busy else []


def _write(store: Store, name: str, blocks: Iterable[bytes]) -> None:
    data = b"".join(blocks)
    path = store.root / name
    if not path.exists() or path.read_bytes() != data:
        _, _, temp = durable.write_aside(path, [data], sync=False)
        os.rename(temp, path)
    with store.catalogue.change():
        store.note(name, 0, hashlib.sha256(data).digest())


def _summary(store: Store, config: ArchiveConfig) -> bytes:
    workloads = {
        str(workload): {"containers": containers, "items": items, "bytes": size}
        for workload, containers, items, size in store.catalogue.ask(
            "SELECT workload, count(*), sum(items), sum(size) FROM (SELECT c.workload AS workload,"
            " count(i.key) AS items, coalesce(sum(i.size), 0) AS size FROM container AS c LEFT JOIN item AS i"
            " ON i.container = c.id AND i.version != '' GROUP BY c.id) GROUP BY workload ORDER BY workload"
        )
    }
    plain = {
        "format": FORMAT,
        "layout": config.layout,
        "keep": config.keep,
        "containers": sum(int(str(entry["containers"])) for entry in workloads.values()),
        "items": sum(int(str(entry["items"])) for entry in workloads.values()),
        "bytes": sum(int(str(entry["bytes"])) for entry in workloads.values()),
        "workloads": workloads,
    }
    return json.dumps(plain, indent=1, sort_keys=True).encode() + b"\n"


def _lines(store: Store) -> Iterator[bytes]:
    """The manifest, sorted by path, a block at a time."""
    block: list[str] = []
    for path, digest in store.catalogue.stream("SELECT path, sha256 FROM file ORDER BY path"):
        assert isinstance(digest, bytes)
        block.append(manifest_line(str(path), digest.hex()))
        if len(block) == 2000:
            yield "".join(block).encode()
            block = []
    yield "".join(block).encode()


def manifest_line(path: str, digest: str) -> str:
    """A line as `sha256sum` writes and reads it: a name with a backslash or a line end is escaped, and the line then
    begins with a backslash (GNU coreutils manual, md5sum invocation)."""
    if "\\" not in path and "\n" not in path and "\r" not in path:
        return f"{digest}  {path}\n"
    safe = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"\\{digest}  {safe}\n"


def read_manifest_line(line: str) -> tuple[str, str]:
    """The digest and the path of a line. Raises `ValueError` for what is no line of a manifest."""
    escaped = line.startswith("\\")
    digest, mark, path = line.removeprefix("\\").rstrip("\n").partition("  ")
    if not mark or len(digest) != 64:
        raise ValueError("not a line of sha256sum")
    if escaped:
        names = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}
        path = re.sub(r"\\[\\nr]", lambda found: names[found[0]], path)
    return digest, path
