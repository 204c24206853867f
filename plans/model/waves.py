"""The waves of a plan: members, passes, windows, what a wave waits for."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from transhumance.plans.model import windows as times
from transhumance.plans.model.scalars import (
    NAME,
    Clock,
    Duration,
    FilePath,
    Listed,
    Moment,
    Name,
    Strict,
    Text,
    TimeZone,
    refusal,
)

WorkloadName = Literal["identities", "mail", "calendars", "contacts", "tasks", "documents", "databases"]
PassName = Literal["assess", "dry_run", "initial", "delta", "final", "verify", "reverse"]
AfterState = Literal["approved", "running", "ready", "verified", "cut_over", "finalized"]
DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WORKLOADS: Final[tuple[WorkloadName, ...]] = (
    "identities", "mail", "calendars", "contacts", "tasks", "documents", "databases",
)  # fmt: skip
PASSES: Final[tuple[PassName, ...]] = ("assess", "dry_run", "initial", "delta", "final", "verify", "reverse")
DAYS: Final[tuple[DayName, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Subjects = Annotated[list[Text], Listed()]
RESERVED: Final[JsonDict] = {"x-reserved": True}


def either(handler: GetJsonSchemaHandler, schema: CoreSchema, short: dict[str, Any]) -> JsonSchemaValue:
    """The JSON Schema of a model that may also be written in a short form."""
    return {"anyOf": [short, handler(schema)]}


AsideKind = Literal["service", "contact", "resource", "shared_mailbox", "group", "computer", "ou", "other"]


class Members(Strict):
    """Who and what is in a wave: the union of all that is named, minus `except`."""

    people: Subjects = Field(default=[], description="People, by address, login or source key.")
    groups: Subjects = Field(default=[], description="Groups, by address, name or source key.")
    shared_mailboxes: Subjects = Field(default=[], description="Shared mailboxes, by address or source key.")
    resources: Subjects = Field(default=[], description="Rooms and equipment, by address or source key.")
    sites: Subjects = Field(default=[], description="Document sites, by address or name.")
    shares: Subjects = Field(default=[], description="File shares, by path or name.")
    databases: Subjects = Field(default=[], description="Databases, by name.")
    ou: Subjects = Field(
        default=[], description="Organisational units of the `directory`, by DN: all that lies under them."
    )
    query: Subjects = Field(default=[], description="Queries to the `directory`, as LDAP filters.")
    csv: Annotated[list[FilePath], Listed()] = Field(
        default=[], description="CSV files: a column `source_key`, `mail` or `login`, else the first column."
    )
    all: bool = Field(default=False, description="Whoever is in no other wave, for the wave's workloads.")
    except_: Subjects = Field(default=[], alias="except", description="Left out, whatever else names them.")
    except_kinds: Annotated[list[AsideKind], Listed()] = Field(
        default=[], description="Kinds of subjects left out unless named one by one: `service` for service accounts."
    )

    @model_validator(mode="after")
    def _some(self) -> Members:
        if not self.all and not any(getattr(self, name) for name in MEMBER_KINDS):
            raise refusal("no-members", known=[*MEMBER_KINDS, "all"])
        return self


MEMBER_KINDS: Final = (
    "people", "groups", "shared_mailboxes", "resources", "sites", "shares", "databases", "ou", "query", "csv",
)  # fmt: skip


def _pass(value: Any) -> Any:
    return {"pass": value} if isinstance(value, str) else value


class Pass(Strict):
    """One pass of a wave, written `initial` or `{pass: delta, every: 24h}`."""

    pass_: PassName = Field(
        alias="pass",
        description="`initial` and `delta` are what `transhume run` does; each other pass has its command.",
    )
    every: Duration | None = Field(default=None, description="How often a `delta` is repeated.")

    @model_validator(mode="after")
    def _only_delta(self) -> Pass:
        if self.every is not None and self.pass_ != "delta":
            raise refusal("every-not-delta", example="{pass: delta, every: 24h}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return either(handler, schema, {"enum": list(PASSES)})


class Window(Strict):
    """When a pass may run, in the wave's `timezone`. `to` at or before `from` is on the next day."""

    days: Annotated[list[DayName], Field(min_length=1), Listed()] = Field(
        default=list(DAYS), description="Days on which the window opens."
    )
    from_: Clock = Field(alias="from", description='When it opens, "20:00".')
    to: Clock = Field(
        description='When it closes, "06:00"; on the next day if it is before `from`. "24:00" is the end of the day.'
    )

    @model_validator(mode="after")
    def _some_time(self) -> Window:
        if self.from_ == self.to or self.from_ == "24:00":
            raise refusal("window-empty", value=self.from_)
        return self

    def value(self) -> times.Window:
        """The window for the functions of `windows`."""
        return times.Window.of(self.days, self.from_, self.to)


