"""Password policies of Active Directory: the domain object's and fine-grained ones (`msDS-PasswordSettings`), read into
one model, and written as OpenLDAP's and 389-ds's.

Intervals of Active Directory are negative counts of 100 ns (MS-ADTS 3.1.1.3.2, MS-SAMR 2.2.4.1): 0x8000000000000000 is
never; an interval of 0 means no limit for an age, and for a lock that only an administrator opens it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from transhumance.migrators.identities.values import is_number

Attributes = Mapping[str, tuple[bytes, ...]]
Doubt = Literal["complexity", "reversible", "expiry", "unreadable"]

COMPLEX, REVERSIBLE = 0x1, 0x10  # pwdProperties: MS-SAMR 2.2.1.12
_TICKS = 10_000_000
_SMALLEST = -(1 << 63)
_LARGEST_INT = (1 << 31) - 1  # pwdPolicy's INTEGERs of slapd are C ints
_DAY = 86_400
_DOMAIN = {
    "minimum_length": "minpwdlength",
    "history": "pwdhistorylength",
    "failures": "lockoutthreshold",
    "maximum_age": "maxpwdage",
    "minimum_age": "minpwdage",
    "lockout": "lockoutduration",
    "window": "lockoutobservationwindow",
}
_FINE = {
    "minimum_length": "msds-minimumpasswordlength",
    "history": "msds-passwordhistorylength",
    "failures": "msds-lockoutthreshold",
    "maximum_age": "msds-maximumpasswordage",
    "minimum_age": "msds-minimumpasswordage",
    "lockout": "msds-lockoutduration",
    "window": "msds-lockoutobservationwindow",
}


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a policy asks. Lengths and counts: 0 asks nothing. `maximum_age`: None, passwords never expire. `lockout`:
    None, only an administrator unlocks. `failures`: 0, nobody is ever locked. `precedence`: of a fine-grained policy,
    the lowest wins (MS-ADTS 3.1.1.4.5.36); None for the domain's. `applies_to`: DNs of users and groups, of a
    fine-grained one. `unreadable`: attributes whose values could not be read, and that count as not said."""

    name: str
    minimum_length: int = 0
    history: int = 0
    failures: int = 0
    maximum_age: timedelta | None = None
    minimum_age: timedelta = timedelta(0)
    lockout: timedelta | None = None
    window: timedelta = timedelta(0)
    complexity: bool = False
    reversible: bool = False
    precedence: int | None = None
    applies_to: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    def doubts(self) -> Iterator[Doubt]:
        """What a person should hear of it: complexity and reversible storage have no place in `pwdPolicy`; a forced
        expiry is advised against by ANSSI."""
        if self.complexity:
            yield "complexity"
        if self.reversible:
            yield "reversible"
        if self.maximum_age is not None:
            yield "expiry"
        if self.unreadable:
            yield "unreadable"


