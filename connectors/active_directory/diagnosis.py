"""What `check` tells of a domain controller: its certificate, its level and the end of its support, how changes will be
told, and the rights that lack with the command that grants them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from transhumance.connectors.active_directory import changes, controls
from transhumance.connectors.active_directory.directory import Controller, Directory
from transhumance.connectors.contract import Diagnosis, Text
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapwire import NO_SUCH_OBJECT

SOON = 30  # days before its end at which a certificate is worth a warning
# domainControllerFunctionality (MS-ADTS 3.1.1.3.2.25) and the end of extended support of what has it
_LEVELS = {
    "0": ("Windows 2000", "2010"), "2": ("Windows Server 2003", "2015"), "3": ("Windows Server 2008", "2020"),
    "4": ("Windows Server 2008 R2", "2020"), "5": ("Windows Server 2012", "2023"),
    "6": ("Windows Server 2012 R2", "2023"), "7": ("Windows Server 2016", "2027"),
    "10": ("Windows Server 2025", "2034"),
}  # fmt: skip
_WRITTEN = ("user", "group", "organizationalUnit")


def diagnose(directory: Directory, writes: bool) -> Iterator[Diagnosis]:
    """What there is to say, without writing."""
    said = directory.controller()
    yield _tls(directory)
    yield _level(said)
    if directory.session().read(directory.base, ("1.1",)) is None:
        yield Diagnosis(
            "bad",
            Text(f"la base {directory.base} n'est pas visible", f"the base {directory.base} can't be seen"),
            Text("corriger `base`, ou donner la lecture au compte", "put `base` right, or let the account read it"),
        )
    elif writes:
        yield from _writing(directory)
    else:
        yield _changes(directory)
        yield from _deleted(directory, said)


def _tls(directory: Directory) -> Diagnosis:
    certificate = directory.session().certificate
    if not certificate:
        return Diagnosis(
            "warn",
            Text(
                "connexion SANS chiffrement (insecure: true) : mots de passe et données passent en clair",
                "connection WITHOUT encryption (insecure: true): passwords and data go in clear",
            ),
            Text("employez ldaps:// et `ca_file`", "use ldaps:// and `ca_file`"),
        )
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    left = (ends - datetime.now(UTC)).days
    return Diagnosis(
        "warn" if left < SOON else "good",
        Text(
            f"TLS vérifié, certificat valable jusqu'au {ends:%Y-%m-%d} ({left} jours)",
            f"TLS verified, certificate valid until {ends:%Y-%m-%d} ({left} days)",
        ),
    )


def _level(said: Controller) -> Diagnosis:
    name, ends = _LEVELS.get(said.level, (f"level {said.level}", ""))
    over = ends and int(ends) < datetime.now(UTC).year and not said.vendor
    maker = said.vendor or "Microsoft"
    late_fr, late_en = (f", hors support depuis {ends}", f", out of support since {ends}") if over else ("", "")
    return Diagnosis(
        "warn" if over else "good",
        Text(
            f"contrôleur {said.host}, {maker}, niveau {name}{late_fr}",
            f"controller {said.host}, {maker}, level {name}{late_en}",
        ),
    )


def _changes(directory: Directory) -> Diagnosis:
    """How changes will be told; the best way needs one right on the domain's head."""
    way = changes.point(directory).way
    if way == "dirsync":
        return Diagnosis(
            "good",
            Text("les changements sont lus par DirSync", "changes are read by DirSync"),
        )
    root, who = directory.controller().root, directory.config.username
    grant = f'dsacls "{root}" /G "{who}:CA;Replicating Directory Changes"'
    how = "DirSync des seuls objets visibles" if way == "dirsync-own" else "numéros de changement"
    how_en = "DirSync of visible objects only" if way == "dirsync-own" else "change numbers"
    return Diagnosis(
        "warn",
        Text(
            f"les changements sont lus par {how} : le droit « Replicating Directory Changes » manque",
            f"changes are read by {how_en}: the right “Replicating Directory Changes” is missing",
        ),
        Text(grant, grant),
    )


def _deleted(directory: Directory, said: Controller) -> Iterator[Diagnosis]:
    """Whether deleted entries can be seen, without which a deletion is never believed."""
    place = f"CN=Deleted Objects,{said.root}"
    _, result = directory.session().search(
        place, ber.ONE, ber.EVERYTHING, ("1.1",), controls.show_deleted(), size_limit=1
    )
    if result.code in (0, 4):
        return
    who = directory.config.username
    if result.code == NO_SUCH_OBJECT or result.code == 50:
        grant = f'dsacls "{place}" /takeownership && dsacls "{place}" /G "{who}:LCRP"'
        yield Diagnosis(
            "warn",
            Text(
                "les objets supprimés ne sont pas visibles : les suppressions ne seront pas suivies",
                "deleted objects can't be seen: deletions will not be followed",
            ),
            Text(grant, grant),
        )


def _writing(directory: Directory) -> Iterator[Diagnosis]:
    """Which classes the account may create below the base, told by the controller itself (allowedChildClassesEffective,
    MS-ADTS 3.1.1.4.5.5)."""
    found = directory.session().read(directory.base, ("allowedChildClassesEffective",))
    allowed = {
        value.decode("ascii", "replace").lower()
        for values in (found.attributes.values() if found else ())
        for value in values
    }
    missing = [name for name in _WRITTEN if name.lower() not in allowed]
    if not missing:
        yield Diagnosis("good", Text("le compte peut créer sous la base", "the account may create below the base"))
        return
    who, base = directory.config.username, directory.base
    grant = " && ".join(f'dsacls "{base}" /I:T /G "{who}:CCDC;{name}"' for name in missing)
    grant += f' && dsacls "{base}" /I:S /G "{who}:GA"'
    yield Diagnosis(
        "bad",
        Text(
            f"le compte ne peut pas créer sous {base} : {', '.join(missing)}",
            f"the account can't create below {base}: {', '.join(missing)}",
        ),
        Text(grant, grant),
    )
