"""What a terminal is shown: no control character of a source, no colour where nobody sees it, columns that align."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.plans.face.console import (
    Console,
    Styled,
    columns,
    duration,
    has_colour,
    number,
    printable,
    share,
    shown,
    size,
)
from transhumance.plans.face.lang import lang_of


@given(st.text())
def test_nothing_that_moves_a_cursor_is_printed(text: str) -> None:
    for made in (shown(text, 1000), printable(text).replace("\n", "")):
        assert all(char.isprintable() or char in "\u00a0\u202f" for char in made)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("Éloïse D'Arc", "Éloïse D'Arc"),
        ("a\x1b[31mb\n", "a\\x1b[31mb\\x0a"),
        ("gnp.exe\u202etxt", "gnp.exe\\u202etxt"),
        ("half \ud83d", "half \\ud83d"),
        ("x" * 61, "x" * 59 + "…"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_names_are_written_out(name: str, seen: str) -> None:
    assert shown(name) == seen


def test_french_numbers_keep_their_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    Console("fr").result(number(1234567, "fr"))
    assert capsys.readouterr().out == "1\u202f234\u202f567\n"


@pytest.mark.parametrize(
    ("value", "fr", "en"),
    [(0, "0\u00a0o", "0\u00a0B"), (999, "999\u00a0o", "999\u00a0B"), (1500, "1,5\u00a0ko", "1.5\u00a0kB")],
)
def test_sizes(value: int, fr: str, en: str) -> None:
    assert (size(value, "fr"), size(value, "en")) == (fr, en)


def test_durations_and_shares() -> None:
    assert [duration(s, "en") for s in (1.25, 61, 3700, 90000)] == [
        "1.2\u00a0s",
        "1\u00a0min 01\u00a0s",
        "1\u00a0h 01\u00a0min",
        "1\u00a0d 1\u00a0h",
    ]
    assert (share(1, 3, "fr"), share(0, 0, "en")) == ("33,3\u00a0%", "100.0%")


def test_columns_align_whatever_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    Console("en").table(
        ["name", "n"], [["e\u0301te\u0301", "1"], ["山田", Styled("22", "bad")], ["a\nb", "3"]], right=(1,)
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and {columns(line) for line in lines} == {columns(lines[0])}
    assert "\x1b" not in "".join(lines)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert has_colour(_Terminal()) and not has_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not has_colour(_Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not has_colour(_Terminal())


def test_json_leaves_stdout_to_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console("en", as_json=True)
    console.result("not shown")
    console.table(["a"], [["b"]])
    console.emit("code", code="X", what="half \ud83d")
    console.say("dit", "said")
    told = capsys.readouterr()
    assert told.out.count("\n") == 1 and told.out.isascii() and told.err == "said\n"


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        (["--lang", "fr"], "en_GB.UTF-8", "fr"),
        (["status", "--lang=en"], "fr_FR.UTF-8", "en"),
        ([], "en_US", "en"),
        ([], "C.UTF-8", "fr"),
        (["--lang"], "fr_FR", "fr"),
        (["--lang", "de"], "en_GB", "en"),
    ],
)
def test_the_language(words: list[str], environment: str, expected: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("LC_ALL", environment)
    assert lang_of(words) == expected
