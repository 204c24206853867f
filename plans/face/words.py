"""The words of states, passes and answers as people read them. In JSON they stay as the ledger has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Pair = tuple[str, str]  # French, English

WAVE: Final[Mapping[str, Pair]] = {
    "draft": ("brouillon", "draft"),
    "planned": ("planifiée", "planned"),
    "approved": ("approuvée", "approved"),
    "running": ("en cours", "running"),
    "ready": ("prête", "ready"),
    "cut_over": ("basculée", "cut over"),
    "finalized": ("close", "finalized"),
    "stopped": ("arrêtée", "stopped"),
    "returned": ("rendue", "returned"),
}
MASTER: Final[Mapping[str, Pair]] = {"source": ("source", "source"), "target": ("cible", "target")}
PASS: Final[Mapping[str, Pair]] = {
    "assess": ("inventaire", "assess"),
    "dry_run": ("à blanc", "dry run"),
    "initial": ("initial", "initial"),
    "delta": ("delta", "delta"),
    "final": ("final", "final"),
    "verify": ("vérification", "verify"),
    "reverse": ("retour", "reverse"),
    "rollback": ("annulation", "rollback"),
}
ENDED: Final[Mapping[str, Pair]] = {
    "done": ("fait", "done"),
    "paused": ("en pause", "paused"),
    "stopped": ("arrêté", "stopped"),
    "held": ("attend une décision", "held"),
    "waiting": ("attend son heure", "waits for its hour"),
    "lost": ("repris par un autre processus", "taken over by another process"),
    "running": ("inachevé", "unfinished"),
    "rolled_back": ("défait", "rolled back"),
}
STATUS: Final[Mapping[str, Pair]] = {
    "assessed": ("examinés", "assessed"),
    "written": ("écrits", "written"),
    "unchanged": ("déjà là, égaux", "there already, equal"),
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
    "skipped": ("laissé par décision", "skipped by decision"),
    "accepted": ("accepté", "accepted"),
}
FORWARD: Final[Mapping[str, Pair]] = {
    "full": ("entier", "full"),
    "reduced": ("réduit", "reduced"),
    "blocked": ("impossible", "blocked"),
    "not_assessed": ("non évalué", "not assessed"),
}
GRADE: Final[Mapping[str, Pair]] = {
    "exact": ("exact", "exact"),
    "residual": ("avec résidu", "residual"),
    "lossy": ("avec perte", "lossy"),
    "blocked": ("impossible", "blocked"),
    "not_assessed": ("non évalué", "not assessed"),
}
PROOF: Final[Mapping[str, Pair]] = {
    "predicted": ("prédit", "predicted"),
    "format": ("mesuré en mémoire", "measured in memory"),
    "target": ("relu à la cible", "read back at the target"),
    "returned": ("rendu et comparé", "returned and compared"),
}
SEVERITY: Final[Mapping[str, Pair]] = {
    "info": ("information", "info"),
    "minor": ("mineure", "minor"),
    "major": ("majeure", "major"),
    "blocked": ("bloquante", "blocked"),
}
WORKLOAD: Final[Mapping[str, Pair]] = {
    "identities": ("identités", "identities"),
    "mail": ("courrier", "mail"),
    "calendars": ("agendas", "calendars"),
    "contacts": ("contacts", "contacts"),
    "tasks": ("tâches", "tasks"),
    "documents": ("documents", "documents"),
    "databases": ("bases", "databases"),
}
MATCH: Final[Mapping[str, Pair]] = {
    "matched": ("apparié", "matched"),
    "unmatched": ("apparié à personne", "matched to nobody"),
    "ambiguous": ("apparié à plusieurs", "matched to several"),
    "excluded": ("exclu", "excluded"),
    "own": ("sans personne", "needs no person"),
}
SUBJECT: Final[Mapping[str, tuple[Pair, Pair]]] = {  # one, several
    "person": (("personne", "person"), ("personnes", "people")),
    "group": (("groupe", "group"), ("groupes", "groups")),
    "shared_mailbox": (("boîte partagée", "shared mailbox"), ("boîtes partagées", "shared mailboxes")),
    "resource": (("ressource", "resource"), ("ressources", "resources")),
    "site": (("site", "site"), ("sites", "sites")),
    "share": (("partage", "share"), ("partages", "shares")),
    "database": (("base", "database"), ("bases", "databases")),
    "service": (("compte de service", "service account"), ("comptes de service", "service accounts")),
    "computer": (("machine", "computer"), ("machines", "computers")),
    "contact": (("contact", "contact"), ("contacts", "contacts")),
    "ou": (("unité", "unit"), ("unités", "units")),
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


def word(table: Mapping[str, Pair], name: str, lang: str) -> str:
    """A word in the language of the talk; the ledger's own where there is none."""
    fr, en = table.get(name, (name, name))
    return fr if lang == "fr" else en


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
