"""Taking back a container in which nothing is: what `ensure` made goes, and the folders above it that it leaves
empty."""

from __future__ import annotations

import os
from contextlib import suppress

from transhumance.connectors.archive.naming import INDEX
from transhumance.connectors.archive.settle import settle
from transhumance.connectors.archive.store import MANIFEST, Store
from transhumance.connectors.contract import Container, Fence
from transhumance.connectors.formats import durable


def discard(store: Store, container: Container, fence: Fence) -> bool:
    """Removes a container that has no item, told by its index files; whether it is gone. The manifest goes first: it
    names these files, and the end of the pass writes it again."""
    place = store.catalogue.find(container)
    if place is None:
        return True
    store.sync(place, again=True)
    if store.catalogue.page(place, None, 1):
        return False
    settle(store, place)
    fence.check()
    with suppress(FileNotFoundError):
        os.unlink(store.root / MANIFEST)
    index = f"{store.root}/{place.folder}/{INDEX}"
    for name in sorted(os.listdir(index), reverse=True):  # what tells of the container goes last
        os.unlink(f"{index}/{name}")
    os.rmdir(index)
    store.drop(place)
    folder = place.folder
    with suppress(OSError):  # not empty: another container lies in it, or something that is not ours
        while folder:
            os.rmdir(f"{store.root}/{folder}")
            folder = folder.rpartition("/")[0]
    durable.sync_filesystem(store.root)
    return True
