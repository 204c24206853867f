"""Contacts in .vcf files, read and written."""

from __future__ import annotations

from transhumance.connectors.contract import Environment
from transhumance.connectors.formats.objectsource import ObjectConfig, ObjectSource
from transhumance.connectors.formats.objecttarget import ObjectTarget
from transhumance.connectors.vcf.dialect import VCF


class VcfSource(ObjectSource):
    """Contacts and groups, from files of one card or of many."""

    def __init__(self, config: ObjectConfig, environment: Environment) -> None:
        super().__init__(config, environment, VCF)


class VcfTarget(ObjectTarget):
    """Contacts and groups, one card a file."""

    def __init__(self, config: ObjectConfig, environment: Environment) -> None:
        super().__init__(config, environment, VCF)
