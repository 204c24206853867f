"""What changed since a point: by DirSync where the account may, else by change numbers (uSNChanged); both only as a
list of ids. The entries themselves are read by id, whole, from the same controller, so that it does not matter what a
change looked like, and an answer that is too short deletes nothing: a deletion is believed when a second read, by the
entry's id, finds it deleted.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from transhumance.connectors.active_directory import controls
from transhumance.connectors.active_directory.cursors import Since, Way
from transhumance.connectors.active_directory.directory import Controller, Directory
from transhumance.connectors.active_directory.entries import RANK_PLACE, RANKS, key_of, rank_of
from transhumance.connectors.active_directory.history import History
from transhumance.connectors.active_directory.spool import Spool
from transhumance.connectors.contract import Expired, Retry, Text
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.dn import dn_key
from transhumance.connectors.formats.entry import Lower, classes_of, lowered
from transhumance.connectors.formats.ldapber import Entry
from transhumance.connectors.formats.ldapwire import Refused

MANY = 50_000  # changed entries above which a listing from the start is quicker
_NOTHING = ber.equal("objectGUID", bytes(16))
_WAYS: tuple[Way, ...] = ("dirsync", "dirsync-own")
_FLAGS = {"dirsync": 0, "dirsync-own": controls.OBJECT_SECURITY}
_Named = tuple[bytes, bool]


# --- points


def point(directory: Directory) -> Since:
    """Here and now: what a listing that begins after it will hand out, so that nothing falls between."""
    said = directory.controller()
    here = Since(said.host, said.invocation, said.usn, "usn")
    if directory.config.changes == "usn" or controls.DIRSYNC not in said.oids:
        return here
    for way in _WAYS:
        asked = Since(said.host, said.invocation, said.usn, way)
        try:
            for _, cookie in _dirsync(directory, asked, b"", _NOTHING, ("objectGUID",)):
                asked = asked.with_cookie(cookie, said.usn)
        except Refused:  # the right to read changes is missing: only what the account sees, else by numbers
            continue
        return asked
    return here


def usable(since: Since, said: Controller) -> None:
    """Raises `Expired` where a point means nothing to the controller that answers."""
    if (since.server, since.invocation) != (said.host, said.invocation):
        raise Expired(
            Text(
                f"un autre contrôleur de domaine répond ({said.host}), ou sa base a été restaurée ; tout sera relu",
                f"another domain controller answers ({said.host}), or its database was restored; all is read again",
            )
        )
    if said.usn < since.usn:
        raise Expired(
            Text(
                f"le compteur de {said.host} a reculé de {since.usn} à {said.usn} : une sauvegarde de machine a été "
                "remise sans précaution (USN rollback) ; tout sera relu, faites vérifier ce contrôleur",
                f"the counter of {said.host} went back from {since.usn} to {said.usn}: an image of the machine was "
                "restored without care (USN rollback); all is read again, have this controller checked",
            )
        )


# --- ids


def changed(directory: Directory, since: Since) -> Iterator[tuple[list[_Named], Since]]:
    """The ids of what changed since a point, each with whether it is said to be deleted, and the point reached."""
    if since.way == "usn":
        yield from _by_number(directory, since)
        return
    usn = directory.controller().usn
    for found, cookie in _dirsync(directory, since, since.cookie_bytes, ber.EVERYTHING, ("*",)):
        yield _ids(found), since.with_cookie(cookie, usn)


def _by_number(directory: Directory, since: Since) -> Iterator[tuple[list[_Named], Since]]:
    said = directory.controller()
    until = Since(said.host, said.invocation, said.usn, "usn")
    wanted = ber.at_least("uSNChanged", str(since.usn + 1).encode())
    with directory.session().another() as apart:
        asked, size = ("objectGUID", "isDeleted"), directory.config.page_size
        for found in apart.pages(said.root, ber.SUB, wanted, asked, size, controls.show_deleted()):
            yield _ids(found), until


def _dirsync(
    directory: Directory, since: Since, cookie: bytes, wanted: bytes, attributes: tuple[str, ...]
) -> Iterator[tuple[list[Entry], bytes]]:
    """The answers of DirSync from a cookie on. Raises `Refused` where the account may not, `Retry` where the cookie
    does not advance."""
    session, root = directory.session(), directory.controller().root
    while True:
        asked = controls.dirsync(cookie, _FLAGS[since.way])
        found, result = session.search(root, ber.SUB, wanted, attributes, (asked,))
        session.accepted(result, root)
        answer = result.control(controls.DIRSYNC)
        if answer is None:
            raise Refused(result, "no DirSync answer")
        more, after = controls.read_dirsync(answer)
        yield found, after
        if not more:
            return
        if after == cookie:
            raise Retry(
                Text(
                    f"{since.server} répète le même point de reprise DirSync ; à redemander",
                    f"{since.server} gives the same DirSync cookie again; to be asked again",
                )
            )
        cookie = after


def _ids(entries: Iterable[Entry]) -> list[_Named]:
    found = []
    for entry in entries:
        lower = lowered(entry.attributes)
        if guid := lower.get("objectguid", (b"",))[0]:
            found.append((guid, is_deleted(lower)))
    return found


def is_deleted(lower: Lower) -> bool:
    """Whether attributes (lower-case names) are those of a deleted entry."""
    return lower.get("isdeleted", ())[:1] == (b"TRUE",)


# --- readings


def read_all(directory: Directory, spool: Spool, history: History) -> Since:
    """Takes everything under the base into a spool; returns the point taken before. Raises `Retry` where the listing
    lacks an entry that is there."""
    until = point(directory)
    history.begin(realm_of(until))
    listing = secrets.randbits(62) + 1
    suffix, base = suffix_of(directory), dn_key(directory.base)
    for page in directory.listing():
        history.note(page, suffix, listing)
        spool.add(entry for entry in page if is_item(entry, base))
    _second_read(directory, spool, history, listing, base)
    spool.complete()
    history.whole(until.usn)
    return until


def _second_read(directory: Directory, spool: Spool, history: History, listing: int, base: str) -> None:
    """Asks by id for each entry that was listed before and is not now: no deletion is believed by its absence."""
    absent = history.absent(listing)
    left = set(absent)
    for page in directory.by_guid(absent, deleted=True) if absent else ():
        for entry in page:
            guid = entry.attributes["objectGUID"][0]
            left.discard(guid)
            if not is_deleted(lowered(entry.attributes)) and is_inside(entry.dn, base):
                raise Retry(
                    Text(
                        f"{directory.base} : la liste lue ne contient pas {entry.dn}, qui est pourtant là ; rien n'en "
                        "est déduit, la lecture reprend",
                        f"{directory.base}: the listing lacks {entry.dn}, which is there; nothing is concluded from "
                        "it, it is read again",
                    )
                )
            history.note_gone([guid])
    for guid in sorted(left):  # neither alive nor deleted: hidden from this account, or long past
        spool.unreadable(history.key(guid))


def realm_of(since: Since) -> str:
    """The database that a point speaks of."""
    return f"{since.server}:{since.invocation}"


def suffix_of(directory: Directory) -> bytes:
    """What the DN of every entry of the forest ends with: the last part of the domain's, lower case."""
    return directory.controller().root.rpartition(",")[2].lower().encode()


