"""The colours of the page, one set for light and one for dark; text reaches 4.5:1 and marks 3:1 on both grounds (tests
compute it)."""

from __future__ import annotations

LIGHT = {
    "ground": "#f7f5f0",
    "surface": "#ffffff",
    "ink": "#1c2429",
    "muted": "#4c5860",
    "line": "#d8d4ca",
    "edge": "#7b848a",
    "link": "#0d5470",
    "exact": "#1f6b5c",
    "residual": "#3f6f9f",
    "lossy": "#99590a",
    "blocked": "#972c2c",
    "not_assessed": "#5a6167",
    "go": "#1f6b5c",
    "go_with_decisions": "#8a5208",
    "no_go": "#972c2c",
}
DARK = {
    "ground": "#13181b",
    "surface": "#1b2226",
    "ink": "#e9e6df",
    "muted": "#b0b8bd",
    "line": "#353e44",
    "edge": "#7f8b93",
    "link": "#84c7e3",
    "exact": "#63c1ab",
    "residual": "#8db5e0",
    "lossy": "#e2aa55",
    "blocked": "#ee8d86",
    "not_assessed": "#a7b0b6",
    "go": "#63c1ab",
    "go_with_decisions": "#e2aa55",
    "no_go": "#ee8d86",
}
TEXT_TOKENS = (
    "ink",
    "muted",
    "link",
    "go",
    "go_with_decisions",
    "no_go",
    "exact",
    "residual",
    "lossy",
    "blocked",
    "not_assessed",
)
MARK_TOKENS = ("edge", "exact", "residual", "lossy", "blocked", "not_assessed")
GROUNDS = ("ground", "surface")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours (WCAG 2.1, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def variables(colours: dict[str, str]) -> str:
    """The set as CSS custom properties."""
    return ";".join(f"--{name.replace('_', '-')}:{value}" for name, value in colours.items())


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
