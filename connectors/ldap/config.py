"""What a plan says of an OpenLDAP or 389-ds endpoint."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from transhumance.connectors.formats.ldapconfig import LdapServer

Writer = Literal["auto", "transaction", "pipeline", "single"]


class LdapConfig(LdapServer):
    """An OpenLDAP or 389-ds endpoint, or another server of standard schemas."""

    from_base: str = Field("", description="the source's DN that becomes `base`; empty: what the source itself says")
    writer: Writer = Field("auto", description="auto, or the fastest way of writing to try first")
    ids: Literal["relax", "kept"] = Field(
        "relax", description="relax: entryUUID is the source's where the server grants it; kept: the server's own"
    )
    groups: Literal["groupOfNames", "rfc2307bis"] = Field(
        "groupOfNames", description="rfc2307bis: groups get posixGroup too where the source has a gidNumber"
    )
