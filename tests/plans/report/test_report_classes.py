"""The classes, by their table and by laws."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.plans.report.classes import RANK, classify, weakest_proof
from transhumance.plans.report.facts import Cell, ForwardCounts, GradeCounts, Loss, ProofCounts, Text

STEP = Text("fermeture de la source", "closing of the source")


def cell(
    exact: int = 0,
    residual: int = 0,
    lossy: int = 0,
    blocked: int = 0,
    not_assessed: int = 0,
    reduced: int = 0,
    proof: str = "target",
    **more: object,
) -> Cell:
    items = exact + residual + lossy + blocked + not_assessed
    return Cell(
        **{
            "workload": "mail",
            "wave": "w",
            "target": "t",
            "items": items,
            "bytes": 0,
            "forward": ForwardCounts(items - blocked - not_assessed - reduced, reduced, blocked, not_assessed),
            "grades": GradeCounts(exact, residual, lossy, blocked, not_assessed),
            "proofs": ProofCounts(**{proof: exact + residual + lossy}),
            **more,
        }  # type: ignore[arg-type]
    )


def loss(severity: str, count: int, **more: object) -> Loss:
    text = Text("", "")
    return Loss(
        **{
            "code": f"MAIL-{severity.upper()}-01",
            "workload": "mail",
            "wave": "w",
            "target": "t",
            "leg": "target",
            "severity": severity,
            "count": count,
            "what": text,
            "why": text,
            "remedy": text,
            **more,
        }  # type: ignore[arg-type]
    )


TABLE = [
    ("all exact, read back at the target", cell(exact=9), (), False, "A"),
    ("all exact, in memory", cell(exact=9, proof="format"), (), False, "A, format"),
    ("all exact, on the target's word", cell(exact=9, proof="predicted"), (), False, "A, predicted"),
    ("the pilot wave must have come back", cell(exact=9), (), True, "A, target"),
    ("the pilot wave came back", cell(exact=9, proof="returned"), (), True, "A"),
    ("blocked items stand beside", cell(exact=9, blocked=3), (), False, "A"),
    ("a reduced item is no A", cell(exact=9, reduced=1), (), False, "B"),
    ("residue", cell(exact=9, residual=1), (), False, "B"),
    ("minor loss", cell(exact=9, lossy=2), (loss("minor", 2),), False, "B"),
    (
        "a loss of the source leg counts for each target",
        cell(exact=9, lossy=2),
        (loss("minor", 2, target=None),),
        False,
        "B",
    ),
    ("major loss on the way back", cell(exact=9, lossy=2), (loss("major", 2),), False, "D"),
    (
        "major for users, kept by the residue",
        cell(exact=9, residual=2),
        (loss("major", 2, back="residual"),),
        False,
        "B",
    ),
    ("a loss without a name is taken as major", cell(exact=9, lossy=2), (loss("minor", 1),), False, "D"),
    ("another wave's loss names nothing here", cell(exact=9, lossy=2), (loss("minor", 2, wave="x"),), False, "D"),
    ("acceptance changes no class", cell(exact=9, lossy=2), (loss("major", 2, accepted_by="DG"),), False, "D"),
    ("no way back was run beyond a step", cell(exact=9, reversible_until=STEP), (), False, "C"),
    ("a step without inverse", cell(exact=9, without_inverse=(STEP,)), (), False, "D"),
    ("most are blocked", cell(exact=9, blocked=10), (), False, "E"),
    ("half is not most", cell(exact=9, blocked=9), (), False, "A"),
    ("the main body is blocked", cell(exact=9, blocked=1, main_body_blocked=True), (), False, "E"),
    ("one not assessed", cell(exact=9, not_assessed=1), (), False, "N"),
    ("within the plan's bound, but no A", cell(exact=9, not_assessed=1, not_assessed_bound=1), (), False, "B"),
    ("above the plan's bound", cell(exact=9, not_assessed=2, not_assessed_bound=1), (), False, "N"),
    ("N goes before E", cell(blocked=9, not_assessed=1), (), False, "N"),
    ("a sample", cell(exact=9, basis="estimated"), (), False, "N"),
    ("an empty cell", cell(), (), False, "N"),
    ("an answer without a proof", cell(exact=9, proofs=ProofCounts(target=8)), (), False, "N"),
    ("identities without passwords", cell(exact=9, workload="identities", passwords_return=False), (), False, "B"),
    ("identities, nobody knows", cell(exact=9, workload="identities"), (), False, "B"),
    ("identities with passwords", cell(exact=9, workload="identities", passwords_return=True), (), False, "A"),
]


@pytest.mark.parametrize("given_cell, losses, pilot, label", [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_table(given_cell: Cell, losses: tuple[Loss, ...], pilot: bool, label: str) -> None:
    verdict = classify(given_cell, losses, pilot=pilot)
    assert verdict.label == label
    assert bool(verdict.reasons) == (verdict.letter != "A")


def test_weakest_proof_is_the_weakest_of_the_answers() -> None:
    assert weakest_proof(cell(exact=3, proofs=ProofCounts(target=2, format=1))) == "format"
    assert weakest_proof(cell(exact=3, proofs=ProofCounts(target=2))) is None
    assert weakest_proof(cell(blocked=3, proofs=ProofCounts())) is None


def test_reasons_name_all_that_holds_it_back() -> None:
    verdict = classify(cell(blocked=9, lossy=1, not_assessed=2, without_inverse=(STEP,)), ())
    said = " / ".join(reason.en for reason in verdict.reasons)
    assert verdict.letter == "N"
    for part in ("2 items not assessed", "most items are blocked", "1 loss without a name", "step without inverse"):
        assert part in said


counts = st.integers(0, 40)
cells = st.builds(
    cell,
    exact=counts,
    residual=counts,
    lossy=counts,
    blocked=counts,
    not_assessed=st.sampled_from([0, 0, 0, 1, 7]),
    proof=st.sampled_from(["predicted", "format", "target", "returned"]),
    workload=st.sampled_from(["mail", "identities"]),
    passwords_return=st.sampled_from([None, True, False]),
    not_assessed_bound=st.integers(0, 3),
    basis=st.sampled_from(["measured", "measured", "estimated"]),
    main_body_blocked=st.booleans(),
    reversible_until=st.sampled_from([None, STEP]),
    without_inverse=st.sampled_from([(), (STEP,)]),
)


def named(case: Cell, minor: bool) -> tuple[Loss, ...]:
    return (loss("minor" if minor else "major", case.grades.lossy, workload=case.workload),)


def add(case: Cell, grade: str, forward: str) -> Cell:
    """The same cell with one item more."""
    grades = replace(case.grades, **{grade: getattr(case.grades, grade) + 1})
    answered = replace(case.forward, **{forward: getattr(case.forward, forward) + 1})
    proofs = case.proofs
    if grade in ("exact", "residual", "lossy"):
        proofs = replace(proofs, predicted=proofs.predicted + 1)
    return replace(case, items=case.items + 1, grades=grades, forward=answered, proofs=proofs)


@given(cells, st.booleans(), st.booleans(), st.sampled_from(["residual", "lossy", "not_assessed"]))
def test_a_worse_item_never_betters_the_class(case: Cell, minor: bool, pilot: bool, grade: str) -> None:
    """An item as bad as any that speaks in the cell (blocked ones stand beside) leaves its class, or worsens it."""
    if not case.items or 2 * case.grades.blocked > case.items:
        return  # empty: any item is news; mostly blocked: an item that is not blocked is a better one
    if grade == "residual" and case.grades.lossy:
        return
    before = classify(case, named(case, minor), pilot=pilot)
    worse = add(case, grade, "not_assessed" if grade == "not_assessed" else "full")
    after = classify(worse, named(worse, minor), pilot=pilot)
    assert RANK.index(after.letter) >= RANK.index(before.letter)


@given(cells, st.booleans())
def test_a_blocked_item_never_betters_the_class(case: Cell, minor: bool) -> None:
    if not case.items:
        return
    before = classify(case, named(case, minor))
    after = classify(add(case, "blocked", "blocked"), named(case, minor))
    assert RANK.index(after.letter) >= RANK.index(before.letter)
    assert after.blocked == before.blocked + 1


@given(cells, st.booleans())
def test_what_was_not_assessed_is_never_folded_away(case: Cell, minor: bool) -> None:
    verdict = classify(case, named(case, minor))
    assert verdict.not_assessed == case.grades.not_assessed
    if case.grades.not_assessed > case.not_assessed_bound or case.basis == "estimated" or not case.items:
        assert verdict.letter == "N"
    if case.grades.not_assessed:
        assert verdict.letter != "A"


@given(cells)
def test_an_a_needs_every_item_full_and_exact(case: Cell) -> None:
    if classify(case, named(case, True)).letter == "A":
        assert case.grades.exact == case.items - case.grades.blocked
        assert case.forward.full == case.items - case.forward.blocked
        assert case.workload != "identities" or case.passwords_return


@given(cells, st.booleans(), st.sampled_from(["DG", None]))
def test_acceptance_never_changes_a_class(case: Cell, minor: bool, who: str | None) -> None:
    losses = named(case, minor)
    assert classify(case, losses) == classify(case, [replace(x, accepted_by=who) for x in losses])
