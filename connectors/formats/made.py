"""What a target of files made where nothing was: the folders of containers, noted before they are made, so that a
rollback takes back those that are empty, and never one that was there before.

The notes are lines of a file in the target's root, appended; a line that begins with `-` takes an earlier one back.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from transhumance.connectors.contract import Fence, key_text
from transhumance.connectors.formats.durable import make_folders, stop_if_full, sync_folder, write_all

NOTES = ".transhumance-made"


class Made:
    """The notes of one target. Safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        self._root, self._lock = root, threading.Lock()

    def folder(self, path: Path) -> bool:
        """Makes a folder and those above it, noting each that lacks; whether it lacked."""
        if path.is_dir():
            return False
        self.note(self.lacking(path))
        make_folders(path)
        return True

    def lacking(self, path: Path) -> list[Path]:
        """The folders that lack on the way to one, itself among them."""
        return [folder for folder in self._above(path) if not folder.is_dir()]

    def note(self, paths: list[Path]) -> None:
        """Notes what is about to be made; durable on return."""
        make_folders(self._root)
        self._append("".join(f"{self._name(path)}\n" for path in paths))

    def discard(self, path: Path, fence: Fence, ours: frozenset[str] = frozenset()) -> bool:
        """Removes a folder and those above it, up to the first that was not made here or is not empty. `ours`: names of
        files that the target laid into it itself, and of empty folders. Whether the folder is gone."""
        for folder in reversed(list(self._above(path))):
            if not folder.is_dir() or folder.is_symlink():
                continue
            if self._name(folder) not in self.noted() or not _empty(folder, ours):
                break
            fence.check()
            for name in sorted(os.listdir(folder)):
                inner = folder / name
                inner.rmdir() if inner.is_dir() else inner.unlink()
            folder.rmdir()
            self._append(f"-{self._name(folder)}\n")
        return not path.is_dir()

    def discard_file(self, path: Path, fence: Fence, made_with: int = 0) -> bool:
        """Removes a file that was made here, where nothing is in it but what it was made with: `made_with` bytes.
        Whether it is gone."""
        if path.is_file() and path.stat().st_size == made_with and self._name(path) in self.noted():
            fence.check()
            path.unlink()
            sync_folder(path.parent)
            self._append(f"-{self._name(path)}\n")
        return not path.exists()

    def noted(self) -> set[str]:
        """What was made here and not taken back."""
        found: set[str] = set()
        try:
            lines = (self._root / NOTES).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return found
        for line in lines:
            if line.startswith("-"):
                found.discard(line[1:])
            else:
                found.add(line)
        return found

    def _above(self, path: Path) -> Iterator[Path]:
        """A folder and those above it below the root, the root's own first."""
        at = self._root
        for name in path.relative_to(self._root).parts:
            at = at / name
            yield at

    def _name(self, path: Path) -> str:
        return "/" + key_text(os.fsencode(path.relative_to(self._root)))

    def _append(self, text: str) -> None:
        with self._lock:
            try:
                handle = os.open(
                    self._root / NOTES, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
                )
                try:
                    write_all(handle, text.encode())
                    os.fsync(handle)
                finally:
                    os.close(handle)
            except OSError as error:
                stop_if_full(error)
                raise


def _empty(folder: Path, ours: frozenset[str]) -> bool:
    """Whether there is nothing in a folder but what a target of ours laid there itself."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name not in ours or entry.is_dir(follow_symlinks=False) and os.listdir(entry.path):
                return False
    return True
