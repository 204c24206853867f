"""The two legs of one item, as pure functions: what its way back is measured to be, and what a target would make of
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from transhumance.connectors.contract import (
    Claim,
    Codec,
    Container,
    Context,
    Document,
    Fault,
    Finding,
    Link,
    Record,
    ResidueEntry,
    SkipItem,
    Target,
    Text,
    codec_for,
    compare_documents,
    document_digest,
    find_code,
    worst_back,
    worst_forward,
)
from transhumance.connectors.contract.codes import Back, Forward

Coded = tuple[str, str]  # (leg:CODE, detail)


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """What the legs need to know of a target: its name, the form in which it takes each kind, and further ones that
    it takes."""

    name: str
    forms: Mapping[str, str]
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def form_of(self, kind: str) -> str | None:
        return self.forms.get(kind, self.forms.get("*"))

    def form_back(self, kind: str, origin: str) -> str | None:
        """The form in which an item returns: the one that it came in where the target takes that, else the usual
        one."""
        return origin if origin in self.also.get(kind, ()) else self.form_of(kind)


@dataclass(frozen=True, slots=True)
class TargetLeg:
    """What one target would hold. `record`: in its form, None when it can't take the item. `expected`: digest of what
    reading back should decode to, empty when it is the document's own."""

    record: Record | None
    forward: Forward
    grade: Back
    codes: tuple[Coded, ...] = ()
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """One item's source leg, measured, and its target legs, predicted."""

    key: bytes
    kind: str
    form: str
    digest: str
    size: int
    count: int
    name: str = ""
    forward: Forward = "full"
    grade: Back = "exact"
    codes: tuple[Coded, ...] = ()
    links: tuple[Link, ...] = ()
    targets: Mapping[str, TargetLeg] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()


def measure(record: Record, context: Context, targets: Sequence[TargetSpec]) -> Measured:
    """Both legs of one record. Never raises for what the item holds: an item that makes its codec fail is blocked by
    code."""
    codec = codec_for(record.kind, record.form)
    if codec is None:
        return blocked(
            Fault(record.key, "GEN-FORM-01", f"{record.kind}/{record.form}", record.kind, record.form), targets
        )
    try:
        return _measure(record, codec, context, targets)
    except SkipItem as error:
        return blocked(Fault(record.key, error.code, error.text.en, record.kind, record.form), targets)
    except OSError as error:  # it was there when it was listed
        return blocked(Fault(record.key, "GEN-READ-01", str(error), record.kind, record.form), targets)
    except MemoryError:
        raise
    except Exception as error:  # a defect of a codec: told by code and by type, the other items go on
        detail = f"{type(error).__name__} in {record.form}"
        return blocked(Fault(record.key, "GEN-CODEC-01", detail, record.kind, record.form), targets)


def blocked(fault: Fault, targets: Sequence[TargetSpec]) -> Measured:
    """The measure of an item that can't be read or said."""
    code = ((f"source:{fault.code}", fault.detail),)
    legs = {t.name: TargetLeg(None, "blocked", "blocked", code) for t in targets}
    return Measured(fault.key, fault.kind, fault.form, "", 0, 1, "", "blocked", "blocked", code, (), legs)


def _measure(record: Record, codec: Codec, context: Context, targets: Sequence[TargetSpec]) -> Measured:
    opened = codec.to_open(record, context)
    document = opened.document
    bare = codec.from_open(document, (), context)
    differences = codec.compare(record, bare.record)
    grade: Back = "exact"
    returned = bare
    if differences and opened.residue:
        returned = codec.from_open(document, opened.residue, context)
        differences = codec.compare(record, returned.record)
        grade = "residual"
    findings = list(opened.findings) + [f for f in returned.findings if f not in opened.findings]
    if differences:
        grade = "lossy"
        if not any(_back(f) == "lossy" for f in findings):
            findings.append(Finding("GEN-DIFF-01", ", ".join(d.path for d in differences[:5])))
    grade = worst_back([grade, *map(_back, findings)])
    forward = worst_forward(map(_forward, findings))
    codes = tuple((f"source:{f.code}", f.detail) for f in findings)
    digest = document_digest(document)
    legs = {
        t.name: _target_leg(
            record, codec, document, opened.residue, returned.record, context, t, digest, grade, forward
        )
        for t in targets
    }
    size = sum(body.size or 0 for body in document.bodies.values())
    return Measured(
        record.key,
        record.kind,
        record.form,
        digest,
        size,
        record.count,
        document.name,
        forward,
        grade,
        codes,
        opened.refs,
        legs,
        opened.claims,
    )


