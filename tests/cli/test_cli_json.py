"""`--json`: every line of every command parses, has a type and the fields that are promised for it, and nothing else is
on stdout."""

from __future__ import annotations

from typing import Any

import pytest

from transhumance.plans.face.messages import MESSAGES, STATUS_WAVE, faults_of

STORY = (
    "check",
    "assess",
    "plan",
    "status",
    "dry-run --wave pilote",
    "approve --wave pilote --yes",
    "approve --wave reste --yes",
    "run",
    "verify",
    "run --wave reste",
    "quarantine list",
    "status",
    "trace --person alice",
    "trace --person alice --name a003",
    "trace --person bob --name note",
    "trace --person nobody",
    "quarantine retry plan.yaml",
    "quarantine skip plan.yaml 2",
    "pause",
    "cutover --wave pilote --yes",
    "return --wave pilote --yes",
    "cutover --wave reste --yes",
    "rollback --wave reste --yes",
    "ledger backup",
    "report",
    "archive ls archive",
    "archive verify archive",
    "explain GEN-SIZE-01",
    "connectors",
    "run --wave no-such",
)


def test_every_line_is_as_promised(estate: Any) -> None:
    seen: set[str] = set()
    for command in STORY:
        said = estate(*command.split(), "--json")
        assert said.lines, command
        for line in said.lines:
            assert faults_of(line) == [], (command, line)
            assert line["format"] == "transhumance.cli/1"
            seen.add(line["message_type"])
    others = {"progress", "waiting", "canary", "trouble", "missing_file", "reserved", "warning", "file", "unknown_name"}
    others |= {"dependants", "set_aside", "mapped_entry", "mapped_attribute"}
    assert seen - others == set(MESSAGES) - others  # of the others some depend on the clock, some on another plan


def test_status_is_one_line_with_finer_states(approved: Any) -> None:
    approved("run", "--wave", "pilote")
    (line,) = approved("status", "--json").lines
    assert line["running"] is None and line["safe_to_stop"] is True and line["backup"]
    pilot, rest = line["waves"]
    assert set(pilot) == set(STATUS_WAVE.split())
    assert (pilot["state"], pilot["items"], pilot["subjects"]) == ("ready", 11, {"mail": {"synced": 1}})
    assert rest["subjects"] == {"mail": {"queued": 1}} and rest["problems"] == {"blocked": 1}
    assert pilot["last_pass"]["pass"] == "initial" and pilot["turn_back"] == "rollback"
    approved("verify", "--wave", "pilote")
    (line,) = approved("status", "--json").lines
    assert line["waves"][0]["subjects"] == {"mail": {"ready_for_cutover": 1}} and line["waves"][0]["verified"]


def test_a_pass_counts_with_its_total(approved: Any) -> None:
    said = approved("run", "--wave", "pilote", "--json")
    line = said.one("pass")
    assert (line["done"], line["total"], line["listed"], line["statuses"]) == (11, 11, 11, {"written": 11})
    assert said.one("summary")["next"] == "transhume verify plan.yaml --wave pilote"
    assert said.code == said.one("summary")["exit_code"] == 0


def test_an_error_is_a_line_too(estate: Any) -> None:
    said = estate("run", "--wave", "nope", "--json")
    assert said.code == 1 and "nope" in said.one("error")["text"] and "nope" in said.err
    estate.plan.write_text("format: transhumance.plan/1\nid: x\nendpoints: {}\nworkload: {}\n")
    broken = estate("status", "--json")
    assert broken.code == 1 and all(line["message_type"] == "error" for line in broken.lines)
    assert broken.lines[0]["where"].startswith("plan.yaml:")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_names_do_not_depend_on_the_language(lang: str, planned: Any) -> None:
    (line,) = planned("status", "--json", lang=lang).lines
    assert [wave["state"] for wave in line["waves"]] == ["planned", "planned"]
