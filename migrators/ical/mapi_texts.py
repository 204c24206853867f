"""Bodies of a MAPI item as DESCRIPTION and X-ALT-DESC, and back.

The object holds the plain text and the HTML. RTF that nothing else says stays in the residue: HTML taken out of it
can't be put into it again byte for byte.
"""

from __future__ import annotations

from transhumance.connectors.formats import contentwrite, mapi_body
from transhumance.connectors.formats.mapi_residue import Said
from transhumance.connectors.formats.mapi_stored import hints_of, said_texts
from transhumance.migrators.ical.mapi_object import Opening, Part, Reading

HTML_LIMIT = 1 << 20  # characters of HTML in an object


def body_lines(opening: Opening) -> list[bytes]:
    """DESCRIPTION and X-ALT-DESC."""
    found = mapi_body.texts(opening.record)
    _note(opening, found)
    lines = []
    if found.plain:
        lines.append(contentwrite.line("DESCRIPTION", contentwrite.escape(found.plain)))
    if found.html and len(found.html) <= HTML_LIMIT:
        html = contentwrite.escape(found.html)
        lines.append(contentwrite.line("X-ALT-DESC", html, [("FMTTYPE", "text/html")]))
        opening.find("CAL-BODY-01")
    elif found.html:
        opening.find("CAL-BODY-02", f"{len(found.html)} characters")
    return lines


def _note(opening: Opening, found: mapi_body.Texts) -> None:
    opening.hints |= hints_of(opening.record, found)
    if found.guessed:
        opening.find("MAIL-PST-02")
    if found.damaged:
        opening.find("MAIL-RTF-01")
    if found.unformatted:
        opening.find("CAL-BODY-02", "rtf")
    if found.large:
        opening.find("CAL-BODY-02", "size")


def said_bodies(part: Part, reading: Reading) -> Said:
    """The two bodies, and the property that says how they are stored."""
    return said_texts(part.text("DESCRIPTION"), _html(part), reading.hints)


def _html(part: Part) -> str | None:
    prop = part.first("X-ALT-DESC")
    if prop is not None and "html" in prop.param("FMTTYPE").lower():
        return part.text("X-ALT-DESC")
    styled = part.first("STYLED-DESCRIPTION")
    return part.text("STYLED-DESCRIPTION") if styled and "html" in styled.param("FMTTYPE").lower() else None
