"""Loss codes of contacts and distribution lists."""

from __future__ import annotations

from transhumance.connectors.contract import LossCode, Text

KEEP = Text("Rien à faire : la valeur revient du résidu", "Nothing to do: the value comes back from the residue")

CONTENT = (
    LossCode(
        "CARD-MAIL-01",
        "info",
        Text("Adresses et téléphones au-delà des types de vCard", "Addresses and phones beyond vCard's types"),
        Text(
            "Trois places d'adresse avec un nom affiché, dix-neuf genres de téléphone, un nom de classement",
            "Three mail slots with a display name, nineteen kinds of phone, one name to file by",
        ),
        KEEP,
    ),
    LossCode(
        "CARD-MAIL-02",
        "major",
        Text("Adresse qui n'est pas une adresse de messagerie", "An address that is no mail address"),
        Text("Elle est X.500 ou propre à l'ancien système", "It is X.500 or private to the old system"),
        Text("Compléter la table des personnes", "Complete the table of people"),
        forward="reduced",
    ),
    LossCode(
        "CARD-PHOTO-01",
        "info",
        Text("Photo", "Photo"),
        Text(
            "Pièce jointe dans Outlook, PHOTO dans la fiche ; des serveurs en bornent la taille",
            "An attachment in Outlook, PHOTO in the card; servers bound its size",
        ),
        Text("Comparer la taille à la limite de la cible", "Compare the size with the target's limit"),
    ),
    LossCode(
        "CARD-PHOTO-02",
        "minor",
        Text("Photo, son ou clé par lien", "A photo, sound or key by link"),
        Text("Le lien peut ne mener nulle part après la migration", "The link may lead nowhere after the migration"),
        Text("Mettre l'image dans la fiche", "Put the picture into the card"),
        forward="reduced",
    ),
    LossCode(
        "CARD-LIST-01",
        "major",
        Text("Liste de distribution", "A distribution list"),
        Text(
            "Des membres n'ont pas de fiche, ou ne sont désignés que par un identifiant de l'ancien système",
            "Members have no card, or are only named by an id of the old system",
        ),
        Text(
            "KIND:group ; le membre sans fiche y est par son adresse",
            "KIND:group; a member without a card is in it by his address",
        ),
        forward="reduced",
    ),
    LossCode(
        "CARD-LIST-02",
        "info",
        Text("Groupe de fiches", "A group of cards"),
        Text("Ses membres sont désignés par l'UID de leur fiche", "Its members are named by their cards' UIDs"),
        Text("Prendre leurs fiches dans la même vague", "Take their cards in the same wave"),
    ),
    LossCode(
        "CARD-UDF-01",
        "minor",
        Text("Champs propres à un logiciel", "Fields of one program's own"),
        Text("Les propriétés X- ne sont lues que par qui les a faites", "X- properties are read by their maker only"),
        Text("Rien à faire : ils sont gardés", "Nothing to do: they are kept"),
    ),
    LossCode(
        "CARD-CERT-01",
        "minor",
        Text("Certificat ou clé publique", "A certificate or public key"),
        Text("Peu de logiciels lisent KEY", "Few programs read KEY"),
        Text("Publier les certificats dans l'annuaire", "Publish the certificates in the directory"),
    ),
    LossCode(
        "CARD-YOMI-01",
        "minor",
        Text("Noms phonétiques", "Phonetic names"),
        Text("Ils vont dans SORT-AS ou dans des propriétés X-", "They go into SORT-AS or X- properties"),
        KEEP,
    ),
    LossCode(
        "CARD-IMID-01",
        "info",
        Text("Messagerie instantanée", "Instant messaging"),
        Text(
            "L'adresse va dans IMPP ; le service peut disparaître", "The address goes into IMPP; the service may vanish"
        ),
        KEEP,
    ),
    LossCode(
        "CARD-LINK-01",
        "minor",
        Text("Fiche liée à l'annuaire d'entreprise", "A card linked to the company's directory"),
        Text("Le lien est un identifiant de l'ancien système", "The link is an id of the old system"),
        KEEP,
    ),
    LossCode(
        "CARD-SUGG-01",
        "info",
        Text("Contacts suggérés", "Suggested contacts"),
        Text("Le cache des adresses saisies n'est pas un carnet", "The cache of typed addresses is no address book"),
        Text("Il se refait à l'usage", "It fills again with use"),
    ),
    LossCode(
        "CARD-AGENT-01",
        "minor",
        Text("Fiche dans la fiche (AGENT)", "A card inside the card (AGENT)"),
        Text(
            "vCard 4 n'a plus AGENT (RFC 6350, annexe A) ; peu de logiciels la montrent",
            "vCard 4 has no AGENT any more (RFC 6350, appendix A); few programs show it",
        ),
        Text("Rien à faire : elle est gardée", "Nothing to do: it is kept"),
        forward="reduced",
    ),
    LossCode(
        "CARD-PROP-01",
        "info",
        Text("Propriétés de contact sans place dans vCard", "Properties of a contact without a place in vCard"),
        Text("Elles ne servent qu'à l'ancien système", "They serve the old system only"),
        KEEP,
    ),
)

