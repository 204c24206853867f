"""A source that tells its changes: a pass begins where the last one of the same scope ended, and a cursor that means
nothing any more costs a complete listing, never an item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support_memory_estate import Estate, blob, box, texts

from transhumance.connectors import memory
from transhumance.connectors.contract import Container, Expired, Page, Text, registry
from transhumance.connectors.memory import store as module
from transhumance.connectors.memory.store import MemoryEndpoint, version_of
from transhumance.plans.commands import forward
from transhumance.plans.commands.cutover import rollback
from transhumance.plans.commands.quarantine import quarantine_retry


class Changing(MemoryEndpoint):
    """The store with snapshots as change numbers: `since` names one, and only the last one can be asked from."""

    snapshots: dict[str, dict[bytes, str]] = {}
    asked: list[bytes | None] = []
    lost = False

    def page(self, container: Container, cursor: bytes | None) -> Page:
        if container.subject == b"alice@chu.example" and container.path == ("INBOX",):
            self.asked.append(cursor)
        text = (cursor or b"").decode("utf-8", "replace")
        if text.startswith("since:"):
            if type(self).lost:
                raise Expired(Text("jeton périmé", "token expired"))
            return self._changes(container, text)
        page = super().page(container, cursor)
        return page if page.next else replace(page, since=self._now(container))

    def _now(self, container: Container) -> bytes:
        items = self._store.items.get(container.key, {})
        name = f"since:{len(self.snapshots)}"
        self.snapshots[name] = {key: version_of(record) for key, record in items.items()}
        return name.encode()

    def _changes(self, container: Container, name: str) -> Page:
        before = self.snapshots[name]
        whole = super().page(container, None)
        refs = list(whole.refs)
        while whole.next:
            whole = super().page(container, whole.next)
            refs += whole.refs
        changed = tuple(ref for ref in reversed(refs) if before.get(ref.key) != ref.version)
        gone = tuple(sorted(before.keys() - {ref.key for ref in refs}))
        return Page(changed, None, gone, since=self._now(container))


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    changing = replace(
        memory.CONNECTOR,
        facts=replace(memory.CONNECTOR.facts, feed="incremental"),
        source="transhumance.connectors.memory.store:Changing",
    )
    monkeypatch.setattr(memory, "CONNECTOR", changing)
    monkeypatch.setattr(module, "Changing", Changing, raising=False)
    Changing.snapshots, Changing.asked, Changing.lost = {}, [], False
    registry.connector.cache_clear()
    registry.connectors.cache_clear()
    yield Estate(tmp_path, monkeypatch).ready()
    registry.connector.cache_clear()
    registry.connectors.cache_clear()


def change(estate: Estate) -> None:
    inbox = box("alice@chu.example", "INBOX")
    estate.source.put(inbox, blob("a005", "changed", dose=5))
    estate.source.put(inbox, blob("zz", "new"))
    del estate.source.items[inbox.key][b"a007"]


def test_a_pass_lists_only_what_changed(estate: Estate) -> None:
    forward.run(estate.project, ["pilote"])
    Changing.asked.clear()
    change(estate)
    result = forward.run(estate.project, ["pilote"])
    assert all(cursor is not None and cursor.startswith(b"since:") for cursor in Changing.asked)
    assert texts(estate.target)[b"alice@chu.example/mail/INBOX/a005"] == (b"changed", 5)
    assert b"alice@chu.example/mail/INBOX/zz" in texts(estate.target)
    assert b"alice@chu.example/mail/INBOX/a007" not in texts(estate.target)
    assert b"alice@chu.example/mail/INBOX/a008" in texts(estate.target), "what a listing of changes lacks is not gone"
    assert result is not None
    Changing.asked.clear()
    forward.run(estate.project, ["pilote"])
    assert [cursor[:6] for cursor in Changing.asked if cursor] == [b"since:"]


def test_a_lost_cursor_is_a_complete_listing(estate: Estate) -> None:
    forward.run(estate.project, ["pilote"])
    Changing.asked.clear()
    change(estate)
    Changing.lost = True
    forward.run(estate.project, ["pilote"])
    assert Changing.asked[0] is not None and Changing.asked[1] is None
    there = texts(estate.target)
    assert b"alice@chu.example/mail/INBOX/zz" in there and b"alice@chu.example/mail/INBOX/a007" not in there
    assert len([key for key in there if b"/INBOX/" in key]) == 100


def test_a_rollback_is_followed_by_a_complete_listing(estate: Estate) -> None:
    forward.run(estate.project, ["pilote"])
    rollback(estate.project, "pilote")
    assert not texts(estate.target)
    Changing.asked.clear()
    forward.run(estate.project, ["pilote"])
    assert Changing.asked[0] is None and len(texts(estate.target)) == 101


def test_a_retry_is_followed_by_a_complete_listing(estate: Estate) -> None:
    inbox = box("alice@chu.example", "INBOX")
    estate.target.put(replace(inbox, key=b"alice@chu.example/mail/INBOX"), blob("a003", "of somebody else"))
    forward.run(estate.project, ["pilote"])
    assert len(estate.project.ledger.problems("pilote")) == 1
    del estate.target.items[b"alice@chu.example/mail/INBOX"][b"a003"]
    quarantine_retry(estate.project, (), "dsi")
    Changing.asked.clear()
    forward.run(estate.project, ["pilote"])
    assert Changing.asked[0] is None
    assert texts(estate.target)[b"alice@chu.example/mail/INBOX/a003"] == (b"text 3", 3)
