"""The document: its schema, its sums, its sameness; and what is a defect of the tool."""

from __future__ import annotations

import ast
import json
import random
import sys
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from transhumance.plans import report
from transhumance.plans.report import ReportDefect, build, document_bytes, document_digest, report_json_schema
from transhumance.plans.report.facts import Cell, Figure, ForwardCounts, GradeCounts, ProofCounts, ReportFacts

NAMES = ("sample", "two_waves", "quiet", "hostile")


def closed(schema: Any) -> Any:
    """The same schema, refusing any name that it doesn't list: so that all we write is published."""
    if isinstance(schema, dict):
        copy = {key: closed(value) for key, value in schema.items()}
        if "properties" in copy and "additionalProperties" not in copy:
            copy["additionalProperties"] = False
        return copy
    return [closed(one) for one in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize("name", NAMES)
def test_follows_its_schema_and_says_nothing_else(samples: ModuleType, name: str) -> None:
    schema = report_json_schema()
    Draft202012Validator.check_schema(schema)
    document = json.loads(document_bytes(build(getattr(samples, name)())))
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schema, format_checker=checker).validate(document)
    Draft202012Validator(closed(schema), format_checker=checker).validate(document)


def test_a_name_may_be_added_but_none_left_out(facts: ReportFacts) -> None:
    validator, document = Draft202012Validator(report_json_schema()), json.loads(document_bytes(build(facts)))
    assert validator.is_valid({**document, "later": 1})
    for name in document:
        assert not validator.is_valid({key: value for key, value in document.items() if key != name}), name


def test_names_that_others_rely_on(facts: ReportFacts) -> None:
    document = build(facts)
    assert list(document)[0] == "format" and document["format"] == "transhumance.reversibility/1"
    assert {"plan", "revision", "digests", "pass", "generated", "expires", "tool"} <= document["identity"].keys()
    verdict = next(v for v in document["verdicts"] if (v["wave"], v["target"]) == ("pilote", "dovecot"))
    assert {k: verdict[k] for k in ("class", "proof", "items", "forward", "grades", "legs")} == {
        "class": "B",
        "proof": "format",
        "items": 1203,
        "forward": {"full": 1150, "reduced": 52, "blocked": 1, "not_assessed": 0},
        "grades": {"exact": 1100, "residual": 90, "lossy": 12, "blocked": 1, "not_assessed": 0},
        "legs": [
            {"leg": "source", "endpoint": "exchange", "basis": "measured"},
            {"leg": "target", "endpoint": "dovecot", "basis": "predicted"},
        ],
    }
    loss = document["losses"][0]
    wanted = "code workload wave target leg severity count what why remedy accepted_by sample".split()
    assert set(wanted) <= loss.keys()
    assert loss["what"] and loss["translations"]["en"]["what"] != loss["what"]
    assert set("what owner due".split()) <= document["decisions"][0].keys()
    assert set("workload wave phase command who rto rpo rehearsed".split()) <= document["way_back"][0].keys()
    assert set("wave step condition signs".split()) <= document["points_of_no_return"][0].keys()
    assert set("workload wave target method checked sample seed defects".split()) <= document["verification"][0].keys()
    assert {"manifest_sha256", "signature"} <= document["evidence"].keys()
    assert [name for name in document if name.startswith("r") and name[1:].isdigit()] == [f"r{n}" for n in range(19)]


def test_facts_that_nobody_gathered_say_so(samples: ModuleType) -> None:
    document = build(samples.quiet())
    assert {n for n in range(19) if document[f"r{n}"]["status"] == "assessed"} == {0, 1, 6, 18}
    for n in set(range(19)) - {0, 1, 6, 18}:
        assert document[f"r{n}"]["reason"]["fr"] and document[f"r{n}"]["reason"]["en"]
    assert document["evidence"] == {"manifest_sha256": None, "signature": None}
    given_reason = build(samples.sample())["r9"]["reason"]["en"]
    assert given_reason == "the plan declares no coexistence service"


def test_none_and_nothing_are_told_apart(samples: ModuleType) -> None:
    unseen, empty = samples.quiet(), replace(samples.quiet(), quarantine=(), verification=(), affinity=(), blocked=())
    assert build(unseen)["r15"]["status"] == "not_assessed"
    assert build(empty)["r15"]["quarantine"] == {"status": "assessed", "reason": None, "rows": []}
    assert build(unseen)["r1"]["blocked"]["status"] == "not_assessed"
    assert build(empty)["r10"]["rows"] == []


def test_totals_are_the_sums_of_the_cells(facts: ReportFacts) -> None:
    document = build(facts)
    totals = document["r1"]["totals"]
    for kind in ("forward", "grades"):
        for name, value in totals[kind].items():
            assert value == sum(verdict[kind][name] for verdict in document["verdicts"])
        assert sum(totals[kind].values()) == totals["answers"] == sum(v["items"] for v in document["verdicts"])
    assert totals["source_items"] == totals["answers"] - 1203  # the pilot's mail goes to two targets


