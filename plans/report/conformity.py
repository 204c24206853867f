"""R18: where each requirement of the texts is answered. A pointer to sections, not a legal opinion."""

from __future__ import annotations

from dataclasses import dataclass

from transhumance.plans.report.facts import Text


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of one text, and the sections that answer it."""

    text: str
    clause: str
    asks: Text
    sections: tuple[str, ...]


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        "HDS v2", "EXI 27",
        Text("restitution : formats lisibles et exploitables, calcul des délais et des coûts, destruction des copies",
             "return of data: readable and usable formats, how delays and costs are computed, destruction of copies"),
        ("r4", "r5", "r13", "r14"),
    ),
    Requirement(
        "PGSSI-S", "6.6.2",
        Text("restitution complète ; le destinataire vérifie, sauvegarde la cible, puis seulement demande l'effacement",
             "complete return; the recipient checks, backs the target up, and only then asks for erasure"),
        ("r4", "r8", "r14", "r15"),
    ),
    Requirement(
        "SecNumCloud 3.2", "19.1",
        Text("récupération de toutes les données, en formats documentés et exploitables hors du service",
             "recovery of all data, in documented formats usable outside the service"),
        ("r2", "r3", "r4"),
    ),
    Requirement(
        "SecNumCloud 3.2", "19.4",
        Text("effacement sécurisé en fin de contrat, données techniques comprises, après préavis",
             "secure erasure at the end of the contract, technical data included, after notice"),
        ("r12", "r14"),
    ),
    Requirement(
        "CCAG-TIC 2021", "art. 42",
        Text("réversibilité et transférabilité : plan annexé, durée, conditions, assistance",
             "reversibility and transferability: annexed plan, duration, conditions, assistance"),
        ("r5", "r6", "r7", "r13"),
    ),
    Requirement(
        "CCAG-TIC 2021", "art. 28",
        Text("remise des données dans un standard ouvert, librement réutilisable et exploitable par une machine",
             "hand-over of data in an open standard, freely reusable and machine-processable"),
        ("r4", "r16"),
    ),
    Requirement(
        "RGPD / GDPR", "28(3)(g)-(h)",
        Text("suppression ou renvoi des données au terme de la prestation, et preuve",
             "deletion or return of data at the end of the service, and proof"),
        ("r14", "r15", "r16"),
    ),
    Requirement(
        "Data Act (UE) 2023/2854", "23-31",
        Text("changement de fournisseur : données exportables, formats, délais, frais (services en nuage)",
             "switching provider: exportable data, formats, delays, charges (cloud services)"),
        ("r2", "r4", "r5", "r13"),
    ),
)  # fmt: skip
