"""What an establishment may bring to its reports: a style sheet and a logo, both refused unless they are harmless.

The page fetches nothing and runs nothing, and a site's additions don't change that.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from transhumance.plans.report.facts import Text

LARGEST = 512 * 1024  # bytes of a logo or a style sheet
_FETCHES = re.compile(
    r"@import|@font-face|url\s*\(|image\s*\(|image-set\s*\(|src\s*\(|expression\s*\(|-moz-binding|behavior\s*:", re.I
)
_SVG = "{http://www.w3.org/2000/svg}"
_DRAWS = frozenset(  # `use` is left out: nested uses grow without bound
    "svg g path rect circle ellipse line polyline polygon title desc defs linearGradient radialGradient stop clipPath"
    " text tspan".split()
)
DEEPEST = 64
_HREF = ("href", "{http://www.w3.org/1999/xlink}href")


class SiteRefused(ValueError):
    """A style sheet or a logo that can't be taken: what is wrong, in both languages."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Site:
    """`stylesheet`: CSS text without any outside reference. `logo`: a `data:` URI of a PNG or a drawn SVG.

    Raises SiteRefused.
    """

    stylesheet: str | None = None
    logo: str | None = None

    def __post_init__(self) -> None:
        if self.stylesheet is not None:
            _check_style(self.stylesheet)
        if self.logo is not None:
            object.__setattr__(self, "logo", _clean_logo(self.logo))


def _refuse(fr: str, en: str) -> SiteRefused:
    return SiteRefused(Text(fr, en))


def _check_style(css: str) -> None:
    if len(css.encode("utf-8", "replace")) > LARGEST:
        raise _refuse("feuille de style : plus de 512 Kio", "style sheet: more than 512 KiB")
    if "</" in css or "<!" in css or "\\" in css or "\0" in css:
        raise _refuse(
            "feuille de style : « </ », « <! », « \\ » et NUL sont refusés",
            "style sheet: “</”, “<!”, “\\” and NUL are refused",
        )
    found = _FETCHES.search(re.sub(r"/\*.*?\*/", " ", css, flags=re.S)) or _FETCHES.search(css)
    if found:
        raise _refuse(
            f"feuille de style : « {found[0]} » va chercher ailleurs",
            f"style sheet: “{found[0]}” fetches from elsewhere",
        )


def _clean_logo(uri: str) -> str:
    kind, _, data = uri.partition(";base64,")
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise _refuse("logo : base64 illisible", "logo: unreadable base64") from None
    if not raw or len(raw) > LARGEST:
        raise _refuse("logo : vide, ou plus de 512 Kio", "logo: empty, or more than 512 KiB")
    if kind == "data:image/png" and raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return uri
    if kind == "data:image/svg+xml":
        return "data:image/svg+xml;base64," + base64.b64encode(_clean_svg(raw)).decode("ascii")
    raise _refuse(
        "logo : data:image/png ou data:image/svg+xml, en base64",
        "logo: data:image/png or data:image/svg+xml, in base64",
    )


def _clean_svg(raw: bytes) -> bytes:
    """The drawing alone: known elements, no handler, no link outside, no style. Raises SiteRefused."""
    if b"<!" in re.sub(rb"<!--.*?-->", b"", raw, flags=re.S) or b"\0" in raw:  # no doctype, so no entity to expand
        raise _refuse("logo : DOCTYPE, entité ou NUL", "logo: DOCTYPE, entity or NUL")
    try:
        root = ElementTree.fromstring(raw)
    except ElementTree.ParseError:
        raise _refuse("logo : SVG illisible", "logo: unreadable SVG") from None
    if root.tag != _SVG + "svg":
        raise _refuse("logo : la racine n'est pas svg", "logo: the root is not svg")
    _prune(root)
    ElementTree.register_namespace("", _SVG[1:-1])
    return ElementTree.tostring(root)


def _prune(root: ElementTree.Element) -> None:
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        if depth > DEEPEST:
            raise _refuse("logo : SVG trop imbriqué", "logo: SVG nested too deep")
        for child in list(element):
            if isinstance(child.tag, str) and child.tag.removeprefix(_SVG) in _DRAWS:
                waiting.append((child, depth + 1))
            else:
                element.remove(child)
        for name, value in list(element.attrib.items()):
            if not _harmless(name, value):
                del element.attrib[name]


def _harmless(name: str, value: str) -> bool:
    if name in _HREF:
        return value.startswith("#")
    outside = re.search(r"url\(\s*['\"]?(?!#)", value, re.I)
    return not (name.lower().startswith("on") or name == "style" or name.startswith("{") or outside or "\\" in value)
