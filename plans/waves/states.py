"""The states of a wave, and what each allows.

`draft > planned > approved > running > ready > cut_over > finalized`, plus `stopped` and `returned`. A wave is
`verified` when its last verification found no defect; it says so besides its state, since a wave that is cut over
stays verified.
"""

from __future__ import annotations

from transhumance.connectors.contract import Text, UserError
from transhumance.plans import glossary

ORDER = ("draft", "planned", "approved", "running", "ready", "cut_over", "finalized")
ASIDE = ("stopped", "returned")


class DecisionWanted(UserError):
    """What was asked for waits for a person's decision, or for its hour: no error, and nothing was done."""


def may_freeze(state: str) -> bool:
    """Whether `plan` may still change the wave's members: until the target is master. What changes must be approved
    again."""
    return state not in ("cut_over", "finalized")


def may_run(state: str, master: str) -> bool:
    """Whether forward passes are allowed: never once the target is master."""
    return master == "source" and state in ("planned", "approved", "running", "ready", "stopped", "returned")


def reached(state: str, wanted: str, verified: bool) -> bool:
    """Whether a wave came as far as another wave's `after` asks."""
    if wanted == "verified":
        return verified
    return state in ORDER and ORDER.index(state) >= ORDER.index(wanted)


def refuse(wave: str, state: str, action_fr: str, action_en: str, next_fr: str, next_en: str) -> UserError:
    """The error for a command that a wave's state does not allow, with what to do."""
    fr, en = (glossary.word(glossary.WAVE, state, lang) for lang in ("fr", "en"))
    return UserError(
        Text(
            f"vague {wave} ({fr}) : {action_fr} est impossible maintenant ; {next_fr}",
            f"wave {wave} ({en}): {action_en} is not possible now; {next_en}",
        ),
        where=wave,
    )
