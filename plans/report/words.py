"""Values and counts as people read them, in French and in English."""

from __future__ import annotations

from collections.abc import Mapping

import transhumance.plans.glossary as glossary
from transhumance.plans.report.facts import Text
from transhumance.plans.report.wording import number, plural

LANGS = ("fr", "en")
MISSING = Text("cette passe n'a pas recueilli ces faits", "this pass did not gather these facts")

# Values that facts carry, as people read them: group -> value -> (French, English).
WORDS: dict[str, Mapping[str, glossary.Pair]] = {
    "go": {
        "go": ("GO", "GO"),
        "go_with_decisions": ("GO sous décisions", "GO with decisions"),
        "no_go": ("NO GO", "NO GO"),
    },
    "workload": glossary.WORKLOAD,
    "class": {
        "A": ("sans perte, aller et retour", "lossless both ways"),
        "B": ("réversible, pertes déclarées", "reversible, declared losses"),
        "C": ("réversible jusqu'à une étape", "reversible until a step"),
        "D": ("aller seul après une étape", "forward only after a step"),
        "E": ("non transférable", "not transferable"),
        "N": ("non évalué", "not assessed"),
    },
    "forward": glossary.FORWARD,
    "back": glossary.GRADE,
    "proof": glossary.PROOF,
    "proof_long": glossary.PROOF_LONG,
    "basis": {
        "measured": ("mesuré", "measured"),
        "predicted": ("prédit", "predicted"),
        "estimated": ("estimé", "estimated"),
        "not_assessed": ("non évalué", "not assessed"),
    },
    "severity": glossary.SEVERITY,
    "leg": {"source": ("source", "source"), "target": ("cible", "target")},
    "role": {
        "source": ("source", "source"),
        "target": ("cible", "target"),
        "archive": ("archive", "archive"),
        "back": ("système de retour", "system to return to"),
    },
    "phase": {
        "initial": ("Copie initiale", "Initial copy"),
        "delta": ("Copies suivantes", "Delta copies"),
        "cutover": ("Bascule", "Cutover"),
        "hypercare": ("Suivi renforcé", "Hypercare"),
        "decommissioning": ("Démantèlement", "Decommissioning"),
    },
    "pass": glossary.PASS,
    "state": glossary.WAVE,
    "kind": glossary.KIND,
    "place": glossary.PLACE,
    "subject": {kind: one for kind, (one, _) in glossary.SUBJECT.items()},
    "link": glossary.LINK,
    "gate_name": {"approval": ("approbation", "approval")},
    "operation": {"match": ("appariement", "matching"), "write": ("écriture", "writing")},
    "component": {"connector": ("connecteur", "connector"), "codec": ("codec", "codec")},
    "gate": {"passed": ("franchie", "passed"), "refused": ("refusée", "refused"), "waiting": ("en attente", "waiting")},
    "property_class": {
        "content": ("contenu, comparé", "content, compared"),
        "meta": ("métadonnée, comparée", "metadata, compared"),
        "derived": ("recalculé, non comparé", "recomputed, not compared"),
        "volatile": ("passager, ignoré", "volatile, ignored"),
    },
    "section": {
        "r0": ("Identité", "Identity"),
        "r1": ("Verdict", "Verdict"),
        "r2": ("Inventaire", "Inventory"),
        "r3": ("Matrice de transfert", "Transfer matrix"),
        "r4": ("Formats", "Formats"),
        "r5": ("Volumes et durées", "Volume and duration"),
        "r6": ("Chemin du retour, phase par phase", "Way back, phase by phase"),
        "r7": ("Point de non-retour", "Point of no return"),
        "r8": ("Restauration", "Restoration"),
        "r9": ("Retour de la coexistence", "Coexistence switch-back"),
        "r10": ("Affinités", "Affinity"),
        "r11": ("Conservation", "Retention"),
        "r12": ("Sécurité", "Security"),
        "r13": ("Assistance et méthode de chiffrage", "Assistance and cost method"),
        "r14": ("Effacement à la source", "Erasure at the source"),
        "r15": ("Vérification", "Verification"),
        "r16": ("Preuves", "Evidence"),
        "r17": ("Limites", "Limits"),
        "r18": ("Conformité", "Conformity"),
    },
    "unit": {
        "items": ("éléments", "items"),
        "items/s": ("éléments/s", "items/s"),
        "days": ("jours", "days"),
        "windows": ("fenêtres", "windows"),
    },
    "yes": {"true": ("oui", "yes"), "false": ("non", "no"), "none": ("non évalué", "not assessed")},
}

# Counted things: (French one, French many, English one, English many); `{n}` is the number.
PLURALS: dict[str, tuple[str, str, str, str]] = {
    "decisions": ("GO avec {n} décision", "GO avec {n} décisions", "GO with {n} decision", "GO with {n} decisions"),
    "items": ("{n} élément", "{n} éléments", "{n} item", "{n} items"),
    "answers": ("{n} réponse", "{n} réponses", "{n} answer", "{n} answers"),
    "exact": ("{n} exact", "{n} exacts", "{n} exact", "{n} exact"),
    "residual": ("{n} par le résidu", "{n} par le résidu", "{n} by the residue", "{n} by the residue"),
    "lossy": ("{n} avec perte", "{n} avec perte", "{n} lossy", "{n} lossy"),
    "blocked": ("{n} bloqué", "{n} bloqués", "{n} blocked", "{n} blocked"),
    "not_assessed": ("{n} non évalué", "{n} non évalués", "{n} not assessed", "{n} not assessed"),
    "reduced": ("{n} réduit", "{n} réduits", "{n} reduced", "{n} reduced"),
    "more": ("et {n} autre", "et {n} autres", "and {n} more", "and {n} more"),
    "subjects": ("{n} sujet", "{n} sujets", "{n} subject", "{n} subjects"),
    "rows": ("{n} ligne", "{n} lignes", "{n} row", "{n} rows"),
    "days": ("{n} jour", "{n} jours", "{n} day", "{n} days"),
}


def word(group: str, value: str, lang: str) -> str:
    """A value as people read it; a value that the tables don't know is shown as it is (plans may name their own)."""
    return glossary.word(WORDS[group], value, lang)


def counted(key: str, n: int, lang: str) -> str:
    """`1 élément`, `2 éléments`."""
    fr_one, fr_many, en_one, en_many = PLURALS[key]
    text = plural(n, fr_one, fr_many, lang) if lang == "fr" else plural(n, en_one, en_many, lang)
    return text.format(n=number(n, lang))
