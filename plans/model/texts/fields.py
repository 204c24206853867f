"""Fields that have not the wanted shape."""

from __future__ import annotations

from typing import Final

from transhumance.plans.model.texts.text import Text

FIELD: Final = {
    "missing": Text(
        "PLAN-FIELD-01",
        ("ce champ manque", "Ajoutez-le{where}."),
        ("this field is missing", "Add it{where}."),
    ),
    "unknown-field": Text(
        "PLAN-FIELD-02",
        ("ce champ n'existe pas ici", "{hint}"),
        ("there is no such field here", "{hint}"),
    ),
    "need-text": Text(
        "PLAN-FIELD-03",
        ("attend un texte, pas {kind}", "{quote}"),
        ("must be a text, not {kind}", "{quote}"),
    ),
    "need-integer": Text(
        "PLAN-FIELD-04",
        ("attend un nombre entier, pas {kind}", "Écrivez un entier sans guillemets."),
        ("must be a whole number, not {kind}", "Write a whole number without quotes."),
    ),
    "need-number": Text(
        "PLAN-FIELD-05",
        ("attend un nombre, pas {kind}", "Écrivez un nombre sans guillemets, avec un point pour les décimales."),
        ("must be a number, not {kind}", "Write a number without quotes, with a point for decimals."),
    ),
    "need-bool": Text(
        "PLAN-FIELD-06",
        ("attend `true` ou `false`, pas {kind}", "En YAML 1.2, `yes`, `no`, `oui`, `non` sont des textes."),
        ("must be `true` or `false`, not {kind}", "In YAML 1.2, `yes` and `no` are texts."),
    ),
    "need-list": Text(
        "PLAN-FIELD-07",
        ("attend une liste, pas {kind}", "Écrivez `[a, b]`, ou un tiret par ligne."),
        ("must be a list, not {kind}", "Write `[a, b]`, or a dash a line."),
    ),
    "need-mapping": Text(
        "PLAN-FIELD-08",
        ("attend des champs `nom: valeur`, pas {kind}", "Écrivez les champs en retrait sous ce nom."),
        ("must hold `name: value` fields, not {kind}", "Write the fields indented under this name."),
    ),
    "one-of": Text(
        "PLAN-FIELD-09",
        ("{value} n'est pas possible ici", "{hint}"),
        ("{value} is not possible here", "{hint}"),
    ),
    "at-least": Text(
        "PLAN-FIELD-10",
        ("doit être au moins {bound} (vaut {value})", ""),
        ("must be at least {bound} (is {value})", ""),
    ),
    "at-most": Text(
        "PLAN-FIELD-11",
        ("doit être au plus {bound} (vaut {value})", ""),
        ("must be at most {bound} (is {value})", ""),
    ),
    "more-than": Text(
        "PLAN-FIELD-12",
        ("doit dépasser {bound} (vaut {value})", ""),
        ("must be more than {bound} (is {value})", ""),
    ),
    "less-than": Text(
        "PLAN-FIELD-13",
        ("doit être inférieur à {bound} (vaut {value})", ""),
        ("must be less than {bound} (is {value})", ""),
    ),
    "pattern": Text(
        "PLAN-FIELD-14",
        ("{value} n'a pas la forme voulue", "Forme : {pattern}"),
        ("{value} has not the wanted form", "Form: {pattern}"),
    ),
    "empty": Text(
        "PLAN-FIELD-15",
        ("est vide", "Donnez une valeur, ou supprimez le champ."),
        ("is empty", "Give a value, or delete the field."),
    ),
    "too-long": Text(
        "PLAN-FIELD-16",
        ("est trop long (au plus {bound})", "Raccourcissez."),
        ("is too long (at most {bound})", "Make it shorter."),
    ),
    "bad-date": Text(
        "PLAN-FIELD-17",
        ("{value} n'est pas une date", "Écrivez année-mois-jour, par exemple 2027-06-30{more}."),
        ("{value} is not a date", "Write year-month-day, for example 2027-06-30{more}."),
    ),
    "bad-time": Text(
        "PLAN-FIELD-18",
        ("{value} n'est pas une heure", 'Écrivez "20:00", de "00:00" à "24:00".'),
        ("{value} is not a time of day", 'Write "20:00", from "00:00" to "24:00".'),
    ),
    "bad-duration": Text(
        "PLAN-FIELD-19",
        (
            "{value} n'est pas une durée",
            "Écrivez un nombre et une unité, s, m, h, d (jours) ou w (semaines) : 15m, 24h.",
        ),
        ("{value} is not a duration", "Write a number and a unit, s, m, h, d or w: 15m, 24h."),
    ),
    "bad-timezone": Text(
        "PLAN-FIELD-20",
        (
            "{value} n'est pas un fuseau horaire",
            "Écrivez un nom IANA, par exemple Europe/Paris ou Indian/Reunion. {hint}",
        ),
        ("{value} is not a time zone", "Write an IANA name, for example Europe/Paris or Indian/Reunion. {hint}"),
    ),
    "bad-code": Text(
        "PLAN-FIELD-21",
        (
            "{value} n'est pas un code de perte",
            "Un code s'écrit DOMAINE-NOM-nn, par exemple MAIL-CATEGORY-01 ; `transhume explain` les donne.",
        ),
        (
            "{value} is not a loss code",
            "A code is AREA-NOUN-nn, for example MAIL-CATEGORY-01; `transhume explain` gives them.",
        ),
    ),
    "bad-name": Text(
        "PLAN-FIELD-22",
        (
            "{value} n'est pas un identifiant",
            "Lettres sans accent, chiffres, `-`, `_` et `.`, 63 au plus, en commençant par une lettre ou un chiffre.",
        ),
        (
            "{value} is not an identifier",
            "Letters without accents, digits, `-`, `_` and `.`, at most 63, beginning with a letter or digit.",
        ),
    ),
    "bad-finess": Text(
        "PLAN-FIELD-23",
        ("{value} n'est pas un numéro FINESS", "Neuf caractères : neuf chiffres, ou 2A ou 2B suivi de sept chiffres."),
        ("{value} is not a FINESS number", "Nine characters: nine digits, or 2A or 2B and seven digits."),
    ),
    "told": Text(
        "PLAN-FIELD-24",
        ("refusé par le connecteur : {why}", ""),
        ("refused by the connector: {why}", ""),
    ),
    "refused": Text(
        "PLAN-FIELD-25",
        ("cette valeur n'est pas acceptée ({why})", "Voyez la documentation de ce champ."),
        ("this value is not accepted ({why})", "See this field's documentation."),
    ),
    "bad-path": Text(
        "PLAN-FIELD-26",
        (
            "{value} n'est pas un chemin de fichier",
            "Un chemin relatif part du dossier du plan ; pas de caractère de contrôle.",
        ),
        ("{value} is not a file's path", "A relative path starts from the plan's folder; no control characters."),
    ),
    "bad-url": Text(
        "PLAN-FIELD-27",
        ("n'est pas une adresse", "Écrivez-la avec son protocole, par exemple https://mail.chu.example/."),
        ("is not an address", "Write it with its protocol, for example https://mail.chu.example/."),
    ),
    "format-version": Text(
        "PLAN-FORMAT-01",
        (
            "{value} n'est pas un format connu de cette version",
            "Écrivez `format: transhumance.plan/1`, ou prenez la version de transhumance qui lit ce plan.",
        ),
        (
            "{value} is no format that this version knows",
            "Write `format: transhumance.plan/1`, or use the version of transhumance that reads this plan.",
        ),
    ),
}
