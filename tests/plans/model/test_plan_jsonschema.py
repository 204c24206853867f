"""The published JSON Schema says what the loader says, on the sample plan and every golden case that it can judge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from transhumance.plans.model.jsonschema import plan_json_schema
from transhumance.plans.model.starter import Answers, Source, starter_plan

HERE = Path(__file__).parent
SCHEMA = plan_json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
# Mistakes of one field that a schema can see.
SEEN = [
    "field-bounds", "field-choices", "field-durations", "field-empty-lists", "field-finess",
    "field-format-wrong", "field-identifiers", "field-list-for-mapping", "field-mapping-for-list",
    "field-missing-nested", "field-missing-top", "field-misspelt-required", "field-number-for-text",
    "field-text-for-mapping", "field-text-for-number", "field-times", "field-unknown-everywhere",
    "field-without-likeness", "field-yes-for-true", "reserved-shapes", "wave-after-state",
]  # fmt: skip


def plain(text: str) -> Any:
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


def valid_cases() -> Iterator[str]:
    for expected in sorted((HERE / "cases").glob("*/expected.en.txt")):
        if expected.read_text(encoding="utf-8").startswith("valid") and not expected.parent.name.startswith("extends"):
            yield expected.parent.name


def test_it_is_a_schema_of_draft_2020_12() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_every_field_has_a_description() -> None:
    undescribed = []
    for name, definition in {"Plan": SCHEMA, **SCHEMA["$defs"]}.items():
        forms = definition.get("anyOf", [definition])
        for field, schema in ((f, s) for form in forms for f, s in form.get("properties", {}).items()):
            # Where both say the same, the description stands at what is referred to.
            if not (schema | SCHEMA["$defs"].get(str(schema.get("$ref")).rpartition("/")[2], {})).get("description"):
                undescribed.append(f"{name}.{field}")
    assert undescribed == []


def test_the_sample_plan_is_valid() -> None:
    document = plain((HERE / "samples" / "design-sample.yaml").read_text(encoding="utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize("name", list(valid_cases()))
def test_what_loads_is_valid(name: str) -> None:
    text = (HERE / "cases" / name / "plan.yaml").read_text(encoding="utf-8-sig")
    assert [error.message for error in VALIDATOR.iter_errors(plain(text))] == []


@pytest.mark.parametrize("name", SEEN)
def test_what_is_wrong_in_one_field_is_invalid(name: str) -> None:
    assert list(VALIDATOR.iter_errors(plain((HERE / "cases" / name / "plan.yaml").read_text(encoding="utf-8"))))


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_plan_to_start_from_is_valid(lang: Literal["fr", "en"]) -> None:
    text = starter_plan(Answers("x", "x", "x", "690000000", [Source("ad", "ldif", "ad.ldf")], lang=lang))
    assert list(VALIDATOR.iter_errors(plain(text))) == []


class Layout(BaseModel):
    kind: Literal["files", "packed"]


class Archive(BaseModel):
    model_config = ConfigDict(extra="forbid")
    path: str
    layout: Layout | None = None


def test_settings_of_connectors_can_be_told_too() -> None:
    schema = plan_json_schema({"archive": Archive})
    Draft202012Validator.check_schema(schema)
    head = {"format": "transhumance.plan/1", "id": "x", "workloads": {"mail": {"from": "a", "to": "b"}}}
    validator = Draft202012Validator(schema)
    good = head | {
        "endpoints": {
            "a": {"connector": "other", "any": 1},
            "b": {"connector": "archive", "path": "p", "layout": {"kind": "packed"}},
        }
    }
    assert list(validator.iter_errors(good)) == []
    for settings in ({"path": 3}, {"path": "p", "pth": 1}, {"path": "p", "layout": {"kind": "zip"}}, {}):
        assert list(validator.iter_errors(head | {"endpoints": {"b": {"connector": "archive", **settings}}}))
