"""Loss codes of calendars, and of the iCalendar objects that tasks share with them."""

from __future__ import annotations

from transhumance.connectors.contract import LossCode, Text

KEEP = Text("Rien à faire : la valeur revient du résidu", "Nothing to do: the value comes back from the residue")

ZONES = (
    LossCode(
        "CAL-TZ-01",
        "info",
        Text("Un nom de fuseau Windows ou privé est devenu IANA", "A Windows or private zone name became IANA's"),
        Text(
            "Un nom Windows vaut pour plusieurs fuseaux IANA : celui de la vague, sinon de France, est pris, les "
            "instants restant les mêmes",
            "A Windows name stands for several IANA zones: the wave's, else that of France, is taken, and every "
            "instant stays the same",
        ),
        Text(
            "Vérifier le `timezone` de la vague dans le plan ; le nom d'origine revient du résidu",
            "Check the wave's `timezone` in the plan; the original name comes back from the residue",
        ),
    ),
    LossCode(
        "CAL-TZ-02",
        "major",
        Text("Nom de fuseau inconnu", "Unknown zone name"),
        Text(
            "Le nom n'est ni IANA ni Windows et ses règles ne désignent aucun fuseau IANA ; il est gardé tel quel",
            "The name is neither IANA nor Windows and its rules match no IANA zone; it is kept as it is",
        ),
        Text(
            "Corriger le fuseau à la source, ou vérifier l'heure de ces éléments à la cible",
            "Mend the zone at the source, or check the times of these items at the target",
        ),
        forward="reduced",
    ),
    LossCode(
        "CAL-TZ-03",
        "major",
        Text("Les règles du fuseau diffèrent de celles d'IANA", "The zone's rules differ from IANA's"),
        Text(
            "Un logiciel qui connaît le nom du fuseau décale des occurrences par rapport aux règles écrites",
            "A program that knows the zone's name shifts occurrences against the rules that are written",
        ),
        Text(
            "Comparer les occurrences passées et à venir à la cible",
            "Compare past and future occurrences at the target",
        ),
        forward="reduced",
    ),
    LossCode(
        "CAL-ALLDAY-01",
        "major",
        Text("Journée entière donnée en heures", "An all-day item given in hours"),
        Text(
            "De minuit à minuit dans le fuseau de l'auteur, elle couvre deux jours vue d'un autre fuseau",
            "From midnight to midnight in its author's zone, it spans two days seen from another zone",
        ),
        Text("Vérifier ces éléments dans les sites d'un autre fuseau", "Check these items at sites of another zone"),
        forward="reduced",
    ),
    LossCode(
        "CAL-FLOAT-01",
        "minor",
        Text("Heure flottante, sans fuseau", "A floating time, without a zone"),
        Text(
            "Elle vaut dans le fuseau de qui regarde ; Exchange n'a pas d'heure flottante",
            "It holds in the zone of whoever looks; Exchange has no floating time",
        ),
        Text("Au retour, le fuseau de la boîte est pris", "On the way back, the mailbox's zone is taken"),
    ),
)

