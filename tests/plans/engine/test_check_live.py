"""`check` asks a source for its first subject only where that costs no listing of the whole directory."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from transhumance.connectors.contract import Diagnosis, Selector, Subject
from transhumance.plans.commands.check import _reach_source


class Live:
    """A source that tells about itself, and counts how often it is listed."""

    listed = 0

    def identity(self) -> str:
        return "live"

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        self.listed += 1
        return iter(())

    def diagnose(self) -> Iterator[Diagnosis]:
        return iter(())


@pytest.mark.parametrize(("feed", "listed", "empty"), [("incremental", 0, False), ("full", 1, True)])
def test_a_live_directory_that_tells_its_changes_is_not_listed(feed: str, listed: int, empty: bool) -> None:
    source = Live()
    endpoint: Any = SimpleNamespace(source=source, connector=SimpleNamespace(facts=SimpleNamespace(feed=feed)))
    assert _reach_source(endpoint) == ("live", empty)
    assert source.listed == listed
