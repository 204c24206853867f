"""How a connector declares itself: one frozen value, found by its entry point, that says what is true of it and
imports nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from transhumance.connectors.contract.model import Text

if TYPE_CHECKING:
    from transhumance.connectors.contract.protocols import Source, Target


@dataclass(frozen=True, slots=True)
class NameRules:
    """What names a system takes. `forbidden`: characters. `max_bytes`: of one name in UTF-8. `normalisation`: NFC
    where the system folds names to it, else empty. `reserved`: whole names, upper case, without extension."""

    forbidden: str = ""
    max_bytes: int = 255
    case_sensitive: bool = True
    normalisation: str = ""
    reserved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of a system. The engine obeys these; nothing asks a connector's name.

    `feed`: `full` (each listing is complete and in ascending order of key; what is absent is gone) or `incremental`
    (a listing from the start is complete and in order too, and its last page says from where a later pass lists only
    what changed since, in any order, with tombstones) or `fingerprint` (full; and `since` is what tells a later pass
    cheaply that nothing came, went or was renamed; a `final` pass lists everything all the same). `key_stability`:
    `immutable`, `per_container`, or `path` (a rename is a new key). `time_precision`: seconds kept of a time.
    `max_item_bytes`: larger items are refused. `atomic_batch`: a write of several items is all or nothing. `hashes`:
    digests that the system computes itself. `keeps_residue`: it stores the residue beside the document.
    `parallel_writes`: containers that may be written at the same time. `shared_containers`: its containers hold items
    of many subjects, are asked for with the empty subject, and each `ItemRef.subject` says whose it is. `passwords`:
    what it carries out of a wave's `passwords`; None where nobody logs in by it.
    """

    feed: Literal["full", "incremental", "fingerprint"] = "full"
    key_stability: Literal["immutable", "per_container", "path"] = "path"
    time_precision: float | None = None
    max_item_bytes: int | None = None
    atomic_batch: bool = False
    hashes: tuple[str, ...] = ()
    names: NameRules = field(default_factory=NameRules)
    keeps_residue: bool = False
    parallel_writes: int = 4
    shared_containers: bool = False
    passwords: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """An endpoint's budget: threads at once, requests a second, megabits a second. None: no limit but the server's
    own."""

    concurrency: int = 4
    requests_per_second: float | None = None
    mbps: float | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """What a connector is given when opened: the endpoint's name in the plan, a folder for its spool files (emptied
    at start), the folder that relative paths of the plan start from, the language of its messages, and a folder of its
    own that stays between runs (before-images, what it must remember of a live system). Either folder is made by who
    writes into it; where `state` is None nothing is kept beyond the spool."""

    endpoint: str
    spool: Path
    base: Path
    lang: str = "fr"
    state: Path | None = None

    @property
    def kept(self) -> Path:
        """Where what must outlive this run is written, made for its owner alone."""
        folder = self.state or self.spool
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder


@dataclass(frozen=True, slots=True)
class Connector:
    """One connector. `config`, `source`, `target`, `rig` are `module:name` texts, imported when used.

    `config`: a pydantic model. `source(config, environment)`, `target(config, environment)`: see the protocols.
    `rig`: a function `rig(folder) -> Rig` for the contract suite. `forms`: the form of each kind that it hands out
    and takes (`*`: any kind). `extra`: the optional dependency group that it needs. `also`: further forms that it
    takes of a kind, so that what came in such a form returns in it.
    """

    name: str
    summary: Text
    config: str
    forms: Mapping[str, str]
    facts: Facts
    workloads: tuple[str, ...]
    source: str | None = None
    target: str | None = None
    rig: str | None = None
    extra: str | None = None
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def form_of(self, kind: str) -> str | None:
        """The form in which it takes items of a kind, or None where it can't."""
        return self.forms.get(kind, self.forms.get("*"))

    def config_model(self) -> type[Any]:
        """Its pydantic model. Raises `MissingExtra` where its library is absent."""
        model: type[Any] = load(self.config)
        return model

    def open_source(self, config: Any, environment: Environment) -> Source:
        """The endpoint as a source; nothing is contacted before the first call that needs it."""
        if self.source is None:
            raise LookupError(f"{self.name} is no source")
        return load(self.source)(config, environment)  # type: ignore[no-any-return]

    def open_target(self, config: Any, environment: Environment) -> Target:
        """The endpoint as a target."""
        if self.target is None:
            raise LookupError(f"{self.name} is no target")
        return load(self.target)(config, environment)  # type: ignore[no-any-return]


def load(where: str) -> Any:
    """The object that a `module:name` text names."""
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)
