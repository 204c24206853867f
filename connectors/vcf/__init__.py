"""Contacts in .vcf files: exports of one file, and folders of one card a file. Source and target."""

from transhumance.connectors.contract import Connector, Facts, NameRules, Text

CONNECTOR = Connector(
    name="vcf",
    summary=Text("Contacts en fichiers .vcf", "Contacts in .vcf files"),
    config="transhumance.connectors.formats.objectsource:ObjectConfig",
    source="transhumance.connectors.vcf.endpoint:VcfSource",
    target="transhumance.connectors.vcf.endpoint:VcfTarget",
    rig="transhumance.connectors.vcf.rig:rig",
    forms={"card": "vcard"},
    workloads=("contacts",),
    facts=Facts(feed="full", key_stability="per_container", names=NameRules(forbidden="/", max_bytes=255)),
)
