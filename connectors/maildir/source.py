"""Reading Maildirs. A folder is a container, a file of `cur` or `new` an item; its key is the unique part of its name,
so that a flag changes the version and not the key.

The internal date is the file's time in whole seconds, as Dovecot has it; a time of 0 says none.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from transhumance.connectors.contract import (
    Body,
    Container,
    Environment,
    Expired,
    Fault,
    ItemRef,
    Page,
    Record,
    Selector,
    Subject,
    Text,
    Value,
    key_from_text,
    key_text,
)
from transhumance.connectors.formats.exports import Owned, subjects_of
from transhumance.connectors.formats.mailfiles import (
    FORM,
    KIND,
    OURS,
    Listings,
    file_version,
    foreign,
    instant,
    mail_entries,
    read_file,
    root_identity,
    unread,
    why,
)
from transhumance.connectors.formats.mailfolders import roles_by_name
from transhumance.connectors.maildir.config import MaildirConfig
from transhumance.connectors.maildir.filenames import FileName, flags_of, parse_name
from transhumance.connectors.maildir.keywords import Keywords, read_keywords
from transhumance.connectors.maildir.layout import (
    MARK,
    PARTS,
    enters,
    folders,
    holds_mail,
    is_maildir,
    maildir_root,
    may_be_maildir,
)

_SYSTEM = frozenset({"$Forwarded", "$MDNSent"})  # keywords in a Maildir, flags everywhere else
# what servers and readers keep beside the mail, by the start of the name
_INDEXES = (
    "courierimap",
    "dovecot-keywords",
    "dovecot-uid",
    "dovecot.index",
    "dovecot.list.index",
    "dovecot.mailbox.log",
    "maildirfolder",
    "maildirshared",
    "maildirsize",
    "subscriptions",
    ".isyncuidmap",
    ".mbsyncstate",
    ".uidvalidity",
    MARK,
    os.fsdecode(OURS),
)
_SECOND = 10**9
_PRINT = b"\0folder "  # no key starts so: names of files hold no NUL
_TICK = 2.0  # seconds within which a time of a file may stand for two states


class MaildirSource:
    """Maildirs, read."""

    def __init__(self, config: MaildirConfig, environment: Environment) -> None:
        self._config, self._base = config, environment.base
        self._root = environment.base / config.path
        self._listings = Listings(config.page)
        self._keywords: dict[bytes, tuple[object, Keywords]] = {}
        self._prints: dict[bytes, bytes | None] = {}

    def identity(self) -> str:
        return root_identity("maildir", self._root)

    def subjects(self, selector: Selector) -> Iterator[Subject]:
        yield from (s for s in subjects_of(self._entries()) if selector.wants(s.key))

    def containers(self, subject: Subject, workload: str) -> Iterator[Container]:
        if workload != "mail":
            return
        entries = [entry for entry in self._entries() if entry.subject == subject.key]
        for entry in entries:
            prefix = (os.fsdecode(entry.path.name),) if len(entries) > 1 else ()
            yield from self._containers(subject.key, entry.path, prefix)

    def _containers(self, subject: bytes, entry: Path, prefix: tuple[str, ...]) -> Iterator[Container]:
        link = entry.is_symlink() and entry != self._root
        root = entry if link else maildir_root(entry)
        found = [] if link or not os.path.isdir(root) else folders(root)
        place = os.path.relpath(os.fsencode(root), os.fsencode(self._root))
        if not link and os.path.isdir(root) and not enters(os.fsencode(root)):
            yield Container(subject, "mail", place + b"/", prefix)  # above all of its folders, not the inbox
            return
        if not any(folder.directory == b"" for folder in found) and (not found or any(_beside(root))):
            yield Container(subject, "mail", place, prefix)  # what is there is told, though it is no mail
        roles = roles_by_name(folder.names for folder in found)
        subscribed = _subscribed(root)
        for folder in found:
            key = os.path.normpath(os.path.join(place, folder.directory))
            role = "inbox" if not folder.directory else roles.get(folder.names)
            properties: dict[str, Value] = {"subscribed": True} if folder.directory in subscribed else {}
            yield Container(subject, "mail", key, prefix + folder.names, role, properties)

    def page(self, container: Container, cursor: bytes | None) -> Page:
        if cursor is not None and cursor.startswith(_PRINT):
            if cursor == self._fingerprint(container):
                return Page((), None, since=cursor)
            raise Expired(Text("le dossier a changé", "the folder has changed"))
        if cursor is None:
            self._prints[container.key] = self._fingerprint(container)
        page = self._listings.page(container.key, cursor, lambda: self._list(container))
        return page if page.next else replace(page, since=self._prints.pop(container.key, None))

    def _fingerprint(self, container: Container) -> bytes | None:
        """What changes whenever a file of the folder comes, goes or is renamed, which is all that may happen to a
        Maildir's file; None while it could change once more within the same tick of the clock."""
        folder = self._folder(container)
        names = (".", *map(os.fsdecode, sorted(PARTS)), "dovecot-keywords", "courierimapkeywords")
        try:
            found = [os.lstat(folder / name) if os.path.lexists(folder / name) else None for name in names]
        except OSError:
            return None
        if any(each and time.time() - each.st_mtime < _TICK for each in found):
            return None
        stamps = [each and (each.st_ino, each.st_mtime_ns, each.st_size) for each in found]
        return _PRINT + hashlib.sha256(repr(stamps).encode()).digest()

    def fetch(self, container: Container, refs: Sequence[ItemRef]) -> Iterator[Record | Fault]:
        folder = self._folder(container)
        keywords = self._known_keywords(folder, container.key)
        moved: dict[bytes, str] | None = None
        for ref in refs:
            answer = read_item(folder, ref.key, ref.locator, keywords)
            if answer is None:  # renamed since: a reader has set a flag, or moved it to cur
                moved = _places(folder, {ref.key for ref in refs}) if moved is None else moved
                answer = read_item(folder, ref.key, moved.get(ref.key, ""), keywords)
            yield answer or Fault(ref.key, "GEN-READ-01", "gone", KIND, FORM)

    def close(self) -> None:
        self._listings.close()
        self._keywords.clear()

    def _entries(self) -> list[Owned]:
        if self._config.subject is None and is_maildir(os.fsencode(self._root)):
            return [Owned(os.fsencode(self._root.resolve().name), self._root, unassigned=True)]
        return mail_entries(self._config, self._base)

    def _folder(self, container: Container) -> Path:
        return self._root / os.fsdecode(container.key)

    def _known_keywords(self, folder: Path, key: bytes) -> Keywords:
        """The folder's keywords, read again when one of their files has changed."""
        stamp = tuple(_stamp(folder / name) for name in ("dovecot-keywords", "courierimapkeywords"))
        kept = self._keywords.get(key)
        if kept is None or kept[0] != stamp:
            if len(self._keywords) > 64:
                self._keywords.clear()
            kept = self._keywords[key] = (stamp, read_keywords(folder))
        return kept[1]

    def _list(self, container: Container) -> Iterator[ItemRef]:
        folder = self._folder(container)
        try:
            kind = folder.lstat().st_mode
            if not stat.S_ISDIR(kind) and (folder != self._root or not folder.is_dir()):
                yield foreign(container.key, "MAIL-FILE-01", "a link" if stat.S_ISLNK(kind) else "no folder of mail")
                return
            os.stat(folder / ".")  # may it be entered? Its entries would only seem not to be there
            keywords = self._known_keywords(folder, container.key)
            for part in ("cur", "new"):
                if (folder / part).is_dir():
                    yield from _messages(folder, part, keywords)
            yield from _unfinished(folder)
        except OSError as error:
            yield unread(folder, error)
            return
        yield from (foreign(name, "MAIL-FILE-01", detail) for name, detail in _beside(folder))


