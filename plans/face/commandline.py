"""The commands as click shows them: help in the reader's language, and a mistyped command as an error (exit code 1,
since 2 says that findings need a decision)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from transhumance.plans.face.help_fr import COMMANDS, HEADINGS, OPTIONS
from transhumance.plans.face.lang import Lang, lang_of

_spoken: Lang = "en"


class _Formatter(click.HelpFormatter):
    """Headings in the reader's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, f"{HEADINGS['Usage']} : " if _spoken == "fr" else prefix)

    def write_heading(self, heading: str) -> None:
        super().write_heading(HEADINGS.get(heading, heading) + " " if _spoken == "fr" else heading)


class _Context(click.Context):
    formatter_class = _Formatter


class Spoken(click.Command):
    """A command whose help is in French where that is the language."""

    context_class = _Context

    def get_help(self, ctx: click.Context) -> str:
        with _in_french(self, ctx):
            return super().get_help(ctx)

    def get_short_help_str(self, limit: int = 45) -> str:
        with _in_french(self):
            return super().get_short_help_str(200)  # a whole sentence, wrapped: none ends in dots


class Commands(Spoken, click.Group):
    """A group of such commands, in the order in which they are written; the outermost one starts the program."""

    command_class = Spoken
    group_class = type

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        choice = click.Choice(["fr", "en"])
        self.params.append(click.Option(["--lang"], type=choice, expose_value=False, help="language"))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs a command line. Ends the process by its exit code, unless `standalone_mode` is off."""
        global _spoken
        _spoken = lang_of(sys.argv[1:] if args is None else args)
        run = partial(super().main, args, prog_name, complete_var, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        sys.exit(_ended(run))


def plan_first(ctx: click.Context, parameter: click.Parameter, value: Path) -> Path:
    """The PLAN of a command whose other arguments come after it: a number or a folder in its place is told."""
    if value.is_dir() or (value.name.isdigit() and not value.exists()):
        name = os.fspath(value)
        french = f"le plan vient d'abord : {ctx.command_path} plan.yaml {name}"
        raise click.UsageError(
            french if spoken() == "fr" else f"the plan comes first: {ctx.command_path} plan.yaml {name}"
        )
    return value


def spoken() -> Lang:
    """The language that the command line asked for, wherever it said so."""
    return _spoken


def _ended(act: Callable[[], Any]) -> int:
    try:
        code = act()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        _tell(error)
    except click.Abort:
        print("\nInterrompu." if _spoken == "fr" else "\nInterrupted.", file=sys.stderr)
    except BrokenPipeError:  # whoever read the result went away: nothing more can be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _tell(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    if context is None or isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show(sys.stderr)
        return
    french = _french(error) if _spoken == "fr" else ""
    said = f"Erreur : {french}" if french else f"Error: {error.format_message()}"
    hint = "Aide : " if _spoken == "fr" else "Help: "
    print(context.get_usage(), said, f"{hint}{context.command_path} --help", sep="\n", file=sys.stderr)


def _french(error: click.ClickException) -> str:
    """What click says of a mistyped command, in French; empty where this does not know it."""
    near = ", ".join(getattr(error, "possibilities", None) or ())
    guess = f" ; vouliez-vous dire : {near} ?" if near else ""
    match error:
        case click.NoSuchOption():
            return f"option inconnue : {error.option_name}{guess}"
        case click.MissingParameter():
            return f"il manque {_named(error)}"
        case click.BadParameter():
            return f"valeur refusée pour {_named(error)} : {_wanted(error)}"
        case click.UsageError() if getattr(error, "command_name", ""):
            return f"commande inconnue : {error.command_name}{guess}"  # type: ignore[attr-defined]
        case click.UsageError():
            return f"commande incomplète ou mal écrite ({error.message})"
    return ""


def _wanted(error: click.BadParameter) -> str:
    match error.param.type if error.param else None:
        case click.Choice() as choice:
            return f"les choix sont {', '.join(map(str, choice.choices))}"
        case click.Path():
            return "ce chemin n'existe pas, ou n'est pas de la sorte attendue"
        case click.types.IntParamType():
            return "un nombre entier est attendu"
    return error.message


def _named(error: click.BadParameter) -> str:
    if error.param_hint:
        hint = error.param_hint
        return hint if isinstance(hint, str) else " / ".join(hint)
    return error.param.get_error_hint(error.ctx or click.get_current_context()) if error.param else "un paramètre"


@contextmanager
def _in_french(command: click.Command, ctx: click.Context | None = None) -> Iterator[None]:
    """The command's and its options' texts in French while help is made, where that is the language."""
    params = command.get_params(ctx) if ctx else command.params
    texts: list[click.Command | click.Option] = [command, *(p for p in params if isinstance(p, click.Option))]
    before = [text.help for text in texts]
    if _spoken == "fr":
        for text in texts:
            text.help = french_of(command, text)
    try:
        yield
    finally:
        for text, own in zip(texts, before, strict=True):
            text.help = own


def french_of(command: click.Command, text: click.Command | click.Option) -> str | None:
    """The French help of a command or of one of its options."""
    key = command.callback.__name__ if command.callback else ""
    if isinstance(text, click.Command):
        return COMMANDS.get(key, text.help)
    if text.name == "_click_default_help" or text.is_eager:
        return OPTIONS["help" if "--help" in text.opts else "version"]
    return OPTIONS.get(f"{key}.{text.name}") or OPTIONS.get(text.name or "", text.help)
