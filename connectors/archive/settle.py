"""Settling a container at the end of a pass: its index becomes one file sorted by key, each file lies where its name
depends on what there is and not on the order in which it came, and what was replaced is unlinked.

So the same content gives the same bytes, whatever chunks, retries or crashes it came by. Every step may be repeated:
moves are links first, then a commit like any other, then unlinks.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from transhumance.connectors.archive.catalogue import ROW, Place, Row, file_of
from transhumance.connectors.archive.effect import SHARD_ABOVE, write_index
from transhumance.connectors.archive.lines import Item, Stored, settled
from transhumance.connectors.archive.naming import INDEX, PACKS, flat_path, part_path
from transhumance.connectors.archive.shelves import PackShelf
from transhumance.connectors.archive.staging import Staging
from transhumance.connectors.archive.store import COMPACTED, Lines, Store
from transhumance.connectors.contract import Fence
from transhumance.connectors.formats import durable
from transhumance.connectors.formats.names import unescape_name
from transhumance.connectors.formats.treenames import displaced_path, tree_path

FENCE = Fence("%~settle", 0)
_BATCH = 2000


def settle(store: Store, place: Place) -> None:
    """Settles one container. Raises `StopEndpoint` where the disk is full; nothing is lost then."""
    store.sync(place, again=True)
    merged: list[str] = []
    for _ in range(3):  # a document may have to wait until another has left its place
        moved = _move_misplaced(store, place) + _repack(store, place)
        names = _compact(store, place)
        _unlink_dead(store, place)
        merged += names
        if not moved and not names:
            break
    _drop_chunks(store, place, merged)


# --- moves


def _move_misplaced(store: Store, place: Place) -> int:
    """Moves the files that don't lie where they should; returns how many items were moved."""
    moved = 0
    rows = list(_misplaced(store, place))
    for start in range(0, len(rows), _BATCH):
        items = list(store.items(place, rows[start : start + _BATCH]))
        wanted = [(item, _proper_file(store, place, row, item)) for row, item in zip(rows[start:], items, strict=False)]
        moves = [(item, file) for item, file in wanted if file != file_of(item)]
        done = [new for item, file in moves if (new := _link(store, place, item, file))]
        if done:
            old = {item.key: item for item, _ in moves}
            with Staging(store.root, FENCE) as staging:
                durable.sync_filesystem(store.root)
                write_index(store, place, FENCE, staging, done, {item.key: old[item.key] for item in done})
        moved += len(done)
    return moved


def _misplaced(store: Store, place: Place) -> Iterator[Row]:
    """Items that may have to move: documents that meet another or were displaced, and, where the container is too
    large for one folder, files outside its shards."""
    documents = store.catalogue.stream(
        f"SELECT {ROW} FROM item AS a WHERE container = ? AND version != '' AND fold IS NOT NULL AND (placed != 0"
        " OR EXISTS (SELECT 1 FROM folder AS f WHERE f.fold = a.fold)"
        " OR EXISTS (SELECT 1 FROM item AS b WHERE b.fold = a.fold"
        " AND (b.container != a.container OR b.key != a.key)))",
        place.id,
    )
    yield from (Row(*row) for row in documents)  # type: ignore[arg-type]
    flat, sharded = store.catalogue.sharded(place)
    if flat > SHARD_ABOVE and not sharded:
        own = "container = ? AND version != '' AND fold IS NULL AND pack IS NULL AND placed = 0"
        sharded = int(str(store.catalogue.ask(f"SELECT count(*) FROM item WHERE {own}", place.id)[0][0])) > SHARD_ABOVE
        if sharded:
            store.catalogue.shard(place)
    if sharded:
        others = store.catalogue.stream(
            f"SELECT {ROW} FROM item WHERE container = ? AND version != '' AND fold IS NULL AND pack IS NULL"
            " AND placed = 0",
            place.id,
        )
        yield from (Row(*row) for row in others)  # type: ignore[arg-type]


