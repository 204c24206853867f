"""`check --probe`: canaries written into a scratch container of a target, read back, compared, taken away again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from transhumance.connectors.contract import (
    ANY,
    Before,
    Codec,
    Container,
    Context,
    Expect,
    Fault,
    Fence,
    Outcome,
    PropertyTable,
    Record,
    SkipItem,
    Status,
    Subject,
    Target,
    Text,
    TranshumanceError,
    Write,
    codec_for,
    codecs,
    compare_documents,
    find_code,
)
from transhumance.plans.commands.canaries import NAME, Canary, canaries
from transhumance.plans.project import Endpoint

SUBJECT = Subject(NAME.encode(), "person", NAME)
FENCE = Fence("probe", 1)
Answer = Literal["same", "changed", "refused", "lost", "left", "no_form"]


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of one canary at one target. `same`: read back equal. `changed`: something of it differs (`paths`).
    `refused`: the target does not take it. `lost`: written and not there. `left`: it could not be taken away.
    `foretold`: the loss codes that the target had announced, so that its answer is no surprise."""

    endpoint: str
    workload: str
    canary: str
    answer: Answer
    paths: tuple[str, ...] = ()
    foretold: tuple[str, ...] = ()
    detail: str = ""

    @property
    def surprising(self) -> bool:
        """Whether a person should look at it."""
        return self.answer in ("lost", "left") or (self.answer in ("changed", "refused") and not self.foretold)


@dataclass(slots=True)
class _Try:
    """One canary on its way."""

    canary: Canary
    codec: Codec
    record: Record
    foretold: tuple[str, ...]
    outcome: Outcome | None = None


def probe(endpoint: Endpoint, workload: str) -> tuple[list[Probed], Text | None]:
    """Tries a target with every canary of a workload; what stopped it half-way is told, after taking away what was
    written."""
    answers: list[Probed] = []
    tries: list[_Try] = []
    wanted = Container(SUBJECT.key, workload, NAME.encode(), (NAME,))
    trouble: Text | None = None
    try:
        target = endpoint.target
        place = endpoint.gate.call(lambda: target.ensure(wanted))
    except (TranshumanceError, OSError) as error:
        return answers, _text(error)
    try:
        for canary in canaries(workload):
            made = _made(endpoint, place, canary)
            answers += [made] if isinstance(made, Probed) else []
            tries += [made] if isinstance(made, _Try) else []
        answers += _written(endpoint, workload, target, place, tries)
        answers += _compared(endpoint, workload, target, place, [t for t in tries if t.outcome is not None])
    except (TranshumanceError, OSError) as error:
        trouble = _text(error)
    try:
        answers += _removed(endpoint, workload, target, place, tries)
    except (TranshumanceError, OSError) as error:
        trouble = trouble or _text(error)
    return answers, trouble


def _text(error: TranshumanceError | OSError) -> Text:
    return error.text if isinstance(error, TranshumanceError) else Text(str(error), str(error))


def _made(endpoint: Endpoint, place: Container, canary: Canary) -> _Try | Probed:
    """The canary as a record of the target's form."""
    document, where = canary.document, (endpoint.name, place.workload, canary.name)
    form = endpoint.spec.form_of(document.kind)
    codec = codec_for(document.kind, form) if form else None
    if codec is None:
        return Probed(*where, "no_form", detail=document.kind)
    try:
        made = codec.from_open(document, (), _context(place))
        record = replace(made.record, key=canary.key)
        findings = (*made.findings, *endpoint.target.preview(place, record))
    except SkipItem as error:
        return Probed(*where, "refused", foretold=(error.code,), detail=error.text.en)
    foretold = tuple(finding.code for finding in findings)
    if any((code := find_code(name)) and code.forward == "blocked" for name in foretold):
        return Probed(*where, "refused", foretold=foretold)
    return _Try(canary, codec, record, foretold)


def _context(place: Container) -> Context:
    return Context(subject=SUBJECT, container=place)


def _written(
    endpoint: Endpoint, workload: str, target: Target, place: Container, tries: Sequence[_Try]
) -> list[Probed]:
    answers = []
    for one in tries:
        outcome = endpoint.gate.call(lambda t=one: _write(target, place, t))  # type: ignore[misc]
        if outcome.status in (Status.WRITTEN, Status.UNCHANGED):
            one.outcome = outcome
        else:
            detail = " ".join(filter(None, [outcome.code, outcome.detail]))
            where = (endpoint.name, workload, one.canary.name)
            answers.append(Probed(*where, "refused", foretold=one.foretold, detail=detail))
    return answers


def _write(target: Target, place: Container, one: _Try) -> Outcome:
    write = Write(one.canary.key, one.record)
    (outcome,) = target.write(place, [write], FENCE)
    if outcome.status is Status.CONFLICT:  # another probe's, of another version of this tool
        (outcome,) = target.write(place, [replace(write, expect=Expect(ANY))], FENCE)
    return outcome


def _compared(
    endpoint: Endpoint, workload: str, target: Target, place: Container, tries: Sequence[_Try]
) -> list[Probed]:
    answers = []
    keys = [one.outcome.target_key for one in tries if one.outcome is not None]
    for one, back in zip(tries, endpoint.gate.call(lambda: list(target.read_back(place, keys))), strict=True):
        where = (endpoint.name, workload, one.canary.name)
        if isinstance(back, Fault):
            answers.append(Probed(*where, "lost", foretold=one.foretold, detail=back.detail))
            continue
        try:
            decoded = one.codec.to_open(back, _context(place)).document
        except SkipItem as error:
            answers.append(Probed(*where, "changed", ("*",), one.foretold, error.text.en))
            continue
        differences = compare_documents(one.canary.document, decoded, _table(one.canary))
        paths = tuple(difference.path for difference in differences)
        answers.append(Probed(*where, "changed" if paths else "same", paths, one.foretold))
    return answers


def _table(canary: Canary) -> PropertyTable:
    """What counts in a document of its standard."""
    document = canary.document
    for codec in codecs().values():
        if (codec.kind, codec.standard) == (document.kind, document.standard):
            return codec.document_table
    return next(codec.document_table for (kind, _), codec in codecs().items() if kind == "*")


def _removed(
    endpoint: Endpoint, workload: str, target: Target, place: Container, tries: Sequence[_Try]
) -> list[Probed]:
    """Takes every canary away again; an answer for each that stays."""
    left = []
    written = [one for one in tries if one.outcome is not None]
    for one in written:
        assert one.outcome is not None
        key, expect = one.outcome.target_key, Expect(one.outcome.version)
        outcome = endpoint.gate.call(lambda k=key, e=expect: target.restore(place, k, Before(), e, FENCE))  # type: ignore[misc]
        if outcome.status not in (Status.REMOVED, Status.ABSENT):
            left.append(Probed(endpoint.name, workload, one.canary.name, "left", detail=outcome.detail or outcome.code))
    endpoint.gate.call(target.finish)
    keys = [one.outcome.target_key for one in written if one.outcome is not None]
    told = {probed.canary for probed in left}
    for one, back in zip(written, endpoint.gate.call(lambda: list(target.read_back(place, keys))), strict=True):
        if isinstance(back, Record) and one.canary.name not in told:
            left.append(Probed(endpoint.name, workload, one.canary.name, "left", detail="still there"))
    return left
