"""The whole plan file as pydantic models. The names are the user's interface: add, don't rename.

A field marked `x-reserved` is checked in its shape but not yet carried out; `reserved.not_yet_honoured` lists those
in use.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from transhumance.plans.model.scalars import (
    LOSS_CODE,
    Day,
    Duration,
    FilePath,
    Finess,
    Listed,
    LossCode,
    Name,
    Share,
    Strict,
    Text,
)
from transhumance.plans.model.secrets import SecretRef
from transhumance.plans.model.waves import RESERVED, Wave, WorkloadName, either

FORMAT: Final = "transhumance.plan/1"
Endpoints = Annotated[list[Name], Field(min_length=1), Listed()]


class Establishment(Strict):
    """Whose data it is."""

    name: Text = Field(description="The establishment's name.")
    finess: Finess | None = Field(default=None, description="Its FINESS number, nine characters in quotes.")


class Limits(Strict):
    """What an endpoint may be asked to bear. None: no limit but the system's own."""

    concurrency: Annotated[int, Field(ge=1, le=1024)] = Field(default=4, description="Connections or threads at once.")
    requests_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Requests a second."
    )
    mbps: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Megabits a second."
    )


class Endpoint(Strict):
    """One outside system. Every other key belongs to its connector."""

    model_config = ConfigDict(extra="allow")

    connector: Name = Field(description="Which connector speaks to it; `transhume connectors` lists them.")
    limits: Limits = Field(default=Limits(), description="What it may be asked to bear.")
    assign: FilePath | None = Field(default=None, description="CSV file that says whose each file or mailbox is.")

    @property
    def settings(self) -> dict[str, Any]:
        """The keys that belong to the connector, and `assign`, which it carries out."""
        assign = {} if self.assign is None else {"assign": str(self.assign)}
        return {**(self.model_extra or {}), **assign}


class Back(Strict):
    """Where the way back leads."""

    to: Name = Field(
        description="Endpoint that the `reverse` pass writes into. Without `back`, it writes into the archive."
    )


class Workload(Strict):
    """What goes from where to where."""

    from_: Endpoints = Field(alias="from", description="Source endpoint or endpoints; the first is the main one.")
    to: Endpoints = Field(description="Target endpoint or endpoints.")
    mapping: FilePath | None = Field(
        default=None,
        description="File with rules for people's attributes (identities only): see docs/en/mapping.md.",
    )
    authoritative: Name | None = Field(
        default=None, description="The target that is master after cutover; the first of `to` by default."
    )
    back: Back | None = Field(default=None, description="Where the way back leads.")
    archive: Name | None = Field(
        default=None,
        description="Archive endpoint for the residue, where none is in `to`; `.transhumance/archive` by default.",
        json_schema_extra=RESERVED,
    )
    open_copy: Any = Field(
        default=None, description="Open-format copies of closed-format files.", json_schema_extra=RESERVED
    )

    @property
    def master(self) -> str:
        """The target that is master after cutover."""
        return self.authoritative or self.to[0]


def _acceptance(value: Any) -> Any:
    return {"code": value} if isinstance(value, str) else value


class Acceptance(Strict):
    """A loss that is accepted, by its code."""

    code: LossCode = Field(description="The code of the loss; `transhume explain CODE` says what it is.")
    by: Text | None = Field(default=None, description="Who accepts it.")
    until: Day | None = Field(default=None, description="Last day on which the acceptance counts.")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return either(handler, schema, {"type": "string", "pattern": LOSS_CODE})


class Loss(Strict):
    """Which losses are accepted, and what happens at another."""

    accept: Annotated[list[Annotated[Acceptance, BeforeValidator(_acceptance)]], Listed()] = Field(
        default=[], description="Losses that are accepted."
    )
    default: Literal["stop", "continue"] = Field(
        default="stop",
        description="At a loss that neither `accept` nor an approval accepts: `stop` refuses the wave, and holds an "
        "item whose loss shows later; `continue` writes it and tells it.",
    )

    def accepted_on(self, day: date) -> frozenset[str]:
        """The codes whose acceptance counts on a day."""
        return frozenset(entry.code for entry in self.accept if entry.until is None or day <= entry.until)


class Deletions(Strict):
    """What becomes, at the target, of what disappears at the source."""

    mode: Literal["disable", "remove", "keep"] = Field(
        default="disable",
        description="`disable`: entries of a directory are kept and set aside, other items removed; `remove`: removed; "
        "`keep`: left as it is. What is removed leaves a before-image.",
    )
    max_share: Share = Field(default=0.05, description="A pass that would take away a larger share stops and asks.")


class Drift(Strict):
    """Joiners, leavers and movers after approval."""

    max_share: Share = Field(
        default=0.02, description="Share of a wave's members that may change before a new approval."
    )
    arrivals: Name | None = Field(
        default=None,
        description="The wave that takes who arrives in an OU, a query, a group or the rest of an approved wave.",
    )


class DryRun(Strict):
    """How a dry run reads."""

    bodies: Literal["full", "sample", "none"] = Field(
        default="full",
        description="What it reads: every item; a sample of each page (estimates); none, so that items are listed and "
        "stay not assessed. `dry-run --sample N` goes before.",
    )


