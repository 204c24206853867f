"""Numbers, dates and words as people read them; text that hides nothing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.plans.report import wording
from transhumance.plans.report.strings import STRINGS, string
from transhumance.plans.report.voice import Voice
from transhumance.plans.report.words import PLURALS, WORDS, counted, word


@pytest.mark.parametrize(
    "value, fr, en",
    [
        (0, "0", "0"),
        (1234567, "1\u202f234\u202f567", "1,234,567"),
        (1840.5, "1\u202f840,5", "1,840.5"),
        (2.0, "2", "2"),
    ],
)
def test_numbers(value: float, fr: str, en: str) -> None:
    assert (wording.number(value, "fr", 1), wording.number(value, "en", 1)) == (fr, en)


@pytest.mark.parametrize(
    "value, fr, en",
    [
        (0, "0 octets", "0 bytes"),
        (999, "999 octets", "999 bytes"),
        (48_211_903, "48,2 Mo", "48.2 MB"),
        (999_999, "1 Mo", "1 MB"),
        (5 * 10**20, "500\u202f000 Po", "500,000 PB"),
    ],
)
def test_sizes(value: int, fr: str, en: str) -> None:
    said = (wording.size(value, "fr").replace("\u00a0", " "), wording.size(value, "en").replace("\u00a0", " "))
    assert said == (fr, en)


@pytest.mark.parametrize(
    "seconds, fr",
    [
        (0.7, "0,7 s"),
        (59, "59 s"),
        (60, "1 min"),
        (7500, "2 h 05 min"),
        (3600, "1 h"),
        (90_000, "1 j 1 h"),
        (86_400, "1 j"),
    ],
)
def test_durations(seconds: float, fr: str) -> None:
    assert wording.duration(seconds, "fr").replace("\u00a0", " ") == fr


def test_days_and_moments() -> None:
    assert wording.day(date(2026, 12, 1), "fr") == "1er\u00a0décembre\u00a02026"
    assert wording.day(date(2026, 12, 1), "en") == "1\u00a0December\u00a02026"
    assert wording.moment(datetime(2026, 12, 1, 8, 5, tzinfo=UTC), "fr").endswith("à 8\u00a0h\u00a005 (UTC)")


@pytest.mark.parametrize(
    "part, whole, said", [(0, 5, "0\u00a0%"), (5, 5, "100\u00a0%"), (1, 10**6, "< 0,1\u00a0%"), (0, 0, "–")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(part: int, whole: int, said: str) -> None:
    assert wording.percent(part, whole, "fr") == said
    assert wording.percent(10**6 - 1, 10**6, "fr") == "> 99,9\u00a0%"


def test_plurals() -> None:
    assert [counted("items", n, "fr").split()[-1] for n in (0, 1, 2)] == ["élément", "élément", "éléments"]
    assert [counted("items", n, "en").split()[-1] for n in (0, 1, 2)] == ["items", "item", "items"]


def test_hidden_characters_are_shown() -> None:
    assert wording.visible("a\0b\u202ec\u200bd\u2066e\x7f") == "a␀b[U+202E]c[U+200B]d[U+2066]e[U+007F]"
    assert wording.visible("Émilie\u00a0Haÿ\u202f2") == "Émilie\u00a0Haÿ\u202f2"
    assert wording.visible("日本 عربي") == "日本 عربي"


@given(st.text(st.characters(), max_size=80))
def test_nothing_invisible_remains(text: str) -> None:
    seen = wording.visible(text)
    assert not any(char in seen for char in "\0\x1b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\n\r")
    wording.storable(text).encode("utf-8")


def test_long_text_says_its_length() -> None:
    said = wording.shown("é" * 10_000, "fr")
    assert len(said) < 320 and "10\u202f000 caractères" in said


def test_every_string_is_in_both_languages_with_the_same_holes() -> None:
    for key, pair in STRINGS.items():
        assert all(pair), key
        assert len({tuple(sorted(re.findall(r"{(\w+)}", text))) for text in pair}) == 1, key
    assert all(all(pair) for group in WORDS.values() for pair in group.values())
    assert all("{n}" in text for forms in PLURALS.values() for text in forms)


def test_unknown_keys_are_errors_and_unknown_values_are_shown() -> None:
    with pytest.raises(KeyError):
        string("no such key", "fr")
    with pytest.raises(KeyError):
        Voice("de")
    assert word("workload", "imagerie", "fr") == "imagerie"


def test_french_punctuation_holds_to_its_word() -> None:
    assert Voice("fr").typeset("l'état : « prêt » !") == "l’état\u00a0: «\u00a0prêt\u00a0»\u00a0!"
    assert Voice("en").typeset("can't : it") == "can’t : it"
