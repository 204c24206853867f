"""Loss codes of messages that come as MAPI properties (PST, Exchange)."""

from __future__ import annotations

from transhumance.migrators.mail.loss import loss

CODES = (
    loss(
        "MAIL-CATEGORY-01",
        "info",
        ("Une catégorie devient un mot-clé", "A category becomes a keyword"),
        (
            "Un mot-clé IMAP est un atome ASCII : accents, espaces et couleur n'y ont pas de place",
            "An IMAP keyword is an ASCII atom: accents, blanks and the colour have no place in it",
        ),
        (
            "Le nom exact et la couleur reviennent du résidu",
            "The exact name and the colour come back from the residue",
        ),
    ),
    loss(
        "MAIL-FLAG-01",
        "info",
        ("Un suivi (début, échéance, fin, texte) n'est plus qu'un drapeau", "A follow-up is no more than a flag"),
        ("IMAP ne connaît que \\Flagged", "IMAP knows \\Flagged only"),
        (
            "Dates et texte reviennent du résidu ; pour les garder visibles, en faire des tâches",
            "Dates and text come back from the residue; to keep them in sight, make tasks of them",
        ),
        "reduced",
        "residual",
    ),
    loss(
        "MAIL-FLAG-02",
        "minor",
        ("« Répondu » ou « transféré » sans sa date ni son genre", "Replied or forwarded, without its date and kind"),
        (
            "\\Answered et $Forwarded ne disent ni quand ni si c'était à tous",
            "\\Answered and $Forwarded say neither when nor whether it was to all",
        ),
        ("Reviennent du résidu", "They come back from the residue"),
        "reduced",
        "residual",
    ),
    loss(
        "MAIL-IMPORTANCE-01",
        "info",
        ("L'importance n'est pas dans les en-têtes", "The importance is not in the headers"),
        (
            "La source la garde à part, le message n'en dit rien",
            "The source keeps it apart and the message says nothing of it",
        ),
        ("Elle revient du résidu", "It comes back from the residue"),
        "reduced",
        "residual",
    ),
    loss(
        "MAIL-SENSITIVITY-01",
        "info",
        ("La confidentialité n'est pas dans les en-têtes", "The sensitivity is not in the headers"),
        (
            "La source la garde à part, le message n'en dit rien",
            "The source keeps it apart and the message says nothing of it",
        ),
        ("Elle revient du résidu", "It comes back from the residue"),
        "reduced",
        "residual",
    ),
    loss(
        "MAIL-ID-01",
        "info",
        (
            "Identifiants de conversation et de recherche propres à la source",
            "Conversation and search ids of the source",
        ),
        (
            "Aucun en-tête ne les dit, et un serveur en crée de nouveaux",
            "No header says them, and a server makes new ones",
        ),
        ("Rien à faire ; ils restent au résidu", "Nothing to do; they stay in the residue"),
    ),
    loss(
        "MAIL-ADDR-01",
        "minor",
        ("Une personne n'a pas d'adresse SMTP", "Someone has no SMTP address"),
        (
            "La source ne garde que son nom, ou son adresse X.500, qu'aucun en-tête ne dit : seul le nom s'affiche",
            "The source keeps a name only, or an X.500 address, which no header says: only the name is shown",
        ),
        ("L'adresse d'origine revient du résidu", "The address of origin comes back from the residue"),
        "reduced",
    ),
    loss(
        "MAIL-DRAFT-01",
        "info",
        ("Brouillon : envoi différé ou destinataires en copie cachée", "A draft: deferred sending or blind copies"),
        (
            "\\Draft ne dit pas l'heure d'envoi, et un lecteur peut montrer l'en-tête Bcc",
            "\\Draft does not say the time of sending, and a reader may show the Bcc field",
        ),
        ("Envoyer ou supprimer les brouillons avant la vague", "Send or delete drafts before the wave"),
    ),
    loss(
        "MAIL-CLASS-01",
        "major",
        ("Classe de message particulière (formulaire, vote, InfoPath)", "A message class of its own (form, voting)"),
        (
            "Hors d'Outlook, c'est un message ordinaire : boutons et formulaire ne s'affichent pas",
            "Outside Outlook it is a plain message: buttons and forms are not shown",
        ),
        ("Répondre avant la vague ; la classe revient du résidu", "Answer before the wave; the class comes back"),
        "reduced",
        "residual",
    ),
    loss(
        "MAIL-RTF-01",
        "minor",
        ("Corps en RTF seulement", "The body is RTF only"),
        (
            "Le HTML ou le texte en est extrait ; la mise en forme peut différer",
            "HTML or text is taken out of it; the layout may differ",
        ),
        ("Le RTF d'origine revient du résidu", "The original RTF comes back from the residue"),
        "reduced",
        "residual",
    ),
    loss(
        "MAIL-EMBED-01",
        "major",
        (
            "Élément joint que MIME ne sait pas dire (tâche, contact)",
            "An attached item that MIME can't say (task, card)",
        ),
        ("Il est joint dans un format ouvert proche", "It is attached in an open format that comes near"),
        ("Ses autres propriétés reviennent du résidu", "Its other properties come back from the residue"),
        "reduced",
        "residual",
    ),
    loss(
        "MAIL-PST-01",
        "major",
        ("En-têtes absents : ils sont reconstruits", "There are no headers: they are made anew"),
        (
            "Message envoyé ou ancien : seules les propriétés existent",
            "A sent or old message: only properties exist",
        ),
        (
            "Ne pas en attendre une preuve (DKIM, chemin de remise)",
            "Expect no proof from them (DKIM, path of delivery)",
        ),
    ),
    loss(
        "MAIL-PST-02",
        "major",
        ("Page de code devinée", "The code page is a guess"),
        ("Le message ne dit pas la sienne, ou elle est fausse", "The message does not say it, or says a wrong one"),
        ("Relire les messages listés", "Read through the messages listed"),
    ),
    loss(
        "MAIL-PST-03",
        "major",
        ("Un élément joint n'a pas pu être ouvert", "An embedded item could not be opened"),
        (
            "Abîmé à cet endroit, d'un genre à part, ou trop profond : rien n'en est pris au hasard",
            "It is damaged there, of a kind of its own, or too deep: nothing is taken of it by guess",
        ),
        ("Garder le fichier .pst", "Keep the .pst file"),
        "reduced",
        "lossy",
    ),
    loss(
        "MAIL-PST-04",
        "major",
        ("Une propriété ou une pièce jointe est illisible", "A property or an attachment can't be read"),
        ("Le fichier est abîmé à cet endroit", "The file is damaged there"),
        ("Réparer le fichier (scanpst), ou le garder", "Repair the file (scanpst), or keep it"),
        "reduced",
        "lossy",
    ),
)
