"""Waves, members, approvals, events, passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from transhumance.connectors.contract import StaleLease
from transhumance.plans.ledger import schema as t
from transhumance.plans.ledger.contract import (
    Member,
    PassRow,
    WaveRow,
)
from transhumance.plans.ledger.sql.base import RUN, Store, dump, load, now


class Waves(Store):
    """Waves, their members and approvals, the events, and the passes over them."""

    def put_wave(self, wave: WaveRow, position: int) -> None:
        with self._write() as db:
            db.execute(delete(t.wave).where(t.wave.c.id == wave.id))
            db.execute(
                insert(t.wave).values(
                    id=wave.id,
                    position=position,
                    state=wave.state,
                    digest=wave.digest,
                    parts=dump(wave.parts),
                    master=wave.master,
                )
            )

    def waves(self) -> list[WaveRow]:
        with self._read() as db:
            rows = db.execute(select(t.wave).order_by(t.wave.c.position)).mappings().all()
        return [WaveRow(r["id"], r["state"], r["digest"], load(r["parts"]), r["master"]) for r in rows]

    def wave(self, wave: str) -> WaveRow:
        return next((row for row in self.waves() if row.id == wave), WaveRow(wave))

    def set_wave(self, wave: str, actor: str, *, state: str | None = None, master: str | None = None) -> None:
        values = {k: v for k, v in (("state", state), ("master", master)) if v is not None}
        with self._write() as db:
            before = db.execute(select(t.wave.c.state, t.wave.c.master).where(t.wave.c.id == wave)).first()
            if before is None or all(getattr(before, k) == v for k, v in values.items()):
                return
            db.execute(update(t.wave).where(t.wave.c.id == wave).values(**values))
            db.execute(insert(t.event).values(at=now(), actor=actor, wave=wave, what="wave", detail=dump(values)))

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
                            "logins": dump(m.logins),
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
        return [Member(**{**row, "subject": bytes(row["subject"]), "logins": load(row["logins"])}) for row in rows]

    def set_member_state(self, wave: str, workload: str, subject: bytes, state: str) -> None:
        where = (t.member.c.wave == wave, t.member.c.workload == workload, t.member.c.subject == subject)
        with self._write() as db:
            db.execute(update(t.member).where(*where).values(state=state))

    def add_approval(self, wave: str, digest: str, who: str, losses: Mapping[str, Any]) -> None:
        with self._write() as db:
            db.execute(insert(t.approval).values(wave=wave, digest=digest, who=who, at=now(), losses=dump(losses)))

    def approvals(self, wave: str) -> list[Mapping[str, Any]]:
        with self._read() as db:
            rows = db.execute(select(t.approval).where(t.approval.c.wave == wave).order_by(t.approval.c.id)).mappings()
            return [{**row, "losses": load(row["losses"])} for row in rows]

    def add_event(self, actor: str, what: str, wave: str = "", detail: Mapping[str, Any] | None = None) -> None:
        with self._write() as db:
            db.execute(insert(t.event).values(at=now(), actor=actor, wave=wave, what=what, detail=dump(detail or {})))

    def events(self, wave: str | None = None) -> list[Mapping[str, Any]]:
        query = select(t.event).order_by(t.event.c.seq)
        if wave is not None:
            query = query.where(t.event.c.wave == wave)
        with self._read() as db:
            return [{**row, "detail": load(row["detail"])} for row in db.execute(query).mappings()]

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
            values = {"state": state, "ended": now(), "seconds": t.passes.c.seconds + seconds, "detail": dump(detail)}
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


def _pass(row: Any) -> PassRow:
    return PassRow(**{**row, "detail": load(row["detail"] or "{}")})
