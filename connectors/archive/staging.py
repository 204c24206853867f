"""The right to have effects, made hard: what a worker prepares lies in a folder of its chunk and epoch, and every
effect is a rename out of it. A newer epoch removes the folders of older ones first, so that an older worker's next
rename fails, however long it slept.

    .staging/<chunk>/<epoch>/<call>/…

An epoch's folder stays, empty, until the pass ends: it tells a late worker that the chunk is not his any more.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from transhumance.connectors.archive.naming import STAGING
from transhumance.connectors.contract import Fence, StaleLease
from transhumance.connectors.formats import durable
from transhumance.connectors.formats.names import escape_name

_LEFT_OVER = 3600.0  # seconds after which an empty epoch is nobody's


class Staging:
    """The staging folder of one call. Raises `StaleLease` where a newer epoch has this chunk."""

    def __init__(self, root: Path, fence: Fence) -> None:
        self._fence = fence
        self._epoch = _epoch(root, fence)
        self._chunk = self._epoch.parent
        self.folder = f"{self._epoch}/{secrets.token_hex(4)}"
        self._made = 0

    def __enter__(self) -> Staging:
        self._fence.check()
        # made before looking: of two workers that start together, at least one sees the other
        durable.make_folders(self.folder)
        epochs = {int(name) for name in os.listdir(self._chunk) if name.isdigit()}
        if max(epochs, default=0) > self._fence.epoch:
            self.__exit__()
            raise self.stale()
        for older in epochs - {self._fence.epoch}:
            _remove(self._chunk, str(older))
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def new(self) -> str:
        """A path for another staged file."""
        self._made += 1
        return f"{self.folder}/{self._made}"

    def holds(self, path: str) -> bool:
        """Whether a file lies in this epoch's folder, so that a newer epoch takes it away with the rest."""
        return path.startswith(f"{self._epoch}/")

    def lost(self) -> bool:
        """Whether a newer epoch took the folder away."""
        return not os.path.isdir(self.folder)

    def stale(self) -> StaleLease:
        """What to raise then."""
        return StaleLease(f"{self._fence.chunk} epoch {self._fence.epoch}")


def aside(root: Path, fence: Fence) -> str:
    """A new folder of a chunk's epoch for bodies that its write may take: it goes with the epoch."""
    epoch = _epoch(root, fence)
    folder = f"{epoch}/{secrets.token_hex(4)}"
    durable.make_folders(folder)
    return folder


def _epoch(root: Path, fence: Fence) -> Path:
    return root / STAGING / escape_name(fence.chunk, 120) / str(fence.epoch)


def _remove(chunk: Path, name: str) -> None:
    """Takes an epoch's folder away in one step, then empties it."""
    away = chunk / f".{secrets.token_hex(8)}"
    with suppress(FileNotFoundError):
        os.rename(chunk / name, away)
        shutil.rmtree(away, ignore_errors=True)


def tidy(root: Path, *, ended: bool = False) -> None:
    """Removes epochs that a newer one of the same chunk replaced, and empty ones that are old, or all empty ones when
    the pass has ended. A chunk that may be alive is left to its next epoch."""
    base = root / STAGING
    for chunk in list(_folders(base)):
        epochs = sorted((int(p.name), p) for p in _folders(chunk) if p.name.isdigit())
        for _, older in epochs[:-1]:
            _remove(chunk, older.name)
        for left in (p for p in _folders(chunk) if not p.name.isdigit()):
            shutil.rmtree(left, ignore_errors=True)
        for _, newest in epochs[-1:]:
            with suppress(OSError):
                if ended or time.time() - newest.stat().st_mtime > _LEFT_OVER:
                    newest.rmdir()
        with suppress(OSError):
            chunk.rmdir()
    with suppress(OSError):
        base.rmdir()


def _folders(path: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
