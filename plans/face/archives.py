"""`archive ls` and `archive verify`: what an archive holds, and whether it still is what was written."""

from __future__ import annotations

import shlex
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from transhumance.connectors.archive.check import Entry, listing, verify
from transhumance.connectors.contract import key_text
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, number, shown, size
from transhumance.plans.face.inventories import more

LISTED = 1000
_STYLE = {"missing": "bad", "altered": "bad", "damaged": "bad", "stray": "warn"}


@dataclass(slots=True)
class _Sum:
    """The items of one container."""

    workload: str
    subject: str
    path: tuple[str, ...]
    items: int = 0
    bytes: int = 0

    def add(self, entry: Entry) -> None:
        self.items += 1
        self.bytes += entry.size


def show_listing(console: Console, folder: Path) -> int:
    """A line for each container with its counts; with --json one for each item too. Memory follows the number of
    containers, not of items."""
    sums: dict[tuple[str, bytes, tuple[str, ...]], _Sum] = {}
    with tempfile.TemporaryDirectory(prefix="transhumance-") as spool:
        for entry in listing(folder, Path(spool)):
            key = (entry.workload, entry.subject, entry.container)
            if key not in sums:
                sums[key] = _Sum(entry.workload, key_text(entry.subject), entry.container)
            sums[key].add(entry)
            _emit(console, entry)
    rows = [_row(console, one) for one in sums.values()]
    head_fr = ["domaine", "sujet", "conteneur", "éléments", "volume"]
    head_en = ["workload", "subject", "container", "items", "size"]
    console.table(head_fr if console.lang == "fr" else head_en, rows[:LISTED], right=(3, 4))
    more(console, len(rows), LISTED)
    items, total = sum(one.items for one in sums.values()), sum(one.bytes for one in sums.values())
    counted = f"{number(items, console.lang)} {words.plural(items, *words.ITEM, console.lang)}"
    held = f"{number(len(rows), console.lang)} {words.plural(len(rows), *words.CONTAINER, console.lang)}"
    volume = size(total, console.lang)
    console.out(f"{counted}, {volume}, dans {held}.", f"{counted}, {volume}, in {held}.")
    following = f"transhume archive verify {shlex.quote(str(folder))}"
    console.emit("summary", items=items, bytes=total, containers=len(rows), exit_code=0, next=following)
    console.next(following, following)
    return 0


def _emit(console: Console, entry: Entry) -> None:
    console.emit(
        "entry",
        workload=entry.workload,
        subject=key_text(entry.subject),
        path=list(entry.container),
        key=key_text(entry.key),
        kind=entry.kind,
        size=entry.size,
        version=entry.version,
    )


def _row(console: Console, one: _Sum) -> list[Cell]:
    return [
        words.word(words.WORKLOAD, one.workload, console.lang),
        shown(one.subject, 50),
        shown("/".join(one.path)) or "-",
        number(one.items, console.lang),
        size(one.bytes, console.lang),
    ]


def show_verification(console: Console, folder: Path) -> int:
    """Names each file that is missing, altered, damaged or stray; 2 where there is any but strays."""
    counts: Counter[str] = Counter()
    for problem in verify(folder):
        counts[problem.trouble] += 1
        console.result(console.of(problem.text), _STYLE[problem.trouble])
        console.emit("file", path=problem.path, trouble=problem.trouble, detail=problem.detail)
    bad = sum(count for trouble, count in counts.items() if trouble != "stray")
    told = {trouble: counts[trouble] for trouble in _STYLE}
    lang = console.lang
    if bad:
        console.out(
            f"Archive abîmée : {number(bad, lang)} fichier(s) ; rien n'y a été touché.",
            f"The archive is damaged: {number(bad, lang)} file(s); nothing in it was touched.",
            "bad",
        )
    else:
        console.out(
            "Archive intacte : tout ce qui est indexé a été relu.",
            "Archive intact: all that is indexed was read.",
            "good",
        )
    if counts["stray"]:
        stray = number(counts["stray"], lang)
        console.out(f"{stray} fichier(s) inconnus de l'index.", f"{stray} file(s) unknown to the index.", "warn")
    folder_text = shlex.quote(str(folder))
    mend = "transhume quarantine retry" if bad else f"transhume archive ls {folder_text}"
    console.emit("summary", **told, exit_code=2 if bad else 0, next=mend)
    if bad:
        console.next(
            "transhume verify PLAN, puis quarantine retry : ce qui manque est écrit de nouveau",
            "transhume verify PLAN, then quarantine retry: what is missing is written again",
        )
    else:
        console.next(mend, mend)
    return 2 if bad else 0
