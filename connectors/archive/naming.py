"""Where things lie in an archive: folders of containers, names of files.

    <path>/<workload>/<subject>/<container>/…/<file>

Documents of a file share keep their tree: the item's key is their path. Every other item is named for people by its
subject line or key, and made unique by 120 bits of the digest of its key: `Réunion du 12-<24 letters>.eml`. A name
never depends on what else is there, but for documents whose paths would meet on a file system without case or with
normalisation: those are *displaced* to `<stem>%~<24 letters><suffix>`. Reserved names begin with a dot or with `%~`,
which an escaped name never does: `.index`, `.parts`, `%~packs`, the shards `%~3f`.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache

from transhumance.connectors.contract import Container, key_text
from transhumance.connectors.formats.names import escape_name
from transhumance.connectors.formats.treenames import digest_text

INDEX = ".index"
PARTS = ".parts"
STAGING = ".staging"
BEFORE = ".before"
CATALOGUE = ".catalog.sqlite"
SHARD = "%~"
PACKS = "%~packs"
TREE_KINDS = frozenset({"file", "folder", "link"})
SUFFIXES = {"rfc5322": ".eml", "ical": ".ics", "vcard": ".vcf", "ldif": ".ldif", "rows": ".rows", "sql": ".sql"}
DEEP = 1500  # bytes of a container's folder; a path has 4096
READABLE = 60  # characters of a name kept for people
_PLAIN = re.compile(r"[\w(@+=,;!#$&'\[\]{}^-][\w ()@+=,;!#$&'\[\]{}^.-]*", re.ASCII)


def container_folder(container: Container) -> str:
    """The folder of a container, from the archive's root. One that lies too deep for a path is named by its digest;
    its own `container.json` has the names."""
    names = (container.workload, key_text(container.subject), *container.path)
    folder = "/".join(_escaped(name) for name in names)
    if len(folder.encode()) > DEEP:
        folder = "/".join(_escaped(name) for name in names[:2]) + f"/{SHARD}{digest_text(_identity(container))}"
    return folder


def displaced_folder(folder: str, container: Container) -> str:
    """The folder of a container whose own would meet another's."""
    return f"{folder}{SHARD}{digest_text(_identity(container))}"


def _identity(container: Container) -> bytes:
    return _bytes("\0".join((container.workload, key_text(container.subject), *container.path)))


@lru_cache(4096)
def _escaped(name: str) -> str:
    return escape_name(_bytes(name))


def _bytes(name: str) -> bytes:
    """The bytes of a name; half a surrogate pair, which some systems let pass, is bytes too."""
    try:
        return os.fsencode(name)
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")


def flat_path(key: bytes, name: str, standard: str, sharded: bool) -> str:
    """The file of an item that has no place in a tree, from its container's folder."""
    suffix = SUFFIXES.get(standard, ".bin")
    readable = (name or key_text(key).removesuffix(suffix))[:READABLE].strip() or "_"
    safe = readable if _PLAIN.fullmatch(readable) else escape_name(_bytes(readable))
    path = f"{safe}-{digest_text(key)}{suffix}"
    return f"{SHARD}{hashlib.sha256(key).hexdigest()[:2]}/{path}" if sharded else path


def is_sharded(path: str) -> bool:
    """Whether a flat path lies in a shard."""
    return path.startswith(SHARD) and path[4:5] == "/"


def part_path(file: str, body: str) -> str:
    """Where a further body of an item lies (an attachment, a version): beside the item's own file."""
    if body == "content":
        return file
    folder, _, name = file.rpartition("/")
    beside = f"{PARTS}/{name}/{escape_name(_bytes(body))}"
    return f"{folder}/{beside}" if folder else beside
