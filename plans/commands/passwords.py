"""Passwords that the source checks for a target until the cutover: nobody is cut off who has none at the target."""

from __future__ import annotations

from collections.abc import Iterator

from transhumance.connectors.contract import Passwords, Text
from transhumance.plans.project import Project
from transhumance.plans.waves import states

CUT = "cut_passwords"
_SHOWN = 20


def _joined(project: Project, wave_id: str) -> Iterator[tuple[str, Passwords]]:
    """The targets of the wave's identities that may have the source check passwords."""
    if "identities" not in project.wave(wave_id).workloads or "identities" not in project.plan.workloads:
        return
    for name in project.targets("identities"):
        endpoint = project.endpoint(name)
        if not endpoint.connector.facts.keeps_residue and isinstance(endpoint.target, Passwords):
            yield name, endpoint.target


def check_credentials(project: Project, wave_id: str) -> tuple[Text, ...]:
    """Refuses a cutover that would lock somebody out; tells how many closed accounts have no password either. Raises
    `DecisionWanted` with the names."""
    told: list[Text] = []
    for endpoint, target in _joined(project, wave_id):
        lacking = list(project.endpoint(endpoint).gate.call(lambda t=target: list(t.without_credential(wave_id))))  # type: ignore[misc]
        if out := [each for each in lacking if each.open]:
            raise states.DecisionWanted(_locked_out(wave_id, endpoint, [each.name for each in out], out[0].why))
        if lacking:
            told.append(_closed(endpoint, len(lacking)))
    return tuple(told)


def cut(project: Project, wave_id: str) -> None:
    """Ends the source's passwords at the wave's targets; a second call does nothing more. It is in the journal before
    and after."""
    for endpoint, target in _joined(project, wave_id):
        project.ledger.add_event(project.actor, CUT, wave_id, {"endpoint": endpoint, "state": "begun"})
        project.endpoint(endpoint).gate.call(lambda t=target: t.cut(wave_id))  # type: ignore[misc]
        project.ledger.add_event(project.actor, CUT, wave_id, {"endpoint": endpoint, "state": "done"})


def after_return(project: Project, wave_id: str) -> tuple[Text, ...]:
    """What a person must do about passwords that were cut, at each target."""
    done = {e["detail"].get("endpoint") for e in project.ledger.events() if e["what"] == CUT and e["wave"] == wave_id}
    return tuple(t for name, target in _joined(project, wave_id) if name in done for t in target.after_return(wave_id))


def _locked_out(wave: str, endpoint: str, names: list[str], why: Text) -> Text:
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return Text(
        f"vague {wave} : {len(names)} personne(s) ne pourraient plus se connecter à {endpoint} ({why.fr}) : {shown}. "
        "Rien n'a été coupé. Posez à chacune un mot de passe là-bas, puis relancez `transhume cutover`",
        f"wave {wave}: {len(names)} people could not log in to {endpoint} any more ({why.en}): {shown}. "
        "Nothing was cut. Set a password there for each, then `transhume cutover` again",
    )


def _closed(endpoint: str, count: int) -> Text:
    return Text(
        f"{endpoint} : {count} compte(s) fermé(s) sans mot de passe : en poser un avant de les rouvrir",
        f"{endpoint}: {count} closed account(s) without a password: set one before they are opened again",
    )
