"""Reading Active Directory: the connector's listing (to the spool, with versions and subjects) against `ldapsearch`
with pages, which prints the same attributes, both over LDAPS from one Samba controller."""

from __future__ import annotations

import os
import subprocess
import time
import tracemalloc
from pathlib import Path

from transhumance.connectors.active_directory.config import AdConfig
from transhumance.connectors.active_directory.source import AdSource
from transhumance.connectors.contract import Environment, Subject
from transhumance.fixtures.services.base import NotHere
from transhumance.fixtures.services.samba import Samba

AIM = 1.3  # times ldapsearch's time


def _people(server: Samba, count: int) -> str:
    where = f"OU=Banc,{server.base}"
    parts = [f"dn: {where}\nobjectClass: organizationalUnit\n\n"]
    for n in range(count):
        parts.append(
            f"dn: CN=Agent {n},{where}\nobjectClass: user\nsAMAccountName: agent{n}\nsn: Nom {n}\ngivenName: Prénom\n"
            f"mail: agent{n}@chu.example\ntelephoneNumber: 0102030405\ndepartment: Cardiologie\ntitle: Infirmier\n"
            f"description: poste {n}\nuserAccountControl: 514\n\n"
        )
    return "".join(parts)


def _peer(server: Samba, folder: Path) -> tuple[float, int]:
    """Seconds and entries of `ldapsearch` with pages of 1,000, into a file."""
    words = [
        "ldapsearch", "-x", "-H", server.url, "-D", server.admin, "-w", server.password, "-b", f"OU=Banc,{server.base}",
        "-E", "pr=1000/noprompt", "-E", "!1.2.840.113556.1.4.801=::MAMCAQc=", "-LLL", "-o", "ldif-wrap=no",
        "(objectClass=*)", "*", "nTSecurityDescriptor",
    ]  # fmt: skip
    start = time.monotonic()
    with open(folder / "peer.ldif", "wb") as out:
        environment = {**os.environ, "LDAPTLS_CACERT": str(server.ca_file)}
        subprocess.run(words, stdout=out, stderr=subprocess.DEVNULL, env=environment, check=True)
    seconds = time.monotonic() - start
    return seconds, (folder / "peer.ldif").read_bytes().count(b"\ndn:")


def _ours(server: Samba, folder: Path, name: str) -> tuple[float, int]:
    config = AdConfig.model_validate(
        {"url": server.url, "base": f"OU=Banc,{server.base}", "username": server.admin, "password": server.password,
         "ca_file": server.ca_file, "changes": "usn"}
    )  # fmt: skip
    source = AdSource(config, Environment("ad", folder / name, folder, "en", folder / f"{name}-state"))
    (container,) = source.containers(Subject(b""), "identities")
    start, count, cursor = time.monotonic(), 0, None
    while True:
        page = source.page(container, cursor)
        count += len(page.refs)
        if (cursor := page.next) is None:
            break
    seconds = time.monotonic() - start
    source.close()
    return seconds, count


def benchmark(folder: Path, count: int) -> list[str]:
    """Both, twice, the better of each; then the memory that the listing takes."""
    try:
        with Samba("BANC.EXAMPLE", "BANC") as server:
            server.add(_people(server, count))
            theirs, found = min(_peer(server, folder) for _ in range(2))
            ours, listed = min(_ours(server, folder, f"run{n}") for n in range(2))
            tracemalloc.start()
            _ours(server, folder, "memory")
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    except (NotHere, FileNotFoundError) as reason:
        return [f"ad: left out: {reason}"]
    ratio = ours / theirs
    verdict = "" if ratio <= AIM else f"  ABOVE the aim of {AIM}"
    return [
        f"ad: {count:,} people on Samba, LDAPS, all attributes and rights",
        f"  ldapsearch, pages of 1,000   {theirs:6.2f} s  {found / theirs:8,.0f} entries/s",
        f"  listing                      {ours:6.2f} s  {listed / ours:8,.0f} entries/s  {ratio:.2f} times{verdict}",
        f"  memory of the listing at most {peak / 2**20:.0f} MiB",
    ]
