"""What an entry here says, as its source would say it: before it is written, and when it is read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from transhumance.connectors.active_directory.changes import is_inside
from transhumance.connectors.active_directory.entries import guid_of, settled
from transhumance.connectors.active_directory.finding import Found, Opened
from transhumance.connectors.active_directory.schema import NEVER
from transhumance.connectors.active_directory.wish import (
    BUILTIN,
    DISABLED,
    NEW_ID,
    NOT_MADE,
    OWN,
    UNKNOWN,
    Wish,
    back_values,
    control_of,
    given_back,
    is_shown,
)
from transhumance.connectors.contract import (
    Container,
    Fault,
    Finding,
    Record,
    SkipItem,
    Text,
    Value,
)
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import AD, KIND, lowered
from transhumance.connectors.formats.ldapber import Entry

WORKLOAD = "identities"
_CONFLICT = "GEN-CONFLICT-01"


def left_out(why: Finding) -> Text:
    """What is said of an entry that a way back leaves as it is: no fault, nothing is lost here."""
    if why.code == BUILTIN:
        return Text("objet intégré : jamais écrit", "built in: never written")
    return Text(f"laissé tel quel : {why.detail}", f"left as it is: {why.detail}")


class Showing(Opened):
    """What a target tells of entries without writing."""

    def preview(self, container: Container, record: Record) -> tuple[Finding, ...]:
        wish = self._wish(container, record.key, record)
        if isinstance(wish, Finding):
            if wish.code in (NOT_MADE, BUILTIN):
                raise SkipItem(wish.code, left_out(wish), record.key)
            return (wish,)
        found = self._find(wish, None)
        told = []
        if found.entry is None and found.tomb is None:
            told.append(Finding(NEW_ID))
            if wish.is_account and self._config.accounts == "disabled":
                told.append(Finding(DISABLED))
            elif wish.is_account:
                told.append(Finding(DISABLED, "as_source"))
        if own := [name for name in wish.own if name.lower() not in _KEPT_BY_ITSELF]:
            told.append(Finding(OWN, ", ".join(own)[:400]))
        if wish.unknown:
            told.append(Finding(UNKNOWN, ", ".join(wish.unknown)[:400]))
        return tuple(told)

    def forecast(self, container: Container, record: Record) -> Record:
        """What reading back will give: for the entry itself, what only a controller writes as it is there; for a new
        entry, what can be given of it."""
        wish = self._wish(container, record.key, record)
        if isinstance(wish, Finding):
            return record
        found = self._find(wish, None)
        alive = found.entry or found.tomb
        control = control_of(wish, found.entry, self._forced(found))
        properties: dict[str, Value]
        if alive is not None and not self._is_copy(wish, found):
            properties = self._same_entry(wish, alive, found, control)
        else:
            properties = {**given_back(wish, self._turn(wish.tail).back(), self._schema, control)}
            self._without_waiting(properties, found)
        return replace(record, properties={**properties, "dn": wish.source_dn})

    def _same_entry(self, wish: Wish, alive: Entry, found: Found, control: int | None) -> dict[str, Value]:
        now = {name.lower(): (name, values) for name, values in alive.attributes.items()}
        removable = self._removable(wish, found)
        kept = {
            name: values
            for lower, (name, values) in now.items()
            if lower not in wish.values and (lower not in removable or not self._schema.takes(lower))
        }
        kept |= {name: values for name, values in wish.values.values()}
        kept |= dict(wish.naming)
        if control is not None:
            kept["userAccountControl"] = (str(control).encode(),)
        if wish.primary is not None:
            kept["primaryGroupID"] = (str(wish.primary).encode(),)
        return {**settled(kept)}

    def _without_waiting(self, properties: dict[str, Value], found: Found) -> None:
        """Links that wait now are not there yet: they are told by the notes, not expected."""
        if found.entry is None or found.ours is None:
            return
        tail = found.ours.tail
        waiting = self._state.waiting_of(found.guid)
        if waiting.pop("primarygroupid", None):
            properties["primaryGroupID"] = lowered(found.entry.attributes).get("primarygroupid", ())
        for lower, names in waiting.items():
            for name in [n for n in properties if n.lower() == lower]:
                held = [value for value in cast("tuple[bytes, ...]", properties.pop(name)) if value]
                left = tuple(v for v in held if self._here(v.decode("utf-8", "surrogateescape"), tail) not in names)
                properties |= {name: left} if left else {}

    def _here(self, dn: str, tail: str) -> str:
        return dn_key(self._turn(tail).name(dn))

    def read_back(self, container: Container, target_keys: Sequence[bytes]) -> Iterator[Record | Fault]:
        there = {
            entry.attributes["objectGUID"][0]: entry
            for page in self._directory.by_guid(filter(None, map(guid_of, target_keys)))
            for entry in page
        }
        for key in target_keys:
            entry = there.get(guid_of(key))
            if entry is None or not is_inside(entry.dn, dn_key(self._config.base)):
                yield Fault(key, "GEN-READ-01", "not in the directory", KIND, AD)
            else:
                yield Record(key, KIND, AD, self._shown(entry))

    def _shown(self, entry: Entry) -> dict[str, Value]:
        """An entry as its source would say it: all of it where it is the same entry, what was given where it is a new
        one."""
        ours = self._state.by_guid(entry.attributes["objectGUID"][0])
        if ours is None or not ours.copy:
            return {**settled(entry.attributes), "dn": entry.dn}
        back = self._turn(ours.tail).back()
        shown = {
            name: back_values(name.lower(), values, back, self._schema)
            for name, values in entry.attributes.items()
            if is_shown(name.lower(), ours.names, self._schema)
        }
        if "primaryGroupID" in shown:
            shown["primaryGroupID"] = (self._primary_there(entry, shown["primaryGroupID"][0]),)
        dn = back.name(entry.dn)
        return {**settled(shown), "dn": ours.source_dn if dn_key(dn) == dn_key(ours.source_dn) else dn}

    def _primary_there(self, entry: Entry, number: bytes) -> bytes:
        """The number that the primary group has at the source."""
        sid = entry.attributes["objectSid"][0]
        if int(number) < 1000:
            return number
        wanted = ber.equal("objectSid", sid[:-4] + int(number).to_bytes(4, "little"))
        root = self._directory.controller().root
        found, _ = self._directory.session().search(root, ber.SUB, wanted, ("objectGUID",))
        ours = self._state.by_guid(found[0].attributes["objectGUID"][0]) if found else None
        return str(int.from_bytes(ours.source_sid[-4:], "little")).encode() if ours and ours.source_sid else number


_KEPT_BY_ITSELF = frozenset(
    "objectguid objectsid whenchanged whencreated objectcategory instancetype name distinguishedname samaccounttype"
    " memberof objectclass".split()
) & (NEVER | {"objectclass"})
