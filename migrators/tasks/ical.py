"""The codecs of tasks, journal entries and notes in the form `ical`."""

from transhumance.migrators.ical.codec import IcalCodec
from transhumance.migrators.tasks.document import KINDS

ICAL_CODECS = tuple(IcalCodec(kind) for kind in KINDS)
