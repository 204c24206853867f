"""The auxiliary class transhumanceOrigin, for slapd.conf, cn=config and 389-ds: files to load into a server."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
SLAPD_CONF = FOLDER / "transhumance.schema"
CN_CONFIG = FOLDER / "transhumance.ldif"
DIRSRV = FOLDER / "99transhumance.ldif"
