"""The published JSON Schema of the document (Draft 2020-12).

Names are added, never renamed: a reader of version 1 passes over what it doesn't know, so nothing is closed here. What
is `required` will stay."""

from __future__ import annotations

from typing import Any

from transhumance.plans.report.document import FORMAT

Schema = dict[str, Any]

_FORWARD = ("full", "reduced", "blocked", "not_assessed")
_BACK = ("exact", "residual", "lossy", "blocked", "not_assessed")
_PROOF = ("predicted", "format", "target", "returned")


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _enum(*values: str) -> Schema:
    return {"enum": list(values)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_TYPES: dict[str, Schema] = {
    "text": {"type": "string"},
    "both": _ref("text"),  # a text in both languages
    "texts": _list({"type": "string"}),
    "count": {"type": "integer", "minimum": 0},
    "number": {"type": "number"},
    "yes": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "date-time"},
    "figure": _ref("figure"),
    "standard": _ref("standard"),
    "basis": _enum("measured", "predicted", "estimated", "not_assessed"),
    "proof": _enum(*_PROOF),
    "weakest": _enum(*_PROOF, "not_assessed"),
    "forward": _enum(*_FORWARD),
    "back": _enum(*_BACK),
    "severity": _enum("info", "minor", "major", "blocked"),
    "class": _enum(*"ABCDEN"),
    "leg": _enum("source", "target"),
    "role": _enum("source", "target", "archive", "back"),
    "gate": _enum("passed", "refused", "waiting"),
    "go": _enum("go", "go_with_decisions", "no_go"),
}


def _properties(fields: str) -> Schema:
    """`name:type name:type?` as properties: a plain name is a text, `?` may be null."""
    properties: Schema = {}
    for field in fields.split():
        name, _, kind = field.partition(":")
        optional, kind = field.endswith("?"), (kind or "text").rstrip("?")
        schema = _TYPES[kind]
        properties[name.rstrip("?")] = {"anyOf": [schema, {"type": "null"}]} if optional else schema
    return properties


def _object(fields: str = "", /, **more: Schema) -> Schema:
    properties = {**_properties(fields), **more}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _rows(fields: str, /, **more: Schema) -> Schema:
    return _list(_object(fields, **more))


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _flat(fields: str, texts: str) -> Schema:
    """An object of the document's own lists: its texts are strings, `translations` has the other languages."""
    english = {"type": "object", "properties": {name: _TYPES["text"] for name in texts.split()}}
    return _object(fields, translations=_object(en=english))


def _section(fields: str = "", /, **more: Schema) -> Schema:
    """A section: its content where it is assessed, else a reason."""
    assessed = _object(fields, status={"const": "assessed"}, reason={"type": "null"}, **more)
    return {"oneOf": [assessed, _object("reason:both", status={"const": "not_assessed"})]}


def _see(name: str) -> Schema:
    return _section(see={"const": name})


def _counts(names: tuple[str, ...]) -> Schema:
    return _object(" ".join(f"{name}:count" for name in names))


def _totals() -> Schema:
    """The sums; empty where there is no cell."""
    nothing: Schema = {"type": "object", "maxProperties": 0}
    sums = {name: {"anyOf": [_ref(name), nothing]} for name in ("forward", "grades")}
    return _object("source_items:count answers:count basis:basis", **sums)


