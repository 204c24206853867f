"""What `check` found: a line for each endpoint, then for what the plan is ready."""

from __future__ import annotations

from collections.abc import Sequence

from transhumance.connectors.contract import find_code
from transhumance.plans.commands.canaries import NAME
from transhumance.plans.commands.check import GOALS, Checked, EndpointCheck
from transhumance.plans.commands.probe import Probed
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, Styled, number, shown, size
from transhumance.plans.face.nextstep import command, next_step
from transhumance.plans.model.errors import PlanError
from transhumance.plans.project import Project

ROLE = {
    "source": ("source", "source"),
    "target": ("cible", "target"),
    "back": ("retour", "way back"),
    "directory": ("annuaire", "directory"),
}
ANSWER = {
    "same": ("identique", "same"),
    "changed": ("différent", "different"),
    "refused": ("refusé", "refused"),
    "lost": ("perdu", "lost"),
    "left": ("non retiré", "not removed"),
    "no_form": ("genre non pris", "kind not taken"),
}


def show_check(console: Console, project: Project, found: Checked) -> int:
    """Prints it; 2 where the plan is not ready for all, or a canary came back otherwise than the target foretold."""
    for error in found.unsupported:
        _field(console, error, "unsupported")
    for error in (*found.missing, *found.reserved):
        _field(console, error, "missing_file" if error in found.missing else "reserved")
    _endpoints(console, found)
    for each in found.endpoints:
        _empty(console, each)
        _diagnoses(console, each)
    _ledger(console, found)
    odd = _probes(console, found)
    ready = [goal for goal in GOALS if not found.why_not[goal]]
    code = 0 if len(ready) == len(GOALS) and not odd else 2
    _ready(console, project, found, ready, code)
    return code


def _field(console: Console, error: PlanError, kind: str) -> None:
    console.result(str(error), "warn" if kind == "reserved" else "bad")
    console.emit(kind, field=error.field, code=error.code, text=str(error))


def _endpoints(console: Console, found: Checked) -> None:
    head_fr = ["système", "connecteur", "rôle", "joint", "où", "écriture", "libre", "inodes", "besoin"]
    head_en = ["endpoint", "connector", "role", "reached", "where", "writable", "free", "inodes", "needs"]
    rows = [_row(console, each) for each in found.endpoints]
    console.table(head_fr if console.lang == "fr" else head_en, rows, right=(6, 7, 8))
    for each in found.endpoints:
        _emit(console, each)


def _row(console: Console, each: EndpointCheck) -> list[Cell]:
    yes, no = console.text("oui", "yes"), console.text("non", "no")
    reached: Cell = Styled(yes, "good") if each.reached else Styled(no, "bad")
    if each.made:
        reached = console.text("sera fait", "will be made")
    writable: Cell = {None: "-", True: yes}.get(each.writable) or Styled(no, "bad")
    free = each.space.bytes_free if each.space else None
    inodes = each.space.inodes_free if each.space else None
    return [
        each.name,
        each.connector,
        "+".join(words.word(ROLE, role, console.lang) for role in each.roles),
        reached,
        shown(str(each.location), 50) if each.location else "-",
        writable,
        "-" if free is None else size(free, console.lang),
        "-" if inodes is None else number(inodes, console.lang),
        _needs(console, each),
    ]


def _needs(console: Console, each: EndpointCheck) -> Cell:
    if "target" not in each.roles:
        return "-"
    if each.needed is None:
        return console.text("après assess", "after assess")
    need = f"{size(each.needed[0], console.lang)}, {number(each.needed[1], console.lang)}"
    return Styled(need, "bad") if each.short_of else need


def _emit(console: Console, each: EndpointCheck) -> None:
    console.emit(
        "endpoint",
        endpoint=each.name,
        connector=each.connector,
        roles=list(each.roles),
        reached=each.reached,
        reason=console.of(each.reason) if each.reason else "",
        identity=each.identity,
        location=str(each.location) if each.location else "",
        made=each.made,
        empty=each.empty,
        writable=each.writable,
        bytes_free=each.space.bytes_free if each.space else None,
        inodes_free=each.space.inodes_free if each.space else None,
        bytes_needed=each.needed[0] if each.needed else None,
        inodes_needed=each.needed[1] if each.needed else None,
        short_of=each.short_of,
    )


def _empty(console: Console, each: EndpointCheck) -> None:
    if each.empty:
        console.out(f"{each.name} : aucun sujet n'y est trouvé.", f"{each.name}: no subject is found there.", "warn")


