"""Loss codes of mail: messages, their folders, the files that hold them.

`forward` and `back` are the best that an item with the code can be; where comparing sees the loss itself, they stay
`full` and `exact`. A code of a trap that bites at some targets only (NUL, bare line ends) is `full` here: the target
that it bites says so in its preview.
"""

from __future__ import annotations

from transhumance.connectors.contract import LossCode
from transhumance.migrators.mail import codes_mapi
from transhumance.migrators.mail.loss import loss

_MESSAGE = (
    loss(
        "MAIL-DATE-01",
        "minor",
        ("La date de réception est arrondie ou bornée", "The received date is rounded or clamped"),
        (
            "La cible garde des secondes, ou refuse les dates d'avant 1970",
            "The target keeps seconds, or refuses dates before 1970",
        ),
        ("La date exacte revient du résidu", "The exact date comes back from the residue"),
        "reduced",
        "residual",
    ),
    loss(
        "MAIL-DATE-02",
        "info",
        ("La source ne dit pas la date de réception", "The source does not say the received date"),
        (
            "La cible en montre une : celle de l'en-tête Date, sinon celle de la copie",
            "The target shows one: that of the Date field, else that of the copy",
        ),
        ("Rien à faire : l'en-tête Date fait foi", "Nothing to do: the Date field rules"),
    ),
    loss(
        "MAIL-DATE-03",
        "info",
        ("En-tête Date absent ou illisible", "The Date field is absent or can't be read"),
        ("Le message a été écrit ainsi", "The message was written so"),
        ("Le tri par date se fera par la réception", "Sorting by date will go by the received date"),
    ),
    loss(
        "MAIL-DUP-01",
        "info",
        ("Message-ID absent ou répété", "No Message-ID, or several"),
        ("Le message a été écrit ainsi", "The message was written so"),
        (
            "Rien à faire : transhumance ne dédoublonne jamais par lui",
            "Nothing to do: transhumance never tells duplicates by it",
        ),
    ),
    loss(
        "MAIL-NUL-01",
        "minor",
        ("Le message contient des octets NUL", "The message contains NUL octets"),
        (
            "RFC 5322 les interdit : Cyrus les refuse, Dovecot les altère sans le dire",
            "RFC 5322 forbids them: Cyrus refuses them, Dovecot alters them silently",
        ),
        ("L'archive garde les octets exacts", "The archive keeps the exact octets"),
    ),
    loss(
        "MAIL-EOL-01",
        "minor",
        ("Fins de ligne mélangées (LF ou CR isolés)", "Mixed line ends (bare LF or CR)"),
        (
            "RFC 5322 les interdit : un serveur les refuse ou les remplace par CRLF",
            "RFC 5322 forbids them: a server refuses them or makes them CRLF",
        ),
        ("L'archive garde les octets exacts", "The archive keeps the exact octets"),
    ),
    loss(
        "MAIL-EOL-02",
        "info",
        ("Fins de ligne Unix, que le serveur change en CRLF", "Unix line ends, which the server makes CRLF"),
        ("Un message passe en CRLF sur le réseau", "A message travels with CRLF"),
        ("Rien à faire : le retour les remet", "Nothing to do: the way back puts them back"),
    ),
    loss(
        "MAIL-8BIT-01",
        "info",
        ("Octets de plus de 7 bits dans les en-têtes", "Octets above 7 bits in the header"),
        (
            "Sans jeu de caractères déclaré, un lecteur doit deviner",
            "With no declared character set a reader has to guess",
        ),
        ("Rien à faire : les octets sont gardés", "Nothing to do: the octets are kept"),
    ),
    loss(
        "MAIL-LINE-01",
        "info",
        ("Une ligne dépasse 998 octets", "A line is longer than 998 octets"),
        ("RFC 5322 2.1.1 l'interdit ; IMAP l'admet", "RFC 5322 2.1.1 forbids it; IMAP admits it"),
        ("Ne pas le réexpédier par SMTP tel quel", "Don't send it on by SMTP as it is"),
    ),
    loss(
        "MAIL-HEADER-01",
        "minor",
        ("Le message n'a pas d'en-tête", "The message has no header"),
        ("Sa première ligne n'en est pas un", "Its first line is none"),
        ("Vérifier que c'est bien un message", "Check that it is a message at all"),
    ),
    loss(
        "MAIL-EMPTY-01",
        "minor",
        ("Le message est vide", "The message is empty"),
        ("Zéro octet à la source ; IMAP refuse un tel message", "Zero octets at the source; IMAP refuses such a one"),
        ("L'archive le garde", "The archive keeps it"),
    ),
    loss(
        "MAIL-FROM-01",
        "info",
        ("Le message commence par une ligne « From »", "The message begins with a `From ` line"),
        ("C'est un reste de mbox, et non un en-tête", "It is left from an mbox and is no header"),
        ("Rien à faire : les octets sont gardés", "Nothing to do: the octets are kept"),
    ),
    loss(
        "MAIL-MIME-01",
        "major",
        ("Message reconstruit par la source à chaque lecture", "The source makes the message anew at each reading"),
        ("Deux lectures peuvent différer", "Two readings may differ"),
        ("La première lecture fait référence", "The first reading is the reference"),
    ),
    loss(
        "MAIL-MIME-02",
        "major",
        ("La signature DKIM ou ARC ne se vérifie plus", "The DKIM or ARC signature no longer verifies"),
        ("Le message a été reconstruit par la source", "The message was made anew by the source"),
        ("Garder l'export d'origine là où la preuve compte", "Keep the native export where proof matters"),
    ),
    loss(
        "MAIL-SMIME-01",
        "info",
        ("Message signé ou chiffré", "A signed or encrypted message"),
        (
            "Il reste identique à l'octet ; les clés ne sont pas migrées",
            "It stays the same to the octet; keys are not moved",
        ),
        ("Prévoir les clés de l'usager à la cible", "See to the user's keys at the target"),
    ),
    loss(
        "MAIL-IRM-01",
        "blocked",
        ("Message protégé par droits d'usage (RMS)", "A rights-protected message (RMS)"),
        (
            "Il n'est lisible qu'avec le service qui l'a protégé",
            "It can be read only with the service that protected it",
        ),
        ("Le déchiffrer à la source par un super-utilisateur", "Decrypt it at the source by a super user"),
        "reduced",
    ),
    loss(
        "MAIL-TNEF-01",
        "minor",
        ("Pièce winmail.dat (TNEF)", "A winmail.dat attachment (TNEF)"),
        ("Seul Outlook montre ce qu'elle contient", "Only Outlook shows what is in it"),
        ("Ouvrir par un lecteur TNEF ; les octets sont gardés", "Open it with a TNEF reader; the octets are kept"),
        "reduced",
    ),
    loss(
        "MAIL-PARTIAL-01",
        "info",
        ("Morceau d'un message découpé (message/partial)", "A piece of a message in parts (message/partial)"),
        ("Peu de lecteurs rassemblent les morceaux", "Few readers put the pieces together"),
        ("Rassembler les morceaux si besoin", "Put the pieces together where needed"),
    ),
    loss(
        "MAIL-CALENDAR-01",
        "info",
        ("Le message porte une invitation ou un agenda", "The message carries an invitation or a calendar"),
        (
            "Le rendez-vous lui-même est migré avec l'agenda",
            "The appointment itself moves with the calendar",
        ),
        ("Ne pas répondre deux fois à une ancienne invitation", "Don't answer an old invitation twice"),
    ),
    loss(
        "MAIL-REF-01",
        "major",
        ("Pièce jointe par référence, absente du message", "An attachment by reference, not in the message"),
        ("Elle est restée là où pointe le lien", "It stayed where the link points"),
        ("Migrer les documents, puis corriger le lien", "Move the documents, then mend the link"),
        "reduced",
    ),
    loss(
        "MAIL-LINK-01",
        "info",
        ("Lien vers OneDrive ou SharePoint dans le texte", "A link to OneDrive or SharePoint in the text"),
        ("Il cessera avec le service", "It will end with the service"),
        ("Migrer les documents liés", "Move the documents that are linked"),
    ),
    loss(
        "MAIL-STUB-01",
        "blocked",
        ("Raccourci d'archive (Enterprise Vault) au lieu du message", "An archive shortcut in place of the message"),
        ("Le contenu est resté dans le coffre", "The content stayed in the vault"),
        ("Réhydrater avant la vague", "Rehydrate before the wave"),
        "reduced",
    ),
    loss(
        "MAIL-SIZE-01",
        "blocked",
        ("Le message dépasse la limite ou le quota de la cible", "The message is above the target's limit or quota"),
        ("La cible le refuse", "The target refuses it"),
        ("Élever la limite, ou le garder en archive", "Raise the limit, or keep it in the archive"),
        "blocked",
    ),
    loss(
        "MAIL-KEYWORD-01",
        "minor",
        ("Un mot-clé n'a pas de place à la cible", "A keyword has no place at the target"),
        (
            "Un dossier Maildir en nomme 26 au plus, et seulement des atomes",
            "A Maildir folder names 26 at most, and atoms only",
        ),
        ("Il revient du résidu", "It comes back from the residue"),
        "reduced",
        "residual",
    ),
)

