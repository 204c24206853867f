"""The JSON document of a report, of which every page, table and summary is a view.

Texts: in the lists that other programs rely on (`losses`, `decisions`, `way_back`, ...) a text is a string in the
document's own language (`lang`, French), and `translations` beside it has the others. In the sections `r0` to `r18` it
is `{"fr": ..., "en": ...}`. Same facts, same bytes: everything is sorted, nothing is read from a clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from transhumance.plans.report.classes import Verdict, classify, weakest_proof
from transhumance.plans.report.conclusion import Conclusion, accepted, by_place, conclude, wave_names
from transhumance.plans.report.conformity import REQUIREMENTS
from transhumance.plans.report.facts import Cell, ReportFacts, Text
from transhumance.plans.report.wording import storable
from transhumance.plans.report.words import MISSING

FORMAT = "transhumance.reversibility/1"
LANG = "fr"
WORKLOADS = ("identities", "mail", "calendars", "contacts", "tasks", "documents", "databases")
PHASES = ("initial", "delta", "cutover", "hypercare", "decommissioning")
SEVERITIES = ("blocked", "major", "minor", "info")
Json = dict[str, Any]


class ReportDefect(Exception):
    """The facts contradict themselves: a defect of the tool, never of the source. No report is written."""


def build(facts: ReportFacts) -> Json:
    """The document. Raises ReportDefect where the answers of a cell don't sum to its items, where a count is negative,
    or where a cell is given twice."""
    cells = _checked(facts)
    losses = by_place(facts.losses)
    judged = [
        (cell, classify(cell, losses.get((cell.workload, cell.wave), ()), pilot=_is_pilot(facts, cell)))
        for cell in cells
    ]
    conclusion = conclude(facts, judged)
    order = _Order(facts)
    today = facts.identity.generated.date()
    return {
        "format": FORMAT,
        "lang": LANG,
        "identity": _identity(facts),
        "verdicts": [_verdict(cell, verdict) for cell, verdict in judged],
        "losses": [flat(loss) | {"accepted": accepted(loss, today)} for loss in sorted(facts.losses, key=order.loss)],
        "decisions": [flat(decision) for decision in conclusion.decisions],
        "not_covered": [flat_text("what", text) for text in facts.not_covered],
        "way_back": [flat(row) for row in sorted(facts.way_back or (), key=order.way_back)],
        "points_of_no_return": [flat(p) for p in sorted(facts.points_of_no_return or (), key=order.point)],
        "verification": [flat(row) for row in sorted(facts.verification or (), key=order.place)],
        "evidence": plain(facts.evidence) if facts.evidence else {"manifest_sha256": None, "signature": None},
        **_sections(facts, judged, conclusion, order),
    }


def document_bytes(document: Mapping[str, Any]) -> bytes:
    """The document as it is written and digested: UTF-8, indented, a line feed at its end."""
    return (json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def document_digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of `document_bytes`, in hexadecimal."""
    return hashlib.sha256(document_bytes(document)).hexdigest()


def plain(value: Any) -> Any:
    """Facts as JSON values: a text is an object of both languages, a time its ISO 8601 form, a name with lone
    surrogates readable."""
    if isinstance(value, str):
        return storable(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name.rstrip("_"): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, date):
        if isinstance(value, datetime) and value.tzinfo is None:
            raise ReportDefect(f"{value.isoformat()}: a time without its zone")
        return value.isoformat()
    if isinstance(value, Mapping):
        return {storable(str(key)): plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, Iterable):
        return [plain(element) for element in value]
    return value


def flat(value: Any) -> Json:
    """A fact whose texts are strings in the document's language, with `translations` beside them."""
    row: Json = {}
    english: Json = {}
    for field in fields(value):
        element = getattr(value, field.name)
        if isinstance(element, Text):
            row[field.name], english[field.name] = storable(element.fr), storable(element.en)
        else:
            row[field.name] = plain(element)
    return {**row, "translations": {"en": english}}


def flat_text(name: str, text: Text) -> Json:
    """The same for a lone text."""
    return {name: storable(text.fr), "translations": {"en": {name: storable(text.en)}}}