def _proper_file(store: Store, place: Place, row: Row, item: Item) -> str:
    if row.fold is None:
        return flat_path(item.key, item.name, item.standard, sharded=True)
    plain = tree_path(item.key)
    return displaced_path(item.key) if store.catalogue.meets(place, item.key, row.fold) else plain


def _link(store: Store, place: Place, item: Item, file: str) -> Item | None:
    """Gives an item's files their proper names beside their present ones; None where that can't be (yet)."""
    bodies: dict[str, Stored] = {}
    for name, stored in item.bodies.items():
        path = part_path(file, name)
        try:
            store.make_folder(f"{place.folder}/{path}".rpartition("/")[0])
            _copy_name(f"{store.root}/{place.folder}/{stored.path}", f"{store.root}/{place.folder}/{path}")
        except OSError as error:
            durable.stop_if_full(error)
            return None
        bodies[name] = replace(stored, file=path)
    return replace(item, bodies=bodies)


def _copy_name(old: str, new: str) -> None:
    with suppress(FileNotFoundError):
        if os.path.samefile(old, new):
            return
        os.unlink(new)  # no item's: `_proper_file` met nobody
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError as error:
        if error.errno not in durable.NO_LINKS:
            raise
        state = os.stat(old)
        with open(old, "rb") as source:
            _, _, temp = durable.write_aside(new, iter(lambda: source.read(1 << 18), b""), state.st_mtime_ns)
        os.rename(temp, new)


# --- packs


def _repack(store: Store, place: Place) -> int:
    """Writes packs again of which a quarter or more of the members is dead; returns how many items were moved."""
    prefix = f"{place.folder}/{PACKS}/"
    query = "SELECT DISTINCT path FROM dead WHERE container = ? AND substr(path, 1, ?) = ?"
    rows = store.catalogue.ask(query, place.id, len(prefix), prefix)
    moved = 0
    for (path,) in rows:
        pack = str(path).removeprefix(f"{place.folder}/")
        live = store.catalogue.ask(f"SELECT {ROW} FROM item WHERE container = ? AND pack = ?", place.id, pack)
        if not live:
            continue
        items = list(store.items(place, [Row(*row) for row in live]))  # type: ignore[arg-type]
        with zipfile.ZipFile(store.root / str(path)) as old:
            members = len(old.infolist())
        if sum(len(item.bodies) for item in items) * 4 > members * 3:
            continue
        with Staging(store.root, FENCE) as staging:
            done = _packed_again(store, place, items, PackShelf(staging))
            durable.sync_filesystem(store.root)
            write_index(store, place, FENCE, staging, done, {item.key: item for item in items})
        moved += len(done)
    return moved


def _packed_again(store: Store, place: Place, items: list[Item], shelf: PackShelf) -> list[Item]:
    added = []
    for item in sorted(items, key=lambda item: item.key):
        bodies = {}
        for name, stored in item.bodies.items():
            new = shelf.add(stored.file, store.body(place, stored), None)
            bodies[name] = replace(new, nature=stored.nature)
        added.append(replace(item, bodies=bodies))
    for temp, path in shelf.moves():
        os.rename(temp, store.root / place.folder / path)
    return [replace(item, bodies={n: shelf.placed(b) for n, b in item.bodies.items()}) for item in added]


# --- the index


