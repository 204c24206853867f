"""Where a target keeps each folder: the Maildir of a subject, and the directory of a path in it."""

from __future__ import annotations

import os
from pathlib import Path

from transhumance.connectors.contract import Container, Fence
from transhumance.connectors.formats.durable import make_folders, sync_folder, write_all
from transhumance.connectors.formats.made import Made
from transhumance.connectors.formats.mailfiles import target_folder
from transhumance.connectors.maildir.config import MaildirConfig
from transhumance.connectors.maildir.layout import (
    INBOX,
    MARK,
    Names,
    directory_of,
    is_maildir,
    kept_path,
    maildir_root,
    mark,
    says_its_path,
)

# what a folder without mail has
_OWN = frozenset({"cur", "new", "tmp", "maildirfolder", MARK, "dovecot-keywords"})


class Places:
    """The directories of a target's folders."""

    def __init__(self, config: MaildirConfig, base: Path) -> None:
        self._config, self._base = config, base
        self._root = base / config.path
        self._made = Made(self._root)
        self._homes: dict[bytes, Path] = {}

    def home(self, subject: bytes) -> Path:
        """The subject's Maildir: the one that is there, else `Maildir` in the subject's folder."""
        if subject not in self._homes:
            folder = target_folder(self._config, self._base, subject)
            there = maildir_root(folder)
            fresh = there == folder and not is_maildir(os.fsencode(folder)) and self._config.subject is None
            self._homes[subject] = folder / "Maildir" if fresh else there
        return self._homes[subject]

    def directory(self, container: Container) -> bytes:
        """The directory of a path, relative to the Maildir. The inbox is the Maildir itself, whatever it is called;
        a second folder that would be it gets a directory of its own."""
        names = container.path
        home = os.fsencode(self.home(container.subject))
        if container.role == "inbox" or names == () or (len(names) == 1 and names[0].upper() == "INBOX"):
            kept = kept_path(home)
            taken = names if not is_maildir(home) else INBOX if kept is None else kept
            if names == taken or (container.role == "inbox" and taken == INBOX):
                return b""
        return directory_of(names, self._config.layout, self._config.names)

    def says_its_path(self, names: Names, directory: bytes) -> bool:
        """Whether the directory's name alone gives the path back."""
        return says_its_path(names, directory, self._config.names)

    def make(self, container: Container) -> Path:
        """The folder of a container, made where it lacks. Nothing of one that is there is changed."""
        home, directory = self.home(container.subject), self.directory(container)
        folder = home / os.fsdecode(directory)
        fresh = not folder.is_dir()
        self._made.folder(folder)
        for part in ("cur", "new", "tmp"):
            if not (folder / part).is_dir():
                make_folders(folder / part)
        if fresh and directory.startswith(b"."):
            _lay(folder / "maildirfolder", b"")  # tells a sub-folder from a Maildir of its own (Courier, Dovecot)
        if fresh and not self.says_its_path(container.path, directory):
            _lay(folder / MARK, mark(container.path))
        if fresh and container.properties.get("subscribed") is True and directory.startswith(b"."):
            _subscribe(home / "subscriptions", directory[1:])
        return folder

    def discard(self, container: Container, fence: Fence) -> bool:
        """Removes a folder that was made here and has no mail."""
        home, directory = self.home(container.subject), self.directory(container)
        folder = home / os.fsdecode(directory)
        gone = self._made.discard(folder, fence, _OWN if directory else _OWN | {"subscriptions"})
        if gone and directory.startswith(b"."):
            _unsubscribe(home / "subscriptions", directory[1:])
        return gone


def _lay(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(path.parent)


def _subscribe(path: Path, name: bytes) -> None:
    """Adds a folder to Dovecot's list, in the old format of one name a line, which every version reads."""
    known = path.read_bytes() if path.exists() else b""
    if name not in known.splitlines() and not known.startswith(b"V\t"):
        _lay(path, known + name + b"\n")


def _unsubscribe(path: Path, name: bytes) -> None:
    known = path.read_bytes() if path.exists() else b""
    if not known.startswith(b"V\t") and name in (lines := known.splitlines()):
        _lay(path, b"".join(line + b"\n" for line in lines if line != name))
