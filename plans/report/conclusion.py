"""GO, GO with N decisions, or NO GO: one pure function, with every reason and every decision that is still open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from transhumance.plans.report.classes import Verdict, belongs
from transhumance.plans.report.facts import Cell, Loss, Quarantined, ReportFacts, Text, Verification
from transhumance.plans.report.wording import day, number, plural
from transhumance.plans.report.words import word

Go = Literal["go", "go_with_decisions", "no_go"]
Judged = Sequence[tuple[Cell, Verdict]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDecision:
    """A decision still to take. `derived`: the tool asks for it, nobody had written it down. `waves` empty: all of
    them."""

    what: Text
    owner: str | None = None
    due: date | None = None
    code: str | None = None
    waves: tuple[str, ...] = ()
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a wave can't go; `wave` None: no wave can."""

    wave: str | None
    text: Text


@dataclass(frozen=True, slots=True)
class WaveConclusion:
    """The same answer for one wave."""

    wave: str
    go: Go
    decisions: int
    reasons: int


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The answer for the whole report is the worst of its waves."""

    go: Go
    reasons: tuple[Reason, ...]
    decisions: tuple[OpenDecision, ...]
    waves: tuple[WaveConclusion, ...]
    sentence: Text


def conclude(facts: ReportFacts, judged: Judged) -> Conclusion:
    """NO GO for each wave with a reason against it; else GO, with as many decisions as are open.

    Against: nothing assessed; a class N or E (an empty cell aside); a defect found by verification; a gate refused;
    the last rehearsal of the way back failed. To decide: written decisions; each loss code above `info` that nobody
    accepted or whose acceptance has run out; blocked items without a code; a missing way back; the signature under a
    point of no return where a cell is D.
    """
    reasons, decisions = _against(facts, judged), _to_decide(facts, judged)
    waves = tuple(_of_wave(wave, reasons, decisions) for wave in wave_names(facts))
    go = _answer(reasons, decisions)
    return Conclusion(go, tuple(reasons), tuple(decisions), waves, _sentence(go, reasons, decisions))


def wave_names(facts: ReportFacts) -> list[str]:
    """The waves in the plan's order, then any that only a cell names."""
    known = [wave.id for wave in facts.waves]
    return known + sorted({cell.wave for cell in facts.cells} - set(known))


def by_place(losses: Iterable[Loss]) -> dict[tuple[str, str], list[Loss]]:
    """(workload, wave) -> its losses."""
    places: dict[tuple[str, str], list[Loss]] = {}
    for loss in losses:
        places.setdefault((loss.workload, loss.wave), []).append(loss)
    return places


def accepted(loss: Loss, on: date) -> bool:
    """Whether somebody accepts the loss on that day."""
    return loss.accepted_by is not None and (loss.accepted_until is None or loss.accepted_until >= on)


def _answer(reasons: Sequence[Reason], decisions: Sequence[OpenDecision]) -> Go:
    return "no_go" if reasons else "go_with_decisions" if decisions else "go"


def _of_wave(wave: str, reasons: Sequence[Reason], decisions: Sequence[OpenDecision]) -> WaveConclusion:
    against = [reason for reason in reasons if reason.wave in (None, wave)]
    open_ = [decision for decision in decisions if not decision.waves or wave in decision.waves]
    return WaveConclusion(wave, _answer(against, open_), len(open_), len(against))


def _against(facts: ReportFacts, judged: Judged) -> list[Reason]:
    if not any(cell.items for cell, _ in judged):
        return [Reason(None, Text("rien n'a été évalué", "nothing was assessed"))]
    reasons = [_bad_cell(cell, verdict) for cell, verdict in judged if cell.items and verdict.letter in "EN"]
    for check in facts.verification or ():
        if check.defects:
            reasons.append(
                Reason(
                    check.wave,
                    Text(
                        f"{_where(check, 'fr')} : vérification, {_n(check.defects, 'défaut', 'défauts', 'fr')}",
                        f"{_where(check, 'en')}: verification, {_n(check.defects, 'defect', 'defects', 'en')}",
                    ),
                )
            )
    reasons += _refused_gates(facts)
    rehearsal = facts.last_rehearsal
    if rehearsal and not rehearsal.passed:
        reasons.append(
            Reason(
                rehearsal.wave,
                Text(
                    f"la dernière répétition du retour ({day(rehearsal.on, 'fr')}) a échoué",
                    f"the last rehearsal of the way back ({day(rehearsal.on, 'en')}) failed",
                ),
            )
        )
    return reasons


