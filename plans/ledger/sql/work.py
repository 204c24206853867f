"""Chunks: claimed, intended, committed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from transhumance.connectors.contract import StaleLease, Tally
from transhumance.plans.ledger import schema as t
from transhumance.plans.ledger.contract import (
    Chunk,
    ChunkSpec,
    Progress,
)
from transhumance.plans.ledger.lease import EFFECT, is_dead
from transhumance.plans.ledger.sql.base import Store, dump
from transhumance.plans.ledger.sql.discovery import chunk_row


class Work(Store):
    """The chunks of a pass."""

    def claim(self, pass_id: int, phase: str, owner: str, seconds: float) -> list[Chunk]:
        moment = time.time()
        with self._read() as db:  # idle workers ask often: they must not stand in the way of those who write
            if self._claimable_unit(db, pass_id, phase, owner, moment) is None:
                return []
        with self._write(later=True) as db:
            unit = self._claimable_unit(db, pass_id, phase, owner, moment)
            if unit is None:
                return []
            rows = db.execute(select(t.chunk).where(t.chunk.c.unit == unit).order_by(t.chunk.c.id)).mappings().all()
            taken = [
                row for row in rows if row["state"] == "ready" or (row["state"] == "claimed" and row["owner"] != owner)
            ]
            for row in taken:
                db.execute(
                    update(t.chunk)
                    .where(t.chunk.c.id == row["id"], t.chunk.c.epoch == row["epoch"])
                    .values(state="claimed", owner=owner, epoch=row["epoch"] + 1, until=moment + seconds)
                )
            return [_chunk(row, row["epoch"] + 1) for row in taken]

    def _claimable_unit(self, db: Connection, pass_id: int, phase: str, owner: str, moment: float) -> str | None:
        here = (t.chunk.c.pass_id == pass_id, t.chunk.c.phase == phase)
        left = (
            select(t.chunk).where(*here, t.chunk.c.state == "claimed", t.chunk.c.owner != owner).order_by(t.chunk.c.id)
        )
        for row in db.execute(left).mappings():
            # a dead process has no effect under way; of any other, the effect that it may have begun must be over
            if is_dead(row["owner"]) or row["until"] + EFFECT < moment:
                return str(row["unit"])
        ready = (
            select(t.chunk.c.unit)
            .where(*here, t.chunk.c.state == "ready", t.chunk.c.not_before <= moment)
            .order_by(t.chunk.c.id)
            .limit(1)
        )
        found = db.execute(ready).scalar()
        return None if found is None else str(found)

    def intend(self, chunk: Chunk, note: str) -> None:
        self._own(chunk, intent=1, note=note)

    def release(self, chunk: Chunk, not_before: float = 0.0) -> None:
        self._own(chunk, state="ready", owner="", until=0.0, not_before=not_before)

    def _own(self, chunk: Chunk, **values: Any) -> None:
        where = (t.chunk.c.id == chunk.id, t.chunk.c.epoch == chunk.epoch, t.chunk.c.state == "claimed")
        with self._write() as db:
            if not db.execute(update(t.chunk).where(*where).values(**values)).rowcount:
                raise StaleLease(chunk.id)

    def commit(self, chunk: Chunk, sha256: str, tally: Tally, retry: Sequence[ChunkSpec] = ()) -> int:
        where = (t.chunk.c.id == chunk.id, t.chunk.c.epoch == chunk.epoch, t.chunk.c.state == "claimed")
        with self._write() as db:
            seq = (db.execute(select(func.max(t.chunk.c.seq))).scalar() or 0) + 1
            counts = {
                "count": tally.count,
                "size": tally.size,
                "statuses": tally.statuses,
                "forward": tally.forward,
                "grades": tally.grades,
            }
            values = {"state": "done", "sha256": sha256, "seq": seq, "tally": dump(counts), "owner": ""}
            if not db.execute(update(t.chunk).where(*where).values(**values)).rowcount:
                raise StaleLease(chunk.id)
            if retry:
                rows = [chunk_row(chunk.pass_id, chunk.container, chunk.page, spec) for spec in retry]
                db.execute(insert(t.chunk), rows)
            return int(seq)

    def waiting(self, pass_id: int, phase: str | None = None) -> tuple[int, float]:
        query = select(func.count(), func.min(t.chunk.c.not_before)).where(
            t.chunk.c.pass_id == pass_id, t.chunk.c.state != "done"
        )
        if phase is not None:
            query = query.where(t.chunk.c.phase == phase)
        with self._read() as db:
            count, soonest = db.execute(query).one()
        return int(count), float(soonest or 0.0)

    def pending(self, pass_id: int, phase: str) -> list[Chunk]:
        where = (t.chunk.c.pass_id == pass_id, t.chunk.c.phase == phase, t.chunk.c.state != "done")
        with self._read() as db:
            rows = db.execute(select(t.chunk).where(*where).order_by(t.chunk.c.id)).mappings().all()
        return [_chunk(row, row["epoch"]) for row in rows]

    def progress(self, pass_id: int) -> Progress:
        lines = func.coalesce(func.sum(t.chunk.c.high - t.chunk.c.low), 0)
        # the one-item chunks of what failed are tries again of lines that are counted already
        here = (t.chunk.c.pass_id == pass_id, t.chunk.c.attempt == 0)
        feeds = select(func.count(), func.coalesce(func.sum(t.feed.c.complete), 0)).where(t.feed.c.pass_id == pass_id)
        with self._read() as db:
            total = db.execute(select(lines).where(*here)).scalar_one()
            done = db.execute(select(lines).where(*here, t.chunk.c.state == "done")).scalar_one()
            begun, complete = db.execute(feeds).one()
        return Progress(int(done), int(total), int(complete), int(begun))

    def tallies(self, pass_id: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The tally of each done chunk of a pass, with its target."""
        query = select(t.chunk.c.target, t.chunk.c.tally).where(t.chunk.c.pass_id == pass_id, t.chunk.c.state == "done")
        with self._read() as db:
            for target, tally in db.execute(query):
                yield target, json.loads(tally)

    def committed(self, after: int = 0) -> Iterator[tuple[int, Chunk, str]]:
        query = select(t.chunk).where(t.chunk.c.seq > after).order_by(t.chunk.c.seq)
        with self._read() as db:
            for row in db.execute(query).mappings():
                yield row["seq"], _chunk(row, row["epoch"]), row["sha256"]


def _chunk(row: Any, epoch: int) -> Chunk:
    return Chunk(
        row["id"],
        row["unit"],
        row["pass_id"],
        row["container"],
        row["target"],
        row["phase"],
        row["page"],
        row["low"],
        row["high"],
        row["attempt"],
        epoch,
        bool(row["intent"]),
        row["note"],
    )
