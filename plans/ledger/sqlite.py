"""The ledger's default store: SQLite in WAL, synchronous FULL, on a local disk."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from transhumance.connectors.contract import Text, UserError
from transhumance.plans.ledger.modes import make_private
from transhumance.plans.ledger.sql import SqlLedger

NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "afs"}
BUSY_MS = 30_000


def sqlite_engine(path: Path, synchronous: str = "FULL") -> Engine:
    """An engine whose transactions start with BEGIN IMMEDIATE, so that a writer never finds out late that it is not
    alone."""
    engine = create_engine(f"sqlite:///{path}", poolclass=QueuePool, pool_size=8, max_overflow=16, pool_timeout=60)

    @event.listens_for(engine, "connect")
    def opened(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA cache_size=-8192")

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        # a reader takes no lock: `status` must answer while a run writes
        options = connection.get_execution_options()
        if options.get("read_only"):
            connection.exec_driver_sql("BEGIN")
            return
        # the log is flushed as one file: a transaction that is not flushed is durable with the next one that is
        connection.exec_driver_sql(f"PRAGMA synchronous={'NORMAL' if options.get('later') else synchronous}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def open_sqlite(path: Path) -> SqlLedger:
    """The ledger at `path`, made where it lacks. Raises `UserError` on a network file system, or for what is no
    ledger."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    refuse_network(path.parent)
    make_private(path)
    try:
        ledger = SqlLedger(sqlite_engine(path))
    except sqlite3.DatabaseError as error:  # pragma: no cover - SQLAlchemy wraps it
        raise _damaged(path, error) from None
    except Exception as error:
        if isinstance(getattr(error, "orig", None), sqlite3.DatabaseError):
            raise _damaged(path, error) from None
        raise
    return ledger


def _damaged(path: Path, error: Exception) -> UserError:
    cause = getattr(error, "orig", error)
    if "locked" in str(cause):
        return UserError(
            Text(
                f"{path} : un autre processus est au travail et tient le registre depuis {BUSY_MS // 1000} s ; "
                "s'il est suspendu, reprenez-le ou arrêtez-le",
                f"{path}: another process is at work and has held the ledger for {BUSY_MS // 1000} s; "
                "if it is suspended, continue it or end it",
            ),
            where="ledger",
        )
    return UserError(
        Text(
            f"{path} : registre inutilisable ({cause}) ; restaurez-le (`transhume ledger restore`)",
            f"{path}: the ledger can't be used ({cause}); restore it (`transhume ledger restore`)",
        ),
        where="ledger",
    )


def refuse_network(folder: Path) -> None:
    """Raises `UserError` where the folder lies on a network file system: SQLite's locks don't hold there."""
    if (kind := file_system(folder)) in NETWORK:
        raise UserError(
            Text(
                f"{folder} est sur un système de fichiers réseau ({kind}) : le registre demande un disque local",
                f"{folder} is on a network file system ({kind}): the ledger needs a local disk",
            ),
            where="ledger",
        )


def file_system(folder: Path) -> str:
    """The type of the file system that holds a folder, as the kernel names it; empty where it can't be known."""
    real = os.path.realpath(folder)
    best, kind = "", ""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as mounts:
            for line in mounts:
                _, point, name, *_ = line.split(" ")
                point = point.encode().decode("unicode_escape")
                inside = real == point or real.startswith(point.rstrip("/") + "/")
                if inside and len(point) >= len(best):
                    best, kind = point, name
    except (OSError, ValueError, UnicodeDecodeError):
        return ""
    return kind
