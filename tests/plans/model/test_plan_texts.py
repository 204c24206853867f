"""The table of messages: complete, filled in, coded once, and covering every error type that pydantic has."""

from __future__ import annotations

import string
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from transhumance.plans.model.guess import nearest
from transhumance.plans.model.messages import hint
from transhumance.plans.model.texts import TEXTS
from transhumance.plans.model.validation import kind_of


def test_codes_are_unique_and_languages_have_the_same_holes() -> None:
    codes = [text.code for text in TEXTS.values()]
    assert len(codes) == len(set(codes))
    for text in TEXTS.values():
        holes = [
            {name for _, name, _, _ in string.Formatter().parse("".join(pair)) if name} for pair in (text.fr, text.en)
        ]
        assert holes[0] == holes[1], text.code
        assert not text.fr[0].endswith(".") and not text.en[0].endswith("."), text.code


def test_every_error_type_of_pydantic_has_words_of_ours() -> None:
    names = {kind: kind_of(kind) for kind in get_args(ErrorType)}
    assert set(names.values()) <= set(TEXTS)
    generic = {kind for kind, name in names.items() if name == "refused"}
    # What only Python objects, JSON texts and types that no setting of a file has can raise.
    assert {
        kind
        for kind in generic
        if kind.split("_")[0] in {"string", "int", "float", "bool", "list", "dict", "url", "date"}
    } == set()


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("aftr", ["after", "all"], "after"),
        ("Requests-Per-Second", ["requests_per_second"], "requests_per_second"),
        ("vendredi", ["mon", "fri"], "fri"),
        ("vagues", ["waves"], "waves"),
        ("zzz", ["after"], None),
        ("", ["after"], None),
        ("x" * 100_000, ["x"], None),
    ],
)
def test_nearest(name: str, known: list[str], expected: str | None) -> None:
    assert nearest(name, known) == expected


def test_a_long_list_is_cut_and_says_by_how_much() -> None:
    assert hint(None, [str(n) for n in range(20)], "fr").endswith("`11` et 8 autres.")
    assert hint("a", ["a"], "en") == "Did you mean `a`?"
    assert hint(None, [], "en") == "There are none."
