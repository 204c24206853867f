"""The first screen: can we go, can we come back, what is lost. Values ready to be drawn, from the document alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from transhumance.plans.report.blocks import Anchor, Block, Doc, Line, slug, table
from transhumance.plans.report.charts import GRADES, Stop, bar, rail, spoken, swatch
from transhumance.plans.report.classes import PROOFS, RANK
from transhumance.plans.report.document import PHASES
from transhumance.plans.report.sections import class_label, with_basis
from transhumance.plans.report.voice import Voice

MOST_ROWS = 30  # rows of the main table that are shown without folding
WORST = 12


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the five answers, all drawn at the same size."""

    swatch: Markup
    number: str
    word: str
    share: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the main table: a workload of a wave for a target."""

    wave: str
    place: str
    letter: str
    label: str
    words: str
    lost: str
    losses: tuple[Anchor, ...]
    more: str
    bar: Markup
    back: str
    proof: str
    items: str
    blocked: str
    not_assessed: str
    sampled: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One phase of the way back of a wave."""

    title: str
    lines: tuple[tuple[str, str], ...]
    point: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The way back of a wave over its phases."""

    wave: str
    line: Markup
    columns: tuple[Column, ...]


def headline(doc: Doc, v: Voice) -> str:
    """`GO`, `GO avec 4 décisions`, `NO GO`."""
    go = doc["r1"]["go"]
    return v.counted("decisions", len(doc["decisions"])) if go == "go_with_decisions" else v.word("go", go)


def waves(doc: Doc, v: Voice) -> list[tuple[str, str, str]]:
    """(wave, its own headline, which of the three it is)."""
    return [
        (
            row["wave"],
            v.counted("decisions", row["decisions"]) if row["go"] == "go_with_decisions" else v.word("go", row["go"]),
            row["go"],
        )
        for row in doc["r1"]["waves"]
    ]


def waves_in_short(doc: Doc, v: Voice) -> str:
    """`NO GO : 1, GO : 3`: how many waves have each answer."""
    answers = [row["go"] for row in doc["r1"]["waves"]]
    kinds = ("no_go", "go_with_decisions", "go")
    return ", ".join(f"{v.word('go', go)}{v('colon')} {answers.count(go)}" for go in kinds if go in answers)


def weakest(doc: Doc, v: Voice) -> str:
    """The weakest proof that any answer of the report rests on."""
    proofs = {row["proof"] for row in doc["verdicts"] if row["items"]}
    proof = next((name for name in ("not_assessed", *PROOFS) if name in proofs), "not_assessed")
    return f"{v.word('proof', proof)} ({v.word('proof_long', proof)})"


def tiles(doc: Doc, v: Voice) -> list[Tile]:
    """How all answers come back: five tiles of one size, what was not assessed among them."""
    grades = doc["r1"]["totals"]["grades"]
    total = sum(grades.values())
    return [
        Tile(swatch(name), v.num(grades.get(name, 0)), v.word("back", name), v.percent(grades.get(name, 0), total))
        for name in GRADES
    ]


def total_bar(doc: Doc, v: Voice) -> Markup:
    grades = doc["r1"]["totals"]["grades"]
    return bar({name: grades.get(name, 0) for name in GRADES}, v, tall=True)


def rows(doc: Doc, v: Voice) -> list[Row]:
    """Every verdict, in the document's order."""
    losses: dict[tuple[str, str], list[Doc]] = {}
    for loss in doc["losses"]:
        losses.setdefault((loss["workload"], loss["wave"]), []).append(loss)
    return [_row(row, losses.get((row["workload"], row["wave"]), []), v) for row in doc["verdicts"]]


def worst(all_rows: Sequence[Row], doc: Doc) -> list[Row]:
    """The rows to show first when there are many: worst class, then most that is not assessed or blocked."""
    order = sorted(
        range(len(all_rows)),
        key=lambda at: (
            -RANK.index(doc["verdicts"][at]["class"]),
            -doc["verdicts"][at]["not_assessed"],
            -doc["verdicts"][at]["blocked"],
            at,
        ),
    )
    return [all_rows[at] for at in order[:WORST]]


def _row(verdict: Doc, there: Sequence[Doc], v: Voice) -> Row:
    touching = [loss for loss in there if loss["target"] in (None, verdict["target"]) and loss["count"]]
    losses = [loss for loss in touching if loss["severity"] != "info"]
    codes = {loss["code"]: v.of(loss, "what") for loss in losses}
    forward = verdict["forward"]
    lost = ", ".join(v.counted(name, forward[name]) for name in ("reduced", "blocked", "not_assessed") if forward[name])
    return Row(
        wave=verdict["wave"],
        place=f"{v.word('workload', verdict['workload'])} → {verdict['target']}",
        letter=verdict["class"],
        label=class_label(verdict, v),
        words=v.word("class", verdict["class"]),
        lost=lost or v("nothing_lost"),
        losses=tuple(Anchor(what, f"#{slug(code)}") for code, what in list(codes.items())[:2]),
        more=v.counted("more", len(codes) - 2) if len(codes) > 2 else "",
        bar=bar(verdict["grades"], v),
        back=spoken(verdict["grades"], v) or v("none"),
        proof=v.word("proof", verdict["proof"]),
        items=v.num(verdict["items"]),
        blocked=v.num(verdict["blocked"]),
        not_assessed=v.num(verdict["not_assessed"]),
        sampled=verdict["basis"] == "estimated",
    )


