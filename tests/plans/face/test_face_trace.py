"""`trace`: a person by any name, an item by any part of it, each at every target."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from transhumance.connectors.contract import BytesBody
from transhumance.plans.commands import cutover, forward
from transhumance.plans.face.console import Console
from transhumance.plans.face.messages import faults_of
from transhumance.plans.face.trace import show_trace

Captured = pytest.CaptureFixture[str]


def lines(capsys: Captured) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(faults_of(line) == [] for line in found)
    return found


def of(kind: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in found if line["message_type"] == kind]


def test_a_person_in_numbers(memory: Any, console: Console, capsys: Captured) -> None:
    memory.ready()
    forward.run(memory.project, ["pilote"])
    assert show_trace(console, memory.project, "ALICE@chu.example", None) == 0
    out = capsys.readouterr().out
    assert "INBOX" in out and "alice@chu.example/INBOX" in out and console.text("20 exact", "20 exact") in out
    machine = Console("en", as_json=True)
    show_trace(machine, memory.project, "alice@chu.example", None)
    (held,) = of("container", lines(capsys))
    assert (held["items"], held["target"], held["grades"]) == (20, "target", {"exact": 20})


def test_an_item_at_its_target(memory: Any, console: Console, capsys: Captured) -> None:
    memory.ready()
    forward.run(memory.project, ["pilote"])
    cutover.verify(memory.project, ["pilote"])
    assert show_trace(console, memory.project, "alice@chu.example", "A005") == 0
    out = capsys.readouterr().out
    assert (
        "a005" in out
        and console.text("preuve : cible (écrit, relu, comparé)", "proof: target (written, read back, compared)") in out
    )
    machine = Console("en", as_json=True)
    show_trace(machine, memory.project, "alice@chu.example", "a005")
    (item,) = of("item", lines(capsys))
    assert (item["at_target"], item["before"], item["proof"]) == (True, "nothing", "target")
    assert item["last_pass"]["pass"] == "verify" and item["place"] == "alice@chu.example/INBOX"


def test_an_item_by_what_it_holds(memory: Any, english: Console, capsys: Captured) -> None:
    memory.put("b7", "Message-ID: <Needle-42@chu.example>")
    memory.ready()
    forward.run(memory.project, ["pilote"])
    assert show_trace(english, memory.project, "alice@chu.example", "needle-42@CHU") == 0
    told = capsys.readouterr()
    assert "b7" in told.out and "reading the beginning of each item" in told.err


def test_nothing_is_found(memory: Any, console: Console, capsys: Captured) -> None:
    memory.ready()
    forward.run(memory.project, ["pilote"])
    assert show_trace(console, memory.project, "nobody", None) == 2
    assert show_trace(console, memory.project, "alice@chu.example", "no-such-thing") == 2
    assert "no-such-thing" in capsys.readouterr().out
    assert show_trace(console, memory.project, "bob@chu.example", None) == 2, "no pass has read it yet"


def test_a_problem_and_its_code(memory: Any, english: Console, capsys: Captured) -> None:
    memory.put("large", "x" * 2000)
    memory.ready()
    forward.run(memory.project, ["pilote"])
    assert show_trace(english, memory.project, "alice@chu.example", "large") == 0
    out = capsys.readouterr().out
    assert "Not at target target (quarantined)" in out and "problem no. 1: quarantined" in out
    assert "GEN-SIZE-01" in out and "larger than the target takes" in out and "never written" in out


def test_a_before_image_is_told(memory: Any, capsys: Captured) -> None:
    memory.ready()
    forward.run(memory.project, ["pilote"])
    place = next(c.key for c in memory.target.containers.values())
    cutover.rollback(memory.project, "pilote")
    item = memory.source.items[memory.inbox().key][b"a001"]
    memory.target.items[place][b"a001"] = replace(item, bodies={"content": BytesBody.of(b"the target's own")})
    forward.run(memory.project, ["pilote"])
    machine = Console("en", as_json=True)
    show_trace(machine, memory.project, "alice@chu.example", "a00")
    found = {line["key"]: line for line in of("item", lines(capsys))}
    assert found["a001"]["before"] == "never" and found["a001"]["problem"]["code"] == "GEN-CONFLICT-01"
    assert found["a002"]["before"] == "nothing" and found["a002"]["problem"] is None


def test_hostile_keys_are_written_out(memory: Any, console: Console, capsys: Captured) -> None:
    memory.put("x\x1b[2J\n\u202ey", "hostile")
    memory.ready()
    forward.run(memory.project, ["pilote"])
    assert show_trace(console, memory.project, "alice@chu.example", "x") == 0
    told = capsys.readouterr()
    assert "\x1b" not in told.out and "\u202e" not in told.out
