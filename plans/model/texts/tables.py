"""`people.csv` and membership files."""

from __future__ import annotations

from typing import Final

from transhumance.plans.model.texts.text import Text

CSV: Final = {
    "csv-missing": Text(
        "PLAN-CSV-01",
        ("ce fichier n'existe pas", "Vérifiez le chemin : il part du dossier du plan."),
        ("there is no such file", "Check the path: it starts from the plan's folder."),
    ),
    "csv-unreadable": Text(
        "PLAN-CSV-02",
        (
            "ce fichier ne peut pas être lu ({why})",
            "Vérifiez que c'est un fichier ordinaire et que vous pouvez le lire.",
        ),
        ("this file can't be read ({why})", "Check that it is an ordinary file and that you may read it."),
    ),
    "csv-large": Text(
        "PLAN-CSV-03",
        ("ce fichier dépasse {limit} octets", "Coupez-le en plusieurs."),
        ("this file is larger than {limit} bytes", "Cut it into several."),
    ),
    "csv-encoding": Text(
        "PLAN-CSV-04",
        (
            "ce texte n'est ni de l'UTF-8, ni du Windows-1252, ni de l'UTF-16",
            "Enregistrez le fichier en « CSV UTF-8 ».",
        ),
        ("this text is neither UTF-8, nor Windows-1252, nor UTF-16", 'Save the file as "CSV UTF-8".'),
    ),
    "csv-empty": Text(
        "PLAN-CSV-05",
        ("ce fichier est vide", "Il lui faut au moins une ligne."),
        ("this file is empty", "It needs one line at least."),
    ),
    "csv-quotes": Text(
        "PLAN-CSV-06",
        (
            "un guillemet de cette ligne n'est pas fermé, ou est suivi de texte ; la suite n'est pas lue",
            "Doublez les guillemets d'une valeur, et fermez-la.",
        ),
        (
            "a quote of this line is not closed, or text follows it; the rest is not read",
            "Double the quotes within a value, and close it.",
        ),
    ),
    "csv-control": Text(
        "PLAN-CSV-07",
        ("cette ligne contient un caractère de contrôle ; elle n'est pas prise", "Supprimez-le."),
        ("this line holds a control character; it is left out", "Delete it."),
    ),
    "csv-column-missing": Text(
        "PLAN-CSV-08",
        (
            "il manque la colonne `{value}` ; rien n'est pris de ce fichier",
            "La première ligne nomme les colonnes ; elle a : {columns}.",
        ),
        (
            "the column `{value}` is missing; nothing of this file is used",
            "The first line names the columns; it has: {columns}.",
        ),
    ),
    "csv-column-twice": Text(
        "PLAN-CSV-09",
        ("deux colonnes s'appellent {value} ; rien n'est pris de ce fichier", "Renommez-en une ou supprimez-la."),
        ("two columns are called {value}; nothing of this file is used", "Rename one or delete it."),
    ),
    "csv-column-unknown": Text(
        "PLAN-CSV-10",
        ("la colonne {value} n'est pas un `endpoint` du plan ; rien n'est pris de ce fichier", "{hint}"),
        ("the column {value} is no endpoint of the plan; nothing of this file is used", "{hint}"),
    ),
    "csv-cells": Text(
        "PLAN-CSV-11",
        (
            "cette ligne a {count} valeurs pour {wanted} colonnes ; elle n'est pas prise",
            "Mettez entre guillemets une valeur qui contient le séparateur.",
        ),
        (
            "this line has {count} values for {wanted} columns; it is left out",
            "Quote a value that contains the separator.",
        ),
    ),
    "csv-no-key": Text(
        "PLAN-CSV-12",
        ("cette ligne n'a pas de `source_key` ; elle n'est pas prise", "Reprenez la clé que `transhume assess` écrit."),
        ("this line has no `source_key`; it is left out", "Take the key that `transhume assess` writes."),
    ),
    "csv-value": Text(
        "PLAN-CSV-13",
        ("`{column}` ne peut pas être {value} ; cette ligne n'est pas prise", "{hint}"),
        ("`{column}` can't be {value}; this line is left out", "{hint}"),
    ),
    "csv-no-login": Text(
        "PLAN-CSV-14",
        (
            "{value} est `matched` sans identifiant de cible ; cette ligne n'est pas prise",
            "Donnez un identifiant, ou écrivez `unmatched` ou `excluded`.",
        ),
        (
            "{value} is `matched` without a login at any target; this line is left out",
            "Give a login, or write `unmatched` or `excluded`.",
        ),
    ),
    "csv-key-twice": Text(
        "PLAN-CSV-15",
        ("{value} est déjà ligne {first} ; cette ligne n'est pas prise", "Gardez une ligne par `source_key`."),
        ("{value} is at line {first} already; this line is left out", "Keep one line a `source_key`."),
    ),
    "csv-login-twice": Text(
        "PLAN-CSV-16",
        (
            "{value} de `{endpoint}` est aussi à la ligne {first} ; aucune des deux n'est prise",
            "Deux sujets ne peuvent pas avoir la même cible : corrigez l'une des lignes.",
        ),
        (
            "{value} of `{endpoint}` is at line {first} too; neither is used",
            "Two subjects can't have the same target: mend one of the lines.",
        ),
    ),
    "csv-no-member": Text(
        "PLAN-CSV-17",
        ("cette ligne ne nomme personne ; elle n'est pas prise", "Remplissez la colonne, ou supprimez la ligne."),
        ("this line names nobody; it is left out", "Fill the column, or delete the line."),
    ),
}
