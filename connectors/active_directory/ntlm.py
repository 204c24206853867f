"""NTLM inside SASL's GSS-SPNEGO (MS-NLMP, RFC 4178 lets the raw message stand), for accounts that may not bind simply.
Inside TLS only, and without signing of its own: TLS does that.

ldap3 makes the messages; the digest that it asks of OpenSSL is not there any more (MD4), so it is made here and handed
over as the hash that ldap3 takes in place of a password. Controllers that insist on channel binding refuse it.
"""

from __future__ import annotations

import struct
from typing import Any

from transhumance.connectors.contract import MissingExtra, StopEndpoint, Text
from transhumance.connectors.formats import ldapber as ber
from transhumance.connectors.formats.ldapwire import SUCCESS, Session, named

IN_PROGRESS = 14  # saslBindInProgress (RFC 4511 A.1)
_MASK = 0xFFFFFFFF
_ROUNDS = (
    (0, tuple(range(16)), (3, 7, 11, 19)),
    (0x5A827999, (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), (3, 5, 9, 13)),
    (0x6ED9EBA1, (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)),
)


def md4(data: bytes) -> bytes:
    """RFC 1320: no digest to trust, only the one that NTLM is made of."""
    whole = data + b"\x80" + bytes(-(len(data) + 9) % 64) + struct.pack("<Q", 8 * len(data))
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    for at in range(0, len(whole), 64):
        words, old = struct.unpack_from("<16I", whole, at), list(state)
        for number, (constant, order, shifts) in enumerate(_ROUNDS):
            for step, index in enumerate(order):
                a, b, c, d = state
                mixed = ((b & c) | (~b & d), (b & c) | (b & d) | (c & d), b ^ c ^ d)[number]
                total = (a + mixed + words[index] + constant) & _MASK
                shift = shifts[step % 4]
                state = [d, ((total << shift) | (total >> (32 - shift))) & _MASK, b, c]
        state = [(x + y) & _MASK for x, y in zip(state, old, strict=True)]
    return struct.pack("<4I", *state)


def bind(session: Session) -> None:
    """Three messages: what is wanted, the controller's challenge, the answer to it. Raises `StopEndpoint`,
    `MissingExtra`."""
    try:
        from ldap3.utils.ntlm import NtlmClient
    except ImportError:
        raise MissingExtra("ldap", "auth: ntlm") from None
    address = session.address
    domain, name = _parts(address.username)
    hashed = f"{'0' * 32}:{md4(address.password.encode('utf-16-le')).hex()}"
    client: Any = NtlmClient(user_name=name, domain=domain, password=hashed)
    first = session.ask(ber.sasl_bind("GSS-SPNEGO", client.create_negotiate_message()))
    if first.code == IN_PROGRESS and first.value:
        client.parse_challenge_message(first.value)
        first = session.ask(ber.sasl_bind("GSS-SPNEGO", client.create_authenticate_message()))
    if first.code != SUCCESS:
        raise StopEndpoint(
            Text(
                f"{address.name} : la connexion NTLM comme {address.username} est refusée ({named(first)}) ; vérifiez "
                "le nom (DOMAINE\\nom) et le mot de passe, ou employez auth: simple",
                f"{address.name}: the NTLM login as {address.username} is refused ({named(first)}); check the name "
                "(DOMAIN\\name) and the password, or use auth: simple",
            )
        )


def _parts(username: str) -> tuple[str, str]:
    """Domain and name, of `DOMAIN\\name` or `name@domain`."""
    domain, sign, name = username.partition("\\")
    if sign:
        return domain, name
    name, _, domain = username.partition("@")
    return domain, name
