"""Mail: codecs per form, and its loss codes."""

from transhumance.migrators.mail.codes import CODES

__all__ = ["CODES"]
