"""What `plan` froze, and what an approval covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from transhumance.connectors.contract import find_code, key_text
from transhumance.plans.commands.approval import Approval
from transhumance.plans.face import words
from transhumance.plans.face.console import Cell, Console, Styled, number, shown, size
from transhumance.plans.face.inventories import LISTED, more
from transhumance.plans.face.nextstep import command, next_step
from transhumance.plans.facts.pseudonyms import Pseudonyms
from transhumance.plans.facts.ways import affinity
from transhumance.plans.ledger.contract import Member, WaveRow
from transhumance.plans.model.waves import PASSES, Wave, Window
from transhumance.plans.project import Project
from transhumance.plans.waves.resolve import Resolved, drift


@dataclass(frozen=True, slots=True)
class Planned:
    """A frozen wave in numbers. `cut`: links to other waves, None while no pass has read any item."""

    wave: Wave
    row: WaveRow
    kinds: dict[str, int]
    containers: int
    items: int
    bytes: int
    cut: int | None
    arrived: int
    left: int


def show_plan(
    console: Console, project: Project, frozen: Sequence[tuple[WaveRow, Resolved]], only: str | None = None
) -> int:
    """Prints the waves; 2 where subjects are blocked or names of the plan are nobody's."""
    found = [(row, resolved) for row, resolved in frozen if only in (None, row.id)]
    cut = links_cut(project)
    planned = [_planned(project, row, resolved, cut) for row, resolved in found]
    head_fr = ["vague", "sujets", "conteneurs", "éléments", "volume", "fenêtres", "liens coupés", "empreinte"]
    head_en = ["wave", "subjects", "containers", "items", "size", "windows", "links cut", "digest"]
    head = head_fr if console.lang == "fr" else head_en
    console.table(head, [_row(console, wave) for wave in planned], right=(2, 3, 4, 6))
    for wave in planned:
        _emit(console, wave)
        _drifted(console, wave)
        _passwords(console, project, wave)
    open_questions = sum(_open(console, resolved) for _, resolved in found)
    _sentence(console, planned)
    code = 2 if open_questions else 0
    _last(console, project, found, code)
    return code


def links_cut(project: Project) -> dict[str, int] | None:
    """How many links of each wave lead to another one; None while no pass has read any item, or where the plan names
    no directory to tell who is meant."""
    if not any(p.kind != "assess" for p in project.ledger.passes()):
        return None
    found = affinity(project, Pseudonyms(project))
    if found is None:
        return None
    counts: Counter[str] = Counter()
    for link in found:
        counts[link.wave] += link.count
    return dict(counts)


def _planned(project: Project, row: WaveRow, resolved: Resolved, cut: dict[str, int] | None) -> Planned:
    members = project.ledger.members(row.id)
    places = {(m.endpoint, m.workload, m.subject) for m in members}
    sums = Counter({"containers": 0, "items": 0, "bytes": 0})
    for line in project.ledger.inventory():
        if (line["endpoint"], line["workload"], line["subject"]) in places:
            sums.update({name: line[name] for name in sums})
    changed = drift(members, resolved.members)
    return Planned(
        project.wave(row.id),
        row,
        subject_kinds(members),
        sums["containers"],
        sums["items"],
        sums["bytes"],
        None if cut is None else cut.get(row.id, 0),
        len(changed.arrived),
        len(changed.left),
    )


def subject_kinds(members: Sequence[Member]) -> dict[str, int]:
    """How many subjects of each kind, a person once whatever the number of workloads and sources."""
    once = {(m.kind, m.person) for m in members}
    return dict(sorted(Counter(kind for kind, _ in once).items()))


def kinds_text(kinds: dict[str, int], lang: str) -> str:
    """`12 people, 1 group`."""
    parts = [f"{number(n, lang)} {words.subjects(kind, n, lang)}" for kind, n in kinds.items()]
    return ", ".join(parts) or ("personne" if lang == "fr" else "nobody")


_OF_PASSWORDS = {
    "none": (
        "personne n'a de mot de passe à la cible : nul ne s'y connecte tant qu'on n'en pose pas (ID-PWD-01)",
        "nobody has a password at the target: nobody logs in there until one is set (ID-PWD-01)",
    ),
    "reset": (
        "chacun pose un nouveau mot de passe à sa première connexion ; l'ancien ne vaut plus que pour la source "
        "(ID-PWD-01)",
        "each person sets a new password at the first log-in; the old one is good for the source only (ID-PWD-01)",
    ),
    "pass_through": (
        "les mots de passe de la source valent à la cible, qui les lui fait vérifier : la source reste nécessaire tant "
        "que la vague n'est pas coupée (ID-PWD-02)",
        "passwords of the source are good at the target, which has the source check them: the source stays needed "
        "until the wave is cut (ID-PWD-02)",
    ),
}


