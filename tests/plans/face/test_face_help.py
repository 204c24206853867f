"""Help in both languages: each command and each option has its text, none ends in dots."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from transhumance.cli import main
from transhumance.plans.face.commandline import french_of
from transhumance.plans.face.help_fr import COMMANDS, OPTIONS


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(commands(main))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_text_is_in_both_languages(path: tuple[str, ...]) -> None:
    command = ALL[path]
    assert command.callback is not None and command.callback.__name__ in COMMANDS
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help or option.is_eager, option.name
            french = french_of(command, option)
            assert french and french in OPTIONS.values(), option.name
            assert french != option.help or french == "JSON Lines on stdout"


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_of_every_command(path: tuple[str, ...]) -> None:
    for lang, usage, options in (("fr", "Utilisation : ", "Options :"), ("en", "Usage: ", "Options:")):
        result = CliRunner().invoke(main, ["--lang", lang, *path, "--help"], prog_name="transhume")
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(f"{usage}transhume") and options in result.stdout
        assert not any(line.endswith("...") for line in result.stdout.splitlines()[2:])
        expected = COMMANDS[ALL[path].callback.__name__] if lang == "fr" else ALL[path].help  # type: ignore[union-attr]
        assert expected and expected.split()[0] in result.stdout


def test_no_text_is_for_nothing() -> None:
    functions = {command.callback.__name__ for command in ALL.values() if command.callback}
    assert set(COMMANDS) == functions
    names = {option.name for command in ALL.values() for option in command.params} | {"help", "version"}
    assert {key.rpartition(".")[2] for key in OPTIONS} <= names


MISTYPED = [
    (["rnu"], "commande inconnue : rnu ; vouliez-vous dire : run ?", "No such command 'rnu'"),
    (["run", "--wav", "x"], "option inconnue : --wav", "No such option"),
    (["cutover"], "il manque '--wave'", "Missing option '--wave'"),
    (["run", "--pass", "final"], "les choix sont initial, delta", "'final' is not one of"),
    (["quarantine", "skip", "p", "x"], "un nombre entier est attendu", "not a valid integer"),
    (["archive", "ls", "/no/such"], "ce chemin n'existe pas", "does not exist"),
    (["explain", "A", "B"], "commande incomplète ou mal écrite", "unexpected extra argument"),
]


@pytest.mark.parametrize(("words", "fr", "en"), MISTYPED)
def test_a_mistyped_command_is_an_error_and_no_decision(words: list[str], fr: str, en: str) -> None:
    for lang, text in (("fr", fr), ("en", en)):
        result = CliRunner().invoke(main, ["--lang", lang, *words], prog_name="transhume")
        assert result.exit_code == 1 and text in result.stderr and result.stdout == "", result.stderr
        assert "--help" in result.stderr.splitlines()[-1]