def test_same_facts_same_bytes_in_whatever_order(facts: ReportFacts) -> None:
    shuffled = {}
    for field in fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, tuple) and field.name not in (
            "waves",
            "gates",
            "not_covered",
            "method",
        ):  # these have an order
            value = tuple(random.Random(7).sample(value, len(value)))
        shuffled[field.name] = value
    assert document_bytes(build(ReportFacts(**shuffled))) == document_bytes(build(facts))
    assert document_digest(build(facts)) == document_digest(build(facts))


def test_waves_and_workloads_come_in_the_plans_order(facts: ReportFacts) -> None:
    places = [(v["wave"], v["workload"]) for v in build(facts)["verdicts"]]
    assert [wave for wave in dict.fromkeys(wave for wave, _ in places)] == ["pilote", "cardiologie", "reste"]
    assert [workload for wave, workload in places if wave == "reste"] == [
        "identities",
        "mail",
        "calendars",
        "documents",
    ]


def test_undecodable_names_are_written_readably(samples: ModuleType) -> None:
    document = json.loads(document_bytes(build(samples.hostile())).decode("utf-8"))
    assert "\\udce9t\\udcff" in document["identity"]["plan"]


def one(**more: Any) -> Cell:
    given_cell = dict(
        workload="mail",
        wave="unique",
        target="t",
        items=2,
        bytes=1,
        forward=ForwardCounts(full=2),
        grades=GradeCounts(exact=2),
        proofs=ProofCounts(format=2),
    )
    return Cell(**{**given_cell, **more})


@pytest.mark.parametrize(
    "cells, said",
    [
        ((one(grades=GradeCounts(exact=1)),), "grades"),
        ((one(forward=ForwardCounts(full=1, reduced=2)),), "forward"),
        ((one(grades=GradeCounts(exact=3, lossy=-1)),), "grades"),
        ((one(proofs=ProofCounts(format=3)),), "proofs"),
        ((one(bytes=-1),), "bytes"),
        ((one(), one()), "twice"),
    ],
)
def test_a_report_that_does_not_add_up_is_a_defect(samples: ModuleType, cells: tuple[Cell, ...], said: str) -> None:
    with pytest.raises(ReportDefect, match=said):
        build(replace(samples.quiet(), cells=cells))


def test_a_time_without_its_zone_is_a_defect(facts: ReportFacts) -> None:
    naive = replace(facts.identity, generated=facts.identity.generated.replace(tzinfo=None))
    with pytest.raises(ReportDefect, match="zone"):
        build(replace(facts, identity=naive))


def test_needs_nothing_but_itself_and_jinja() -> None:
    """No ledger, no connector, no clock: facts are all that the report sees; its words are everybody's."""
    folder = Path(report.__file__).parent
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(folder.glob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    named |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    foreign = {name for name in named if name.split(".")[0] not in sys.stdlib_module_names}
    own = {name for name in foreign if name.startswith("transhumance.plans.report")}
    assert foreign - own == {"jinja2", "markupsafe", "transhumance.plans.glossary"}
    calls = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not calls & {"now", "utcnow", "today", "time", "monotonic"}


def test_a_loss_counted_below_zero_is_a_defect(facts: ReportFacts) -> None:
    with pytest.raises(ReportDefect, match="MAIL-CATEGORY-01"):
        build(replace(facts, losses=(replace(facts.losses[0], count=-1),)))


@given(st.lists(st.integers(0, 5), min_size=9, max_size=9), st.integers(0, 30))
def test_built_only_if_both_sums_are_the_items(samples: ModuleType, counts: list[int], items: int) -> None:
    forward, grades = counts[:4], counts[4:]
    given_cell = one(items=items, forward=ForwardCounts(*forward), grades=GradeCounts(*grades), proofs=ProofCounts())
    facts = replace(samples.quiet(), cells=(given_cell,))
    if sum(forward) == sum(grades) == items:
        verdict = build(facts)["verdicts"][0]
        assert sum(verdict["forward"].values()) == sum(verdict["grades"].values()) == verdict["items"]
    else:
        with pytest.raises(ReportDefect):
            build(facts)


@pytest.mark.parametrize(
    "value, basis", [(None, "measured"), (1, "not_assessed"), (float("nan"), "measured"), (float("inf"), "estimated")]
)
def test_a_figure_is_a_number_with_its_basis(value: float | None, basis: str) -> None:
    with pytest.raises(ValueError):
        Figure(value, "s", basis)  # type: ignore[arg-type]


def test_conformity_points_to_sections_that_lack_facts(facts: ReportFacts) -> None:
    rows = {(row["text"], row["clause"]): row for row in build(facts)["r18"]["rows"]}
    assert rows["HDS v2", "EXI 27"]["open"] == ["r13", "r14"]
    assert rows["SecNumCloud 3.2", "19.1"]["open"] == []
