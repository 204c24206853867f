"""How busy an appointment makes, and its marks of Exchange's own (MS-OXCICAL 2.1.3.1.1.20.31 and following)."""

from __future__ import annotations

from collections.abc import Mapping

from transhumance.connectors.contract import Value
from transhumance.connectors.formats import contentwrite, mapi, mapi_tags
from transhumance.connectors.formats.mapi import PS_PUBLIC_STRINGS, PSETID_APPOINTMENT, named
from transhumance.migrators.ical.mapi_marks import choice_mark, flag_mark, number_mark, text_mark, time_mark
from transhumance.migrators.ical.mapi_object import Opening, Part

BUSY = {0: "FREE", 1: "TENTATIVE", 2: "BUSY", 3: "OOF", 4: "WORKINGELSEWHERE"}
CANCELLED, MEETING, RECEIVED = 4, 1, 2  # PidLidAppointmentStateFlags
TEAMS_URL = named(PS_PUBLIC_STRINGS, "SkypeTeamsMeetingUrl", 0x1F)
EXTERNAL_LINK = named(PS_PUBLIC_STRINGS, "OnlineMeetingExternalLink", 0x1F)
CONFERENCE_LINK = named(PS_PUBLIC_STRINGS, "OnlineMeetingConfLink", 0x1F)
NET_SHOW_URL = named(PSETID_APPOINTMENT, 0x8248, 0x1F)
_LINKS = (TEAMS_URL, EXTERNAL_LINK, CONFERENCE_LINK, NET_SHOW_URL)
_JOIN = ("teams.microsoft.com/l/meetup-join", "teams.live.com/meet", "meet.lync.com/", "join.skype.com/", "zoom.us/j/")

# of the series and of a single appointment; SEQUENCE and LOCATION are of each component
MARKS = (
    number_mark(mapi_tags.APPOINTMENT_SEQUENCE, "SEQUENCE"),
    choice_mark(mapi_tags.INTENDED_BUSY_STATUS, "X-MICROSOFT-CDO-INTENDEDSTATUS", BUSY),
    flag_mark(mapi_tags.ALL_DAY, "X-MICROSOFT-CDO-ALLDAYEVENT"),
    number_mark(mapi_tags.OWNER_APPOINTMENT_ID, "X-MICROSOFT-CDO-OWNERAPPTID"),
    time_mark(mapi_tags.ATTENDEE_CRITICAL_CHANGE, "X-MICROSOFT-CDO-ATTENDEE-CRITICAL-CHANGE"),
    time_mark(mapi_tags.OWNER_CRITICAL_CHANGE, "X-MICROSOFT-CDO-OWNER-CRITICAL-CHANGE"),
    flag_mark(mapi_tags.NOT_ALLOW_PROPOSE, "X-MICROSOFT-DISALLOW-COUNTER"),
    text_mark(TEAMS_URL, "X-MICROSOFT-SKYPETEAMSMEETINGURL"),
    text_mark(EXTERNAL_LINK, "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK"),
    text_mark(CONFERENCE_LINK, "X-MICROSOFT-ONLINEMEETINGCONFLINK"),
    text_mark(NET_SHOW_URL, "X-MICROSOFT-LOCATIONURL"),
)
PLACE = (text_mark(mapi_tags.LOCATION, "LOCATION"),)


def busy_lines(busy: int | None, state: int) -> list[bytes]:
    """X-MICROSOFT-CDO-BUSYSTATUS, TRANSP and STATUS."""
    found = []
    if busy in BUSY:
        found = [
            contentwrite.line("X-MICROSOFT-CDO-BUSYSTATUS", BUSY[busy]),
            contentwrite.line("TRANSP", "OPAQUE" if busy else "TRANSPARENT"),
        ]
    if state & CANCELLED:
        return [*found, contentwrite.line("STATUS", "CANCELLED")]
    return [*found, contentwrite.line("STATUS", "TENTATIVE" if busy == 1 else "CONFIRMED")]


def said_busy(part: Part) -> int:
    """How busy a component makes: as Exchange says it, else as STATUS and TRANSP do (RFC 5545 section 3.8.2.7)."""
    words = {word: number for number, word in BUSY.items()}
    found = words.get((part.text("X-MICROSOFT-CDO-BUSYSTATUS") or "").strip().upper())
    if found is not None:
        return found
    if (part.text("TRANSP") or "").strip().upper() == "TRANSPARENT":
        return 0
    return 1 if (part.text("STATUS") or "").strip().upper() == "TENTATIVE" else 2


def note_busy(opening: Opening, text: str) -> None:
    """The findings of what is more than free or busy, and of online meetings."""
    if mapi.integer(opening.properties, mapi_tags.BUSY_STATUS) in (3, 4):
        opening.find("CAL-BUSY-01")
    online = mapi.boolean(opening.properties, mapi_tags.CONFERENCING_CHECK)
    if online or online_link(opening.properties) or any(word in text for word in _JOIN):
        opening.find("CAL-ONLINE-01")


def online_link(properties: Mapping[str, Value]) -> str:
    """The address of the online meeting, or nothing."""
    found = (mapi.text(properties, key) for key in _LINKS)
    return next((text for text in found if text.startswith(("https://", "http://"))), "")


def conference_lines(properties: Mapping[str, Value]) -> list[bytes]:
    """CONFERENCE (RFC 7986 section 5.11), where there is an address of the web."""
    link = online_link(properties)
    return [contentwrite.line("CONFERENCE", link, [("VALUE", "URI"), ("FEATURE", "AUDIO,VIDEO")])] if link else []
