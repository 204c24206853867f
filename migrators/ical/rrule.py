"""Whether a recurrence rule can be expanded: the grammar and the limits of RFC 5545 section 3.3.10, without
expanding."""

from __future__ import annotations

import re

_RANGES = {
    "BYSECOND": (0, 60, False),
    "BYMINUTE": (0, 59, False),
    "BYHOUR": (0, 23, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYMONTH": (1, 12, False),
    "BYSETPOS": (1, 366, True),
}
_FREQUENCIES = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_DAY = re.compile(r"([-+]?\d{1,2})?(?:MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"\d{8}(?:T\d{6}Z?)?")
_NUMBER = re.compile(r"[-+]?\d{1,3}")
_OTHERS = ("FREQ", "COUNT", "INTERVAL", "UNTIL", "WKST", "BYDAY", "RSCALE", "SKIP")


def fault(rule: str) -> str:
    """What is wrong with a rule, in a few words; empty when it can be expanded."""
    pairs = [part.partition("=") for part in rule.strip().upper().split(";") if part]
    parts = {key: value for key, _, value in pairs}
    if parts.get("FREQ") not in _FREQUENCIES:
        return "no FREQ"
    if len(parts) < len(pairs):
        return "a part given twice"
    if unknown := [key for key in parts if key not in _RANGES and key not in _OTHERS and not key.startswith("X-")]:
        return f"unknown part {unknown[0][:20]}"
    if "COUNT" in parts and "UNTIL" in parts:
        return "COUNT and UNTIL"
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        return "not the Gregorian calendar"
    return next((text for key, value in parts.items() if (text := _fault_of(key, value, parts["FREQ"]))), "")


def _fault_of(key: str, value: str, frequency: str) -> str:
    if key in ("COUNT", "INTERVAL"):
        return "" if value.isdecimal() and len(value) < 10 and int(value) else f"{key} is no positive number"
    if key == "UNTIL":
        return "" if _UNTIL.fullmatch(value) else "UNTIL is no date"
    if key == "BYDAY":
        return _fault_of_days(value, frequency)
    if key not in _RANGES:
        return ""
    low, high, signed = _RANGES[key]
    for item in value.split(","):
        number = int(item) if _NUMBER.fullmatch(item) else 0
        if not low <= (abs(number) if signed else number) <= high or not _NUMBER.fullmatch(item):
            return f"{key} is out of its range"
    return ""


def _fault_of_days(value: str, frequency: str) -> str:
    for item in value.split(","):
        match = _DAY.fullmatch(item)
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= 53):
            return "BYDAY names no day"
        if match[1] and frequency not in ("MONTHLY", "YEARLY"):
            return "BYDAY counts days in a rule that is not monthly or yearly"
    return ""