def read_changes(directory: Directory, since: Since, spool: Spool, history: History) -> Since:
    """Takes what changed since a point into a spool; returns the point reached. Raises `Expired`."""
    usable(since, directory.controller())
    if not history.knows(realm_of(since), since.usn):
        raise Expired(
            Text(
                f"{directory.base} : les notes de la lecture précédente ne sont plus là ; tout sera relu",
                f"{directory.base}: the notes of the earlier reading are not there any more; all is read again",
            )
        )
    reading = _Reading(directory, spool, history, suffix_of(directory), dn_key(directory.base))
    until = since
    for found, reached in changed(directory, since):
        reading.want(found)
        until = reached
    reading.run()
    spool.complete()
    return until


@dataclass(slots=True)
class _Reading:
    """Changed ids being read, and what they lead to."""

    directory: Directory
    spool: Spool
    history: History
    suffix: bytes
    base: str
    wanted: set[bytes] = field(default_factory=set)
    seen: set[bytes] = field(default_factory=set)
    said_dead: set[bytes] = field(default_factory=set)

    def want(self, found: Iterable[_Named]) -> None:
        for guid, dead in found:
            if guid not in self.seen:
                self.wanted.add(guid)
            if dead:
                self.said_dead.add(guid)
        if len(self.seen) + len(self.wanted) > MANY:
            raise Expired(
                Text(
                    f"plus de {MANY} entrées ont changé ; tout relire est plus rapide",
                    f"more than {MANY} entries changed; reading everything is quicker",
                )
            )

    def run(self) -> None:
        """Reads until nothing more is wanted."""
        while self.wanted:
            batch, self.wanted = sorted(self.wanted), set()
            self.seen.update(batch)
            missing = set(batch)
            for page in self.directory.by_guid(batch):
                missing -= {entry.attributes.get("objectGUID", (b"",))[0] for entry in page}
                self._alive(page)
            self._missing(sorted(missing))

    def _alive(self, page: list[Entry]) -> None:
        inside = []
        for entry in page:
            guid = entry.attributes["objectGUID"][0]
            if is_inside(entry.dn, self.base):
                if is_item(entry, self.base):
                    inside.append(entry)
                if self.history.renamed(guid, entry.dn):
                    self._owners(guid)
                    if rank_of(lowered(entry.attributes)) == RANK_PLACE:
                        self._below(entry.dn)
            elif self.history.known(guid):  # it left what this endpoint looks at
                self._gone(entry)
                self._owners(guid)
        self.spool.add(inside)
        self.history.note(page, self.suffix)

    def _missing(self, guids: list[bytes]) -> None:
        """Ids that no living entry has: the second read, deleted entries too."""
        left = set(guids)
        for page in self.directory.by_guid(guids, deleted=True):
            alive = [entry for entry in page if not is_deleted(lowered(entry.attributes))]
            self._alive(alive)
            for entry in page:
                guid = entry.attributes["objectGUID"][0]
                left.discard(guid)
                if entry not in alive and self.history.known(guid):
                    self._gone(entry)
                    self._owners(guid)
        for guid in sorted(left):
            if not self.history.known(guid):
                continue
            if guid in self.said_dead:  # said deleted, and not to be found: its tombstone is hidden, or past its time
                self.spool.gone(key_of(rank, guid) for rank in RANKS)
                self.history.note_gone([guid])
                self._owners(guid)
            else:
                self.spool.unreadable(self.history.key(guid))

    def _gone(self, entry: Entry) -> None:
        guid = entry.attributes["objectGUID"][0]
        lower = lowered(entry.attributes)
        ranks = [rank_of(lower)] if "objectclass" in lower else RANKS
        self.spool.gone(key_of(rank, guid) for rank in ranks)
        self.history.note_gone([guid])

    def _owners(self, guid: bytes) -> None:
        self.want((owner, False) for owner in self.history.who_named(guid))

    def _below(self, dn: str) -> None:
        """Everything below a place that has another name has another name."""
        with self.directory.session().another() as apart:
            for page in apart.pages(dn, ber.SUB, attributes=("objectGUID",), size=self.directory.config.page_size):
                self.want(_ids(page))


def is_item(entry: Entry, base: str) -> bool:
    """Whether an entry below the base, or the base's own, is an item. The base is the container and no item; but a
    whole domain's own entry is one, for its policies."""
    return dn_key(entry.dn) != base or "domaindns" in classes_of(lowered(entry.attributes))


def is_inside(dn: str, base: str) -> bool:
    """Whether a name is the base's, or below it. `base`: as names are matched."""
    key = dn_key(dn)
    return key == base or key.endswith("," + base)