RECURRENCE = (
    LossCode(
        "CAL-REC-01",
        "info",
        Text("Récurrence traduite entre deux modèles", "A recurrence translated between two models"),
        Text(
            "Le modèle d'Exchange et RRULE ne disent pas tout de la même façon (le 31 y vaut dernier jour du mois)",
            "Exchange's model and RRULE say some things differently (there, the 31st means the month's last day)",
        ),
        KEEP,
    ),
    LossCode(
        "CAL-REC-02",
        "major",
        Text("Récurrence que l'autre système ne sait pas dire", "A recurrence that the other system can't say"),
        Text(
            "Exchange n'a ni BYSETPOS général, ni heures, ni BYWEEKNO, ni RDATE, ni plusieurs RRULE",
            "Exchange has no general BYSETPOS, hours, BYWEEKNO, RDATE nor several RRULEs",
        ),
        Text(
            "Élément maître et éléments simples liés par le résidu", "A master and single items linked by the residue"
        ),
        forward="reduced",
    ),
    LossCode(
        "CAL-REC-03",
        "major",
        Text("Récurrence dans un calendrier non grégorien", "A recurrence in a calendar that is not Gregorian"),
        Text("RRULE ne compte qu'en calendrier grégorien", "RRULE counts in the Gregorian calendar only"),
        Text("Développée en éléments simples", "Expanded into single items"),
        forward="reduced",
    ),
    LossCode(
        "CAL-REC-04",
        "major",
        Text("Récurrence impossible à développer", "A recurrence that can't be expanded"),
        Text(
            "La règle est fautive ou incomplète : chaque logiciel en fait autre chose",
            "The rule is faulty or incomplete: each program makes something else of it",
        ),
        Text("Corriger la règle à la source", "Mend the rule at the source"),
        forward="reduced",
    ),
    LossCode(
        "CAL-REC-05",
        "minor",
        Text("Dates de récurrence données une à une (RDATE)", "Recurrence dates given one by one (RDATE)"),
        Text("Plusieurs logiciels ne les montrent pas", "Several programs don't show them"),
        Text("Vérifier ces éléments dans le logiciel des utilisateurs", "Check these items in the users' program"),
        forward="reduced",
    ),
    LossCode(
        "CAL-REC-06",
        "minor",
        Text("Exceptions sans élément maître", "Exceptions without their master"),
        Text(
            "Seules des occurrences modifiées sont là (invitation à une occurrence, export partiel)",
            "Only modified occurrences are here (an invitation to one occurrence, a partial export)",
        ),
        Text("Chercher le maître chez l'organisateur", "Look for the master at the organiser's"),
    ),
    LossCode(
        "CAL-EXC-01",
        "info",
        Text("Occurrences modifiées d'une récurrence", "Modified occurrences of a recurrence"),
        Text("Chacune est un composant RECURRENCE-ID complet", "Each is a complete RECURRENCE-ID component"),
        KEEP,
    ),
    LossCode(
        "CAL-EXC-02",
        "major",
        Text(
            "Occurrence supprimée qui ne tombe sur aucune occurrence", "A deleted occurrence that meets no occurrence"
        ),
        Text(
            "Son heure ou son type (date, date et heure) ne correspond pas à la règle : elle réapparaîtrait",
            "Its time or its type (date, date and time) does not match the rule: it would appear again",
        ),
        Text("Vérifier les occurrences supprimées à la cible", "Check the deleted occurrences at the target"),
        forward="reduced",
    ),
    LossCode(
        "CAL-EXC-03",
        "major",
        Text("Une occurrence modifiée n'a pas pu être lue", "A modified occurrence could not be read"),
        Text(
            "La source dit que l'occurrence est modifiée mais ne donne pas son contenu",
            "The source says that the occurrence is modified but does not give its content",
        ),
        Text("Comparer l'occurrence à la source", "Compare the occurrence with the source"),
        forward="reduced",
        back="lossy",
    ),
)

