"""Mail: a codec for each form that messages come in, and the loss codes. Nothing heavy is imported here."""

from transhumance.migrators.mail.codes import CODES
from transhumance.migrators.mail.forms import mapi
from transhumance.migrators.mail.rfc5322 import Rfc5322Codec

CODECS = (Rfc5322Codec(), *mapi.CODECS)

__all__ = ["CODECS", "CODES"]
