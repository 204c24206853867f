"""Who may read the state folder's files: their owner alone, or the folder's group where the folder is the group's."""

from __future__ import annotations

import os
from pathlib import Path


def file_mode(folder: Path) -> int:
    """The mode of a file within a state folder: 0600, or 0660 where the folder's group may write there."""
    return 0o660 if folder.stat().st_mode & 0o020 else 0o600


def folder_mode(folder: Path) -> int:
    """The mode of a folder within it."""
    return 0o770 if folder.stat().st_mode & 0o020 else 0o700


def make_private(path: Path) -> None:
    """Makes a file where it lacks, before anything opens it with wider rights, and narrows one that has them. What
    SQLite puts beside a database has the database's own rights."""
    mode = file_mode(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode))
    if path.stat().st_mode & 0o777 != mode and path.stat().st_uid == os.geteuid():
        os.chmod(path, mode)
