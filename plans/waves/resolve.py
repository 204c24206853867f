"""`plan`: each wave's members resolved into a frozen list; what an approval covers; what has drifted since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from transhumance.connectors.contract import Text, UserError, codecs, key_text
from transhumance.plans.ledger.contract import Member, Problem, WaveRow
from transhumance.plans.model.digest import canonical_json, digest_of, resolved, wave_parts, workloads_part
from transhumance.plans.model.members import read_members
from transhumance.plans.model.waves import Wave
from transhumance.plans.project import Project
from transhumance.plans.waves import states
from transhumance.plans.waves.ldapfilter import Test, parse_filter
from transhumance.plans.waves.matching import Known, Match, Matcher, inventory

Taken = dict[str, dict[tuple[str, bytes], str]]
"""By workload: (endpoint, subject) to the wave that has it."""
KIND_OF = {
    "people": ("person", "service", "contact"),
    "groups": ("group",),
    "shared_mailboxes": ("shared_mailbox",),
    "resources": ("resource",),
    "sites": ("site",),
    "shares": ("share",),
    "databases": ("database",),
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """A wave's members as they are now. `blocked`: subjects that can't be moved, and why. `missing`: names of the
    plan that no subject has. `excluded`: names of the plan that `except` takes out again. `aside`: subjects of the
    kinds that `except_kinds` leaves out."""

    wave: str
    members: tuple[Member, ...]
    blocked: tuple[tuple[str, str, Match], ...]
    missing: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


class Resolver:
    """Resolves every wave of the plan over one inventory."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._matcher = Matcher(project)
        self._matches: dict[tuple[str, str], list[Match]] = {}

    def all(self) -> list[Resolved]:
        """Every wave, those with `all: true` last since they take whoever is in no other. Who arrived in a wave that is
        approved already goes to the wave that `policies.drift.arrivals` names."""
        plan = self._project.plan
        found: dict[str, Resolved] = {}
        taken = self._settled()
        arrived: list[tuple[str, str, Match]] = []
        for wave in sorted(plan.waves, key=lambda w: w.members.all):
            if wave.members.all:
                self._place(found, arrived, taken)
            found[wave.id] = self._wave(wave, taken, arrived)
        self._place(found, arrived, taken)
        return [found[wave.id] for wave in plan.waves]

    def _settled(self) -> Taken:
        """Who is in a wave that is cut over, and so in no other one."""
        taken: Taken = {}
        for row in self._project.ledger.waves():
            if not states.may_freeze(row.state):
                for m in self._project.ledger.members(row.id):
                    taken.setdefault(m.workload, {})[(m.endpoint, m.subject)] = row.id
        return taken

    def _place(self, found: dict[str, Resolved], arrived: list[tuple[str, str, Match]], taken: Taken) -> None:
        """Puts who arrived into the wave for arrivals, once that wave is resolved itself."""
        name = self._project.plan.policies.drift.arrivals
        if name is None or name not in found:
            return
        wave = self._project.wave(name)
        wants = _Wants(self._project, wave, self._matcher)
        more = []
        for workload, endpoint, match in arrived:
            mine, place = taken.setdefault(workload, {}), (endpoint, match.subject.key)
            if workload in wave.workloads and place not in mine and not wants.leaves_out(match):
                mine[place] = name
                more.append(_member(name, workload, endpoint, match))
        arrived.clear()
        found[name] = replace(found[name], members=(*found[name].members, *more))

    def _closed_to_arrivals(self, wave: Wave) -> dict[str, set[tuple[str, bytes]]] | None:
        """The frozen members of a wave that takes nobody more, by workload: those that the wave for arrivals has too.
        None for a wave that takes more."""
        arrivals, state = self._project.plan.policies.drift.arrivals, self._project.ledger.wave(wave.id).state
        if arrivals is None or arrivals == wave.id or state in ("draft", "planned"):
            return None
        if not states.may_freeze(self._project.ledger.wave(arrivals).state):
            return None
        frozen: dict[str, set[tuple[str, bytes]]] = {w: set() for w in self._project.wave(arrivals).workloads}
        for m in self._project.ledger.members(wave.id):
            if m.workload in frozen:
                frozen[m.workload].add((m.endpoint, m.subject))
        return frozen

    def matches(self, workload: str, endpoint: str) -> list[Match]:
        """Every subject of a source, matched."""
        key = (workload, endpoint)
        if key not in self._matches:
            subjects = inventory(self._project, endpoint, workload)
            self._matches[key] = [self._matcher.match(self._project, s) for s in subjects]
        return self._matches[key]

    def _wave(self, wave: Wave, taken: Taken, arrived: list[tuple[str, str, Match]]) -> Resolved:
        frozen = self._closed_to_arrivals(wave)
        wants = _Wants(self._project, wave, self._matcher)
        members: list[Member] = []
        blocked: list[tuple[str, str, Match]] = []
        for workload in wave.workloads:
            mine = taken.setdefault(workload, {})
            for endpoint in self._project.workload(workload).from_:
                for match in self.matches(workload, endpoint):
                    place = (endpoint, match.subject.key)
                    # a name that an earlier wave took is no unknown name
                    if not wants.wants(match) or mine.get(place, wave.id) != wave.id:
                        continue
                    came = frozen is not None and workload in frozen and place not in frozen[workload]
                    if came and match.status in ("matched", "own") and not wants.names(match):
                        arrived.append((workload, endpoint, match))
                        continue
                    if match.status in ("unmatched", "ambiguous"):
                        blocked.append((workload, endpoint, match))
                    elif match.status != "excluded":
                        mine[place] = wave.id
                        members.append(_member(wave.id, workload, endpoint, match))
        return Resolved(
            wave.id,
            tuple(members),
            tuple(blocked),
            tuple(wants.missing()),
            tuple(wants.excluded()),
            tuple(sorted(wants.aside)),
        )


