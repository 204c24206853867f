"""One effect: a batch of changes to one container under one lease, in the order that a crash can't hurt.

1. bodies are put aside in the staging folder of the chunk and epoch;
2. what will be replaced is kept as before-images;
3. bodies get their names, by renames; one `syncfs` makes all of it durable;
4. the index file of the chunk is written, flushed, and renamed into `.index/`: that is the commit;
5. the catalogue takes it in; what was replaced under another name is unlinked when the container is settled.

A crash before 4 leaves files that no index names: the retry writes the same names again. A crash after 4 leaves a
complete effect, which the catalogue finds in the index.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, replace

from transhumance.connectors.archive.before import drop_image, keep_before
from transhumance.connectors.archive.catalogue import Place, Row, file_of
from transhumance.connectors.archive.lines import Item, Stored, dump, encode, version_of
from transhumance.connectors.archive.naming import INDEX, TREE_KINDS, flat_path, part_path
from transhumance.connectors.archive.shelves import FileShelf, NoShelf, PackShelf, Shelf
from transhumance.connectors.archive.staging import Staging
from transhumance.connectors.archive.store import Store
from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    Before,
    BytesBody,
    Expect,
    Fence,
    Outcome,
    Record,
    Status,
    StopEndpoint,
    Text,
    Write,
    sha256_of,
)
from transhumance.connectors.formats import durable
from transhumance.connectors.formats.durable import BodyUnreadable
from transhumance.connectors.formats.names import escape_name
from transhumance.connectors.formats.treenames import displaced_path, folded, folds_above, tree_path

# something else has the name of a folder or a file, or the tree is deeper than this file system allows
_NO_ROOM_FOR_NAME = frozenset({errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG})
SHARD_ABOVE = 20_000  # files that one folder may hold


@dataclass(frozen=True, slots=True)
class Change:
    """An item as it will be and as it was, and its before-image."""

    item: Item
    old: Item | None
    token: str


class Effect:
    """A batch being prepared. Use it as a context manager, then call `commit` once."""

    def __init__(self, store: Store, place: Place, fence: Fence, shelf: str, *, keep: bool = True) -> None:
        """`shelf`: files, packed or none. `keep`: before-images are kept; an undo has none of its own."""
        self._store, self._place, self._fence = store, place, fence
        self._staging = Staging(store.root, fence)
        self._shelf, self._keep = _shelf(shelf, self._staging), keep
        self._changes: dict[bytes, Change] = {}
        self._rows: dict[bytes, Row | None] = {}
        self._folds: set[int] = set()
        self._flat, self._sharded = 0, False

    def __enter__(self) -> Effect:
        self._store.sync(self._place)
        self._staging.__enter__()
        self._flat, self._sharded = self._store.catalogue.sharded(self._place)
        return self

    def __exit__(self, *_: object) -> None:
        self._staging.__exit__()

    # --- one item

    def expect(self, keys: Sequence[bytes]) -> None:
        """Looks up at once what is there under the keys that `write` will be called for."""
        found = self._store.catalogue.rows(self._place, keys)
        self._rows = {key: found.get(key) for key in keys}

    def write(self, write: Write) -> Outcome:
        """Prepares one write; its outcome holds once `commit` has returned."""
        try:
            return self._write(write)
        except (RecursionError, TypeError, ValueError) as error:  # what JSON can't say, or only by falling over
            key = write.target_key or write.key
            return Outcome(
                write.key, Status.REFUSED, key, code="GEN-READ-01", detail=f"{type(error).__name__}: {error}"
            )

    def _write(self, write: Write) -> Outcome:
        key, record = write.target_key or write.key, write.record
        if twice := self._changes.get(key):
            there = twice.item.version
            same = record_version(record) == there
            return Outcome(write.key, Status.UNCHANGED, key, there) if same else _conflict(write, key, there)
        row = self._rows[key] if key in self._rows else self._store.catalogue.row(self._place, key)
        if early := self._judge(write, key, row, self._known_version(record) if row else None):
            return early
        meta, residue = dump(record.properties.get("meta", {})), dump(record.properties.get("residue", ()))
        bodies: dict[str, Stored] = {}
        try:
            file = self._file(key, record, row)
            mtime = _modified(record)
            for name, body in record.bodies.items():
                bodies[name] = self._shelf.add(part_path(file, name), body, mtime if name == "content" else None)
        except BodyUnreadable as error:
            self._shelf.undo(list(bodies.values()))
            return Outcome(write.key, Status.REFUSED, key, code="GEN-READ-01", detail=error.strerror or str(error))
        version = version_of(record, meta, residue, {name: body.sha256 for name, body in bodies.items()})
        if early := self._judge(write, key, row, version):
            self._shelf.undo(list(bodies.values()))
            return early
        standard, name = str(record.properties.get("standard", "")), str(record.properties.get("name", ""))
        item = Item(
            key, record.kind, standard, name, record.count, bodies, meta, residue, version, subject=write.subject
        )
        before = self._change(item, row)
        return Outcome(write.key, Status.WRITTEN, key, version, before)

    def remove(self, key: bytes, expect: Expect) -> Outcome:
        """Prepares a removal."""
        row = self._store.catalogue.row(self._place, key)
        if row is None:
            return Outcome(key, Status.ABSENT, key)
        if expect.version not in (ANY, row.version):
            return Outcome(key, Status.CONFLICT, key, row.version, code="GEN-CONFLICT-01")
        return Outcome(key, Status.REMOVED, key, before=self._change(Item(key), row))

    def _judge(self, write: Write, key: bytes, row: Row | None, version: str | None) -> Outcome | None:
        """The outcome where nothing is to be written. `version`: of what would be, None while not known."""
        if row is None:
            return None if write.expect.version in (ANY, ABSENT) else _conflict(write, key, "")
        if version == row.version:  # written again where its files are damaged
            return Outcome(write.key, Status.UNCHANGED, key, row.version) if self._intact(row) else None
        if version and write.expect.version not in (ANY, row.version):
            return _conflict(write, key, row.version)
        return None

    def _intact(self, row: Row) -> bool:
        (item,) = self._store.items(self._place, [row])
        return not self._store.fault_of(self._place, item)

    def _known_version(self, record: Record) -> str | None:
        """The version of a record, where its digests are known without reading."""
        if not all(isinstance(body, BytesBody) or "sha256" in body.digests for body in record.bodies.values()):
            return None
        return record_version(record)

    def _change(self, item: Item, row: Row | None) -> Before:
        old = next(self._store.items(self._place, [row])) if row else None
        kept = old is not None and old.version != item.version and (self._keep or not item.gone)
        token = keep_before(self._store, self._place, old) if old and kept else ""
        self._changes[item.key] = Change(item, old, token)
        return Before(token)

    # --- names

    def _file(self, key: bytes, record: Record, row: Row | None) -> str:
        """The item's own file: where it is already, else its plain path, or a displaced one that meets nothing."""
        name, standard = str(record.properties.get("name", "")), str(record.properties.get("standard", ""))
        if record.kind not in TREE_KINDS:
            self._flat += row is None
            if not self._sharded and self._flat > SHARD_ABOVE and isinstance(self._shelf, FileShelf):
                self._sharded = True
                self._store.catalogue.shard(self._place)
            return flat_path(key, name, standard, self._sharded and isinstance(self._shelf, FileShelf))
        if row and row.fold is not None and row.placed:
            (item,) = self._store.items(self._place, [row])
            return file_of(item)
        plain = tree_path(key)
        if not record.bodies:
            return plain
        fold = folded(f"{self._place.folder}/{plain}")
        met = fold in self._folds or self._store.catalogue.meets(self._place, key, fold)
        self._folds.add(fold)
        self._folds.update(folds_above(f"{self._place.folder}/{plain}".rpartition("/")[0]))
        return displaced_path(key) if met else plain

    # --- commit

    def commit(self) -> None:
        """Makes the batch durable, whole; nothing of it counts before the index file has its name.

        Raises `StaleLease` where the lease is over or a newer epoch has the chunk, `StopEndpoint` where the disk is
        full."""
        if not self._changes:
            return
        self._fence.check()
        self._publish()
        for change in self._changes.values():
            if change.item.kind == "folder":
                self._show_folder(change.item)
        durable.sync_filesystem(self._store.root)
        items = [c.item if c.token == "" else replace(c.item, before=c.token) for c in self._changes.values()]
        old = {c.old.key: c.old for c in self._changes.values() if c.old}
        write_index(self._store, self._place, self._fence, self._staging, items, old)
        if not self._keep:
            for change in self._changes.values():
                drop_image(self._store, change.token)

    def _publish(self) -> None:
        """Gives the bodies their names."""
        elsewhere: dict[str, str] = {}
        owners = {b.file: change.item for change in self._changes.values() for b in change.item.bodies.values()}
        for temp, path in self._shelf.moves():
            try:
                self._move(temp, path)
            except OSError as error:
                if error.errno not in _NO_ROOM_FOR_NAME:
                    raise
                elsewhere[path] = self._move_elsewhere(temp, path, owners.get(path), error)
        if not elsewhere and isinstance(self._shelf, FileShelf):
            return  # every body lies where its item says
        for key, change in self._changes.items():
            bodies = {
                name: replace(self._shelf.placed(body), file=elsewhere.get(body.file, body.file))
                for name, body in change.item.bodies.items()
            }
            self._changes[key] = replace(change, item=replace(change.item, bodies=bodies))

    def _move(self, temp: str, path: str) -> None:
        final = f"{self._store.root}/{self._place.folder}/{path}"
        self._store.need_folder(f"{self._place.folder}/{path}".rpartition("/")[0])
        try:
            durable.commit(temp, final, self._fence)
        except FileNotFoundError:
            if self._staging.lost():
                raise self._staging.stale() from None
            self._store.forget_folders()
            self._store.need_folder(f"{self._place.folder}/{path}".rpartition("/")[0])
            durable.commit(temp, final, self._fence)

    def _move_elsewhere(self, temp: str, path: str, item: Item | None, error: OSError) -> str:
        """Puts a document into the container's folder itself, where its own folder can't be made."""
        body = next((name for name, stored in item.bodies.items() if stored.file == path), "") if item else ""
        if item is None or item.kind not in TREE_KINDS:
            raise self._name_taken(path, error)
        other = part_path(displaced_path(item.key, root=True), body)
        try:
            self._move(temp, other)
        except NotADirectoryError:
            raise self._name_taken(path, error) from None
        return other

    def _name_taken(self, path: str, error: OSError) -> StopEndpoint:
        where = f"{self._place.folder}/{path}"
        return StopEndpoint(
            Text(
                f"{where} : autre chose porte ce nom ({error.strerror}) ; ôtez-le de l'archive, puis "
                "`transhume resume`",
                f"{where}: something else has this name ({error.strerror}); take it out of the archive, then "
                "`transhume resume`",
            )
        )

    def _show_folder(self, item: Item) -> None:
        """Makes the folder that a folder item stands for, for people; the index is what says that it is there."""
        try:
            self._store.need_folder(f"{self._place.folder}/{tree_path(item.key)}")
        except StopEndpoint:
            raise
        except OSError:
            return


