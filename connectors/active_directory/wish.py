"""What an entry should be here: a record of the form `ad-entry` under this base, without what only a controller writes.
Decided as data, before anything is contacted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from transhumance.connectors.active_directory.entries import joined, settled
from transhumance.connectors.active_directory.rebase import Turn, tail_of, turn
from transhumance.connectors.active_directory.schema import APART, NEVER, Schema
from transhumance.connectors.contract import Finding, Record
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.dn import dn_key, split_dn
from transhumance.connectors.formats.entry import classes_of, lowered, record_of
from transhumance.connectors.formats.ldapber import Entry, Mod
from transhumance.connectors.formats.people import kind_of

NOT_MADE, NAMELESS, REFUSED, BUILTIN = "ID-ADW-01", "ID-ADW-02", "ID-ADW-03", "ID-BLT-02"
NEW_ID, OWN, UNKNOWN, DISABLED, NO_STATE = "ID-KEY-02", "ID-ADW-04", "ID-ADW-05", "ID-PWD-06", "ID-ADW-06"

ACCOUNT_DISABLED, NORMAL = 0x2, 0x200
_COMPUTED = 0x10 | 0x800000  # locked out, password expired: a controller computes them
_WRITTEN = frozenset({"user", "inetorgperson", "contact", "group", "organizationalunit", "container"})
_NAMING = frozenset("cn ou l c o dc".split())
SLICE = 1000  # values of one attribute in one modification: more meet the controller's limits (lsc#256)


@dataclass(frozen=True, slots=True)
class Wish:
    """`dn`: its name here. `values`: ordinary attributes by lower-case name, each with its spelling and values, names
    of entries already under this base. `control`: userAccountControl. `primary`: the primary group's number at the
    source. `naming`: the attributes that its own name gives. `names`: every attribute that was given. `whole`: the
    record says all of the entry, not only what a standard has. `own`: given attributes that only a controller writes;
    `unknown`: those that this schema lacks."""

    key: bytes
    dn: str
    classes: tuple[bytes, ...]
    values: Mapping[str, tuple[str, tuple[bytes, ...]]]
    control: int | None
    primary: int | None
    names: frozenset[str]
    guid: bytes
    sid: bytes
    source_dn: str
    tail: str
    naming: Mapping[str, tuple[bytes, ...]]
    whole: bool
    own: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_account(self) -> bool:
        return self.control is not None


def wish_of(key: bytes, record: Record, schema: Schema, base: str, root: str, source_base: str) -> Wish | Finding:
    """What the record asks for here, or why it is not written at all."""
    try:
        said = record_of(record.properties)
    except ValueError as error:
        return Finding(NAMELESS, str(error))
    attributes = joined(said.attributes)
    lower = lowered(attributes)
    if reason := _not_written(lower):
        return reason
    tail = next((t for each in (source_base or base, base, "") if (t := tail_of(said.dn, each))), "")
    if not tail or dn_key(said.dn) == dn_key(tail):
        return Finding(NAMELESS, "not below the source's base")
    way = turn(tail, base, root)
    dn = way.name(said.dn)
    values = {}
    for name, held in attributes.items():
        if schema.takes(name.lower()) and name.lower() not in _of_name(dn):
            values[name.lower()] = (name, way.values(held) if name.lower() in schema.links else held)
    own = (n for n in attributes if n.lower() in schema.known and n.lower() not in schema.writable)
    return Wish(
        key=key,
        dn=dn,
        classes=lower.get("objectclass", ()),
        values=values,
        control=_number(lower, "useraccountcontrol"),
        primary=_number(lower, "primarygroupid"),
        names=frozenset(lower),
        guid=lower.get("objectguid", (b"",))[0],
        sid=lower.get("objectsid", (b"",))[0],
        source_dn=said.dn,
        tail=tail,
        naming={name: held for name, held in attributes.items() if name.lower() in _of_name(dn)},
        whole="objectsid" in lower or not lower.get("samaccountname"),
        own=tuple(sorted(own, key=str.lower)),
        unknown=tuple(schema.unknown(attributes)),
    )


def _not_written(lower: Mapping[str, tuple[bytes, ...]]) -> Finding | None:
    """Why an entry is nothing that is written here: built in, deleted, or no person, group or place."""
    if lower.get("iscriticalsystemobject", ())[:1] == (b"TRUE",) or is_well_known(lower.get("objectsid", (b"",))[0]):
        return Finding(BUILTIN)
    classes = classes_of(lower)
    kind = kind_of(lower)
    if lower.get("isdeleted", ())[:1] == (b"TRUE",) or not classes & _WRITTEN or "computer" in classes:
        return Finding(NOT_MADE, kind if kind != "other" else (lower.get("objectclass", (b"?",))[-1]).decode()[:40])
    return Finding(NOT_MADE, kind) if kind == "service" and not classes & {"user"} else None


def is_well_known(sid: bytes) -> bool:
    """A principal that each domain has (MS-DTYP 2.4.2.4)."""
    if len(sid) < 12 or sid[0] != 1:
        return False
    if sid[2:8] == b"\0\0\0\0\0\5" and sid[8:12] == b"\x15\0\0\0":
        return sid[1] == 5 and int.from_bytes(sid[-4:], "little") < 1000
    return True


def _number(lower: Mapping[str, tuple[bytes, ...]], name: str) -> int | None:
    try:
        return int(lower.get(name, (b"",))[0])
    except ValueError:
        return None


def _of_name(dn: str) -> frozenset[str]:
    """The attributes that the entry's own name gives."""
    first = split_dn(dn)[0]
    return frozenset({part.partition("=")[0].strip().lower() for part in first.split("+")} & _NAMING)


