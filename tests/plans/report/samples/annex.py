"""The rest of what the sample report says: way back, inventory, matrix, formats, durations."""

from __future__ import annotations

from datetime import date

from transhumance.plans.report import facts as f
from transhumance.plans.report.facts import Figure

from .counts import both


def way_back() -> tuple[f.WayBack, ...]:
    rows = []
    for wave in ("pilote", "cardiologie"):
        rehearsed = date(2026, 11, 12) if wave == "pilote" else None
        for workload in ("mail", "calendars", "documents"):
            rows += [
                f.WayBack(
                    workload=workload,
                    wave=wave,
                    phase="initial",
                    command=f"transhume rollback plan.yaml --wave {wave}",
                    who="DSI, exploitation",
                    rto=both("20 min", "20 min"),
                    rto_basis="measured",
                    rpo=both("aucune", "none"),
                    rpo_basis="measured",
                    rehearsed=rehearsed,
                    written_since=both("retiré par image d'avant", "removed by before-image"),
                ),
                f.WayBack(
                    workload=workload,
                    wave=wave,
                    phase="cutover",
                    command=f"transhume return plan.yaml --wave {wave}",
                    who="DSI, exploitation ; astreinte",
                    prerequisites=both("source figée en lecture", "source frozen read-only"),
                    rto=both("2 h", "2 h"),
                    rto_basis="estimated",
                    rpo=both("15 min", "15 min"),
                    rpo_basis="estimated",
                    rehearsed=rehearsed if workload == "mail" else None,
                    written_since=both("rejoué par la passe inverse", "replayed by the reverse pass"),
                ),
                f.WayBack(
                    workload=workload,
                    wave=wave,
                    phase="hypercare",
                    command=f"transhume return plan.yaml --wave {wave}",
                    who="DSI, direction",
                    rto=both("6 h", "6 h"),
                    rto_basis="estimated",
                    rpo=None,
                ),
            ]
    return tuple(rows)


def points() -> tuple[f.PointOfNoReturn, ...]:
    return tuple(
        f.PointOfNoReturn(
            wave=wave,
            step=both("fermeture des boîtes Exchange de la vague", "closing of the wave's Exchange mailboxes"),
            condition=both(
                "vérification sans défaut, sauvegarde de la cible éprouvée", "no defect found, target backup proven"
            ),
            signs="Direction générale",
            on=on,
            irreversible=both(
                "les licences ne peuvent plus être rendues actives", "licences can't be made active again"
            ),
            source_frozen_until=date(2027, 4, 30),
        )
        for wave, on in (("pilote", date(2027, 2, 15)), ("cardiologie", None))
    )


def inventory() -> f.Inventory:
    return f.Inventory(
        systems=(
            f.System(
                endpoint="ad",
                role="source",
                product="Active Directory",
                version="2019",
                end_of_support=date(2029, 1, 9),
                jurisdiction="FR",
            ),
            f.System(
                endpoint="exchange",
                role="source",
                product="Exchange Server",
                version="2019 CU15",
                end_of_support=date(2025, 10, 14),
                jurisdiction="FR",
            ),
            f.System(endpoint="partage", role="source", product="Partage de fichiers Windows", jurisdiction="FR"),
            f.System(endpoint="dovecot", role="target", product="Dovecot", version="2.3.19.1", jurisdiction="FR"),
            f.System(endpoint="openldap", role="target", product="OpenLDAP", version="2.5.13", jurisdiction="FR"),
            f.System(endpoint="nextcloud", role="target", product="Nextcloud", jurisdiction=None),
            f.System(
                endpoint="archive", role="archive", product="Archive transhumance", version="1", jurisdiction="FR"
            ),
        ),
        objects=(
            f.ObjectCount(endpoint="ad", workload="identities", kind="personne", objects=2_988, bytes=None),
            f.ObjectCount(endpoint="ad", workload="identities", kind="groupe", objects=412, bytes=None),
            f.ObjectCount(
                endpoint="exchange", workload="mail", kind="message", objects=19_511_614, bytes=5_012_528_211_903
            ),
            f.ObjectCount(
                endpoint="exchange",
                workload="calendars",
                kind="événement",
                objects=443_947,
                bytes=1_000_024_620,
                basis="estimated",
            ),
            f.ObjectCount(
                endpoint="partage", workload="documents", kind="fichier", objects=406_561, bytes=9_741_132_122_122
            ),
        ),
        exclusions=(
            f.Exclusion(
                "svc-echo",
                both("compte de service du serveur d'échographie", "service account of the ultrasound server"),
                1,
            ),
            f.Exclusion("dossiers publics", both("hors du marché", "outside the contract")),
        ),
        dependants=(
            f.Dependant(
                kind="compte de service",
                name="svc-pacs",
                what=both("se connecte en LDAP au contrôleur dc1", "binds by LDAP to dc1"),
                owner="Imagerie",
                remedy=both("basculer sur openldap", "point to openldap"),
                due=date(2026, 12, 18),
            ),
            f.Dependant(
                kind="relais SMTP",
                name="copieurs (43)",
                what=both("envoient par le connecteur anonyme", "send by the anonymous connector"),
                owner=None,
                remedy=both("relais interne", "internal relay"),
            ),
            f.Dependant(
                kind="poste joint au domaine",
                name="1 204 postes",
                what=both("ouvrent session sur le domaine", "log on to the domain"),
                owner="Poste de travail",
            ),
        ),
    )


