"""The folders of a file: which of them people see, what they are for, and their paths."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import mapi
from transhumance.connectors.formats.pst.context import Properties, Table
from transhumance.connectors.pst.files import DAMAGE, PstFile, some
from transhumance.connectors.pst.listing import contents

DEEPEST = 100
_ROOT = 0x122  # the root folder (MS-PST 2.4.1)
_HIERARCHY = 0x0D  # NID_TYPE_HIERARCHY_TABLE
_SEARCH_FOLDER = 0x03  # NID_TYPE_SEARCH_FOLDER (MS-PST 2.2.2.1): a view, its items lie elsewhere
_INBOX_MARKS = (0x36D0, 0x36D1, 0x36D7)  # the well-known ids that MS-OXOSFLD 2.2.3 keeps on the root and the Inbox
_BY_STORE = {0x35E3: "trash", 0x35E4: "sent"}
_BY_INBOX = {0x36D0: "calendar", 0x36D1: "contacts", 0x36D2: "journal", 0x36D3: "notes", 0x36D4: "tasks",
             0x36D7: "drafts"}  # fmt: skip
_JUNK = 4  # its place in PidTagAdditionalRenEntryIds (MS-OXOSFLD 2.2.4)
_WANTED = {0x3001, 0x3004, 0x3613, 0x3602, 0x36D8, *_BY_INBOX}

# Last resort, below the top only: the names that Outlook gives in French and in English.
_BY_NAME = {
    "inbox": "inbox", "boîte de réception": "inbox", "sent items": "sent", "éléments envoyés": "sent",
    "messages envoyés": "sent", "drafts": "drafts", "brouillons": "drafts", "deleted items": "trash",
    "éléments supprimés": "trash", "junk e-mail": "junk", "junk email": "junk", "courrier indésirable": "junk",
    "archive": "archive", "archives": "archive", "calendar": "calendar", "calendrier": "calendar",
    "contacts": "contacts", "tasks": "tasks", "tâches": "tasks", "notes": "notes", "journal": "journal",
}  # fmt: skip
_WORKLOAD = {"calendar": "calendars", "contacts": "contacts", "tasks": "tasks", "notes": "tasks", "journal": "tasks"}


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder. `path`: names from the top of the visible tree down, none
    for the top itself. `guessed`: its role is told by its name alone."""

    nid: int
    path: tuple[str, ...]
    container_class: str
    items: int
    comment: str = ""
    role: str | None = None
    guessed: bool = False

    @property
    def workload(self) -> str:
        """Which workload it belongs to."""
        return mapi.workload_of(self.container_class)


@dataclass(frozen=True, slots=True)
class Tree:
    """The visible folders, parents first; how many items lie in folders outside of them; the folders that could not be
    read: which, and why; every folder that could be, hidden ones too."""

    folders: tuple[Folder, ...]
    hidden_items: int = 0
    damages: tuple[tuple[int, str], ...] = ()
    known: tuple[int, ...] = ()


def read_tree(file: PstFile, codec: str) -> Tree:
    """The folders of a file, read once."""
    if codec not in file.trees:
        file.trees[codec] = _read_tree(file, codec)
    tree: Tree = file.trees[codec]
    return tree


def _read_tree(file: PstFile, codec: str) -> Tree:
    nodes = list(_walk(file, codec, _ROOT, (), (), set()))
    top = next((n for n in nodes if n.nid == _nid(file, file.store.get(0x35E0))), nodes[0])
    inside = [n for n in nodes if top.nid in (n.nid, *n.above) and n.good and not n.search]
    outside = [n for n in nodes if top.nid not in (n.nid, *n.above) and n.good and not n.search]
    roles = _roles(file, nodes)
    skip = len(top.above)
    return Tree(
        tuple(_folder(n, n.path[skip:], roles) for n in inside),
        sum(n.items for n in outside),
        tuple((n.nid, n.damage) for n in nodes if n.damage),
        tuple(n.nid for n in nodes if n.good and not n.search),
    )


