"""What `check` tells of a server: its certificate, its version, what it lacks, and the rights that one lacks with what
grants them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from transhumance.connectors.contract import Diagnosis, Text
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.ldap.directory import Directory
from transhumance.connectors.ldap.profile import Profile

SOON = 30  # days before its end at which a certificate is worth a warning


def diagnose(directory: Directory, writes: bool) -> Iterator[Diagnosis]:
    """What there is to say, without writing."""
    profile = directory.profile
    directory.session.open()
    yield from _tls(directory)
    yield from _version(profile)
    if directory.session.read(directory.base, ["1.1"]) is None:
        yield Diagnosis(
            "warn" if writes else "bad",
            Text(f"la base {directory.base} n'est pas là", f"the base {directory.base} is not there"),
            Text("elle sera créée par le premier passage", "the first pass will make it") if writes else None,
        )
    if writes:
        yield from _rights(directory, profile)
        yield from _lacks(profile)
        yield from _policy(directory, profile)


def _tls(directory: Directory) -> Iterator[Diagnosis]:
    certificate = directory.session.certificate
    if not certificate:
        yield Diagnosis(
            "warn",
            Text(
                "connexion SANS chiffrement (insecure: true) : mots de passe et données passent en clair",
                "connection WITHOUT encryption (insecure: true): passwords and data go in clear",
            ),
            Text("employez ldaps:// et `ca_file`", "use ldaps:// and `ca_file`"),
        )
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    left = (ends - datetime.now(UTC)).days
    issuer = ", ".join(value for rdn in certificate.get("issuer", ()) for _, value in rdn)
    yield Diagnosis(
        "warn" if left < SOON else "good",
        Text(
            f"TLS vérifié, certificat signé par « {issuer} », valable jusqu'au {ends:%Y-%m-%d} ({left} jours)",
            f"TLS verified, certificate signed by “{issuer}”, valid until {ends:%Y-%m-%d} ({left} days)",
        ),
    )


def _version(profile: Profile) -> Iterator[Diagnosis]:
    if profile.version:
        yield Diagnosis(
            "good", Text(f"le serveur se dit {profile.version}", f"the server calls itself {profile.version}")
        )
    else:
        yield Diagnosis(
            "good",
            Text(
                "le serveur ne dit pas sa version (OpenLDAP ne la montre pas ; 2.4 n'est plus maintenu depuis 2021)",
                "the server does not say its version (OpenLDAP does not show it; 2.4 is unmaintained since 2021)",
            ),
        )


def _rights(directory: Directory, profile: Profile) -> Iterator[Diagnosis]:
    who, base = directory.config.username, directory.base
    if profile.may_write is False:
        yield Diagnosis(
            "bad",
            Text(f"{who} ne peut pas créer d'entrée sous {base}", f"{who} can't make entries below {base}"),
            Text(*[_grant(profile, who, base, "write")] * 2),
        )
    elif directory.config.ids == "relax" and not profile.keeps_ids and not profile.is_389:
        yield Diagnosis(
            "warn",
            Text(
                "entryUUID ne peut pas être celui de la source : le contrôle Relax demande le droit « manage »",
                "entryUUID can't be the source's: the Relax control needs the right `manage`",
            ),
            Text(*[_grant(profile, who, base, "manage")] * 2),
        )


def _grant(profile: Profile, who: str, base: str, right: str) -> str:
    """The line of configuration that grants it."""
    if profile.is_389:
        aci = f'(targetattr="*")(version 3.0; acl "transhumance"; allow (all) userdn="ldap:///{who}";)'
        return f"ldapmodify: dn: {base} / changetype: modify / add: aci / aci: {aci}"
    return f'olcAccess: {{0}}to dn.subtree="{base}" by dn.exact="{who}" {right} by * break'


def _lacks(profile: Profile) -> Iterator[Diagnosis]:
    if not profile.has_origin:
        file = "99transhumance.ldif" if profile.is_389 else "transhumance.ldif"
        yield Diagnosis(
            "warn",
            Text(
                "la classe transhumanceOrigin n'est pas chargée : identifiants et adresses d'origine restent dans "
                "l'archive seulement",
                "the class transhumanceOrigin is not loaded: the source's ids and addresses stay in the archive only",
            ),
            Text(
                f"chargez connectors/ldap/schema/{file} (voir la page du connecteur ldap)",
                f"load connectors/ldap/schema/{file} (see the page of the ldap connector)",
            ),
        )
    if not profile.has_ppolicy and not profile.is_389:
        yield Diagnosis(
            "warn",
            Text(
                "l'overlay ppolicy n'est pas là : un compte désactivé ou expiré ne le sera pas ici",
                "the ppolicy overlay is not there: a disabled or expired account will not be so here",
            ),
            Text("moduleload ppolicy ; overlay ppolicy", "moduleload ppolicy; overlay ppolicy"),
        )
    if not profile.transactions and not profile.is_389:
        yield Diagnosis(
            "warn",
            Text(
                "pas de transactions LDAP (RFC 5805) : l'écriture sera plus lente",
                "no LDAP transactions (RFC 5805): writing will be slower",
            ),
        )


def _policy(directory: Directory, profile: Profile) -> Iterator[Diagnosis]:
    """OpenLDAP obeys the lock of an account only under a policy whose pwdLockout is TRUE."""
    if not profile.has_ppolicy:
        return
    wanted = ber.all_of(ber.equal("objectClass", b"pwdPolicy"), ber.equal("pwdLockout", b"TRUE"))
    for context in profile.contexts:
        if directory.session.search(context, ber.SUB, wanted, ["1.1"])[0]:
            return
    yield Diagnosis(
        "warn",
        Text(
            "aucune politique (pwdPolicy) avec pwdLockout: TRUE n'est visible : un compte désactivé pourrait entrer",
            "no policy (pwdPolicy) with pwdLockout: TRUE is to be seen: disabled accounts might get in",
        ),
        Text(
            "créez une politique par défaut avec pwdLockout: TRUE et nommez-la par ppolicy_default",
            "make a default policy with pwdLockout: TRUE and name it by ppolicy_default",
        ),
    )
