"""The folders of a file: which of them people see, what they are for, and their paths."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import mapi
from transhumance.connectors.pst.files import DAMAGE, PstFile
from transhumance.connectors.pst.values import value

DEEPEST = 100
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
    """A folder. `where`: indexes from the root, for libpff. `path`: names from the top of the visible tree down, none
    for the top itself. `guessed`: its role is told by its name alone."""

    nid: int
    where: tuple[int, ...]
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
    read: where, and why."""

    folders: tuple[Folder, ...]
    hidden_items: int = 0
    damages: tuple[tuple[tuple[int, ...], str], ...] = ()


def read_tree(file: PstFile, codec: str) -> Tree:
    """The folders of a file, read once; call under its lock."""
    if codec not in file.trees:
        file.trees[codec] = _read_tree(file, codec)
    tree: Tree = file.trees[codec]
    return tree


def _read_tree(file: PstFile, codec: str) -> Tree:
    nodes = list(_walk(file, codec, (), (), set()))
    top = next((n for n in nodes if n.nid == _nid(file, file.store.get(0x35E0))), None)
    start = top.where if top else ()
    inside = [n for n in nodes if n.where[: len(start)] == start and n.good and not n.search]
    outside = [n for n in nodes if n.where[: len(start)] != start and n.good and not n.search]
    roles = _roles(file, nodes)
    skip = len(start)
    return Tree(
        tuple(_folder(n, n.path[skip:], roles) for n in inside),
        sum(n.items for n in outside),
        tuple((n.where, n.damage) for n in nodes if n.damage),
    )


@dataclass(slots=True)
class _Node:
    nid: int
    where: tuple[int, ...]
    path: tuple[str, ...]
    properties: dict[int, Any]
    items: int = 0
    damage: str = ""

    @property
    def good(self) -> bool:
        return not self.damage or bool(self.properties)

    @property
    def search(self) -> bool:
        return self.nid & 0x1F == _SEARCH_FOLDER


def _walk(file: PstFile, codec: str, where: tuple[int, ...], path: tuple[str, ...], seen: set[int]) -> Iterator[_Node]:
    try:
        folder = file.folder(where)
        nid = int(folder.get_identifier() or 0)
        properties = _properties(folder, codec)
        children, items = int(folder.get_number_of_sub_folders()), int(folder.get_number_of_sub_messages())
    except DAMAGE as error:
        yield _Node(0, where, path, {}, damage=type(error).__name__)
        return
    if nid in seen or len(where) > DEEPEST:
        yield _Node(nid, where, path, {}, damage="a folder inside itself" if nid in seen else "too deep")
        return
    seen.add(nid)
    name = properties.get(0x3001)
    here = (*path, name if isinstance(name, str) and name else f"{nid:08X}") if where else ()
    yield _Node(nid, where, here, properties, items)
    for index in range(children):
        yield from _walk(file, codec, (*where, index), here, seen)


def _properties(folder: Any, codec: str) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for entry in folder.get_record_set(0).entries:
        if entry.entry_type in _WANTED:
            try:
                found[entry.entry_type] = value(entry.value_type, entry.get_data(), codec)
            except DAMAGE:
                continue
    return found


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
        if node.where and any(mark in node.properties for mark in _INBOX_MARKS):
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
        node.where,
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
