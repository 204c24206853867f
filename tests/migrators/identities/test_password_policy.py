"""Password policies of Active Directory, read into one model and written as those of open directories."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from transhumance.connectors.formats.ldif import LdifRecord, write_record
from transhumance.fixtures.rigs.servers import dirsrv, slapd
from transhumance.fixtures.services.base import NotHere
from transhumance.migrators.identities.policy import PasswordPolicy, ds389_policy, interval, policy_of, slapd_policy

NEVER = b"-9223372036854775808"
DAY = 864_000_000_000
DOMAIN = {
    "objectClass": (b"top", b"domain", b"domainDNS"),
    "minPwdLength": (b"12",),
    "pwdHistoryLength": (b"24",),
    "maxPwdAge": (str(-90 * DAY).encode(),),
    "minPwdAge": (str(-1 * DAY).encode(),),
    "lockoutThreshold": (b"5",),
    "lockoutDuration": (b"-18000000000",),
    "lockOutObservationWindow": (b"-9000000000",),
    "pwdProperties": (b"1",),
}
PSO = {
    "objectClass": (b"top", b"msDS-PasswordSettings"),
    "msDS-PasswordSettingsPrecedence": (b"10",),
    "msDS-MinimumPasswordLength": (b"16",),
    "msDS-PasswordHistoryLength": (b"3",),
    "msDS-MaximumPasswordAge": (NEVER,),
    "msDS-MinimumPasswordAge": (b"0",),
    "msDS-LockoutThreshold": (b"3",),
    "msDS-LockoutDuration": (NEVER,),
    "msDS-LockoutObservationWindow": (b"-1",),
    "msDS-PasswordComplexityEnabled": (b"TRUE",),
    "msDS-PasswordReversibleEncryptionEnabled": (b"FALSE",),
    "msDS-PSOAppliesTo": (b"CN=Admins,DC=chu",),
}


def test_the_domains_policy() -> None:
    policy = policy_of("CHU", DOMAIN)
    assert policy == PasswordPolicy(
        "CHU", 12, 24, 5, timedelta(days=90), timedelta(days=1), timedelta(minutes=30), timedelta(minutes=15), True
    )
    assert list(policy.doubts()) == ["complexity", "expiry"]


def test_a_fine_grained_policy() -> None:
    policy = policy_of("Admins", PSO)
    assert policy is not None and (policy.precedence, policy.applies_to) == (10, ("CN=Admins,DC=chu",))
    assert (policy.maximum_age, policy.lockout, policy.failures) == (None, None, 3)
    assert policy.window == timedelta(microseconds=1)  # never shorter than it was: 100 ns have no place
    assert slapd_policy(policy)["pwdFailureCountInterval"] == (b"1",)
    assert list(policy.doubts()) == ["complexity"]


def test_what_holds_no_policy() -> None:
    assert policy_of("x", {"objectClass": (b"user",), "minPwdLength": (b"1",)}) is None
    assert policy_of("x", {"objectClass": (b"domainDNS",)}) is None


@pytest.mark.parametrize("value", [b"1", b"x", b"", b"-" + b"9" * 30, b"\xff", b"-1 "])
def test_what_cannot_be_read_is_named(value: bytes) -> None:
    policy = policy_of("x", {**DOMAIN, "maxPwdAge": (value,)})
    assert policy is not None and policy.unreadable == ("maxpwdage",) and policy.maximum_age is None
    with pytest.raises(ValueError, match="interval"):
        interval(value)


def test_two_values_of_one_are_not_guessed() -> None:
    policy = policy_of("x", {**PSO, "msDS-LockoutThreshold": (b"1", b"2")})
    assert policy is not None and policy.unreadable == ("msds-lockoutthreshold",) and policy.failures == 0
    assert "unreadable" in policy.doubts()


def test_what_openldap_is_given() -> None:
    policy = policy_of("CHU", DOMAIN)
    assert policy is not None
    said = {name: values[0].decode() for name, values in slapd_policy(policy).items() if name != "objectClass"}
    assert said == {
        "pwdAttribute": "userPassword", "pwdCheckQuality": "1", "pwdMinLength": "12", "pwdInHistory": "24",
        "pwdMaxAge": "7776000", "pwdMinAge": "86400", "pwdLockout": "TRUE", "pwdMaxFailure": "5",
        "pwdLockoutDuration": "1800", "pwdFailureCountInterval": "900", "pwdMustChange": "TRUE",
        "pwdAllowUserChange": "TRUE",
    }  # fmt: skip


@pytest.mark.server
@pytest.mark.xdist_group("slapd")
@pytest.mark.parametrize("attributes", [DOMAIN, PSO, {"objectClass": (b"domainDNS",), "minPwdLength": (b"0",)}])
def test_real_servers_take_them(attributes: dict[str, tuple[bytes, ...]], tmp_path: Path) -> None:
    policy = policy_of("p", attributes)
    assert policy is not None
    try:
        servers = (slapd(), dirsrv())
    except NotHere as absent:
        pytest.skip(str(absent))
    for server, made in zip(servers, (slapd_policy(policy), ds389_policy(policy)), strict=True):
        classes = made["objectClass"]
        structural = () if b"ldapsubentry" in classes else (b"applicationProcess",)
        entry = {**made, "objectClass": (b"top", *structural, *classes), "cn": (b"p",)}
        base = server.fresh()
        server.add(write_record(LdifRecord(f"cn=p,{base}", entry)).decode())
        kept = server.search(base, "(&(cn=p)(|(objectClass=ldapsubentry)(objectClass=*)))", "*", "+").decode()
        said = {f"{name}: {value.decode()}" for name, (value, *_) in made.items() if name != "objectClass"}
        assert said <= set(kept.splitlines())
