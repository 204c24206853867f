"""Taking away what was written, and putting back what was there."""

from __future__ import annotations

from dataclasses import replace

from transhumance.connectors.active_directory.entries import guid_of, key_of, rank_of, settled, version_of
from transhumance.connectors.active_directory.finding import Found
from transhumance.connectors.active_directory.showing import Showing
from transhumance.connectors.active_directory.wish import (
    ACCOUNT_DISABLED,
    NO_STATE,
    REFUSED,
    Wish,
    changes_to,
    wish_of,
)
from transhumance.connectors.contract import (
    ABSENT,
    Before,
    Container,
    Expect,
    Fence,
    Finding,
    Outcome,
    Record,
    Status,
)
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import AD, KIND, lowered
from transhumance.connectors.formats.ldapber import Entry, Mod
from transhumance.connectors.formats.ldapwire import Refused, named

WORKLOAD = "identities"
_CONFLICT = "GEN-CONFLICT-01"


class Undoing(Showing):
    """What a target can undo."""

    # --- undoing

    def remove(self, container: Container, target_key: bytes, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        entry, _ = self._by_guid(guid_of(target_key))
        if entry is None:
            return Outcome(target_key, Status.ABSENT, target_key)
        version = version_of(entry.dn, settled(entry.attributes))
        found = Found(entry, self._state.by_guid(guid_of(target_key)))
        if not self._as_expected(found, version, expect):
            return Outcome(target_key, Status.CONFLICT, target_key, version, code=_CONFLICT)
        before = Before(self._state.keep(found.guid, version, entry))
        try:
            if self._config.on_remove == "disable":
                return self._disabled(target_key, entry, before)
            self._taken_away(entry, found.guid)
        except Refused as error:
            detail = named(error.result)[:200]
            return Outcome(target_key, Status.REFUSED, target_key, version, code=REFUSED, detail=detail)
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def _disabled(self, target_key: bytes, entry: Entry, before: Before) -> Outcome:
        """An account is shut; what has no such state is left as it is, and told."""
        flags = lowered(entry.attributes).get("useraccountcontrol", (b"",))[0]
        if not flags:
            return Outcome(target_key, Status.REFUSED, target_key, code=NO_STATE)
        value = str(int(flags) | ACCOUNT_DISABLED).encode()
        mod = Mod(ber.REPLACE_VALUES, "userAccountControl", (value,))
        self._directory.session().do(ber.modify(entry.dn, [mod]), what=entry.dn)
        return Outcome(target_key, Status.REMOVED, target_key, before=before)

    def _taken_away(self, entry: Entry, guid: bytes) -> None:
        """Deletes an entry; a place in which something lies goes when that has gone."""
        if not self._writer.delete(entry):
            self._state.mark("leaving", guid)

    def restore(self, container: Container, target_key: bytes, before: Before, expect: Expect, fence: Fence) -> Outcome:
        fence.check()
        guid = guid_of(target_key)
        entry, tomb = self._by_guid(guid)
        version = version_of(entry.dn, settled(entry.attributes)) if entry else ""
        found = Found(entry, self._state.by_guid(guid), tomb)
        if not self._may_restore(found, version, before, expect):
            return Outcome(target_key, Status.CONFLICT, target_key, version, code=_CONFLICT)
        try:
            if not before.token:
                if entry is not None:
                    self._taken_away(entry, guid)
                return Outcome(target_key, Status.REMOVED, target_key)
            return self._put_back(target_key, found, before)
        except Refused as error:
            detail = named(error.result)[:200]
            return Outcome(target_key, Status.REFUSED, target_key, version, code=REFUSED, detail=detail)

    def _may_restore(self, found: Found, version: str, before: Before, expect: Expect) -> bool:
        if expect.version == ABSENT:  # it was removed: gone, or shut and in its place
            return found.entry is None or bool(before.token)
        return found.entry is not None and self._as_expected(found, version, expect)

    def _put_back(self, target_key: bytes, found: Found, before: Before) -> Outcome:
        """The entry as its image says: alive, under its name, with its attributes."""
        image = self._state.image(before.token)
        if image is None:
            return Outcome(target_key, Status.REFUSED, target_key, code="GEN-READ-01", detail="no before-image")
        guid, old = image
        lower = lowered(old.attributes)
        entry = found.entry
        if entry is None and found.tomb is not None:
            entry = self._writer.reanimate(found.tomb, old.dn)
        wish = self._wish_of_image(old)
        if entry is None:
            entry = self._writer.create(wish, int(lower.get("useraccountcontrol", (b"0",))[0]) or None)
        elif dn_key(entry.dn) != dn_key(old.dn):
            entry = self._writer.move(entry, old.dn)
        every = frozenset(name.lower() for name in entry.attributes)
        self._writer.modify(entry.dn, changes_to(wish, entry, self._schema, every, wish.control))
        self._primary(wish, entry)
        now = self._directory.read(entry.dn)
        assert now is not None
        version, new_guid = version_of(now.dn, settled(now.attributes)), now.attributes["objectGUID"][0]
        self._renoted(guid, new_guid, now.dn, version)
        self._complete([now.dn])
        key = key_of(rank_of(lowered(now.attributes)), new_guid)
        return Outcome(target_key, Status.WRITTEN, key, version)

    def _wish_of_image(self, old: Entry) -> Wish:
        record = Record(b"", KIND, AD, {**old.attributes, "dn": old.dn})
        wish = wish_of(b"", record, self._schema, self._config.base, self._root, self._config.base)
        if isinstance(wish, Finding):
            raise ValueError(wish.code)  # an image is of what was written here, so it can be written
        return wish

    def _renoted(self, old_guid: bytes, guid: bytes, dn: str, version: str) -> None:
        ours = self._state.by_guid(old_guid)
        if ours is not None:
            self._state.put(replace(ours, guid=guid, dn=dn, version=version, now=version, done=True))

    def finish(self) -> None:
        """Completes what still waits, and takes away places that were to go and are empty now."""
        self._complete(None)
        leaving = [(entry, guid) for guid in self._state.marked("leaving") if (entry := self._by_guid(guid)[0])]
        for entry, guid in sorted(leaving, key=lambda each: -each[0].dn.count(",")):
            if self._writer.delete(entry):
                self._state.drop(guid)
