"""What an entry loses beside its attributes' values: told by name of attribute, never by value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from transhumance.connectors.contract import Finding
from transhumance.connectors.formats.dn import DnError, parse_dn
from transhumance.connectors.formats.entry import Lower, classes_of
from transhumance.migrators.identities import standard
from transhumance.migrators.identities.standard import NOBODY, SERVICES, Shape
from transhumance.migrators.identities.table import is_volatile
from transhumance.migrators.identities.values import NEVER, is_number, own_rights, rpps_is_right

# what opens an account or a system to whoever reads it
SECRETS = frozenset(
    """userpassword unicodepwd dbcspwd ntpwdhistory lmpwdhistory supplementalcredentials unixuserpassword msfu30password
    msds-managedpassword msds-managedpasswordid ms-mcs-admpwd mslaps-password mslaps-encryptedpassword
    mslaps-encryptedpasswordhistory mslaps-encrypteddsrmpassword mslaps-encrypteddsrmpasswordhistory trustauthincoming
    trustauthoutgoing initialauthincoming initialauthoutgoing currentvalue priorvalue peklist userpkcs12
    msfve-recoverypassword msfve-keypackage mstpm-ownerinformation msds-keycredentiallink sambantpassword
    sambalmpassword krbprincipalkey authpassword""".split()
)
_WINDOWS = frozenset(
    """logonhours userworkstations logonworkstation scriptpath homedirectory homedrive profilepath userparameters
    mstscalendlicense mstsexpiredate mstslicenseversion mstsmanagingls mstsproperty01 mstsproperty02 mstshomedirectory
    mstsprofilepath mstsallowlogon dialin msnpallowdialin preferredou defaultclassstore""".split()
)
_SEEN_BY_PEOPLE = frozenset(
    """c co division info comment employeeid ipphone otheripphone personaltitle generationqualifier middlename
    thumbnaillogo photo audio url roomnumber assistant managedby street notes telephoneassistant
    primaryinternationalisdnnumber primarytelexnumber telexnumber internationalisdnnumber otherloginworkstations
    othermailbox textencodedoraddress registeredaddress destinationindicator preferreddeliverymethod x121address
    displaynameprintable desktopprofile msds-phoneticfirstname msds-phoneticlastname msds-phoneticdisplayname
    msds-phoneticdepartment msds-phoneticcompanyname""".split()
)
_EXCHANGE = re.compile(
    "msexch|legacyexchangedn$|mailnickname$|homemdb$|homemta$|mdb|targetaddress$|showinaddressbook$|publicdelegates|"
    "authorig|unauthorig|dlmem|delivcontlength|deliverandredirect|protocolsettings|autoreply|msrtcsip|"
    "reporttooriginator|reporttoowner|oofreplytooriginator|replicatedobjectversion|replicationsignature|"
    "garbagecollperiod"
)
_POLICY = frozenset(
    """minpwdlength pwdhistorylength maxpwdage minpwdage lockoutthreshold lockoutduration lockoutobservationwindow
    pwdproperties msds-minimumpasswordlength msds-passwordhistorylength msds-maximumpasswordage
    msds-minimumpasswordage msds-lockoutthreshold msds-lockoutduration msds-lockoutobservationwindow
    msds-passwordcomplexityenabled msds-passwordreversibleencryptionenabled msds-passwordsettingsprecedence
    msds-psoappliesto""".split()
)
# how Active Directory itself holds an entry; said by no code of its own, named in the table, kept in the residue
_PLUMBING = frozenset(
    """objectclass objectcategory objectguid objectsid instancetype codepage countrycode primarygroupid samaccounttype
    samaccountname memberof admincount showinadvancedviewonly iscriticalsystemobject systemflags distinguishedname
    name cn useraccountcontrol pwdlastset lockouttime accountexpires grouptype serviceprincipalname directreports
    managedobjects isdeleted isrecycled lastknownparent ntsecuritydescriptor whencreated sidhistory
    altsecurityidentities userprincipalname member proxyaddresses mail uid uidnumber gidnumber unixhomedirectory
    loginshell gecos dscorepropagationdata rid usercertificate usersmimecertificate thumbnailphoto jpegphoto
    msds-supportedencryptiontypes gplink gpoptions canonicalname""".split()
)
_GPO = frozenset({"grouppolicycontainer", "mswmi-som", "mswmi-wmifilter"})
_DNS = frozenset({"dnszone", "dnsnode", "dnszonescope", "dnszonescopecontainer"})
_SCHEMA = frozenset({"classschema", "attributeschema", "subschema", "dmd"})
_PSO = "msds-passwordsettings"
_ODD_LOGIN = re.compile(r"""[\s"'`&<>$%!#?()*,;:\\/|=+\[\]{}^~§]""")
_DETAIL = 400


