"""The plan of the demonstration: what a person would write for such exports, with comments in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from transhumance.fixtures.estate.attributes import CARDIOLOGY
from transhumance.fixtures.estate.cast import SERVICES
from transhumance.fixtures.estate.lines import DOMAIN
from transhumance.fixtures.estate.people import pilots
from transhumance.plans.model.errors import Lang

PILOT, CARDIO, REST = "pilote", "cardiologie", "reste"

_TEMPLATE: Final = """\
# {head}
format: transhumance.plan/1
id: chu-valombre-demo
revision: 1
title: {title}
establishment: {{name: CHU de Valombre, finess: "990000001"}}

# {exports}
endpoints:
  annuaire: {{connector: ldif, path: estate/annuaire}}
  maildir: {{connector: maildir, path: estate/maildir}}
  mbox: {{connector: mbox, path: estate/mbox}}
  eml: {{connector: eml, path: estate/eml, assign: estate/eml-proprietaires.csv}}   # {assign}
  agendas: {{connector: ics, path: estate/agendas}}
  contacts: {{connector: vcf, path: estate/contacts}}
  partages: {{connector: folder, path: estate/partages}}
  # {target}
  archive: {{connector: archive, path: archive}}
  # {back}
  retour-annuaire: {{connector: ldif, path: retour/annuaire}}
  retour-mail: {{connector: maildir, path: retour/mail}}
  retour-agendas: {{connector: ics, path: retour/agendas}}
  retour-contacts: {{connector: vcf, path: retour/contacts}}
  retour-partages: {{connector: folder, path: retour/partages}}

directory: annuaire                # {directory}
people: people.csv                 # {people}

workloads:
  identities: {{from: annuaire, to: archive, back: {{to: retour-annuaire}}}}
  # {several}
  mail: {{from: [maildir, mbox, eml], to: archive, back: {{to: retour-mail}}}}
  calendars: {{from: agendas, to: archive, back: {{to: retour-agendas}}}}
  contacts: {{from: contacts, to: archive, back: {{to: retour-contacts}}}}
  tasks: {{from: agendas, to: archive, back: {{to: retour-agendas}}}}
  documents: {{from: partages, to: archive, back: {{to: retour-partages}}}}

policies:
  # {loss}
  loss:
    accept:
      - {{code: ID-MAI-03, by: DSI}}
      - {{code: ID-NAM-05, by: DSI}}
      - {{code: CARD-UDF-01, by: DSI}}
    default: stop
  deletions: {{mode: remove, max_share: 0.05}}   # {deletions}
  drift: {{max_share: 0.02, arrivals: {rest}}}
  verify: {{confidence: 0.95, max_defect_rate: 0.01}}
  approval: {{required: 1}}

waves:
  # {pilot_comment}
  - id: {pilot}
    workloads: [identities, mail, calendars, contacts, tasks]
    members:
      people:
{pilots}

  # {cardio_comment}
  - id: {cardio}
    after: {{{pilot}: verified}}
    workloads: [identities, mail, calendars, contacts, tasks, documents]
    members:
      ou: "{ou}"
      shared_mailboxes: secretariat.cardiologie@{domain}
      shares: Cardiologie
    windows: {{final: [{{days: [fri], from: "20:00", to: "06:00"}}]}}
    timezone: Europe/Paris

  # {rest_comment}
  - id: {rest}
    after: {{{pilot}: verified}}
    workloads: [identities, mail, calendars, contacts, tasks, documents]
    members: {{all: true, except: [{services}]}}
"""

_FRENCH: Final = {
    "head": "Plan de démonstration : le CHU de Valombre n'existe pas, ses fichiers sont inventés.",
    "title": "Sortie d'Active Directory et d'Exchange (démonstration)",
    "exports": "Les exports que l'établissement possède déjà, chacun lu par son connecteur, jamais modifié.",
    "assign": "à qui est chaque dossier",
    "target": "La cible : des fichiers de formats ouverts, lisibles sans transhumance.",
    "back": "Où mène le retour : le format de départ, mais ailleurs, pour que rien ne soit écrasé.",
    "directory": "où chercher les personnes, les groupes et les unités",
    "people": "qui est qui ; `transhume assess` en écrit la proposition",
    "several": "La première source d'une boîte va à sa racine, les suivantes dans un dossier à leur nom.",
    "loss": "Les pertes que l'établissement accepte, par leur code : voyez le rapport, puis `transhume explain CODE`.",
    "deletions": "au-delà de cette part, rien n'est supprimé sans une décision",
    "pilot_comment": "La direction des systèmes d'information d'abord.",
    "cardio_comment": "Puis un service, sa boîte partagée et son partage ; la bascule n'est permise que le vendredi.",
    "rest_comment": "Puis tout ce qui n'est dans aucune autre vague, sauf les comptes de service.",
}
_ENGLISH: Final = {
    "head": "Plan of the demonstration: the CHU de Valombre does not exist, its files are invented.",
    "title": "Leaving Active Directory and Exchange (demonstration)",
    "exports": "The exports that the establishment has already, each read by its connector, never changed.",
    "assign": "whose each folder is",
    "target": "The target: files of open formats, readable without transhumance.",
    "back": "Where the way back leads: the format it came from, in another place, so that nothing is overwritten.",
    "directory": "where people, groups and units are looked up",
    "people": "who is who; `transhume assess` writes the proposal",
    "several": "The first source of a mailbox goes to its root, later ones into a folder of their name.",
    "loss": "Losses that the establishment accepts, by code: see the report, then `transhume explain CODE`.",
    "deletions": "above this share nothing is removed without a decision",
    "pilot_comment": "The information systems department first.",
    "cardio_comment": "Then a whole department with its shared mailbox and share; cutover on Friday evenings only.",
    "rest_comment": "Then whatever is in no other wave, but the service accounts.",
}
_WORDS: Final[Mapping[Lang, Mapping[str, str]]] = {"fr": _FRENCH, "en": _ENGLISH}


def plan_text(seed: int, count: int, lang: Lang) -> str:
    """The plan for an estate of so many people, as YAML."""
    return _TEMPLATE.format(
        **_WORDS[lang],
        pilot=PILOT,
        cardio=CARDIO,
        rest=REST,
        pilots="\n".join(f"        - {who.mail}   # {who.name}" for who in pilots(seed, count)),
        ou=CARDIOLOGY,
        domain=DOMAIN,
        services=", ".join(login for login, *_ in SERVICES),
    )