_FILES = (
    loss(
        "MAIL-FILE-01",
        "info",
        ("Ce fichier n'est pas un message", "This file is not a message"),
        (
            "Parmi les messages se trouve un fichier, un lien ou un dossier d'un autre genre",
            "Among the messages lies a file, link or folder of another kind",
        ),
        (
            "Il n'est pas migré : le prendre comme document, ou l'accepter",
            "It is not moved: take it as a document, or accept this",
        ),
        "blocked",
        "blocked",
    ),
    loss(
        "MAIL-TMP-01",
        "info",
        ("Remise inachevée dans tmp/", "An unfinished delivery in tmp/"),
        ("Le message n'a jamais été remis en entier", "The message was never delivered whole"),
        ("Il n'est pas migré ; le vérifier s'il est récent", "It is not moved; look at it where it is recent"),
        "blocked",
        "blocked",
    ),
    loss(
        "MAIL-QUOTE-01",
        "info",
        ("Des lignes « >From » ont été rendues à « From »", "`>From ` lines were made `From ` again"),
        (
            "Un mbox protège ainsi le début de ligne ; en mboxo, rien ne dit s'il était déjà écrit « >From »",
            "An mbox protects the start of a line so; in mboxo nothing tells whether it was `>From ` to begin with",
        ),
        ("Rien à faire : le fichier revient exact", "Nothing to do: the file comes back exactly"),
    ),
    loss(
        "MAIL-MBOX-01",
        "minor",
        ("Octets hors de tout message dans un mbox", "Octets outside any message in an mbox"),
        (
            "Aucune ligne « From » ne les précède ; ils sont gardés comme un élément",
            "No `From ` line comes before them; they are kept as an item",
        ),
        ("Vérifier l'élément", "Look at the item"),
    ),
    loss(
        "MAIL-MBOX-02",
        "minor",
        ("Dernier message d'un mbox, sans doute tronqué", "The last message of an mbox, likely cut"),
        ("Le fichier finit avant la longueur annoncée", "The file ends before the length that was said"),
        ("Chercher une copie entière", "Look for a whole copy"),
    ),
    loss(
        "MAIL-MBOX-03",
        "minor",
        (
            "Un Content-Length a été cru par-dessus une ligne « From »",
            "A Content-Length was believed over a `From ` line",
        ),
        (
            "Ce qui ressemble à un autre message est resté dans celui-ci, comme en mboxcl2",
            "What looks like another message was left within this one, as in mboxcl2",
        ),
        (
            "Vérifier le message ; `variant: mboxrd` fait ignorer les Content-Length",
            "Look at the message; `variant: mboxrd` makes Content-Length be ignored",
        ),
    ),
    loss(
        "MAIL-MBOX-04",
        "blocked",
        ("Le mbox de la cible est d'une autre variante", "The target's mbox is of another variant"),
        (
            "Y ajouter du mboxrd rendrait le fichier ambigu",
            "Adding mboxrd to it would make the file ambiguous",
        ),
        ("Choisir un autre dossier, ou convertir le fichier", "Choose another folder, or convert the file"),
        "blocked",
    ),
    loss(
        "MAIL-WRITE-01",
        "blocked",
        ("Le message n'a pas pu être écrit à la cible", "The message could not be written at the target"),
        ("Le système de fichiers a refusé", "The file system refused"),
        (
            "Voir le détail (droits, nom), puis `transhume quarantine retry`",
            "See the detail (rights, name), then `transhume quarantine retry`",
        ),
        "blocked",
    ),
    loss(
        "MAIL-BEFORE-01",
        "blocked",
        ("L'image d'avant n'est plus là", "The before-image is not there any more"),
        (
            "Le dossier .transhumance-before de la cible a été vidé",
            "The target's folder .transhumance-before was emptied",
        ),
        ("La rétablir d'une sauvegarde", "Put it back from a backup"),
        "blocked",
    ),
    loss(
        "MAIL-RECOVER-01",
        "major",
        ("Éléments récupérables hors de l'arborescence", "Recoverable items lie outside the folder tree"),
        ("Supprimés ou retenus pour litige", "Deleted, or on legal hold"),
        ("Décider s'ils suivent", "Decide whether they follow"),
    ),
    loss(
        "MAIL-ARCHIVE-01",
        "major",
        ("Archive en ligne hors de l'arborescence", "The in-place archive lies outside the folder tree"),
        ("La source la tient à part", "The source keeps it apart"),
        ("Décider si elle suit", "Decide whether it follows"),
    ),
    loss(
        "MAIL-PUBLIC-01",
        "major",
        ("Dossiers publics hors des boîtes", "Public folders lie outside mailboxes"),
        ("Ils n'appartiennent à personne", "They belong to nobody"),
        ("Leur donner un propriétaire, une boîte partagée", "Give them an owner, a shared mailbox"),
    ),
)

_FOLDERS = (
    loss(
        "FOLDER-NAME-01",
        "info",
        ("Nom de dossier échappé à la cible", "The folder's name is escaped at the target"),
        ("La cible refuse un de ses caractères", "The target refuses one of its characters"),
        ("Le nom exact revient", "The exact name comes back"),
    ),
    loss(
        "FOLDER-NAME-02",
        "minor",
        ("Nom ou chemin de dossier trop long, raccourci", "The folder's name or path is too long and is cut"),
        ("La cible borne la longueur ou la profondeur", "The target bounds length or depth"),
        ("Renommer à la source, ou l'accepter", "Rename it at the source, or accept it"),
        "reduced",
        "residual",
    ),
    loss(
        "FOLDER-CLASS-01",
        "info",
        ("Dossier d'un autre genre que le courrier", "A folder of another kind than mail"),
        ("Sa classe n'est pas celle du courrier", "Its class is not that of mail"),
        ("Il suit avec son propre volet", "It follows with its own workload"),
    ),
)

CODES: tuple[LossCode, ...] = (*codes_mapi.CODES, *_MESSAGE, *_FILES, *_FOLDERS)
