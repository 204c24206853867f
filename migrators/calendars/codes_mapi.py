"""Loss codes of calendar items and tasks that come from MAPI: what an iCalendar object holds less well."""

from __future__ import annotations

from transhumance.connectors.contract import LossCode, Text

MAPI_CODES = (
    LossCode(
        "CAL-BODY-02",
        "minor",
        Text("Une mise en forme n'est pas visible", "A text's form is not shown"),
        Text(
            "Elle est dans du RTF, ou trop grande : DESCRIPTION n'en dit que le texte",
            "It is in RTF, or too large: DESCRIPTION says its text only",
        ),
        Text("Rien à faire : elle revient du résidu", "Nothing to do: it comes back from the residue"),
        forward="reduced",
    ),
    LossCode(
        "CAL-BACK-01",
        "minor",
        Text("Une propriété ne revient pas dans Exchange", "A property does not come back into Exchange"),
        Text(
            "Un autre logiciel l'a mise dans l'objet ; un élément MAPI n'a pas de place pour elle",
            "Another program put it into the object; a MAPI item has no place for it",
        ),
        Text("L'archive garde l'objet entier", "The archive keeps the whole object"),
        back="lossy",
    ),
    LossCode(
        "CAL-ATT-03",
        "minor",
        Text("Un fichier est gardé à côté de l'objet", "A file is kept beside the object"),
        Text(
            "L'objet ne prend que 4 Mio de fichiers ; l'archive garde les autres à côté, un serveur d'agendas non",
            "The object takes 4 MiB of files only; the archive keeps the others beside it, a calendar server does not",
        ),
        Text(
            "Prendre ces fichiers dans l'archive, ou les partager par un lien",
            "Take these files from the archive, or share them by a link",
        ),
        forward="reduced",
    ),
    LossCode(
        "CAL-ATT-04",
        "major",
        Text("Un contenu trop grand n'a pas été gardé", "A content too large was not kept"),
        Text(
            "Ni l'objet ni le résidu ne prennent plus de 16 Mio",
            "Neither the object nor the residue takes more than 16 MiB",
        ),
        Text("Le reprendre à la source", "Take it from the source"),
        forward="reduced",
        back="lossy",
    ),
    LossCode(
        "CAL-ATT-05",
        "major",
        Text("Un élément joint n'est pas dans l'objet", "An attached item is not in the object"),
        Text(
            "Un message ou un autre élément d'Outlook joint à un rendez-vous ou à une tâche n'y a pas de place",
            "A message or another item of Outlook attached to an appointment or a task has no place in it",
        ),
        Text(
            "Il revient du résidu ; le garder aussi comme message",
            "It comes back from the residue; keep it as mail too",
        ),
        forward="reduced",
    ),
    LossCode(
        "CAL-EXC-04",
        "major",
        Text("Le texte propre à une occurrence n'est pas dans l'objet", "The own text of an occurrence is not shown"),
        Text(
            "L'occurrence modifiée y a l'objet, le lieu et les heures qui sont les siens, mais le texte de la série",
            "The modified occurrence has its own subject, place and times there, but the text of the series",
        ),
        Text(
            "Le texte revient du résidu ; l'archive le garde",
            "The text comes back from the residue; the archive keeps it",
        ),
        forward="reduced",
    ),
)
