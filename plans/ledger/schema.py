"""The ledger's tables, in SQLAlchemy Core so that one store serves SQLite and, later, PostgreSQL.

The schema has its own version. `MIGRATIONS[n]` brings version n to n + 1; a ledger newer than this tool is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = 3
metadata = MetaData()

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

lock = Table(
    "lock",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("until", Float, nullable=False),
    Column("what", Text, nullable=False, default=""),
)

wave = Table(
    "wave",
    metadata,
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("digest", Text, nullable=False, default=""),
    Column("parts", Text, nullable=False, default="{}"),
    Column("master", Text, nullable=False, default="source"),
)

member = Table(
    "member",
    metadata,
    Column("wave", Text, primary_key=True),
    Column("workload", Text, primary_key=True),
    Column("endpoint", Text, primary_key=True),
    Column("subject", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False, default="person"),
    Column("name", Text, nullable=False, default=""),
    Column("logins", Text, nullable=False, default="{}"),
    Column("state", Text, nullable=False, default="discovered"),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("wave", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("losses", Text, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("wave", Text, nullable=False, default=""),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False, default="{}"),
)

passes = Table(
    "pass",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("wave", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("ended", Text, nullable=False, default=""),
    Column("seconds", Float, nullable=False, default=0.0),
    Column("since", Integer, nullable=False, default=0),
    Column("detail", Text, nullable=False, default="{}"),
)

inventory = Table(
    "inventory",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("workload", Text, primary_key=True),
    Column("subject", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("mail", Text, nullable=False, default=""),
    Column("attributes", Text, nullable=False, default="{}"),
    Column("containers", Integer, nullable=False, default=0),
    Column("items", Integer, nullable=False, default=0),
    Column("bytes", Integer, nullable=False, default=0),
    Column("faults", Integer, nullable=False, default=0),
    Column("kinds", Text, nullable=False, default="{}"),
)

container = Table(
    "container",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("wave", Text, nullable=False),
    Column("workload", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("path", Text, nullable=False),
    Column("role", Text, nullable=False, default=""),
    Column("properties", Text, nullable=False, default="{}"),
    Column("state", Text, nullable=False, default="open"),
    Column("listed", Integer, nullable=False, default=0),
    UniqueConstraint("wave", "workload", "endpoint", "subject", "key"),
)

feed = Table(
    "feed",
    metadata,
    Column("pass_id", Integer, primary_key=True),
    Column("container", Integer, primary_key=True),
    Column("cursor", LargeBinary),
    Column("pages", Integer, nullable=False, default=0),
    Column("listed", Integer, nullable=False, default=0),
    Column("complete", Integer, nullable=False, default=0),
    Column("last_key", LargeBinary),
    Column("changes", Integer, nullable=False, default=0),
    Column("since", LargeBinary),
    Column("scope", Text, nullable=False, default=""),
)

page = Table(
    "page",
    metadata,
    Column("pass_id", Integer, primary_key=True),
    Column("container", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("lines", Integer, nullable=False),
)

chunk = Table(
    "chunk",
    metadata,
    Column("id", Text, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("pass_id", Integer, nullable=False),
    Column("container", Integer, nullable=False),
    Column("target", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("page", Integer, nullable=False),
    Column("low", Integer, nullable=False),
    Column("high", Integer, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("not_before", Float, nullable=False, default=0.0),
    Column("state", Text, nullable=False, default="ready"),
    Column("owner", Text, nullable=False, default=""),
    Column("epoch", Integer, nullable=False, default=0),
    Column("until", Float, nullable=False, default=0.0),
    Column("intent", Integer, nullable=False, default=0),
    Column("note", Text, nullable=False, default=""),
    Column("sha256", Text, nullable=False, default=""),
    Column("seq", Integer),
    Column("tally", Text, nullable=False, default="{}"),
)
Index("chunk_open", chunk.c.pass_id, chunk.c.state, chunk.c.phase, chunk.c.id)
Index("chunk_seq", chunk.c.seq)

exception = Table(
    "exception",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("wave", Text, nullable=False),
    Column("workload", Text, nullable=False),
    Column("container", Integer, nullable=False),
    Column("target", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("state", Text, nullable=False, default="quarantined"),
    Column("attempts", Integer, nullable=False, default=1),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False, default=""),
    UniqueConstraint("container", "target", "key"),
)

edge = Table(
    "edge",
    metadata,
    Column("container", Integer, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("target", Text, primary_key=True),
)

claim = Table(
    "claim",
    metadata,
    Column("container", Integer, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", LargeBinary, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("told", Text, nullable=False),
    Column("held", Text, nullable=False),
)
Index("claim_value", claim.c.kind, claim.c.value)

verification = Table(
    "verification",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pass_id", Integer, nullable=False),
    Column("wave", Text, nullable=False),
    Column("workload", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("checked", Integer, nullable=False),
    Column("sample", Integer, nullable=False),
    Column("seed", Text, nullable=False),
    Column("defects", Integer, nullable=False),
)


def _feeds_of_changes(db: Connection) -> None:
    for column in ("changes INTEGER NOT NULL DEFAULT 0", "since BLOB", "scope TEXT NOT NULL DEFAULT ''"):
        db.execute(text(f"ALTER TABLE feed ADD COLUMN {column}"))


def _claims(db: Connection) -> None:
    metadata.create_all(db, tables=[claim])


MIGRATIONS: dict[int, Callable[[Connection], None]] = {1: _feeds_of_changes, 2: _claims}