@dataclass(slots=True)
class _Node:
    nid: int
    above: tuple[int, ...]
    path: tuple[str, ...]
    properties: dict[int, Value]
    items: int = 0
    damage: str = ""

    @property
    def good(self) -> bool:
        return not self.damage or bool(self.properties)

    @property
    def search(self) -> bool:
        return self.nid & 0x1F == _SEARCH_FOLDER


def _walk(file: PstFile, codec: str, nid: int, above: tuple[int, ...], path: tuple[str, ...], seen: set[int]
          ) -> Iterator[_Node]:  # fmt: skip
    if nid in seen or len(above) > DEEPEST:
        yield _Node(nid, above, path, {}, damage="a folder inside itself" if nid in seen else "too deep")
        return
    seen.add(nid)
    try:
        properties = some(Properties(file.ndb, file.ndb.node(nid)), _WANTED, codec)
        children = _children(file, nid)
        items = 0 if nid & 0x1F == _SEARCH_FOLDER else len(contents(file, nid))
    except DAMAGE as error:
        yield _Node(nid, above, path, {}, damage=str(error))
        return
    name = properties.get(0x3001)
    here = (*path, name if isinstance(name, str) and name else f"{nid:08X}") if above else ()
    yield _Node(nid, above, here, properties, items)
    for child in children:
        yield from _walk(file, codec, child, (*above, nid), here, seen)


def _children(file: PstFile, nid: int) -> list[int]:
    """The folders in a folder, in the order of its table (MS-PST 2.4.4.4); a view has none."""
    if nid & 0x1F == _SEARCH_FOLDER:
        return []
    table = Table(file.ndb, file.ndb.node(nid & ~0x1F | _HIERARCHY))
    return [child for _, child in sorted((place, child) for child, place in table.ids())]


def _nid(file: PstFile, entry_id: Value) -> int | None:
    """The node of a folder's entry id (MS-PST 2.4.3.2): flags, the store's record key, the node's number."""
    record_key = file.store.get(0x0FF9)
    if isinstance(entry_id, bytes) and len(entry_id) == 24 and entry_id[4:20] == record_key:
        return int.from_bytes(entry_id[20:], "little")
    return None


def _roles(file: PstFile, nodes: list[_Node]) -> dict[int, str]:
    """Roles by well-known entry ids, which no language and no renaming changes."""
    roles: dict[int, str] = {}
    for tag, role in _BY_STORE.items():
        if nid := _nid(file, file.store.get(tag)):
            roles[nid] = role
    for node in nodes:
        if node.above and any(mark in node.properties for mark in _INBOX_MARKS):
            roles.setdefault(node.nid, "inbox")
        for tag, role in _BY_INBOX.items():
            if nid := _nid(file, node.properties.get(tag)):
                roles.setdefault(nid, role)
        more = node.properties.get(0x36D8)
        if isinstance(more, tuple) and len(more) > _JUNK and (nid := _nid(file, more[_JUNK])):
            roles.setdefault(nid, "junk")
    return roles


def _folder(node: _Node, path: tuple[str, ...], roles: dict[int, str]) -> Folder:
    container_class, comment = node.properties.get(0x3613), node.properties.get(0x3004)
    kind = container_class if isinstance(container_class, str) else ""
    role = roles.get(node.nid)
    guess = None if role or len(path) != 1 else _guess(path[0], mapi.workload_of(kind))
    guessed = guess is not None and guess not in roles.values()
    return Folder(
        node.nid,
        path,
        kind,
        node.items,
        comment if isinstance(comment, str) else "",
        guess if guessed else role,
        guessed,
    )


def _guess(name: str, workload: str) -> str | None:
    role = _BY_NAME.get(unicodedata.normalize("NFC", name).casefold())
    return role if role and _WORKLOAD.get(role, "mail") == workload else None