def _checked(facts: ReportFacts) -> list[Cell]:
    cells = sorted(facts.cells, key=_Order(facts).place)
    seen: set[tuple[str, str, str]] = set()
    for cell in cells:
        name = (cell.workload, cell.wave, cell.target)
        where = " / ".join(name)
        if name in seen:
            raise ReportDefect(f"{where}: given twice")
        seen.add(name)
        for label, counts in (("forward", cell.forward), ("grades", cell.grades)):
            values = list(plain(counts).values())
            if min(values) < 0 or sum(values) != cell.items:
                raise ReportDefect(f"{where}: {label} {values} must be counts that sum to {cell.items} items")
        proofs = list(plain(cell.proofs).values())
        if min(proofs) < 0 or sum(proofs) > cell.items:
            raise ReportDefect(f"{where}: proofs {proofs} are more than its {cell.items} items")
        if min(cell.bytes, cell.not_assessed_bound) < 0:
            raise ReportDefect(f"{where}: bytes {cell.bytes} and bound {cell.not_assessed_bound} can't be negative")
    if negative := [loss.code for loss in facts.losses if loss.count < 0]:
        raise ReportDefect(f"{', '.join(negative)}: a loss can't be counted {min(x.count for x in facts.losses)} times")
    return cells


def _is_pilot(facts: ReportFacts, cell: Cell) -> bool:
    return any(wave.pilot and wave.id == cell.wave for wave in facts.waves)


class _Order:
    """Sort keys: waves in the plan's order, workloads and phases in the design's, then by name."""

    def __init__(self, facts: ReportFacts) -> None:
        self._waves = {name: at for at, name in enumerate(wave_names(facts))}

    def wave(self, name: str) -> tuple[int, str]:
        return self._waves.get(name, len(self._waves)), name

    def place(self, row: Any) -> tuple[Any, ...]:
        return (self.wave(row.wave), _at(WORKLOADS, row.workload), row.target or "", repr(row))

    def loss(self, row: Any) -> tuple[Any, ...]:
        return (SEVERITIES.index(row.severity), row.code, *self.place(row))

    def way_back(self, row: Any) -> tuple[Any, ...]:
        return (self.wave(row.wave), _at(WORKLOADS, row.workload), _at(PHASES, row.phase), repr(row))

    def point(self, row: Any) -> tuple[Any, ...]:
        return (self.wave(row.wave), _at(PHASES, row.phase), repr(row))

    def row(self, row: Any) -> tuple[Any, ...]:
        """For rows that have a wave, a workload, both or neither."""
        wave, workload = getattr(row, "wave", ""), getattr(row, "workload", "")
        return (self.wave(wave or ""), _at(WORKLOADS, workload), repr(row))


def _at(known: Sequence[str], name: str) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known), name)


def _identity(facts: ReportFacts) -> Json:
    identity: Json = plain(facts.identity)
    first = ("plan", "revision", "digests", "pass", "generated", "expires", "tool")
    return {name: identity[name] for name in first} | {k: v for k, v in identity.items() if k not in first}


def _verdict(cell: Cell, verdict: Verdict) -> Json:
    return {
        "workload": storable(cell.workload),
        "wave": storable(cell.wave),
        "target": storable(cell.target),
        "class": verdict.letter,
        "label": verdict.label,
        "proof": weakest_proof(cell) or "not_assessed",
        "items": cell.items,
        "bytes": cell.bytes,
        "basis": cell.basis,
        "forward": plain(cell.forward),
        "grades": plain(cell.grades),
        "proofs": plain(cell.proofs),
        "legs": plain(cell.legs),
        "blocked": verdict.blocked,
        "not_assessed": verdict.not_assessed,
        "not_assessed_bound": cell.not_assessed_bound,
        "reasons": plain(verdict.reasons),
        "residue_until": plain(cell.residue_until),
    }


def _section(facts: ReportFacts, name: str, content: Json | None) -> Json:
    """A section with its content, or `not_assessed` and why."""
    if content is None:
        return {"status": "not_assessed", "reason": plain(facts.missing.get(name, MISSING))}
    return {"status": "assessed", "reason": None, **content}


def _rows(rows: Iterable[Any] | None, key: Any, name: str = "rows") -> Json | None:
    return None if rows is None else {name: [plain(row) for row in sorted(rows, key=key)]}


def _see(value: object, name: str) -> Json | None:
    """The content of a section whose rows are one of the document's own lists."""
    return None if value is None else {"see": name}