def _names(names: Iterable[str]) -> str:
    """Attribute names for people, cut where they are too many."""
    found = sorted(set(names), key=str.lower)
    text, shown = "", 0
    for name in found:
        if len(text) + len(name) > _DETAIL:
            return f"{text}, +{len(found) - shown}"
        text, shown = f"{text}, {name}" if text else name, shown + 1
    return text


def losses(
    dn: str, names: Iterable[str], lower: Lower, shape: Shape, left: Iterable[str], mapping: Mapping[str, object]
) -> Iterator[Finding]:
    """Every loss of an entry that its attributes' moves have not told. `names`: its attributes; `left`: those that the
    document does not hold, or not wholly."""
    classes = classes_of(lower)
    volatile = [name for name in names if is_volatile(name)]
    if volatile:
        yield Finding("ID-VOL-01", _names(volatile))
    yield from _of_name(dn)
    yield from _of_secrets(names)
    yield from _of_rights(lower)
    yield from _of_ids(lower, classes)
    if shape in (standard.OTHER, standard.COMPUTER):
        yield from _of_inventory(classes, lower)
    elif shape is standard.GROUP:
        yield from _of_group(lower, classes)
    elif shape in (standard.PERSON, standard.CONTACT):
        yield from _of_person(lower, shape, classes, mapping)
    if "gplink" in lower or "gpoptions" in lower:
        yield Finding("ID-OU-01")
    if shape not in (standard.OTHER, standard.COMPUTER):
        yield from _of_rest(left)


def _of_name(dn: str) -> Iterator[Finding]:
    raw = dn.encode("utf-8", "surrogateescape")
    try:
        if not unicodedata.is_normalized("NFC", raw.decode()):
            yield Finding("ID-NAM-04")
    except UnicodeDecodeError:
        yield Finding("ID-TXT-01", "dn")
    try:
        parse_dn(dn)
    except DnError as error:
        yield Finding("ID-DN-02", str(error))


def _of_secrets(names: Iterable[str]) -> Iterator[Finding]:
    if found := [name for name in names if name.partition(";")[0].lower() in SECRETS]:
        yield Finding("ID-PWD-07", _names(found))


def _of_rights(lower: Lower) -> Iterator[Finding]:
    for descriptor in lower.get("ntsecuritydescriptor", ()):
        own = own_rights(descriptor)
        if own is None:
            yield Finding("ID-ACL-01", "unreadable")
        elif own:
            yield Finding("ID-ACL-01", f"{own} rights of its own")


def _of_ids(lower: Lower, classes: frozenset[str]) -> Iterator[Finding]:
    if "objectsid" in lower and classes & {"user", "group", "computer", "inetorgperson"}:
        yield Finding("ID-SID-01")
    if "sidhistory" in lower:
        yield Finding("ID-SID-02", f"{len(lower['sidhistory'])} former SIDs")
    if b"TRUE" in lower.get("iscriticalsystemobject", ()):
        yield Finding("ID-BLT-01")


def _of_inventory(classes: frozenset[str], lower: Lower) -> Iterator[Finding]:
    if b"TRUE" in lower.get("isdeleted", ()):
        yield Finding("ID-DEL-01")
    elif classes & SERVICES:
        yield Finding("ID-SVC-01", _names(classes & SERVICES))
    elif "computer" in classes:
        yield Finding("ID-CMP-01")
    elif classes & _GPO:
        yield Finding("ID-GPO-01")
    elif classes & _DNS:
        yield Finding("ID-DNS-01")
    elif classes & _SCHEMA:
        yield Finding("ID-SCH-01")
    elif _PSO in classes:
        yield Finding("ID-POL-01", _PSO)
    else:
        last = lower.get("objectclass", (b"",))[-1].decode("ascii", "replace")
        yield Finding("ID-CLS-02", last[:64])


