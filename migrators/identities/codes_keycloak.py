"""Loss codes of Keycloak: what its users and groups have no place for, and what it refuses."""

from transhumance.migrators.identities.codes import coded

_LONG = (
    "Keycloak ne sait plus enregistrer une personne dont un attribut dépasse 2 048 caractères",
    "Keycloak can't save a person any more of whom an attribute has more than 2,048 characters",
)
_ARCHIVE = ("L'archive garde la valeur entière", "The archive keeps the whole value")
_STAYS = ("Rien à faire : l'archive le garde", "Nothing: the archive keeps it")

KEYCLOAK = (
    coded(
        "ID-NAM-02",
        "blocked",
        ("Deux identifiants n'en font qu'un à la cible", "Two log-in names are one at the target"),
        (
            "Sans casse, un autre compte de la cible porte déjà cet identifiant",
            "Without case, another account of the target has this log-in name already",
        ),
        ("Choisir un autre identifiant pour l'un des deux", "Choose another log-in name for one of the two"),
        forward="blocked",
    ),
    coded(
        "ID-NAM-06",
        "major",
        ("L'identifiant n'a pas pu changer à la cible", "The log-in name could not change at the target"),
        (
            "Le royaume Keycloak ne laisse pas changer les identifiants",
            "The Keycloak realm does not let log-in names change",
        ),
        (
            "Activer « Modifier le nom d'utilisateur » dans le royaume, puis réessayer",
            'Enable "Edit username" in the realm, then try again',
        ),
        forward="blocked",
    ),
    coded(
        "ID-NAM-07",
        "blocked",
        ("L'identifiant ne permet pas de se connecter", "Nobody can log in by this name"),
        (
            "Il commence ou finit par une espace, dépasse 255 caractères ou n'est pas du texte",
            "It begins or ends with a blank, has more than 255 characters, or is no text",
        ),
        ("Corriger l'identifiant à la source", "Mend the log-in name at the source"),
        forward="blocked",
    ),
    coded(
        "ID-NAM-08",
        "info",
        ("Un nom est montré sans certains signes", "A name is shown without some signs"),
        (
            "Keycloak refuse parenthèses, chevrons et autres signes dans un nom ; le nom entier reste en attribut",
            "Keycloak refuses brackets and other signs in a name; the whole name stays in an attribute",
        ),
        ("Rien à faire", "Nothing to do"),
    ),
    coded(
        "ID-MAI-01",
        "blocked",
        ("Deux personnes ont la même adresse", "Two people have one mail address"),
        (
            "Dans un royaume Keycloak une adresse est à une seule personne ; un double fait échouer tout un lot",
            "In a Keycloak realm an address is one person's; a second one makes a whole batch fail",
        ),
        (
            "Donner à chacun la sienne, ou permettre les adresses en double dans le royaume",
            "Give each their own, or allow duplicate addresses in the realm",
        ),
        forward="blocked",
    ),
    coded(
        "ID-MAI-04",
        "minor",
        ("L'adresse n'est pas prise comme adresse de connexion", "The address is not taken as one to log in by"),
        (
            "Keycloak refuse sa forme ; elle reste en attribut, sans courriels de Keycloak",
            "Keycloak refuses its form; it stays in an attribute, and Keycloak sends no mail there",
        ),
        ("Corriger l'adresse", "Mend the address"),
        forward="reduced",
    ),
    coded(
        "ID-PHO-01",
        "minor",
        ("La photo ne va pas dans Keycloak", "The photo does not go into Keycloak"),
        _LONG,
        ("La servir depuis l'annuaire ou l'archive", "Serve it from the directory or the archive"),
        forward="reduced",
        back="lossy",
    ),
    coded(
        "ID-CRT-02",
        "minor",
        ("Le certificat ne va pas dans Keycloak", "The certificate does not go into Keycloak"),
        _LONG,
        (
            "Associer la carte par son sujet dans l'authentification X.509",
            "Map the card by its subject in X.509 authentication",
        ),
        forward="reduced",
        back="lossy",
    ),
    coded(
        "ID-ATT-03",
        "minor",
        ("Une valeur est trop longue pour Keycloak", "A value is too long for Keycloak"),
        _LONG,
        _ARCHIVE,
        forward="reduced",
        back="lossy",
    ),
    coded(
        "ID-PWD-02",
        "info",
        ("Le mot de passe est vérifié par un annuaire", "A directory checks the password"),
        (
            "Un lien de fédération : sans cet annuaire, la personne ne se connecte plus",
            "A federation link: without that directory, the person does not log in any more",
        ),
        (
            "Donner un mot de passe propre avant de couper le lien",
            "Give a password of one's own before cutting the link",
        ),
    ),
    coded(
        "ID-PWD-08",
        "minor",
        ("L'empreinte du mot de passe n'est pas portée", "The password's hash is not carried"),
        (
            "Un attribut de Keycloak se lit dans la console et les jetons : aucun secret n'y va",
            "An attribute of Keycloak is read in the console and in tokens: no secret goes there",
        ),
        ("Nouveau mot de passe, ou relais vers l'annuaire", "A new password, or pass-through to the directory"),
        forward="reduced",
        back="lossy",
    ),
    coded(
        "ID-PWD-09",
        "blocked",
        ("La personne resterait sans moyen de se connecter", "The person would be left without any way to log in"),
        (
            "Son mot de passe est encore celui de l'annuaire : aucun ici",
            "The password is still the directory's: there is none here",
        ),
        ("Lui poser un mot de passe d'abord", "Set a password for the person first"),
        forward="blocked",
    ),
    coded(
        "ID-PWD-10",
        "blocked",
        ("La personne ne peut pas être retirée ici", "The person can't be removed here"),
        (
            "Sa fédération écrit dans l'annuaire (WRITABLE) : son compte y serait supprimé aussi",
            "Its federation writes to the directory (WRITABLE): the account would be removed there too",
        ),
        ("Passer la fédération en UNSYNCED, puis réessayer", "Set the federation to UNSYNCED, then try again"),
        forward="blocked",
    ),
    coded(
        "ID-MFA-01",
        "major",
        ("Un second facteur est à refaire", "A second factor is to be enrolled again"),
        (
            "Clés et générateurs de codes sont liés au serveur qui les a enrôlés ; ceux de la source y restent bons",
            "Keys and code generators are tied to the server that enrolled them; the source's stay good there",
        ),
        ("Prévenir la personne ; action requise à la cible", "Tell the person; a required action at the target"),
        forward="reduced",
    ),
    coded(
        "ID-ROL-01",
        "minor",
        ("Des rôles de Keycloak n'ont pas de place dans un annuaire", "Roles of Keycloak have no place in a directory"),
        ("Un rôle n'est ni un groupe ni un attribut", "A role is neither a group nor an attribute"),
        ("Les donner à nouveau, ou en faire des groupes", "Grant them again, or make groups of them"),
        forward="reduced",
    ),
    coded(
        "ID-GRP-03",
        "minor",
        ("Une imbrication de groupes est aplatie", "A nesting of groups is flattened"),
        (
            "Un arbre ne met un groupe que sous un seul autre : ici les personnes sont membres des deux",
            "A tree has a group below one other only: here people are members of both",
        ),
        ("Rien à faire ; la liste d'origine est gardée", "Nothing; the list as it was is kept"),
        forward="reduced",
    ),
    coded(
        "ID-GRP-04",
        "major",
        ("Des groupes sont membres l'un de l'autre", "Groups are members of each other"),
        ("Un arbre ne peut pas tourner en rond", "A tree can't go round in a circle"),
        ("Défaire la boucle à la source", "Undo the loop at the source"),
        forward="reduced",
    ),
    coded(
        "ID-GRP-09",
        "minor",
        ("Des membres sont nommés par identifiant", "Members are named by log-in name"),
        (
            "Ils restent en attribut du groupe ; Keycloak ne les en fait pas membres",
            "They stay in an attribute of the group; Keycloak does not make members of them",
        ),
        ("Nommer les membres par `member`", "Name members by `member`"),
        forward="reduced",
    ),
    coded(
        "ID-GRP-10",
        "info",
        ("Le groupe porte un autre nom dans Keycloak", "The group has another name in Keycloak"),
        ("Un groupe de ce nom est déjà au même endroit", "A group of that name is at the same place already"),
        ("Rien à faire : le nom d'origine est gardé", "Nothing: its own name is kept"),
    ),
    coded(
        "ID-OU-02",
        "info",
        ("L'unité n'est qu'un attribut des personnes", "The unit is an attribute of people only"),
        ("Le plan le veut ainsi (`keycloak_units`)", "The plan wants it so (`keycloak_units`)"),
        _STAYS,
        forward="reduced",
        back="residual",
    ),
    coded(
        "ID-KC-01",
        "blocked",
        ("Keycloak a refusé l'entrée", "Keycloak refused the entry"),
        ("Une règle du royaume ne la laisse pas passer", "A rule of the realm does not let it pass"),
        ("Voir le champ dans le détail", "See the field in the detail"),
        forward="blocked",
    ),
    coded(
        "ID-KC-02",
        "major",
        ("Le royaume cache les attributs", "The realm hides attributes"),
        (
            "Son profil ne les nomme pas, et sa politique ne laisse pas voir ceux qu'il ne nomme pas",
            "Its profile does not name them, and its policy does not show those that it does not name",
        ),
        (
            "`profile: unmanaged` dans l'endpoint, ou la politique ADMIN_EDIT dans le royaume",
            "`profile: unmanaged` in the endpoint, or the policy ADMIN_EDIT in the realm",
        ),
        forward="reduced",
        back="lossy",
    ),
    coded(
        "ID-CNT-02",
        "info",
        ("Un contact n'a pas de compte", "A contact has no account"),
        ("Keycloak ne tient que des personnes qui se connectent", "Keycloak holds people who log in only"),
        ("Le porter dans un carnet d'adresses", "Carry it into an address book"),
        forward="reduced",
        back="residual",
    ),
    coded(
        "ID-CMP-02",
        "info",
        ("Un ordinateur n'a pas de place dans Keycloak", "A computer has no place in Keycloak"),
        ("Keycloak ne tient que des personnes et des groupes", "Keycloak holds people and groups only"),
        _STAYS,
        forward="reduced",
        back="residual",
    ),
    coded(
        "ID-CLS-03",
        "info",
        ("L'entrée n'est ni une personne ni un groupe", "The entry is neither a person nor a group"),
        ("Keycloak ne tient que des personnes et des groupes", "Keycloak holds people and groups only"),
        _STAYS,
        forward="reduced",
        back="residual",
    ),
)
