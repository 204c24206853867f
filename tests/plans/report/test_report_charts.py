"""The drawings: shares that add up, patterns beside colours, contrast of the palette."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.plans.report import charts, palette
from transhumance.plans.report.voice import Voice


@given(st.lists(st.integers(0, 10**9), min_size=5, max_size=5))
def test_shares_fill_the_bar_and_none_is_invisible(values: list[int]) -> None:
    counts = dict(zip(charts.GRADES, values, strict=True))
    shares = charts.shares(counts)
    assert [name for name, _, _ in shares] == [name for name in charts.GRADES if counts[name]]
    if shares:
        assert sum(width for _, _, width in shares) == pytest.approx(100, abs=0.01)
        assert min(width for _, _, width in shares) >= charts.LEAST - 0.01
        for (_, start, width), (_, following, _) in zip(shares, shares[1:], strict=False):
            assert start + width == pytest.approx(following, abs=0.01)


def test_a_bar_says_in_words_what_it_shows() -> None:
    counts = {"exact": 1100, "residual": 90, "lossy": 12, "blocked": 1, "not_assessed": 0}
    drawn = ElementTree.fromstring(str(charts.bar(counts, Voice("fr"))))
    assert drawn.get("role") == "img"
    assert drawn.get("aria-label") == "1\u202f100 exacts, 90 par le résidu, 12 avec perte, 1 bloqué"
    assert [part.get("fill") for part in drawn] == [f"url(#tile-{name})" for name in charts.GRADES[:4]]


def test_an_empty_bar_is_drawn_and_said() -> None:
    drawn = ElementTree.fromstring(str(charts.bar(dict.fromkeys(charts.GRADES, 0), Voice("en"))))
    assert (len(drawn), drawn.get("aria-label")) == (0, "none")


def test_each_grade_has_its_own_pattern() -> None:
    tiles = ElementTree.fromstring(str(charts.definitions()))[0]
    drawn = [ElementTree.tostring(tile).split(b">", 1)[1] for tile in tiles]
    assert len(set(drawn)) == len(charts.GRADES)


def test_the_rail_turns_at_the_point_of_no_return() -> None:
    stops = [charts.Stop(True, True), charts.Stop(True), charts.Stop(False, point=True), charts.Stop(False)]
    drawn = ElementTree.fromstring(str(charts.rail(stops, 'a "label" <&>')))
    whole, beyond = (line for line in drawn if line.tag == "line")
    assert (whole.get("x2"), beyond.get("x1"), beyond.get("x2")) == ("62.5%", "62.5%", "100%")
    assert [mark.get("class") for mark in drawn if mark.tag == "circle"] == ["run", "way", "gap"]
    assert drawn.get("aria-label") == 'a "label" <&>'


@pytest.mark.parametrize("colours", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_contrast(colours: dict[str, str]) -> None:
    for ground in palette.GROUNDS:
        for token in palette.TEXT_TOKENS:
            assert palette.contrast(colours[token], colours[ground]) >= 4.5, (token, ground)
        for token in palette.MARK_TOKENS:
            assert palette.contrast(colours[token], colours[ground]) >= 3, (token, ground)


def test_contrast_of_known_pairs() -> None:
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_both_sets_have_the_same_names() -> None:
    assert palette.LIGHT.keys() == palette.DARK.keys()