_DEFINITIONS: Schema = {
    "text": _object("fr en"),
    "figure": _object("value:number? unit basis:basis reason:both?"),
    "standard": _object("name reference?"),
    "forward": _counts(_FORWARD),
    "grades": _counts(_BACK),
    "proofs": _counts(_PROOF),
    "identity": _object(
        "plan revision:count pass generated:time expires:time? tool establishment finess? title? programme? run_id?"
        " environment? operator? confidentiality:both?",
        digests={"type": "object", "additionalProperties": _TYPES["text"]},
        approvers=_rows("name function? wave? when:time?"),
        components=_rows("name version kind"),
    ),
    "verdict": _object(
        "workload wave target class:class label proof:weakest items:count bytes:count basis:basis blocked:count"
        " not_assessed:count not_assessed_bound:count residue_until:date?",
        forward=_ref("forward"),
        grades=_ref("grades"),
        proofs=_ref("proofs"),
        legs=_rows("leg:leg endpoint basis:basis"),
        reasons=_list(_ref("text")),
    ),
    "loss": _flat(
        "code workload wave target? leg:leg severity:severity count:count what why remedy back:back? accepted:yes"
        " accepted_by? accepted_until:date? sample:texts",
        "what why remedy",
    ),
    "decision": _flat("what owner? due:date? code? waves:texts derived:yes", "what"),
    "not_covered": _flat("what", "what"),
    "way_back": _flat(
        "workload wave phase command who prerequisites? rto? rto_basis:basis rpo? rpo_basis:basis written_since?"
        " rehearsed:date?",
        "prerequisites rto rpo written_since",
    ),
    "point_of_no_return": _flat(
        "wave step condition signs phase on:date? irreversible? source_frozen_until:date? signed_by?",
        "step condition irreversible",
    ),
    "check": _flat(
        "workload wave target method checked:count defects:count sample:count? seed? confidence:number?"
        " max_defect_rate:number?",
        "method",
    ),
    "evidence": {
        **_object("manifest_sha256? signature? journal_entries:count? journal_root? timestamp_token? verify_command?"),
        "required": ["manifest_sha256", "signature"],
    },
    "r0": _section(
        see={"const": "identity"},
        waves=_rows("id title:both? pilot:yes state? subjects:count? cutover:time?"),
        gates=_maybe(_rows("wave gate outcome:gate when:time? who? digest? note:both?")),
        method=_maybe(_list(_ref("text"))),
    ),
    "r1": _section(
        "go:go sentence:both",
        see={"const": "verdicts"},
        reasons=_rows("wave? text:both"),
        waves=_rows("wave go:go decisions:count reasons:count"),
        totals=_totals(),
        blocked=_section(items=_rows("ref workload wave target code why:both?")),
    ),
    "r2": _section(
        systems=_rows("endpoint role:role product version? end_of_support:date? jurisdiction?"),
        objects=_rows("endpoint workload kind objects:count bytes:count? basis:basis"),
        exclusions=_rows("what reason:both count:count?"),
        dependants=_section(rows=_rows("kind name what:both owner? remedy:both? due:date?")),
    ),
    "r3": _section(rows=_rows("workload kind property target forward:forward back:back count:count code?")),
    "r4": _section(
        rows=_rows(
            "workload form source:standard pivot:standard target:standard? reader?",
            round_trip=_maybe(_object("checked:count failed:count proof:proof")),
            properties=_rows("property class why"),
        )
    ),
    "r5": _section(
        rows=_rows(
            "workload wave items:figure volume:figure rate:figure median:figure p90:figure windows:figure"
            " downtime:figure"
        ),
        hypotheses=_list(_ref("text")),
    ),
    "r6": _see("way_back"),
    "r7": _see("points_of_no_return"),
    "r8": _section(
        restoration=_section(steps=_list(_ref("text"))),
        rehearsal=_section("on:date what:both passed:yes wave? duration:figure? note:both?"),
    ),
    "r9": _section(rows=_rows("part:both now:both back:both who? rehearsed:date?")),
    "r10": _section(rows=_rows("wave kind count:count effect:both remedy:both? sample:texts links:texts")),
    "r11": _section(rows=_rows("what:both period:both legal_hold:yes? decided_by?")),
    "r12": _section(
        "work_area? purge_on:date?",
        accounts=_rows("endpoint account rights:both excess:both?"),
        encryption=_list(_ref("text")),
    ),
    "r13": _section(rows=_rows("task:both days:figure who?"), hypotheses=_list(_ref("text"))),
    "r14": _section("notice_days:count? minutes:both?", preconditions=_rows("what:both met:yes? when:time?")),
    "r15": _section(
        verification=_see("verification"),
        quarantine=_section(
            rows=_rows("ref workload wave target operation code cause:both remedy:both attempts:count since:time?")
        ),
    ),
    "r16": _see("evidence"),
    "r17": _section(
        predicted=_list(_ref("text")),
        unseen=_list(_ref("text")),
        source=_rows("endpoint workload wave ref what:both count:count"),
    ),
    "r18": _section(rows=_rows("text clause asks:both sections:texts open:texts")),
}

_LISTS = {
    "verdicts": "verdict",
    "losses": "loss",
    "decisions": "decision",
    "not_covered": "not_covered",
    "way_back": "way_back",
    "points_of_no_return": "point_of_no_return",
    "verification": "check",
}


def report_json_schema() -> Schema:
    """The schema. It says what each name holds; `build` guarantees, beyond it, that grades and forward sum to items."""
    lists: Schema = {name: _list(_ref(row)) for name, row in _LISTS.items()}
    sections: Schema = {f"r{n}": _ref(f"r{n}") for n in range(19)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:transhumance:schema:reversibility:1",
        "title": "Reversibility report",
        "description": "What a migration loses, and how it comes back. A missing fact is not_assessed, or null.",
        **_object(
            format={"const": FORMAT},
            lang={"const": "fr"},
            identity=_ref("identity"),
            evidence=_ref("evidence"),
            **lists,
            **sections,
        ),
        "$defs": _DEFINITIONS,
    }
