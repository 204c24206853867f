"""The class of a cell, A to E or N, computed from its counts and losses and from nothing else.

A  lossless both ways               every item `full` and `exact`; proof `target`, and `returned` for the pilot
wave; before that it is written "A, predicted", "A, format", "A, target"     B  reversible with declared losses  every
item `exact`, `residual`, or `lossy` by minor codes only; identities are                                         at
best B while passwords can't return     C  reversible until a step          as B up to that step; beyond it no way back
was run     D  forward only after a step        a major loss on the way back, or a step without inverse     E  not
transferable                 most items, or the workload's main body, are blocked     N  not assessed
items without an answer or a proof above the plan's bound; a sample; nothing seen

Blocked items stand beside the class, which speaks of the others. Accepting a loss opens a gate and changes no class. N
goes before all: what was not looked at is never folded into a better class, nor hidden by a worse one (the reasons
name both)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from transhumance.plans.report.facts import Cell, Loss, Proof, Text
from transhumance.plans.report.wording import number, plural

Letter = Literal["A", "B", "C", "D", "E", "N"]
RANK = "ABCDEN"
PROOFS: tuple[Proof, ...] = ("predicted", "format", "target", "returned")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A class with all that keeps the cell from a better one. `qualifier`: the proof that stands beside an A not yet
    plain."""

    letter: Letter
    proof: Proof | None
    blocked: int
    not_assessed: int
    reasons: tuple[Text, ...] = ()
    qualifier: Proof | None = None

    @property
    def label(self) -> str:
        """`A`, `A, predicted`, `B`, ..."""
        return f"{self.letter}, {self.qualifier}" if self.qualifier else self.letter


def classify(cell: Cell, losses: Iterable[Loss], *, pilot: bool = False) -> Verdict:
    """The verdict on a cell. `losses`: those of the cell; the others are passed over. Pure."""
    own = tuple(loss for loss in losses if belongs(loss, cell))
    found = [(letter, reasons) for letter, rule in _RULES if (reasons := rule(cell, own))]
    letter = found[0][0] if found else "A"
    proof = weakest_proof(cell)
    return Verdict(
        letter=letter,
        proof=proof,
        blocked=blocked(cell),
        not_assessed=not_assessed(cell),
        reasons=tuple(reason for _, reasons in found for reason in reasons),
        qualifier=proof if letter == "A" and not _plain(proof, pilot) else None,
    )


def belongs(loss: Loss, cell: Cell) -> bool:
    """Whether a loss is one of the cell's; a loss without a target is one of every target of its wave."""
    return (
        (loss.workload, loss.wave) == (cell.workload, cell.wave)
        and loss.target in (None, cell.target)
        and loss.count > 0
    )


def blocked(cell: Cell) -> int:
    """Items that can't be moved, or can't come back."""
    return max(cell.forward.blocked, cell.grades.blocked)


def not_assessed(cell: Cell) -> int:
    """Items that lack either answer."""
    return max(cell.forward.not_assessed, cell.grades.not_assessed)


def weakest_proof(cell: Cell) -> Proof | None:
    """The weakest proof that an answer of the cell rests on; None where some answer rests on none."""
    graded = cell.grades.exact + cell.grades.residual + cell.grades.lossy
    counts = [getattr(cell.proofs, proof) for proof in PROOFS]
    if not sum(counts) or sum(counts) < graded:
        return None
    return next(proof for proof, count in zip(PROOFS, counts, strict=True) if count)


def _plain(proof: Proof | None, pilot: bool) -> bool:
    return proof == "returned" or (proof == "target" and not pilot)


def _unassessed(cell: Cell, losses: tuple[Loss, ...]) -> list[Text]:
    if not cell.items:
        return [Text("aucun élément n'a été vu", "no item was seen")]
    reasons = []
    if (n := not_assessed(cell)) > cell.not_assessed_bound:
        reasons.append(
            _count(n, "élément non évalué", "éléments non évalués", "item not assessed", "items not assessed")
        )
    graded = cell.grades.exact + cell.grades.residual + cell.grades.lossy
    proven = sum(getattr(cell.proofs, proof) for proof in PROOFS)
    if proven < graded:
        reasons.append(
            _count(
                graded - proven,
                "réponse sans preuve",
                "réponses sans preuve",
                "answer without proof",
                "answers without proof",
            )
        )
    if cell.basis == "estimated":
        reasons.append(Text("échantillon : une classe demande une passe complète", "sample: a class needs a full pass"))
    return reasons


def _not_transferable(cell: Cell, losses: tuple[Loss, ...]) -> list[Text]:
    reasons = []
    if 2 * blocked(cell) > cell.items:
        reasons.append(Text("la plupart des éléments sont bloqués", "most items are blocked"))
    if cell.main_body_blocked:
        reasons.append(Text("le corps principal est bloqué", "the main body is blocked"))
    return reasons


def _forward_only(cell: Cell, losses: tuple[Loss, ...]) -> list[Text]:
    reasons = []
    if cell.grades.lossy:
        lossy = [loss for loss in losses if loss.severity != "blocked" and loss.back in (None, "lossy")]
        major = sorted({loss.code for loss in lossy if loss.severity == "major"})
        reasons += [Text(f"perte majeure au retour : {code}", f"major loss on the way back: {code}") for code in major]
        if (unnamed := cell.grades.lossy - sum(loss.count for loss in lossy)) > 0:
            reasons.append(
                _count(unnamed, "perte sans nom", "pertes sans nom", "loss without a name", "losses without a name")
            )
    reasons += [
        Text(f"étape sans inverse : {step.fr}", f"step without inverse: {step.en}") for step in cell.without_inverse
    ]
    return reasons


def _until(cell: Cell, losses: tuple[Loss, ...]) -> list[Text]:
    step = cell.reversible_until
    if step is None:
        return []
    return [Text(f"aucun retour n'a été exécuté au-delà de : {step.fr}", f"no way back was run beyond: {step.en}")]


def _declared(cell: Cell, losses: tuple[Loss, ...]) -> list[Text]:
    reasons = []
    if n := cell.forward.reduced:
        reasons.append(
            _count(
                n,
                "élément réduit à la cible",
                "éléments réduits à la cible",
                "item reduced at the target",
                "items reduced at the target",
            )
        )
    if n := cell.grades.residual:
        reasons.append(
            _count(
                n,
                "retour à l'aide du résidu",
                "retours à l'aide du résidu",
                "return by the residue",
                "returns by the residue",
            )
        )
    if n := cell.grades.lossy:
        reasons.append(_count(n, "retour avec perte", "retours avec perte", "lossy return", "lossy returns"))
    if 0 < (n := not_assessed(cell)) <= cell.not_assessed_bound:
        reasons.append(
            _count(n, "élément non évalué", "éléments non évalués", "item not assessed", "items not assessed")
        )
    if cell.workload == "identities" and cell.passwords_return is not True:
        reasons.append(Text("les mots de passe ne peuvent pas revenir", "passwords can't return"))
    return reasons


def _count(n: int, one_fr: str, many_fr: str, one_en: str, many_en: str) -> Text:
    return Text(
        f"{number(n, 'fr')} {plural(n, one_fr, many_fr, 'fr')}", f"{number(n, 'en')} {plural(n, one_en, many_en, 'en')}"
    )


_RULES: tuple[tuple[Letter, Callable[[Cell, tuple[Loss, ...]], list[Text]]], ...] = (
    ("N", _unassessed),
    ("E", _not_transferable),
    ("D", _forward_only),
    ("C", _until),
    ("B", _declared),
)
