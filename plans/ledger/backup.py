"""`ledger backup` and `restore`: a copy by the store's own backup, consistent while a run goes on.

The copy holds the ledger and the manifests that it speaks of; the item map is rebuilt from them. Restored a day old,
`resume` lists the sources again, finds at the targets what was written since (an open intent is settled by probing,
an unknown item that is there and equal is `unchanged`), and goes on: nothing lost, nothing twice.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from transhumance.connectors.contract import Text, UserError


def backup(state: Path, folder: Path, keep: int = 7) -> Path:
    """A copy in a new folder under `folder`, named by the time; the oldest beyond `keep` are dropped. Returns the new
    one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = folder / f".{name}.part"
    aside.mkdir(mode=0o700)
    _copy_database(state / "ledger.sqlite", aside / "ledger.sqlite")
    _link_manifests(state / "manifests", aside / "manifests")
    os.replace(aside, folder / name)
    for old in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))[:-keep]:
        shutil.rmtree(old)
    return folder / name


def restore(copy: Path, state: Path) -> None:
    """Puts a copy in the place of the state's ledger, which is kept aside. Raises `UserError` for what is no copy."""
    if not (copy / "ledger.sqlite").is_file():
        raise UserError(Text(f"{copy} : pas une copie de registre", f"{copy}: not a copy of a ledger"), where="restore")
    _check_database(copy / "ledger.sqlite")
    state.mkdir(mode=0o700, exist_ok=True)
    aside = state / f"before-restore-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    aside.mkdir(mode=0o700)
    for name in ("ledger.sqlite", "itemmap.sqlite"):
        for suffix in ("", "-wal", "-shm"):
            if (found := state / (name + suffix)).exists():
                os.replace(found, aside / found.name)
    _copy_database(copy / "ledger.sqlite", state / "ledger.sqlite")
    # manifests made since stay: they are named by their chunk, and a chunk done again writes its own anew
    _link_manifests(copy / "manifests", state / "manifests")


def _copy_database(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as original, sqlite3.connect(target) as copy:
        original.backup(copy)
    original.close()
    copy.close()
    os.chmod(target, 0o600)


def _check_database(path: Path) -> None:
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            ok = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        db.close()
    except sqlite3.DatabaseError:
        ok = False
    if not ok:
        raise UserError(Text(f"{path} : copie endommagée", f"{path}: the copy is damaged"), where="restore")


def _link_manifests(source: Path, target: Path) -> None:
    """Manifests never change once written, so a hard link is a copy; where the file system has none, they are
    copied."""
    if not source.is_dir():
        return
    for folder in sorted(p for p in source.iterdir() if p.is_dir()):
        (target / folder.name).mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in folder.glob("*.jsonl.z"):
            place = target / folder.name / file.name
            if place.exists():
                place.unlink()
            try:
                os.link(file, place)
            except OSError:
                shutil.copy2(file, place)
