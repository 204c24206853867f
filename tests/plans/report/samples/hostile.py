"""Hostile text in every place that takes text from a source or a plan."""

from __future__ import annotations

from dataclasses import replace

from transhumance.plans.report import facts as f
from transhumance.plans.report.facts import Text

HOSTILE = (
    "<script>alert(1)</script>",
    "\u202egnp.exe",
    "a\0b\x1b[31mc",
    "é" * 10_000,
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(2)</script>",
    "{{ 7*7 }}{% raw %}",
    "\udce9t\udcff",
    '=HYPERLINK("http://evil.example")',
)


def hostile(whole: f.ReportFacts) -> f.ReportFacts:
    """A report with each of the hostile texts somewhere."""
    bad = "|".join(name for name in HOSTILE if len(name) < 100)
    text = Text(bad, bad)
    long = HOSTILE[3]
    return replace(
        whole,
        identity=replace(
            whole.identity,
            plan=bad,
            title=bad,
            establishment=bad,
            operator=long,
            confidentiality=text,
            programme=bad,
            finess=bad,
            digests={bad: bad},
            environment=bad,
            run_id=bad,
            components=(f.Component(bad, bad, bad),),
            approvers=(f.Approver(bad, bad, bad),),
        ),
        waves=(*whole.waves, f.Wave(id=bad, title=text, state=bad)),
        cells=(
            *whole.cells,
            replace(whole.cells[0], wave=bad, workload=bad, target=bad, reversible_until=text, without_inverse=(text,)),
        ),
        losses=(
            *whole.losses,
            *(
                replace(whole.losses[0], code=name, sample=HOSTILE, what=text, why=text, remedy=text, accepted_by=bad)
                for name in HOSTILE
            ),
        ),
        inventory=replace(
            whole.inventory,
            dependants=(f.Dependant(kind=bad, name=long, what=text, owner=bad, remedy=text),),
            exclusions=(f.Exclusion(bad, text),),
        ),
        way_back=(
            *whole.way_back,
            f.WayBack(workload=bad, wave=bad, phase=bad, command=long, who=bad, rto=text, rpo=text),
        ),
        points_of_no_return=(
            *whole.points_of_no_return,
            f.PointOfNoReturn(wave=bad, step=text, condition=text, signs=bad, phase=bad),
        ),
        matrix=tuple(
            replace(row, property=name, kind=name, target=name)
            for row, name in zip(whole.matrix, HOSTILE, strict=False)
        ),
        quarantine=tuple(replace(whole.quarantine[0], ref=name, operation=name, code=name) for name in HOSTILE),
        blocked=tuple(replace(whole.blocked[0], ref=name) for name in HOSTILE),
        decisions=(f.Decision(what=text, owner=bad, code=bad, wave=bad),),
        gates=(f.GateEvent(wave=bad, gate=bad, outcome="refused", who=bad, note=text),),
        missing={"r9": text, "r14": text},
        method=(text,),
    )
