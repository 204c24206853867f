"""The report as plain text, 80 columns wide: what a terminal or a mail shows."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from transhumance.plans.report.document import SEVERITIES, document_digest
from transhumance.plans.report.screen import headline, rehearsal, waves, weakest
from transhumance.plans.report.sections import class_label
from transhumance.plans.report.voice import Voice
from transhumance.plans.report.wording import NBSP, THIN

Doc: TypeAlias = Mapping[str, Any]
WIDTH = 80
MOST = 40  # rows of a table; the JSON document has them all


def summary(document: Doc, lang: str = "fr") -> str:
    """The whole text, each line at most 80 columns, a line feed at its end. Raises KeyError for another language."""
    v = Voice(lang)
    parts = [
        _head(document, v),
        _answer(document, v),
        _table(document, v),
        _decisions(document, v),
        _losses(document, v),
    ]
    text = "\n\n".join("\n".join(lines) for lines in parts if lines)
    return text.replace(NBSP, " ").replace(THIN, " ") + "\n"


def _head(doc: Doc, v: Voice) -> list[str]:
    identity = doc["identity"]
    place = identity["establishment"] + (f", {v('finess', n=identity['finess'])}" if identity["finess"] else "")
    lines = [v("title").upper(), identity["title"] or "", place]
    lines.append(f"{v('plan_line', plan=identity['plan'], n=identity['revision'])}, {v.word('pass', identity['pass'])}")
    lines.append(f"{v('made_on')}{v('colon')} {v.moment(identity['generated'])}")
    lines.append(f"{v('expires_on')}{v('colon')} {v.moment(identity['expires'], v('no_expiry'))}")
    return [line for text in lines if text for line in _wrapped(v.shown(text, 160))]


def _answer(doc: Doc, v: Voice) -> list[str]:
    lines = [headline(doc, v), *_wrapped(v.text(doc["r1"]["sentence"]))]
    said = waves(doc, v)
    lines += [f"  {_fit(v.shown(wave, 60), 20)} {text}" for wave, text, _ in said[:MOST] if len(said) > 1]
    for reason in doc["r1"]["reasons"][:MOST]:
        where = f"{v.shown(reason['wave'], 60)}{v('colon')} " if reason["wave"] else ""
        lines += _wrapped(f"- {where}{v.shown(v.text(reason['text']), 300)}", "  ")
    lines += _wrapped(f"{v('weakest_proof')}{v('colon')} {weakest(doc, v)}")
    lines += _wrapped(f"{v('last_rehearsal')}{v('colon')} {rehearsal(doc, v)}")
    return [*lines, *_wrapped(f"SHA-256{v('colon')} {document_digest(doc)}")]


def _table(doc: Doc, v: Voice) -> list[str]:
    rows = doc["verdicts"]
    head = ("col_wave", "col_workload", "col_class", "col_items", "col_blocked", "short_na")
    cells = [[v(key) for key in head]]
    for row in rows[:MOST]:
        place = f"{v.word('workload', row['workload'])} → {row['target']}"
        numbers = (v.num(row["items"]), v.num(row["blocked"]), v.num(row["not_assessed"]))
        cells.append([v.shown(row["wave"], 60), v.shown(place, 60), class_label(row, v), *numbers])
    lines = _aligned(cells)
    lines.insert(1, "-" * WIDTH)
    lines += [v("shown_of", n=MOST, all=v.num(len(rows)), file="reversibility.json")] if len(rows) > MOST else []
    totals = doc["r1"]["totals"]
    items, answers = v.counted("items", totals["source_items"]), v.counted("answers", totals["answers"])
    said = v("totals_note", items=items, answers=answers, basis=v.word("basis", totals["basis"]))
    back = ", ".join(v.counted(name, n) for name, n in totals["grades"].items())
    return [*lines, *_wrapped(said), *(_wrapped(f"{v('col_back')}{v('colon')} {back}.") if back else [])]


def _decisions(doc: Doc, v: Voice) -> list[str]:
    if not doc["decisions"]:
        return [v("decisions_none")]
    lines = [v("decisions")]
    for at, row in enumerate(doc["decisions"][:MOST], 1):
        who = f"({row['owner'] or v('unnamed')}, {v.day(row['due'], v('undated'))})"
        lines += _wrapped(f"{at:2}. {v.shown(v.of(row, 'what'), 300)} {v.shown(who, 120)}", "    ")
    return lines


def _losses(doc: Doc, v: Voice) -> list[str]:
    if not doc["losses"]:
        return [v("findings_none")]
    counts: dict[tuple[int, str], int] = {}
    words = {}
    for loss in doc["losses"]:
        key = (SEVERITIES.index(loss["severity"]), loss["code"])
        counts[key] = counts.get(key, 0) + loss["count"]
        words[key] = v.of(loss, "what")
    lines = [v("findings")]
    for key in sorted(counts)[:MOST]:
        severity = v.word("severity", SEVERITIES[key[0]])
        said = f"{v.shown(key[1], 60)} ({severity}, {v.counted('items', counts[key])}){v('colon')} {words[key]}"
        lines += _wrapped(v.shown(said, 400), "    ")
    return lines


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Wave, place, class, and three numbers; names are cut to what the numbers leave, numbers never."""
    wide = [max(_columns(row[at]) for row in rows) for at in (3, 4, 5)]
    widths = (11, max(WIDTH - sum(wide) - 11 - 12 - 5, 8), 12, *wide)
    return [
        " ".join(_fit(cell, width, right=at > 2) for at, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]


def _fit(text: str, width: int, right: bool = False) -> str:
    """The text in exactly so many columns, cut by `…`; East Asian wide characters take two, combining ones none."""
    if _columns(text) > width:
        while _columns(text) > width - 1:
            text = text[:-1]
        text += "…"
    space = " " * (width - _columns(text))
    return space + text if right else text + space


def _columns(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
