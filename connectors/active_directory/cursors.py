"""Cursors: what a later call needs to go on from, as JSON, so that a person can read them in the ledger.

A point (`Since`) names the domain controller and its database: a change number means something there only, and a
DirSync cookie may be refused or start anew elsewhere (MS-ADTS 3.1.1.3.4.1.3; win32#1372).
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from typing import Literal

from transhumance.connectors.contract import Expired, Text

Way = Literal["dirsync", "dirsync-own", "usn"]


@dataclass(frozen=True, slots=True)
class Since:
    """From where changes are asked for. `server`: the controller's dNSHostName. `invocation`: its database's id,
    hexadecimal. `usn`: the highest change number committed there. `way`: how changes are asked for; `cookie`: what
    DirSync gave, base64."""

    server: str
    invocation: str
    usn: int
    way: Way
    cookie: str = ""

    @classmethod
    def read(cls, text: bytes) -> Since:
        """A point that `write` gave. Raises `Expired` where it is none (another version of this program)."""
        try:
            said = json.loads(text)
            return cls(said["server"], said["invocation"], int(said["usn"]), said["way"], said.get("cookie", ""))
        except (ValueError, KeyError, TypeError):
            raise unusable() from None

    def write(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True).encode()

    @property
    def cookie_bytes(self) -> bytes:
        return b64decode(self.cookie)

    def with_cookie(self, cookie: bytes, usn: int) -> Since:
        """The same way, from further on."""
        return Since(self.server, self.invocation, usn, self.way, b64encode(cookie).decode())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing stands. `since`: where the changes start, None for a listing of everything. `until`: the point
    that was taken before the listing began, and that its last page hands out. `after`: the last key given."""

    since: Since | None
    until: Since
    after: bytes

    def write(self) -> bytes:
        said = {
            "since": asdict(self.since) if self.since else None,
            "until": asdict(self.until),
            "after": self.after.hex(),
        }
        return json.dumps(said, sort_keys=True).encode()


def read(cursor: bytes) -> Place | Since:
    """A cursor again: a place inside a listing, or the point from which a new one asks for changes. Raises
    `Expired`."""
    try:
        said = json.loads(cursor)
    except ValueError:
        raise unusable() from None
    if not isinstance(said, dict) or "until" not in said:
        return Since.read(cursor)
    try:
        since = Since(**said["since"]) if said["since"] else None
        return Place(since, Since(**said["until"]), bytes.fromhex(said["after"]))
    except (ValueError, KeyError, TypeError):
        raise unusable() from None


def unusable() -> Expired:
    """A cursor that can't be read."""
    return Expired(
        Text(
            "un point de reprise de l'annuaire est illisible ; tout sera relu, rien n'est perdu",
            "a point to go on from in the directory can't be read; all will be read again, nothing is lost",
        )
    )
