"""`map`: one real entry of a source, and where each of its attributes goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from transhumance.connectors.contract import (
    Container,
    Context,
    Finding,
    Record,
    Selector,
    SkipItem,
    Subject,
    Text,
    UserError,
    codec_for,
)
from transhumance.connectors.contract.model import Fault
from transhumance.migrators.identities.ad_codec import AdEntryCodec, entry_of
from transhumance.migrators.identities.mapping import Applied, Went
from transhumance.plans.project import RESIDUE, Endpoint, Project

WORKLOAD = "identities"


@dataclass(frozen=True, slots=True)
class AtTarget:
    """What a target would be given: attributes with their values, or the code of why it gets nothing."""

    name: str
    attributes: tuple[tuple[str, object], ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One entry. `went`, `rules`: nothing for a source whose entries are standard already.
    `document`: its standard entry."""

    endpoint: str
    dn: str
    form: str
    went: tuple[Went, ...]
    rules: tuple[Applied, ...]
    document: tuple[tuple[str, tuple[bytes, ...]], ...]
    findings: tuple[Finding, ...]
    targets: tuple[AtTarget, ...]


def mapped(project: Project, name: str, only: str | None) -> list[Mapped]:
    """The entries of the sources that a name means, read now, each with where it goes. Writes nothing.

    Raises `UserError` where the plan has no identities or no such source, `PlanErrors` for a mapping file that is none.
    """
    if WORKLOAD not in project.plan.workloads:
        text = Text("le plan n'a pas de domaine `identities`", "the plan has no workload `identities`")
        raise UserError(text, where="workloads")
    sources = project.workload(WORKLOAD).from_
    if only is not None and only not in sources:
        known = ", ".join(sources)
        text = Text(f"{only} n'est pas une source : {known}", f"{only} is no source of identities: {known}")
        raise UserError(text, where="--endpoint")
    context = Context(mapping=project.mapping(WORKLOAD))
    found = []
    for endpoint in (project.endpoint(n) for n in sources if only in (None, n)):
        subjects = {s.key: s for s in endpoint.source.subjects(Selector()) if _means(s, name.casefold())}
        for record in _records(endpoint, subjects):
            found.append(_mapped(project, endpoint.name, record, context))
    return found


def _means(subject: Subject, wanted: str) -> bool:
    """Whether a name means a subject: its key, its name, its address, or one of its log-in names."""
    said = [subject.attributes.get(name) for name in ("login", "upn", "mail", "dn")]
    texts = [subject.name, subject.key.decode("utf-8", "replace"), *(t for t in said if isinstance(t, str))]
    return wanted in {text.casefold() for text in texts}


def _records(endpoint: Endpoint, subjects: dict[bytes, Subject]) -> Iterator[Record]:
    if not subjects:
        return
    whose = [Subject(b"")] if endpoint.connector.facts.shared_containers else list(subjects.values())
    for subject in whose:
        for container in endpoint.source.containers(subject, WORKLOAD):
            yield from _read(endpoint, container, subjects)


def _read(endpoint: Endpoint, container: Container, subjects: dict[bytes, Subject]) -> Iterator[Record]:
    cursor: bytes | None = None
    while True:
        page = endpoint.source.page(container, cursor)
        refs = [ref for ref in page.refs if (container.subject or ref.subject) in subjects]
        for record in endpoint.source.fetch(container, refs) if refs else ():
            if not isinstance(record, Fault):
                yield record
        if (cursor := page.next) is None:
            return


def _mapped(project: Project, endpoint: str, record: Record, context: Context) -> Mapped:
    codec = codec_for(record.kind, record.form)
    dn = str(record.properties.get("dn", ""))
    if codec is None:
        return Mapped(endpoint, dn, record.form, (), (), (), (Finding("GEN-FORM-01", record.form),), ())
    try:
        opened = codec.to_open(record, context)
        way, rules = codec.went(record, context) if isinstance(codec, AdEntryCodec) else ([], ())
        entry = entry_of(opened.document)
    except SkipItem as error:
        return Mapped(endpoint, dn, record.form, (), (), (), (Finding(error.code, error.text.en),), ())
    targets = []
    for name in project.targets(WORKLOAD):
        form = project.endpoint(name).spec.form_of(record.kind)
        theirs = codec_for(record.kind, form) if form else None
        if theirs is None or name == RESIDUE:
            continue
        try:
            made = theirs.from_open(opened.document, opened.residue if theirs.carries_residue else (), context).record
        except SkipItem as error:
            targets.append(AtTarget(name, (), error.code))
            continue
        targets.append(AtTarget(name, tuple((key, value) for key, value in made.properties.items() if key != "dn")))
    return Mapped(
        endpoint,
        entry.dn,
        record.form,
        tuple(way),
        rules,
        tuple(entry.attributes.items()),
        opened.findings,
        tuple(targets),
    )
