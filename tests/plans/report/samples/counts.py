"""The cells of the sample report and their losses."""

from __future__ import annotations

from datetime import date

from transhumance.plans.report import facts as f
from transhumance.plans.report.facts import Text


def both(fr: str, en: str) -> Text:
    return Text(fr, en)


WHAT = {
    "MAIL-CATEGORY-01": (
        both(
            "La couleur des catégories n'est pas visible à la cible.", "The colour of categories is not visible there."
        ),
        both(
            "IMAP n'a que des mots-clés ; le nom y est porté, la couleur n'y a pas de place.",
            "IMAP has keywords only; they carry the name, and colours have no place.",
        ),
        both(
            "Le résidu garde la couleur et la rend au retour ; prévenir les secrétariats.",
            "The residue keeps the colour and gives it back; tell the secretaries.",
        ),
    ),
    "CAL-ONLINE-01": (
        both(
            "Les liens de réunion en ligne ne mènent plus à une salle.",
            "Online meeting links no longer lead to a room.",
        ),
        both(
            "La salle appartient au service quitté ; seul le texte du lien est conservé.",
            "The room belongs to the service that is left; only the text of the link is kept.",
        ),
        both(
            "Recréer les réunions récurrentes dans le nouvel outil de visioconférence.",
            "Create recurring meetings again in the new conference tool.",
        ),
    ),
    "ID-PWD-01": (
        both("Les mots de passe ne suivent pas.", "Passwords don't follow."),
        both(
            "L'annuaire ne livre que des empreintes, que la cible ne sait pas vérifier.",
            "The directory gives out digests only, and the target can't check them.",
        ),
        both(
            "Capture à la première connexion pendant la coexistence, réinitialisation pour les autres.",
            "Capture at the first login during coexistence, reset for the others.",
        ),
    ),
    "DOC-NAME-03": (
        both(
            "Le nom contient un caractère que la cible refuse.", "The name holds a character that the target refuses."
        ),
        both(
            "La cible refuse « : » et les noms réservés ; renommer en silence tromperait les liens.",
            "The target refuses “:” and reserved names; a silent change would break links.",
        ),
        both(
            "Renommer à la source, ou accepter la règle de remplacement du plan.",
            "Rename at the source, or accept the plan's rule of replacement.",
        ),
    ),
    "MAIL-EMBED-02": (
        both("Un message joint n'a pas pu être ouvert.", "An attached message could not be opened."),
        both(
            "Le lecteur de PST ne donne pas accès aux objets incorporés.",
            "The PST reader gives no access to embedded objects.",
        ),
        both(
            "Reprendre ces messages depuis le serveur, ou garder le PST en archive.",
            "Take these messages from the server, or keep the PST in the archive.",
        ),
    ),
    "DOC-ACL-04": (
        both("Des droits hérités sont aplatis.", "Inherited rights are flattened."),
        both(
            "La cible ne connaît que quatre niveaux de droits par dossier.",
            "The target knows four levels of rights a folder.",
        ),
        both(
            "Revoir les droits de 14 dossiers avec le service.", "Review the rights of 14 folders with the department."
        ),
    ),
    "CAL-TZ-02": (
        both("Un fuseau propre à Windows a été traduit.", "A Windows time zone was translated."),
        both("La table CLDR donne son nom IANA.", "The CLDR table gives its IANA name."),
        both("Rien à faire.", "Nothing to do."),
    ),
}


def loss(code: str, workload: str, wave: str, target: str | None, severity: str, count: int, **more: object) -> f.Loss:
    what, why, remedy = WHAT[code]
    return f.Loss(
        code=code,
        workload=workload,
        wave=wave,
        target=target,
        severity=severity,
        count=count,  # type: ignore[arg-type]
        what=what,
        why=why,
        remedy=remedy,
        **{"leg": "target", **more},  # type: ignore[arg-type]
    )


def cell(
    wave: str,
    workload: str,
    target: str,
    octets: int,
    forward: tuple[int, int, int, int],
    grades: tuple[int, int, int, int, int],
    proof: str = "format",
    **more: object,
) -> f.Cell:
    graded = sum(grades[:3])
    source = {"identities": "ad", "documents": "partage"}.get(workload, "exchange")
    return f.Cell(
        workload=workload,
        wave=wave,
        target=target,
        items=sum(grades),
        bytes=octets,
        forward=f.ForwardCounts(*forward),
        grades=f.GradeCounts(*grades),
        proofs=f.ProofCounts(**{proof: graded}),
        legs=(
            f.Leg("source", source, "measured"),
            f.Leg("target", target, "predicted" if proof in ("format", "predicted") else "measured"),
        ),
        residue_until=date(2027, 11, 24),
        **more,  # type: ignore[arg-type]
    )


