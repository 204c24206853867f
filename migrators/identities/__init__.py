"""Identities: entries of directories, from Active Directory's own form to LDIF of standard classes, and back.

All codecs give kind `entry` in the standard `ldif`. `ad-entry` maps Active Directory onto standard classes, with a
residue; `ldif` is the entry as it is; `keycloak-user` is how users and groups of Keycloak hold it, `graph-json` how
those of Entra ID do, `ldap-entry` how LDAP servers do. A change (`changetype: delete`, ...) is kept as such, never
applied.
"""

from transhumance.migrators.identities.ad_codec import AdEntryCodec
from transhumance.migrators.identities.codes import PEOPLE
from transhumance.migrators.identities.codes_accounts import ACCOUNTS, FILES
from transhumance.migrators.identities.codes_entra import ENTRA
from transhumance.migrators.identities.codes_keycloak import KEYCLOAK
from transhumance.migrators.identities.codes_ldap import LDAP
from transhumance.migrators.identities.codes_mapping import MAPPING
from transhumance.migrators.identities.forms.entra import EntraCodec
from transhumance.migrators.identities.forms.keycloak import KeycloakCodec
from transhumance.migrators.identities.forms.ldap import LdapCodec
from transhumance.migrators.identities.ldif_codec import LdifCodec

CODECS = (AdEntryCodec(), LdifCodec(), KeycloakCodec(), EntraCodec(), LdapCodec())
CODES = (*PEOPLE, *ACCOUNTS, *FILES, *KEYCLOAK, *ENTRA, *LDAP, *MAPPING)