def interval(value: bytes) -> timedelta | None:
    """A negative count of 100 ns; None for never. Raises `ValueError` where it is none: no number, above zero, or out
    of 64 bits."""
    if not is_number(value) or not _SMALLEST <= int(value) <= 0:
        raise ValueError(f"no interval: {value[:40]!r}")
    if int(value) == _SMALLEST:
        return None
    return timedelta(microseconds=-(int(value) // 10))  # never shorter than it was


def policy_of(name: str, attributes: Attributes) -> PasswordPolicy | None:
    """The policy that an entry of Active Directory holds: the domain object's, or a `msDS-PasswordSettings`; None where
    it holds none. What can't be read is named in `unreadable` and counts as not said."""
    lower = {key.lower(): values for key, values in attributes.items()}
    classes = {value.lower() for value in lower.get("objectclass", ())}
    fine = b"msds-passwordsettings" in classes
    if not fine and (b"domaindns" not in classes or "minpwdlength" not in lower):
        return None
    reader = _Reader(lower)
    places = _FINE if fine else _DOMAIN
    flags = 0 if fine else reader.number("pwdproperties", signed=True)
    failures = reader.number(places["failures"])
    lockout = reader.span(places["lockout"])
    return PasswordPolicy(
        name,
        reader.number(places["minimum_length"]),
        reader.number(places["history"]),
        failures,
        reader.span(places["maximum_age"]) or None,
        reader.span(places["minimum_age"]) or timedelta(0),
        lockout or None,
        reader.span(places["window"]) or timedelta(0),
        reader.truth("msds-passwordcomplexityenabled") if fine else bool(flags & COMPLEX),
        reader.truth("msds-passwordreversibleencryptionenabled") if fine else bool(flags & REVERSIBLE),
        reader.number("msds-passwordsettingsprecedence") if fine else None,
        tuple(v.decode("utf-8", "surrogateescape") for v in lower.get("msds-psoappliesto", ())) if fine else (),
        tuple(reader.unreadable),
    )


class _Reader:
    """Single values of an entry; what can't be read is remembered."""

    def __init__(self, lower: Attributes) -> None:
        self._lower = lower
        self.unreadable: list[str] = []

    def _value(self, name: str) -> bytes | None:
        values = self._lower.get(name, ())
        if len(values) > 1:
            self.unreadable.append(name)
        return values[0] if len(values) == 1 else None

    def number(self, name: str, signed: bool = False) -> int:
        value = self._value(name)
        if value is None:
            return 0
        low = -(1 << 31) if signed else 0
        if not is_number(value) or not low <= int(value) <= _LARGEST_INT:
            self.unreadable.append(name)
            return 0
        return int(value)

    def span(self, name: str) -> timedelta | None:
        value = self._value(name)
        if value is None:
            return None
        try:
            return interval(value)
        except ValueError:
            self.unreadable.append(name)
            return None

    def truth(self, name: str) -> bool:
        value = self._value(name)
        if value not in (None, b"TRUE", b"FALSE"):
            self.unreadable.append(name)
        return value == b"TRUE"


def _seconds(span: timedelta | None) -> int:
    """Whole seconds, rounded up so that a short interval never becomes none; none is 0."""
    if span is None:
        return 0
    return min(-(-span // timedelta(seconds=1)), _LARGEST_INT)


def _number(count: int) -> tuple[bytes, ...]:
    return (str(count).encode(),)


def slapd_policy(policy: PasswordPolicy) -> dict[str, tuple[bytes, ...]]:
    """The `pwdPolicy` (draft-behera-ldap-password-policy-10, 5.2) that asks the same, without its name and structural
    class. A lock without end is `pwdLockoutDuration: 0`; `pwdMaxAge: 0` never expires. `pwdCheckQuality: 1`: lengths
    are checked where the server sees the clear password, and a hashed one is taken."""
    return {
        "objectClass": (b"pwdPolicy",),
        "pwdAttribute": (b"userPassword",),
        "pwdCheckQuality": (b"1",),
        "pwdMinLength": _number(policy.minimum_length),
        "pwdInHistory": _number(policy.history),
        "pwdMaxAge": _number(_seconds(policy.maximum_age)),
        "pwdMinAge": _number(_seconds(policy.minimum_age)),
        "pwdLockout": (b"TRUE" if policy.failures else b"FALSE",),
        "pwdMaxFailure": _number(policy.failures),
        "pwdLockoutDuration": _number(_seconds(policy.lockout)),
        "pwdFailureCountInterval": _number(_seconds(policy.window)),
        "pwdMustChange": (b"TRUE",),
        "pwdAllowUserChange": (b"TRUE",),
    }


def ds389_policy(policy: PasswordPolicy) -> dict[str, tuple[bytes, ...]]:
    """The attributes of a fine-grained policy of 389-ds (its class `passwordpolicy`) that ask the same. Complexity is
    three of four kinds of characters (`passwordMinCategories`), as Active Directory asks."""
    locks = policy.failures > 0
    made = {
        "objectClass": (b"ldapsubentry", b"passwordpolicy"),
        "passwordMustChange": (b"on",),
        "passwordChange": (b"on",),
        "passwordCheckSyntax": (b"on" if policy.minimum_length or policy.complexity else b"off",),
        "passwordMinLength": _number(max(policy.minimum_length, 2)),  # 389-ds takes 2 to 512
        "passwordMinCategories": (b"3" if policy.complexity else b"1",),
        "passwordHistory": (b"on" if policy.history else b"off",),
        "passwordExp": (b"on" if policy.maximum_age is not None else b"off",),
        "passwordMinAge": _number(_seconds(policy.minimum_age)),
        "passwordLockout": (b"on" if locks else b"off",),
    }
    if policy.history:
        made["passwordInHistory"] = _number(min(policy.history, 24))  # 389-ds keeps 24 at most
    if policy.maximum_age is not None:
        made["passwordMaxAge"] = _number(_seconds(policy.maximum_age))
    if locks:
        made["passwordMaxFailure"] = _number(policy.failures)
        made["passwordUnlock"] = (b"on" if policy.lockout is not None else b"off",)
        made["passwordResetFailureCount"] = _number(_seconds(policy.window))
        if policy.lockout is not None:
            made["passwordLockoutDuration"] = _number(_seconds(policy.lockout))
    return made
