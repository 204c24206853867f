"""Loss codes of contacts that come from MAPI: what a card has no place for."""

from __future__ import annotations

from transhumance.connectors.contract import LossCode, Text

MAPI_CODES = (
    LossCode(
        "CARD-NOTE-01",
        "minor",
        Text("La mise en forme des notes n'est pas visible", "The form of the notes is not shown"),
        Text("NOTE est du texte seul", "NOTE is text alone"),
        Text("Rien à faire : elle revient du résidu", "Nothing to do: it comes back from the residue"),
        forward="reduced",
    ),
    LossCode(
        "CARD-BACK-01",
        "minor",
        Text("Une propriété ne revient pas dans Exchange", "A property does not come back into Exchange"),
        Text(
            "Un autre logiciel l'a mise dans la fiche ; un contact MAPI n'a pas de place pour elle",
            "Another program put it into the card; a MAPI contact has no place for it",
        ),
        Text("L'archive garde la fiche entière", "The archive keeps the whole card"),
        back="lossy",
    ),
    LossCode(
        "CARD-FILE-02",
        "minor",
        Text(
            "Un fichier joint au contact n'est pas dans la fiche", "A file attached to the contact is not in the card"
        ),
        Text("Une fiche ne prend qu'une photo", "A card takes a photo only"),
        Text(
            "Le prendre dans l'archive, qui le garde à côté de la fiche",
            "Take it from the archive, which keeps it beside the card",
        ),
        forward="reduced",
    ),
    LossCode(
        "CARD-FILE-03",
        "major",
        Text("Un contenu trop grand n'a pas été gardé", "A content too large was not kept"),
        Text("Le résidu ne prend pas plus de 16 Mio", "The residue takes no more than 16 MiB"),
        Text("Le reprendre à la source", "Take it from the source"),
        forward="reduced",
        back="lossy",
    ),
)