def _sections(
    facts: ReportFacts, judged: Sequence[tuple[Cell, Verdict]], conclusion: Conclusion, order: _Order
) -> Json:
    identity = {
        "waves": plain(facts.waves),
        "gates": plain(facts.gates),
        "method": plain(facts.method),
        "see": "identity",
    }
    matrix = _rows(facts.matrix, lambda r: (_at(WORKLOADS, r.workload), r.kind, r.property, r.target, repr(r)))
    contents: dict[str, Json | None] = {
        "r0": identity,
        "r1": _r1(facts, judged, conclusion, order),
        "r2": _r2(facts),
        "r3": matrix,
        "r4": _rows(facts.formats, order.row),
        "r5": _r5(facts, order),
        "r6": _see(facts.way_back, "way_back"),
        "r7": _see(facts.points_of_no_return, "points_of_no_return"),
        "r8": _r8(facts),
        "r9": _rows(facts.switch_back, repr),
        "r10": _rows(facts.affinity, order.row),
        "r11": _rows(facts.retention, repr),
        "r12": plain(facts.security),
        "r13": plain(facts.assistance),
        "r14": plain(facts.erasure),
        "r15": _r15(facts, order),
        "r16": _see(facts.evidence, "evidence"),
        "r17": plain(facts.limits),
    }
    sections = {name: _section(facts, name, content) for name, content in contents.items()}
    return {**sections, "r18": _section(facts, "r18", {"rows": _conformity(sections)})}


def _r1(facts: ReportFacts, judged: Sequence[tuple[Cell, Verdict]], conclusion: Conclusion, order: _Order) -> Json:
    """The conclusion, the totals (an item is counted once for each target), and the blocked items one by one."""
    blocked = _rows(facts.blocked, order.place, "items")
    return {
        "see": "verdicts",
        "go": conclusion.go,
        "sentence": plain(conclusion.sentence),
        "reasons": plain(conclusion.reasons),
        "waves": plain(conclusion.waves),
        "totals": _totals([cell for cell, _ in judged]),
        "blocked": _section(facts, "blocked", blocked),
    }


def _totals(cells: Sequence[Cell]) -> Json:
    source: dict[tuple[str, str], int] = {}
    for cell in cells:
        place = (cell.wave, cell.workload)
        source[place] = max(source.get(place, 0), cell.items)
    return {
        "source_items": sum(source.values()),
        "answers": sum(cell.items for cell in cells),
        "forward": _sum([plain(cell.forward) for cell in cells]),
        "grades": _sum([plain(cell.grades) for cell in cells]),
        "basis": "estimated" if any(cell.basis == "estimated" for cell in cells) else "measured",
    }


def _sum(counts: Sequence[Mapping[str, int]]) -> Json:
    return {name: sum(count[name] for count in counts) for name in (counts[0] if counts else ())}


def _r2(facts: ReportFacts) -> Json | None:
    inventory = facts.inventory
    if inventory is None:
        return None
    return {
        "systems": plain(sorted(inventory.systems, key=lambda s: (s.role != "source", s.role, s.endpoint))),
        "objects": plain(sorted(inventory.objects, key=lambda o: (o.endpoint, _at(WORKLOADS, o.workload), o.kind))),
        "exclusions": plain(sorted(inventory.exclusions, key=lambda e: (e.what, repr(e)))),
        "dependants": _section(facts, "dependants", _rows(inventory.dependants, lambda d: (d.kind, d.name, repr(d)))),
    }


def _r5(facts: ReportFacts, order: _Order) -> Json | None:
    if facts.volume is None:
        return None
    return {"rows": plain(sorted(facts.volume.rows, key=order.row)), "hypotheses": plain(facts.volume.hypotheses)}


def _r8(facts: ReportFacts) -> Json | None:
    if facts.restoration is None and facts.last_rehearsal is None:
        return None
    steps = None if facts.restoration is None else {"steps": plain(facts.restoration.steps)}
    last = None if facts.last_rehearsal is None else plain(facts.last_rehearsal)
    return {"restoration": _section(facts, "restoration", steps), "rehearsal": _section(facts, "rehearsal", last)}


def _r15(facts: ReportFacts, order: _Order) -> Json | None:
    if facts.verification is None and facts.quarantine is None:
        return None
    checks = _see(facts.verification, "verification")
    return {
        "verification": _section(facts, "verification", checks),
        "quarantine": _section(facts, "quarantine", _rows(facts.quarantine, order.place)),
    }


def _conformity(sections: Mapping[str, Json]) -> list[Json]:
    return [
        {
            **plain(requirement),
            "open": [name for name in requirement.sections if sections[name]["status"] == "not_assessed"],
        }
        for requirement in REQUIREMENTS
    ]