class Verify(Strict):
    """What `verify` has to show where people check a sample."""

    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.95, description="Wanted confidence.")
    max_defect_rate: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.01, description="Share of defects that must be ruled out."
    )


class Approval(Strict):
    """How many people approve a wave before it runs."""

    required: Annotated[int, Field(ge=0, le=20)] = Field(default=1, description="Number of approvals; 0 for none.")


class Retry(Strict):
    """How often and how long a failed operation is tried again."""

    attempts: Annotated[int, Field(ge=1, le=100)] | None = Field(default=None, description="Tries in all.")
    wait: Duration | None = Field(default=None, description="First wait; it grows.")
    max_wait: Duration | None = Field(default=None, description="Longest wait.")


class Policies(Strict):
    """The rules that hold for every wave."""

    loss: Loss = Field(default=Loss(), description="Accepted losses.")
    existing: Literal["refuse", "adopt", "merge"] = Field(
        default="refuse",
        description="What is already at the target: refused, or taken over as it is. `merge`: no target of "
        "this version can, so no pass begins.",
    )
    deletions: Deletions = Field(default=Deletions(), description="What disappears at the source.")
    drift: Drift = Field(default=Drift(), description="Members that change after approval.")
    dry_run: DryRun = Field(default=DryRun(), description="How a dry run reads.")
    verify: Verify = Field(default=Verify(), description="What `verify` has to show.")
    approval: Approval = Field(default=Approval(), description="Approvals before a wave runs.")
    names: dict[str, Any] | None = Field(default=None, description="How names are changed.", json_schema_extra=RESERVED)
    content: dict[str, Any] | None = Field(
        default=None, description="What content is left out.", json_schema_extra=RESERVED
    )
    retry: Retry | None = Field(default=None, description="Retries.", json_schema_extra=RESERVED)
    retention: dict[str, Duration] | None = Field(
        default=None, description="How long things are kept, each with a duration.", json_schema_extra=RESERVED
    )


class Probe(Strict):
    """Scratch accounts for `check --probe`."""

    accounts: dict[Name, Text] = Field(default={}, description="For each endpoint, the login of its scratch account.")
    mail_trap: Text | None = Field(default=None, description="Address that collects probe mail.")


class Ledger(Strict):
    """A ledger outside `.transhumance/`."""

    dsn: Text = Field(description="PostgreSQL connection, without password.")
    password: SecretRef | None = Field(default=None, description="The password's reference.")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return either(handler, schema, {"type": "string"})


def _ledger(value: Any) -> Any:
    return {"dsn": value} if isinstance(value, str) else value


class LedgerBackup(Strict):
    """Copies of the ledger."""

    to: FilePath = Field(description="Folder for the copies.")
    keep: Annotated[int, Field(ge=1)] | None = Field(default=None, description="How many are kept.")


class Contact(Strict):
    """Someone to call."""

    name: Text = Field(description="Name.")
    role: Text | None = Field(default=None, description="Role.")
    mail: Text | None = Field(default=None, description="Address.")
    phone: Text | None = Field(default=None, description="Telephone.")


Var = str | int | float | bool | None


class Plan(Strict):
    """A migration plan."""

    format: Literal["transhumance.plan/1"] = Field(description="The version of this file's format.")
    id: Name = Field(description="The plan's name, for commands, ledger and reports.")
    revision: Annotated[int, Field(ge=1)] = Field(default=1, description="Raised by one at each change.")
    title: Text | None = Field(default=None, description="What people call it.")
    establishment: Establishment | None = Field(default=None, description="Whose data it is.")
    extends: FilePath | None = Field(
        default=None, description="Plan that this one takes up and completes; its path starts from this file."
    )
    vars: dict[Name, Var] = Field(default={}, description="Values for `${name}` anywhere in the plan.")
    endpoints: Annotated[dict[Name, Endpoint], Field(min_length=1)] = Field(
        description="Outside systems, by a name of your own."
    )
    directory: Name | None = Field(default=None, description="Endpoint in which people, groups and OUs are looked up.")
    people: FilePath | None = Field(
        default=None, description="CSV file: source key and target login per endpoint; `assess` proposes it."
    )
    workloads: Annotated[dict[WorkloadName, Workload], Field(min_length=1)] = Field(
        description="What goes from where to where."
    )
    policies: Policies = Field(default=Policies(), description="The rules that hold for every wave.")
    waves: list[Wave] = Field(default=[], description="Who and what migrates when.")
    probe: Probe | None = Field(
        default=None, description="Scratch accounts for `check --probe`.", json_schema_extra=RESERVED
    )
    ledger: Annotated[Ledger, BeforeValidator(_ledger)] | None = Field(
        default=None,
        description="PostgreSQL ledger; `.transhumance/` beside the plan by default.",
        json_schema_extra=RESERVED,
    )
    ledger_backup: LedgerBackup | None = Field(
        default=None, description="Copies of the ledger.", json_schema_extra=RESERVED
    )
    contacts: list[Contact] = Field(default=[], description="Who to call.", json_schema_extra=RESERVED)

    def wave(self, name: str) -> Wave | None:
        """The wave of that name, or None."""
        return next((wave for wave in self.waves if wave.id == name), None)