class _Wants:
    """Which subjects a wave's `members` name."""

    def __init__(self, project: Project, wave: Wave, matcher: Matcher) -> None:
        self._wave, self._all = wave, wave.members.all
        self._named: dict[str, tuple[str, ...]] = {}
        for field, kinds in KIND_OF.items():
            for name in getattr(wave.members, field):
                self._named[name.casefold()] = kinds
        for path in wave.members.csv:
            for name in _names_of(project, path):
                self._named.setdefault(name.casefold(), ())
        self._ous = tuple(ou.casefold() for ou in wave.members.ou)
        self._filters = [_filter(wave, text) for text in wave.members.query]
        self._aside_kinds = frozenset(wave.members.except_kinds)
        self.aside: set[str] = set()
        self._except = {name.casefold() for name in wave.members.except_}
        self._seen: set[str] = set()
        self._left_out: set[str] = set()
        self._groups = self._group_keys(matcher, wave.members.groups)

    @staticmethod
    def _group_keys(matcher: Matcher, names: Iterable[str]) -> set[str]:
        if matcher.directory is None:
            return {n.casefold() for n in names}
        found = {n.casefold() for n in names}
        for name in names:
            for group in matcher.directory.find(name):
                found |= group.names()
        return found

    def wants(self, match: Match) -> bool:
        """Whether the wave names a subject, by itself or by its person."""
        about, names = _about(match)
        hit = self._hit(about, names)
        self._seen |= hit
        if names & self._except:
            self._left_out |= hit
            return False
        wanted = bool(hit) or self._all or self._by_place(about)
        if wanted and not hit and self._of_kind_aside(about):
            self.aside.add(match.subject.label)
            return False
        return wanted

    def _of_kind_aside(self, about: Sequence[Known]) -> bool:
        return any(known.kind in self._aside_kinds for known in about)

    def names(self, match: Match) -> bool:
        """Whether the wave names a subject one by one, not by where it is."""
        return bool(self._hit(*_about(match)))

    def leaves_out(self, match: Match) -> bool:
        """Whether `except` names a subject, or `except_kinds` its kind and nothing names the subject itself."""
        about, names = _about(match)
        return bool(names & self._except) or (self._of_kind_aside(about) and not self._hit(about, names))

    def _hit(self, about: Sequence[Known], names: set[str]) -> set[str]:
        return {n for n in names & self._named.keys() if self._fits(self._named[n], about)}

    @staticmethod
    def _fits(kinds: Sequence[str], about: Sequence[Known]) -> bool:
        return not kinds or any(known.kind in kinds for known in about)

    def _by_place(self, about: Sequence[Known]) -> bool:
        for known in about:
            ou = str(known.attributes.get("ou", "")).casefold()
            if any(ou == want or ou.endswith("," + want) for want in self._ous):
                return True
            groups = known.attributes.get("groups") or ()
            if self._groups and any(str(g).casefold() in self._groups for g in groups):
                return True
            said = {"kind": known.kind, "name": known.name, "mail": known.mail, **known.attributes}
            if any(test(said) for test in self._filters):
                return True
        return False

    def excluded(self) -> list[str]:
        """Names of the plan whose subjects `except` leaves out."""
        return sorted(self._left_out)

    def missing(self) -> list[str]:
        """Names of the plan that no subject of any source has."""
        return sorted(self._named.keys() - self._seen)


