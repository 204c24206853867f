"""Loss codes of documents: names, what file systems keep beside bytes, and what contents ask for."""

from __future__ import annotations

from transhumance.connectors.contract import LossCode, Text
from transhumance.connectors.contract.codes import Back, Forward, Severity


def _code(
    code: str,
    severity: Severity,
    what: tuple[str, str],
    why: tuple[str, str],
    remedy: tuple[str, str],
    forward: Forward = "full",
    back: Back = "exact",
) -> LossCode:
    return LossCode(code, severity, Text(*what), Text(*why), Text(*remedy), forward, back)


_UNDONE = (
    "Rien à faire : la table des noms défait l'échappement au retour",
    "Nothing to do: the table of names undoes it on the way back",
)

NAMES = (
    _code(
        "DOC-NAME-01",
        "info",
        ("Un caractère du nom est échappé à la cible", "A character of the name is escaped at the target"),
        (
            'Windows et SMB refusent " * : < > ? \\ | ; ils deviennent %XX',
            'Windows and SMB refuse " * : < > ? \\ |; they become %XX',
        ),
        _UNDONE,
        "reduced",
    ),
    _code(
        "DOC-NAME-02",
        "info",
        ("Le nom est réservé par Windows", "The name is reserved by Windows"),
        ("CON, PRN, AUX, NUL, COM1, LPT1… ne s'y ouvrent pas", "CON, PRN, AUX, NUL, COM1, LPT1… can't be opened there"),
        _UNDONE,
        "reduced",
    ),
    _code(
        "DOC-NAME-03",
        "info",
        ("Le nom commence ou finit par une espace ou un point", "The name begins or ends with a blank or a dot"),
        ("Windows et plusieurs serveurs les ôtent en silence", "Windows and several servers drop them silently"),
        _UNDONE,
        "reduced",
    ),
    _code(
        "DOC-NAME-04",
        "blocked",
        ("Deux noms ne diffèrent que par la casse ou les accents", "Two names differ by case or accents only"),
        (
            "Le disque de la cible les prend pour un seul ; rien n'a été écrasé",
            "The target's disk takes them for one; nothing was overwritten",
        ),
        (
            "Renommer l'un des deux à la source, ou choisir `names: portable`",
            "Rename one of them at the source, or choose `names: portable`",
        ),
        "blocked",
    ),
    _code(
        "DOC-NAME-05",
        "info",
        ("Le nom est en Unicode décomposé", "The name is in decomposed Unicode"),
        (
            "Des systèmes le confondraient avec son jumeau composé ; il est échappé",
            "Some systems would take it for its composed twin; it is escaped",
        ),
        _UNDONE,
        "reduced",
    ),
    _code(
        "DOC-NAME-06",
        "minor",
        ("Le nom est trop long pour la cible", "The name is too long for the target"),
        (
            "Un nom a 255 octets au plus ; échappé, il peut les dépasser et finit alors par une empreinte",
            "A name has 255 bytes at most; escaped, it may be longer, and then ends in a digest",
        ),
        (
            "Raccourcir le nom à la source, ou garder la table des noms pour le retour",
            "Shorten the name at the source, or keep the table of names for the way back",
        ),
        "reduced",
    ),
    _code(
        "DOC-NAME-08",
        "minor",
        ("Le nom a des caractères invisibles", "The name has invisible characters"),
        (
            "Caractères de contrôle, de sens d'écriture, ou octets qui ne sont pas de l'UTF-8 : ils trompent l'œil",
            "Control or writing-direction characters, or bytes that are no UTF-8: they deceive the eye",
        ),
        _UNDONE,
        "reduced",
    ),
)