def decisions(doc: Doc, v: Voice) -> Block:
    """What someone must still decide, with who and when."""
    if not doc["decisions"]:
        return Line(v("decisions_none"))
    rows = [
        (
            v.of(row, "what"),
            row["owner"] or v("unnamed"),
            v.day(row["due"], v("undated")),
            ", ".join(row["waves"]) or v("everyone"),
        )
        for row in doc["decisions"]
    ]
    columns = "col_decision col_owner col_due col_waves"
    return table(v, "open-decisions", v("decisions_caption"), columns, rows)


def rehearsal(doc: Doc, v: Voice) -> str:
    """When the way back was last run, and how that went."""
    section = doc["r8"]
    last = section if section["status"] == "not_assessed" else section["rehearsal"]
    if last["status"] == "not_assessed":
        return f"{v.yes(None)} ({v.text(last['reason'])})"
    return f"{v.day(last['on'])}, {v('rehearsal_passed' if last['passed'] else 'rehearsal_failed')}"


def timelines(doc: Doc, v: Voice) -> list[Timeline]:
    """One line a wave that has a way back or a point of no return."""
    named = [wave["wave"] for wave in doc["r1"]["waves"]]
    return [found for wave in named if (found := _timeline(wave, doc, v))]


def _timeline(wave: str, doc: Doc, v: Voice) -> Timeline | None:
    ways = [row for row in doc["way_back"] if row["wave"] == wave and row["command"]]
    points = [point for point in doc["points_of_no_return"] if point["wave"] == wave]
    here = {row["phase"] for row in ways} | {point["phase"] for point in points}
    if not here:
        return None
    phases = [phase for phase in PHASES if phase in here] + sorted(here - set(PHASES))
    columns = [_column(phase, ways, points, v) for phase in phases]
    stops = [_stop(phase, ways, points) for phase in phases]
    return Timeline(wave, rail(stops, _alternative(wave, phases, stops, v)), tuple(columns))


def _stop(phase: str, ways: Sequence[Doc], points: Sequence[Doc]) -> Stop:
    own = [row for row in ways if row["phase"] == phase]
    return Stop(
        way=bool(own),
        rehearsed=bool(own) and all(row["rehearsed"] for row in own),
        point=any(point["phase"] == phase for point in points),
    )


def _column(phase: str, ways: Sequence[Doc], points: Sequence[Doc], v: Voice) -> Column:
    own = [row for row in ways if row["phase"] == phase]
    lines = [
        (v("rto_short"), _joined(with_basis(row, "rto", v) for row in own)),
        (v("rpo_short"), _joined(with_basis(row, "rpo", v) for row in own)),
        (v("rehearsed_short"), _rehearsed(own, v)),
    ]
    there = "; ".join(f"{v.of(p, 'step')} — {_signs(p, v)}" for p in points if p["phase"] == phase)
    return Column(v.word("phase", phase), tuple(lines) if own else (), there)


def _signs(point: Doc, v: Voice) -> str:
    if point["signed_by"]:
        return v("signs_line", who=point["signed_by"])
    return v("to_sign_line", who=point["signs"]) if point["signs"] else v("to_sign_blank")


def _joined(values: object) -> str:
    """The different values, in order; at most three."""
    different = list(dict.fromkeys(values))  # type: ignore[call-overload]
    return " / ".join(different[:3]) + (" …" if len(different) > 3 else "")


def _rehearsed(own: Sequence[Doc], v: Voice) -> str:
    days = sorted(row["rehearsed"] for row in own if row["rehearsed"])
    if not days:
        return v("never")
    share = "" if len(days) == len(own) else f" ({v('of_workloads', n=len(days), all=len(own))})"
    return v.day(days[0]) + share


def _alternative(wave: str, phases: Sequence[str], stops: Sequence[Stop], v: Voice) -> str:
    named = list(zip((v.word("phase", phase) for phase in phases), stops, strict=True))
    open_ = [name for name, stop in named if stop.way and not stop.point]
    turn = next((name for name, stop in named if stop.point), None)
    way = (
        v("timeline_alt", wave=wave, first=open_[0], last=open_[-1])
        if open_
        else f"{wave}{v('colon')} {v('no_way_back')}"
    )
    return f"{way}, {v('timeline_point', phase=turn) if turn else v('timeline_open')}"
