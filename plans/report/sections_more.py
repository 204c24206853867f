"""Sections R9 to R18 of the page, from the document alone; and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transhumance.plans.report.blocks import (
    Anchor,
    Block,
    Cell,
    Code,
    Doc,
    Line,
    code,
    figures,
    known,
    missing,
    table,
    texts,
)
from transhumance.plans.report.sections import FIRST
from transhumance.plans.report.voice import Voice


def r9(doc: Doc, v: Voice) -> list[Block]:
    rows = [
        (v.text(r["part"]), v.text(r["now"]), v.text(r["back"]), r["who"] or "–", v.day(r["rehearsed"], v("never")))
        for r in doc["r9"]["rows"]
    ]
    return [
        table(v, "r9-switch", v("switch_caption"), "col_part col_now col_return col_who col_rehearsed", rows),
    ]


def r10(doc: Doc, v: Voice) -> list[Block]:
    if not doc["r10"]["rows"]:
        return [Line(v("affinity_none"))]
    rows = [
        (
            v.word("link", r["kind"]),
            r["wave"],
            v.num(r["count"]),
            v.text(r["effect"]),
            v.text(r["remedy"]),
            _codes(r["sample"]),
        )
        for r in doc["r10"]["rows"]
    ]
    columns = "col_link col_wave col_count# col_effect col_remedy col_samples"
    return [table(v, "r10-links", v("affinity_caption"), columns, rows)]


def _codes(sample: list[str]) -> Cell:
    return tuple(Code(ref) for ref in sample) or "–"


def r11(doc: Doc, v: Voice) -> list[Block]:
    rows = [
        (v.text(r["what"]), v.text(r["period"]), v.yes(r["legal_hold"]), r["decided_by"] or v("unnamed"))
        for r in doc["r11"]["rows"]
    ]
    return [table(v, "r11-retention", v("retention_caption"), "col_what col_period col_hold col_decided", rows)]


def r12(doc: Doc, v: Voice) -> list[Block]:
    section = doc["r12"]
    rows = [(Code(r["account"]), r["endpoint"], v.text(r["rights"]), v.text(r["excess"])) for r in section["accounts"]]
    accounts = table(v, "r12-accounts", v("accounts_caption"), "col_account col_endpoint col_rights col_excess", rows)
    return [
        accounts,
        *texts(v, v("encryption"), section["encryption"]),
        Line(code(section["work_area"]), v("work_area")),
        Line(v.day(section["purge_on"], v("undated")), v("purge_on")),
    ]


def r13(doc: Doc, v: Voice) -> list[Block]:
    section = doc["r13"]
    rows = [(v.text(r["task"]), *figures(v, r, "days"), r["who"] or v("unnamed")) for r in section["rows"]]
    blocks: list[Block] = [table(v, "r13-effort", v("effort_caption"), "col_task col_days# col_who", rows)]
    return [*blocks, *texts(v, v("hypotheses"), section["hypotheses"])]


def r14(doc: Doc, v: Voice) -> list[Block]:
    section = doc["r14"]
    rows = [(v.text(r["what"]), v.yes(r["met"]), v.moment(r["when"])) for r in section["preconditions"]]
    notice = v.yes(None) if section["notice_days"] is None else v.counted("days", section["notice_days"])
    return [
        table(v, "r14-erasure", v("erasure_caption"), "col_what col_met col_when", rows),
        Line(notice, v("notice")),
        Line(v.text(section["minutes"]), v("minutes")),
    ]


def r15(doc: Doc, v: Voice) -> list[Block]:
    section = doc["r15"]
    checks = section["verification"]
    blocks = _checks(doc, v) if known(checks) else [missing(v, checks, v("checks_caption"))]
    if not known(section["quarantine"]):
        return [*blocks, missing(v, section["quarantine"], v("quarantine"))]
    rows = [_quarantined(row, v) for row in section["quarantine"]["rows"]]
    if not rows:
        return [*blocks, Line(v("quarantine_none"))]
    columns = "col_ref col_wave col_workload col_operation col_code col_cause col_remedy col_attempts# col_since"
    return [*blocks, table(v, "r15-quarantine", v("quarantine_caption"), columns, rows, "quarantine.csv")]


def _checks(doc: Doc, v: Voice) -> list[Block]:
    rows = [
        (
            f"{v.word('workload', row['workload'])} → {row['target']}",
            row["wave"],
            v.of(row, "method"),
            v.num(row["checked"]),
            v("full_check") if row["sample"] is None else v.num(row["sample"]),
            v.num(row["defects"]),
            code(row["seed"]),
        )
        for row in doc["verification"]
    ]
    columns = "col_workload col_wave col_method col_checked# col_sample# col_defects# col_seed"
    return [table(v, "r15-checks", v("checks_caption"), columns, rows, "verification.csv"), Line(v("sampling_rule"))]


def _quarantined(row: Doc, v: Voice) -> tuple[Cell, ...]:
    return (
        Code(row["ref"]),
        row["wave"],
        _quarantined_place(row, v),
        v.word("operation", row["operation"]),
        Code(row["code"]),
        v.text(row["cause"]),
        v.text(row["remedy"]),
        v.num(row["attempts"]),
        v.moment(row["since"]),
    )


def _quarantined_place(row: Doc, v: Voice) -> str:
    """A subject that is matched to nobody never came to a target: its source stands there."""
    arrow = "←" if row["operation"] == "match" else "→"
    return f"{v.word('workload', row['workload'])} {arrow} {v.word('place', row['target'])}"


def r16(doc: Doc, v: Voice) -> list[Block]:
    evidence = doc["evidence"]
    rows: list[tuple[Cell, ...]] = [
        (v("manifest"), _or_not(evidence["manifest_sha256"], v)),
        (v("signature"), _or_not(evidence["signature"], v)),
        (v("journal"), v.yes(None) if evidence["journal_entries"] is None else v.num(evidence["journal_entries"])),
        (v("journal_root"), _or_not(evidence["journal_root"], v)),
        (v("timestamp"), _or_not(evidence["timestamp_token"], v)),
        (v("verify_command"), _or_not(evidence["verify_command"], v)),
    ]
    return [table(v, "r16-evidence", v("evidence_caption"), "col_fact col_value", rows), Line(v("typed_where"))]


def _or_not(value: str | None, v: Voice) -> Cell:
    return v.yes(None) if value is None else Code(value)


def r17(doc: Doc, v: Voice) -> list[Block]:
    section = doc["r17"]
    return [
        *texts(v, v("limits_predicted"), section["predicted"]),
        *texts(v, v("limits_unseen"), section["unseen"]),
        *_source_limits(section["source"], v),
        Line(v("limits_equal")),
    ]


def _source_limits(rows: Sequence[Doc], v: Voice) -> list[Block]:
    """What the sources count and can't give, by container."""
    if not rows:
        return []
    cells = [
        (Code(r["ref"]), r["wave"], f"{v.word('workload', r['workload'])} ← {r['endpoint']}", v.text(r["what"]))
        + (v.num(r["count"]),)
        for r in rows
    ]
    columns = "col_container col_wave col_origin col_what col_count#"
    return [table(v, "r17-source", v("limits_source"), columns, cells)]