class Blackout(Strict):
    """A period in which nothing starts, in the wave's `timezone`; a day given as `to` is included."""

    from_: Moment = Field(alias="from", description="First day, or day and time.")
    to: Moment = Field(description="Last day, included, or day and time.")
    reason: Text | None = Field(default=None, description="Why: shown while waiting.")

    @model_validator(mode="after")
    def _forwards(self) -> Blackout:
        if self.value().empty:
            raise refusal("blackout-backwards")
        return self

    def value(self) -> times.Blackout:
        """The blackout for the functions of `windows`."""
        return times.Blackout.of(self.from_, self.to, self.reason or "")


class Step(Strict):
    """A step of a cutover that people or commands carry out, with its inverse."""

    id: Name = Field(description="The step's name within its wave.")
    type: Name = Field(description="What sort of step it is.")
    do: Any = Field(default=None, description="What is done.")
    undo: Any = Field(default=None, description="What takes it back.")
    who: Subjects = Field(default=[], description="Who does it.")


class Cutover(Strict):
    """How a wave switches."""

    groups: Any = Field(default=None, description="Subjects that must switch together.")
    deadline: Duration | None = Field(default=None, description="How long the switch may take.")
    on_timeout: Name | None = Field(default=None, description="What happens when it takes longer.")


class WaveApproval(Strict):
    """Who approves a wave, where that differs from `policies.approval`."""

    required: Annotated[int, Field(ge=0, le=20)] | None = Field(default=None, description="How many approvals.")
    by: Subjects = Field(default=[], description="Who may give them.")


def _after(value: Any) -> Any:
    """`pilote` and `[pilote]` stand for `{pilote: verified}`."""
    if isinstance(value, str):
        return {value: "verified"}
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return dict.fromkeys(value, "verified")
    return value


_AFTER_SCHEMA: Final = {
    "anyOf": [
        {"type": "string", "pattern": NAME},
        {"type": "array", "items": {"type": "string", "pattern": NAME}},
        {"type": "object", "additionalProperties": {"enum": list(AfterState.__args__)}},  # type: ignore[attr-defined]
    ]
}


class Wave(Strict):
    """A set of subjects that migrate together, for some workloads."""

    id: Name = Field(description="The wave's name, for commands and reports.")
    title: Text | None = Field(default=None, description="What people call it.")
    after: Annotated[dict[Name, AfterState], BeforeValidator(_after)] = Field(
        default={},
        description="Waves that must have come far enough: `{pilote: verified}`. A bare name means `verified`.",
        json_schema_extra=lambda schema: _replace(schema, _AFTER_SCHEMA),
    )
    workloads: Annotated[list[WorkloadName], Field(min_length=1), Listed()] = Field(
        description="What of its members migrates."
    )
    members: Members = Field(description="Who and what is in it.")
    passes: Annotated[list[Annotated[Pass, BeforeValidator(_pass)]], Field(min_length=1), Listed()] = Field(
        default=[Pass.model_validate({"pass": name}) for name in ("initial", "delta")],
        description="The passes that `transhume run` makes, in order.",
    )
    windows: dict[PassName, Annotated[list[Window], Field(min_length=1), Listed()]] = Field(
        default={}, description="For each pass, when it may run; a pass without windows may run at any time."
    )
    timezone: TimeZone | None = Field(
        default=None, description="The zone of `windows` and `blackouts`, as an IANA name."
    )
    steps: list[Step] = Field(default=[], description="Steps of the cutover.", json_schema_extra=RESERVED)
    cutover: Cutover | None = Field(default=None, description="How the wave switches.", json_schema_extra=RESERVED)
    approval: WaveApproval | None = Field(default=None, description="This wave's own approvals.")
    passwords: Literal["none", "reset", "pass_through"] | None = Field(
        default=None,
        description="Passwords of its people: `none` (they come without one), `reset` (each sets a new one at the "
        "first log-in), `pass_through` (the source goes on checking them until the wave is cut); else as the endpoint "
        "says.",
    )
    blackouts: list[Blackout] = Field(default=[], description="Periods in which no pass of this wave starts.")

    def windows_of(self, name: PassName) -> tuple[times.Window, ...]:
        """The windows of a pass; none means any time."""
        return tuple(window.value() for window in self.windows.get(name, ()))

    def blackouts_of(self) -> tuple[times.Blackout, ...]:
        """The wave's blackouts."""
        return tuple(blackout.value() for blackout in self.blackouts)


def _replace(schema: dict[str, Any], other: dict[str, Any]) -> None:
    """Puts another description of a value into a schema and keeps its words."""
    kept = {key: schema[key] for key in ("description", "title", "default") if key in schema}
    schema.clear()
    schema.update(kept | other)