def cells() -> tuple[f.Cell, ...]:
    switch = both("fermeture des comptes Exchange", "closing of the Exchange accounts")
    return (
        cell("pilote", "identities", "openldap", 412_000, (12, 2, 0, 0), (9, 5, 0, 0, 0), passwords_return=False),
        cell("pilote", "mail", "dovecot", 48_211_903, (1150, 52, 1, 0), (1100, 90, 12, 1, 0)),
        cell("pilote", "mail", "archive", 48_211_903, (1202, 0, 1, 0), (1202, 0, 0, 1, 0), "target"),
        cell("pilote", "calendars", "radicale", 1_904_220, (402, 31, 0, 0), (371, 62, 0, 0, 0)),
        cell("pilote", "contacts", "radicale", 310_500, (288, 0, 0, 0), (288, 0, 0, 0, 0)),
        cell("pilote", "documents", "nextcloud", 912_004_118, (3051, 14, 3, 0), (3034, 31, 0, 3, 0)),
        cell(
            "cardiologie",
            "identities",
            "openldap",
            3_900_000,
            (118, 6, 0, 0),
            (88, 36, 0, 0, 0),
            passwords_return=False,
        ),
        cell(
            "cardiologie",
            "mail",
            "dovecot",
            212_480_000_000,
            (1_290_112, 19_204, 684, 0),
            (1_240_300, 69_000, 16, 684, 0),
        ),
        cell("cardiologie", "calendars", "radicale", 88_120_400, (40_210, 1_204, 0, 0), (38_000, 3_002, 412, 0, 0)),
        cell("cardiologie", "contacts", "radicale", 9_220_000, (8_812, 0, 0, 0), (8_812, 0, 0, 0, 0), "predicted"),
        cell(
            "cardiologie",
            "documents",
            "nextcloud",
            640_220_118_004,
            (402_118, 220, 41, 0),
            (399_001, 3_337, 0, 41, 0),
            reversible_until=switch,
        ),
        cell(
            "reste",
            "identities",
            "openldap",
            61_000_000,
            (2_811, 90, 4, 0),
            (2_101, 800, 0, 4, 0),
            passwords_return=False,
        ),
        cell("reste", "mail", "dovecot", 4_800_000_000_000, (0, 0, 0, 18_200_411), (0, 0, 0, 0, 18_200_411)),
        cell(
            "reste",
            "calendars",
            "radicale",
            910_000_000,
            (402_000, 100, 0, 0),
            (401_000, 1_100, 0, 0, 0),
            basis="estimated",
        ),
        cell("reste", "documents", "nextcloud", 9_100_000_000_000, (210, 3, 900, 0), (200, 13, 0, 900, 0)),
    )


def losses() -> tuple[f.Loss, ...]:
    return (
        loss(
            "MAIL-CATEGORY-01",
            "mail",
            "pilote",
            "dovecot",
            "minor",
            12,
            accepted_by="DSI",
            accepted_until=date(2027, 6, 30),
            sample=("mail:7f3a91", "mail:02bc44"),
        ),
        loss(
            "MAIL-CATEGORY-01",
            "mail",
            "cardiologie",
            "dovecot",
            "minor",
            16,
            accepted_by="DSI",
            accepted_until=date(2027, 6, 30),
        ),
        loss("ID-PWD-01", "identities", "pilote", "openldap", "major", 14, back="residual", accepted_by="RSSI"),
        loss("ID-PWD-01", "identities", "cardiologie", "openldap", "major", 124, back="residual"),
        loss("ID-PWD-01", "identities", "reste", "openldap", "major", 2_901, back="residual"),
        loss(
            "CAL-ONLINE-01", "calendars", "cardiologie", "radicale", "major", 412, sample=("cal:c01d77", "cal:9ae210")
        ),
        loss("CAL-TZ-02", "calendars", "pilote", "radicale", "info", 31, back="residual", leg="source"),
        loss("CAL-TZ-02", "calendars", "cardiologie", "radicale", "info", 1_204, back="residual", leg="source"),
        loss("DOC-NAME-03", "documents", "pilote", "nextcloud", "blocked", 3, sample=("doc:aa0192",)),
        loss("DOC-NAME-03", "documents", "cardiologie", "nextcloud", "blocked", 41),
        loss("DOC-NAME-03", "documents", "reste", "nextcloud", "blocked", 900),
        loss("DOC-ACL-04", "documents", "cardiologie", "nextcloud", "minor", 220, back="residual", accepted_by="DSI"),
        loss("MAIL-EMBED-02", "mail", "pilote", None, "blocked", 1, leg="source", sample=("mail:5510ce",)),
        loss("MAIL-EMBED-02", "mail", "cardiologie", None, "blocked", 684, leg="source"),
    )