def _passwords(console: Console, project: Project, planned: Planned) -> None:
    """What the wave's choice means for its people, before anybody approves it; and which target does not carry it
    out."""
    mode, wave = planned.wave.passwords, planned.wave.id
    if not mode or "identities" not in planned.wave.workloads:
        return
    fr, en = _OF_PASSWORDS[mode]
    console.out(f"{wave} : {fr}", f"{wave}: {en}")
    for name in targets_without(project, mode):
        console.out(
            f"{wave} : {name} n'applique pas `passwords: {mode}` : ses comptes y arrivent sans mot de passe, à poser "
            "par ses propres moyens (ID-PWD-01)",
            f"{wave}: {name} does not carry out `passwords: {mode}`: its accounts come there without a password, to be "
            "set by its own means (ID-PWD-01)",
        )


def targets_without(project: Project, mode: str) -> list[str]:
    """The targets of identities by which people log in, and that do not do what a wave says of its passwords."""
    named = [(name, project.endpoint(name).connector.facts.passwords) for name in project.targets("identities")]
    return [name for name, modes in named if modes is not None and mode not in modes]


def windows_text(wave: Wave, lang: str) -> str:
    """When the passes of a wave may run."""
    parts = []
    for name in PASSES:
        if name in wave.windows:
            hours = " + ".join(_window(window, lang) for window in wave.windows[name])
            parts.append(f"{words.word(words.PASS, name, lang)} {hours}")
    if not parts:
        return "toujours" if lang == "fr" else "any time"
    return ", ".join(parts) + f" ({wave.timezone or 'Europe/Paris'})"


def _window(window: Window, lang: str) -> str:
    days = "" if len(window.days) == 7 else "/".join(words.word(words.DAYS, day, lang) for day in window.days) + " "
    return f"{days}{window.from_}-{window.to}"


def _row(console: Console, planned: Planned) -> list[Cell]:
    lang = console.lang
    if not planned.row.digest:
        return [planned.wave.id, Styled(console.text("pas figée", "not frozen"), "dim"), *[""] * 6]
    cut = "?" if planned.cut is None else number(planned.cut, lang)
    return [
        planned.wave.id,
        kinds_text(planned.kinds, lang),
        number(planned.containers, lang),
        number(planned.items, lang),
        size(planned.bytes, lang),
        windows_text(planned.wave, lang),
        Styled(cut, "warn") if planned.cut else cut,
        planned.row.digest.rpartition(":")[2][:8],
    ]


def _emit(console: Console, planned: Planned) -> None:
    console.emit(
        "wave",
        wave=planned.wave.id,
        state=planned.row.state,
        digest=planned.row.digest,
        subjects=planned.kinds,
        containers=planned.containers,
        items=planned.items,
        bytes=planned.bytes,
        windows=windows_text(planned.wave, console.lang),
        links_cut=planned.cut,
        arrived=planned.arrived,
        left=planned.left,
    )


def _drifted(console: Console, planned: Planned) -> None:
    if planned.row.digest and planned.arrived + planned.left:
        name, came, left = planned.wave.id, planned.arrived, planned.left
        console.out(
            f"{name} : figée plus tôt ; depuis, {came} sujet(s) arrivé(s), {left} parti(s).",
            f"{name}: frozen earlier; since then {came} subject(s) came, {left} left.",
            "warn",
        )


def _open(console: Console, resolved: Resolved) -> int:
    """Subjects that can't be moved and names that are nobody's; returns how many. Names that `except` takes out again
    are told and ask for nothing."""
    rows: list[list[Cell]] = []
    for workload, endpoint, match in resolved.blocked:
        key = key_text(match.subject.key)
        code = "PLAN-MEMBER-01" if match.status == "unmatched" else "PLAN-MEMBER-02"
        console.emit("blocked", wave=resolved.wave, workload=workload, endpoint=endpoint, subject=key, code=code)
        why = words.word(words.MATCH, match.status, console.lang)
        name = words.word(words.WORKLOAD, workload, console.lang)
        rows.append([resolved.wave, name, endpoint, shown(key), Styled(why, "bad"), code])
    for name in resolved.missing:
        console.emit("unknown_name", wave=resolved.wave, name=name)
        why = console.text("nommé par le plan, inconnu des sources", "named by the plan, unknown to the sources")
        rows.append([resolved.wave, "", "", shown(name), Styled(why, "bad"), ""])
    unknown = len(rows)
    for label in resolved.aside:
        console.emit("set_aside", wave=resolved.wave, subject=label)
    if resolved.aside:
        count, labels = number(len(resolved.aside), console.lang), shown(", ".join(resolved.aside), 200)
        console.out(
            f"{resolved.wave} : {count} sujet(s) laissé(s) par `except_kinds` : {labels}",
            f"{resolved.wave}: {count} subject(s) set aside by `except_kinds`: {labels}",
        )
    for name in resolved.excluded:
        console.emit("excluded_name", wave=resolved.wave, name=name)
        rows.append(
            [resolved.wave, "", "", shown(name), console.text("exclu par `except`", "left out by `except`"), ""]
        )
    head_fr = ["vague", "domaine", "source", "sujet", "pourquoi", "code"]
    head_en = ["wave", "workload", "source", "subject", "why", "code"]
    console.table(head_fr if console.lang == "fr" else head_en, rows[:LISTED])
    more(console, len(rows), LISTED)
    return unknown


