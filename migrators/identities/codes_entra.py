"""Loss codes of what only Entra ID has."""

from transhumance.migrators.identities.codes import coded

ENTRA = (
    coded(
        "ID-CA-01",
        "major",
        ("Une stratégie d'accès conditionnel ne se déplace pas", "A conditional access policy does not move"),
        (
            "Un annuaire ne décide pas d'un accès ; la stratégie est gardée comme inventaire",
            "A directory does not decide on access; the policy is kept as inventory",
        ),
        (
            "La refaire dans le fournisseur d'identité (flux d'authentification, réseau, second facteur)",
            "Make it again in the identity provider (authentication flows, network, second factor)",
        ),
    ),
    coded(
        "ID-APP-01",
        "major",
        ("Une application s'authentifie auprès d'Entra ID", "An application signs people in by Entra ID"),
        (
            "Ses rôles et qui les a sont gardés comme inventaire ; elle reste liée à Entra ID",
            "Its roles and who has them are kept as inventory; it stays tied to Entra ID",
        ),
        (
            "En faire un client du fournisseur d'identité, ses rôles des rôles de ce client",
            "Make it a client of the identity provider, and its roles roles of that client",
        ),
    ),
    coded(
        "ID-GRP-11",
        "info",
        ("Un groupe Microsoft 365 est plus qu'un groupe", "A Microsoft 365 group is more than a group"),
        (
            "Sa boîte, son site et son équipe sont d'autres charges ; ici passent le groupe et ses membres",
            "Its mailbox, its site and its team are other workloads; the group and its members move here",
        ),
        (
            "Prévoir sa messagerie et ses documents dans le plan",
            "Provide for its mail and documents in the plan",
        ),
    ),
)
