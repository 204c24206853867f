"""The plan's JSON Schema (draft 2020-12), from the models: what editors complete and check with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel

from transhumance.plans.model.schema import Plan
from transhumance.plans.model.waves import PASSES, WORKLOADS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ID: Final = "urn:transhumance:plan:1"


def plan_json_schema(connectors: Mapping[str, type[BaseModel]] | None = None) -> dict[str, Any]:
    """The schema of a plan file.

    `connectors`: config models by connector, so that an editor completes an endpoint's own settings too.
    """
    schema = Plan.model_json_schema(by_alias=True)
    _tidy(schema)
    _named(schema["properties"]["workloads"], WORKLOADS)
    _named(schema["$defs"]["Wave"]["properties"]["windows"], PASSES)
    for name, model in sorted((connectors or {}).items()):
        _add_connector(schema, name, model)
    return {"$schema": DIALECT, "$id": ID, "title": "transhumance plan"} | schema


def _tidy(schema: Any) -> None:
    """Without pydantic's titles (they repeat the names) and its nulls (a field left empty is simply not given)."""
    if isinstance(schema, list):
        for inner in schema:
            _tidy(inner)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("title"), str):
        del schema["title"]
    if "default" in schema and not isinstance(schema["default"], dict | list) and schema["default"] is None:
        del schema["default"]
    for inner in schema.values():
        _tidy(inner)
    options = schema.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        options.remove({"type": "null"})
        if len(options) == 1:
            del schema["anyOf"]
            schema.update(options[0] | schema)


def _named(schema: dict[str, Any], names: Iterable[str]) -> None:
    """A mapping whose keys are known, told as properties: editors complete those."""
    inner = schema["additionalProperties"]
    schema.pop("propertyNames", None)
    schema |= {"properties": dict.fromkeys(names, inner), "additionalProperties": False}


def _add_connector(schema: dict[str, Any], name: str, model: type[BaseModel]) -> None:
    """What an endpoint of this connector may hold, beside what every endpoint holds."""
    config = model.model_json_schema(by_alias=True, ref_template=f"#/$defs/{name}.{{model}}")
    _tidy(config)
    for inner, definition in config.pop("$defs", {}).items():
        schema["$defs"][f"{name}.{inner}"] = definition
    endpoint = schema["$defs"]["Endpoint"]
    then: dict[str, Any] = {"properties": config.get("properties", {}), "required": config.get("required", [])}
    if model.model_config.get("extra") != "allow":
        then["propertyNames"] = {"enum": sorted({*endpoint["properties"], *then["properties"]})}
    condition = {"properties": {"connector": {"const": name}}, "required": ["connector"]}
    endpoint.setdefault("allOf", []).append({"if": condition, "then": then})
