"""The engine, its transactions, and who holds the run."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from transhumance.connectors.contract import StaleLease, Text, UserError
from transhumance.connectors.contract.manifest import from_json, to_json
from transhumance.plans.ledger import schema as t
from transhumance.plans.ledger.contract import (
    Holder,
)
from transhumance.plans.ledger.lease import is_dead

RUN = "run"
"""The name of the lock that whoever works on a plan holds."""


def now() -> str:
    """The time as the ledger writes it: UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def dump(value: Any) -> str:
    return json.dumps(to_json(value), sort_keys=True, ensure_ascii=False)


def load(text: str) -> Any:
    return from_json(json.loads(text))


class Store:
    """An engine whose transactions are serialised (SQLite: BEGIN IMMEDIATE), the small facts, and who works."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._later = engine, engine.execution_options(later=True)
        self._turns = threading.Lock()  # threads of one process wait for each other here, woken at once; the store's
        # own wait is a sleep that grows
        self.seconds = 0.0
        """Seconds spent in transactions that write, of all threads together; most of them wait for the disk or for the
        interpreter while other threads work."""
        self.cpu = 0.0
        """Seconds of processor time in them."""
        self._prepare()

    def _prepare(self) -> None:
        with self._write() as db:
            t.metadata.create_all(db)
            found = db.execute(select(t.meta.c.value).where(t.meta.c.key == "schema")).scalar()
            if found is None:
                db.execute(insert(t.meta).values(key="schema", value=str(t.VERSION)))
                return
            if int(found) > t.VERSION:
                raise UserError(
                    Text(
                        f"registre de schéma {found}, plus récent que cet outil ({t.VERSION}) : mettez l'outil à jour",
                        f"ledger of schema {found}, newer than this tool (schema {t.VERSION}): update the tool",
                    ),
                    where="ledger",
                )
            for version in range(int(found), t.VERSION):
                t.MIGRATIONS[version](db)
            db.execute(update(t.meta).where(t.meta.c.key == "schema").values(value=str(t.VERSION)))

    @contextmanager
    def _write(self, later: bool = False) -> Iterator[Connection]:
        """A transaction that writes, durable when it ends; `later`: with the next durable one, for what the power may
        take with all that came after it (a claim, a lease)."""
        with self._turns:
            started, cpu = time.monotonic(), time.thread_time()
            with (self._later if later else self._engine).begin() as db:
                yield db
            self.seconds += time.monotonic() - started
            self.cpu += time.thread_time() - cpu

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(read_only=True) as db:
            yield db

    def close(self) -> None:
        self._engine.dispose()

    # --- small facts

    def get(self, key: str) -> str | None:
        with self._read() as db:
            return db.execute(select(t.meta.c.value).where(t.meta.c.key == key)).scalar()

    def put(self, key: str, value: str) -> None:
        with self._write() as db:
            db.execute(delete(t.meta).where(t.meta.c.key == key))
            db.execute(insert(t.meta).values(key=key, value=value))

    # --- who works

    def take_lock(self, name: str, owner: str, seconds: float, what: str = "") -> int:
        with self._write() as db:
            row = db.execute(select(t.lock).where(t.lock.c.name == name)).mappings().first()
            epoch = (row["epoch"] if row else 0) + 1
            if (
                row
                and row["owner"]
                and row["owner"] != owner
                and row["until"] > time.time()
                and not is_dead(row["owner"])
            ):
                host, _, pid, *_ = row["owner"].split("/")
                left = int(row["until"] - time.time()) + 1
                raise UserError(
                    Text(
                        f"un autre processus travaille déjà ({row['what']}, processus {pid} sur {host}) ; "
                        f"s'il est mort, son bail finit dans {left} s",
                        f"another process is at work already ({row['what']}, process {pid} on {host}); "
                        f"if it is dead, its lease ends in {left} s",
                    ),
                    where=name,
                )
            db.execute(delete(t.lock).where(t.lock.c.name == name))
            db.execute(
                insert(t.lock).values(name=name, owner=owner, epoch=epoch, until=time.time() + seconds, what=what)
            )
            return int(epoch)

    def renew(self, name: str, owner: str, seconds: float) -> None:
        until = time.time() + seconds
        with self._write(later=True) as db:
            held = update(t.lock).where(t.lock.c.name == name, t.lock.c.owner == owner).values(until=until)
            if not db.execute(held).rowcount:
                raise StaleLease(name)
            db.execute(
                update(t.chunk).where(t.chunk.c.owner == owner, t.chunk.c.state == "claimed").values(until=until)
            )

    def drop_lock(self, name: str, owner: str) -> None:
        with self._write() as db:
            db.execute(update(t.lock).where(t.lock.c.name == name, t.lock.c.owner == owner).values(owner="", until=0.0))

    def holder(self, name: str) -> Holder | None:
        with self._read() as db:
            row = db.execute(select(t.lock).where(t.lock.c.name == name)).mappings().first()
        return Holder(row["owner"], row["what"], row["until"], row["epoch"]) if row else None
