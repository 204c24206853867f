"""Loss codes of Outlook data files as such. Those of what is inside an item (`MAIL-PST-01` to `-04`) are of mail."""

from transhumance.connectors.contract import LossCode, Text

FILE, ITEM, PASSWORD, FOLDER = "MAIL-PST-05", "MAIL-PST-06", "MAIL-PST-07", "MAIL-PST-08"
ORPHAN = "MAIL-PST-09"
EMBEDDED = "MAIL-PST-03"

CODES = (
    LossCode(
        FILE,
        "blocked",
        Text("Le fichier de données Outlook n'a pas pu être ouvert", "The Outlook data file could not be opened"),
        Text(
            "Tronqué, endommagé, chiffré, ou pas un .pst : rien n'en est lu, ni message, ni agenda, ni contact",
            "It is truncated, damaged, encrypted, or no .pst: nothing of it is read, no message, calendar or contact",
        ),
        Text(
            "Voir le détail ; réparer (scanpst) ou retrouver une autre copie",
            "See the detail; mend it (scanpst) or find another copy",
        ),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        ITEM,
        "blocked",
        Text("Un élément du .pst n'a pas pu être ouvert", "An item of the .pst could not be opened"),
        Text("Le fichier est endommagé à cet endroit", "The file is damaged there"),
        Text("Réparer le fichier (scanpst), puis recommencer", "Mend the file (scanpst), then start again"),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        PASSWORD,
        "info",
        Text("Le .pst porte un mot de passe, qui ne suit pas", "The .pst has a password, which does not follow"),
        Text(
            "Ce mot de passe n'est qu'une somme de contrôle que le fichier demande de vérifier : il ne chiffre rien",
            "That password is only a checksum that the file asks to be compared: it encrypts nothing (MS-PST 4.2)",
        ),
        Text("Protéger l'accès à la cible", "Protect the access at the target"),
    ),
    LossCode(
        FOLDER,
        "blocked",
        Text("Un dossier du .pst n'a pas pu être ouvert", "A folder of the .pst could not be opened"),
        Text(
            "Le fichier est endommagé à cet endroit : rien de ce dossier ni de ceux qu'il contient n'est lu, ni tenu "
            "pour supprimé",
            "The file is damaged there: nothing of this folder or those in it is read, nor taken for deleted",
        ),
        Text(
            "Réparer une copie du fichier (scanpst), puis recommencer",
            "Mend a copy of the file (scanpst), then start again",
        ),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        ORPHAN,
        "info",
        Text("Un élément qu'aucun dossier ne nomme", "An item that no folder names"),
        Text(
            "Le fichier le contient encore, mais son dossier ne le connaît plus : il a pu être supprimé",
            "The file still holds it, but its folder does not know it any more: it may have been deleted",
        ),
        Text(
            "Le reprendre si besoin ; `orphans` est un choix du plan",
            "Take it back if it is of use; `orphans` is a choice of the plan",
        ),
    ),
)
