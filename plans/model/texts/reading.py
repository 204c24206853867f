"""Files that can't be read, and YAML that is none."""

from __future__ import annotations

from typing import Final

from transhumance.plans.model.texts.text import Text

FILE: Final = {
    "file-missing": Text(
        "PLAN-FILE-01",
        ("ce fichier n'existe pas", "Vérifiez le chemin ; `transhume init` écrit un plan de départ."),
        ("there is no such file", "Check the path; `transhume init` writes a plan to start from."),
    ),
    "file-unreadable": Text(
        "PLAN-FILE-02",
        (
            "ce fichier ne peut pas être lu ({why})",
            "Vérifiez que c'est un fichier ordinaire et que vous avez le droit de le lire.",
        ),
        ("this file can't be read ({why})", "Check that it is an ordinary file and that you may read it."),
    ),
    "file-too-large": Text(
        "PLAN-FILE-03",
        ("ce fichier dépasse {limit} octets", "Mettez les longues listes dans un fichier nommé par `members.csv`."),
        ("this file is larger than {limit} bytes", "Put long lists into a file named by `members.csv`."),
    ),
    "file-empty": Text(
        "PLAN-FILE-04",
        ("ce fichier est vide", "`transhume init` écrit un plan de départ."),
        ("this file is empty", "`transhume init` writes a plan to start from."),
    ),
    "file-not-utf8": Text(
        "PLAN-FILE-05",
        ("l'octet {byte} n'est pas de l'UTF-8{guess_char}", "Enregistrez le fichier en UTF-8."),
        ("byte {byte} is not UTF-8{guess_char}", "Save the file as UTF-8."),
    ),
    "file-utf16": Text(
        "PLAN-FILE-06",
        ("ce fichier est en {encoding}", "Enregistrez-le en UTF-8 (« Enregistrer sous », codage UTF-8)."),
        ("this file is in {encoding}", 'Save it as UTF-8 ("Save as", encoding UTF-8).'),
    ),
    "file-control": Text(
        "PLAN-FILE-07",
        (
            "caractère interdit {char} ({count} en tout)",
            "Supprimez-le : il est invisible dans la plupart des éditeurs.",
        ),
        ("forbidden character {char} ({count} in all)", "Delete it: most editors don't show it."),
    ),
}