def _target_leg(
    record: Record,
    codec: Codec,
    document: Document,
    residue: tuple[ResidueEntry, ...],
    returned: Record,
    context: Context,
    target: TargetSpec,
    digest: str,
    grade: Back,
    forward: Forward,
) -> TargetLeg:
    form = target.form_of(document.kind)
    theirs = codec_for(document.kind, form) if form else None
    if theirs is None:
        return TargetLeg(None, "blocked", "blocked", (("target:GEN-FORM-01", document.kind),))
    named: tuple[Finding, ...] = ()
    try:
        if form == record.form:
            encoded = returned
        else:
            made = theirs.from_open(document, residue if theirs.carries_residue else (), context)
            encoded, named = made.record, made.findings
        decoded = theirs.to_open(encoded, context).document
    except SkipItem as error:
        return _left_out(error)
    differences = compare_documents(document, decoded, codec.document_table)
    forward, grade = worst_forward([forward, *map(_forward, named)]), worst_back([grade, *map(_back, named)])
    told = tuple((f"target:{f.code}", f.detail) for f in named)
    if not differences:
        return TargetLeg(encoded, forward, grade, told)
    if any(_back(f) == "lossy" for f in named):  # what differs has its name already
        return TargetLeg(encoded, forward, grade, told, document_digest(decoded))
    # what a target's form has no place for stays in the archive beside the residue, so it comes back from there
    only_meta = all(not d.path.startswith("body:") for d in differences)
    code = "GEN-TARGET-02" if only_meta else "GEN-TARGET-01"
    detail = ", ".join(d.path for d in differences[:5])
    return TargetLeg(
        encoded,
        worst_forward([forward, "reduced"]),
        worst_back([grade, "residual" if only_meta else "lossy"]),
        (*told, (f"target:{code}", detail)),
        document_digest(decoded),
    )


def _left_out(error: SkipItem) -> TargetLeg:
    """The leg of an item that a target does not take: blocked, unless its code says that its user loses less (a
    computer in a system of people)."""
    found = Finding(error.code)
    back: Back = "blocked" if _forward(found) == "blocked" or find_code(error.code) is None else _back(found)
    forward: Forward = "blocked" if back == "blocked" else _forward(found)
    return TargetLeg(None, forward, back, ((f"target:{error.code}", error.text.en),))


def decoded_digest(record: Record, context: Context) -> str:
    """The digest of the document that a record read back decodes to. Raises what its codec raises."""
    codec = codec_for(record.kind, record.form)
    if codec is None:
        pair = f"{record.kind}/{record.form}"
        raise SkipItem("GEN-FORM-01", Text(f"aucun codec pour {pair}", f"no codec for {pair}"))
    return document_digest(codec.to_open(record, context).document)


def _back(finding: Finding) -> Back:
    code = find_code(finding.code)
    return code.back if code else "lossy"


def _forward(finding: Finding) -> Forward:
    code = find_code(finding.code)
    return code.forward if code else "reduced"


def previewed(leg: TargetLeg, target: Target, place: Container, record: Record) -> TargetLeg:
    """A target leg after the target was asked: with what it would lose, or left out where it takes no such item."""
    try:
        return with_preview(leg, target.preview(place, record))
    except SkipItem as error:
        left = _left_out(error)
        return replace(left, codes=leg.codes + left.codes)


def with_preview(leg: TargetLeg, findings: Sequence[Finding]) -> TargetLeg:
    """A target leg with what the target itself said it would lose."""
    if not findings:
        return leg
    return TargetLeg(
        leg.record if all(_forward(f) != "blocked" for f in findings) else None,
        worst_forward([leg.forward, *map(_forward, findings)]),
        worst_back([leg.grade, *map(_back, findings)]),
        leg.codes + tuple((f"target:{f.code}", f.detail) for f in findings),
        leg.expected,
    )
