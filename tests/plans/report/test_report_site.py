"""What a site may bring: harmless styles and drawings pass, the rest is refused and says why."""

from __future__ import annotations

import base64

import pytest

from transhumance.plans.report import Site, SiteRefused

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


def svg(body: str, whole: str = SVG) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(whole.format(body).encode()).decode()


def drawn(site: Site) -> str:
    assert site.logo is not None
    return base64.b64decode(site.logo.partition(",")[2]).decode()


@pytest.mark.parametrize(
    "css",
    [
        "h1 { color: #123 }",
        "@media (400px <= width) { .top { display: flex } }",
        "/* note */ :root { --link: #004400 }",
    ],
)
def test_styles_that_pass(css: str) -> None:
    assert Site(stylesheet=css).stylesheet == css


@pytest.mark.parametrize(
    "css",
    [
        "@import 'x.css';",
        "@IMPORT url(x)",
        "a { background: url(http://evil.example/x.png) }",
        "a { background: URL (x) }",
        "a { background: u/**/rl(x); b: image-set('x' 1x) }",
        "@font-face { font-family: x; src: local(x) }",
        "</style><script>alert(1)</script>",
        "a { background: \\75rl(x) }",
        "<!-- x",
        "a { width: expression(alert(1)) }",
        "a{}" * 200_000,
    ],
)
def test_styles_that_are_refused(css: str) -> None:
    with pytest.raises(SiteRefused) as refused:
        Site(stylesheet=css)
    assert refused.value.text.fr and refused.value.text.en


def test_a_drawing_passes() -> None:
    kept = drawn(Site(logo=svg('<title>CHU</title><g fill="#123"><path d="M0 0h9"/><circle cx="1" cy="1" r="1"/></g>')))
    assert "path" in kept and "circle" in kept and 'fill="#123"' in kept


@pytest.mark.parametrize(
    "body, gone",
    [
        ("<script>alert(1)</script>", "script"),
        ('<path d="M0 0" onload="alert(1)"/>', "onload"),
        ("<foreignObject><p>x</p></foreignObject>", "foreignObject"),
        ('<image href="http://evil.example/x.png"/>', "evil"),
        ('<g xmlns:xlink="http://www.w3.org/1999/xlink"><path d="M0" xlink:href="http://evil.example/"/></g>', "evil"),
        ("<style>a{background:url(http://evil.example/)}</style>", "evil"),
        ('<rect style="background:url(http://evil.example/)"/>', "evil"),
        ('<rect fill="url(http://evil.example/x#a)"/>', "evil"),
        ('<animate attributeName="href" values="javascript:alert(1)"/>', "javascript"),
        ('<use href="#a"/>', "use"),
        ("<x:path xmlns:x='http://other.example/'/>", "other"),
    ],
)
def test_what_a_drawing_does_not_keep(body: str, gone: str) -> None:
    assert gone not in drawn(Site(logo=svg(body)))


def test_references_inside_the_drawing_stay() -> None:
    body = '<defs><linearGradient id="a"><stop offset="1"/></linearGradient></defs><rect fill="url(#a)"/>'
    assert "url(#a)" in drawn(Site(logo=svg(body)))


@pytest.mark.parametrize(
    "logo",
    [
        "http://evil.example/logo.png",
        "data:image/png;base64,",
        "data:image/png;base64,!!!!",
        "data:image/png;base64," + base64.b64encode(b"GIF89a").decode(),
        "data:image/gif;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(),
        "data:text/html;base64," + base64.b64encode(b"<p>").decode(),
        "data:image/svg+xml," + "<svg/>",
        svg("", "<svg>"),
        svg("", "<html/>"),
        svg("", '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'),
        svg("", "<svg xmlns='http://www.w3.org/2000/svg'>" + "<g>" * 5_000 + "</g>" * 5_000 + "</svg>"),
        "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 600_000).decode(),
    ],
)
def test_logos_that_are_refused(logo: str) -> None:
    with pytest.raises(SiteRefused):
        Site(logo=logo)
