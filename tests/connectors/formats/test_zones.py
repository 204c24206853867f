"""Names and rules of zones: CLDR's table, French overseas territories, localised names, rules compared by instants."""

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transhumance.connectors.formats import zone_rules, zones


def cldr(corpora) -> dict[tuple[str, str], list[str]]:
    path = next(corpora("ical").rglob("windowsZones.json"))
    table = json.loads(path.read_text())["supplemental"]["windowsZones"]["mapTimezones"]
    return {(m["mapZone"]["_other"], m["mapZone"]["_territory"]): m["mapZone"]["_type"].split() for m in table}


@pytest.mark.corpora
def test_every_windows_zone_of_cldr_resolves(corpora) -> None:
    table = cldr(corpora)
    names = {windows for windows, _ in table}
    assert len(names) > 130
    for name in names:
        for spelling in (name, name.upper(), f'"{name}"', name.replace("Standard", "Daylight")):
            found = zones.resolve(spelling)
            assert found and found.iana in zones.iana_names(), spelling


@pytest.mark.corpora
def test_the_territory_picks_one_of_its_zones(corpora) -> None:
    checked = 0
    for (windows, territory), listed in cldr(corpora).items():
        if len(territory) != 2 or territory == "ZZ":
            continue
        own = [name for name in zones.territory_zones(territory) if zones.windows_of_iana(name) == windows]
        picked = zones.iana_of_windows(windows, territory)
        if own:
            assert picked == own[0]
            now = datetime(2026, 1, 15)
            listed_offsets = {ZoneInfo(name).utcoffset(now) for name in listed}
            assert ZoneInfo(picked).utcoffset(now) in listed_offsets, (windows, territory, picked)
            checked += 1
    assert checked > 250


@pytest.mark.parametrize(
    "windows,territory,iana",
    [
        ("Romance Standard Time", "FR", "Europe/Paris"),
        ("Romance Standard Time", "BE", "Europe/Brussels"),
        ("SA Western Standard Time", "MQ", "America/Martinique"),
        ("SA Western Standard Time", "FR-972", "America/Martinique"),
        ("SA Western Standard Time", "971", "America/Guadeloupe"),
        ("SA Western Standard Time", "BO", "America/La_Paz"),
        ("SA Eastern Standard Time", "GF", "America/Cayenne"),
        ("SA Eastern Standard Time", "FR", "America/Cayenne"),
        ("Mauritius Standard Time", "RE", "Indian/Reunion"),
        ("Mauritius Standard Time", "FR", "Indian/Reunion"),
        ("Mauritius Standard Time", "MU", "Indian/Mauritius"),
        ("E. Africa Standard Time", "976", "Indian/Mayotte"),
        ("Central Pacific Standard Time", "NC", "Pacific/Noumea"),
        ("Hawaiian Standard Time", "PF", "Pacific/Tahiti"),
        ("Saint Pierre Standard Time", "FR", "America/Miquelon"),
        ("W. Europe Standard Time", "FR", "Europe/Berlin"),
    ],
)
def test_french_overseas_territories(windows: str, territory: str, iana: str) -> None:
    assert zones.iana_of_windows(windows, territory) == iana


def test_the_establishments_own_zone_goes_first() -> None:
    assert zones.iana_of_windows("SA Western Standard Time", "FR", "America/Martinique") == "America/Martinique"
    assert zones.iana_of_windows("Romance Standard Time", "FR", "America/Martinique") == "Europe/Paris"


@pytest.mark.parametrize(
    "name,iana",
    [
        ("Mitteleuropäische Zeit", "Europe/Berlin"),
        ("Paris, Madrid", "Europe/Paris"),
        ("(UTC+01:00) Bruxelles, Copenhague, Madrid, Paris", "Europe/Paris"),
        ("(GMT+01:00) Amsterdam, Berlin, Berne, Rome, Stockholm, Vienne", "Europe/Berlin"),
        ("(UTC+02:00) Athens, Bucharest, Istanbul", "Europe/Bucharest"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC+04:00) Port-Louis", "Indian/Reunion"),
        ("tzone://Microsoft/Utc", "Etc/UTC"),
        ("/freeassociation.sourceforge.net/Europe/Paris", "Europe/Paris"),
        ("/softwarestudio.org/Olson_20011030_5/America/Indiana/Knox", "America/Indiana/Knox"),
        ("europe/paris", "Europe/Paris"),
    ],
)
def test_localised_and_private_names(name: str, iana: str) -> None:
    found = zones.resolve(name, "FR")
    assert found is not None and found.iana == iana and found.how != "iana"


