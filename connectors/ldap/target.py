"""An OpenLDAP or 389-ds server as a target."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from transhumance.connectors.contract import (
    ABSENT,
    ANY,
    Before,
    Container,
    Diagnosis,
    Environment,
    Expect,
    Fault,
    Fence,
    Finding,
    Outcome,
    Record,
    Status,
    Value,
    Write,
)
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.entry import KIND
from transhumance.connectors.formats.ldapber import Control, Entry
from transhumance.connectors.formats.ldapwire import EXISTS, NO_SUCH_OBJECT, NOT_LEAF, SUCCESS, named
from transhumance.connectors.ldap.config import LdapConfig
from transhumance.connectors.ldap.delta import delta
from transhumance.connectors.ldap.diagnosis import diagnose
from transhumance.connectors.ldap.directory import WORKLOAD, Directory
from transhumance.connectors.ldap.effect import Effect, make_glue, to_glue
from transhumance.connectors.ldap.names import is_under
from transhumance.connectors.ldap.profile import RELAX
from transhumance.connectors.ldap.references import member_of, note_removal, note_renames, rejoin, resettle
from transhumance.connectors.ldap.shape import Shaper, base_only
from transhumance.connectors.ldap.state import State
from transhumance.connectors.ldap.stored import BASE_KEY, COMPUTED, LOCKED, is_glue, key, origin_id, version
from transhumance.connectors.ldap.writer import Writer

FORM = "ldap-entry"


class LdapTarget:
    """A server that is written to."""

    def __init__(self, config: LdapConfig, environment: Environment) -> None:
        self._config = config
        self._directory = Directory(config, environment, writes=True)
        self._state = State(environment)
        self._lock = threading.RLock()
        self._doubt: dict[bytes, Before] = {}
        self._made = False
        self._writer: Writer | None = None

    def identity(self) -> str:
        return self._directory.identity()

    def close(self) -> None:
        self._directory.close()
        self._state.close()

    def diagnose(self) -> Iterator[Diagnosis]:
        yield from diagnose(self._directory, writes=True)

    # --- containers

    def ensure(self, container: Container) -> Container:
        with self._lock:
            if not self._made:
                self._directory.make_base()
                self._made = True
        base = self._config.base
        said = {"from_base": self._directory.from_base(container)}
        return Container(b"", WORKLOAD, base.encode(), (base,), properties=said)

    def _shaper(self, container: Container) -> Shaper:
        return self._directory.shaper(self._directory.from_base(container))

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        return self._shaper(container).there(record.properties).findings()

    def forecast(self, container: Container, record: Record) -> Record:
        return replace(record, properties=self._shaper(container).forecast(record.properties))

    # --- writing

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        fence.check()
        with self._lock:
            self._state.came_from(self._directory.from_base(container))
            return self._effect().run(self._shaper(container), writes, fence)

    def _effect(self) -> Effect:
        if self._writer is None:
            self._writer = Writer(self._directory.session, self._directory.profile, self._config.writer)
        return Effect(self._directory, self._state, self._writer, self._doubt)

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        with self._lock:
            shaper, profile = self._shaper(container), self._directory.profile
            shaped = [shaper.there(write.record.properties) for write in writes]
            keys = [self._state.now(write.target_key) if write.target_key else b"" for write in writes]
            known = self._directory.by_ids(keys)
            named_so = self._directory.by_names([made.dn for made in shaped])
            found: list[Outcome | None] = []
            for write, made, own, by_name in zip(writes, shaped, keys, named_so, strict=True):
                entry = known.get(own[1:]) if own else by_name
                if made.blocked or made.is_base or entry is None or is_glue(entry):
                    found.append(None)
                elif not delta(entry, made.dn, made.attributes, profile).empty:
                    found.append(None)
                else:
                    there = key(entry, profile) or b""
                    before = Before() if write.expect.version == ABSENT else self._image(there, write.expect)
                    found.append(Outcome(write.key, Status.WRITTEN, there, version(entry, profile), before))
                    rejoin(self._directory, self._state, {origin_id(entry, profile) or there[1:]: entry}, fence.check)
            return found

    def _image(self, own: bytes, expect: Expect) -> Before:
        return Before() if expect.version == ANY else self._state.image_of(own, expect.version)

    # --- reading back, undoing

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        shaper = self._shaper(container)
        with self._lock:
            now = [self._state.now(each) for each in target_keys]
            found = self._directory.by_ids(now)
        for asked, own in zip(target_keys, now, strict=True):
            entry = found.get(own[1:])
            if asked == BASE_KEY:
                yield Record(asked, KIND, FORM, base_only(shaper.bases))
            elif entry is None or is_glue(entry):
                yield Fault(asked, "GEN-READ-01", "no entry with this id", KIND, FORM)
            else:
                yield Record(asked, KIND, FORM, shaper.back(entry, own_ids=False))

    def _now(self, target_key: bytes) -> Entry | None:
        own = self._state.now(target_key)
        entry = self._directory.by_ids([own]).get(own[1:])
        return None if entry is None or is_glue(entry) else entry

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        with self._lock:
            now = self._now(target_key)
            if now is None:
                return Outcome(target_key, Status.ABSENT, target_key)
            there = version(now, self._directory.profile)
            if not self._effect().as_expected(now, expect):
                return Outcome(target_key, Status.CONFLICT, target_key, there, code="GEN-CONFLICT-01")
            (before,) = self._state.keep([(target_key, there, now)])
            return self._gone(target_key, now, there, before, fence)

    def _gone(self, target_key: bytes, now: Entry, there: str, before: Before, fence: Fence) -> Outcome:
        """Takes an entry away; where others lie below it, it becomes a stand-in until they are gone."""
        note_removal(self._directory, self._state, now)
        fence.check()
        answer = self._directory.session.ask(ber.delete(now.dn))
        if answer.code == NOT_LEAF:
            answer = self._directory.session.ask(*to_glue(self._directory, self._state, now))
        if answer.code not in (SUCCESS, NO_SUCH_OBJECT):
            said = named(answer)
            return Outcome(target_key, Status.REFUSED, target_key, there, code="ID-LDAP-06", detail=said)
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def disable(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        """Locks an account for good, as the server's own policy has it (pwdAccountLockedTime, nsAccountLock); what is
        no account stays as it is."""
        (found,) = self.read_back(container, [target_key])
        with self._lock:
            now = self._now(target_key)
            there = version(now, self._directory.profile) if now else ""
        if isinstance(found, Fault) or now is None:
            return Outcome(target_key, Status.ABSENT, target_key)
        locked = (LOCKED,)
        if not is_account(found.properties) or found.properties.get(LOCK) == locked:
            return Outcome(target_key, Status.UNCHANGED, target_key, there)
        closed = replace(found, properties={**found.properties, LOCK: locked})
        (outcome,) = self.write(container, [Write(target_key, closed, expect, target_key)], fence)
        return outcome

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        with self._lock:
            now = self._now(target_key)
            there = version(now, self._directory.profile) if now else ""
            if not self._effect().as_expected(now, expect):
                return Outcome(target_key, Status.CONFLICT, target_key, there, code="GEN-CONFLICT-01")
            if not before.token:
                return self._gone(target_key, now, there, before, fence) if now else _removed(target_key)
            image = self._state.image(before)
            if image is None:
                detail = "the before-image is not there"
                return Outcome(target_key, Status.REFUSED, target_key, there, code="GEN-READ-01", detail=detail)
            return self._put_back(target_key, now, image, fence)

    def _put_back(self, target_key: bytes, now: Entry | None, image: Entry, fence: Fence) -> Outcome:
        wanted = self._writable(image)
        make_glue(self._directory, self._state, [image.dn], fence.check)
        if now is None:  # a stand-in of ours may have its name
            named_so = self._directory.session.read(image.dn, self._directory.attributes)
            now = named_so if named_so is not None and is_glue(named_so) else None
        answer = self._added(image.dn, wanted, fence) if now is None else self._changed(now, image.dn, wanted, fence)
        entry = self._directory.session.read(image.dn, self._directory.attributes)
        own = key(entry, self._directory.profile) if entry else None
        if answer.code != SUCCESS or entry is None or own is None:
            code = "GEN-CONFLICT-01" if answer.code == EXISTS else "ID-LDAP-06"
            return Outcome(target_key, Status.REFUSED, target_key, code=code, detail=named(answer))
        was = self._state.now(target_key)
        if was[1:] != own[1:]:
            self._state.alias(was, own)
        self._state.told([own])
        resettle(self._directory, self._state, own, entry, None)
        ids = (was[1:], own[1:], origin_id(entry, self._directory.profile) or own[1:])
        rejoin(self._directory, self._state, dict.fromkeys(ids, entry), fence.check)
        return Outcome(target_key, Status.WRITTEN, own, version(entry, self._directory.profile))

    def _added(self, dn: str, wanted: dict[str, tuple[bytes, ...]], fence: Fence) -> ber.Result:
        fence.check()
        return self._directory.session.ask(ber.add(dn, wanted), self._relaxed())

    def _changed(self, now: Entry, dn: str, wanted: dict[str, tuple[bytes, ...]], fence: Fence) -> ber.Result:
        answer = ber.Result(SUCCESS)
        change = delta(now, dn, wanted, self._directory.profile)
        if change.rename:
            note_renames(self._directory, self._state, now.dn, dn)
            fence.check()
            rename = change.rename
            answer = self._directory.session.ask(ber.rename(now.dn, rename.newrdn, True, rename.above))
        if change.mods and answer.code == SUCCESS:
            fence.check()
            answer = self._directory.session.ask(ber.modify(dn, change.mods), self._relaxed())
        return answer

    def _relaxed(self) -> tuple[Control, ...]:
        return (Control(RELAX, True),) if self._directory.profile.keeps_ids else ()

    def _writable(self, image: Entry) -> dict[str, tuple[bytes, ...]]:
        """The attributes of an image that a client may give."""
        profile = self._directory.profile
        found: dict[str, tuple[bytes, ...]] = {}
        for name, values in image.attributes.items():
            first = name.partition(";")[0].lower()
            known = profile.schema.attributes.get(first)
            own = first in ("entryuuid", "createtimestamp")
            if profile.keeps_ids if own else first not in COMPUTED and not (known and known.fixed):
                found[name] = values
        return found

    # --- the end of a pass

    def finish(self) -> None:
        """Tells the server of members that came after their group, and takes stand-ins away that hold nothing."""
        with self._lock:
            if not self._state.exists:
                return
            member_of(self._directory, self._state)
            done = []
            for dn in self._state.glue():
                entry = self._directory.session.read(dn, ["description"])
                if entry is not None and is_glue(entry) and is_under(dn, self._config.base):
                    if self._directory.session.ask(ber.delete(dn)).code not in (SUCCESS, NO_SUCH_OBJECT):
                        continue
                done.append(dn)
            self._state.drop_glue(done)


LOCK = "pwdAccountLockedTime"  # draft-behera-ldap-password-policy-10, 5.3.3


def is_account(properties: Mapping[str, Value]) -> bool:
    """Whether somebody could log in by such an entry."""
    classes = properties.get("objectClass")
    named = {value.lower() for value in classes if isinstance(value, bytes)} if isinstance(classes, tuple) else set()
    return bool(named & {b"person", b"account", b"posixaccount"}) and "uid" in {name.lower() for name in properties}


def _removed(target_key: bytes) -> Outcome:
    return Outcome(target_key, Status.REMOVED, target_key)
