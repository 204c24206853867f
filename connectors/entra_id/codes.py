"""Loss codes of what can't be read of a tenant."""

from transhumance.connectors.contract import LossCode, Text

CODES = (
    LossCode(
        "ID-ENT-01",
        "blocked",
        Text("Un objet d'Entra ID n'a pas d'identifiant lisible", "An object of Entra ID has no readable id"),
        Text(
            "Son `id` n'est pas un UUID : il ne peut être suivi d'un passage à l'autre",
            "Its `id` is no UUID: it can't be followed from one pass to the next",
        ),
        Text("Le signaler à Microsoft ; l'objet reste à la source", "Report it to Microsoft; it stays at the source"),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "ID-ENT-02",
        "blocked",
        Text("Deux personnes ont la même ancre", "Two people have the same anchor"),
        Text(
            "`onPremisesImmutableId` doit désigner une seule personne d'Active Directory",
            "`onPremisesImmutableId` must name one person of Active Directory only",
        ),
        Text("Corriger l'ancre de l'une des deux dans Entra ID", "Correct the anchor of one of them in Entra ID"),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "ID-ENT-03",
        "minor",
        Text("Une partie de l'inventaire n'a pu être lue", "A part of the inventory could not be read"),
        Text(
            "L'application n'en a pas le droit, ou le locataire n'a pas la licence",
            "The application has no right to it, or the tenant has no licence",
        ),
        Text(
            "Accorder le droit que `check` nomme, ou l'ôter de `inventory`",
            "Grant the right that `check` names, or take it out of `inventory`",
        ),
        forward="not_assessed",
        back="not_assessed",
    ),
)
