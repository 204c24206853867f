"""A VTIMEZONE as the rules of a MAPI definition, on the way back of a zone that is no IANA one."""

from __future__ import annotations

from datetime import datetime

from transhumance.connectors.formats import contentline, zone_rules
from transhumance.connectors.formats.mapi_timezone import SystemTime, ZoneRule
from transhumance.migrators.ical.mapi_object import Part


def rules_of(part: Part) -> tuple[ZoneRule, ...]:
    """A rule for each span of years in which a VTIMEZONE keeps its changes, the first from 1601 on; empty where it
    can't be evaluated."""
    found = zone_rules.read_vtimezone(_block(part))
    if found is None:
        return ()
    begins = sorted({o.start.year for o in found.observances})[:80]
    rules: list[ZoneRule] = []
    for n, year in enumerate(begins):
        rule = _rule(found, year, 1601 if not n else year)
        if not rules or rule.key != rules[-1].key:
            rules.append(rule)
    return tuple(rules)


def _block(part: Part) -> bytes:
    def lines(inner: Part) -> list[bytes]:
        own = [b"%b:%b" % (p.name.encode(), p.value) for p in inner.properties if p.name != "TZID"]
        return [b"BEGIN:" + inner.name.encode(), *own, *(x for c in inner.children for x in lines(c)),
                b"END:" + inner.name.encode()]  # fmt: skip

    return contentline.join([line + b"\r\n" for line in lines(part)])


def _rule(found: zone_rules.Rules, year: int, begin: int) -> ZoneRule:
    """The rule of the observances that hold in a year."""
    yearly = [o for o in found.observances if o.rule and o.start.year <= year <= _last(o.rule)]
    up = next((o for o in yearly if o.after > o.before), None)
    down = next((o for o in yearly if o.after < o.before), None)
    if up is None or down is None or up.rule is None or down.rule is None:
        return ZoneRule(begin, -found.offset(datetime(year, 7, 1)) // 60, 0, 0)
    return ZoneRule(begin, -down.after // 60, 0, (down.after - up.after) // 60,
                    _time(down.rule, down.start), _time(up.rule, up.start))  # fmt: skip


def _last(rule: zone_rules.YearRule) -> int:
    return min(rule.last_year, rule.until.year if rule.until else rule.last_year)


def _time(rule: zone_rules.YearRule, start: datetime) -> SystemTime:
    weekday = (rule.weekday + 1) % 7 if rule.weekday is not None else (start.weekday() + 1) % 7
    nth = 5 if rule.week < 0 else rule.week or (start.day - 1) // 7 + 1
    return SystemTime(0, rule.month, weekday, min(nth, 5), start.hour, start.minute, start.second)