def _messages(folder: Path, part: str, keywords: Keywords) -> Iterator[ItemRef]:
    with os.scandir(os.fsencode(folder / part)) as entries:
        for entry in entries:
            raw = entry.name
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # renamed or expunged since: it stands under its new name, or is gone
            if raw.startswith(b".") or not stat.S_ISREG(found.st_mode):
                yield foreign(raw, "MAIL-FILE-01", f"in {part}: hidden, a link or no regular file")
                continue
            name = parse_name(raw)
            version = version_of(found, part, name, keywords)
            yield ItemRef(name.key, version, KIND, FORM, found.st_size, locator=locate(part, raw))


def locate(part: str, raw: bytes) -> str:
    """Where a file lies in its folder, as text."""
    text = raw.decode("ascii") if raw.isascii() and b"%" not in raw else ""
    return f"{part}/{text if text.isprintable() and text else key_text(raw)}"


def version_of(found: os.stat_result, part: str, name: FileName, keywords: Keywords) -> str:
    """A version that changes with the file, its folder (`new` or `cur`), its flags and its keywords."""
    version = f"{file_version(found)}.{part[0]}"
    if name.letters or name.other:
        version += "." + key_text(bytes(sorted(name.letters)) + name.other)
    names = words_of(name, keywords)
    return f"{version}.{zlib.crc32(repr(names).encode('utf-8', 'surrogatepass')):x}" if names else version


