"""Loss codes of the plan's mapping: rules that were not followed on an entry."""

from transhumance.migrators.identities.codes import coded

_LOOK = (
    "`transhume map PLAN --person X` montre la règle sur une entrée ; la corriger, ou lui donner un `when`",
    "`transhume map PLAN --person X` shows the rule on an entry; correct it, or give it a `when`",
)
MAPPING = (
    coded(
        "ID-MAP-01",
        "minor",
        ("Une règle de correspondance n'a pas pu être calculée", "A rule of the mapping could not be worked out"),
        (
            "L'expression échoue sur cette entrée ; l'attribut garde la valeur de la correspondance standard",
            "The expression fails on this entry; the attribute keeps the value of the standard map",
        ),
        _LOOK,
    ),
    coded(
        "ID-MAP-02",
        "minor",
        (
            "Une règle de correspondance donne ce que l'attribut ne peut pas tenir",
            "A rule gives what can't stand there",
        ),
        (
            "Accents dans une adresse, plusieurs valeurs où il en faut une, doublons : la valeur standard reste",
            "Accents in an address, several values where one may stand, doubles: the standard value stays",
        ),
        _LOOK,
    ),
    coded(
        "ID-MAP-03",
        "minor",
        ("Une règle vise l'attribut qui nomme l'entrée", "A rule aims at the attribute that names the entry"),
        (
            "Le nom (RDN) de l'entrée porte cet attribut ; il n'est pas changé",
            "The entry's name (RDN) holds this attribute; it is not changed",
        ),
        _LOOK,
    ),
    coded(
        "ID-MAP-04",
        "info",
        ("Les règles de correspondance ne touchent pas cette entrée", "The mapping's rules don't touch this entry"),
        (
            "Elles sont suivies pour les entrées d'Active Directory ; celle-ci vient d'un annuaire standard",
            "They are followed for entries of Active Directory; this one comes from a standard directory",
        ),
        ("Rien à faire, ou changer l'entrée à la source", "Nothing, or change the entry at its source"),
    ),
)
