"""An entry of the source as this server can hold it, and an entry of the server as the source had it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from transhumance.connectors.contract import Finding, Value
from transhumance.connectors.formats.entry import is_change, record_of
from transhumance.connectors.formats.ldapber import Entry
from transhumance.connectors.ldap.names import Bases, key_of, rdns
from transhumance.connectors.ldap.profile import Profile
from transhumance.connectors.ldap.stored import (
    COMPUTED,
    LOCKED,
    MEMBERS,
    SECRET,
    counts,
    own_classes,
)

ORIGIN = b"transhumanceOrigin"
_KEPT_AS = {"pwdendtime": "trhEndTime", "pwdreset": "trhReset", "pwdaccountlockedtime": "trhLocked"}
_BACK_TO = {"trhendtime": "pwdEndTime", "trhreset": "pwdReset", "trhlocked": "pwdAccountLockedTime"}


@dataclass(slots=True)
class Shaped:
    """`dn`, `attributes`: as they are to be at the server. `lost`: what it can't hold, by code. `blocked`: the code and
    the reason why it can't hold the entry at all. `is_base`: it is the container itself."""

    dn: str = ""
    attributes: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    lost: dict[str, list[str]] = field(default_factory=dict)
    blocked: tuple[str, str] | None = None
    is_base: bool = False

    def leave(self, code: str, name: str) -> None:
        names = self.lost.setdefault(code, [])
        if name not in names:
            names.append(name)

    def findings(self) -> tuple[Finding, ...]:
        found = [Finding(code, ", ".join(sorted(names)[:20])) for code, names in self.lost.items()]
        return (*found, *([Finding(*self.blocked)] if self.blocked else ()))


