"""GO, GO with N decisions, NO GO: the rules and their reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import ModuleType

from transhumance.plans.report.classes import classify
from transhumance.plans.report.conclusion import Conclusion, conclude
from transhumance.plans.report.facts import Decision, GateEvent, Quarantined, ReportFacts, Text


def concluded(facts: ReportFacts) -> Conclusion:
    return conclude(facts, [(cell, classify(cell, facts.losses)) for cell in facts.cells])


def test_nothing_to_say_is_go(samples: ModuleType) -> None:
    conclusion = concluded(samples.quiet())
    assert (conclusion.go, conclusion.reasons, conclusion.decisions) == ("go", (), ())


def test_nothing_assessed_is_no_go(samples: ModuleType) -> None:
    conclusion = concluded(replace(samples.quiet(), cells=()))
    assert conclusion.go == "no_go"
    assert conclusion.reasons[0].text.en == "nothing was assessed"


def test_an_empty_cell_beside_others_stops_nobody(samples: ModuleType) -> None:
    quiet = samples.quiet()
    empty = samples.cell("unique", "tasks", "archive", 0, (0, 0, 0, 0), (0, 0, 0, 0, 0))
    assert concluded(replace(quiet, cells=(*quiet.cells, empty))).go == "go"


def test_the_whole_is_its_worst_wave(samples: ModuleType) -> None:
    conclusion = concluded(samples.sample())
    assert conclusion.go == "no_go"
    assert [(wave.wave, wave.go) for wave in conclusion.waves] == [
        ("pilote", "go_with_decisions"),
        ("cardiologie", "go_with_decisions"),
        ("reste", "no_go"),
    ]
    assert {reason.wave for reason in conclusion.reasons} == {"reste"}
    assert len(conclusion.reasons) == 3  # mail not assessed, calendars sampled, documents blocked


def test_decisions_are_those_written_and_those_the_facts_ask_for(samples: ModuleType) -> None:
    conclusion = concluded(samples.two_waves())
    assert conclusion.go == "go_with_decisions"
    assert [(d.code, d.owner, d.derived) for d in conclusion.decisions] == [
        ("CAL-ONLINE-01", "DSI", False),
        ("ID-PWD-01", "RSSI", False),
        ("DOC-NAME-03", None, True),
        ("MAIL-EMBED-02", None, True),
        (None, "Direction générale", True),  # the point of no return of the wave that has a class D
    ]
    assert conclusion.decisions[2].waves == ("pilote", "cardiologie")
    assert conclusion.sentence.fr.endswith("prises les 5 décisions ouvertes.")


def test_a_closed_decision_is_not_open_but_its_loss_still_is(samples: ModuleType) -> None:
    facts = samples.two_waves()
    closed = tuple(replace(decision, closed=True) for decision in facts.decisions)
    asked = {d.code for d in concluded(replace(facts, decisions=closed)).decisions if d.derived}
    assert {"CAL-ONLINE-01", "ID-PWD-01"} <= asked


def test_an_acceptance_that_has_lapsed_is_none(samples: ModuleType) -> None:
    facts = samples.two_waves()
    lapsed = tuple(
        replace(x, accepted_until=date(2026, 1, 1)) if x.code == "MAIL-CATEGORY-01" else x for x in facts.losses
    )
    assert "MAIL-CATEGORY-01" not in {d.code for d in concluded(facts).decisions}
    assert "MAIL-CATEGORY-01" in {d.code for d in concluded(replace(facts, losses=lapsed)).decisions}


def test_information_asks_for_nothing(samples: ModuleType) -> None:
    assert "CAL-TZ-02" not in {d.code for d in concluded(samples.two_waves()).decisions}


def test_blocked_items_without_a_code_ask_for_a_decision(samples: ModuleType) -> None:
    facts = samples.two_waves()
    without = tuple(x for x in facts.losses if x.severity != "blocked")
    said = [d.what.en for d in concluded(replace(facts, losses=without)).decisions]
    settled = [text for text in said if text.startswith("Decide what becomes of")]
    assert sum("without a code" in text for text in settled) == 4
    assert [text for text in settled if "without" not in text] == [
        "Decide what becomes of 3 blocked items (DOC-NAME-03): documents → nextcloud",
        "Decide what becomes of 1 item in quarantine, mail (MAIL-EMBED-02): An attached message could not be opened.",
    ]


def test_what_the_losses_ask_is_not_asked_again_for_the_quarantine(samples: ModuleType) -> None:
    said = [d.what.en for d in concluded(samples.two_waves()).decisions]
    assert any("MAIL-EMBED-02" in text for text in said)
    assert not any("in quarantine" in text for text in said)


def test_a_subject_that_is_nobody_s_is_never_a_plain_go(samples: ModuleType) -> None:
    quiet = samples.quiet()
    (first, *_) = quiet.cells
    lost = Quarantined(
        ref="85fc6ea9223d",
        workload="mail",
        wave=first.wave,
        target="mbox",
        operation="match",
        code="PLAN-MEMBER-01",
        cause=Text("Un sujet n'est apparié à personne", "A subject is matched to nobody"),
        remedy=Text("Compléter people.csv", "Complete people.csv"),
    )
    conclusion = concluded(replace(quiet, quarantine=(lost,)))
    assert conclusion.go == "go_with_decisions"
    assert conclusion.decisions[-1].what.fr == (
        "Décider du sort de 1 sujet bloqué, messagerie (PLAN-MEMBER-01) : Un sujet n'est apparié à personne"
    )


def test_a_defect_found_by_verification_is_no_go(samples: ModuleType) -> None:
    facts = samples.two_waves()
    broken = replace(facts.verification[0], defects=2)
    conclusion = concluded(replace(facts, verification=(broken,)))
    assert [r.text.en for r in conclusion.reasons] == ["mail → archive: verification, 2 defects"]
    assert [w.go for w in conclusion.waves] == ["no_go", "go_with_decisions"]


def test_the_later_event_of_a_gate_counts(samples: ModuleType) -> None:
    quiet = samples.quiet()
    refused = GateEvent(wave="unique", gate="sauvegarde", outcome="refused")
    passed = replace(refused, outcome="passed")
    assert concluded(replace(quiet, gates=(passed, refused))).go == "no_go"
    assert concluded(replace(quiet, gates=(refused, passed))).go == "go"


def test_a_failed_rehearsal_is_no_go(samples: ModuleType) -> None:
    facts = samples.two_waves()
    conclusion = concluded(replace(facts, last_rehearsal=replace(facts.last_rehearsal, passed=False)))
    assert conclusion.go == "no_go"
    assert conclusion.reasons[0].wave == "pilote"


def test_decisions_come_by_due_date_those_without_last(samples: ModuleType) -> None:
    quiet = samples.quiet()
    given = tuple(
        Decision(what=Text(name, name), due=due)
        for name, due in (("c", None), ("b", date(2027, 1, 1)), ("a", date(2026, 12, 1)))
    )
    assert [d.what.fr for d in concluded(replace(quiet, decisions=given)).decisions] == ["a", "b", "c"]


def test_leaving_without_a_described_way_back_is_a_decision(samples: ModuleType) -> None:
    for way_back in (None, ()):
        conclusion = concluded(replace(samples.quiet(), way_back=way_back))
        assert conclusion.go == "go_with_decisions"
        assert "R6" in conclusion.decisions[0].what.fr
