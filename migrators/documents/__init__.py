"""Documents: files, folders and links of a share, with what their contents say of where they can go."""

from transhumance.migrators.documents.codec import CODECS
from transhumance.migrators.documents.codes import CODES

__all__ = ["CODECS", "CODES"]
