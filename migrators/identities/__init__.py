"""Identities: entries of directories, from Active Directory's own form to LDIF of standard classes, and back.

Both codecs give kind `entry` in the standard `ldif`. `ad-entry` maps Active Directory onto standard classes, with a
residue; `ldif` is the entry as it is. A change (`changetype: delete`, ...) is kept as such, never applied.
"""

from transhumance.migrators.identities.ad_codec import AdEntryCodec
from transhumance.migrators.identities.codes import PEOPLE
from transhumance.migrators.identities.codes_accounts import ACCOUNTS, FILES
from transhumance.migrators.identities.ldif_codec import LdifCodec

CODECS = (AdEntryCodec(), LdifCodec())
CODES = (*PEOPLE, *ACCOUNTS, *FILES)