FILES = (
    _code(
        "DOC-TIME-01",
        "info",
        ("La date de modification sort de l'ordinaire", "The time of modification is out of the ordinary"),
        (
            "Avant le 2 janvier 1970, ou hors de tout calendrier : des serveurs la refusent",
            "Before 2 January 1970, or beyond any calendar: some servers refuse it",
        ),
        ("Elle est gardée exacte à côté du fichier", "It is kept exact beside the file"),
    ),
    _code(
        "DOC-FS-01",
        "minor",
        ("Le fichier a une liste d'accès", "The file has an access list"),
        (
            "Elle nomme des personnes d'un autre système ; elle est gardée, et posée par l'administrateur seul (POSIX)",
            "It names people of another system; it is kept, and set by the administrator only (POSIX)",
        ),
        ("Donner les droits à la cible, par groupes", "Give the rights at the target, by groups"),
        "reduced",
    ),
    _code(
        "DOC-FS-02",
        "minor",
        ("Le fichier a des flux NTFS à côté", "The file has NTFS streams beside it"),
        ("Peu de programmes les lisent, peu de systèmes les gardent", "Few programs read them, few systems keep them"),
        ("Ils sont gardés dans le résidu", "They are kept in the residue"),
        "reduced",
    ),
    _code(
        "DOC-FS-03",
        "minor",
        ("Le fichier est un point de réanalyse", "The file is a reparse point"),
        (
            "Jonction, DFS ou lien de Windows : seul Windows le suit",
            "A junction, DFS or link of Windows: it alone follows it",
        ),
        ("Migrer aussi ce vers quoi il mène", "Migrate what it leads to as well"),
        "reduced",
    ),
    _code(
        "DOC-FS-04",
        "major",
        ("Le fichier est chiffré par EFS", "The file is encrypted by EFS"),
        ("Sa clé est dans le profil Windows de son auteur", "Its key is in the Windows profile of its author"),
        ("Le faire déchiffrer avant la bascule", "Have it decrypted before the cutover"),
        "reduced",
    ),
    _code(
        "DOC-FS-05",
        "info",
        ("Le fichier a des attributs Windows (caché, système…)", "The file has Windows flags (hidden, system…)"),
        ("Ils ne se voient que sous Windows", "They show under Windows only"),
        ("Ils sont gardés dans le résidu", "They are kept in the residue"),
    ),
    _code(
        "DOC-FS-06",
        "info",
        ("Le fichier a un nom court 8.3", "The file has a short name, 8.3"),
        ("Quelques programmes anciens le demandent", "A few old programs ask for it"),
        ("Il est gardé dans le résidu", "It is kept in the residue"),
    ),
    _code(
        "DOC-FS-08",
        "info",
        ("Le fichier a plusieurs noms (liens durs)", "The file has several names (hard links)"),
        (
            "Chaque nom devient un fichier à part, de mêmes octets",
            "Each name becomes a file of its own, of the same bytes",
        ),
        (
            "Prévoir la place ; le résidu dit lesquels allaient ensemble",
            "Plan for the room; the residue says which went together",
        ),
    ),
    _code(
        "DOC-FS-09",
        "info",
        ("Le fichier a des trous", "The file has holes"),
        (
            "Il prend moins de place que sa taille ; copié ailleurs, il peut la prendre toute",
            "It takes less room than its size; copied elsewhere it may take all of it",
        ),
        ("Prévoir la place de sa taille entière", "Plan for the room of its whole size"),
    ),
    _code(
        "DOC-FS-10",
        "blocked",
        ("Tube, socket ou périphérique", "A pipe, a socket or a device"),
        ("Ce n'est pas un document : il n'a pas de contenu à copier", "It is no document: it has no contents to copy"),
        ("Rien à faire, ou l'ôter du partage", "Nothing to do, or remove it from the share"),
        "blocked",
        "blocked",
    ),
    _code(
        "DOC-FS-11",
        "info",
        ("Le fichier a des attributs étendus", "The file has extended attributes"),
        ("Seuls quelques systèmes de fichiers les gardent", "Only some file systems keep them"),
        ("Ils sont gardés dans le résidu", "They are kept in the residue"),
    ),
    _code(
        "DOC-FS-12",
        "info",
        ("Les bits setuid ou setgid ne sont pas posés", "The setuid or setgid bits are not set"),
        ("Ils donneraient des droits sur un autre système", "They would give rights at another system"),
        ("Les poser à la main s'il le faut", "Set them by hand where needed"),
        "reduced",
    ),
    _code(
        "DOC-FS-13",
        "minor",
        ("Un attribut étendu n'a pas pu être lu", "An extended attribute could not be read"),
        ("Le système l'a refusé, ou il passe 1 Mio", "The system refused it, or it is above 1 MiB"),
        ("Lire avec plus de droits si l'attribut compte", "Read with more rights if the attribute matters"),
        back="lossy",
    ),
    _code(
        "DOC-FS-14",
        "info",
        ("Le propriétaire et le groupe ne sont pas posés", "The owner and the group are not set"),
        (
            "Seul l'administrateur peut donner un fichier à un autre : il reste au compte qui écrit",
            "Only the administrator may give a file to somebody else: it stays with the account that writes",
        ),
        (
            "L'archive les garde ; écrire en administrateur, ou les poser ensuite",
            "The archive keeps them; write as the administrator, or set them afterwards",
        ),
        "reduced",
        "residual",
    ),
    _code(
        "DOC-READ-01",
        "blocked",
        ("Le fichier ou le dossier n'a pas pu être lu", "The file or folder could not be read"),
        (
            "Droits, disque, ou changement pendant la lecture : voir le détail",
            "Rights, disk, or a change while it was read: see the detail",
        ),
        (
            "Donner le droit de lecture, puis `transhume quarantine retry`",
            "Give the right to read it, then `transhume quarantine retry`",
        ),
        "blocked",
        "blocked",
    ),
    _code(
        "DOC-WRITE-01",
        "blocked",
        ("Le disque de la cible a refusé l'élément", "The target's disk refused the item"),
        ("Voir le détail ; les autres éléments ont continué", "See the detail; the other items went on"),
        (
            "Corriger droits ou quota à la cible, puis `transhume quarantine retry`",
            "Put rights or quota right at the target, then `transhume quarantine retry`",
        ),
        "blocked",
    ),
    _code(
        "DOC-WRITE-02",
        "blocked",
        ("Un lien ou un fichier barre le chemin à la cible", "A link or a file bars the way at the target"),
        (
            "Un dossier y est attendu ; un lien n'est jamais suivi, pour ne rien écrire ailleurs",
            "A folder is expected there; a link is never followed, so that nothing is written elsewhere",
        ),
        (
            "L'ôter de la cible, puis `transhume quarantine retry`",
            "Remove it from the target, then `transhume quarantine retry`",
        ),
        "blocked",
    ),
)

