"""A plan with its ledger and its opened endpoints: what every command works on."""

from __future__ import annotations

import atexit
import getpass
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from transhumance.connectors.contract import (
    Connector,
    Environment,
    Limits,
    OutputLine,
    Source,
    Target,
    Text,
    UserError,
    Value,
    all_codes,
    codec_for,
    connector,
    connectors,
)
from transhumance.plans.engine.codecpool import CodecPool
from transhumance.plans.engine.legs import TargetSpec
from transhumance.plans.engine.limits import Gate
from transhumance.plans.ledger.itemmap import Cell, ItemMap
from transhumance.plans.ledger.manifests import Manifests
from transhumance.plans.ledger.sql import SqlLedger
from transhumance.plans.ledger.sqlite import open_sqlite
from transhumance.plans.model.errors import Lang, PlanErrors
from transhumance.plans.model.load import LoadedPlan, load
from transhumance.plans.model.mapping import read_mapping
from transhumance.plans.model.opening import opened_config
from transhumance.plans.model.schema import Plan, Workload
from transhumance.plans.model.waves import Wave

RESIDUE = ".residue"
"""The implicit archive of a workload that names none: residue and digests only."""
RETURNED = ".returned"
"""The implicit archive that `reverse` writes into when a workload has no `back`."""


@dataclass(slots=True)
class Endpoint:
    """One endpoint of the plan, opened when first used."""

    name: str
    connector: Connector
    config: Any
    environment: Environment
    gate: Gate
    _source: Source | None = None
    _target: Target | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def source(self) -> Source:
        """The endpoint as a source."""
        with self._lock:
            if self._source is None:
                self._check(self.connector.source, "source", "source")
                self._source = self.connector.open_source(self.config, self.environment)
            return self._source

    @property
    def target(self) -> Target:
        """The endpoint as a target."""
        with self._lock:
            if self._target is None:
                self._check(self.connector.target, "cible", "target")
                self._target = self.connector.open_target(self.config, self.environment)
            return self._target

    def _check(self, face: str | None, fr: str, en: str) -> None:
        if face is None:
            name = self.connector.name
            raise UserError(
                Text(
                    f"{self.name} : le connecteur {name} ne peut pas être une {fr}",
                    f"{self.name}: connector {name} can't be a {en}",
                ),
                where=f"endpoints.{self.name}",
            )

    @property
    def spec(self) -> TargetSpec:
        """What the codecs need to know of it as a target."""
        return TargetSpec(self.name, dict(self.connector.forms), dict(self.connector.also))

    def close(self) -> None:
        """Gives back what was opened."""
        for end in (self._source, self._target):
            if end is not None:
                end.close()
        self._source = self._target = None