YAML: Final = {
    "yaml-tab": Text(
        "PLAN-YAML-01",
        ("tabulation dans le retrait", "YAML veut des espaces ; lignes à corriger : {lines}."),
        ("tab in the indentation", "YAML wants spaces; lines to mend: {lines}."),
    ),
    "yaml-syntax": Text(
        "PLAN-YAML-02",
        (
            "ceci n'est pas du YAML ({why})",
            "Vérifiez le retrait, les deux-points et les guillemets de cette ligne et de la précédente.",
        ),
        ("this is not YAML ({why})", "Check the indentation, colons and quotes of this line and the one before."),
    ),
    "yaml-colon": Text(
        "PLAN-YAML-03",
        (
            "deux-points inattendu",
            "Mettez la valeur entre guillemets si elle contient `: `, sinon vérifiez le retrait.",
        ),
        ("unexpected colon", "Quote the value if it contains `: `, else check the indentation."),
    ),
    "yaml-no-colon": Text(
        "PLAN-YAML-04",
        ("il manque `:` après ce nom", "Écrivez `nom: valeur`, avec une espace après les deux-points."),
        ("`:` is missing after this name", "Write `name: value`, with a blank after the colon."),
    ),
    "yaml-indent": Text(
        "PLAN-YAML-05",
        ("cette ligne ne se rattache à rien", "Alignez-la sur les champs voisins : même nombre d'espaces."),
        ("this line belongs to nothing", "Line it up with the fields beside it: the same number of blanks."),
    ),
    "yaml-bracket": Text(
        "PLAN-YAML-06",
        (
            "il manque une virgule ou `{closing}` dans ce qui s'ouvre ligne {opened}",
            "Fermez ou séparez par une virgule.",
        ),
        ("a comma or `{closing}` is missing in what opens at line {opened}", "Close it, or separate by a comma."),
    ),
    "yaml-quote": Text(
        "PLAN-YAML-07",
        ("ce guillemet ouvert n'est jamais fermé", "Fermez-le à la fin de la valeur."),
        ("this quote is never closed", "Close it at the end of the value."),
    ),
    "yaml-start": Text(
        "PLAN-YAML-08",
        ("une valeur ne peut pas commencer par {char}", "Mettez la valeur entre guillemets."),
        ("a value can't begin with {char}", "Quote the value."),
    ),
    "yaml-escape": Text(
        "PLAN-YAML-09",
        ("séquence {char} inconnue entre guillemets doubles", "Écrivez `\\\\`, ou prenez des guillemets simples."),
        ("unknown escape {char} in double quotes", "Write `\\\\`, or use single quotes."),
    ),
    "yaml-alias": Text(
        "PLAN-YAML-10",
        ("`*{alias}` ne renvoie à rien", "Déclarez `&{alias}` plus haut, ou mettez la valeur entre guillemets."),
        ("`*{alias}` refers to nothing", "Declare `&{alias}` above, or quote the value."),
    ),
    "yaml-bomb": Text(
        "PLAN-YAML-11",
        (
            "plus de {limit} valeurs une fois les renvois développés",
            "Réduisez les ancres, ou listez dans un fichier `members.csv`.",
        ),
        ("more than {limit} values once aliases are expanded", "Use fewer aliases, or list in a `members.csv` file."),
    ),
    "yaml-loop": Text(
        "PLAN-YAML-12",
        ("cette ancre se contient elle-même", "Recopiez les valeurs voulues au lieu d'y renvoyer."),
        ("this anchor contains itself", "Copy the wanted values instead of referring to them."),
    ),
    "yaml-deep": Text(
        "PLAN-YAML-13",
        ("plus de {limit} niveaux emboîtés", "Un plan en a moins de dix : vérifiez crochets et retraits."),
        ("more than {limit} nested levels", "A plan has fewer than ten: check brackets and indentation."),
    ),
    "yaml-documents": Text(
        "PLAN-YAML-14",
        ("un second document commence ici (`---`)", "Un plan par fichier ; `extends:` reprend un autre fichier."),
        ("a second document begins here (`---`)", "One plan a file; `extends:` takes up another file."),
    ),
    "yaml-tag": Text(
        "PLAN-YAML-15",
        ("l'étiquette {tag} n'est pas acceptée", "Ôtez-la : un plan n'a que textes, nombres, dates, listes et champs."),
        ("the tag {tag} is not accepted", "Remove it: a plan has only texts, numbers, dates, lists and fields."),
    ),
    "yaml-key": Text(
        "PLAN-YAML-16",
        ("un nom de champ doit être un texte", 'Mettez-le entre guillemets : "{text}".'),
        ("a field's name must be a text", 'Quote it: "{text}".'),
    ),
    "yaml-doubled": Text(
        "PLAN-YAML-17",
        ("ce champ est écrit deux fois (déjà ligne {first})", "Gardez l'un des deux."),
        ("this field is written twice (first at line {first})", "Keep one of them."),
    ),
    "yaml-root": Text(
        "PLAN-YAML-18",
        ("un plan est fait de champs `nom: valeur` ; ceci est {kind}", "Commencez par `format: transhumance.plan/1`."),
        ("a plan is made of `name: value` fields; this is {kind}", "Begin with `format: transhumance.plan/1`."),
    ),
    "yaml-number": Text(
        "PLAN-YAML-19",
        ("ce nombre est démesuré ou n'en est pas un", "Mettez-le entre guillemets si c'est un texte."),
        ("this number is out of all measure or is none", "Quote it if it is a text."),
    ),
    "yaml-merge": Text(
        "PLAN-YAML-20",
        ("`<<` ne peut reprendre que des champs", "Renvoyez à une ancre posée sur des champs : `<<: *nom`."),
        ("`<<` can only take up fields", "Refer to an anchor set on fields: `<<: *name`."),
    ),
    "yaml-date": Text(
        "PLAN-YAML-21",
        ("cette date n'existe pas ({text})", "Écrivez année-mois-jour, par exemple 2027-06-30."),
        ("there is no such date ({text})", "Write year-month-day, for example 2027-06-30."),
    ),
}