CONTENTS = (
    _code(
        "DOC-LINK-02",
        "minor",
        ("Le document mène à d'autres par leur emplacement", "The document leads to others by their place"),
        (
            "Classeur lié, modèle, image ou lien vers un partage ou SharePoint : l'adresse change",
            "A linked workbook, template, picture, or a link to a share or SharePoint: the address changes",
        ),
        ("Migrer l'ensemble, puis refaire les liens", "Migrate all of it, then make the links again"),
        "reduced",
    ),
    _code(
        "DOC-LINK-05",
        "minor",
        ("Le classeur tire des données d'ailleurs", "The workbook draws data from elsewhere"),
        (
            "Connexion, requête ou Power Query : la source peut partir, et LibreOffice ne les lit pas toutes",
            "A connection, a query or Power Query: the source may go, and LibreOffice does not read all of them",
        ),
        ("Recenser ces classeurs avec leurs auteurs", "List these workbooks with their authors"),
        "reduced",
    ),
    _code(
        "DOC-LINK-06",
        "minor",
        ("Un lien symbolique mène hors du partage", "A symbolic link leads out of the share"),
        (
            "Il est gardé tel quel et jamais suivi : ce vers quoi il mène n'est pas migré par lui",
            "It is kept as it is and never followed: what it leads to is not migrated by it",
        ),
        ("Migrer ce vers quoi il mène, ou l'ôter", "Migrate what it leads to, or remove it"),
        "reduced",
    ),
    _code(
        "DOC-LINK-07",
        "minor",
        ("Raccourci vers un emplacement", "A shortcut to a place"),
        ("Il nomme un disque ou un serveur qui va changer", "It names a disk or a server that will change"),
        ("Le refaire après la bascule", "Make it again after the cutover"),
        "reduced",
    ),
    _code(
        "DOC-MACRO-01",
        "minor",
        ("Le document a des macros", "The document has macros"),
        (
            "Elles sont gardées ; hors de Microsoft Office elles s'exécutent autrement, ou pas",
            "They are kept; outside Microsoft Office they run differently, or not",
        ),
        ("Recenser les documents dont un service dépend", "List the documents that a service depends on"),
        "reduced",
    ),
    _code(
        "DOC-LABEL-01",
        "minor",
        ("Le document porte une étiquette de confidentialité", "The document bears a sensitivity label"),
        (
            "Elle reste dans le fichier ; hors de Microsoft 365 rien ne l'applique",
            "It stays in the file; outside Microsoft 365 nothing enforces it",
        ),
        ("Reporter l'étiquette sur les droits de la cible", "Carry the label over to the target's rights"),
        "reduced",
    ),
    _code(
        "DOC-LABEL-02",
        "major",
        ("Le document est chiffré par une étiquette ou par IRM", "The document is encrypted by a label or by IRM"),
        (
            "Ses octets sont gardés, mais il ne s'ouvre qu'avec le serveur de droits de la source",
            "Its bytes are kept, but it opens only with the source's rights server",
        ),
        (
            "Le faire déchiffrer par un super-utilisateur avant de quitter la source",
            "Have it decrypted by a super user before the source is left",
        ),
        "reduced",
    ),
    _code(
        "DOC-LABEL-04",
        "minor",
        ("Le document est protégé par un mot de passe", "The document is protected by a password"),
        (
            "Il s'ouvre partout avec son mot de passe ; sans lui, ni recherche, ni conversion, ni contrôle du contenu",
            "It opens anywhere with its password; without it no search, no conversion, no look at its contents",
        ),
        ("S'assurer que quelqu'un a le mot de passe", "Make sure that someone has the password"),
    ),
    _code(
        "DOC-NOTE-01",
        "major",
        ("Bloc-notes OneNote", "A OneNote notebook"),
        ("Aucun programme libre ne l'ouvre", "No free program opens it"),
        ("L'exporter en PDF ou en HTML depuis OneNote", "Export it to PDF or HTML from OneNote"),
        "reduced",
    ),
    _code(
        "DOC-TNEF-01",
        "minor",
        ("winmail.dat : enveloppe propre à Outlook", "winmail.dat: a wrapper of Outlook's own"),
        ("Outlook seul l'ouvre d'un double-clic", "Outlook alone opens it by a double click"),
        ("En extraire les pièces jointes", "Take the attachments out of it"),
        "reduced",
    ),
    _code(
        "DOC-FORMAT-01",
        "info",
        ("Format binaire d'Office 97-2003", "Binary format of Office 97-2003"),
        (
            "Il s'ouvre dans LibreOffice ; ses liens vers d'autres fichiers ne sont pas recherchés",
            "It opens in LibreOffice; its links to other files are not looked for",
        ),
        ("Le convertir à l'occasion", "Convert it some day"),
    ),
    _code(
        "DOC-FORMAT-02",
        "minor",
        ("Format propre à un programme", "A format of one program's own"),
        (
            "Access, Project, Publisher, Visio, Outlook : peu d'autres l'ouvrent bien",
            "Access, Project, Publisher, Visio, Outlook: few others open it well",
        ),
        ("Décider d'un remplaçant, ou d'un export", "Decide on a replacement, or an export"),
        "reduced",
    ),
    _code(
        "DOC-SIGN-01",
        "info",
        ("Le document est signé", "The document is signed"),
        ("Ses octets restent les mêmes, donc sa signature aussi", "Its bytes stay the same, and so does its signature"),
        (
            "Ne pas y refaire de liens : la signature tomberait",
            "Don't make links in it again: the signature would fall",
        ),
    ),
    _code(
        "DOC-ZIP-01",
        "info",
        ("Archive trop grande ou trop dense pour être regardée", "An archive too large or too dense to be looked into"),
        (
            "Elle se déplierait sur des gigaoctets : elle est déplacée sans être ouverte",
            "It would unfold to gigabytes: it is moved without being opened",
        ),
        ("La regarder si son origine étonne", "Look at it if its origin is strange"),
    ),
    _code(
        "DOC-BYTES-05",
        "info",
        ("Programme exécutable", "A program that can be run"),
        ("Des cibles le refusent ; un antivirus peut l'ôter", "Some targets refuse it; an antivirus may take it away"),
        ("Décider si les programmes restent sur le partage", "Decide whether programs stay on the share"),
    ),
    _code(
        "DOC-BYTES-06",
        "info",
        ("Le contenu paraît endommagé", "The contents look damaged"),
        (
            "Il n'est pas ce que ses premiers octets annoncent ; il est gardé octet pour octet",
            "They are not what their first bytes promise; they are kept byte for byte",
        ),
        ("Chercher une version saine à la source", "Look for a sound version at the source"),
    ),
)

CODES = NAMES + FILES + CONTENTS