class Project:
    """A plan, its state folder, its ledger and item map, and its endpoints."""

    def __init__(self, loaded: LoadedPlan) -> None:
        self.loaded = loaded
        self.state = loaded.base / ".transhumance"
        self.stop = threading.Event()
        self.why_stopped: Text | None = None
        self.window_closed = False
        self._guard = threading.RLock()
        self._endpoints: dict[str, Endpoint] = {}
        self._recipes: dict[tuple[str, str, str, str], str] = {}
        self._mappings: dict[str, Mapping[str, Value]] = {}

    @classmethod
    def open(cls, path: Path | str, lang: Lang = "fr") -> Project:
        """The project of a plan file. Raises `PlanErrors` with every mistake of the plan."""
        return cls(load(path, config_model=config_model, lang=lang, connectors=connectors(), loss_codes=all_codes()))

    @property
    def plan(self) -> Plan:
        return self.loaded.plan

    @property
    def lang(self) -> Lang:
        return self.loaded.lang

    @cached_property
    def ledger(self) -> SqlLedger:
        """The ledger; its folder is made where it lacks, for its owner alone."""
        self.state.mkdir(mode=0o700, exist_ok=True)
        return open_sqlite(self.state / "ledger.sqlite")

    @cached_property
    def manifests(self) -> Manifests:
        return Manifests(self.state / "manifests")

    @cached_property
    def items(self) -> ItemMap:
        """The item map, brought up to date from the manifests of chunks that were committed and not yet applied."""
        items = ItemMap(self.state / "itemmap.sqlite")
        catch_up(self.ledger, self.manifests, items)
        return items

    @cached_property
    def pool(self) -> CodecPool:
        """The processes that run codecs: started by the first pass, kept for those that follow."""
        return CodecPool()

    @property
    def actor(self) -> str:
        """Who types: declared, not proven."""
        return os.environ.get("TRANSHUMANCE_ACTOR") or getpass.getuser()

    def ask_to_stop(self, why: Text, window: bool = False) -> None:
        """Asks the pass under way to stop after its chunks. The first reason counts. `window`: its window closes."""
        if not self.stop.is_set():
            self.why_stopped, self.window_closed = why, window
            self.stop.set()

    @property
    def pause_flag(self) -> Path:
        """The file whose presence pauses every run of this plan."""
        return self.state / "pause"

    def endpoint(self, name: str) -> Endpoint:
        """An endpoint of the plan, or one of the implicit archives."""
        with self._guard:  # two threads must never open one endpoint twice
            if name not in self._endpoints:
                self._endpoints[name] = self._make(name)
            return self._endpoints[name]

    def endpoints(self) -> list[Endpoint]:
        """The endpoints that were opened so far."""
        return list(self._endpoints.values())

    def _make(self, name: str) -> Endpoint:
        limits = Limits()
        if name in (RESIDUE, RETURNED):
            declared = connector("archive")
            keep = {"keep": "residue"} if name == RESIDUE else {}
            path = self.state / ("archive" if name == RESIDUE else "returned")
            config = declared.config_model()(path=path, **keep)
        else:
            entry = self.plan.endpoints[name]
            declared, config = connector(entry.connector), opened_config(self.loaded, name)
            limits = Limits(entry.limits.concurrency, entry.limits.requests_per_second, entry.limits.mbps)
        spool = self._spool(name)
        kept = self.state / "endpoints" / name
        environment = Environment(name, spool, self.loaded.base.resolve(), self.lang, kept)
        return Endpoint(name, declared, config, environment, Gate(name, limits, self.stop))

    def _spool(self, name: str) -> Path:
        """A folder for an endpoint's listings; elsewhere where nothing may be written beside the plan, so that `check`
        can say so."""
        spool = self.state / "spool" / name
        try:
            self.state.mkdir(mode=0o700, exist_ok=True)
            spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        except PermissionError:
            spool = Path(tempfile.mkdtemp(prefix="transhumance-"))
            atexit.register(shutil.rmtree, spool, ignore_errors=True)
        return spool

    def empty_spool(self) -> None:
        """Drops what earlier runs left in the spool."""
        shutil.rmtree(self.state / "spool", ignore_errors=True)

    def workload(self, name: str) -> Workload:
        return self.plan.workloads[name]  # type: ignore[index]

    def wave(self, name: str) -> Wave:
        """A wave of the plan. Raises `UserError` naming those that there are."""
        found = self.plan.wave(name)
        if found is None:
            known = ", ".join(w.id for w in self.plan.waves)
            raise UserError(
                Text(f"vague inconnue : {name} ; le plan a : {known}", f"unknown wave: {name}; the plan has: {known}"),
                where="--wave",
            )
        return found

    def targets(self, workload: str) -> list[str]:
        """The targets of a workload; the implicit residue archive last where none of them keeps the residue."""
        names = list(self.workload(workload).to)
        if not any(self.endpoint(name).connector.facts.keeps_residue for name in names):
            names.append(RESIDUE)
        return names

    def residue_archive(self, workload: str) -> str:
        """The target of a workload that keeps its residue."""
        return next(n for n in self.targets(workload) if self.endpoint(n).connector.facts.keeps_residue)

    def mapping_digest(self, workload: str) -> str:
        """The digest of the workload's mapping file; empty where there is none."""
        mapping = self.workload(workload).mapping
        if mapping is None:
            return ""
        try:
            return hashlib.sha256((self.loaded.base / mapping).read_bytes()).hexdigest()[:16]
        except OSError as error:
            raise UserError(
                Text(f"{mapping} : illisible ({error})", f"{mapping}: can't be read ({error})"),
                where=f"workloads.{workload}.mapping",
            ) from None

    def mapping(self, workload: str) -> Mapping[str, Value]:
        """What codecs are told of the workload's mapping file; nothing where it has none. Read once.

        Raises `PlanErrors` with every mistake of the file.
        """
        if workload not in self._mappings:
            named = self.workload(workload).mapping
            found = read_mapping(self.loaded.base / named, str(named), self.lang) if named is not None else None
            if found is not None and found.errors:
                raise PlanErrors(found.errors)
            self._mappings[workload] = found.given if found is not None else {}
        return self._mappings[workload]

    def recipe(self, workload: str, kind: str, form: str, target: str) -> str:
        """What makes an outcome: another recipe makes the item stale."""
        key = (workload, kind, form, target)
        if key not in self._recipes:
            self._recipes[key] = self._recipe(*key)
        return self._recipes[key]

    def _recipe(self, workload: str, kind: str, form: str, target: str) -> str:
        source = codec_for(kind, form)
        theirs_form = self.endpoint(target).spec.form_of(kind)
        theirs = codec_for(kind, theirs_form) if theirs_form else None
        left = f"{form}/{source.version}" if source else form
        right = f"{theirs_form}/{theirs.version}" if theirs else "-"
        mapping = self.mapping_digest(workload)
        return f"{left}>{right}" + (f"+{mapping}" if mapping else "")

    def cell(self, wave: str, workload: str, source: str, target: str) -> Cell:
        return Cell(wave, workload, source, target)

    def close(self) -> None:
        """Closes whatever was opened."""
        for endpoint in self._endpoints.values():
            endpoint.close()
        for name in ("pool", "ledger", "items"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()


def config_model(name: str) -> type[Any] | None:
    """A connector's config model, None where there is no such connector."""
    found: Mapping[str, Connector] = connectors()
    return found[name].config_model() if name in found else None


def catch_up(ledger: SqlLedger, manifests: Manifests, items: ItemMap) -> int:
    """Applies every committed chunk that the item map lacks, in order; returns how many. Rebuilds it from nothing
    too."""
    rows = {row.id: row for row in ledger.containers()}
    done = 0
    for seq, chunk, sha256 in ledger.committed(items.applied()):
        row = rows[chunk.container]
        lines = manifests.read(chunk.id, OutputLine, sha256)
        items.apply(seq, row.id, Cell(row.wave, row.workload, row.endpoint, chunk.target), lines)
        done += 1
    return done


@contextmanager
def opened(path: Path | str, lang: Lang = "fr") -> Iterator[Project]:
    """A project that is closed at the end."""
    project = Project.open(path, lang)
    try:
        yield project
    finally:
        project.close()