def r18(doc: Doc, v: Voice) -> list[Block]:
    rows = [
        (f"{r['text']}, {r['clause']}", v.text(r["asks"]), _links(r["sections"]), _links(r["open"]))
        for r in doc["r18"]["rows"]
    ]
    return [
        table(v, "r18-conformity", v("conformity_caption"), "col_text col_asks col_sections col_open", rows),
        Line(v("conformity_note")),
    ]


def _links(names: list[str]) -> Cell:
    return tuple(Anchor(name.upper(), f"#{name}") for name in names) or "–"


BUILDERS: dict[str, Callable[[Doc, Voice], list[Block]]] = {
    **FIRST,
    "r9": r9,
    "r10": r10,
    "r11": r11,
    "r12": r12,
    "r13": r13,
    "r14": r14,
    "r15": r15,
    "r16": r16,
    "r17": r17,
    "r18": r18,
}


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the annex: `r3`, its title, its blocks."""

    name: str
    title: str
    blocks: tuple[Block, ...]


def sections(doc: Doc, v: Voice) -> list[Section]:
    """All nineteen, in order; one without facts says so and why."""
    return [
        Section(name, v.word("section", name), tuple(build(doc, v) if known(doc[name]) else [missing(v, doc[name])]))
        for name, build in BUILDERS.items()
    ]