def words_of(name: FileName, keywords: Keywords) -> list[str]:
    """The keywords of a message, Dovecot's and Courier's."""
    if not keywords.letters and not keywords.by_key:
        return []
    letters = flags_of(name.letters)[1]
    words = {keywords.letters[letter] for letter in letters if letter in keywords.letters}
    return sorted(words | set(keywords.by_key.get(name.key, ())))


def read_item(folder: Path, key: bytes, locator: str, keywords: Keywords) -> Record | Fault | None:
    """The record of one file, the fault that it can't be read, or None where it is not there."""
    part, _, text = locator.partition("/")
    if part not in ("cur", "new"):
        return None
    raw = key_from_text(text)
    try:
        body, found = read_file(os.path.join(os.fsencode(folder), part.encode(), raw))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return Fault(key, "GEN-READ-01", why(error) if isinstance(error, OSError) else "no such name", KIND, FORM)
    return record_of(key, part, parse_name(raw), body, found, keywords)


def record_of(key: bytes, part: str, name: FileName, body: Body, found: os.stat_result, keywords: Keywords) -> Record:
    """The record of a file that was read."""
    flags, letters, rest = flags_of(name.letters)
    words = words_of(name, keywords)
    properties: dict[str, Value] = {}
    if set_flags := sorted({*flags, *(word for word in words if word in _SYSTEM)}):
        properties["flags"] = tuple(set_flags)
    if plain := tuple(word for word in words if word not in _SYSTEM):
        properties["keywords"] = plain
    if found.st_mtime_ns and (when := instant(found.st_mtime_ns // _SECOND * _SECOND)):
        properties["internal_date"] = when
    rest += "".join(letter for letter in letters if letter not in keywords.letters)
    if rest or name.other:
        properties["maildir_info"] = rest + name.other.decode("utf-8", "surrogateescape")
    if part == "new":
        properties["maildir_new"] = True
    return Record(key, KIND, FORM, properties, {"content": body})


def _places(folder: Path, wanted: set[bytes]) -> dict[bytes, str]:
    """Where these messages lie now."""
    found: dict[bytes, str] = {}
    for part in ("new", "cur"):
        try:
            with os.scandir(os.fsencode(folder / part)) as entries:
                for entry in entries:
                    if (key := parse_name(entry.name).key) in wanted:
                        found[key] = locate(part, entry.name)
        except OSError:
            continue
    return found


def _unfinished(folder: Path) -> Iterator[ItemRef]:
    """Deliveries that never ended; files that a target of ours writes aside are not told."""
    try:
        names = sorted(os.listdir(os.fsencode(folder / "tmp")))
    except FileNotFoundError:
        return
    except OSError as error:
        yield unread(folder / "tmp", error, b"tmp/")
        return
    yield from (foreign(b"tmp/" + name, "MAIL-TMP-01", "in tmp") for name in names if not name.startswith(OURS))


def _beside(folder: Path) -> Iterator[tuple[bytes, str]]:
    """What lies in a folder and is neither mail, nor a folder of mail, nor a server's index."""
    try:
        with os.scandir(os.fsencode(folder)) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in found:
        text = os.fsdecode(entry.name)
        if entry.name in PARTS or text.startswith(_INDEXES):
            continue
        if entry.is_dir(follow_symlinks=False):
            dotted = entry.name.startswith(b".")
            if not (may_be_maildir(entry.path) if dotted else holds_mail(entry.path)):
                yield entry.name, "a folder without mail"
        else:
            yield entry.name, "a link" if entry.is_symlink() else "a file beside the mail"


def _subscribed(root: Path) -> frozenset[bytes]:
    """The directories of folders that are subscribed to, by Dovecot's or Courier's list. Only Maildir++ names are
    looked for; a folder that is in no list says nothing."""
    found: set[bytes] = set()
    for name, prefix in (("subscriptions", b""), ("courierimapsubscribed", b"INBOX.")):
        try:
            data = (root / name).read_bytes()[: 1 << 20]
        except OSError:
            continue
        for line in data.splitlines():
            line = line.replace(b"\t", b".").removeprefix(prefix)
            found.add(b"" if line.upper() == b"INBOX" else b"." + line)
            found.add(line.replace(b".", b"/"))
    return frozenset(found)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
        return found.st_mtime_ns, found.st_ino
    except OSError:
        return None
