"""Before-images: what an item was before it was replaced or removed, kept until it is told that they may go.

    .before/<two letters>/<token>/item.json and its bodies, 0, 1, …

The token follows from the container, the key and the version, so that a retry keeps the same image again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from transhumance.connectors.archive.catalogue import Place
from transhumance.connectors.archive.lines import Item, Stored, decode, encode, values
from transhumance.connectors.archive.naming import BEFORE
from transhumance.connectors.archive.store import AbsentBody, Store
from transhumance.connectors.contract import Body, FileBody, Record
from transhumance.connectors.formats import durable
from transhumance.connectors.formats.durable import BodyUnreadable

_ITEM = "item.json"


def token_of(place: Place, item: Item) -> str:
    """The name of the before-image of this state of an item."""
    text = b"\0".join([place.folder.encode(), item.key, item.version.encode()])
    return hashlib.sha256(text).hexdigest()[:32]


def keep_before(store: Store, place: Place, item: Item) -> str:
    """Keeps an item as it is; returns the token. It is durable with the effect that follows.

    A body that is gone or altered can't be kept: the image then lacks it, and says so when it is asked for.
    """
    token = token_of(place, item)
    folder = _folder(store, token)
    if (folder / _ITEM).exists():
        return token
    durable.make_folders(folder)
    for number, name in enumerate(sorted(item.bodies)):
        stored = item.bodies[name]
        if stored.path:
            _keep_body(store, place, stored, folder / str(number))
    _, _, temp = durable.write_aside(folder / _ITEM, [encode(item)], sync=False)
    os.rename(temp, folder / _ITEM)
    return token


def _keep_body(store: Store, place: Place, stored: Stored, kept: Path) -> None:
    """A second name for the file where it can have one, else a copy."""
    if not stored.pack:
        try:
            os.link(store.root / place.folder / stored.path, kept, follow_symlinks=False)
            return
        except FileExistsError:
            return
        except OSError as error:
            durable.stop_if_full(error)
    with suppress(BodyUnreadable, FileExistsError):
        durable.write_file(kept, store.body(place, stored), sync=False)


def read_before(store: Store, token: str) -> Record | None:
    """The record of a before-image, or None where it is not kept (any more)."""
    folder = _folder(store, token)
    try:
        item = decode((folder / _ITEM).read_bytes())
    except (OSError, ValueError):
        return None
    bodies = {name: _body(folder / str(n), item.bodies[name]) for n, name in enumerate(sorted(item.bodies))}
    return Record(item.key, item.kind, "document", values(item), bodies, item.count)


def _body(path: Path, stored: Stored) -> Body:
    digests = {"sha256": stored.sha256}
    if not stored.path:
        return AbsentBody(size=stored.size, nature=stored.nature, digests=digests)
    return FileBody(size=stored.size, nature=stored.nature, digests=digests, path=str(path))


def heal(store: Store, place: Place, item: Item) -> None:
    """Undoes the renames of an effect that had no commit: where an item's file is not the one that its before-image
    holds, the image's is put back."""
    folder = _folder(store, token_of(place, item))
    if not (folder / _ITEM).exists():
        return
    for number, name in enumerate(sorted(item.bodies)):
        stored, kept = item.bodies[name], folder / str(number)
        file = store.root / place.folder / stored.path
        if stored.path and not stored.pack and kept.exists() and not _same(kept, file, stored.sha256):
            _, digest, temp = durable.write_aside(file, FileBody.of(kept))
            if digest == stored.sha256:
                os.rename(temp, file)
                durable.sync_folder(file.parent)
            durable.discard(temp)


def _same(kept: Path, file: Path, digest: str) -> bool:
    try:
        return os.path.samefile(kept, file) or durable.digest_of(file) == digest
    except OSError:
        return False


def drop_image(store: Store, token: str) -> None:
    """Drops one before-image."""
    if token:
        shutil.rmtree(_folder(store, token), ignore_errors=True)


def drop_before(store: Store) -> None:
    """Drops every before-image: nothing can be rolled back from then on."""
    shutil.rmtree(store.root / BEFORE, ignore_errors=True)


def _folder(store: Store, token: str) -> Path:
    safe = "".join(c for c in token if c in "0123456789abcdef")[:32] or "none"
    return store.root / BEFORE / safe[:2] / safe
