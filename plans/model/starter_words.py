"""The comments of a plan to start from."""

from typing import Final

_FRENCH: Final = {
    "head": """\
# Plan de migration. Tout se règle ici ; rien n'est écrit nulle part avant `transhume run`.
# Un champ mal écrit est signalé avec sa ligne par `transhume check`.
""",
    "revision": "à augmenter à chaque changement",
    "endpoints": """\
# Les systèmes, chacun sous le nom que vous voulez. `transhume connectors` donne les connecteurs.
# Les chemins relatifs partent du dossier de ce fichier.""",
    "live": """\
  # Un mot de passe ne s'écrit jamais ici : seulement où le trouver (env:, file: ou keyring:).
  # nom: {connector: imap, url: "imaps://imap.chu.example", username: migration, password: "env:IMAP_PASSWORD",
  #       limits: {concurrency: 4, requests_per_second: 20, mbps: 80}}""",
    "directory": "où chercher personnes, groupes et unités (ou) nommés plus bas",
    "people": "qui est qui à la cible ; `transhume assess` en écrit la proposition",
    "workloads": """\
# Ce qui va d'où vers où : identities, mail, calendars, contacts, tasks, documents, databases.
# `back: {to: nom}` dit où écrire au retour ; sans lui, le retour est écrit dans l'archive.""",
    "policies": "# Les règles, communes à toutes les vagues (voici les valeurs par défaut).",
    "loss": "codes de pertes acceptées, par exemple {code: MAIL-CATEGORY-01, by: DSI, until: 2027-06-30}",
    "existing": "déjà présent à la cible : refuse ou adopt",
    "deletions": "disparu à la source : disable, remove ou keep ; au-delà de cette part, on s'arrête",
    "drift": "part des membres qui peut changer après l'approbation",
    "dry_run": "full, sample ou none",
    "approval": "approbations avant toute écriture ; 0 pour aucune",
    "waves": "# Qui migre quand. Un sujet n'est que dans une vague par domaine.",
    "pilot": """\
  # Pour commencer par quelques volontaires, ôtez les # :
  # - {id: pilote, workloads: WORKLOADS, members: {people: [alice@chu.example, bob@chu.example]}}
  # - {id: cardiologie, after: {pilote: verified}, workloads: WORKLOADS,
  #    members: {ou: "OU=Cardiologie,DC=chu,DC=example", csv: cardiologie.csv, except: [svc-echo]},
  #    passes: [initial, {pass: delta, every: 24h}],
  #    windows: {final: [{days: [fri], from: "20:00", to: "06:00"}]}, timezone: Europe/Paris}""",
    "rest": "reste",
    "all": "tous ceux qui ne sont dans aucune autre vague",
    "next": "# Ensuite : transhume check, assess, plan, dry-run, approve, puis run.",
}

_ENGLISH: Final = {
    "head": """\
# Migration plan. Everything is set here; nothing is written anywhere before `transhume run`.
# A misspelt field is told with its line by `transhume check`.
""",
    "revision": "raise it at each change",
    "endpoints": """\
# The systems, each by a name of your own. `transhume connectors` lists the connectors.
# Relative paths start from this file's folder.""",
    "live": """\
  # A password is never written here: only where to find it (env:, file: or keyring:).
  # name: {connector: imap, url: "imaps://imap.chu.example", username: migration, password: "env:IMAP_PASSWORD",
  #        limits: {concurrency: 4, requests_per_second: 20, mbps: 80}}""",
    "directory": "where people, groups and OUs named below are looked up",
    "people": "who is who at the target; `transhume assess` writes the proposal",
    "workloads": """\
# What goes from where to where: identities, mail, calendars, contacts, tasks, documents, databases.
# `back: {to: name}` says where the way back writes; without it, it writes into the archive.""",
    "policies": "# The rules, for all waves (these are the defaults).",
    "loss": "codes of accepted losses, for example {code: MAIL-CATEGORY-01, by: DSI, until: 2027-06-30}",
    "existing": "what is at the target already: refuse or adopt",
    "deletions": "gone at the source: disable, remove or keep; beyond this share it stops",
    "drift": "share of the members that may change after approval",
    "dry_run": "full, sample or none",
    "approval": "approvals before anything is written; 0 for none",
    "waves": "# Who migrates when. A subject is in one wave per workload.",
    "pilot": """\
  # To begin with a few volunteers, remove the #:
  # - {id: pilot, workloads: WORKLOADS, members: {people: [alice@chu.example, bob@chu.example]}}
  # - {id: cardiology, after: {pilot: verified}, workloads: WORKLOADS,
  #    members: {ou: "OU=Cardiology,DC=chu,DC=example", csv: cardiology.csv, except: [svc-echo]},
  #    passes: [initial, {pass: delta, every: 24h}],
  #    windows: {final: [{days: [fri], from: "20:00", to: "06:00"}]}, timezone: Europe/Paris}""",
    "rest": "rest",
    "all": "whoever is in no other wave",
    "next": "# Next: transhume check, assess, plan, dry-run, approve, then run.",
}

WORDS: Final = {"fr": _FRENCH, "en": _ENGLISH}
