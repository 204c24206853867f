"""Loss codes of Active Directory as a live system: what it does not show, and what it does not let anybody write."""

from transhumance.connectors.contract import LossCode, Text

UNREADABLE = "ID-ADR-01"

CODES = (
    LossCode(
        UNREADABLE,
        "blocked",
        Text("Une entrée de l'annuaire ne se laisse pas lire", "An entry of the directory can't be read"),
        Text(
            "Elle est là, mais ne montre pas son objectGUID à ce compte, ou a changé et ne se montre plus : un droit "
            "de lecture manque. Rien n'en est déduit, elle n'est pas prise pour supprimée",
            "It is there, but does not show its objectGUID to this account, or changed and shows itself no more: a "
            "right to read is missing. Nothing is concluded from it, it is not taken for deleted",
        ),
        Text(
            "Donner au compte la lecture de cette branche (`check` donne la commande), puis recommencer",
            "Let the account read that branch (`check` gives the command), then start again",
        ),
        forward="blocked",
        back="blocked",
    ),
)
