"""Loss codes of tasks, sticky notes and journal entries."""

from __future__ import annotations

from transhumance.connectors.contract import LossCode, Text

KEEP = Text("Rien à faire : la valeur revient du résidu", "Nothing to do: the value comes back from the residue")

CODES = (
    LossCode(
        "TASK-REGEN-01",
        "major",
        Text("Tâche qui se recrée quand elle est finie", "A task that is made anew when it is done"),
        Text(
            "Aucune RRULE ne compte depuis la date d'achèvement ; quatre rythmes existent dans Exchange",
            "No RRULE counts from the date of completion; Exchange has four such patterns",
        ),
        Text(
            "La tâche en cours est prise ; la suite est à recréer",
            "The present task is taken; make the next ones by hand",
        ),
        forward="reduced",
    ),
    LossCode(
        "TASK-ASSIGN-01",
        "major",
        Text("Tâche déléguée", "An assigned task"),
        Text(
            "Les comptes rendus d'avancement ne circulent plus entre l'auteur et l'exécutant",
            "Status reports no longer travel between its owner and who does it",
        ),
        Text(
            "Les personnes restent dans ORGANIZER et ATTENDEE ; le suivi est à convenir",
            "The people stay in ORGANIZER and ATTENDEE; agree on how to follow it",
        ),
        forward="reduced",
    ),
    LossCode(
        "TASK-WORK-01",
        "info",
        Text("Heures, kilométrage, facturation", "Work, mileage, billing"),
        Text("VTODO ne dit que le pourcentage accompli", "VTODO says the percentage done only"),
        KEEP,
    ),
    LossCode(
        "TASK-DATE-01",
        "minor",
        Text("Échéance au jour près", "A due date without a time"),
        Text(
            "La source la note à minuit dans le fuseau de la boîte ; elle devient une valeur DATE",
            "The source writes it as midnight in the mailbox's zone; it becomes a DATE value",
        ),
        Text("Vérifier l'échéance des boîtes d'un autre fuseau", "Check due dates of mailboxes in another zone"),
    ),
    LossCode(
        "TASK-STATUS-01",
        "info",
        Text("État sans équivalent", "A status without an equivalent"),
        Text(
            "« En attente d'un tiers » et « reportée » n'existent pas dans VTODO (RFC 5545, 3.8.1.11)",
            "Waiting and deferred do not exist in VTODO (RFC 5545, 3.8.1.11)",
        ),
        KEEP,
    ),
    LossCode(
        "TASK-REC-01",
        "minor",
        Text("Tâche récurrente", "A recurring task"),
        Text("Peu de logiciels développent la RRULE d'un VTODO", "Few programs expand a VTODO's RRULE"),
        Text("Vérifier ces tâches dans le logiciel des utilisateurs", "Check these tasks in the users' program"),
        forward="reduced",
    ),
    LossCode(
        "TASK-PROP-01",
        "info",
        Text("Propriétés de tâche sans place dans VTODO", "Properties of a task without a place in VTODO"),
        Text("Elles ne servent qu'à l'ancien système", "They serve the old system only"),
        KEEP,
    ),
    LossCode(
        "NOTE-FORM-01",
        "info",
        Text("Couleur, taille et place d'un pense-bête", "Colour, size and place of a sticky note"),
        Text("VJOURNAL n'a pas de place pour elles", "VJOURNAL has no place for them"),
        KEEP,
    ),
    LossCode(
        "NOTE-FORM-02",
        "minor",
        Text("Cible sans place pour les notes", "A target without a place for notes"),
        Text("Elle ne prend pas VJOURNAL", "It does not take VJOURNAL"),
        Text("Un message dans un dossier Notes en tient lieu", "A message in a Notes folder stands for it"),
        forward="reduced",
    ),
    LossCode(
        "JOUR-LINK-01",
        "minor",
        Text("Durée et contacts d'une entrée de journal", "Duration and contacts of a journal entry"),
        Text(
            "VJOURNAL n'a ni fin ni durée (RFC 5545, 3.6.3)",
            "VJOURNAL has no end and no duration (RFC 5545, 3.6.3)",
        ),
        KEEP,
        forward="reduced",
    ),
)
