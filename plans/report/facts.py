"""What a reversibility report is made of: plain, frozen facts, gathered elsewhere and never looked up here.

A fact that nobody gathered is `None`; the report then says `not_assessed` and why. An empty tuple is a fact: it was
looked for and there is none. Every text for people comes in French and in English. Times are aware; the report reads
no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from transhumance.plans.report.values import Back as Back
from transhumance.plans.report.values import Basis as Basis
from transhumance.plans.report.values import Figure as Figure
from transhumance.plans.report.values import Forward as Forward
from transhumance.plans.report.values import ForwardCounts as ForwardCounts
from transhumance.plans.report.values import GradeCounts as GradeCounts
from transhumance.plans.report.values import Proof as Proof
from transhumance.plans.report.values import ProofCounts as ProofCounts
from transhumance.plans.report.values import Role as Role
from transhumance.plans.report.values import Severity as Severity
from transhumance.plans.report.values import Text as Text


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the two legs of a cell, and whether it was run (`measured`) or not."""

    leg: Literal["source", "target"]
    endpoint: str
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One workload of one wave for one target.

    `basis`: `measured` after a full pass, `estimated` when a sample was drawn. `not_assessed_bound`: how many items
    the plan allows to be unassessed. `main_body_blocked`: what the workload is for can't be moved, whatever the counts
    say. `passwords_return`: for identities, whether passwords can come back (None: nobody knows). `reversible_until`:
    the step beyond which no way back was run. `without_inverse`: steps that nothing undoes. `residue_until`: how long
    the residue is kept."""

    workload: str
    wave: str
    target: str
    items: int
    bytes: int
    forward: ForwardCounts
    grades: GradeCounts
    proofs: ProofCounts
    legs: tuple[Leg, ...] = ()
    basis: Literal["measured", "estimated"] = "measured"
    not_assessed_bound: int = 0
    main_body_blocked: bool = False
    passwords_return: bool | None = None
    reversible_until: Text | None = None
    without_inverse: tuple[Text, ...] = ()
    residue_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One named loss in one cell. `target` None: it comes from the source leg and holds for every target of the wave.

    `back`: the way back of its items at best, where known; a loss that may make its items `lossy` is counted as doing
    so. `sample`: pseudonymised references."""

    code: str
    workload: str
    wave: str
    target: str | None
    leg: Literal["source", "target"]
    severity: Severity
    count: int
    what: Text
    why: Text
    remedy: Text
    back: Back | None = None
    accepted_by: str | None = None
    accepted_until: date | None = None
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedItem:
    """One item that can't be moved: listed one by one, beside the class. `ref` is pseudonymised."""

    ref: str
    workload: str
    wave: str
    target: str
    code: str
    why: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """A wave, in the plan's order. `pilot`: the wave whose return must have been run before a class A is plain."""

    id: str
    title: Text | None = None
    pilot: bool = False
    state: str | None = None
    subjects: int | None = None
    cutover: datetime | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """A connector, codec or other part that made the figures."""

    name: str
    version: str
    kind: str = "connector"


