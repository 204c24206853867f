"""Questions, on stderr so that the result stays apart: their answers in both languages."""

from __future__ import annotations

import sys

import click

from transhumance.connectors.contract.errors import UserError
from transhumance.connectors.contract.model import Text
from transhumance.plans.face.console import Console, printable

_YES = frozenset({"o", "oui", "y", "yes"})


def confirmed(console: Console, fr: str, en: str) -> bool:
    """Whether a person says yes; no answer is no. Raises `UserError` where nobody can answer."""
    answer = ask(console, f"{fr} [o/N]", f"{en} [y/N]", hint="--yes")
    return answer.strip().casefold() in _YES


def ask(console: Console, fr: str, en: str, default: str = "", hint: str = "") -> str:
    """A line that a person types; `default` for an empty one. `hint`: the option that answers without a person."""
    question = printable(console.text(fr, en)) + (f" [{printable(default)}]" if default else "")
    try:
        return str(click.prompt(question, default=default, show_default=False, err=True, prompt_suffix=" "))
    except click.Abort:
        print(file=sys.stderr)
        raise UserError(
            Text(
                "sans réponse, rien n'est fait" + (f" ; {hint} répond d'avance" if hint else ""),
                "without an answer nothing is done" + (f"; {hint} answers beforehand" if hint else ""),
            ),
            where=hint,
        ) from None
