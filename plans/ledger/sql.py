"""The ledger over SQL, in SQLAlchemy Core without RETURNING: what changes a state says from which state, and looks at
the count."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from transhumance.connectors.contract import Link, StaleLease, Tally, Text, UserError
from transhumance.connectors.contract.manifest import from_json, to_json
from transhumance.plans.ledger import schema as t
from transhumance.plans.ledger.contract import (
    Chunk,
    ChunkSpec,
    ContainerRow,
    Feed,
    Holder,
    Member,
    PassRow,
    Problem,
    Progress,
    WaveRow,
)
from transhumance.plans.ledger.lease import EFFECT, is_dead

RUN = "run"
"""The name of the lock that whoever works on a plan holds."""


def now() -> str:
    """The time as the ledger writes it: UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _dump(value: Any) -> str:
    return json.dumps(to_json(value), sort_keys=True, ensure_ascii=False)


def _load(text: str) -> Any:
    return from_json(json.loads(text))


class SqlLedger:
    """A ledger store over an engine whose transactions are serialised (SQLite: BEGIN IMMEDIATE)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turns = threading.Lock()  # threads of one process wait for each other here, woken at once; the store's
        # own wait is a sleep that grows
        self.seconds = 0.0
        """Seconds spent in transactions that write, of all threads together."""
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
    def _write(self) -> Iterator[Connection]:
        with self._turns:
            started = time.monotonic()
            with self._engine.begin() as db:
                yield db
            self.seconds += time.monotonic() - started

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
        with self._write() as db:
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

    # --- waves

    def put_wave(self, wave: WaveRow, position: int) -> None:
        with self._write() as db:
            db.execute(delete(t.wave).where(t.wave.c.id == wave.id))
            db.execute(
                insert(t.wave).values(
                    id=wave.id,
                    position=position,
                    state=wave.state,
                    digest=wave.digest,
                    parts=_dump(wave.parts),
                    master=wave.master,
                )
            )

    def waves(self) -> list[WaveRow]:
        with self._read() as db:
            rows = db.execute(select(t.wave).order_by(t.wave.c.position)).mappings().all()
        return [WaveRow(r["id"], r["state"], r["digest"], _load(r["parts"]), r["master"]) for r in rows]

    def wave(self, wave: str) -> WaveRow:
        return next((row for row in self.waves() if row.id == wave), WaveRow(wave))

    def set_wave(self, wave: str, actor: str, *, state: str | None = None, master: str | None = None) -> None:
        values = {k: v for k, v in (("state", state), ("master", master)) if v is not None}
        with self._write() as db:
            before = db.execute(select(t.wave.c.state, t.wave.c.master).where(t.wave.c.id == wave)).first()
            if before is None or all(getattr(before, k) == v for k, v in values.items()):
                return
            db.execute(update(t.wave).where(t.wave.c.id == wave).values(**values))
            db.execute(insert(t.event).values(at=now(), actor=actor, wave=wave, what="wave", detail=_dump(values)))

    def set_members(self, wave: str, members: Sequence[Member]) -> None:
        with self._write() as db:
            db.execute(delete(t.member).where(t.member.c.wave == wave))
            if members:
                db.execute(
                    insert(t.member),
                    [
                        {
                            "wave": m.wave,
                            "workload": m.workload,
                            "endpoint": m.endpoint,
                            "subject": m.subject,
                            "person": m.person,
                            "kind": m.kind,
                            "name": m.name,
                            "logins": _dump(m.logins),
                            "state": m.state,
                        }
                        for m in members
                    ],
                )

    def members(self, wave: str, workload: str | None = None) -> list[Member]:
        query = select(t.member).where(t.member.c.wave == wave)
        if workload is not None:
            query = query.where(t.member.c.workload == workload)
        order = query.order_by(t.member.c.workload, t.member.c.endpoint, t.member.c.subject)
        with self._read() as db:
            rows = db.execute(order).mappings().all()
        return [Member(**{**row, "subject": bytes(row["subject"]), "logins": _load(row["logins"])}) for row in rows]

    def set_member_state(self, wave: str, workload: str, subject: bytes, state: str) -> None:
        where = (t.member.c.wave == wave, t.member.c.workload == workload, t.member.c.subject == subject)
        with self._write() as db:
            db.execute(update(t.member).where(*where).values(state=state))

    def add_approval(self, wave: str, digest: str, who: str, losses: Mapping[str, Any]) -> None:
        with self._write() as db:
            db.execute(insert(t.approval).values(wave=wave, digest=digest, who=who, at=now(), losses=_dump(losses)))

    def approvals(self, wave: str) -> list[Mapping[str, Any]]:
        with self._read() as db:
            rows = db.execute(select(t.approval).where(t.approval.c.wave == wave).order_by(t.approval.c.id)).mappings()
            return [{**row, "losses": _load(row["losses"])} for row in rows]

    def add_event(self, actor: str, what: str, wave: str = "", detail: Mapping[str, Any] | None = None) -> None:
        with self._write() as db:
            db.execute(insert(t.event).values(at=now(), actor=actor, wave=wave, what=what, detail=_dump(detail or {})))

    def events(self, wave: str | None = None) -> list[Mapping[str, Any]]:
        query = select(t.event).order_by(t.event.c.seq)
        if wave is not None:
            query = query.where(t.event.c.wave == wave)
        with self._read() as db:
            return [{**row, "detail": _load(row["detail"])} for row in db.execute(query).mappings()]

    # --- passes

    def begin_pass(self, wave: str, kind: str, since: int) -> PassRow:
        with self._write() as db:
            where = (t.passes.c.wave == wave, t.passes.c.kind == kind, t.passes.c.state == "running")
            row = db.execute(select(t.passes).where(*where)).mappings().first()
            if row is None:
                db.execute(insert(t.passes).values(wave=wave, kind=kind, state="running", started=now(), since=since))
                row = db.execute(select(t.passes).where(*where)).mappings().one()
        return _pass(row)

    def end_pass(self, pass_id: int, state: str, seconds: float, detail: Mapping[str, Any], owner: str) -> None:
        with self._write() as db:
            if db.execute(select(t.lock.c.owner).where(t.lock.c.name == RUN)).scalar() != owner:
                raise StaleLease(f"pass {pass_id}")
            values = {"state": state, "ended": now(), "seconds": t.passes.c.seconds + seconds, "detail": _dump(detail)}
            db.execute(update(t.passes).where(t.passes.c.id == pass_id).values(**values))

    def close_passes(self, wave: str, kind: str, state: str) -> None:
        where = (t.passes.c.wave == wave, t.passes.c.kind == kind, t.passes.c.state.in_(("running", "done")))
        with self._write() as db:
            db.execute(update(t.passes).where(*where).values(state=state))

    def passes(self, wave: str | None = None) -> list[PassRow]:
        query = select(t.passes).order_by(t.passes.c.id)
        if wave is not None:
            query = query.where(t.passes.c.wave == wave)
        with self._read() as db:
            return [_pass(row) for row in db.execute(query).mappings()]

    # --- discovery

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
            with self._write() as db:
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
        return Feed(_bytes(row["cursor"]), row["pages"], row["listed"], bool(row["complete"]), _bytes(row["last_key"]))

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
                rows = [_chunk_row(pass_id, container, seq, spec) for spec in chunks]
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
                )
            )

    def page_digest(self, pass_id: int, container: int, seq: int) -> str:
        where = (t.page.c.pass_id == pass_id, t.page.c.container == container, t.page.c.seq == seq)
        with self._read() as db:
            return str(db.execute(select(t.page.c.sha256).where(*where)).scalar_one())

    # --- work

    def claim(self, pass_id: int, phase: str, owner: str, seconds: float) -> list[Chunk]:
        moment = time.time()
        with self._read() as db:  # idle workers ask often: they must not stand in the way of those who write
            if self._claimable_unit(db, pass_id, phase, owner, moment) is None:
                return []
        with self._write() as db:
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
            values = {"state": "done", "sha256": sha256, "seq": seq, "tally": _dump(counts), "owner": ""}
            if not db.execute(update(t.chunk).where(*where).values(**values)).rowcount:
                raise StaleLease(chunk.id)
            if retry:
                rows = [_chunk_row(chunk.pass_id, chunk.container, chunk.page, spec) for spec in retry]
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

    # --- exceptions, links, checks

    def put_problems(self, wave: str, workload: str, problems: Iterable[Problem]) -> None:
        with self._write() as db:
            for p in problems:
                where = (
                    t.exception.c.container == p.container,
                    t.exception.c.target == p.target,
                    t.exception.c.key == p.key,
                )
                known = db.execute(select(t.exception.c.attempts).where(*where)).scalar()
                db.execute(delete(t.exception).where(*where))
                db.execute(
                    insert(t.exception).values(
                        wave=wave,
                        workload=workload,
                        container=p.container,
                        target=p.target,
                        key=p.key,
                        code=p.code,
                        detail=p.detail,
                        state=p.state,
                        attempts=(known or 0) + 1,
                        at=now(),
                    )
                )

    def problems(self, wave: str | None = None, state: str | None = None) -> list[Problem]:
        query = select(t.exception).order_by(t.exception.c.id)
        if wave is not None:
            query = query.where(t.exception.c.wave == wave)
        if state is not None:
            query = query.where(t.exception.c.state == state)
        with self._read() as db:
            return [Problem(**{**row, "key": bytes(row["key"])}) for row in db.execute(query).mappings()]

    def problem_counts(self, wave: str | None = None) -> Mapping[tuple[str, str], int]:
        e = t.exception.c
        once = select(e.wave, e.state, e.container, e.key).distinct()
        if wave is not None:
            once = once.where(e.wave == wave)
        rows = once.subquery()
        query = select(rows.c.wave, rows.c.state, func.count()).group_by(rows.c.wave, rows.c.state)
        with self._read() as db:
            return {(name, state): int(count) for name, state, count in db.execute(query)}

    def set_problem(self, problem: int, state: str, who: str) -> None:
        with self._write() as db:
            db.execute(update(t.exception).where(t.exception.c.id == problem).values(state=state, who=who))

    def clear_problems(self, container: int, target: str, keys: Sequence[bytes]) -> None:
        with self._write() as db:
            for key in keys:
                db.execute(
                    delete(t.exception).where(
                        t.exception.c.container == container, t.exception.c.target == target, t.exception.c.key == key
                    )
                )

    def put_edges(self, container: int, edges: Iterable[tuple[bytes, Link]]) -> None:
        found = list({(k, link.path, link.kind, link.target) for k, link in edges})
        if not found:
            return
        with self._write() as db:
            for key in {k for k, *_ in found}:
                db.execute(delete(t.edge).where(t.edge.c.container == container, t.edge.c.key == key))
            db.execute(
                insert(t.edge),
                [{"container": container, "key": k, "path": p, "kind": d, "target": g} for k, p, d, g in found],
            )

    def edges(self, wave: str | None = None) -> Iterator[tuple[ContainerRow, bytes, Link]]:
        rows = {c.id: c for c in self.containers(wave)}
        query = select(t.edge).order_by(t.edge.c.container, t.edge.c.key, t.edge.c.path, t.edge.c.target)
        with self._read() as db:
            for row in db.execute(query).mappings():
                if row["container"] in rows:
                    link = Link(row["path"], row["kind"], row["target"])
                    yield rows[row["container"]], bytes(row["key"]), link

    def put_inventory(self, endpoint: str, rows: Sequence[Mapping[str, Any]]) -> None:
        with self._write() as db:
            db.execute(delete(t.inventory).where(t.inventory.c.endpoint == endpoint))
            if rows:
                packed = [{**row, "attributes": _dump(row["attributes"]), "kinds": _dump(row["kinds"])} for row in rows]
                db.execute(insert(t.inventory), packed)

    def inventory(self, endpoint: str | None = None) -> list[Mapping[str, Any]]:
        query = select(t.inventory).order_by(t.inventory.c.endpoint, t.inventory.c.workload, t.inventory.c.subject)
        if endpoint is not None:
            query = query.where(t.inventory.c.endpoint == endpoint)
        with self._read() as db:
            return [
                {
                    **row,
                    "subject": bytes(row["subject"]),
                    "attributes": _load(row["attributes"]),
                    "kinds": _load(row["kinds"]),
                }
                for row in db.execute(query).mappings()
            ]

    def put_verification(self, pass_id: int, row: Mapping[str, Any]) -> None:
        with self._write() as db:
            db.execute(insert(t.verification).values(pass_id=pass_id, **row))

    def verifications(self, wave: str | None = None) -> list[Mapping[str, Any]]:
        query = select(t.verification).order_by(t.verification.c.id)
        if wave is not None:
            query = query.where(t.verification.c.wave == wave)
        with self._read() as db:
            return [dict(row) for row in db.execute(query).mappings()]


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _pass(row: Any) -> PassRow:
    return PassRow(**{**row, "detail": _load(row["detail"] or "{}")})


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
        _load(row["properties"]),
        row["state"],
        row["listed"],
    )


def _chunk_row(pass_id: int, container: int, page: int, spec: ChunkSpec) -> dict[str, Any]:
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