@dataclass(frozen=True, slots=True)
class Approver:
    """Who approved which wave, and when."""

    name: str
    function: str | None = None
    wave: str | None = None
    when: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """R0. `pass_`: assess, dry_run, initial, delta, final, verify, reverse. `digests`: wave -> digest of what is
    frozen in it."""

    plan: str
    revision: int
    pass_: str
    generated: datetime
    tool: str
    establishment: str
    finess: str | None = None
    title: str | None = None
    programme: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    expires: datetime | None = None
    run_id: str | None = None
    environment: str | None = None
    operator: str | None = None
    approvers: tuple[Approver, ...] = ()
    components: tuple[Component, ...] = ()
    confidentiality: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """R2: one endpoint and what it is. `jurisdiction`: a country code, None when nobody said."""

    endpoint: str
    role: Role
    product: str
    version: str | None = None
    end_of_support: date | None = None
    jurisdiction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCount:
    """R2: how many objects of a kind an endpoint holds."""

    endpoint: str
    workload: str
    kind: str
    objects: int
    bytes: int | None
    basis: Basis = "measured"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """R2: what is left out of the plan, and why."""

    what: str
    reason: Text
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependant:
    """R2: something that still depends on the source: a service account that binds to it, a joined machine, an SPN, a
    relay."""

    kind: str
    name: str
    what: Text
    owner: str | None = None
    remedy: Text | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """R2. `dependants` None: nobody looked."""

    systems: tuple[System, ...] = ()
    objects: tuple[ObjectCount, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    dependants: tuple[Dependant, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """R3: what becomes of one property of one kind of object, forward and back."""

    workload: str
    kind: str
    property: str
    target: str
    forward: Forward
    back: Back
    count: int
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Standard:
    """A format by name, and the standard and version that define it; `reference` None for a vendor's own form."""

    name: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """R4: how many items went there and back, and how many came back unequal."""

    checked: int
    failed: int
    proof: Proof


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """One row of a form's table of property classes: content, meta, derived or volatile; only the first two are
    compared."""

    property: str
    class_: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """R4: the three forms of a workload's items. `reader`: a program, not ours, that opens the pivot format."""

    workload: str
    form: str
    source: Standard
    pivot: Standard
    target: Standard | None = None
    reader: str | None = None
    round_trip: RoundTrip | None = None
    properties: tuple[PropertyRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationRow:
    """R5: one workload of one wave."""

    workload: str
    wave: str
    items: Figure
    volume: Figure
    rate: Figure
    median: Figure
    p90: Figure
    windows: Figure
    downtime: Figure


@dataclass(frozen=True, slots=True)
class Volume:
    """R5."""

    rows: tuple[DurationRow, ...]
    hypotheses: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """R6: how one goes back from one phase (`initial`, `delta`, `cutover`, `hypercare`, `decommissioning`).

    `command` empty: there is no way back. `who` empty: to be filled in by hand. `written_since`: what was written at
    the target since, and how it returns. `rehearsed`: when that was last run and everything came back."""

    workload: str
    wave: str
    phase: str
    command: str
    who: str
    prerequisites: Text | None = None
    rto: Text | None = None
    rto_basis: Basis = "not_assessed"
    rpo: Text | None = None
    rpo_basis: Basis = "not_assessed"
    written_since: Text | None = None
    rehearsed: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointOfNoReturn:
    """R7. `signs` empty: to be filled in by hand. `phase`: the phase in which the step lies, for the timeline."""

    wave: str
    step: Text
    condition: Text
    signs: str
    phase: str = "decommissioning"
    on: date | None = None
    irreversible: Text | None = None
    source_frozen_until: date | None = None
    signed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """R8: the last time that the way back was run."""

    on: date
    what: Text
    passed: bool
    wave: str | None = None
    duration: Figure | None = None
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Restoration:
    """R8: the steps, in order."""

    steps: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchBack:
    """R9: one part of coexistence (MX and transport, DNS TTL, direction of directory synchronisation, SSO)."""

    part: Text
    now: Text
    back: Text
    who: str | None = None
    rehearsed: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutLink:
    """R10: links of one kind that a wave cuts. `sample`: pseudonymised pairs, a few; `links`: all of them."""

    wave: str
    kind: str
    count: int
    effect: Text
    remedy: Text | None = None
    sample: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """R11. `legal_hold` None: nobody looked."""

    what: Text
    period: Text
    legal_hold: bool | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUse:
    """R12: an account that the tool used at an endpoint, with the rights that it needed and those in excess."""

    endpoint: str
    account: str
    rights: Text
    excess: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """R12."""

    accounts: tuple[AccountUse, ...] = ()
    encryption: tuple[Text, ...] = ()
    work_area: str | None = None
    purge_on: date | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """R13: one task, how long it takes, who does it."""

    task: Text
    days: Figure
    who: str | None = None


@dataclass(frozen=True, slots=True)
class Assistance:
    """R13."""

    rows: tuple[Effort, ...]
    hypotheses: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Precondition:
    """R14: what must hold before the source is erased. `met` None: not assessed."""

    what: Text
    met: bool | None = None
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """R14: preconditions in their order, notice period in days, draft minutes."""

    preconditions: tuple[Precondition, ...]
    notice_days: int | None = None
    minutes: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """R15: one check. `sample` None: nothing was drawn, all were checked. `seed`: with it the draw can be made
    again."""

    workload: str
    wave: str
    target: str
    method: Text
    checked: int
    defects: int
    sample: int | None = None
    seed: str | None = None
    confidence: float | None = None
    max_defect_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """R15: an item set aside after its retries. `ref` is pseudonymised."""

    ref: str
    workload: str
    wave: str
    target: str
    operation: str
    code: str
    cause: Text
    remedy: Text
    attempts: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """R16."""

    manifest_sha256: str | None = None
    signature: str | None = None
    journal_entries: int | None = None
    journal_root: str | None = None
    timestamp_token: str | None = None
    verify_command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLimit:
    """R17: what a source counts in one of its containers and can't give. `ref` is pseudonymised."""

    endpoint: str
    workload: str
    wave: str
    ref: str
    what: Text
    count: int


@dataclass(frozen=True, slots=True)
class Limits:
    """R17: what was only predicted, what the simulation could not see, and what the sources themselves can't give."""

    predicted: tuple[Text, ...] = ()
    unseen: tuple[Text, ...] = ()
    source: tuple[SourceLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision that someone must take. `code`: the loss that it settles, so that the report doesn't ask for it
    twice."""

    what: Text
    owner: str | None = None
    due: date | None = None
    code: str | None = None
    wave: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GateEvent:
    """A gate that was passed, refused or waits: approval, criterion, point of no return."""

    wave: str
    gate: str
    outcome: Literal["passed", "refused", "waiting"]
    when: datetime | None = None
    who: str | None = None
    digest: str | None = None
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """Everything that a report says. `missing`: section (`r8`) -> why nobody gathered its facts. `method`: how it was
    measured."""

    identity: Identity
    waves: tuple[Wave, ...]
    cells: tuple[Cell, ...]
    losses: tuple[Loss, ...] = ()
    blocked: tuple[BlockedItem, ...] | None = None
    inventory: Inventory | None = None
    matrix: tuple[MatrixRow, ...] | None = None
    formats: tuple[Format, ...] | None = None
    volume: Volume | None = None
    way_back: tuple[WayBack, ...] | None = None
    points_of_no_return: tuple[PointOfNoReturn, ...] | None = None
    restoration: Restoration | None = None
    last_rehearsal: Rehearsal | None = None
    switch_back: tuple[SwitchBack, ...] | None = None
    affinity: tuple[CutLink, ...] | None = None
    retention: tuple[Retention, ...] | None = None
    security: Security | None = None
    assistance: Assistance | None = None
    erasure: Erasure | None = None
    verification: tuple[Verification, ...] | None = None
    quarantine: tuple[Quarantined, ...] | None = None
    evidence: Evidence | None = None
    limits: Limits | None = None
    decisions: tuple[Decision, ...] = ()
    gates: tuple[GateEvent, ...] | None = None
    not_covered: tuple[Text, ...] = ()
    method: tuple[Text, ...] | None = None
    missing: Mapping[str, Text] = field(default_factory=dict)