# --- what differs


def control_of(wish: Wish, current: Entry | None, forced: bool) -> int | None:
    """The account's flags to write. `forced`: a new account without a password stays disabled, until somebody gave it
    one here."""
    if wish.control is None:
        return None
    flags = wish.control & ~_COMPUTED
    if not forced:
        return flags
    if current is None:
        return flags | ACCOUNT_DISABLED
    now = lowered(current.attributes)
    off = (_number(now, "useraccountcontrol") or 0) & ACCOUNT_DISABLED
    return flags | ACCOUNT_DISABLED if off and not _number(now, "pwdlastset") else flags


def changes_to(wish: Wish, current: Entry, schema: Schema, removable: frozenset[str], control: int | None) -> list[Mod]:
    """What makes the entry as wished, but for its name and its primary group: nothing where it is so already.
    `removable`: attributes that go where the wish lacks them."""
    now = {name.lower(): (name, values) for name, values in current.attributes.items()}
    mods: list[Mod] = []
    for lower, (name, values) in wish.values.items():
        mods += _of_attribute(name, values, now.get(lower, ("", ()))[1], lower in schema.links)
    for lower in sorted(removable & now.keys() - wish.values.keys()):
        if schema.takes(lower) and lower not in _of_name(wish.dn):
            mods.append(Mod(ber.REPLACE_VALUES, now[lower][0]))
    if control is not None and now.get("useraccountcontrol", ("", ()))[1] != (str(control).encode(),):
        mods.append(Mod(ber.REPLACE_VALUES, "userAccountControl", (str(control).encode(),)))
    return mods


def _of_attribute(name: str, wanted: tuple[bytes, ...], there: tuple[bytes, ...], links: bool) -> list[Mod]:
    """The change of one attribute: all of its values where they are few, else what is added and what goes."""
    new, old = _matched(wanted, links), _matched(there, links)
    if new.keys() == old.keys():
        return []
    if len(wanted) <= 20 and len(there) <= 20 and not links:
        return [Mod(ber.REPLACE_VALUES, name, wanted)]
    gone = [old[key] for key in old.keys() - new.keys()]
    fresh = [new[key] for key in new.keys() - old.keys()]
    single = links and len(wanted) == 1 == len(there)
    if single:
        return [Mod(ber.REPLACE_VALUES, name, wanted)]
    return [*sliced(ber.DELETE_VALUES, name, sorted(gone)), *sliced(ber.ADD_VALUES, name, sorted(fresh))]


def sliced(op: int, name: str, values: list[bytes]) -> list[Mod]:
    """Modifications of at most so many values each."""
    return [Mod(op, name, tuple(values[at : at + SLICE])) for at in range(0, len(values), SLICE)]


def _matched(values: Iterable[bytes], links: bool) -> dict[bytes, bytes]:
    """Values by what makes them the same."""
    if not links:
        return {value: value for value in values}
    return {dn_key(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape"): value
            for value in values}  # fmt: skip


# --- what comes back


def given_back(wish: Wish, back: Turn, schema: Schema, control: int | None) -> dict[str, tuple[bytes, ...]]:
    """The attributes, named as at the source, that a new entry here holds of it."""
    held = {n: back_values(lower, v, back, schema) for lower, (n, v) in wish.values.items()}
    held |= wish.naming
    if wish.classes:
        held["objectClass"] = wish.classes
    if control is not None:
        held["userAccountControl"] = (str(control).encode(),)
    if wish.primary is not None:
        held["primaryGroupID"] = (str(wish.primary).encode(),)
    return settled(held)


def back_values(lower: str, values: tuple[bytes, ...], back: Turn, schema: Schema) -> tuple[bytes, ...]:
    """An attribute's values with names under the source's base again."""
    return back.values(values) if lower in schema.links else values


def is_shown(lower: str, names: frozenset[str], schema: Schema) -> bool:
    """Whether an attribute of a new entry here is something that was given, and not the controller's own."""
    plain = lower not in NEVER or lower == "objectclass"
    return lower in names and plain and (lower in schema.writable or lower in APART or lower == "objectclass")
