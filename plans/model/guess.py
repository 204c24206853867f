"""A guess at what was meant by a misspelt or French name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# What French-speaking writers type instead of the plan's English names.
_FRENCH = {
    "annuaire": "directory", "apres": "after", "après": "after", "bases": "databases",
    "etablissement": "establishment", "boites_partagees": "shared_mailboxes", "de": "from", "fenetres": "windows",
    "fenêtres": "windows", "fuseau": "timezone", "groupes": "groups", "jours": "days", "limites": "limits",
    "membres": "members", "personnes": "people", "sauf": "except", "politiques": "policies", "retour": "back",
    "tous": "all", "toutes": "all", "titre": "title", "vagues": "waves", "variables": "vars", "vers": "to",
    "agendas": "calendars", "calendriers": "calendars", "courriel": "mail", "fichiers": "documents",
    "identites": "identities", "identités": "identities", "messagerie": "mail", "taches": "tasks",
    "tâches": "tasks", "initiale": "initial", "finale": "final", "simulation": "dry_run", "lun": "mon",
    "mar": "tue", "mer": "wed", "jeu": "thu", "ven": "fri", "sam": "sat", "dim": "sun", "lundi": "mon",
    "mardi": "tue", "mercredi": "wed", "jeudi": "thu", "vendredi": "fri", "samedi": "sat", "dimanche": "sun",
    "monday": "mon", "tuesday": "tue", "wednesday": "wed", "thursday": "thu", "friday": "fri", "saturday": "sat",
    "sunday": "sun",
}  # fmt: skip


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` most likely stands for, or None. Case and `-` for `_` don't count."""
    folded = {entry.casefold().replace("-", "_"): entry for entry in sorted(known, reverse=True)}
    wanted = name[:100].strip().casefold().replace("-", "_").replace(" ", "_")
    if wanted in folded:
        return folded[wanted]
    if (english := _FRENCH.get(wanted)) in folded and english is not None:
        return folded[english]
    close = get_close_matches(wanted, folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None