def _bad_cell(cell: Cell, verdict: Verdict) -> Reason:
    first = verdict.reasons[0]
    fr, en = (f"{_where(cell, lang)}, {word('class', verdict.letter, lang)}" for lang in ("fr", "en"))
    return Reason(cell.wave, Text(f"{fr} ({first.fr})", f"{en} ({first.en})"))


def _refused_gates(facts: ReportFacts) -> list[Reason]:
    last = {
        (event.wave, event.gate): event for event in facts.gates or ()
    }  # the later event of a gate is the one that counts
    return [
        Reason(wave, Text(f"étape de validation « {gate} » refusée", f"gate “{gate}” refused"))
        for (wave, gate), event in last.items()
        if event.outcome == "refused"
    ]


def _to_decide(facts: ReportFacts, judged: Judged) -> list[OpenDecision]:
    written = [
        OpenDecision(
            what=decision.what, owner=decision.owner, due=decision.due, code=decision.code,
            waves=(decision.wave,) if decision.wave else (),
        )
        for decision in facts.decisions
        if not decision.closed
    ]  # fmt: skip
    asked = {decision.code for decision in written if decision.code}
    derived = [
        *_open_losses(facts, judged, asked),
        *_unnamed_blocks(facts, judged),
        *_set_aside(facts),
        *_unsigned(facts, judged),
        *_no_way_back(facts),
    ]
    return sorted(written, key=lambda d: (d.due is None, d.due or date.max, d.what.fr)) + derived


def _open_losses(facts: ReportFacts, judged: Judged, asked: set[str]) -> list[OpenDecision]:
    on, order = facts.identity.generated.date(), [*wave_names(facts), *sorted({loss.wave for loss in facts.losses})]
    open_ = [loss for loss in facts.losses if loss.severity != "info" and loss.count > 0 and not accepted(loss, on)]
    by_code: dict[str, list[Loss]] = {}
    for loss in open_:
        by_code.setdefault(loss.code, []).append(loss)
    return [
        OpenDecision(
            what=Text(
                f"Accepter {code}, ou y remédier : {losses[0].what.fr}",
                f"Accept {code}, or remedy it: {losses[0].what.en}",
            ),
            code=code,
            waves=tuple(sorted({loss.wave for loss in losses}, key=order.index)),
            derived=True,
        )
        for code, losses in sorted(by_code.items())
        if code not in asked
    ]  # fmt: skip


def _unnamed_blocks(facts: ReportFacts, judged: Judged) -> list[OpenDecision]:
    """Blocked items that no loss above `info` asks about already: one decision for each code that blocks them, or for
    those whose code nobody gathered."""
    by_cell = by_place(loss for loss in facts.losses if loss.severity != "info")
    listed = facts.blocked or ()
    decisions, asked = [], {(loss.code, loss.workload, loss.wave) for losses in by_cell.values() for loss in losses}
    places = dict.fromkeys((item.code, item.workload, item.wave) for item in listed)
    for code, workload, wave in sorted(set(places) - asked):
        here = [item for item in listed if (item.code, item.workload, item.wave) == (code, workload, wave)]
        targets = ", ".join(dict.fromkeys(item.target for item in here))
        decisions.append(_to_settle(workload, wave, targets, len({item.ref for item in here}), code))
    for cell, verdict in judged:
        place = (cell.workload, cell.wave, cell.target)
        left = verdict.blocked - sum((item.workload, item.wave, item.target) == place for item in listed)
        own = by_cell.get((cell.workload, cell.wave), ())
        if left > 0 and not any(loss.severity == "blocked" and belongs(loss, cell) for loss in own):
            decisions.append(_to_settle(cell.workload, cell.wave, cell.target, left, None))
    return decisions