PEOPLE = (
    LossCode(
        "CAL-ORG-01",
        "major",
        Text("Réunion organisée par quelqu'un d'autre", "A meeting organised by someone else"),
        Text(
            "Au retour, créer la réunion rendrait la boîte organisatrice",
            "On the way back, creating the meeting would make the mailbox its organiser",
        ),
        Text(
            "Le rôle et la réponse restent dans PARTSTAT ; retour par un moyen fidèle seulement",
            "Role and answer stay in PARTSTAT; go back by a faithful means only",
        ),
    ),
    LossCode(
        "CAL-ORG-02",
        "major",
        Text("Participant sans adresse de messagerie", "A participant without a mail address"),
        Text(
            "L'adresse est X.500, vide ou propre à l'ancien système : la personne ne sera pas prévenue",
            "The address is X.500, empty or private to the old system: the person will not be told",
        ),
        Text("Compléter la table des personnes", "Complete the table of people"),
        forward="reduced",
    ),
    LossCode(
        "CAL-SCHED-01",
        "major",
        Text("La cible envoie des invitations", "The target sends invitations"),
        Text(
            "Un serveur CalDAV qui gère les réunions écrit aux participants quand une réunion est déposée",
            "A CalDAV server that schedules writes to the attendees when a meeting is put",
        ),
        Text(
            "Activer la garde de la cible (SCHEDULE-AGENT, réglage vérifié) avant la vague",
            "Set the target's guard (SCHEDULE-AGENT, a verified switch) before the wave",
        ),
        forward="blocked",
    ),
    LossCode(
        "CAL-SCHED-02",
        "minor",
        Text("SCHEDULE-AGENT reste dans les données", "SCHEDULE-AGENT stays in the data"),
        Text("Les mises à jour ne partent plus aux participants", "Updates are no longer sent to attendees"),
        Text("Seconde écriture muette qui le retire", "A second, quiet write that takes it away"),
        forward="reduced",
    ),
    LossCode(
        "CAL-SCHED-03",
        "info",
        Text("Réunion avec participants", "A meeting with attendees"),
        Text(
            "Une cible qui gère les réunions préviendrait les participants si elle n'était pas gardée",
            "A target that schedules would tell the attendees if it were not guarded",
        ),
        Text(
            "Rien à faire pour des fichiers ; sonder la cible CalDAV", "Nothing to do for files; probe a CalDAV target"
        ),
    ),
    LossCode(
        "CAL-METHOD-01",
        "minor",
        Text("Message de planification, non élément d'agenda", "A scheduling message, not an item of a calendar"),
        Text(
            "METHOD est présent (RFC 5546) : les serveurs CalDAV refusent un tel objet (RFC 4791, 4.1)",
            "METHOD is there (RFC 5546): CalDAV servers refuse such an object (RFC 4791, 4.1)",
        ),
        Text("Gardé tel quel dans des fichiers", "Kept as it is in files"),
        forward="reduced",
    ),
    LossCode(
        "CAL-PRIV-01",
        "minor",
        Text("Élément privé ou confidentiel", "A private or confidential item"),
        Text("Un partage CalDAV peut montrer les éléments privés", "A CalDAV share may show private items"),
        Text(
            "Ne partager qu'après avoir vérifié que le serveur les cache",
            "Share only once the server was seen to hide them",
        ),
    ),
    LossCode(
        "CAL-ROOM-01",
        "major",
        Text("Règles d'une salle ou d'une ressource", "Policies of a room or resource"),
        Text(
            "Acceptation automatique, délais et délégués n'ont pas de place",
            "Auto-accept, windows and delegates have no place",
        ),
        Text("À régler à la cible d'après le rapport", "Set them at the target from the report"),
        forward="reduced",
    ),
    LossCode(
        "CAL-SHARE-01",
        "major",
        Text("Agenda partagé, publié ou abonné", "A shared, published or subscribed calendar"),
        Text("Un partage appartient au système, non aux éléments", "A share belongs to the system, not to the items"),
        Text("Refaire les partages d'après la liste du rapport", "Make the shares again from the report's list"),
        forward="reduced",
    ),
)

