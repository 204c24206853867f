"""The page as a document: language, headings, tables, ids, links; nothing fetched, nothing run, nothing unescaped."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from types import ModuleType

import pytest
from bs4 import BeautifulSoup, Tag

from transhumance.plans.report import Site, build, document_digest, render
from transhumance.plans.report.facts import Wave

NAMES = ("sample", "two_waves", "quiet", "hostile")
PAGES = [(name, lang) for name in NAMES for lang in ("fr", "en")]


@pytest.fixture(scope="module")
def pages(samples: ModuleType) -> dict[tuple[str, str], str]:
    return {(name, lang): render(build(getattr(samples, name)()), lang) for name, lang in PAGES}


@pytest.fixture(params=PAGES, ids="-".join)
def page(request: pytest.FixtureRequest, pages: dict[tuple[str, str], str]) -> BeautifulSoup:
    return BeautifulSoup(pages[request.param], "html.parser")


@pytest.fixture
def sample_fr(pages: dict[tuple[str, str], str]) -> BeautifulSoup:
    return BeautifulSoup(pages["sample", "fr"], "html.parser")


def words(tag: Tag | BeautifulSoup) -> str:
    return " ".join(tag.get_text(" ").split())


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_language_and_title(pages: dict[tuple[str, str], str], lang: str) -> None:
    page = BeautifulSoup(pages["two_waves", lang], "html.parser")
    assert page.html["lang"] == lang
    assert page.title.string.startswith("Rapport de réversibilité" if lang == "fr" else "Reversibility report")
    assert len(page.find_all("main")) == len(page.find_all("header")) == len(page.find_all("h1")) == 1
    assert page.find("a", class_="skip")["href"] == "#verdict"


def test_headings_never_skip_a_level(page: BeautifulSoup) -> None:
    levels = [int(tag.name[1]) for tag in page.find_all(re.compile(r"^h[1-6]$"))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert all(words(tag) for tag in page.find_all(re.compile(r"^h[1-6]$")))


def test_tables_have_captions_and_scopes(page: BeautifulSoup) -> None:
    for table in page.find_all("table"):
        assert words(table.caption)
        assert all(th.get("scope") in ("col", "row") for th in table.find_all("th"))
        width = len(table.thead.find_all("th"))
        assert all(len(row.find_all(["th", "td"])) == width for row in table.tbody.find_all("tr"))
        assert not table.find_all(["th", "td"], colspan=True) and not table.find_all(["th", "td"], rowspan=True)
        if "signatures" not in table.get("class", []):
            assert all(len(row.find_all("th", scope="row")) == 1 for row in table.tbody.find_all("tr"))
    for group in page.find_all(class_="scroll"):
        assert group["tabindex"] == "0" and page.find(id=group["aria-labelledby"]).name == "caption"


def test_ids_are_unique_and_links_lead_somewhere(page: BeautifulSoup) -> None:
    ids = Counter(tag["id"] for tag in page.find_all(id=True))
    assert not [name for name, n in ids.items() if n > 1]
    for link in page.find_all("a"):
        assert link["href"].startswith("#") and link["href"][1:] in ids, link
    for tag in page.find_all(attrs={"aria-labelledby": True}):
        assert tag["aria-labelledby"] in ids


def test_drawings_have_words_and_patterns_exist(page: BeautifulSoup) -> None:
    for drawing in page.find_all("svg"):
        if drawing.get("aria-hidden") != "true" and not drawing.find_parent("svg"):
            assert drawing["role"] == "img" and drawing["aria-label"].strip()
    known = {tag["id"] for tag in page.find_all("pattern")}
    used = {match for tag in page.find_all(fill=True) for match in re.findall(r"url\(#(.+?)\)", tag["fill"])}
    assert used <= known
    assert all(image.get("alt") for image in page.find_all("img"))


def test_nothing_is_fetched_or_run(page: BeautifulSoup, pages: dict[tuple[str, str], str]) -> None:
    assert not page.find_all(["script", "link", "iframe", "object", "embed", "base", "form", "img", "video", "audio"])
    for tag in page.find_all(True):
        assert not [
            name for name in tag.attrs if name.startswith("on") or name in ("src", "srcset", "action", "xlink:href")
        ]
    css = "".join(style.string for style in page.find_all("style"))
    assert "@import" not in css and not re.search(r"url\((?!#)", css)
    assert page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"].startswith(
        "default-src 'none'"
    )


def test_hostile_text_is_shown_not_obeyed(pages: dict[tuple[str, str], str]) -> None:
    for lang in ("fr", "en"):
        source = pages["hostile", lang]
        assert "<script" not in source and "<img" not in source and source.count("</style>") == 1
        assert not set(source) & set("\0\x1b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b\ufeff")
        text = words(BeautifulSoup(source, "html.parser"))
        assert "<script>alert(1)</script>" in text and "[U+202E]gnp.exe" in text and "a␀b" in text
        assert "{{ 7*7 }}" in text and "49" not in BeautifulSoup(source, "html.parser").h1.get_text()
        assert "é" * 1001 not in source
        source.encode("utf-8")


def test_first_screen_answers_in_order(sample_fr: BeautifulSoup) -> None:
    verdict = sample_fr.find(id="verdict")
    assert words(verdict.find(class_="headline")) == "NO GO"
    assert "3 motifs à lever" in words(verdict.find(class_="sentence"))
    chips = [words(chip) for chip in verdict.find(class_="waves").find_all("li")]
    assert chips == ["pilote GO avec 3 décisions", "cardiologie GO avec 5 décisions", "reste NO GO"]
    facts = words(verdict.find(class_="facts"))
    assert "12 novembre 2026, réussie" in facts and "22 février 2027" in facts and "aucune preuve" in facts
    order = [tag.get("id") for tag in sample_fr.find_all("h2")]
    assert order == [
        "verdict-title",
        "totals-title",
        "table-title",
        "decisions-title",
        "timeline-title",
        "dependants-title",
        "findings-title",
        "annex-title",
        "signoff-title",
        "method-title",
    ]


def test_what_was_not_assessed_stands_at_equal_size(sample_fr: BeautifulSoup) -> None:
    tiles = sample_fr.find(class_="tiles").find_all("li")
    assert [words(tile.find(class_="word")) for tile in tiles] == [
        "exact",
        "par le résidu",
        "avec perte",
        "bloqué",
        "non évalué",
    ]
    assert words(tiles[4].b).replace("\u202f", " ") == "18 200 411"
    assert len({tuple(tag.name for tag in tile.find_all(True, recursive=False)) for tile in tiles}) == 1
    heads = [words(th) for th in sample_fr.find(class_="verdicts").thead.find_all("th")]
    assert heads[-3:] == ["Éléments", "Bloqués", "Non évalués"]


def test_main_table_says_loss_class_way_back_and_proof(sample_fr: BeautifulSoup) -> None:
    rows = {words(tr): tr for tr in sample_fr.find(class_="verdicts").tbody.find_all("tr")}
    text = next(text for text in rows if text.startswith("pilote messagerie → dovecot")).replace("\u202f", " ")
    for part in (
        "B réversible, pertes déclarées",
        "52 réduits, 1 bloqué",
        "La couleur des catégories n’est pas visible",
        "format",
        "1 100 exacts, 90 par le résidu, 12 avec perte, 1 bloqué",
        "1 203 1 0",
    ):
        assert part in text
    assert any("A, format" in text for text in rows) and any("A, prédite" in text for text in rows)
    assert any("N non évalué (échantillon)" in text for text in rows)


def test_timeline_shows_the_point_of_no_return(sample_fr: BeautifulSoup) -> None:
    timelines = sample_fr.find_all(class_="timeline")
    assert len(timelines) == 2
    assert "puis point de non-retour à «\u00a0Démantèlement\u00a0»" in timelines[0].svg["aria-label"]
    assert "Point de non-retour" in words(timelines[0].find("li", class_="turn"))
    assert "à signer par Direction générale" in words(timelines[0])


def test_cards_are_ordered_by_severity(sample_fr: BeautifulSoup) -> None:
    cards = sample_fr.find_all("article")
    classes = [next(name for name in card["class"] if name.startswith("severity-")) for card in cards]
    order = ["severity-blocked", "severity-major", "severity-minor", "severity-info"]
    assert classes == sorted(classes, key=order.index)
    card = sample_fr.find(id="loss-ID-PWD-01")
    said = words(card).replace("\u202f", " ")
    for part in (
        "gravité majeure",
        "3 039 éléments",
        "acceptée en partie",
        "Pourquoi",
        "Remède",
        "Capture à la première connexion",
    ):
        assert part in said


def test_all_sections_are_there_and_say_why_when_empty(pages: dict[tuple[str, str], str]) -> None:
    for name in ("sample", "quiet"):
        page = BeautifulSoup(pages[name, "fr"], "html.parser")
        assert [tag["id"] for tag in page.find_all(class_="annex")] == [f"r{n}" for n in range(19)]
        assert len(page.find(class_="contents").find_all("a")) == 19
    quiet = BeautifulSoup(pages["quiet", "fr"], "html.parser")
    for n in set(range(19)) - {0, 1, 6, 18}:
        assert "Non évalué — cette passe n’a pas recueilli ces faits" in words(quiet.find(id=f"r{n}"))
    assert "aucun service de coexistence" in pages["sample", "fr"]


def test_sign_off_certifies_the_json(samples: ModuleType) -> None:
    document = build(samples.two_waves())
    page = BeautifulSoup(render(document, "fr"), "html.parser")
    block = page.find(id="signoff")
    assert document_digest(document) in words(block)
    assert (
        "Ce qui est certifié" in words(block)
        and "Ce qui ne l’est pas" in words(block)
        and block.find(class_="reservations")
    )
    assert document_digest(document) in page.style.string  # on each printed page
    assert document_digest(document) in words(page.find(class_="running"))


def test_many_rows_are_folded_with_their_totals(samples: ModuleType) -> None:
    whole = samples.two_waves()
    waves = tuple(Wave(id=f"vague-{n:03}") for n in range(120))
    cells = tuple(replace(cell, wave=wave.id) for wave in waves for cell in whole.cells[:5])
    ways = tuple(replace(way, wave=wave.id) for wave in waves for way in whole.way_back[:3])
    matrix = tuple(replace(whole.matrix[0], property=f"p{n}") for n in range(900))
    document = build(replace(whole, waves=waves, cells=cells, way_back=ways, matrix=matrix))
    page = BeautifulSoup(render(document, "fr"), "html.parser")
    first = page.find(class_="verdicts")
    assert len(first.tbody.find_all("tr")) == 12 and "sur 600" in words(first.caption)
    folded = page.find(id="r3").find("details")
    assert "900 lignes" in words(folded.summary) and len(folded.tbody.find_all("tr")) == 400
    assert "400 lignes sur 900 ; toutes sont dans matrix.csv" in words(folded).replace("\u00a0", " ")
    assert (
        len(page.find_all(class_="timeline")) == 120
        and len([t for t in page.find_all(class_="timeline") if not t.find_parent("details")]) == 6
    )
    assert "GO sous décisions : 120" in words(page.find(id="verdict")).replace("\u00a0", " ")


def test_site_style_and_logo_are_taken_and_named(samples: ModuleType) -> None:
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    logo = f"data:image/png;base64,{dot}"
    page = BeautifulSoup(
        render(build(samples.quiet()), "fr", Site(stylesheet="h1 { color: #123456 }", logo=logo)), "html.parser"
    )
    assert page.img["src"] == logo and page.img["alt"] == "Logo de Clinique des Aulnes"
    assert page.style.string.rstrip().endswith("h1 { color: #123456 }")
    assert re.search(r"SHA-256 [0-9a-f]{64}", words(page.find(id="method")))


def test_no_loss_found_is_not_said_of_what_nobody_looked_at(samples: ModuleType) -> None:
    assessed = render(build(samples.quiet()), "en")
    unseen = render(build(replace(samples.quiet(), cells=())), "en")
    assert "No loss was found." in assessed
    assert "No loss was found." not in unseen


def test_another_language_is_refused(samples: ModuleType) -> None:
    with pytest.raises(KeyError):
        render(build(samples.quiet()), "de")