def _compact(store: Store, place: Place) -> list[str]:
    """Merges the index files of chunks into the compacted one; returns their names."""
    catalogue, folder = store.catalogue, store.root / place.folder / INDEX
    names = [str(n) for (n,) in catalogue.ask("SELECT name FROM chunk WHERE container = ? ORDER BY name", place.id)]
    if not names:
        return []
    with Lines(store, place) as lines:
        size, digest, temp = durable.write_aside(folder / COMPACTED, _merged(store, place, lines))
    if size:
        os.rename(temp, folder / COMPACTED)
    else:
        durable.discard(temp)
        durable.discard(folder / COMPACTED)
    durable.sync_folder(folder)
    stamp, _ = store.index_files(place)
    name = f"{place.folder}/{INDEX}/{COMPACTED}"
    with catalogue.change():
        catalogue.run("DELETE FROM item WHERE container = ? AND seq IS NOT NULL AND version = ''", place.id)
        catalogue.run("UPDATE item SET seq = NULL, at = NULL WHERE container = ? AND seq IS NOT NULL", place.id)
        catalogue.run("DELETE FROM chunk WHERE container = ?", place.id)
        catalogue.run("UPDATE container SET stamp = ? WHERE id = ?", stamp, place.id)
        catalogue.run("DELETE FROM file WHERE path = ?", name)
        if size:
            store.note(name, place.id, bytes.fromhex(digest))
    return names


def _merged(store: Store, place: Place, lines: Lines) -> Iterator[bytes]:
    """The lines of the compacted index: the old ones, but for those that chunks replaced or removed."""
    pending = store.catalogue.stream(
        "SELECT key, seq, at, version FROM item WHERE container = ? AND seq IS NOT NULL ORDER BY key", place.id
    )
    index, done = lines.index, 0
    block: list[bytes] = []
    for key, seq, at, version in pending:
        assert isinstance(key, bytes) and isinstance(seq, int) and isinstance(at, int)
        if done < index.end:
            upto = index.position(key, done)
            yield b"".join(block)
            yield from index.copy(done, upto)
            block = []
            done = upto + index.length(upto, key)
        if version:
            block.append(settled(lines.at(seq, at)))
        if len(block) >= 500:
            yield b"".join(block)
            block = []
    yield b"".join(block)
    yield from index.copy(done, index.end)


# --- what is not needed any more


def _unlink_dead(store: Store, place: Place) -> None:
    """Unlinks the files that no item has any more, and the folders that are empty by it."""
    catalogue = store.catalogue
    found = False
    for (path,) in catalogue.stream("SELECT DISTINCT path FROM dead WHERE container = ? ORDER BY 1 DESC", place.id):
        found = True
        name = str(path)
        if _is_live(store, place, name):
            continue
        with suppress(OSError):
            if not name.endswith("/"):
                os.unlink(store.root / name)
        _remove_empty(store, place, name.rstrip("/") if name.endswith("/") else os.path.dirname(name))
    if found:
        with catalogue.change():
            catalogue.run("DELETE FROM dead WHERE container = ?", place.id)
        store.forget_folders()


def _is_live(store: Store, place: Place, name: str) -> bool:
    pack = name.removeprefix(f"{place.folder}/")
    if not pack.startswith(f"{PACKS}/"):
        return bool(store.catalogue.ask("SELECT 1 FROM file WHERE path = ?", name))
    if store.catalogue.ask("SELECT 1 FROM item WHERE container = ? AND pack = ? LIMIT 1", place.id, pack):
        return True
    with store.catalogue.change():
        store.catalogue.run("DELETE FROM file WHERE path = ?", name)
    return False


def _remove_empty(store: Store, place: Place, folder: str) -> None:
    """Removes a folder and those above it while they are empty, up to the container's own; a folder that is an item
    stays."""
    while folder.startswith(place.folder + "/"):
        names = [unescape_name(name) for name in folder.removeprefix(place.folder + "/").split("/")]
        if None not in names:
            row = store.catalogue.row(place, b"/".join(name for name in names if name is not None))
            if row and row.kind == "folder":
                return
        try:
            os.rmdir(store.root / folder)
        except OSError:
            return
        folder = os.path.dirname(folder)


def _drop_chunks(store: Store, place: Place, merged: list[str]) -> None:
    """Removes the index files that are merged, oldest first: what a crash leaves is then still the latest."""
    folder = store.root / place.folder / INDEX
    for name in sorted(merged):
        durable.discard(folder / name)
    durable.sweep(folder)
