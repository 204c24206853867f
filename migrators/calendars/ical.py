"""The codecs of events in the form `ical`."""

from transhumance.migrators.calendars.document import KINDS
from transhumance.migrators.ical.codec import IcalCodec

ICAL_CODECS = tuple(IcalCodec(kind) for kind in KINDS)