def _diagnoses(console: Console, each: EndpointCheck) -> None:
    """What a live system says of itself: what is to be done stands below what is wrong."""
    for said in each.diagnoses:
        console.out(f"{each.name} : {said.what.fr}", f"{each.name}: {said.what.en}", said.level)
        if said.remedy:
            console.out(f"  → {said.remedy.fr}", f"  → {said.remedy.en}")
        remedy = console.of(said.remedy) if said.remedy else ""
        console.emit("diagnosis", endpoint=each.name, level=said.level, text=console.of(said.what), remedy=remedy)


def _ledger(console: Console, found: Checked) -> None:
    ledger = found.ledger
    place, free = shown(str(ledger.path), 200), size(ledger.free, console.lang)
    kind = ledger.file_system or "?"
    console.out(f"Registre : {place} ({kind}), {free} libres.", f"Ledger: {place} ({kind}), {free} free.")
    reason = console.of(ledger.reason) if ledger.reason else ""
    console.emit("ledger", path=str(ledger.path), file_system=ledger.file_system, bytes_free=ledger.free, reason=reason)


def _probes(console: Console, found: Checked) -> int:
    """What became of the canaries; returns how many of them nobody expected."""
    _probe_tables(console, found.probes)
    for each in found.probes:
        _emit_probe(console, each)
    for name, text in found.troubles:
        console.out(f"{name} : {text.fr}", f"{name}: {text.en}", "bad")
        console.emit("trouble", endpoint=name, text=console.of(text))
    for workload in found.without_canaries:
        name = words.word(words.WORKLOAD, workload, console.lang)
        console.out(f"{name} : pas de témoins pour ce domaine.", f"{name}: no canaries for this workload.", "warn")
    odd = sum(each.surprising for each in found.probes)
    if found.probes:
        console.out(
            f"{odd} témoin(s) inattendu(s). Retirés ; un conteneur vide nommé {NAME} reste à chaque cible.",
            f"{odd} unexpected canary(ies). Removed; an empty container called {NAME} stays at each target.",
        )
    return odd + len(found.troubles)


def _probe_tables(console: Console, probes: tuple[Probed, ...]) -> None:
    """How many came back the same at each target, then those that did not."""
    lang = console.lang
    sums: dict[tuple[str, str], list[int]] = {}
    for each in probes:
        counts = sums.setdefault((each.endpoint, each.workload), [0, 0])
        counts[0] += each.answer == "same"
        counts[1] += 1
    rows = [[name, words.word(words.WORKLOAD, w, lang), str(same), str(n)] for (name, w), (same, n) in sums.items()]
    head = ["cible", "domaine", "identiques", "témoins"] if lang == "fr" else ["target", "workload", "same", "canaries"]
    console.table(head, rows, right=(2, 3))
    head_fr = ["cible", "domaine", "témoin", "relu", "ce qui diffère", "annoncé par la cible", "détail"]
    head_en = ["target", "workload", "canary", "read back", "what differs", "foretold by the target", "detail"]
    console.table(
        head_fr if lang == "fr" else head_en, [_probe(console, each) for each in probes if each.answer != "same"]
    )


def _probe(console: Console, each: Probed) -> list[Cell]:
    style = "bad" if each.surprising else "warn"
    told = [f"{name} {console.of(code.what)}" if (code := find_code(name)) else name for name in each.foretold]
    return [
        each.endpoint,
        words.word(words.WORKLOAD, each.workload, console.lang),
        each.canary,
        Styled(words.word(ANSWER, each.answer, console.lang), style),
        shown(", ".join(each.paths)),
        shown("; ".join(dict.fromkeys(told)), 80),
        shown(each.detail, 80),
    ]


def _emit_probe(console: Console, each: Probed) -> None:
    console.emit(
        "canary",
        endpoint=each.endpoint,
        workload=each.workload,
        canary=each.canary,
        answer=each.answer,
        paths=list(each.paths),
        foretold=list(each.foretold),
        detail=each.detail,
        surprising=each.surprising,
    )


def _ready(console: Console, project: Project, found: Checked, ready: Sequence[str], code: int) -> None:
    told: set[str] = set()
    for goal in GOALS:
        for reason in found.why_not[goal]:
            if reason.en not in told:
                told.add(reason.en)
                console.out(f"Pas prêt pour {goal} : {reason.fr}", f"Not ready for {goal}: {reason.en}", "bad")
    following = next_step(project).command if (project.state / "ledger.sqlite").exists() else command(project, "assess")
    if "assess" not in ready:
        following = command(project, "check")
    reasons = {goal: [console.of(reason) for reason in found.why_not[goal]] for goal in GOALS}
    console.emit("summary", ready=ready, why_not=reasons, exit_code=code, next=following)
    goals = " / ".join(ready) or console.text("rien encore", "nothing yet")
    console.out(
        f"Prêt pour {goals}. Ensuite : {following}",
        f"Ready for {goals}. Next: {following}",
        "good" if len(ready) == len(GOALS) else "warn",
    )
