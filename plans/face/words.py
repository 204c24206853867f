"""The words that only a terminal needs: how passes ended, what became of items, who is master. What the report says
too is in the glossary, and passed on from here. In JSON they stay as the ledger has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from transhumance.plans.glossary import FORWARD as FORWARD
from transhumance.plans.glossary import GRADE as GRADE
from transhumance.plans.glossary import PASS as PASS
from transhumance.plans.glossary import PLACE as PLACE
from transhumance.plans.glossary import PROOF as PROOF
from transhumance.plans.glossary import PROOF_LONG as PROOF_LONG
from transhumance.plans.glossary import SEVERITY as SEVERITY
from transhumance.plans.glossary import SUBJECT as SUBJECT
from transhumance.plans.glossary import WAVE as WAVE
from transhumance.plans.glossary import WORKLOAD as WORKLOAD
from transhumance.plans.glossary import Pair as Pair
from transhumance.plans.glossary import word as word

MASTER: Final[Mapping[str, Pair]] = {"source": ("source", "source"), "target": ("cible", "target")}
ENDED: Final[Mapping[str, Pair]] = {  # of a pass
    "done": ("faite", "done"),
    "paused": ("en pause", "paused"),
    "stopped": ("arrêtée", "stopped"),
    "held": ("attend une décision", "held"),
    "waiting": ("attend son heure", "waits for its hour"),
    "lost": ("reprise par un autre processus", "taken over by another process"),
    "running": ("inachevée", "unfinished"),
    "rolled_back": ("annulée", "rolled back"),
}
STATUS: Final[Mapping[str, Pair]] = {
    "assessed": ("examinés", "assessed"),
    "written": ("écrits", "written"),
    "unchanged": ("déjà là, égaux", "there already, equal"),
    "same": ("inchangés", "unchanged"),
    "removed": ("retirés", "removed"),
    "aside": ("laissés à la cible", "left at the target"),
    "kept": ("ceux de la cible gardés", "target's own kept"),
    "skipped": ("laissés par décision", "skipped by decision"),
    "failed": ("en échec, réessayés", "failed, tried again"),
    "quarantined": ("en quarantaine", "quarantined"),
}
STATUS_ONE: Final[Mapping[str, Pair]] = {
    "assessed": ("examiné", "assessed"),
    "written": ("écrit", "written"),
    "unchanged": ("déjà là, égal", "there already, equal"),
    "same": ("inchangé", "unchanged"),
    "removed": ("retiré", "removed"),
    "aside": ("laissé à la cible", "left at the target"),
    "kept": ("celui de la cible gardé", "the target's own kept"),
    "skipped": ("laissé par décision", "skipped by decision"),
    "failed": ("en échec", "failed"),
    "quarantined": ("en quarantaine", "quarantined"),
}
PROBLEM: Final[Mapping[str, Pair]] = {
    "quarantined": ("en quarantaine", "quarantined"),
    "failed": ("en échec", "failed"),
    "held": ("attend une décision", "held"),
    "lost": ("repris par un autre processus", "taken over by another process"),
    "blocked": ("sujet bloqué", "subject blocked"),
    "retry": ("à refaire", "to be done again"),
    "told": ("signalé, rien à faire", "told, nothing to do"),
    "skipped": ("laissé par décision", "skipped by decision"),
    "accepted": ("accepté", "accepted"),
}
MATCH: Final[Mapping[str, Pair]] = {
    "matched": ("apparié", "matched"),
    "unmatched": ("apparié à personne", "matched to nobody"),
    "ambiguous": ("apparié à plusieurs", "matched to several"),
    "excluded": ("exclu", "excluded"),
    "own": ("sans personne", "needs no person"),
}
MATCHES: Final[Mapping[str, Pair]] = {  # of several
    "matched": ("appariés", "matched"),
    "unmatched": ("appariés à personne", "matched to nobody"),
    "ambiguous": ("appariés à plusieurs", "matched to several"),
    "excluded": ("exclus", "excluded"),
    "own": ("sans personne", "need no person"),
}
_OTHER: Final = (("autre", "other"), ("autres", "others"))
DAYS: Final[Mapping[str, Pair]] = {
    "mon": ("lun", "mon"),
    "tue": ("mar", "tue"),
    "wed": ("mer", "wed"),
    "thu": ("jeu", "thu"),
    "fri": ("ven", "fri"),
    "sat": ("sam", "sat"),
    "sun": ("dim", "sun"),
}


def plural(count: int, one: Pair, many: Pair, lang: str) -> str:
    """The word for so many: French takes the singular up to one, English for one only."""
    single = count < 2 if lang == "fr" else count == 1
    return (one if single else many)[0 if lang == "fr" else 1]


def subjects(kind: str, count: int, lang: str) -> str:
    """The word for so many subjects of a kind."""
    return plural(count, *SUBJECT.get(kind, _OTHER), lang)


ITEM: Final = (("élément", "item"), ("éléments", "items"))
CONTAINER: Final = (("conteneur", "container"), ("conteneurs", "containers"))
LINK: Final = (("lien", "link"), ("liens", "links"))
