"""R3 and R4: what becomes of each kind of object and each named property, and the forms that they pass through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from transhumance.connectors.contract import codec_for, find_code
from transhumance.plans.facts.cells import Key, Totals
from transhumance.plans.project import Project
from transhumance.plans.report import facts as f

WHOLE = "*"
_DOCUMENT = "document"
_STANDARDS = {
    "rfc5322": f.Standard("RFC 5322", "RFC 5322, RFC 2045-2049"),
    "ical": f.Standard("iCalendar", "RFC 5545"),
    "vcard": f.Standard("vCard", "RFC 6350, RFC 2426"),
    "ldif": f.Standard("LDIF", "RFC 2849"),
    "file": f.Standard("file", "POSIX.1-2017"),
}
_READERS = {  # programs, not ours, that open the standard
    "rfc5322": "Thunderbird, mutt",
    "ical": "Thunderbird, khal",
    "vcard": "Thunderbird, khard",
    "ldif": "ldapadd, slapadd",
    "file": "sha256sum, cat",
}


def matrix(found: Mapping[Key, Totals]) -> tuple[f.MatrixRow, ...]:
    """For each kind of object the answers of whole items (`*`), which sum to the items of its cells; then, for each
    loss code, what becomes at best of the property that it names, on how many items. On the way back a code that leaves
    it to the comparison has the answer of its items."""
    counts: Counter[tuple[str, str, str, str, str, str]] = Counter()
    for (_, workload, target), total in found.items():
        for row in total.rows:
            counts[(workload, row.kind, target, row.forward, row.grade, "")] += row.count
            for code in {c.partition(":")[2] for c in row.codes}:
                known = find_code(code)
                forward = known.forward if known else row.forward
                back = known.back if known and known.back != "exact" else row.grade  # there the comparison decides
                counts[(workload, row.kind, target, forward, back, code)] += row.count
    return tuple(
        f.MatrixRow(
            workload=workload,
            kind=kind,
            property=_noun(code),
            target=target,
            forward=forward,  # type: ignore[arg-type]
            back=back,  # type: ignore[arg-type]
            count=count,
            code=code or None,
        )
        for (workload, kind, target, forward, back, code), count in sorted(counts.items())
    )


def _noun(code: str) -> str:
    """The noun of a code (`MAIL-FLAG-01`: flag), which names what is concerned; `*`: the whole item."""
    return code.split("-")[-2].lower() if code else WHOLE


def formats(project: Project, found: Mapping[Key, Totals]) -> tuple[f.Format, ...]:
    """The forms that items were read in, the standard that they pass through, the target's form, and how many came
    back equal in memory. An item that can't be moved made no round trip."""
    seen: dict[tuple[str, str, str, str], list[int]] = {}
    for (_, workload, target), total in found.items():
        for row in total.rows:
            entry = seen.setdefault((workload, row.kind, row.form, target), [0, 0])
            if row.grade in ("exact", "residual", "lossy"):
                entry[0] += row.count
                entry[1] += row.count if row.grade == "lossy" else 0
    return tuple(
        made
        for (workload, kind, form, target), (checked, failed) in sorted(seen.items())
        if (made := _format(project, workload, kind, form, target, checked, failed)) is not None
    )


def _format(
    project: Project, workload: str, kind: str, form: str, target: str, checked: int, failed: int
) -> f.Format | None:
    codec = codec_for(kind, form)
    if codec is None:
        return None
    pivot = _standard(codec.standard)
    theirs = project.endpoint(target).spec.form_of(kind)
    arrival = pivot if theirs == _DOCUMENT else _standard(theirs) if theirs else None
    return f.Format(
        workload=workload,
        form=form,
        source=_standard(form),
        pivot=pivot,
        target=arrival,
        reader=_READERS.get(codec.standard),
        round_trip=f.RoundTrip(checked, failed, "format") if checked else None,
        properties=tuple(f.PropertyRule(p, str(c), why) for p, c, why in codec.table.rows),
    )


def _standard(form: str) -> f.Standard:
    """A form as its standard; a vendor's own form has none."""
    return _STANDARDS.get(form, f.Standard(form))