def matrix() -> tuple[f.MatrixRow, ...]:
    def row(
        workload: str, kind: str, name: str, target: str, forward: str, back: str, n: int, code: str | None = None
    ) -> f.MatrixRow:
        return f.MatrixRow(
            workload=workload, kind=kind, property=name, target=target, forward=forward, back=back, count=n, code=code
        )  # type: ignore[arg-type]

    return (
        row("mail", "message", "corps et pièces jointes", "dovecot", "full", "exact", 1_311_202),
        row("mail", "message", "marques lu, répondu, suivi", "dovecot", "full", "exact", 1_311_202),
        row("mail", "message", "catégories", "dovecot", "reduced", "lossy", 28, "MAIL-CATEGORY-01"),
        row("mail", "message", "message joint", "dovecot", "blocked", "blocked", 685, "MAIL-EMBED-02"),
        row("calendars", "événement", "récurrence et exceptions", "radicale", "full", "exact", 41_847),
        row("calendars", "événement", "réunion en ligne", "radicale", "reduced", "lossy", 412, "CAL-ONLINE-01"),
        row("identities", "personne", "mot de passe", "openldap", "reduced", "residual", 3_039, "ID-PWD-01"),
        row("identities", "personne", "photo", "openldap", "full", "exact", 1_102),
        row("documents", "fichier", "octets et dates", "nextcloud", "full", "exact", 405_406),
        row("documents", "fichier", "droits", "nextcloud", "reduced", "residual", 220, "DOC-ACL-04"),
        row("documents", "fichier", "nom", "nextcloud", "blocked", "blocked", 944, "DOC-NAME-03"),
        row("documents", "fichier", "étiquettes", "nextcloud", "not_assessed", "not_assessed", 406_561),
        row("contacts", "contact", "photo", "radicale", "full", "exact", 912),
    )


def formats() -> tuple[f.Format, ...]:
    return (
        f.Format(
            workload="mail",
            form="mapi",
            source=f.Standard("MAPI"),
            pivot=f.Standard("message Internet", "RFC 5322, MIME RFC 2045-2049"),
            target=f.Standard("IMAP4rev1", "RFC 3501"),
            reader="Thunderbird 140, mutt 2.2",
            round_trip=f.RoundTrip(1_311_203, 28, "format"),
            properties=(
                f.PropertyRule("PidTagSubject", "content", "porté par l'en-tête Subject"),
                f.PropertyRule("PidTagChangeKey", "volatile", "clé de changement du serveur"),
                f.PropertyRule("*", "meta"),
            ),
        ),
        f.Format(
            workload="calendars",
            form="ical",
            source=f.Standard("MAPI"),
            pivot=f.Standard("iCalendar", "RFC 5545"),
            target=f.Standard("CalDAV", "RFC 4791"),
            reader="khal 0.11",
            round_trip=f.RoundTrip(41_847, 0, "format"),
        ),
        f.Format(
            workload="contacts",
            form="vcard",
            source=f.Standard("MAPI"),
            pivot=f.Standard("vCard 4.0", "RFC 6350"),
            target=None,
            reader=None,
            round_trip=None,
        ),
        f.Format(
            workload="identities",
            form="ad-entry",
            source=f.Standard("LDAP, schéma AD"),
            pivot=f.Standard("LDIF", "RFC 2849"),
            target=f.Standard("LDAP", "RFC 4511"),
            reader="ldapsearch, slapadd",
            round_trip=f.RoundTrip(138, 0, "format"),
        ),
    )


def volume() -> f.Volume:
    none = Figure(None, "s", "not_assessed", both("aucune bascule n'a été jouée", "no cutover was run"))
    return f.Volume(
        rows=(
            f.DurationRow(
                workload="mail",
                wave="pilote",
                items=Figure(1203, "items", "measured"),
                volume=Figure(48_211_903, "B", "measured"),
                rate=Figure(1840.5, "items/s", "measured"),
                median=Figure(0.7, "s", "measured"),
                p90=Figure(1.9, "s", "measured"),
                windows=Figure(1, "windows", "estimated"),
                downtime=none,
            ),
            f.DurationRow(
                workload="mail",
                wave="cardiologie",
                items=Figure(1_310_000, "items", "measured"),
                volume=Figure(212_480_000_000, "B", "measured"),
                rate=Figure(1840.5, "items/s", "estimated"),
                median=Figure(11_900, "s", "estimated"),
                p90=Figure(16_400, "s", "estimated"),
                windows=Figure(1, "windows", "estimated"),
                downtime=none,
            ),
        ),
        hypotheses=(both("débit mesuré à la source, hors cible", "rate measured at the source, without the target"),),
    )
