"""The help of each command in French, by the name of its function; that of its options, by their own name."""

from __future__ import annotations

from typing import Final

HEADINGS: Final = {"Usage": "Utilisation", "Options": "Options", "Commands": "Commandes", "Arguments": "Arguments"}

COMMANDS: Final = {
    "main": """Fait passer un établissement de systèmes propriétaires à des systèmes ouverts, vague par vague, et
    mesure le chemin du retour.

    \b
    Premier plan :   transhume init, puis check, assess, plan, dry-run, approve, run, verify, cutover
    Retour :         rollback (avant la bascule), return (après)
    Documentation :  docs/ du projet ; --lang en pour l'anglais.
    Codes de sortie : 0 fait, 1 erreur, 2 une décision est attendue.
    """,
    "init": "Écrit un plan commenté pour commencer, par questions ou par options.",
    "check": "Valide le plan ; une ligne par système ; dit pour quoi tout est prêt.",
    "assess": "Fait l'inventaire des sources ; propose people.csv.",
    "plan_": "Fige les membres de chaque vague ; donne comptes et empreintes. Rien n'est écrit aux cibles.",
    "dry_run": "Joue les deux sens sur chaque élément, en mémoire, et prédit les cibles. Rien n'y est écrit.",
    "approve": "Note qui accepte quelle empreinte et quelles pertes.",
    "run": "Passages initial et delta ; un second lancement ne refait rien ; n'entre jamais dans final.",
    "resume": "Reprend après une pause, un arrêt brutal ou un disque plein.",
    "pause": "Demande à qui travaille sur ce plan de s'arrêter après les lots en cours.",
    "cutover": "final, puis vérification ; la cible de la vague devient maître.",
    "verify": "Relit chaque élément à chaque cible et le compare.",
    "rollback": "Avant la bascule : défait ce qui a été écrit, par image d'avant, sauf ce qui a changé depuis.",
    "return_": "Après la bascule : ce qui est à la cible revient dans le format de la source, qui redevient maître.",
    "finalize": "Ferme le chemin du retour ; le nom de la vague doit être tapé. N'efface rien.",
    "status": "Qui est maître, rien n'est-il perdu, jusqu'à quand revenir, peut-on arrêter, quoi faire ensuite.",
    "trace": "Où était un élément, où il est, son degré, ses constats, sa dernière passe.",
    "map_": "Montre, sur une entrée réelle, où va chaque attribut : document, cible, résidu, règle.",
    "quarantine": "Les éléments restés en arrière, et ce qui en est décidé.",
    "quarantine_list": "Les énumère, chacun avec son numéro, son code et le remède.",
    "quarantine_retry": "Les fait refaire par le prochain `run` ; tous si aucun n'est nommé.",
    "quarantine_skip": "Accepte qu'ils restent en arrière (vide ou suppressions : accepte les suppressions).",
    "explain": "Dit ce que signifie un code de perte, sa cause et le remède.",
    "report": "Écrit le rapport de réversibilité tel quel : JSON, HTML, CSV, résumé.",
    "archive": "L'archive ouverte.",
    "archive_ls": "Énumère ce qu'une archive contient.",
    "archive_verify": "Relit une archive et nomme ce qui manque, est altéré ou inconnu.",
    "ledger": "Les copies du registre.",
    "ledger_backup": "Copie le registre par la sauvegarde propre à sa base, même pendant une passe.",
    "ledger_restore": "Met une copie à la place du registre ; l'actuel est gardé à côté.",
    "connectors": "Énumère les connecteurs : ce que chacun lit et écrit, et ce qui est vrai de lui.",
    "demo": "Le travail entier sur un hôpital fictif, de check à return, puis où regarder.",
}

OPTIONS: Final = {
    "help": "Affiche cette aide.",
    "version": "Affiche la version.",
    "lang": "langue ; par défaut celle du système",
    "as_json": "JSON Lines sur la sortie standard",
    "map_.endpoint": "la source à lire ; par défaut toutes celles des identités",
    "wave": "seulement cette vague",
    "cutover.wave": "la vague",
    "approve.wave": "la vague",
    "rollback.wave": "la vague",
    "return_.wave": "la vague",
    "finalize.wave": "la vague",
    "plan_id": "le nom du plan",
    "title": "le titre du plan",
    "establishment": "l'établissement",
    "finess": "son numéro FINESS",
    "sources": "une source ; peut être répété",
    "force": "remplace un plan existant",
    "probe": "écrit des témoins aux cibles, les relit, les retire",
    "folder": "dossier du rapport",
    "sample": "mesure N éléments de chaque page ; les chiffres sont des estimations",
    "ledger_backup.folder": "dossier des copies",
    "who": "qui approuve ; par défaut l'identifiant de session",
    "yes": "sans question",
    "pass_": "par défaut : initial, puis delta",
    "every": "répète le delta jusqu'à la pause",
    "typed": "le nom de la vague, de nouveau",
    "watch": "de nouveau toutes les deux secondes",
    "person": "adresse, identifiant ou clé",
    "item": "un élément, par une partie de sa clé, de son nom ou de son Message-ID",
    "scale": "combien de fois l'établissement d'exemple",
    "seed": "graine du tirage",
}