def write_index(
    store: Store, place: Place, fence: Fence, staging: Staging, items: Sequence[Item], old: dict[bytes, Item]
) -> None:
    """The commit of a batch: its index file, then the catalogue. `old`: the items that are replaced."""
    seq = store.catalogue.busy(place)
    lines, at, temp = [], 0, staging.new()
    encoded = []
    for item in sorted(items, key=lambda item: item.key):
        lines.append((at, item))
        encoded.append(encode(item))
        at += len(encoded[-1])
    name = f"{seq:010d}-{escape_name(fence.chunk, 120)}-{fence.epoch}.jsonl"
    folder = f"{store.root}/{place.folder}/{INDEX}"
    try:
        durable.write_file(temp, encoded)
        durable.commit(temp, f"{folder}/{name}", fence)
    except FileNotFoundError:
        if staging.lost():
            raise staging.stale() from None
        raise
    durable.sync_folder(folder)
    with store.catalogue.change():
        store.catalogue.apply(place, seq, name, lines, old)


def _shelf(name: str, staging: Staging) -> Shelf:
    if name == "files":
        return FileShelf(staging)
    return PackShelf(staging) if name == "packed" else NoShelf()


def record_version(record: Record) -> str:
    """The version that a record will have in the archive; reads the bodies whose digests are not known."""
    meta, residue = dump(record.properties.get("meta", {})), dump(record.properties.get("residue", ()))
    return version_of(record, meta, residue, {name: sha256_of(body) for name, body in record.bodies.items()})


def _conflict(write: Write, key: bytes, version: str) -> Outcome:
    return Outcome(write.key, Status.CONFLICT, key, version, code="GEN-CONFLICT-01")


def _modified(record: Record) -> int | None:
    """The time of a document's file, where the document says it."""
    meta = record.properties.get("meta")
    if record.kind in TREE_KINDS and isinstance(meta, dict):
        when = meta.get("modified_ns")
        if isinstance(when, int) and not isinstance(when, bool) and -(1 << 62) < when < 1 << 62:
            return when
    return None
