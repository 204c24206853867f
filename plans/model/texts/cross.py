"""Parts of a plan that don't fit each other."""

from __future__ import annotations

from typing import Final

from transhumance.plans.model.texts.text import Text

CROSS: Final = {
    "unknown-connector": Text(
        "PLAN-CONNECTOR-01",
        ("connecteur inconnu : {value}", "{hint} `transhume connectors` les décrit."),
        ("unknown connector: {value}", "{hint} `transhume connectors` describes them."),
    ),
    "connector-unloadable": Text(
        "PLAN-CONNECTOR-02",
        ("ce connecteur ne peut pas être chargé", "{why}"),
        ("this connector can't be loaded", "{why}"),
    ),
    "secret-in-clear": Text(
        "PLAN-SECRET-01",
        (
            "un secret est écrit en clair (valeur masquée)",
            "Ôtez-le du plan, changez-le, et écrivez env:NOM, file:/chemin ou keyring:nom.",
        ),
        (
            "a secret is written in clear (value hidden)",
            "Take it out of the plan, change it, and write env:NAME, file:/path or keyring:name.",
        ),
    ),
    "secret-inside": Text(
        "PLAN-SECRET-02",
        (
            "cette valeur contient un mot de passe (masqué)",
            'Ôtez-le, changez-le, et donnez-le à part : password: "env:NOM".',
        ),
        ("this value contains a password (hidden)", 'Take it out, change it, and give it apart: password: "env:NAME".'),
    ),
    "secret-reference": Text(
        "PLAN-SECRET-03",
        (
            "cette référence de secret est mal formée",
            "Écrivez env:NOM (lettres, chiffres, _), file:/chemin ou keyring:nom.",
        ),
        ("this secret reference is malformed", "Write env:NAME (letters, digits, _), file:/path or keyring:name."),
    ),
    "secret-refused": Text(
        "PLAN-SECRET-13",
        ("le connecteur refuse la valeur de ce secret (masquée)", "Vérifiez ce que la référence désigne."),
        ("the connector refuses this secret's value (hidden)", "Check what the reference points to."),
    ),
    "unknown-endpoint": Text(
        "PLAN-ENDPOINT-01",
        ("{value} n'est pas dans `endpoints`", "{hint}"),
        ("{value} is not in `endpoints`", "{hint}"),
    ),
    "same-endpoint": Text(
        "PLAN-ENDPOINT-02",
        ("{value} est à la fois source et cible", "Une migration va d'un système à un autre : changez `from` ou `to`."),
        ("{value} is both source and target", "A migration goes from one system to another: change `from` or `to`."),
    ),
    "same-system": Text(
        "PLAN-ENDPOINT-03",
        ("{value} et {other} désignent le même système ({what})", "Gardez-en un, ou corrigez son adresse."),
        ("{value} and {other} are the same system ({what})", "Keep one, or mend its address."),
    ),
    "nested-path": Text(
        "PLAN-ENDPOINT-04",
        (
            "{value} est rangé dans {other}",
            "Prenez deux dossiers séparés : sinon ce qui est écrit serait relu comme source.",
        ),
        (
            "{value} lies inside {other}",
            "Use two separate folders, else what is written would be read as source.",
        ),
    ),
    "twice": Text(
        "PLAN-LIST-01",
        ("{value} est nommé deux fois", "Gardez-le une fois."),
        ("{value} is named twice", "Keep it once."),
    ),
    "endpoint-unused": Text(
        "PLAN-ENDPOINT-05",
        ("rien ne se sert de cet `endpoint`", "Nommez-le dans un `from`, un `to` ou un `back`, ou supprimez-le."),
        ("nothing uses this endpoint", "Name it in a `from`, a `to` or a `back`, or delete it."),
    ),
    "not-a-target": Text(
        "PLAN-ENDPOINT-06",
        ("{value} n'est pas une cible (`to`) de ce domaine", "{hint}"),
        ("{value} is no target (`to`) of this workload", "{hint}"),
    ),
    "back-to-target": Text(
        "PLAN-ENDPOINT-07",
        ("le retour irait dans la cible {value}", "`back.to` est un autre endroit, ou la source."),
        ("the way back would lead into the target {value}", "`back.to` is another place, or the source."),
    ),
    "directory-needed": Text(
        "PLAN-ENDPOINT-08",
        (
            "`{value}` demande un annuaire où chercher",
            "Ajoutez en tête du plan `directory:` et le nom d'un `endpoint`.",
        ),
        ("`{value}` needs a directory to look in", "Add `directory:` with an endpoint's name at the top of the plan."),
    ),
    "unknown-workload": Text(
        "PLAN-WORKLOAD-01",
        ("{value} n'est pas dans `workloads`", "{hint}"),
        ("{value} is not in `workloads`", "{hint}"),
    ),
    "workload-unused": Text(
        "PLAN-WORKLOAD-02",
        ("aucune vague ne nomme ce domaine : rien n'en sera migré", "Ajoutez-le aux `workloads` d'une vague."),
        ("no wave names this workload: nothing of it will migrate", "Add it to a wave's `workloads`."),
    ),
    "wave-twice": Text(
        "PLAN-WAVE-01",
        ("{value} est déjà le nom de la vague ligne {first}", "Chaque vague a son nom (la casse ne compte pas)."),
        ("{value} is already the wave at line {first}", "Each wave has its own name (case doesn't count)."),
    ),
    "unknown-wave": Text(
        "PLAN-WAVE-02",
        ("{value} n'est pas une vague", "{hint}"),
        ("{value} is no wave", "{hint}"),
    ),
    "wave-cycle": Text(
        "PLAN-WAVE-03",
        ("ces vagues s'attendent en rond : {value}", "Ôtez l'un de ces `after`."),
        ("these waves wait for each other in a ring: {value}", "Remove one of these `after`."),
    ),
    "all-twice": Text(
        "PLAN-WAVE-04",
        (
            "`all` est déjà pris pour {value} par la vague {other} (ligne {first})",
            "Une seule vague prend le reste, pour chaque domaine.",
        ),
        (
            "`all` is already taken for {value} by wave {other} (line {first})",
            "One wave takes the rest, for each workload.",
        ),
    ),
    "member-twice": Text(
        "PLAN-WAVE-05",
        (
            "{value} est déjà dans la vague {other} (ligne {first}) pour {workload}",
            "Un sujet n'est que dans une vague par domaine : gardez-le dans l'une, ou mettez-le dans `except`.",
        ),
        (
            "{value} is already in wave {other} (line {first}) for {workload}",
            "A subject is in one wave per workload: keep it in one, or put it into `except`.",
        ),
    ),
    "no-members": Text(
        "PLAN-WAVE-06",
        ("cette vague n'a pas de membres", "{hint}"),
        ("this wave has no members", "{hint}"),
    ),
    "timezone-needed": Text(
        "PLAN-WAVE-07",
        ("des horaires sans fuseau horaire", "Ajoutez `timezone: Europe/Paris`, ou celui de l'établissement."),
        ("times of day without a time zone", "Add `timezone: Europe/Paris`, or the establishment's own."),
    ),
    "window-empty": Text(
        "PLAN-WAVE-08",
        ("cette fenêtre commence et finit à {value}", 'Pour une journée entière, écrivez from: "00:00", to: "24:00".'),
        ("this window begins and ends at {value}", 'For a whole day, write from: "00:00", to: "24:00".'),
    ),
    "every-not-delta": Text(
        "PLAN-WAVE-09",
        ("`every` n'a de sens que pour la passe `delta`", "Ôtez `every`, ou écrivez {example}."),
        ("`every` means something for the pass `delta` only", "Remove `every`, or write {example}."),
    ),
    "blackout-backwards": Text(
        "PLAN-WAVE-10",
        ("cette période finit avant de commencer", "Échangez `from` et `to`."),
        ("this period ends before it begins", "Swap `from` and `to`."),
    ),
    "loss-expired": Text(
        "PLAN-LOSS-01",
        (
            "l'acceptation de {value} est échue depuis le {until} : elle ne compte plus",
            "Faites-la renouveler, ou supprimez-la.",
        ),
        ("the acceptance of {value} ended on {until}: it no longer counts", "Have it renewed, or delete it."),
    ),
    "loss-twice": Text(
        "PLAN-LOSS-02",
        ("{value} est déjà accepté ligne {first}", "Gardez une seule acceptation par code."),
        ("{value} is already accepted at line {first}", "Keep one acceptance a code."),
    ),
    "loss-unknown": Text(
        "PLAN-LOSS-03",
        ("{value} n'est le code d'aucune perte connue", "{hint}"),
        ("{value} is the code of no known loss", "{hint}"),
    ),
    "extends-cycle": Text(
        "PLAN-EXTENDS-01",
        ("ces plans se reprennent en rond : {value}", "Ôtez l'un de ces `extends`."),
        ("these plans extend each other in a ring: {value}", "Remove one of these `extends`."),
    ),
    "extends-missing": Text(
        "PLAN-EXTENDS-02",
        ("le plan repris {value} ne peut pas être lu ({why})", "Le chemin part du dossier de ce fichier."),
        ("the extended plan {value} can't be read ({why})", "The path starts from this file's folder."),
    ),
    "extends-deep": Text(
        "PLAN-EXTENDS-03",
        ("plus de {limit} plans se reprennent l'un l'autre", "Réunissez-en quelques-uns."),
        ("more than {limit} plans extend one another", "Join some of them."),
    ),
    "var-unknown": Text(
        "PLAN-VAR-01",
        ("`${{{value}}}` n'a pas de valeur dans `vars`", "{hint} Pour écrire ces signes tels quels : `$${{`."),
        ("`${{{value}}}` has no value in `vars`", "{hint} To write these signs as they are: `$${{`."),
    ),
    "var-syntax": Text(
        "PLAN-VAR-02",
        ("`${{` sans un nom suivi de `}}`", "Écrivez `${{nom}}` ; pour écrire ces signes tels quels : `$${{`."),
        ("`${{` without a name and `}}`", "Write `${{name}}`; to write these signs as they are: `$${{`."),
    ),
    "var-nested": Text(
        "PLAN-VAR-03",
        ("une variable ne peut pas en contenir une autre", "Écrivez sa valeur en toutes lettres."),
        ("a variable can't contain another", "Write its value out."),
    ),
    "var-large": Text(
        "PLAN-VAR-04",
        ("les variables développées dépassent {limit} caractères", "Réduisez-les."),
        ("the expanded variables exceed {limit} characters", "Make them smaller."),
    ),
    "mapping-unsupported": Text(
        "PLAN-UNSUPPORTED-01",
        (
            "n'est lu que pour `identities` : aucun autre codec de cette version ne lit une correspondance",
            "Ôtez ce champ : les noms et champs passent par les règles que montre `transhume dry-run`.",
        ),
        (
            "is read for `identities` only: no other codec of this version reads a mapping",
            "Remove the field: names and fields go by the rules that `transhume dry-run` shows.",
        ),
    ),
    "merge-unsupported": Text(
        "PLAN-UNSUPPORTED-02",
        (
            "vaut `merge`, qu'aucune cible de cette version ne sait faire",
            "Écrivez `refuse` (laisser, et mettre en quarantaine) ou `adopt` (garder celui de la cible).",
        ),
        (
            "is `merge`, which no target of this version can do",
            "Write `refuse` (leave it, and quarantine the item) or `adopt` (keep the target's).",
        ),
    ),
    "not-honoured": Text(
        "PLAN-RESERVED-01",
        ("est lu mais pas encore appliqué par cette version", "N'y comptez pas : faites-le à la main, ou ôtez-le."),
        ("is read but not yet carried out by this version", "Don't rely on it: do it by hand, or remove it."),
    ),
    "named-file-missing": Text(
        "PLAN-FILE-08",
        ("le fichier {value} n'existe pas", "Le chemin part du dossier du plan ({base})."),
        ("the file {value} does not exist", "The path starts from the plan's folder ({base})."),
    ),
}
