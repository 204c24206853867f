"""What stayed behind, links, inventory, checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from transhumance.connectors.contract import Link
from transhumance.plans.ledger import schema as t
from transhumance.plans.ledger.contract import (
    Claimed,
    ContainerRow,
    Problem,
)
from transhumance.plans.ledger.sql.base import dump, load, now
from transhumance.plans.ledger.sql.discovery import Discovery


class Findings(Discovery):
    """Items that did not pass, links between items, the inventory, and what verifications found."""

    def put_problems(self, wave: str, workload: str, problems: Iterable[Problem]) -> None:
        found = list(problems)
        if not found:
            return
        with self._write() as db:
            for p in found:
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
        if not keys:
            return
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
        with self._write(later=True) as db:
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

    def put_claims(self, container: int, keys: Iterable[bytes], claims: Iterable[Claimed]) -> None:
        rows = list({(c.key, c.kind, c.value): c for c in claims}.values())
        with self._write(later=True) as db:
            for key in keys:
                db.execute(delete(t.claim).where(t.claim.c.container == container, t.claim.c.key == key))
            if rows:
                db.execute(insert(t.claim), [asdict(c) for c in rows])

    def clashes(self, container: int, keys: Sequence[bytes]) -> Mapping[bytes, Sequence[Claimed]]:
        own, other = t.claim.alias("own"), t.claim.alias("other")
        same = (own.c.kind == other.c.kind) & (own.c.value == other.c.value) & (own.c.owner != other.c.owner)
        found: dict[bytes, list[Claimed]] = {}
        for at in range(0, len(keys), 500):
            query = (
                select(own.c.key.label("mine"), *other.c)
                .select_from(own.join(other, same))
                .where(own.c.container == container, own.c.key.in_(keys[at : at + 500]))
                .order_by(own.c.key, other.c.kind, other.c.name, other.c.key)
            )
            with self._read() as db:
                for mine, *rest in db.execute(query):
                    found.setdefault(bytes(mine), []).append(Claimed(*rest))
        return found

    def clashing(self, wave: str) -> Iterator[tuple[int, Sequence[bytes]]]:
        twice = (
            select(t.claim.c.kind, t.claim.c.value)
            .group_by(t.claim.c.kind, t.claim.c.value)
            .having(func.min(t.claim.c.owner) != func.max(t.claim.c.owner))
            .subquery()
        )
        same = (t.claim.c.kind == twice.c.kind) & (t.claim.c.value == twice.c.value)
        for row in self.containers(wave):
            query = select(t.claim.c.key).select_from(t.claim.join(twice, same)).where(t.claim.c.container == row.id)
            query, after = query.distinct().order_by(t.claim.c.key).limit(500), b""
            while True:
                with self._read() as db:
                    keys = [bytes(key) for (key,) in db.execute(query.where(t.claim.c.key > after))]
                if not keys:
                    break
                yield row.id, keys
                after = keys[-1]

    def put_inventory(self, endpoint: str, rows: Sequence[Mapping[str, Any]]) -> None:
        with self._write() as db:
            db.execute(delete(t.inventory).where(t.inventory.c.endpoint == endpoint))
            if rows:
                packed = [{**row, "attributes": dump(row["attributes"]), "kinds": dump(row["kinds"])} for row in rows]
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
                    "attributes": load(row["attributes"]),
                    "kinds": load(row["kinds"]),
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
