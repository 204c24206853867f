"""Steps at the server: in one transaction where it offers them, else in a pipeline, else one by one. It falls back by
itself, and one refused step never fails the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import Control, Result
from transhumance.connectors.formats.ldapwire import SUCCESS, Lost, Session
from transhumance.connectors.ldap.config import Writer as Mode
from transhumance.connectors.ldap.profile import TXN_END, TXN_SPEC, TXN_START, Profile

DROPS = 6  # steps that a transaction refuses at once before the rest is sent without one
BYTES = 8 << 20  # of requests in one transaction
FEW = 16  # steps for which a transaction is not worth its risk
# OpenLDAP 2.5 answers a request of a transaction before it lets go of it, and dies when the end comes meanwhile: seen
# in 1 of 100 transactions over TLS, and in none with a pause before the end
PAUSE = 0.01

Request = tuple[bytes, Sequence[Control]]


@dataclass(frozen=True, slots=True)
class Step:
    """What one item needs: its requests in order, and what takes the first one back when the second is refused.
    `level`: steps of a lower one come before (a parent before its children). `alone`: it is not for a transaction."""

    item: int
    requests: tuple[Request, ...]
    undo: Request | None = None
    level: int = 0
    alone: bool = False


@dataclass(slots=True)
class Writer:
    """Sends steps. `before_effect` is called before each durable one. After a connection that broke inside a
    transaction, or one that failed at its end, there are no more transactions: they are the less tried part of servers.

    OpenLDAP 2.5 keeps in its cache what was looked at inside a transaction that fails, and answers `internal error` for
    it from then on. So nothing in a transaction looks at another part of it: its entries are of one level, under
    parents that are there; groups, and what may clash with another of the chunk, are steps `alone`."""

    session: Session
    profile: Profile
    mode: Mode = "auto"
    _refuses: bool = False

    @property
    def way(self) -> Mode:
        """How it writes at present."""
        if self.mode in ("auto", "transaction"):
            return "transaction" if self.profile.transactions and not self._refuses else "pipeline"
        return self.mode

    def run(self, steps: Sequence[Step], before_effect: Callable[[], None]) -> dict[int, Result]:
        """The result of each item: its success, or the refusal that stopped it. Raises `Lost` where the connection
        broke: any step may then have had its effect."""
        ordered = sorted(steps, key=lambda step: step.level)
        if self.way != "transaction":
            return self._without(ordered, before_effect)
        found: dict[int, Result] = {}
        for _, level in groupby(ordered, key=lambda step: step.level):
            here = list(level)
            together = [step for step in here if not step.alone]
            if len(together) < FEW and self.mode == "auto":
                together = []
            for part in _parts(together):
                found |= self._with(part, before_effect)
            found |= self._without([step for step in here if step.item not in found], before_effect)
        return found

    # --- with transactions

    def _with(self, steps: list[Step], before_effect: Callable[[], None]) -> dict[int, Result]:
        """One transaction, without the steps that the server refuses as soon as it sees them; where it fails at its end
        nothing was done, and all go on without one."""
        left, refused = steps, dict[int, Result]()
        while left and len(refused) < DROPS and self.way == "transaction":
            answer = self._transaction(left, before_effect)
            if answer is None:
                return refused | dict.fromkeys((step.item for step in left), Result(SUCCESS))
            if answer[0] < 0:
                break
            refused |= dict([answer])
            left = [step for step in left if step.item != answer[0]]
        return refused | self._without(left, before_effect)

    def _transaction(self, steps: list[Step], before_effect: Callable[[], None]) -> tuple[int, Result] | None:
        """All of these steps or none: None where all is done, else the item that is refused at once and why, or -1. In
        lock-step: requests sent ahead inside a transaction have crashed servers."""
        started = self.session.ask(ber.extended(TXN_START))
        if started.code != SUCCESS:
            self._refuses = True
            return -1, started
        name = started.value or b""
        within = Control(TXN_SPEC, True, name)
        try:
            for step in steps:
                for request, controls in step.requests:
                    answer = self.session.ask(request, (*controls, within))
                    if answer.code != SUCCESS:
                        time.sleep(PAUSE)
                        self.session.ask(ber.extended(TXN_END, ber.sequence(b"\x01\x01\x00", ber.tlv(0x04, name))))
                        return step.item, answer
            time.sleep(PAUSE)
            before_effect()
            ended = self.session.ask(ber.extended(TXN_END, ber.sequence(ber.tlv(0x04, name))))
        except Lost:
            self._refuses = True
            raise
        except BaseException:
            self.session.close()  # which ends the transaction without effect
            raise
        if ended.code == SUCCESS:
            return None
        self._refuses = True
        return -1, ended

    # --- without

    def _without(self, steps: Sequence[Step], before_effect: Callable[[], None]) -> dict[int, Result]:
        found: dict[int, Result] = {}
        for _, level in groupby(steps, key=lambda step: step.level):
            here = list(level)
            plain = [step for step in here if len(step.requests) == 1]
            if self.way != "single":
                before_effect()
                answers = self.session.pipeline(step.requests[0] for step in plain)
                found |= {step.item: answer for step, answer in zip(plain, answers, strict=True)}
                here = [step for step in here if len(step.requests) != 1]
            for step in here:
                before_effect()
                found[step.item] = self._alone(step)
        return found

    def _alone(self, step: Step) -> Result:
        answer = Result(SUCCESS)
        for at, (request, controls) in enumerate(step.requests):
            answer = self.session.ask(request, controls)
            if answer.code != SUCCESS:
                if at and step.undo is not None:
                    self.session.ask(*step.undo)
                break
        return answer


def _parts(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """Steps by transactions of a bounded size."""
    part: list[Step] = []
    size = 0
    for step in steps:
        own = sum(len(request) for request, _ in step.requests)
        if part and size + own > BYTES:
            yield part
            part, size = [], 0
        part.append(step)
        size += own
    if part:
        yield part
