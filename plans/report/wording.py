"""Numbers, sizes, durations and dates as people read them, in French and in English; and text that can't fool its
reader."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime

THIN = "\u202f"  # narrow no-break space: French thousands
NBSP = "\u00a0"  # between a number and its unit
LONGEST = 300  # characters of a name or reference that the page shows
_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}
_SIZES = {"fr": ("octets", "Ko", "Mo", "Go", "To", "Po"), "en": ("bytes", "kB", "MB", "GB", "TB", "PB")}
_DAYS = {"fr": "j", "en": "d"}
_HIDDEN = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Zl",
    "Zp",
}  # controls, bidi and zero-width marks, surrogates, private use, line separators


def number(value: int | float, lang: str, digits: int = 0) -> str:
    """`1 234 567,8` in French, `1,234,567.8` in English; at most `digits` decimals, none for whole numbers."""
    text = f"{value:,.{digits}f}" if isinstance(value, float) and not value.is_integer() else f"{int(value):,}"
    if lang == "en":
        return text
    return text.replace(",", THIN).replace(".", ",")


def percent(part: int, whole: int, lang: str) -> str:
    """A share to one decimal, never rounded up to 100 nor down to 0 when it is neither."""
    if not whole:
        return "–"
    value = 100 * part / whole
    if 0 < value < 0.1:
        text = "< 0,1" if lang == "fr" else "< 0.1"
    elif 99.9 < value < 100:
        text = "> 99,9" if lang == "fr" else "> 99.9"
    else:
        text = number(round(value, 1), lang, 1)
    return f"{text}{NBSP}%" if lang == "fr" else f"{text}%"


def size(value: int, lang: str) -> str:
    """Bytes in powers of ten: `48,2 Mo`, `48.2 MB`."""
    amount, step = float(value), 0
    while amount >= 999.5 and step < len(_SIZES[lang]) - 1:
        amount, step = amount / 1000, step + 1
    return f"{number(round(amount, 1), lang, 1)}{NBSP}{_SIZES[lang][step]}"


def duration(seconds: float, lang: str) -> str:
    """The two largest parts: `45 s`, `12 min`, `2 h 05 min`, `3 j 4 h`."""
    if seconds < 60:
        return f"{number(round(seconds, 1), lang, 1)}{NBSP}s"
    minutes = round(seconds / 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{number(days, lang)}{NBSP}{_DAYS[lang]}" + (f" {hour}{NBSP}h" if hour else "")
    if hours:
        return f"{hours}{NBSP}h" + (f" {minute:02}{NBSP}min" if minute else "")
    return f"{minutes}{NBSP}min"


def day(value: date, lang: str) -> str:
    """`24 novembre 2026`, `24 November 2026`; the first of a month is `1er` in French."""
    first = f"{value.day}er" if lang == "fr" and value.day == 1 else str(value.day)
    return f"{first}{NBSP}{_MONTHS[lang][value.month - 1]}{NBSP}{value.year}"


def moment(value: datetime, lang: str) -> str:
    """Day, time and offset: `24 novembre 2026 à 20 h 15 (UTC+01:00)`."""
    clock = f"à {value.hour}{NBSP}h{NBSP}{value.minute:02}" if lang == "fr" else f"at {value:%H:%M}"
    return f"{day(value.date(), lang)} {clock} ({value.tzname() if value.tzinfo else 'UTC ?'})"


def plural(n: int, one: str, many: str, lang: str) -> str:
    """French counts 0 and 1 as one, English only 1."""
    return one if (abs(n) < 2 if lang == "fr" else abs(n) == 1) else many


def visible(text: str) -> str:
    """The same text with every invisible or reordering character written out: NUL is `␀`, U+202E is `[U+202E]`.

    Names of mail folders and files are hostile now and then (UTR 36, "Trojan source"); a page that someone signs shows
    them."""
    return text if text.isprintable() else "".join(_seen(char) for char in text)


def _seen(char: str) -> str:
    if char in "\t\n\r":
        return " "
    if unicodedata.category(char) not in _HIDDEN:
        return char
    point = ord(char)
    return chr(0x2400 + point) if point < 0x20 else f"[U+{point:04X}]"


def shown(text: str, lang: str, longest: int = LONGEST) -> str:
    """`visible`, cut at `longest` characters with the full length said."""
    if len(text) <= longest:
        return visible(text)
    cut = visible(text[: max(longest - 40, longest // 2)])
    total = number(len(text), lang)
    return f"{cut}… ({total} caractères au total)" if lang == "fr" else f"{cut}… ({total} characters in all)"


def storable(text: str) -> str:
    """Text that any UTF-8 reader accepts: lone surrogates (undecodable bytes of file names) are written as
    `\\udcXX`."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