def _sentence(console: Console, planned: Sequence[Planned]) -> None:
    frozen, lang = [wave for wave in planned if wave.row.digest], console.lang
    kinds: Counter[str] = Counter()
    for wave in frozen:
        kinds.update(wave.kinds)
    waves = f"{len(frozen)} {words.plural(len(frozen), ('vague', 'wave'), ('vagues', 'waves'), lang)}"
    items = sum(wave.items for wave in frozen)
    counted = f"{number(items, lang)} {words.plural(items, *words.ITEM, lang)}"
    said = f"{waves}, {kinds_text(dict(sorted(kinds.items())), lang)}, {counted}"
    console.out(f"Figé : {said}. Rien n'a été écrit.", f"Frozen: {said}. Nothing was written.")
    if any(wave.cut is None for wave in frozen):
        console.say(
            "Les liens coupés se comptent après une passe (dry-run), si le plan nomme un annuaire.",
            "Links cut are counted after a pass (dry-run), where the plan names a directory.",
        )


def _last(console: Console, project: Project, found: Sequence[tuple[WaveRow, Resolved]], code: int) -> None:
    blocked = any(resolved.blocked for _, resolved in found)
    step = next_step(project, found[0][0].id if len(found) == 1 else None)
    text = step.text()
    fr, en = text.fr, text.en
    if code:
        again = command(project, "plan")
        people = project.plan.people or "people.csv"
        what = people if blocked else str(project.loaded.path)
        fr, en = f"corriger {what}, puis {again}", f"mend {what}, then {again}"
    console.emit("summary", waves=len(found), exit_code=code, next=step.command)
    console.next(fr, en)


def show_approval(console: Console, project: Project, approval: Approval) -> None:
    """What is about to be approved: the digest, the members, the losses and who accepts them already."""
    lang = console.lang
    console.emit(
        "approval",
        wave=approval.wave,
        digest=approval.digest,
        members=approval.members,
        losses=dict(approval.losses),
        undecided=list(approval.undecided),
        assessed=approval.assessed,
    )
    members = number(approval.members, lang)
    console.out(
        f"Vague {approval.wave} : {members} membre(s) figé(s), empreinte {approval.digest}",
        f"Wave {approval.wave}: {members} frozen member(s), digest {approval.digest}",
    )
    accepted = {a.code: a.by or str(project.loaded.path.name) for a in project.plan.policies.loss.accept}
    rows = [_loss(console, code, count, approval, accepted) for code, count in approval.losses.items()]
    head_fr = ["code", "éléments", "gravité", "perte", "acceptée par"]
    head_en = ["code", "items", "severity", "loss", "accepted by"]
    console.table(head_fr if lang == "fr" else head_en, rows, right=(1,))
    if not approval.assessed:
        console.out(
            f"Les pertes ne sont pas mesurées : {command(project, 'dry-run', approval.wave)}",
            f"The losses are not measured: {command(project, 'dry-run', approval.wave)}",
            "warn",
        )
    elif not rows:
        console.out("Aucune perte constatée.", "No loss was found.")


def _loss(console: Console, code: str, count: int, approval: Approval, accepted: dict[str, str]) -> list[Cell]:
    known = find_code(code)
    severity = known.severity if known else "major"
    if code in approval.undecided:
        by: Cell = Styled(console.text("cette approbation", "this approval"), "warn")
    else:
        by = accepted.get(code) or console.text("rien à accepter", "nothing to accept")
    return [
        code,
        number(count, console.lang),
        words.word(words.SEVERITY, severity, console.lang),
        console.of(known.what) if known else "",
        by,
    ]
