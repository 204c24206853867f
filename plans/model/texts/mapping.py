"""What can be wrong with a mapping file."""

from __future__ import annotations

from typing import Final

from transhumance.plans.model.texts.text import Text

MAPPING: Final = {
    "mapping-format": Text(
        "PLAN-MAP-01",
        ("le format {value} n'est pas celui d'une correspondance", "Écrivez `format: {format}`."),
        ("the format {value} is not that of a mapping", "Write `format: {format}`."),
    ),
    "mapping-unknown": Text(
        "PLAN-MAP-02", ("{value} est inconnu ici", "{hint}"), ("{value} is unknown here", "{hint}")
    ),
    "mapping-text": Text(
        "PLAN-MAP-03",
        ("il faut un texte, pas {value}", "Écrivez une expression, ou un nom d'attribut."),
        ("a text is wanted, not {value}", "Write an expression, or an attribute's name."),
    ),
    "mapping-rules": Text(
        "PLAN-MAP-04",
        ("il faut des règles, une par attribut", "Écrivez `attribut: expression`."),
        ("rules are wanted, one an attribute", "Write `attribute: expression`."),
    ),
    "mapping-twice": Text(
        "PLAN-MAP-05",
        ("{value} a déjà une règle", "Réunissez-les par `or` ou `if ... else`."),
        ("{value} has a rule already", "Join them by `or` or `if ... else`."),
    ),
    "mapping-value": Text(
        "PLAN-MAP-06",
        ("la règle n'a pas de `value`", "Écrivez `value: expression`."),
        ("the rule has no `value`", "Write `value: expression`."),
    ),
    "mapping-expr-syntax": Text(
        "PLAN-MAP-07",
        (
            "l'expression ne se lit pas ({what})",
            "Mettez les textes entre apostrophes, et l'expression entre guillemets.",
        ),
        ("the expression can't be read ({what})", "Put texts in single quotes, and the expression in double ones."),
    ),
    "mapping-expr-function": Text(
        "PLAN-MAP-08",
        ("la fonction `{what}` n'existe pas", "Fonctions : voir docs/fr/correspondance.md."),
        ("there is no function `{what}`", "Functions: see docs/en/mapping.md."),
    ),
    "mapping-expr-arguments": Text(
        "PLAN-MAP-09",
        ("mauvais nombre d'arguments ({what} attendus)", "Comptez les virgules."),
        ("wrong number of arguments ({what} wanted)", "Count the commas."),
    ),
    "mapping-expr-name": Text(
        "PLAN-MAP-10",
        (
            "le nom `{what}` n'existe pas",
            "Un attribut de la source s'écrit `attr('nom')` ; un texte, entre apostrophes.",
        ),
        ("there is no name `{what}`", "A source's attribute is written `attr('name')`; a text, in single quotes."),
    ),
    "mapping-expr-sign": Text(
        "PLAN-MAP-11",
        (
            "{what} n'est pas permis dans une expression",
            "Permis : fonctions, `+`, `==`, `in`, `and`, `or`, `not`, `if`.",
        ),
        ("{what} is not allowed in an expression", "Allowed: functions, `+`, `==`, `in`, `and`, `or`, `not`, `if`."),
    ),
    "mapping-expr-deep": Text(
        "PLAN-MAP-12",
        ("l'expression est trop imbriquée", "Simplifiez-la."),
        ("the expression is nested too deep", "Make it simpler."),
    ),
    "mapping-expr-long": Text(
        "PLAN-MAP-13",
        ("l'expression dépasse {what} signes", "Simplifiez-la."),
        ("the expression is longer than {what} characters", "Make it simpler."),
    ),
}
