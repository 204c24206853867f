"""The steps that change a directory. Each is one operation of the controller, and durable when it answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transhumance.connectors.active_directory import controls, echo
from transhumance.connectors.active_directory.changes import is_inside
from transhumance.connectors.active_directory.directory import Directory
from transhumance.connectors.active_directory.rebase import parent_and_rdn
from transhumance.connectors.active_directory.schema import Schema
from transhumance.connectors.active_directory.state import State
from transhumance.connectors.active_directory.wish import SLICE, Wish, sliced
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import lowered
from transhumance.connectors.formats.ldapber import Entry, Mod
from transhumance.connectors.formats.ldapwire import EXISTS, NO_SUCH_OBJECT, NOT_LEAF, Refused

_SPECIAL = "CN=ForeignSecurityPrincipals,"


class Writer:
    """Writes below one base."""

    def __init__(self, directory: Directory, schema: Schema, state: State) -> None:
        self._directory, self.schema, self._state = directory, schema, state
        said = directory.controller()
        self.root, self._forest = said.root, dn_key(said.forest)
        self._base, self._root = dn_key(directory.base), dn_key(said.root)

    # --- making

    def create(self, wish: Wish, control: int | None) -> Entry:
        """A new entry; links to what is not here wait. Raises `Refused`."""
        self.make_place(parent_and_rdn(wish.dn)[0])
        given: dict[str, Sequence[bytes]] = {"objectClass": wish.classes}
        waiting: dict[str, list[bytes]] = {}
        later: list[Mod] = []
        for lower, (name, values) in wish.values.items():
            if lower in self.schema.links:
                there, absent = self.there(values)
                waiting |= {name: absent} if absent else {}
                if len(there) > SLICE:
                    later += sliced(ber.ADD_VALUES, name, there)
                    continue
                values = tuple(map(self._written, there))
            if values:
                given[name] = values
        if control is not None:
            given["userAccountControl"] = (str(control).encode(),)
        self._directory.session().do(ber.add(wish.dn, given), what=wish.dn)
        made = self._directory.read(wish.dn)
        assert made is not None
        guid = made.attributes["objectGUID"][0]
        for name, absent in waiting.items():
            self._state.wait(guid, name, (value.decode("utf-8", "surrogateescape") for value in absent))
        if later:
            self.modify(made.dn, later)
        return made

    def make_place(self, dn: str) -> None:
        """The places above an entry, where they lack: glue, until the true one comes. Raises `Refused` where the place
        would lie outside the base."""
        if dn_key(dn) == self._base or self._directory.session().read(dn, ("1.1",)) is not None:
            return
        if not dn_key(dn).endswith("," + self._base):
            return
        parent, rdn = parent_and_rdn(dn)
        self.make_place(parent)
        kind = b"organizationalUnit" if rdn[:3].lower() == "ou=" else b"container"
        try:
            self._directory.session().do(ber.add(dn, {"objectClass": (kind,)}), what=dn)
        except Refused as error:
            if error.code != EXISTS:
                raise
            return
        made = self._directory.session().read(dn, ("objectGUID",))
        assert made is not None
        self._state.mark("glue", made.attributes["objectGUID"][0])

    def reanimate(self, tomb: Entry, dn: str) -> Entry | None:
        """A deleted entry lives again under a name, with its id and its SID (MS-ADTS 3.1.1.5.3.7); None where the
        controller does not let it."""
        self.make_place(parent_and_rdn(dn)[0])
        name = dn.encode("utf-8", "surrogateescape")
        mods = [Mod(ber.DELETE_VALUES, "isDeleted"), Mod(ber.REPLACE_VALUES, "distinguishedName", (name,))]
        result = self._directory.session().ask(ber.modify(tomb.dn, mods), controls.show_deleted()[:1])
        return self._directory.read(dn) if result.code == 0 else None

    # --- changing

    def modify(self, dn: str, mods: Sequence[Mod]) -> None:
        """Applies modifications; large attributes in requests of their own, links to what is not here wait. Raises
        `Refused`."""
        small = [mod for mod in mods if len(mod.values) <= SLICE // 10 and mod.name.lower() not in self.schema.links]
        if small:
            self._directory.session().do(ber.modify(dn, small), what=dn)
        for mod in mods:
            if mod not in small:
                self._link(dn, mod)

    def _link(self, dn: str, mod: Mod) -> None:
        session = self._directory.session()
        values = tuple(map(self._written, mod.values))
        result = session.ask(ber.modify(dn, [Mod(mod.op, mod.name, values)]))
        if result.code == 0:
            return
        if mod.op == ber.DELETE_VALUES and result.code in (16, 53):  # gone meanwhile, with what it named
            return
        there, absent = self.there(mod.values)
        if not absent and len(mod.values) == 1 or mod.name.lower() not in self.schema.links:
            session.accepted(result, dn)
        if absent:
            self._await(dn, mod.name, absent)
        for value in there:  # one at a time: some may be there already
            one = session.ask(ber.modify(dn, [Mod(mod.op, mod.name, (self._written(value),))]))
            if one.code not in (16, 20, EXISTS):
                session.accepted(one, dn)

    def _await(self, dn: str, name: str, values: Iterable[bytes]) -> None:
        owner = self._directory.session().read(dn, ("objectGUID",))
        if owner is not None:
            texts = (value.decode("utf-8", "surrogateescape") for value in values)
            self._state.wait(owner.attributes["objectGUID"][0], name, texts)

    def there(self, values: Iterable[bytes]) -> tuple[list[bytes], list[bytes]]:
        """Values that name an entry that can be found, and those that do not. A principal of a foreign domain is made
        by the controller when it is named; a name of no domain of this forest can't be found."""
        listed = list(values)
        names = [value.decode("utf-8", "surrogateescape") for value in listed]
        plain = [n.rpartition(":")[2] if n[:2] in ("B:", "S:") else n for n in names]
        here = [is_inside(name, self._root) for name in plain]
        own = iter(self._directory.session().reads((n for n, h in zip(plain, here, strict=True) if h), ("1.1",)))
        far = [n for n, h in zip(plain, here, strict=True) if not h]
        known_far = self._directory.elsewhere(n for n in far if is_inside(n, self._forest))
        near = iter(known_far)
        others = iter([is_inside(n, self._forest) and next(near) for n in far])
        there, absent = list[bytes](), list[bytes]()
        for value, name, inside in zip(listed, names, here, strict=True):
            known = next(own) is not None if inside else next(others)
            (there if known or _SPECIAL in name else absent).append(value)
        return there, absent

    def _written(self, value: bytes) -> bytes:
        """A value as it is given: a foreign principal by its SID, so that the controller makes it."""
        text = value.decode("utf-8", "surrogateescape")
        if text[:5].upper() == "CN=S-" and _SPECIAL in text:
            return f"<SID={text[3:].partition(',')[0]}>".encode()
        return value

    def move(self, entry: Entry, dn: str) -> Entry:
        """The entry under another name. Raises `Refused`."""
        above, rdn = parent_and_rdn(dn)
        old_above, _ = parent_and_rdn(entry.dn)
        self.make_place(above)
        parent = None if dn_key(above) == dn_key(old_above) else above
        echo.note(self._directory, self._state, entry, dn)
        self._directory.session().do(ber.rename(entry.dn, rdn, True, parent), what=entry.dn)
        return Entry(dn, entry.attributes)

    def primary(self, entry: Entry, group: Entry, number: int) -> None:
        """Makes a group the primary one: its member first, which a controller then takes as said. Raises `Refused`."""
        now = lowered(entry.attributes).get("primarygroupid", (b"",))[0]
        if now == str(number).encode():
            return
        name = entry.dn.encode("utf-8", "surrogateescape")
        result = self._directory.session().ask(ber.modify(group.dn, [Mod(ber.ADD_VALUES, "member", (name,))]))
        if result.code not in (0, 20, EXISTS):
            self._directory.session().accepted(result, group.dn)
        mod = Mod(ber.REPLACE_VALUES, "primaryGroupID", (str(number).encode(),))
        self._directory.session().do(ber.modify(entry.dn, [mod]), what=entry.dn)

    # --- taking away

    def delete(self, entry: Entry) -> bool:
        """Whether the entry is deleted; False where something lies below it. Raises `Refused`."""
        dn = entry.dn
        echo.note(self._directory, self._state, entry, "")
        result = self._directory.session().ask(ber.delete(dn))
        if result.code == NOT_LEAF:
            return False
        if result.code != NO_SUCH_OBJECT:
            self._directory.session().accepted(result, dn)
        return True
