"""Names of time zones: Windows, localised and private ones to IANA, and back.

The Windows table is CLDR's, as the package `tzlocal` carries it; which zones a territory has is tzdb's `zone.tab`. A
Windows name stands for several IANA zones: the establishment's own zone is taken where it is one of them, else one of
its territory's, else CLDR's default. A name that nothing knows gives None, never UTC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

from transhumance.connectors.formats import zone_names

How = Literal["iana", "windows", "alias", "display"]

# ISO 3166-1 codes of what belongs to France: an establishment whose territory is FR, or a department's number, may
# lie in any of them (order: departments first, by population)
FRANCE = ("FR", "RE", "GP", "MQ", "GF", "YT", "NC", "PF", "BL", "MF", "PM", "WF", "TF")
_DEPARTMENTS = {"971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL", "978": "MF",
                "984": "TF", "986": "WF", "987": "PF", "988": "NC"}  # fmt: skip
_DISPLAY = re.compile(
    r"\((?:UTC|GMT)\s*(?:([-+\u2212])\s*(\d{1,2})[:.h]?(\d{2})?)?\)\s*(.*)", re.IGNORECASE | re.DOTALL
)
_LIST = re.compile(r"[,;/&\\]| et | and | und ")
_IANA = re.compile(r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)(?:/[A-Z]\w+)+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Zone:
    """An IANA zone that a name stands for. `how`: the name is IANA's own (`iana`), a Windows id (`windows`), another
    spelling of one of them (`alias`), or a display name recognised by its cities and its offset (`display`).
    `windows`: the Windows id in between, where there was one."""

    iana: str
    how: How
    windows: str = ""


@cache
def iana_names() -> frozenset[str]:
    """Every IANA name, old links too."""
    text = (resources.files("tzdata") / "zones").read_text("ascii")
    return frozenset(text.split())


@cache
def windows_table() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """CLDR's two tables: Windows id to its default IANA zone, IANA zone to its Windows id."""
    from tzlocal.windows_tz import tz_win, win_tz

    return win_tz, tz_win


@cache
def territory_zones(territory: str) -> tuple[str, ...]:
    """The IANA zones of an ISO 3166-1 territory, in tzdb's order; of a French department by its number too."""
    code = territory.upper().removeprefix("FR-")
    return _zone_tab().get(_DEPARTMENTS.get(code, code), ())


@cache
def _zone_tab() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _, name = line.split("\t")[:3]
            found[code] = (*found.get(code, ()), name)
    return found


def iana_of_windows(windows: str, territory: str = "FR", timezone: str = "") -> str:
    """The IANA zone of a Windows id for an establishment. Raises `KeyError` for what is no Windows id."""
    default, back = windows_table()[0][windows], windows_table()[1]
    for name in preferred(territory, timezone):
        if back.get(name) == windows:
            return name
    return default


def windows_of_iana(name: str) -> str | None:
    """The Windows id of an IANA zone, or None where Windows has none."""
    return windows_table()[1].get(name)


@lru_cache(maxsize=256)
def preferred(territory: str, timezone: str = "") -> tuple[str, ...]:
    """The zones that an establishment is likeliest to mean, best first: its own, its territory's, and for a French
    one those of the rest of France."""
    own = [timezone] if timezone in iana_names() else []
    home = _DEPARTMENTS.get(territory.upper().removeprefix("FR-"), territory.upper())
    rest: Iterable[str] = FRANCE if home in FRANCE else ()
    zones = [zone for code in (home, *rest) for zone in territory_zones(code)]
    return tuple(dict.fromkeys([*own, *zones]))


@lru_cache(maxsize=4096)
def resolve(name: str, territory: str = "FR", timezone: str = "") -> Zone | None:
    """The zone that a name stands for by itself, or None. `Customized Time Zone` and the like are None: their rules,
    where they are written, may tell more (`zone_rules.match`)."""
    text = name.strip().strip('"').strip()[:256]
    if text in iana_names():
        return Zone(text, "iana")
    if found := _by_id(text):
        return _zone(found, territory, timezone, "windows" if found == text else "alias")
    if iana := _folded_iana().get(text.lower().replace(" ", "_")) or _suffix(text):
        return Zone(iana, "alias")
    if text.lower() in ("tzone://microsoft/utc", "utc", "z", "(utc) coordinated universal time"):
        return Zone("Etc/UTC", "alias")
    if found := _spoken(text):
        return _zone(found, territory, timezone, "alias")
    if found := _by_cities(text):
        return _zone(found, territory, timezone, "display")
    return None


