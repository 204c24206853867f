"""The server as the target sees it: its session, its profile, entries by their ids and names."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from transhumance.connectors.contract import Container, Environment, StopEndpoint, Text
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapber import Entry
from transhumance.connectors.formats.ldapwire import EXISTS, NO_SUCH_OBJECT, SUCCESS, Session, named
from transhumance.connectors.ldap.config import LdapConfig
from transhumance.connectors.ldap.names import Bases, is_under, rdns
from transhumance.connectors.ldap.profile import Profile, look
from transhumance.connectors.ldap.shape import Shaper
from transhumance.connectors.ldap.stored import id_text, own_id, wanted

BATCH = 200  # ids in one search
WORKLOAD = "identities"
STAND_INS = {  # what an entry that only holds others is, by the type of its name
    "dc": ("domain", ()),
    "o": ("organization", ()),
    "l": ("locality", ()),
    "ou": ("organizationalUnit", ()),
}


class Directory:
    """A server, looked at when first needed. `writes`: it is a target, so what may be written matters."""

    def __init__(self, config: LdapConfig, environment: Environment, writes: bool) -> None:
        self.config, self.environment = config, environment
        self.session = Session(config.address(environment))
        self.base = config.base
        self._writes = writes
        self._lock = threading.RLock()
        self._profile: Profile | None = None
        self._shapers: dict[str, Shaper] = {}

    @property
    def profile(self) -> Profile:
        with self._lock:
            if self._profile is None:
                if not rdns(self.base):
                    raise StopEndpoint(
                        Text(
                            f"{self.environment.endpoint} : `base` n'est pas un nom distinctif : {self.base}",
                            f"{self.environment.endpoint}: `base` is no distinguished name: {self.base}",
                        )
                    )
                found = look(self.session, self.base, self._writes)
                self._profile = found if self.config.ids == "relax" else replace(found, keeps_ids=False)
            return self._profile

    def identity(self) -> str:
        """The id of the entry at the top of the naming context, which a copy of the server's address is not."""
        context = next((c for c in self.profile.contexts if is_under(self.base, c)), self.base)
        top = self.session.read(context, [self.profile.id_attribute])
        own = own_id(top, self.profile) if top else None
        address = self.session.address
        return f"ldap:{own.hex() if own else f'{address.host}:{address.port}'}:{self.base.lower()}"

    def shaper(self, from_base: str) -> Shaper:
        if from_base not in self._shapers:
            bases = Bases(from_base, self.base)
            self._shapers[from_base] = Shaper(self.profile, bases, self.config.groups == "rfc2307bis")
        return self._shapers[from_base]

    def from_base(self, container: Container) -> str:
        """The name at the source that becomes our base: what the plan says, else what the source does."""
        said = container.properties.get("from_base", container.properties.get("base"))
        if self.config.from_base or isinstance(said, str):
            return self.config.from_base or str(said)
        name = container.key.decode("utf-8", "replace")
        return name if container.path == (name,) and rdns(name) else ""

    # --- entries

    @cached_property
    def attributes(self) -> list[str]:
        return wanted(self.profile)

    def by_ids(self, keys: Iterable[bytes]) -> dict[bytes, Entry]:
        """The entries with these ids (the 16 bytes of their keys), by id; those that are not below the base are not
        there."""
        ids = list(dict.fromkeys(key[1:] for key in keys if len(key) == 17))
        found: dict[bytes, Entry] = {}
        for at in range(0, len(ids), BATCH):
            part = ids[at : at + BATCH]
            texts = [id_text(b"2" + each, self.profile.is_389).encode() for each in part]
            wanted_ids = ber.any_of(*(ber.equal(self.profile.id_attribute, text) for text in texts))
            entries, result = self.session.search(self.base, ber.SUB, wanted_ids, self.attributes)
            if result.code != NO_SUCH_OBJECT:
                self.session.accepted(result, self.base)
            for entry in entries:
                own = own_id(entry, self.profile)
                if own is not None:
                    found[own] = entry
        return found

    def by_names(self, dns: Sequence[str]) -> list[Entry | None]:
        """The entries of these names, in order."""
        return self.session.reads(dns, self.attributes) if dns else []

    def there(self, dns: Iterable[str]) -> set[str]:
        """Which of these names are there."""
        asked = list(dict.fromkeys(dns))
        return {dn for dn, entry in zip(asked, self.session.reads(asked, ["1.1"]), strict=True) if entry}

    def make_base(self) -> None:
        """Makes the base where it lacks. Raises `StopEndpoint` where that is refused."""
        if self.session.read(self.base, ["1.1"]) is not None:
            return
        result = self.session.ask(ber.add(self.base, stand_in(self.base)))
        if result.code not in (SUCCESS, EXISTS):
            name, said = self.environment.endpoint, named(result)
            raise StopEndpoint(
                Text(
                    f"{name} : la base {self.base} n'existe pas et ne peut pas être créée ({said}) ; créez-la",
                    f"{name}: the base {self.base} does not exist and can't be made ({said}); make it",
                )
            )
        with self._lock:
            self._profile = None  # what may be written below it can be asked now
            self._shapers.clear()

    def close(self) -> None:
        self.session.close()


def stand_in(dn: str, *description: bytes) -> dict[str, tuple[bytes, ...]]:
    """The attributes of an entry that only holds others."""
    first = rdns(dn)[0]
    structural, more = STAND_INS.get(first[0].type.lower(), ("organizationalUnit", ("extensibleObject",)))
    if len(first) > 1:
        more = ("extensibleObject",)
    attributes: dict[str, tuple[bytes, ...]] = {"objectClass": tuple(c.encode() for c in ("top", structural, *more))}
    for ava in first:
        attributes[ava.type] = (*attributes.get(ava.type, ()), ava.value)
    if structural == "organizationalUnit" and not any(ava.type.lower() == "ou" for ava in first):
        attributes["ou"] = (first[0].value,)
    if description:
        attributes["description"] = description
    return attributes
