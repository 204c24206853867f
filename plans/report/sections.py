"""Sections R0 to R8 of the page, from the document alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from transhumance.plans.report.acceptance import acceptance
from transhumance.plans.report.blocks import (
    Anchor,
    Block,
    Cell,
    Code,
    Doc,
    Line,
    Listing,
    Missing,
    code,
    figures,
    known,
    missing,
    slug,
    table,
    texts,
)
from transhumance.plans.report.voice import Voice


def r0(doc: Doc, v: Voice) -> list[Block]:
    identity, section = doc["identity"], doc["r0"]
    return [
        table(v, "r0-identity", v("r0_caption"), "col_fact col_value", _identity(identity, v)),
        table(v, "r0-waves", v("waves_caption"), _WAVES, [_wave(wave, identity, v) for wave in section["waves"]]),
        table(
            v,
            "r0-components",
            v("components_caption"),
            "col_component col_kind col_version",
            [
                ("transhumance", v("tool"), identity["tool"]),
                *((p["name"], v.word("component", p["kind"]), p["version"]) for p in identity["components"]),
            ],
        ),
        *_gates(section["gates"], v),
    ]


_WAVES = "col_wave col_title col_subjects# col_state col_cutover col_digest col_approved"


def _identity(identity: Doc, v: Voice) -> list[tuple[Cell, ...]]:
    finess = identity["finess"]
    establishment = identity["establishment"] + (f" ({v('finess', n=finess)})" if finess else "")
    return [
        (v("establishment"), establishment),
        (v("programme"), identity["programme"] or v("blank")),
        (v("plan"), v("plan_line", plan=identity["plan"], n=identity["revision"])),
        (v("pass"), v.word("pass", identity["pass"])),
        (v("run_id"), code(identity["run_id"])),
        (v("environment"), identity["environment"] or v("blank")),
        (v("operator"), identity["operator"] or "–"),
        (v("made_on"), v.moment(identity["generated"])),
        (v("expires_on"), v.moment(identity["expires"], v("no_expiry"))),
        (v("confidentiality"), v.text(identity["confidentiality"], v("blank"))),
    ]


def _wave(wave: Doc, identity: Doc, v: Voice) -> tuple[Cell, ...]:
    approvers = [a for a in identity["approvers"] if a["wave"] in (None, wave["id"])]
    names = "; ".join(
        ", ".join(part for part in (a["name"], a["function"], v.moment(a["when"], "")) if part) for a in approvers
    )
    pilot = f" ({v('pilot')})" if wave["pilot"] else ""
    return (
        wave["id"] + pilot,
        v.text(wave["title"]),
        v.num(wave["subjects"]),
        v.word("state", wave["state"]),
        v.moment(wave["cutover"]),
        code(identity["digests"].get(wave["id"])),
        names or "–",
    )


def _gates(gates: Sequence[Doc] | None, v: Voice) -> list[Block]:
    if gates is None:
        return [Missing(v("missing"), v("gates_caption"))]
    if not gates:
        return [Line(v("gates_none"))]
    rows = [
        (g["wave"], v.word("gate_name", g["gate"]), v.word("gate", g["outcome"]), v.moment(g["when"]))
        + (g["who"] or "–", v.text(g["note"]))
        for g in gates
    ]
    return [table(v, "r0-gates", v("gates_caption"), "col_wave col_gate col_outcome col_when col_who col_note", rows)]


def r1(doc: Doc, v: Voice) -> list[Block]:
    blocked = doc["r1"]["blocked"]
    counted = sum(row["blocked"] for row in doc["verdicts"])
    blocks: list[Block] = [
        table(v, "r1-verdicts", v("r1_caption"), _VERDICT, [_verdict(row, v) for row in doc["verdicts"]]),
        table(v, "r1-counts", v("counts_caption"), "col_fact col_count#", _counts(doc["r1"]["totals"], v)),
    ]
    if not known(blocked):
        return [*blocks, missing(v, blocked, v("blocked_items"))]
    if counted > len(blocked["items"]):
        blocks.append(Line(v("blocked_short", n=v.num(counted), listed=v.num(len(blocked["items"])))))
    if not blocked["items"]:
        return blocks
    rows = [
        (Code(item["ref"]), item["wave"], _place(item, v), Code(item["code"]), v.text(item["why"]))
        for item in blocked["items"]
    ]
    columns = "col_ref col_wave col_workload col_code col_why"
    return [*blocks, table(v, "r1-blocked", v("blocked_caption"), columns, rows, "blocked.csv")]


_VERDICT = "col_workload col_wave col_class col_proof col_legs col_volume# col_reasons col_residue"


def _verdict(row: Doc, v: Voice) -> tuple[Cell, ...]:
    legs = ", ".join(f"{leg['endpoint']}{v('colon')} {v.word('basis', leg['basis'])}" for leg in row["legs"])
    reasons = " ; ".join(v.text(reason) for reason in row["reasons"])
    return (
        _place(row, v),
        row["wave"],
        class_label(row, v),
        v.word("proof", row["proof"]),
        legs or "–",
        v.size(row["bytes"]),
        reasons or "–",
        v.day(row["residue_until"]),
    )


def class_label(row: Doc, v: Voice) -> str:
    """`A, prédite`: the class with the proof that keeps an A from being plain."""
    return f"{row['class']}, {v.word('proof', row['proof'])}" if row["label"] != row["class"] else str(row["class"])


def _counts(totals: Doc, v: Voice) -> list[tuple[Cell, ...]]:
    forward = [(v("group_forward", word=v.word("forward", k)), v.num(n)) for k, n in totals["forward"].items()]
    back = [(v("group_back", word=v.word("back", k)), v.num(n)) for k, n in totals["grades"].items()]
    return [*forward, *back]


def _place(row: Doc, v: Voice) -> str:
    target = v.word("place", row["target"]) if row["target"] else v("any_target")
    return f"{v.word('workload', row['workload'])} → {target}"


def r2(doc: Doc, v: Voice) -> list[Block]:
    section = doc["r2"]
    systems = [
        (
            s["endpoint"],
            v.word("role", s["role"]),
            s["product"],
            s["version"] or v("unknown"),
            v.day(s["end_of_support"]),
            s["jurisdiction"] or v("not_assessed"),
        )
        for s in section["systems"]
    ]
    objects = [
        (v.word("kind", o["kind"]), o["endpoint"], v.word("workload", o["workload"]), v.num(o["objects"]))
        + (v.size(o["bytes"]),)
        + (v.word("basis", o["basis"]),)
        for o in section["objects"]
    ]
    excluded = [(e["what"], v.num(e["count"]), v.text(e["reason"])) for e in section["exclusions"]]
    columns = "col_endpoint col_role col_product col_version col_support col_jurisdiction"
    counts = "col_kind col_endpoint col_charge col_objects# col_volume# col_basis"
    return [
        table(v, "r2-systems", v("systems_caption"), columns, systems),
        table(v, "r2-objects", v("objects_caption"), counts, objects, "inventory.csv"),
        table(v, "r2-exclusions", v("exclusions_caption"), "col_what col_count# col_reason", excluded, "inventory.csv")
        if excluded
        else Line(v("exclusions_none")),
        *dependants(doc, v, "r2"),
    ]


def dependants(doc: Doc, v: Voice, prefix: str) -> list[Block]:
    """What still depends on the source: on the first screen, and again in R2."""
    section = doc["r2"] if not known(doc["r2"]) else doc["r2"]["dependants"]
    if not known(section):
        return [missing(v, section)]
    if not section["rows"]:
        return [Line(v("dependants_none"))]
    rows = [
        (row["name"], v.word("subject", row["kind"]), v.text(row["what"]), row["owner"] or v("unnamed"))
        + (v.text(row["remedy"]),)
        + (v.day(row["due"], v("undated")),)
        for row in section["rows"]
    ]
    columns = "col_name col_kind col_what col_owner col_remedy col_due"
    return [table(v, f"{prefix}-dependants", v("dependants_caption"), columns, rows, "inventory.csv")]


def r3(doc: Doc, v: Voice) -> list[Block]:
    columns = "col_property col_kind col_workload col_forward col_return col_count# col_code col_remedy col_accepted"
    losses: dict[tuple[str, str], list[Doc]] = {}
    for loss in doc["losses"]:
        losses.setdefault((loss["code"], loss["workload"]), []).append(loss)
    rows = [_matrix_row(row, losses.get((row["code"], row["workload"]), []), v) for row in doc["r3"]["rows"]]
    return [table(v, "r3-matrix", v("matrix_caption"), columns, rows, "matrix.csv")]


def _matrix_row(row: Doc, there: Sequence[Doc], v: Voice) -> tuple[Cell, ...]:
    losses = [loss for loss in there if loss["target"] in (None, row["target"])]
    return (
        v.of(losses[0], "what") if losses else v("whole_item") if row["property"] == "*" else row["property"],
        v.word("kind", row["kind"]),
        _place(row, v),
        v.word("forward", row["forward"]),
        v.word("back", row["back"]),
        v.num(row["count"]),
        Anchor(row["code"], f"#{slug(row['code'])}") if losses else code(row["code"]),
        v.of(losses[0], "remedy") if losses else "–",
        acceptance(losses, v),
    )


def r4(doc: Doc, v: Voice) -> list[Block]:
    columns = "col_form col_charge col_source col_pivot col_arrival col_reader col_trip"
    rows = doc["r4"]["rows"]
    return [
        table(v, "r4-formats", v("formats_caption"), columns, [_format(row, v) for row in rows]),
        *(_properties(row, at, v) for at, row in enumerate(rows) if row["properties"]),
    ]


def _format(row: Doc, v: Voice) -> tuple[Cell, ...]:
    trip = row["round_trip"]
    result = v.yes(None)
    if trip:
        equal = v("trip_ok", n=v.num(trip["checked"] - trip["failed"]), all=v.num(trip["checked"]))
        result = f"{equal} ({v.word('proof', trip['proof'])})"
    standards = tuple(_standard(row[name], v) for name in ("source", "pivot", "target"))
    reader = row["reader"] or v.yes(None)
    return (row["form"], v.word("workload", row["workload"]), *standards, reader, result)


def _standard(standard: Doc | None, v: Voice) -> str:
    return "–" if standard is None else f"{standard['name']} ({standard['reference'] or v('vendor_form')})"


def _properties(row: Doc, at: int, v: Voice) -> Block:
    rules = [(r["property"], v.word("property_class", r["class"]), r["why"] or "–") for r in row["properties"]]
    caption = v("properties_title", form=row["form"])
    return table(v, f"r4-properties-{at}", caption, "col_property col_class col_why", rules)


def r5(doc: Doc, v: Voice) -> list[Block]:
    columns = "col_charge col_wave col_items# col_volume# col_rate# col_median# col_p90# col_windows# col_downtime#"
    names = ("items", "volume", "rate", "median", "p90", "windows", "downtime")
    rows = [(v.word("workload", row["workload"]), row["wave"], *figures(v, row, *names)) for row in doc["r5"]["rows"]]
    blocks: list[Block] = [table(v, "r5-volume", v("volume_caption"), columns, rows)]
    return [*blocks, *texts(v, v("hypotheses"), doc["r5"]["hypotheses"])]


def r6(doc: Doc, v: Voice) -> list[Block]:
    columns = "col_phase col_place col_command col_who col_prerequisites col_rto col_rpo col_written col_rehearsed"
    alike: dict[tuple[Cell, ...], list[str]] = {}
    for row in doc["way_back"]:
        alike.setdefault(_way(row, v), []).append(v.word("workload", row["workload"]))
    waves = [row["wave"] for row in doc["way_back"]]
    rows = [
        (phase, f"{wave}{v('colon')} {', '.join(workloads)}", *rest)
        for (phase, wave, *rest), workloads in sorted(alike.items(), key=lambda way: waves.index(str(way[0][1])))
    ]
    return [table(v, "r6-way-back", v("way_back_caption"), columns, rows), Line(v("typed_where"))]


def _way(row: Doc, v: Voice) -> tuple[Cell, ...]:
    """All that a row says but its workload: workloads that go back alike stand on one line."""
    named = bool(row["command"])
    return (
        v.word("phase", row["phase"]),
        row["wave"],
        code(row["command"] or None),
        (row["who"] or v("blank")) if named else "–",
        v.of(row, "prerequisites"),
        with_basis(row, "rto", v) if named else "–",
        with_basis(row, "rpo", v) if named else "–",
        v.of(row, "written_since"),
        v.day(row["rehearsed"], v("never")) if named else "–",
    )


def with_basis(row: Doc, name: str, v: Voice) -> str:
    """`2 h (estimé)`, or `non évalué`."""
    basis = v.word("basis", row[f"{name}_basis"])
    return basis if row[name] is None else f"{v.of(row, name)} ({basis})"


def r7(doc: Doc, v: Voice) -> list[Block]:
    if not doc["points_of_no_return"]:
        return [Line(v("points_none"))]
    columns = "col_wave col_step col_condition col_on col_irreversible col_frozen col_signs"
    rows = [
        (
            point["wave"],
            Code(v.of(point, "step")),
            v.of(point, "condition"),
            v.day(point["on"], v("undated")),
            v.of(point, "irreversible"),
            v.day(point["source_frozen_until"], v("undated")),
            f"{point['signed_by']} ({v('signed')})" if point["signed_by"] else point["signs"] or v("blank"),
        )
        for point in doc["points_of_no_return"]
    ]
    return [table(v, "r7-points", v("points_caption"), columns, rows)]


def r8(doc: Doc, v: Voice) -> list[Block]:
    restoration, rehearsal = doc["r8"]["restoration"], doc["r8"]["rehearsal"]
    blocks: list[Block] = (
        [Listing(v("steps"), tuple(v.text(step) for step in restoration["steps"]), ordered=True)]
        if known(restoration)
        else [missing(v, restoration, v("steps"))]
    )
    if not known(rehearsal):
        return [*blocks, missing(v, rehearsal, v("last_rehearsal"))]
    result = v("rehearsal_passed" if rehearsal["passed"] else "rehearsal_failed")
    said = v("rehearsal_line", day=v.day(rehearsal["on"]), what=v.text(rehearsal["what"]), result=result)
    if rehearsal["duration"]:
        said += f" ({v('rehearsal_lasted', duration=v.figure(rehearsal['duration']))})"
    note = [Line(v.text(rehearsal["note"]), v("col_note"))] if rehearsal["note"] else []
    return [*blocks, Line(said, v("last_rehearsal")), *note]


FIRST: dict[str, Callable[[Doc, Voice], list[Block]]] = {
    "r0": r0,
    "r1": r1,
    "r2": r2,
    "r3": r3,
    "r4": r4,
    "r5": r5,
    "r6": r6,
    "r7": r7,
    "r8": r8,
}