def _of_group(lower: Lower, classes: frozenset[str]) -> Iterator[Finding]:
    if "grouptype" in lower:
        yield Finding("ID-GRP-01")
    ranged = [name for name in lower if name.startswith("member;range=")]
    if not any(lower.get("member", ())) and not ranged:
        yield Finding("ID-GRP-02", NOBODY.decode())
    if any(b"cn=foreignsecurityprincipals," in value.lower() for value in lower.get("member", ())):
        yield Finding("ID-GRP-06")
    if "msexchdynamicdistributionlist" in classes:
        yield Finding("ID-GRP-07")
    if ranged:
        yield Finding("ID-GRP-08", ranged[0][:40])


def _of_person(lower: Lower, shape: Shape, classes: frozenset[str], mapping: Mapping[str, object]) -> Iterator[Finding]:
    if shape is standard.CONTACT and "contact" in classes:
        yield Finding("ID-CNT-01")
    if "serviceprincipalname" in lower:
        yield Finding("ID-SVC-01", "servicePrincipalName")
    if "altsecurityidentities" in lower:
        yield Finding("ID-CRT-03")
    if "userprincipalname" in lower:
        yield Finding("ID-NAM-05")
    if "primarygroupid" in lower:
        yield Finding("ID-GRP-05")
    yield from _of_login(lower)
    guest = any(b"#EXT#" in value.upper() for value in lower.get("userprincipalname", ()))
    if guest:
        yield Finding("ID-EXT-01")
    yield from _of_account(lower, guest)
    yield from _of_posix(lower)
    wanted = mapping.get("rpps")
    if isinstance(wanted, str):
        for value in lower.get(wanted.lower(), ()):
            if not rpps_is_right(value):
                yield Finding("ID-RPP-01", wanted)


def _of_login(lower: Lower) -> Iterator[Finding]:
    for value in lower.get("samaccountname", ()):
        name = value.decode("utf-8", "replace")
        if name != name.lower():
            yield Finding("ID-NAM-01")
        if _ODD_LOGIN.search(name):
            yield Finding("ID-NAM-03")


def _number(lower: Lower, name: str) -> int:
    value = lower.get(name, (b"",))[0]
    return int(value) if is_number(value) else 0


def _of_account(lower: Lower, guest: bool) -> Iterator[Finding]:
    """Bits of userAccountControl (MS-ADTS 2.2.16), the lock, the end date, the password (a guest's lies elsewhere)."""
    if "samaccountname" not in lower:
        return
    bits = _number(lower, "useraccountcontrol")
    if _number(lower, "lockouttime") or _number(lower, "msds-user-account-control-computed") & 0x10:
        yield Finding("ID-UAC-01")
    if bits & 0x20:
        yield Finding("ID-UAC-02")
    if bits & 0x40000:
        yield Finding("ID-UAC-03")
    weak = {0x80: "reversible", 0x400000: "no-preauth", 0x80000: "delegation", 0x1000000: "delegation-any-protocol"}
    if found := [name for bit, name in weak.items() if bits & bit]:
        yield Finding("ID-UAC-04", ", ".join(found))
    if bits & 0x2:
        yield Finding("ID-UAC-05")
    elif not bits & 0x40000 and not guest:
        yield Finding("ID-PWD-01")
    if _number(lower, "accountexpires") not in NEVER:
        yield Finding("ID-EXP-01")


def _of_posix(lower: Lower) -> Iterator[Finding]:
    has = [name for name in ("uidnumber", "gidnumber", "unixhomedirectory") if name in lower]
    if has and (len(has) < 3 or not all(is_number(lower[name][0]) for name in has[:2])):
        yield Finding("ID-POS-02", ", ".join(has))


def _of_rest(left: Iterable[str]) -> Iterator[Finding]:
    """Attributes that no standard class has, by who misses them."""
    windows, exchange, policy, seen, other = [], [], [], [], []
    for name in left:
        lower = name.lower()
        if lower in _PLUMBING or lower.startswith("member;") or lower.partition(";")[0] in SECRETS or is_volatile(name):
            continue
        if lower in _WINDOWS:
            windows.append(name)
        elif _EXCHANGE.match(lower):
            exchange.append(name)
        elif lower in _POLICY:
            policy.append(name)
        elif lower in _SEEN_BY_PEOPLE:
            seen.append(name)
        else:
            other.append(name)
    codes = ("ID-WIN-01", "ID-EXC-01", "ID-POL-01", "ID-ATT-01", "ID-ATT-02")
    for code, names in zip(codes, (windows, exchange, policy, seen, other), strict=True):
        if names:
            yield Finding(code, _names(names))