CONTENT = (
    LossCode(
        "CAL-BUSY-01",
        "info",
        Text("Disponibilité au-delà de libre ou occupé", "Availability beyond free or busy"),
        Text(
            "TRANSP ne dit que libre ou occupé ; le reste est dans X-MICROSOFT-CDO-BUSYSTATUS",
            "TRANSP says free or busy only; the rest is in X-MICROSOFT-CDO-BUSYSTATUS",
        ),
        KEEP,
    ),
    LossCode(
        "CAL-REM-01",
        "info",
        Text("Rappels", "Reminders"),
        Text(
            "Exchange n'a qu'un rappel, en minutes ; un rappel passé peut sonner à l'import",
            "Exchange has one reminder, in minutes; a past one may ring at import",
        ),
        KEEP,
    ),
    LossCode(
        "CAL-ONLINE-01",
        "major",
        Text("Lien de réunion en ligne propre à l'ancien système", "An online meeting link of the old system"),
        Text("Le lien Teams ou Skype meurt avec le locataire", "A Teams or Skype link dies with the tenant"),
        Text("Recréer les réunions à venir d'après la liste", "Make future meetings again from the list"),
        forward="reduced",
    ),
    LossCode(
        "CAL-ATT-01",
        "minor",
        Text("Pièces jointes dans l'élément", "Attachments inside the item"),
        Text("Des serveurs refusent les objets de plusieurs Mo", "Servers refuse objects of several MB"),
        Text("Comparer la taille à la limite de la cible", "Compare the size with the target's limit"),
    ),
    LossCode(
        "CAL-ATT-02",
        "minor",
        Text("Pièce jointe par lien", "An attachment by link"),
        Text(
            "Le lien (fichier local, cid:, ancien serveur) peut ne mener nulle part après la migration",
            "The link (a local file, cid:, the old server) may lead nowhere after the migration",
        ),
        Text("Reprendre le document visé", "Bring the document that it points to"),
        forward="reduced",
    ),
    LossCode(
        "CAL-BODY-01",
        "info",
        Text("Texte mis en forme", "Formatted text"),
        Text(
            "Le texte simple est dans DESCRIPTION, la mise en forme dans X-ALT-DESC ou STYLED-DESCRIPTION",
            "The plain text is in DESCRIPTION, the formatting in X-ALT-DESC or STYLED-DESCRIPTION",
        ),
        KEEP,
    ),
    LossCode(
        "CAL-CAT-01",
        "info",
        Text("Catégories et leurs couleurs", "Categories and their colours"),
        Text(
            "Le nom va dans CATEGORIES, la couleur n'a pas de place",
            "The name goes to CATEGORIES, the colour has no place",
        ),
        KEEP,
    ),
    LossCode(
        "CAL-IMP-01",
        "info",
        Text("Importance", "Importance"),
        Text("Trois degrés deviennent PRIORITY (1, 5, 9)", "Three degrees become PRIORITY (1, 5, 9)"),
        KEEP,
    ),
    LossCode(
        "CAL-XPROP-01",
        "info",
        Text("Propriétés propres à Microsoft", "Microsoft's own properties"),
        Text(
            "Elles sont gardées dans l'objet ; les autres logiciels ne les lisent pas",
            "They are kept in the object; other programs don't read them",
        ),
        Text("Rien à faire", "Nothing to do"),
    ),
    LossCode(
        "CAL-PROP-01",
        "info",
        Text("Propriétés sans place dans iCalendar", "Properties without a place in iCalendar"),
        Text("Elles ne servent qu'à l'ancien système", "They serve the old system only"),
        KEEP,
    ),
)

