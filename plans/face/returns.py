"""What a return would write into the source itself, for a person to approve."""

from __future__ import annotations

from transhumance.connectors.contract import key_text
from transhumance.plans.commands.returning import KEPT, into_source, source_writes
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, Styled, number, shown
from transhumance.plans.face.inventories import LISTED, more
from transhumance.plans.project import Project

_ACTION = {"create": ("créer", "create"), "change": ("changer", "change"), "remove": ("ôter", "remove")}


def show_source_writes(console: Console, project: Project, wave: str) -> None:
    """The writes one by one with their count; nothing where the way back leads elsewhere, or the wave is not cut
    over."""
    if project.ledger.wave(wave).master != "target" or not into_source(project, wave):
        return
    found = source_writes(project, wave)
    rows: list[list[Cell]] = []
    for write in found.listed:
        subject, key = key_text(write.subject), key_text(write.key)
        action = words.word(_ACTION, write.action, console.lang)
        path = "/".join(write.path)
        rows.append([write.endpoint, shown(subject, 40), shown(path, 40), shown(key, 50), Styled(action, "warn")])
        console.emit(
            "source_write",
            workload=write.workload,
            endpoint=write.endpoint,
            subject=subject,
            path=list(write.path),
            item=key,
            action=write.action,
        )
    head_fr, head_en = (
        ["source", "sujet", "dossier", "élément", "écriture"],
        ["source", "subject", "folder", "item", "write"],
    )
    console.table(head_fr if console.lang == "fr" else head_en, rows[:LISTED])
    more(console, found.total, min(LISTED, KEPT))
    parts = [
        f"{number(n, console.lang)} × {words.word(_ACTION, a, console.lang)}" for a, n in sorted(found.counts.items())
    ]
    said = ", ".join(parts) or "0"
    console.out(
        f"Dans la source même, {found.total} écriture(s) : {said}.",
        f"Into the source itself, {found.total} write(s): {said}.",
    )
    console.emit("source_writes", wave=wave, total=found.total, counts=dict(sorted(found.counts.items())))
