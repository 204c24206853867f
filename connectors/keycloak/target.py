"""A realm as a target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    NoCredential,
    Outcome,
    Record,
    Status,
    Text,
    Write,
)
from transhumance.connectors.formats import keycloak as kc
from transhumance.connectors.keycloak import passwords, tree
from transhumance.connectors.keycloak.config import KeycloakConfig
from transhumance.connectors.keycloak.opened import Opened
from transhumance.connectors.keycloak.preview import Preview
from transhumance.connectors.keycloak.steps import Step, Steps

CONFLICT = "GEN-CONFLICT-01"


class KeycloakTarget:
    """Users and groups of one realm."""

    def __init__(self, config: KeycloakConfig, environment: Environment) -> None:
        self.opened = Opened(config, environment)
        self._preview = Preview(self.opened)
        self._steps = Steps(self.opened)
        self._ensured = False
        self._federated: set[str] = set()

    def identity(self) -> str:
        return self.opened.realm.identity()

    def close(self) -> None:
        self.opened.close()

    def diagnose(self) -> Iterator[Diagnosis]:
        """What `check` tells of the realm."""
        yield from self.opened.realm.diagnose()

    def ensure(self, container: Container) -> Container:
        if not self._ensured:
            self.opened.realm.ensure()
            self._ensured = True
        return replace(self.opened.container(), properties={**container.properties, "realm": self.opened.config.realm})

    # --- told before

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        return tuple(self._preview.findings(record.properties))

    def forecast(self, container: Container, record: Record) -> Record:
        """The record as `read_back` gives it: members in one order, hidden attributes left out."""
        return replace(record, properties=self._preview.expected(record.properties))

    def unique(self) -> frozenset[str]:
        """What two people of the realm can't share."""
        realm = self.opened.realm.said() or {}
        return frozenset({"login"} if realm.get("duplicateEmailsAllowed") else {"login", "mail"})

    # --- writing

    def prepare(self, container: Container, writes: Sequence[Write], fence: Fence) -> str:
        return ""

    def write(self, container: Container, writes: Sequence[Write], fence: Fence) -> list[Outcome]:
        fence.check()
        steps = [_step(write) for write in writes]
        how = passwords.how(container, self.opened.config)
        if how.mode == "pass_through" and how.wave not in self._federated:
            passwords.switch(self.opened, how.wave, False)
            self._federated.add(how.wave)
        outcomes: dict[int, Outcome] = {}
        new = [at for at, step in enumerate(steps) if step.target_id is None]
        for type_, make in ((kc.GROUP, self._steps.make_groups), (kc.USER, self._steps.make_users)):
            chosen = [at for at in new if steps[at].type == type_]
            for at, outcome in zip(chosen, make([steps[at] for at in chosen], how, fence), strict=True):
                if outcome is not None:
                    outcomes[at] = outcome
        rest = [at for at in range(len(steps)) if at not in outcomes]
        users = [at for at in rest if steps[at].type == kc.USER]
        done = self.opened.session.map(lambda at: self._change(steps[at], fence), users)
        outcomes |= dict(zip(users, done, strict=True))
        outcomes |= {at: self._change(steps[at], fence) for at in rest if at not in outcomes}
        return [outcomes[at] for at in range(len(steps))]

    def _change(self, step: Step, fence: Fence) -> Outcome:
        """What is there becomes what it should be, where it is what was expected."""
        now = self._steps.now(step.type, step.id)
        key = step.key_here
        if now is None:
            return Outcome(step.key, Status.CONFLICT, key, "", code=CONFLICT)
        version = kc.version_of(now)
        if version == step.version:
            return Outcome(step.key, Status.UNCHANGED, key, version)
        token = ""
        if step.expect not in (ANY, version):
            token = self.opened.kept.begun(step.id, step.expect, step.version)
            if step.expect == ABSENT or not token:
                return Outcome(step.key, Status.CONFLICT, key, version, code=CONFLICT)
        token = token or self.opened.kept.keep(step.id, version, step.version, self._steps.image(now))
        fence.check()
        refused = self._steps.set(step, now)
        if refused:
            return Outcome(step.key, Status.REFUSED, key, version, code=refused[0], detail=refused[1])
        return Outcome(step.key, Status.WRITTEN, key, step.version, Before(token))

    def probe(self, container: Container, writes: Sequence[Write], note: str, fence: Fence) -> list[Outcome | None]:
        steps = [_step(write) for write in writes]
        return self.opened.session.map(self._probe, steps)

    def _probe(self, step: Step) -> Outcome | None:
        now = self._steps.now(step.type, step.id)
        if now is None or kc.version_of(now) != step.version:
            return None
        expected = "" if step.expect in (ABSENT, ANY) else step.expect
        token = self.opened.kept.begun(step.id, expected, step.version) if expected else ""
        return Outcome(step.key, Status.WRITTEN, step.key_here, step.version, Before(token))

    # --- reading back, undoing

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        yield from self.opened.session.map(self._read_back, target_keys)

    def _read_back(self, key: bytes) -> Record | Fault:
        now = self._steps.at_key(key)
        if now is None:
            return Fault(key, "GEN-READ-01", "not in the realm", kc.KIND, kc.FORM)
        return Record(key, kc.KIND, kc.FORM, now)

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        now = self._steps.at_key(target_key)
        if now is None:
            return Outcome(target_key, Status.ABSENT, target_key)
        version = kc.version_of(now)
        if expect.version not in (ANY, version):
            return Outcome(target_key, Status.CONFLICT, target_key, version, code=CONFLICT)
        if code := passwords.not_to_be_removed(self.opened.realm, now):
            return Outcome(target_key, Status.REFUSED, target_key, version, code=code)
        before = Before(self.opened.kept.keep(str(now["id"]), version, "", self._steps.image(now)))
        fence.check()
        self._steps.remove(now)
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def disable(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        """Closes an account and leaves it there: the first step of a deletion. A group stays as it is."""
        fence.check()
        now = self._steps.at_key(target_key)
        if now is None:
            return Outcome(target_key, Status.ABSENT, target_key)
        version = kc.version_of(now)
        if expect.version not in (ANY, version):
            return Outcome(target_key, Status.CONFLICT, target_key, version, code=CONFLICT)
        if now["type"] == kc.GROUP or now.get("enabled") is False:
            return Outcome(target_key, Status.UNCHANGED, target_key, version)
        closed = {**now, "enabled": False}
        before = Before(self.opened.kept.keep(str(now["id"]), version, kc.version_of(closed), self._steps.image(now)))
        fence.check()
        self._steps.set_user(str(now["id"]), closed, now)
        return Outcome(target_key, Status.WRITTEN, target_key, kc.version_of(closed), before)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        now = self._steps.at_key(target_key)
        version = kc.version_of(now) if now else ABSENT
        if expect.version not in (ANY, version):
            return Outcome(target_key, Status.CONFLICT, target_key, "" if now is None else version, code=CONFLICT)
        if not before.token:
            if now is not None and (code := passwords.not_to_be_removed(self.opened.realm, now)):
                return Outcome(target_key, Status.REFUSED, target_key, version, code=code)
            if now is not None:
                self._steps.remove(now)
            return Outcome(target_key, Status.REMOVED, target_key)
        image = self.opened.kept.image(before.token)
        if image is None:
            detail = "the before-image is not there"
            return Outcome(target_key, Status.REFUSED, target_key, version, code="GEN-READ-01", detail=detail)
        refused = self._steps.put_back(image, now, fence)
        if refused:
            return Outcome(target_key, Status.REFUSED, target_key, version, code=refused[0], detail=refused[1])
        return Outcome(target_key, Status.WRITTEN, target_key, kc.version_of(self._steps.as_was(image)))

    # --- passwords of a wave

    def without_credential(self, wave: str) -> Iterator[NoCredential]:
        yield from passwords.without_credential(self.opened, wave)

    def cut(self, wave: str) -> None:
        passwords.cut(self.opened, wave)

    def after_return(self, wave: str) -> Iterator[Text]:
        yield from passwords.after_return(self.opened, wave)

    def finish(self) -> None:
        """Members that came, the tree of groups, accounts whose end is reached, federations of this pass."""
        if self.opened.realm.said() is None:
            return
        tree.settle(self.opened.groups)
        self._steps.close_ended()
        for wave in sorted(self._federated):
            passwords.switch(self.opened, wave, True)
        self._federated.clear()


def _step(write: Write) -> Step:
    """A write by what it is about."""
    properties = dict(write.record.properties)
    id_ = kc.id_of(write.target_key) if write.target_key else None
    if id_ is not None:
        properties["id"] = id_
    return Step(write.key, properties, write.expect.version, id_)