@pytest.mark.parametrize(
    "name", ["Customized Time Zone", "tzone://Microsoft/Custom", "", "GMT +0100 (Standard) / GMT +0200 (Daylight)",
             "(UTC+05:00) Paris", "(GMT+01:00)", "Eastern", "Paris"],
)  # fmt: skip
def test_what_says_too_little_is_nothing(name: str) -> None:
    assert zones.resolve(name) is None


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=40))
def test_an_unknown_name_is_never_utc(name: str) -> None:
    found = zones.resolve(name)
    assert found is None or found.iana not in ("UTC", "Etc/UTC") or "utc" in name.lower() or name.strip('" ').isalnum()


# --- rules

EUROPE = b"""BEGIN:VTIMEZONE
TZID:any
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
FIXED = EUROPE.replace(b"+0200", b"+0100")
LOTUS = EUROPE.replace(b"16010101T030000", b"16010101T020000")


def rules(block: bytes) -> zone_rules.Rules:
    found = zone_rules.read_vtimezone(block)
    assert found is not None
    return found


def test_rules_give_offsets() -> None:
    assert rules(EUROPE).offset(datetime(2026, 3, 29, 0, 59, 59)) == 3600
    assert rules(EUROPE).offset(datetime(2026, 3, 29, 1)) == 7200
    assert rules(EUROPE).offset(datetime(2026, 10, 25, 1)) == 3600


def test_rules_agree_only_where_every_instant_does() -> None:
    assert zone_rules.agree(rules(EUROPE), "Europe/Paris", date(1996, 1, 1), date(2040, 1, 1))
    assert not zone_rules.agree(rules(EUROPE), "Europe/Paris", date(1990, 1, 1), date(2040, 1, 1))
    assert zone_rules.agree(rules(EUROPE), "Europe/Paris", date(1993, 6, 1), date(1993, 6, 2))
    assert not zone_rules.agree(rules(EUROPE), "Europe/London", date(2020, 6, 1), date(2020, 6, 2))


def test_an_hour_at_the_change_counts_only_for_who_is_there() -> None:
    """Lotus Notes writes both changes at two o'clock."""
    span = (date(2010, 1, 1), date(2030, 1, 1))
    assert not zone_rules.agree(rules(LOTUS), "Europe/Paris", *span)
    assert zone_rules.agree(rules(LOTUS), "Europe/Paris", *span, frozenset([time(10)]))
    assert not zone_rules.agree(rules(LOTUS), "Europe/Paris", *span, frozenset([time(2, 30)]))


@pytest.mark.parametrize(
    "block,territory,timezone,iana",
    [
        (EUROPE, "FR", "", "Europe/Paris"),
        (EUROPE, "BE", "", "Europe/Brussels"),
        (EUROPE, "XX", "Europe/Rome", "Europe/Rome"),
        (FIXED, "FR", "", "Etc/GMT-1"),
        (FIXED.replace(b"+0100", b"-0300"), "GF", "", "America/Cayenne"),
        (FIXED.replace(b"+0100", b"+0117"), "FR", "", None),
    ],
)
def test_unknown_zones_are_matched_by_their_rules(block, territory, timezone, iana) -> None:
    assert zone_rules.match(rules(block), date(2005, 1, 1), date(2030, 1, 1), territory, timezone) == iana


@pytest.mark.parametrize(
    "line", [b"FREQ=SECONDLY", b"FREQ=YEARLY;BYDAY=SU", b"FREQ=YEARLY;BYMONTH=13", b"FREQ=YEARLY;BYDAY=-9SU;BYMONTH=1",
             b"FREQ=YEARLY;COUNT=99999999999999999999", b"", b"FREQ=YEARLY;BYHOUR=7;BYDAY=-1SU;BYMONTH=10"],
)  # fmt: skip
def test_rules_that_cant_be_evaluated_are_none(line: bytes) -> None:
    block = EUROPE.replace(b"FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", line)
    found = zone_rules.read_vtimezone(block)
    assert found is None or zone_rules.match(found, date(2000, 1, 1), date(2001, 1, 1)) is None or b"COUNT" in line


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=80), st.integers(0, 400))
def test_damaged_rules_never_raise(junk: bytes, at: int) -> None:
    found = zone_rules.read_vtimezone(EUROPE[:at] + junk + EUROPE[at:])
    if found is not None:
        found.offset(datetime(2026, 1, 1))


@pytest.mark.parametrize("name", ["Europe/Paris", "America/New_York", "Africa/Casablanca", "Pacific/Noumea"])
def test_changes_of_a_zone_are_where_its_offset_changes(name: str) -> None:
    zone, second = ZoneInfo(name), timedelta(seconds=1)
    for at in zone_rules.iana_changes(name):
        after, before = at.replace(tzinfo=UTC).astimezone(zone), (at - second).replace(tzinfo=UTC).astimezone(zone)
        assert after.utcoffset() != before.utcoffset()
    assert len(zone_rules.iana_changes("Europe/Paris")) > 100
