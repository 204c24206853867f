"""Steps at the server: in one transaction where it offers them, else in a pipeline, else one by one. It falls back by
itself, and one refused step never fails the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import BerError, Control, Result
from transhumance.connectors.formats.ldapwire import SUCCESS, Lost, Session
from transhumance.connectors.ldap.config import Writer as Mode
from transhumance.connectors.ldap.profile import TXN_END, TXN_SPEC, TXN_START, Profile

DROPS = 6  # steps that a transaction refuses before the rest is sent without one
BYTES = 8 << 20  # of requests in one transaction
FEW = 16  # steps for which a transaction is not worth its risk
# OpenLDAP 2.5 answers a request of a transaction before it lets go of it, and dies when the end comes meanwhile: seen
# in 1 of 100 transactions over TLS, and in none with a pause before the end
PAUSE = 0.01

Request = tuple[bytes, Sequence[Control]]


@dataclass(frozen=True, slots=True)
class Step:
    """What one item needs: its requests in order, and what takes the first one back when the second is refused.
    `level`: steps of a lower one come before (a parent before its children)."""

    item: int
    requests: tuple[Request, ...]
    undo: Request | None = None
    level: int = 0


@dataclass(slots=True)
class Writer:
    """Sends steps. `before_effect` is called before each durable one. After a connection that broke inside a
    transaction there are no more transactions: some servers crash in them."""

    session: Session
    profile: Profile
    mode: Mode = "auto"
    _refuses: bool = field(default=False)

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
        if self.way != "transaction" or (len(ordered) < FEW and self.mode == "auto"):
            return self._without(ordered, before_effect)
        found: dict[int, Result] = {}
        for part in _parts(ordered):
            found |= self._with(part, before_effect)
        return found

    # --- with transactions

    def _with(self, steps: list[Step], before_effect: Callable[[], None]) -> dict[int, Result]:
        aside: list[Step] = []
        left = steps
        while left and len(aside) < DROPS and self.way == "transaction":
            bad = self._transaction(left, before_effect)
            if bad is None:
                break
            aside += [step for step in left if step.item == bad]
            left = [step for step in left if step.item != bad]
        else:
            aside, left = [*left, *aside], []
        done = dict.fromkeys((step.item for step in left), Result(SUCCESS))
        return done | self._without(sorted(aside, key=lambda step: step.level), before_effect)

    def _transaction(self, steps: list[Step], before_effect: Callable[[], None]) -> int | None:
        """All of these steps or none; the item that spoils it, None where all is done. In lock-step: requests sent
        ahead inside a transaction have crashed servers."""
        started = self.session.ask(ber.extended(TXN_START))
        if started.code != SUCCESS:
            self._refuses = True
            return -1
        name = started.value or b""
        within = Control(TXN_SPEC, True, name)
        sent: dict[int, int] = {}
        try:
            for step in steps:
                for request, controls in step.requests:
                    answer = self.session.ask(request, (*controls, within))
                    sent[self.session.number] = step.item
                    if answer.code != SUCCESS:
                        time.sleep(PAUSE)
                        self.session.ask(ber.extended(TXN_END, ber.sequence(b"\x01\x01\x00", ber.tlv(0x04, name))))
                        return step.item
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
        bad = sent.get(_message(ended.value))
        if bad is None:  # it does not say which: none is done, all go on without it
            self._refuses = True
        return -1 if bad is None else bad

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


def _message(value: bytes | None) -> int:
    """The number of the request that spoilt a transaction (RFC 5805, 2.6), -1 where it is not said."""
    try:
        whole = ber.header(value or b"")
        if value and whole and value[0] == 0x30:
            for tag, start, end in ber.elements(value, whole[1], whole[2]):
                if tag == 0x02:
                    return int.from_bytes(value[start:end], "big", signed=True)
    except BerError:
        pass
    return -1
