"""The words of the ledger as people read them, once for the terminal, the report and its page: one thing never has
two names. In JSON they stay as the ledger has them.

French has a gender: a wave, a pass and a proof are feminine, an item and an answer masculine.
"""

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
    "returned": ("revenue", "returned"),
}
PASS: Final[Mapping[str, Pair]] = {
    "assess": ("inventaire", "assessment"),
    "dry_run": ("essai à blanc", "dry run"),
    "initial": ("copie initiale", "initial copy"),
    "delta": ("delta", "delta"),
    "final": ("copie finale", "final copy"),
    "verify": ("vérification", "verification"),
    "reverse": ("retour", "return"),
    "rollback": ("annulation", "rollback"),
}
WORKLOAD: Final[Mapping[str, Pair]] = {
    "identities": ("identités", "identities"),
    "mail": ("messagerie", "mail"),
    "calendars": ("agendas", "calendars"),
    "contacts": ("contacts", "contacts"),
    "tasks": ("tâches", "tasks"),
    "documents": ("documents", "documents"),
    "databases": ("bases de données", "databases"),
}
KIND: Final[Mapping[str, Pair]] = {
    "message": ("message", "message"),
    "event": ("événement", "event"),
    "card": ("fiche", "card"),
    "task": ("tâche", "task"),
    "note": ("note", "note"),
    "journal": ("journal", "journal"),
    "file": ("fichier", "file"),
    "folder": ("dossier", "folder"),
    "link": ("lien", "link"),
    "entry": ("entrée", "entry"),
}
LINK: Final[Mapping[str, Pair]] = {
    "address": ("adresse", "address"),
    "assistant": ("assistant", "assistant"),
    "attendee": ("participant", "attendee"),
    "delegate": ("délégué", "delegate"),
    "manager": ("responsable", "manager"),
    "member": ("membre", "member"),
    "organizer": ("organisateur", "organizer"),
    "owner": ("propriétaire", "owner"),
    "related": ("élément lié", "related item"),
    "secretary": ("secrétaire", "secretary"),
}
FORWARD: Final[Mapping[str, Pair]] = {
    "full": ("complet", "full"),
    "reduced": ("réduit", "reduced"),
    "blocked": ("bloqué", "blocked"),
    "not_assessed": ("non évalué", "not assessed"),
}
GRADE: Final[Mapping[str, Pair]] = {
    "exact": ("exact", "exact"),
    "residual": ("par le résidu", "by the residue"),
    "lossy": ("avec perte", "lossy"),
    "blocked": ("bloqué", "blocked"),
    "not_assessed": ("non évalué", "not assessed"),
}
PROOF: Final[Mapping[str, Pair]] = {
    "predicted": ("prédite", "predicted"),
    "format": ("format", "format"),
    "target": ("cible", "target"),
    "returned": ("retour", "returned"),
    "not_assessed": ("non évaluée", "not assessed"),
}
PROOF_LONG: Final[Mapping[str, Pair]] = {
    "predicted": ("d'après ce que la cible déclare", "from what the target declares"),
    "format": (
        "les deux conversions exécutées en mémoire, la cible prédite",
        "both conversions run in memory, the target predicted",
    ),
    "target": ("écrit, relu, comparé", "written, read back, compared"),
    "returned": ("revenu au format de la source, comparé", "written back in the source's format, compared"),
    "not_assessed": ("aucune preuve", "no proof"),
}
SEVERITY: Final[Mapping[str, Pair]] = {
    "info": ("information", "information"),
    "minor": ("mineure", "minor"),
    "major": ("majeure", "major"),
    "blocked": ("bloquante", "blocking"),
}
PLACE: Final[Mapping[str, Pair]] = {  # archives that no plan names
    ".residue": ("archive des résidus", "archive of residues"),
    ".returned": ("archive des retours (.transhumance/returned)", "archive of what returned (.transhumance/returned)"),
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


def word(table: Mapping[str, Pair], name: str, lang: str) -> str:
    """A word in the reader's language; the ledger's own where there is none (plans may name their own things)."""
    fr, en = table.get(name, (name, name))
    return fr if lang == "fr" else en