OBJECT = (
    LossCode(
        "CARD-VER-01",
        "minor",
        Text("La cible garde une autre version de vCard", "The target keeps another version of vCard"),
        Text(
            "Elle réécrit la fiche ; la comparaison se fait dans la version demandée",
            "It rewrites the card; they are compared in the version that was asked",
        ),
        Text("Choisir la version que le serveur garde", "Choose the version that the server keeps"),
    ),
    LossCode(
        "CARD-VER-02",
        "minor",
        Text("Fiche vCard 2.1 ou sans version", "A card of vCard 2.1, or without a version"),
        Text(
            "Les serveurs CardDAV demandent 3.0 ou 4.0 (RFC 6352, 5.1) ; jeux de caractères et QUOTED-PRINTABLE "
            "sont mal lus ailleurs",
            "CardDAV servers ask for 3.0 or 4.0 (RFC 6352, 5.1); charsets and QUOTED-PRINTABLE are misread elsewhere",
        ),
        Text("Gardée telle quelle dans des fichiers", "Kept as it is in files"),
        forward="reduced",
    ),
    LossCode(
        "CARD-UID-01",
        "minor",
        Text("Identifiant absent ou en double", "A missing or doubled identifier"),
        Text(
            "Les fiches restent distinctes sous une clé dérivée ; un serveur CardDAV demande un UID unique",
            "The cards stay apart under a derived key; a CardDAV server asks for a UID of its own",
        ),
        Text("Vérifier s'il s'agit de la même fiche, à la source", "Check at the source whether it is the same card"),
    ),
    LossCode(
        "CARD-PARSE-01",
        "major",
        Text("Fiche abîmée", "A damaged card"),
        Text(
            "La syntaxe de vCard n'est pas respectée ; les octets sont gardés tels quels",
            "It does not follow vCard's syntax; its bytes are kept as they are",
        ),
        Text(
            "Réparer à la source, ou vérifier la fiche à la cible", "Mend it at the source, or check it at the target"
        ),
        forward="reduced",
    ),
    LossCode(
        "CARD-SIZE-01",
        "minor",
        Text("Fiche trop grande pour être examinée", "A card too large to be examined"),
        Text(
            "Elle est copiée octet pour octet, mais son contenu n'a pas été lu",
            "It is copied byte for byte, but what it says was not read",
        ),
        Text("L'examiner à la main", "Look at it by hand"),
    ),
    LossCode(
        "CARD-ENC-01",
        "minor",
        Text("Texte dans un jeu de caractères non dit", "Text in a charset that is not told"),
        Text(
            "Ce n'est pas de l'UTF-8 et aucun CHARSET ne dit quoi : des accents peuvent être mal lus",
            "It is not UTF-8 and no CHARSET says what: accents may be misread",
        ),
        Text("Vérifier les accents à la cible", "Check the accents at the target"),
        forward="reduced",
    ),
    LossCode(
        "CARD-SPLIT-01",
        "minor",
        Text("Partie d'un fichier qui n'est à aucune fiche", "A part of a file that belongs to no card"),
        Text(
            "Du texte se trouve hors de toute fiche ; il n'est pas repris",
            "There is text outside any card; it is not taken",
        ),
        Text("Le lire dans le fichier d'origine", "Read it in the original file"),
        forward="blocked",
        back="blocked",
    ),
    LossCode(
        "CARD-WRITE-01",
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
        "CARD-BEFORE-01",
        "major",
        Text("L'état d'avant n'est plus là", "The before-image is gone"),
        Text("Il a été ôté de `.transhumance-before`", "It was taken away from `.transhumance-before`"),
        Text("Reprendre la fiche à la source", "Take the card from the source again"),
        forward="blocked",
    ),
    LossCode(
        "CARD-FILE-01",
        "blocked",
        Text("Fichier qui n'est pas une vCard", "A file that is no vCard"),
        Text(
            "jCard, xCard, hCard, iCalendar ou tout autre contenu : il est nommé et laissé",
            "jCard, xCard, hCard, iCalendar or any other content: it is named and left",
        ),
        Text(
            "Le convertir, ou le prendre par le connecteur qui convient",
            "Convert it, or take it by the right connector",
        ),
        forward="blocked",
        back="blocked",
    ),
)

CODES = (*CONTENT, *OBJECT)