def _zone(windows: str, territory: str, timezone: str, how: How) -> Zone:
    return Zone(iana_of_windows(windows, territory, timezone), how, windows)


def _by_id(text: str) -> str | None:
    """A Windows id, in any case, or its daylight name."""
    return _folded_windows().get(text.lower().replace(" daylight time", " standard time"))


@cache
def _folded_windows() -> Mapping[str, str]:
    return {name.lower(): name for name in windows_table()[0]}


@cache
def _folded_iana() -> Mapping[str, str]:
    return {name.lower(): name for name in sorted(iana_names(), reverse=True)}


def _suffix(text: str) -> str | None:
    """The IANA name at the end of a globally unique TZID (`/vendor.example/20260101_1/Europe/Paris`), or of a zone
    of another edition of tzdb (`posix/Europe/Paris`)."""
    if not text.startswith(("/", "posix/")):
        return None
    parts = text.strip("/").split("/")
    tries = ("/".join(parts[-count:]) for count in (3, 2, 1) if count <= len(parts))
    return next((name for name in tries if name in iana_names()), None)


# --- display names


def fold(text: str) -> str:
    """A name without case, accents and punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(_WORD.findall(bare.casefold()))


def _spoken(text: str) -> str | None:
    """The Windows id of a name in another language; a written offset must be that zone's."""
    match = _DISPLAY.match(text)
    found = zone_names.SPOKEN.get(fold(match[4] if match else text))
    if found and match and match[2] and _standard_offset(found) != _minutes(*match.groups()[:3]):
        return None
    return found


def _by_cities(text: str) -> str | None:
    """The Windows id whose zones are named after most of the cities in `(UTC+01:00) Bruxelles, Paris`, if one of
    those with the written offset is.

    Without an offset a name says too little to be taken by its cities alone.
    """
    match = _DISPLAY.match(text)
    if not match:
        return None
    offset = _minutes(*match.groups()[:3])
    votes: dict[str, int] = {}
    for word in _LIST.split(match[4]):
        city = fold(word)
        for windows in _cities().get(zone_names.CITIES.get(city, city), ()):
            if _standard_offset(windows) == offset:
                votes[windows] = votes.get(windows, 0) + 1
    return max(sorted(votes), key=lambda name: votes[name], default=None)


@lru_cache(maxsize=1024)
def hints(name: str) -> tuple[str, ...]:
    """IANA zones that a name makes likely without saying so: those that stand in it, and those of its cities."""
    found = [match[0] for match in _IANA.finditer(name[:256]) if match[0] in iana_names()]
    for word in _LIST.split(name[:256]):
        city = fold(_DISPLAY.sub(lambda m: m[4], word))
        found += _places().get(zone_names.CITIES.get(city, city), ())
    return tuple(dict.fromkeys(found))


@cache
def _places() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for zone in (zone for code in sorted(_zone_tab()) for zone in _zone_tab()[code]):
        city = fold(zone.rpartition("/")[2].replace("_", " "))
        found[city] = (*found.get(city, ()), zone)
    return found


def _minutes(sign: str | None, hours: str | None, minutes: str | None) -> int:
    total = int(hours or 0) * 60 + int(minutes or 0)
    return -total if sign in ("-", "\u2212") else total


@cache
def _cities() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, windows in windows_table()[1].items():
        city = fold(name.rpartition("/")[2].replace("_", " "))
        if windows not in found.get(city, ()):
            found[city] = (*found.get(city, ()), windows)
    return found


@cache
def _standard_offset(windows: str) -> int:
    """Minutes east of UTC outside daylight time."""
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(windows_table()[0][windows])
    offsets = [datetime(2025, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in (1, 7)]
    return int(min(offsets).total_seconds()) // 60
