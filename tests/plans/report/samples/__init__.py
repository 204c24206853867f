"""A realistic report of a fictional establishment: three waves, five workloads, losses, blocked and unassessed items.

`sample()` is NO GO, `two_waves()` GO with decisions, `quiet()` GO, `hostile()` full of text that attacks its reader.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from transhumance.plans.report import facts as f
from transhumance.plans.report.facts import Figure

from .annex import formats, inventory, matrix, points, volume, way_back
from .counts import WHAT, both, cell, cells, losses
from .hostile import HOSTILE as HOSTILE
from .hostile import hostile as hostile_of

PARIS = timezone(timedelta(hours=1))
GENERATED = datetime(2026, 11, 24, 20, 15, tzinfo=PARIS)


def sample() -> f.ReportFacts:
    """All three waves: the last one is not assessed, so the answer is NO GO."""
    return f.ReportFacts(
        identity=f.Identity(
            plan="chu-valombre-2026",
            revision=3,
            pass_="dry_run",
            generated=GENERATED,
            expires=GENERATED + timedelta(days=90),
            tool="0.1.0",
            establishment="CHU de Valombre",
            finess="690000000",
            title="Sortie d'Active Directory, d'Exchange et des partages Windows",
            programme="Alternative libre",
            digests={"pilote": "sha256:9f3c51d0aa71", "cardiologie": "sha256:02e9b7c41d55"},
            run_id="2026-11-24-dry-run-0007",
            environment="production",
            operator="Émilie Haÿ-Lefèvre",
            approvers=(f.Approver("Jean-Noël D'Aubigné", "DSI", "pilote", GENERATED),),
            components=(f.Component("exchange-ews", "0.1.0"), f.Component("mapi", "4", "codec")),
            confidentiality=both("Diffusion restreinte", "Restricted"),
        ),
        waves=(
            f.Wave(
                id="pilote",
                title=both("Pilote, direction informatique", "Pilot, IT department"),
                pilot=True,
                state="approved",
                subjects=14,
            ),
            f.Wave(
                id="cardiologie",
                title=both("Pôle cardiologie", "Cardiology"),
                state="planned",
                subjects=124,
                cutover=datetime(2027, 1, 15, 20, tzinfo=PARIS),
            ),
            f.Wave(id="reste", title=both("Tous les autres", "Everybody else"), state="draft", subjects=2_905),
        ),
        cells=cells(),
        losses=losses(),
        blocked=tuple(
            f.BlockedItem(
                ref=f"doc:{n:06x}",
                workload="documents",
                wave="pilote",
                target="nextcloud",
                code="DOC-NAME-03",
                why=WHAT["DOC-NAME-03"][0],
            )
            for n in (43_410, 91_022, 171_922)
        ),
        inventory=inventory(),
        matrix=matrix(),
        formats=formats(),
        volume=volume(),
        way_back=way_back(),
        points_of_no_return=points(),
        restoration=f.Restoration(
            (
                both("Figer la cible et prévenir les services.", "Freeze the target and tell the departments."),
                both("Lancer transhume return pour la vague.", "Run transhume return for the wave."),
                both("Vérifier, puis rendre la main à la source.", "Verify, then give the lead back to the source."),
            )
        ),
        last_rehearsal=f.Rehearsal(
            on=date(2026, 11, 12),
            what=both("retour de la vague pilote, messagerie", "return of the pilot wave, mail"),
            passed=True,
            wave="pilote",
            duration=Figure(4_080, "s", "measured"),
        ),
        affinity=(
            f.CutLink(
                wave="cardiologie",
                kind="délégation d'agenda",
                count=7,
                effect=both("l'assistante ne voit plus l'agenda", "the assistant no longer sees the calendar"),
                remedy=both("avancer 3 assistantes dans la vague", "move 3 assistants into the wave"),
                sample=("a81→c02", "a90→c17"),
            ),
        ),
        security=f.Security(
            accounts=(
                f.AccountUse(
                    endpoint="exchange",
                    account="svc-migration",
                    rights=both("ApplicationImpersonation", "ApplicationImpersonation"),
                    excess=both("peut aussi écrire", "can write too"),
                ),
            ),
            encryption=(
                both("TLS 1.3 vers chaque système, autorité interne", "TLS 1.3 to each system, internal authority"),
            ),
            work_area="/var/lib/transhumance",
            purge_on=date(2027, 5, 31),
        ),
        verification=(
            f.Verification(
                workload="mail",
                wave="pilote",
                target="archive",
                method=both("comptes et empreintes, tout relu", "counts and digests, all read back"),
                checked=1203,
                defects=0,
            ),
            f.Verification(
                workload="documents",
                wave="pilote",
                target="nextcloud",
                method=both("tirage à zéro défaut", "zero-defect draw"),
                checked=3068,
                defects=0,
                sample=299,
                seed="4b1d",
                confidence=0.95,
                max_defect_rate=0.01,
            ),
        ),
        quarantine=(
            f.Quarantined(
                ref="mail:5510ce",
                workload="mail",
                wave="pilote",
                target="dovecot",
                operation="fetch",
                code="MAIL-EMBED-02",
                cause=WHAT["MAIL-EMBED-02"][0],
                remedy=WHAT["MAIL-EMBED-02"][2],
                attempts=3,
                since=GENERATED,
            ),
        ),
        evidence=f.Evidence(
            manifest_sha256="5d41402abc4b2a76b9719d911017c592ae0f7d5b7b8e6a2b9a3c1d2e3f405162",
            verify_command="sha256sum -c MANIFEST.sha256",
        ),
        limits=f.Limits(
            predicted=(both("l'étape cible : Dovecot n'a rien reçu", "the target leg: Dovecot received nothing"),),
            unseen=(both("les règles de transport d'Exchange", "the transport rules of Exchange"),),
        ),
        decisions=(
            f.Decision(
                what=both(
                    "Qui réinitialise les mots de passe du pôle, et quand",
                    "Who resets the department's passwords, and when",
                ),
                owner="RSSI",
                due=date(2026, 12, 11),
                code="ID-PWD-01",
                wave="cardiologie",
            ),
            f.Decision(
                what=both("Visioconférence de remplacement", "Replacement conference tool"),
                owner="DSI",
                due=date(2026, 12, 4),
                code="CAL-ONLINE-01",
            ),
        ),
        gates=(
            f.GateEvent(
                wave="pilote",
                gate="approbation",
                outcome="passed",
                when=GENERATED,
                who="Jean-Noël D'Aubigné",
                digest="sha256:9f3c51d0aa71",
            ),
            f.GateEvent(wave="cardiologie", gate="approbation", outcome="waiting"),
        ),
        not_covered=(both("les dossiers publics", "public folders"),),
        method=(
            both(
                "Chaque élément des vagues pilote et cardiologie a été lu en entier et converti dans les deux sens.",
                "Every item of the waves pilote and cardiologie was read whole and converted both ways.",
            ),
            both(
                "2 cœurs, 24 Go ; transhumance 0.1.0 ; lecture seule à la source.",
                "2 cores, 24 GB; transhumance 0.1.0; read-only at the source.",
            ),
        ),
        missing={
            "r9": both(
                "aucun service de coexistence n'est déclaré dans le plan", "the plan declares no coexistence service"
            ),
            "r14": both("le démantèlement n'est pas encore planifié", "decommissioning is not planned yet"),
        },
    )


def two_waves() -> f.ReportFacts:
    """Without the wave that was not assessed: GO with decisions."""
    whole = sample()
    return replace(
        whole,
        waves=whole.waves[:2],
        cells=tuple(x for x in whole.cells if x.wave != "reste"),
        losses=tuple(x for x in whole.losses if x.wave != "reste"),
    )


def quiet() -> f.ReportFacts:
    """One small wave, all equal, nothing to decide, and no fact beyond that: GO, with most sections not assessed."""
    return f.ReportFacts(
        identity=f.Identity(
            plan="petit",
            revision=1,
            pass_="verify",
            generated=GENERATED,
            tool="0.1.0",
            establishment="Clinique des Aulnes",
        ),
        waves=(f.Wave(id="unique"),),
        way_back=(
            f.WayBack(
                workload="contacts", wave="unique", phase="initial", command="transhume rollback p.yaml", who="DSI"
            ),
        ),
        cells=(cell("unique", "contacts", "archive", 1200, (4, 0, 0, 0), (4, 0, 0, 0, 0), "target"),),
    )


def hostile() -> f.ReportFacts:
    """The sample with hostile text in every place that takes text from a source or a plan."""
    return hostile_of(sample())
