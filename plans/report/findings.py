"""A card for each loss code: severity, count, what, why, remedy, where, and a folded sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transhumance.plans.report.acceptance import acceptance, accepted_here
from transhumance.plans.report.blocks import Doc, Table, slug, table
from transhumance.plans.report.document import SEVERITIES
from transhumance.plans.report.voice import Voice

MOST_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Card:
    """One finding over all the places where it was found."""

    code: str
    slug: str
    severity: str
    severity_words: str
    count: str
    what: str
    why: str
    remedy: str
    places: Table
    sample: tuple[str, ...]
    accepted: str


def cards(doc: Doc, v: Voice) -> list[Card]:
    """Worst severity first, then by code."""
    by_code: dict[str, list[Doc]] = {}
    for loss in doc["losses"]:
        by_code.setdefault(loss["code"], []).append(loss)
    order = sorted(by_code, key=lambda code: (SEVERITIES.index(_severity(by_code[code])), code))
    return [_card(code, by_code[code], v) for code in order]


def _severity(losses: Sequence[Doc]) -> str:
    return min((str(loss["severity"]) for loss in losses), key=SEVERITIES.index)


def _card(code: str, losses: Sequence[Doc], v: Voice) -> Card:
    severity = _severity(losses)
    sample = list(dict.fromkeys(ref for loss in losses for ref in loss["sample"]))
    rows = [
        (
            loss["wave"],
            v.word("workload", loss["workload"]),
            loss["target"] or v("any_target"),
            v.word("leg", loss["leg"]),
            v.num(loss["count"]),
            accepted_here(loss, v),
        )
        for loss in losses
    ]
    columns = "col_wave col_charge col_target col_leg col_count# col_accepted"
    return Card(
        code=code,
        slug=slug(code),
        severity=severity,
        severity_words=v("severity_line", word=v.word("severity", severity)),
        count=v.counted("items", sum(loss["count"] for loss in losses)),
        what=v.of(losses[0], "what"),
        why=v.of(losses[0], "why"),
        remedy=v.of(losses[0], "remedy"),
        places=table(v, f"{slug(code)}-where", v("places_caption", code=code), columns, rows, "losses.csv"),
        sample=tuple(sample[:MOST_SAMPLES]),
        accepted=acceptance(losses, v) if severity != "info" else "",
    )
