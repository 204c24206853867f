"""What is asked of each object, and nothing more: the fewer properties, the fewer changes to tell and rights to have.
Names and permissions: https://learn.microsoft.com/graph/api (user, group, delta)."""

from __future__ import annotations

USER = (
    "id userPrincipalName displayName givenName surname mail mailNickname proxyAddresses otherMails accountEnabled "
    "userType creationType externalUserState createdDateTime jobTitle department companyName employeeId employeeType "
    "employeeHireDate officeLocation streetAddress city state postalCode country usageLocation preferredLanguage "
    "businessPhones mobilePhone faxNumber passwordPolicies onPremisesSyncEnabled onPremisesImmutableId "
    "onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesDistinguishedName onPremisesDomainName "
    "onPremisesExtensionAttributes"
).split()
GROUP = (
    "id displayName description mail mailEnabled mailNickname proxyAddresses securityEnabled groupTypes membershipRule "
    "membershipRuleProcessingState visibility classification createdDateTime isAssignableToRole "
    "resourceProvisioningOptions onPremisesSyncEnabled onPremisesSamAccountName onPremisesSecurityIdentifier "
    "onPremisesDomainName"
).split()
LINK = "id displayName userPrincipalName onPremisesSamAccountName mailNickname mailEnabled".split()
MANAGER = "manager($select=id,displayName,userPrincipalName,onPremisesSamAccountName)"
POLICY = "id displayName description state conditions grantControls sessionControls createdDateTime".split()
APPLICATION = "id appId displayName description accountEnabled appRoles servicePrincipalType tags".split()
# gallery and own applications, not Microsoft's hundreds of own service principals
APPLICATIONS = "tags/any(t:t eq 'WindowsAzureActiveDirectoryIntegratedApp')"

# changes of these change the name of an entry, and so what its groups and reports say
NAMING = {
    "user": frozenset({"userPrincipalName", "onPremisesSamAccountName"}),
    "group": frozenset({"displayName", "mailNickname", "mailEnabled", "onPremisesSamAccountName"}),
}
LARGEST = "999"  # objects on a page


def selected(names: list[str], *more: str) -> str:
    """The text of a `$select`."""
    return ",".join(dict.fromkeys((*names, *more)))
