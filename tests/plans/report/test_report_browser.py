"""The page in a browser: axe-core, without script, at 320 px, in the dark, printed on A4."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from transhumance.plans.report import build, document_digest, write

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is absent: the page is not looked at in a browser"),
]
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is absent")


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(samples: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("report")
    for name in ("sample", "two_waves", "quiet", "hostile"):
        write(getattr(samples, name)(), root / name, ("fr", "en"))
    return root


def opened(browser: sync_api.Browser, path: Path, width: int = 1280, **more: object) -> sync_api.Page:
    """The page, in a browser that may load nothing else: every request but the file's own is refused and noted."""
    context = browser.new_context(viewport={"width": width, "height": 800}, **more)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    return page


@pytest.mark.parametrize("file", ["reversibility.html", "reversibility.en.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["sample", "hostile", "quiet"])
def test_axe_finds_nothing_serious(browser: sync_api.Browser, folder: Path, name: str, scheme: str, file: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is absent")
    page = opened(browser, folder / name / file, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = axe.Axe().run(page).response["violations"]
    page.context.close()
    assert not [(v["id"], v["impact"], v["nodes"][0]["html"][:200]) for v in found]


def test_reads_without_script(browser: sync_api.Browser, folder: Path) -> None:
    page = opened(browser, folder / "sample" / "reversibility.html", java_script_enabled=False)
    assert page.get_by_text("NO GO", exact=True).first.is_visible()
    assert page.get_by_role("table", name=re.compile("Ce que chaque domaine perd")).is_visible()
    folded = page.locator("#r3 details")
    assert not folded.locator("table").is_visible()
    folded.locator("summary").press("Enter")  # by the keyboard
    assert folded.locator("table").is_visible()
    page.context.close()


def test_skip_link_comes_first_by_keyboard(browser: sync_api.Browser, folder: Path) -> None:
    page = opened(browser, folder / "sample" / "reversibility.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["width"] > 50
    page.context.close()


def test_the_table_begins_on_the_first_screen(browser: sync_api.Browser, folder: Path) -> None:
    page = opened(browser, folder / "two_waves" / "reversibility.html")
    assert page.locator(".headline").bounding_box()["y"] < 200
    assert page.locator(".tiles").bounding_box()["y"] < 500
    assert page.locator(".verdicts tbody tr").first.bounding_box()["y"] < 800
    page.context.close()


@pytest.mark.parametrize("name", ["sample", "hostile", "quiet"])
def test_reflows_at_320_px(browser: sync_api.Browser, folder: Path, name: str) -> None:
    page = opened(browser, folder / name / "reversibility.html", width=320)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()


def test_hostile_text_runs_nothing(browser: sync_api.Browser, folder: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    heard: list[str] = []
    page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    page.goto((folder / "hostile" / "reversibility.html").as_uri())
    assert page.locator("script, img").count() == 0 and not heard
    context.close()


def pdf_of(browser: sync_api.Browser, path: Path, into: Path, scheme: str = "light") -> Path:
    page = opened(browser, path, color_scheme=scheme)
    page.pdf(path=str(into), prefer_css_page_size=True, print_background=True)
    page.context.close()
    return into


def tool(name: str, *arguments: object) -> str:
    if not shutil.which(name):
        pytest.skip(f"{name} (poppler-utils) is absent: the print is not read back")
    return subprocess.run([name, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_prints_on_a4_with_digest_and_number_on_each_page(
    browser: sync_api.Browser, folder: Path, samples: ModuleType, tmp_path: Path, scheme: str
) -> None:
    pdf = pdf_of(browser, folder / "two_waves" / "reversibility.html", tmp_path / "report.pdf", scheme)
    info = tool("pdfinfo", pdf)
    count = int(re.search(r"Pages:\s+(\d+)", info)[1])
    assert 5 <= count <= 20 and "(A4)" in info
    digest = document_digest(build(samples.two_waves()))
    for at in range(1, count + 1):
        text = tool("pdftotext", "-layout", "-f", at, "-l", at, pdf, "-")
        assert text.count(digest) >= 1, at
        assert re.search(rf"page {at} / {count}\b", text), at
    whole = tool("pdftotext", "-layout", pdf, "-")
    assert "PidTagSubject" in whole  # a table of the annex
    assert "étiquettes" in whole and "cal:9ae210" in whole  # what the screen folds is open on paper
    assert whole.count("Domaine → cible") + whole.count("Domaine →") > 2  # heads are repeated


def test_dark_screens_print_on_white(browser: sync_api.Browser, folder: Path, tmp_path: Path) -> None:
    pdf = pdf_of(browser, folder / "quiet" / "reversibility.html", tmp_path / "dark.pdf", "dark")
    tool("pdftoppm", "-r", "20", "-f", "1", "-l", "1", pdf, tmp_path / "page")
    raw = next(tmp_path.glob("page*.ppm")).read_bytes()
    pixels = raw.split(b"\n255\n", 1)[1]
    assert pixels[:3] == b"\xff\xff\xff" and sum(pixels) / len(pixels) > 220


def test_nothing_is_cut_at_the_edge_of_the_paper(browser: sync_api.Browser, folder: Path) -> None:
    """Laid out as on A4 (182 mm between the margins), no table is wider than the page."""
    for name in ("two_waves", "sample"):
        page = opened(browser, folder / name / "reversibility.html", width=round(182 / 25.4 * 96))
        page.emulate_media(media="print")
        wide = page.evaluate(
            """[...document.querySelectorAll('table')]
            .map(t => [t.caption.textContent, t.getBoundingClientRect().right - innerWidth])
            .filter(([_, over]) => over > 1)"""
        )
        page.context.close()
        assert not wide
