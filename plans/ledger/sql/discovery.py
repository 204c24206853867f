"""Containers, and how far the listing of each came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from transhumance.connectors.contract import StaleLease
from transhumance.connectors.contract.manifest import to_json
from transhumance.plans.ledger import schema as t
from transhumance.plans.ledger.contract import (
    FORWARD,
    ChunkSpec,
    ContainerRow,
    Feed,
)
from transhumance.plans.ledger.sql.base import RUN, Store, load


class Discovery(Store):
    """Containers and their feeds: a page, its cursor and its chunks in one transaction."""

    def container(self, row: ContainerRow) -> ContainerRow:
        where = (
            t.container.c.wave == row.wave,
            t.container.c.workload == row.workload,
            t.container.c.endpoint == row.endpoint,
            t.container.c.subject == row.subject,
            t.container.c.key == row.key,
        )
        with self._read() as db:
            known = db.execute(select(t.container).where(*where)).mappings().first()
        if known is None:
            with self._write(later=True) as db:
                db.execute(
                    insert(t.container).values(
                        wave=row.wave,
                        workload=row.workload,
                        endpoint=row.endpoint,
                        subject=row.subject,
                        key=row.key,
                        path=json.dumps(row.path, ensure_ascii=True),
                        role=row.role or "",
                        properties=json.dumps(to_json(row.properties), sort_keys=True),
                    )
                )
                known = db.execute(select(t.container).where(*where)).mappings().one()
        return _container(known)

    def containers(self, wave: str | None = None) -> list[ContainerRow]:
        query = select(t.container).order_by(t.container.c.id)
        if wave is not None:
            query = query.where(t.container.c.wave == wave)
        with self._read() as db:
            return [_container(row) for row in db.execute(query).mappings()]

    def container_by_id(self, container: int) -> ContainerRow:
        with self._read() as db:
            return _container(db.execute(select(t.container).where(t.container.c.id == container)).mappings().one())

    def set_container(self, container: int, state: str, listed: int | None = None) -> None:
        values: dict[str, Any] = {"state": state} | ({} if listed is None else {"listed": listed})
        with self._write() as db:
            db.execute(update(t.container).where(t.container.c.id == container).values(**values))

    def feed(self, pass_id: int, container: int) -> Feed:
        where = (t.feed.c.pass_id == pass_id, t.feed.c.container == container)
        with self._read() as db:
            row = db.execute(select(t.feed).where(*where)).mappings().first()
        if row is None:
            return Feed()
        return _feed(row)

    def changes_from(self, wave: str, container: int, scope: str) -> bytes | None:
        ended = (
            select(t.passes.c.id, t.passes.c.kind, t.passes.c.state)
            .where(t.passes.c.wave == wave, t.passes.c.kind.in_((*FORWARD, "rollback", "reverse")))
            .order_by(t.passes.c.id.desc())
        )
        again = select(t.exception.c.id).where(
            t.exception.c.container == container, t.exception.c.state.in_(("failed", "retry"))
        )
        with self._read() as db:
            last = next((row for row in db.execute(ended).mappings() if row["state"] != "running"), None)
            if last is None or last["state"] != "done" or last["kind"] not in FORWARD:
                return None
            if db.execute(again.limit(1)).first():
                return None
            where = (t.feed.c.pass_id == last["id"], t.feed.c.container == container)
            row = db.execute(select(t.feed).where(*where)).mappings().first()
        feed = _feed(row) if row is not None else Feed()
        return feed.since if feed.complete and feed.scope == scope else None

    def add_page(
        self,
        pass_id: int,
        container: int,
        seq: int,
        sha256: str,
        lines: int,
        feed: Feed,
        chunks: Sequence[ChunkSpec],
        owner: str,
    ) -> None:
        here = {"pass_id": pass_id, "container": container}
        with self._write() as db:
            if db.execute(select(t.lock.c.owner).where(t.lock.c.name == RUN)).scalar() != owner:
                raise StaleLease(f"container {container}, page {seq}")
            done = db.execute(
                select(t.feed.c.pages).where(t.feed.c.pass_id == pass_id, t.feed.c.container == container)
            ).scalar()
            if done is not None and done > seq:
                return
            if lines:
                db.execute(insert(t.page).values(**here, seq=seq, sha256=sha256, lines=lines))
            if chunks:
                rows = [chunk_row(pass_id, container, seq, spec) for spec in chunks]
                db.execute(insert(t.chunk), rows)
            db.execute(delete(t.feed).where(t.feed.c.pass_id == pass_id, t.feed.c.container == container))
            db.execute(
                insert(t.feed).values(
                    **here,
                    cursor=feed.cursor,
                    pages=feed.pages,
                    listed=feed.listed,
                    complete=int(feed.complete),
                    last_key=feed.last_key,
                    changes=int(feed.changes),
                    since=feed.since,
                    scope=feed.scope,
                )
            )

    def page_digest(self, pass_id: int, container: int, seq: int) -> str:
        where = (t.page.c.pass_id == pass_id, t.page.c.container == container, t.page.c.seq == seq)
        with self._read() as db:
            return str(db.execute(select(t.page.c.sha256).where(*where)).scalar_one())


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _feed(row: RowMapping) -> Feed:
    return Feed(
        _bytes(row["cursor"]),
        row["pages"],
        row["listed"],
        bool(row["complete"]),
        _bytes(row["last_key"]),
        bool(row["changes"]),
        _bytes(row["since"]),
        row["scope"],
    )


def _container(row: Any) -> ContainerRow:
    return ContainerRow(
        row["id"],
        row["wave"],
        row["workload"],
        row["endpoint"],
        bytes(row["subject"]),
        bytes(row["key"]),
        tuple(json.loads(row["path"])),
        row["role"] or None,
        load(row["properties"]),
        row["state"],
        row["listed"],
    )


def chunk_row(pass_id: int, container: int, page: int, spec: ChunkSpec) -> dict[str, Any]:
    attempt = f"-{spec.attempt}" if spec.attempt else ""
    unit = f"{pass_id:05d}-{container:07d}-{page:06d}-{spec.low:05d}-{spec.phase[0]}{attempt}"
    if spec.attempt:
        unit += f"-{spec.target}"
    return {
        "id": f"{unit}-{spec.target}",
        "unit": unit,
        "pass_id": pass_id,
        "container": container,
        "target": spec.target,
        "phase": spec.phase,
        "page": page,
        "low": spec.low,
        "high": spec.high,
        "attempt": spec.attempt,
        "not_before": spec.not_before,
    }