OBJECT = (
    LossCode(
        "CAL-UID-01",
        "major",
        Text("Identifiant absent ou en double", "A missing or doubled identifier"),
        Text(
            "UID doit être unique : les éléments restent distincts sous une clé dérivée, mais un serveur CalDAV "
            "refuse le second",
            "UID must be unique: the items stay apart under a derived key, but a CalDAV server refuses the second",
        ),
        Text("Vérifier s'il s'agit du même élément, à la source", "Check at the source whether it is the same item"),
        forward="reduced",
    ),
    LossCode(
        "CAL-KIND-01",
        "minor",
        Text("Composant qui n'est ni événement, ni tâche, ni journal", "A component that is no event, task or journal"),
        Text(
            "Disponibilités publiées ou composant privé : gardé, mais montré par peu de logiciels",
            "Published free-busy or a private component: kept, but few programs show it",
        ),
        Text("Rien à faire pour des fichiers", "Nothing to do for files"),
        forward="reduced",
    ),
    LossCode(
        "CAL-PARSE-01",
        "major",
        Text("Objet iCalendar abîmé", "A damaged iCalendar object"),
        Text(
            "La syntaxe de la RFC 5545 n'est pas respectée ; les octets sont gardés tels quels",
            "It does not follow RFC 5545's syntax; its bytes are kept as they are",
        ),
        Text(
            "Réparer à la source, ou vérifier l'élément à la cible", "Mend it at the source, or check it at the target"
        ),
        forward="reduced",
    ),
    LossCode(
        "CAL-SIZE-01",
        "minor",
        Text("Objet trop grand pour être examiné", "An object too large to be examined"),
        Text(
            "Il est copié octet pour octet, mais son contenu n'a pas été lu",
            "It is copied byte for byte, but what it says was not read",
        ),
        Text("L'examiner à la main", "Look at it by hand"),
    ),
    LossCode(
        "CAL-ENC-01",
        "minor",
        Text("Texte qui n'est pas en UTF-8", "Text that is not UTF-8"),
        Text(
            "La RFC 5545 demande UTF-8 : des accents peuvent être mal lus",
            "RFC 5545 asks for UTF-8: accents may be misread",
        ),
        Text("Vérifier les accents à la cible", "Check the accents at the target"),
        forward="reduced",
    ),
    LossCode(
        "CAL-SPLIT-01",
        "minor",
        Text("Partie d'un fichier qui n'est à aucun élément", "A part of a file that belongs to no item"),
        Text(
            "Du texte se trouve hors de tout objet iCalendar ; il n'est pas repris",
            "There is text outside any iCalendar object; it is not taken",
        ),
        Text("Le lire dans le fichier d'origine", "Read it in the original file"),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "CAL-VER-01",
        "minor",
        Text("Objet vCalendar 1.0", "A vCalendar 1.0 object"),
        Text(
            "Ce format d'avant la RFC 2445 n'a pas les mêmes règles : beaucoup de logiciels le lisent mal",
            "This format from before RFC 2445 has other rules: many programs misread it",
        ),
        Text("Gardé tel quel dans des fichiers", "Kept as it is in files"),
        forward="reduced",
    ),
    LossCode(
        "CAL-FILE-02",
        "major",
        Text("Fichier d'agenda qui semble coupé", "A calendar file that seems cut"),
        Text(
            "Il finit sans END:VCALENDAR : des éléments peuvent manquer après le dernier",
            "It ends without END:VCALENDAR: items may be missing after the last one",
        ),
        Text("Refaire l'export", "Make the export again"),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "CAL-WRITE-01",
        "blocked",
        Text("Le fichier n'a pas pu être écrit", "The file could not be written"),
        Text("Le système de fichiers l'a refusé (voir le détail)", "The file system refused it (see the detail)"),
        Text(
            "Corriger les droits, puis `transhume quarantine retry`",
            "Mend the rights, then `transhume quarantine retry`",
        ),
        forward="blocked",
    ),
    LossCode(
        "CAL-BEFORE-01",
        "major",
        Text("L'état d'avant n'est plus là", "The before-image is gone"),
        Text("Il a été ôté de `.transhumance-before`", "It was taken away from `.transhumance-before`"),
        Text("Reprendre l'élément à la source", "Take the item from the source again"),
        forward="blocked",
    ),
    LossCode(
        "CAL-FILE-01",
        "blocked",
        Text("Fichier qui n'est pas un agenda iCalendar", "A file that is no iCalendar file"),
        Text(
            "jCal, xCal, vCard ou tout autre contenu : il est nommé et laissé",
            "jCal, xCal, vCard or any other content: it is named and left",
        ),
        Text(
            "Le convertir, ou le prendre par le connecteur qui convient",
            "Convert it, or take it by the right connector",
        ),
        forward="blocked",
        back="blocked",
    ),
)

CODES = (*ZONES, *RECURRENCE, *PEOPLE, *CONTENT, *OBJECT)