class Shaper:
    """Shapes entries for one server and one pair of bases. `posix_groups`: the plan wants posixGroup beside
    groupOfNames."""

    def __init__(self, profile: Profile, bases: Bases, posix_groups: bool = False) -> None:
        self.profile, self.bases, self.posix_groups = profile, bases, posix_groups

    # --- to the server

    def there(self, properties: Mapping[str, Value]) -> Shaped:
        """The entry as the server is to hold it."""
        made = Shaped()
        try:
            record = record_of(properties)
        except ValueError as error:
            made.blocked = ("ID-LDIF-05", str(error))
            return made
        if is_change(record):
            made.blocked = ("ID-CHG-02", record.changetype)
            return made
        if not rdns(record.dn) and record.dn.strip():
            made.blocked = ("ID-DN-03", "not a name")
            return made
        made.dn = self.bases.there(record.dn)
        made.is_base = key_of(made.dn) == key_of(self.bases.target)
        if made.is_base:
            made.leave("ID-BASE-01", self.bases.target)
            return made
        if not self.bases.holds(made.dn):
            made.blocked = ("ID-DN-03", f"not below {self.bases.source or self.bases.target}")
            return made
        self._classes(made, record.attributes)
        for name, values in record.attributes.items():
            self._attribute(made, name, values)
        self._posix(made)
        self._not_allowed(made)
        return made

    def _classes(self, made: Shaped, attributes: Mapping[str, tuple[bytes, ...]]) -> None:
        known = self.profile.schema.classes
        given = next((values for name, values in attributes.items() if name.lower() == "objectclass"), ())
        kept = tuple(v for v in given if v.decode("utf-8", "replace").lower() in known)
        for value in set(given) - set(kept):
            code = "ID-ORG-01" if value == ORIGIN else "ID-LDAP-02"
            made.leave(code, value.decode("utf-8", "replace"))
        made.attributes["objectClass"] = kept
        if not any(known[v.decode().lower()].structural for v in kept):
            names = b", ".join(given).decode("utf-8", "replace")[:200]
            made.blocked = ("ID-LDAP-03", f"no structural class that the server knows among: {names}")

    def _attribute(self, made: Shaped, name: str, values: tuple[bytes, ...]) -> None:
        first = name.partition(";")[0].lower()
        if first == "objectclass":
            return
        if first in SECRET:
            made.leave("ID-PWD-20", name)
        elif first in _KEPT_AS:
            self._state(made, first, name, values)
        elif first == "entryuuid" or first == "createtimestamp":
            if self.profile.keeps_ids:
                made.attributes[name] = values
            else:
                made.leave("ID-KEY-01", name)
        else:
            self._plain(made, first, name, values)

    def _plain(self, made: Shaped, first: str, name: str, values: tuple[bytes, ...]) -> None:
        known = self.profile.schema.attributes.get(first)
        if known is None:
            made.leave("ID-ORG-01" if first.startswith("trh") else "ID-LDAP-02", name)
        elif first in COMPUTED or known.fixed or known.operational:
            made.leave("ID-LDAP-01", name)
        elif known.is_dn:
            made.attributes[name] = tuple(map(self._there, values))
        elif kept := tuple(value for value in values if value):
            made.attributes[name] = kept
        if known and b"" in values and not known.is_dn:
            made.leave("ID-LDAP-02", f"{name} (empty value)")

    def _state(self, made: Shaped, first: str, name: str, values: tuple[bytes, ...]) -> None:
        """A lock, an end, a change of password that is due: as the server obeys them, else kept for the way back."""
        profile = self.profile
        if first == "pwdaccountlockedtime" and profile.is_389:
            if LOCKED in values:
                made.attributes["nsAccountLock"] = (b"true",)
            return
        if profile.has_end_time if first == "pwdendtime" else profile.has_ppolicy:
            made.attributes[name] = values
            return
        made.leave("ID-UAC-06", name)
        if profile.has_origin and first != "pwdreset":
            made.attributes[_KEPT_AS[first]] = values
            own = made.attributes["objectClass"]
            made.attributes["objectClass"] = own if ORIGIN in own else (*own, ORIGIN)

    def _posix(self, made: Shaped) -> None:
        """posixGroup beside groupOfNames, where the plan wants it, the source has a number and the schema allows."""
        number = next((v for name, v in made.attributes.items() if name.lower() == "trhgidnumber"), ())
        classes = {value.lower() for value in made.attributes["objectClass"]}
        posix = self.profile.schema.classes.get("posixgroup")
        if not self.posix_groups or not number or b"groupofnames" not in classes or posix is None or posix.structural:
            return
        made.attributes["gidNumber"] = number
        made.attributes["objectClass"] += () if b"posixgroup" in classes else (b"posixGroup",)

    def _not_allowed(self, made: Shaped) -> None:
        """Leaves out what no class of the entry allows, and says what they lack."""
        if made.blocked:
            return
        schema = self.profile.schema
        classes = schema.closure(value.decode().lower() for value in made.attributes["objectClass"])
        allowed = schema.allowed(classes)
        for name in list(made.attributes) if allowed is not None else ():
            first = schema.first(name.partition(";")[0].lower())
            known = schema.attributes.get(first)
            assert allowed is not None
            if first not in allowed and not (known and known.operational):
                del made.attributes[name]
                made.leave("ID-LDAP-02", name)
        have = {schema.first(name.partition(";")[0].lower()) for name in made.attributes}
        if missing := schema.required(classes) - have:
            made.blocked = ("ID-LDAP-03", f"required: {', '.join(sorted(missing))}")

    def _there(self, value: bytes) -> bytes:
        return self.bases.there(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    # --- and back

    def back(self, entry: Entry, own_ids: bool) -> dict[str, Value]:
        """The properties of an entry as the source had it. `own_ids`: its id and its time of creation are said too, as
        a listing does; reading back does not, since nothing tells those that we gave from the server's own, and finding
        the entry by its key is the proof of its id."""
        found: dict[str, Value] = {"dn": self.bases.back(entry.dn)}
        lower = {name.lower(): values for name, values in entry.attributes.items()}
        for name, values in entry.attributes.items():
            first = name.partition(";")[0].lower()
            for own, given in self._given(first, name, values, lower, own_ids):
                if given:
                    found[own] = given
        return found

    def _given(
        self, first: str, name: str, values: tuple[bytes, ...], lower: Mapping[str, tuple[bytes, ...]], own_ids: bool
    ) -> Iterator[tuple[str, tuple[bytes, ...]]]:
        if first == "objectclass":
            yield "objectClass", self._own_classes(values, lower)
        elif first == "gidnumber" and "trhgidnumber" in lower:
            return  # ours, beside the source's
        elif first in ("entryuuid", "createtimestamp"):
            if own_ids:
                yield name, values
        elif first == "nsaccountlock":
            if values[0].lower() == b"true":
                yield "pwdAccountLockedTime", (LOCKED,)
        elif first in _BACK_TO:
            yield _BACK_TO[first], values
        elif first == "pwdreset" or not counts(name.lower(), values, self.profile):
            return
        elif self.profile.schema.is_dn(first):
            back = [self.bases.back(value.decode("utf-8", "surrogateescape")) for value in values]
            if first in MEMBERS:  # a set whose order the server does not keep
                back.sort(key=key_of)
            yield name, tuple(dn.encode("utf-8", "surrogateescape") for dn in back)
        else:
            yield name, values

    def _own_classes(self, values: tuple[bytes, ...], lower: Mapping[str, tuple[bytes, ...]]) -> tuple[bytes, ...]:
        """The classes as they were given; 389-ds adds their superiors, so there they are all said, in one order."""
        own = own_classes(values)
        if "trhgidnumber" in lower:
            own = tuple(value for value in own if value.lower() != b"posixgroup")
        if not self.profile.is_389:
            return own
        spelt = {value.lower().decode("utf-8", "replace"): value for value in own}
        classes = self.profile.schema.classes
        ordered = self.profile.schema.closure(spelt)
        return tuple(spelt.get(n) or (classes[n].name if n in classes else n).encode() for n in ordered)

    def forecast(self, properties: Mapping[str, Value]) -> dict[str, Value]:
        """The properties as `back` will give them once they are written."""
        made = self.there(properties)
        if made.blocked:
            return dict(properties)
        return base_only(self.bases) if made.is_base else self.back(Entry(made.dn, made.attributes), own_ids=False)


def base_only(bases: Bases) -> dict[str, Value]:
    """All that is said of the base as an item: its name. What it holds at the target is not ours."""
    return {"dn": bases.back(bases.target)}