def _set_aside(facts: ReportFacts) -> list[OpenDecision]:
    """What waits in quarantine, one decision for each code, workload and wave; what the losses or the blocked items
    ask about already is not asked twice."""
    on = facts.identity.generated.date()
    asked = {(loss.code, loss.workload, loss.wave) for loss in facts.losses if not accepted(loss, on)}
    asked |= {(item.code, item.workload, item.wave) for item in facts.blocked or ()}
    found: dict[tuple[str, str, str], list[Quarantined]] = {}
    for row in facts.quarantine or ():
        if (row.code, row.workload, row.wave) not in asked:
            found.setdefault((row.code, row.workload, row.wave), []).append(row)
    return [_of_quarantine(place, rows) for place, rows in sorted(found.items())]


def _of_quarantine(place: tuple[str, str, str], rows: Sequence[Quarantined]) -> OpenDecision:
    (code, workload, wave), n = place, len({row.ref for row in rows})
    match = rows[0].operation == "match"
    fr = ("sujet bloqué", "sujets bloqués") if match else ("élément en quarantaine", "éléments en quarantaine")
    en = ("blocked subject", "blocked subjects") if match else ("item in quarantine", "items in quarantine")
    cause, where_fr, where_en = rows[0].cause, word("workload", workload, "fr"), word("workload", workload, "en")
    return OpenDecision(
        what=Text(
            f"Décider du sort de {_n(n, *fr, 'fr')}, {where_fr} ({code}) : {cause.fr}",
            f"Decide what becomes of {_n(n, *en, 'en')}, {where_en} ({code}): {cause.en}",
        ),
        code=code,
        waves=(wave,),
        derived=True,
    )


def _to_settle(workload: str, wave: str, target: str, n: int, code: str | None) -> OpenDecision:
    """`n` blocked items, counted once whatever the number of targets."""
    fr, en = (f" ({code})" if code else f" {text}" for text in ("sans code", "without a code"))
    where_fr, where_en = (f"{word('workload', workload, lang)} → {target}" for lang in ("fr", "en"))
    return OpenDecision(
        what=Text(
            f"Décider du sort de {_n(n, 'élément bloqué', 'éléments bloqués', 'fr')}{fr} : {where_fr}",
            f"Decide what becomes of {_n(n, 'blocked item', 'blocked items', 'en')}{en}: {where_en}",
        ),
        code=code,
        waves=(wave,),
        derived=True,
    )


def _unsigned(facts: ReportFacts, judged: Judged) -> list[OpenDecision]:
    waves = {cell.wave for cell, verdict in judged if verdict.letter == "D"}
    return [
        OpenDecision(
            what=Text(
                f"Signer le point de non-retour : {point.step.fr}", f"Sign the point of no return: {point.step.en}"
            ),
            owner=point.signs,
            due=point.on,
            waves=(point.wave,),
            derived=True,
        )
        for point in facts.points_of_no_return or ()
        if point.wave in waves and point.signed_by is None
    ]


def _no_way_back(facts: ReportFacts) -> list[OpenDecision]:
    """Leaving without a described way back is somebody's decision, not the tool's."""
    if facts.way_back:
        return []
    what = Text("Partir sans chemin du retour décrit (section R6)", "Leave without a described way back (section R6)")
    return [OpenDecision(what=what, derived=True)]


def _where(row: Cell | Verification, lang: str) -> str:
    return f"{word('workload', row.workload, lang)} → {row.target}"


def _n(count: int, one: str, many: str, lang: str) -> str:
    return f"{number(count, lang)} {plural(count, one, many, lang)}"


def _sentence(go: Go, reasons: Sequence[Reason], decisions: Sequence[OpenDecision]) -> Text:
    if go == "go":
        return Text(
            "Rien ne s'oppose au départ, et aucune décision n'est ouverte.",
            "Nothing stands against leaving, and no decision is open.",
        )
    if go == "go_with_decisions":
        n = len(decisions)
        fr = plural(n, "prise la décision ouverte", f"prises les {n} décisions ouvertes", "fr")
        en = plural(n, "the open decision is taken", f"the {n} open decisions are taken", "en")
        return Text(f"Rien ne s'oppose au départ, une fois {fr}.", f"Nothing stands against leaving, once {en}.")
    n = len(reasons)
    return Text(
        f"Le départ n'est pas possible en l'état : {_n(n, 'motif', 'motifs', 'fr')} à lever d'abord.",
        f"Leaving is not possible as things stand: {_n(n, 'reason', 'reasons', 'en')} to be cleared first.",
    )
