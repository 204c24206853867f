"""Recurrences say the same before and after: judged by expansion, not by text."""

from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest

from transhumance.connectors.contract import BytesBody, Context, Record, read_all
from transhumance.connectors.formats.objectsplit import NotOurs
from transhumance.connectors.ics.split import inspect
from transhumance.migrators.ical.codec import IcalCodec

CODEC = IcalCodec("event")
# what says that programs may read an item's times otherwise
NAMED = {"CAL-TZ-02", "CAL-TZ-03", "CAL-REC-04", "CAL-PARSE-01", "CAL-EXC-02", "CAL-FLOAT-01"}


def items(path: Path):
    data = path.read_bytes()
    try:
        cuts = list(inspect(data, True).cuts())
    except NotOurs:
        return
    for cut in cuts:
        item = b"".join(data[start:end] for start, end in cut.spans) + cut.tail
        if b"\nRRULE" in item or b"\nRDATE" in item:
            yield item


def opened(data: bytes):
    found = CODEC.to_open(Record(b"", "event", "ical", {}, {"content": BytesBody.of(data)}), Context())
    return read_all(found.document.bodies["content"]), {finding.code for finding in found.findings}


def source(judge, data: bytes, spans, local: str):
    """The source by its rules; by its names where the judge can't make a zone of the rules."""
    try:
        return judge.expand(judge.by_rules(data), spans, local)
    except ZoneInfoNotFoundError:
        return judge.expand(data, spans, local)


def compare(judge, data: bytes, spans) -> str:
    """How the judge reads a document by the names of its zones, against the source by its rules."""
    document, codes = opened(data)
    for local in ("Europe/Paris", "Pacific/Noumea"):
        try:
            before = source(judge, data, spans, local)
        except Exception as error:  # what the judge can't expand must be told
            return "not expanded, named" if codes & NAMED else f"NOT NAMED: {type(error).__name__}"
        try:
            after = judge.expand(judge.by_names(document), spans, local)
            same_rules = judge.expand(document, spans, local) == judge.expand(data, spans, local)
        except Exception:
            return "named" if codes & NAMED else "DIFFERENT"
        if after != before or not same_rules:
            return "named" if codes & NAMED else "DIFFERENT"
    return "equal"


def judged(judge, folder: Path, spans, a_file: int) -> Counter[str]:
    """Verdicts over a corpus. An item without zones is its own document: nothing can be read otherwise."""
    seen: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.ics")):
        zoned = 0
        for item in items(path):
            zoned += b"TZID" in item
            if b"TZID" not in item:
                assert opened(item)[0] == item
                seen["equal, no zone"] += 1
            elif zoned <= a_file and len(item) < 20_000:
                seen[compare(judge, item, spans)] += 1
    print(dict(seen))
    return seen


def unnamed(seen: Counter[str]) -> list[str]:
    return [verdict for verdict in seen if verdict.startswith(("DIFFERENT", "NOT"))]


@pytest.mark.corpora
def test_corpus_recurrences_expand_to_the_same_instants(judge, corpora):
    seen = judged(judge, corpora("ical"), list(judge.windows(years=(1996, 2007), days=4)), 2)
    assert unnamed(seen) == [] and seen["equal"] > 30


@pytest.mark.slow
@pytest.mark.corpora
def test_corpus_recurrences_expand_to_the_same_instants_over_all_years(judge, corpora):
    seen = judged(judge, corpora("ical"), list(judge.windows(years=(1995, 2006, 2018, 2030), days=4)), 3)
    assert unnamed(seen) == [] and seen["equal"] > 60


EVENT = """BEGIN:VCALENDAR\r
VERSION:2.0\r
BEGIN:VTIMEZONE\r
TZID:{name}\r
BEGIN:STANDARD\r
DTSTART:16010101T030000\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r
END:STANDARD\r
BEGIN:DAYLIGHT\r
DTSTART:16010101T020000\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0200\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r
END:DAYLIGHT\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;TZID="{name}":{start}\r
DTEND;TZID="{name}":{end}\r
{more}END:VEVENT\r
BEGIN:VEVENT\r
UID:1\r
RECURRENCE-ID;TZID="{name}":20260330T013000\r
DTSTART;TZID="{name}":20260330T033000\r
DTEND;TZID="{name}":20260330T043000\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.mark.parametrize("name", ["Romance Standard Time", "Paris, Madrid", "Customized Time Zone"])
@pytest.mark.parametrize("start,end", [("20200101T013000", "20200101T023000"), ("19970601T100000", "19970601T110000")])
def test_a_series_with_exceptions_keeps_its_instants_over_both_changes(judge, name, start, end):
    more = f'RRULE:FREQ=WEEKLY;BYDAY=SU,MO\r\nEXDATE;TZID="{name}":20261026T{start[9:]}\r\n'
    data = EVENT.format(name=name, start=start, end=end, more=more).encode()
    document, codes = opened(data)
    assert b"TZID=Europe/Paris:" in document and "CAL-TZ-01" in codes
    spans = list(judge.windows(years=(1997, 2020, 2026), days=4))
    before = judge.expand(judge.by_rules(data), spans, "Europe/Paris")
    assert len(before) > 10
    assert judge.expand(judge.by_names(document), spans, "Europe/Paris") == before
    assert judge.expand(judge.by_rules(document), spans, "Europe/Paris") == before


def test_a_series_older_than_its_rules_keeps_its_zone(judge):
    """Until 1995 Paris went back in September: the rules that Outlook writes are not IANA's for that time."""
    data = EVENT.format(name="Romance Standard Time", start="19930601T100000", end="19930601T110000",
                        more="RRULE:FREQ=DAILY\r\n").encode()  # fmt: skip
    document, codes = opened(data)
    assert document == data and "CAL-TZ-03" in codes