def _about(match: Match) -> tuple[list[Known], set[str]]:
    """A subject with its person, and every name of either."""
    about = [k for k in (match.subject, match.person) if k is not None]
    return about, {name for known in about for name in known.names()}


def _names_of(project: Project, path: str) -> list[str]:
    read = read_members(project.loaded.base / path, lang=project.lang)
    if read.errors:
        told = "\n".join(str(error) for error in read.errors[:20])
        raise UserError(Text(told, told), where=str(path))
    return [member.name for member in read.members]


def _filter(wave: Wave, text: str) -> Test:
    try:
        return parse_filter(text)
    except ValueError as error:
        raise UserError(
            Text(f"vague {wave.id} : filtre « {text} » : {error}", f"wave {wave.id}: filter {text!r}: {error}"),
            where="members.query",
        ) from None


def _member(wave: str, workload: str, endpoint: str, match: Match) -> Member:
    person = match.person.label if match.person else match.subject.label
    kind = match.person.kind if match.person else match.subject.kind
    name = (match.person.name if match.person else "") or match.subject.name
    return Member(wave, workload, endpoint, match.subject.key, person, kind, name, match.logins)


def parts_of(project: Project, wave: Wave, members: Iterable[Member]) -> dict[str, Any]:
    """What a wave's approval covers: members, workloads, policies, mappings, codec and connector versions."""
    from transhumance import __version__

    used = {n for w in wave.workloads for n in [*project.workload(w).from_, *project.workload(w).to]}
    forms = {form for name in used for form in project.endpoint(name).connector.forms.values()}
    policies = {k: v for k, v in resolved(project.loaded)["policies"].items() if k not in ("approval", "drift")}
    parts = wave_parts(
        members=[f"{m.workload}/{m.endpoint}/{key_text(m.subject)}" for m in members],
        workloads=workloads_part(project.loaded, wave.id),
        policies=policies,
        mappings={w: project.mapping_digest(w) for w in wave.workloads if project.workload(w).mapping},
        codecs={f"{kind}/{form}": codec.version for (kind, form), codec in codecs().items() if form in forms},
        connectors={name: f"{project.endpoint(name).connector.name} {__version__}" for name in used},
    )
    plain: dict[str, Any] = json.loads(canonical_json(parts))  # dates and the like as the digest sees them
    return plain


def freeze(project: Project, only: str | None = None) -> list[tuple[WaveRow, Resolved]]:
    """Resolves the waves and freezes those that may still change; one that comes out as it was keeps its state."""
    done = []
    for position, found in enumerate(Resolver(project).all()):
        wave = project.wave(found.wave)
        old = project.ledger.wave(wave.id)
        if (only is None or wave.id == only) and states.may_freeze(old.state):
            parts = parts_of(project, wave, found.members)
            row = WaveRow(wave.id, "planned", digest_of(parts), parts, old.master)
            project.ledger.set_members(wave.id, found.members)
            if row.digest == old.digest and old.state != "draft":
                row = old
            project.ledger.put_wave(row, position)
            for old_problem in project.ledger.problems(wave.id, "blocked"):
                project.ledger.clear_problems(0, old_problem.target, [old_problem.key])
            for workload in wave.workloads:
                told = [p for p in _problems(found) if p.detail == workload]
                project.ledger.put_problems(wave.id, workload, told)
            if row is not old:
                project.ledger.add_event(project.actor, "plan", wave.id, {"digest": row.digest})
            old = row
        done.append((old, found))
    return done


def _problems(found: Resolved) -> list[Problem]:
    codes = {"unmatched": "PLAN-MEMBER-01", "ambiguous": "PLAN-MEMBER-02"}
    return [Problem(0, m.subject.endpoint, m.subject.key, codes[m.status], w, "blocked") for w, _, m in found.blocked]


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed between the frozen members and the sources: subjects that came, and subjects that are gone."""

    arrived: tuple[str, ...]
    left: tuple[str, ...]
    share: float


def drift(frozen: Sequence[Member], present: Sequence[Member]) -> Drift:
    """Joiners and leavers of a wave since it was frozen, and their share of its members."""
    key = {(m.workload, m.endpoint, m.subject): m for m in frozen}
    now = {(m.workload, m.endpoint, m.subject): m for m in present}
    arrived = tuple(sorted({now[k].person for k in now.keys() - key.keys()}))
    left = tuple(sorted({key[k].person for k in key.keys() - now.keys()}))
    changed = len(now.keys() ^ key.keys())
    return Drift(arrived, left, changed / max(len(key), 1))
