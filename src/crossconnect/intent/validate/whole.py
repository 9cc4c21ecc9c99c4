"""All of validation, one concern after another."""

from __future__ import annotations

from crossconnect.finding import Finding
from crossconnect.intent.allocate_codes import DEVICE_INCOMPLETE, NAME_TAKEN
from crossconnect.intent.codes import NAME_DUPLICATE
from crossconnect.intent.inventory import expand
from crossconnect.intent.lock import Lock
from crossconnect.intent.validate.acls import acl_findings
from crossconnect.intent.validate.cabling import cabling_findings
from crossconnect.intent.validate.changes import change_findings
from crossconnect.intent.validate.cloud import cloud_findings
from crossconnect.intent.validate.edge import edge_findings
from crossconnect.intent.validate.extra import extra_findings
from crossconnect.intent.validate.fabric import fabric_findings
from crossconnect.intent.validate.management import management_findings
from crossconnect.intent.validate.names import name_findings
from crossconnect.intent.validate.numbers import number_findings
from crossconnect.intent.validate.pools import pool_findings
from crossconnect.intent.validate.promises import promise_findings, traffic_findings
from crossconnect.intent.validate.references import reference_findings
from crossconnect.intent.validate.renames import rename_findings
from crossconnect.intent.validate.servers import server_findings
from crossconnect.intent.validate.subject import subject_of
from crossconnect.intent.validate.tenancy import tenancy_findings
from crossconnect.model.region import Region

CONCERNS = (
    name_findings,
    reference_findings,
    pool_findings,
    number_findings,
    fabric_findings,
    cabling_findings,
    server_findings,
    tenancy_findings,
    edge_findings,
    cloud_findings,
    acl_findings,
    management_findings,
    extra_findings,
    promise_findings,
    change_findings,
    traffic_findings,
    rename_findings,
)


def validate(region: Region, previous: Lock | None = None) -> tuple[Finding, ...]:
    """All that can be said of a region without numbering it, in the order of files and lines.

    Includes what expanding it to the inventory finds; `previous` is the lock that tells the names of leaves. Values
    are canonical, as `read_region` makes them.
    """
    inventory, expansion = expand(region, previous)
    subject = subject_of(region, inventory)
    findings = [finding for concern in CONCERNS for finding in concern(subject)]
    # What follows from something said already, or from what could not be read, is not said again.
    implied = {NAME_TAKEN.name} if any(f.code == NAME_DUPLICATE.name for f in findings) else set[str]()
    if subject.may_lack("devices"):
        implied.add(DEVICE_INCOMPLETE.name)
    findings += [finding for finding in expansion if finding.code not in implied]
    return tuple(sorted(findings, key=Finding.sort_key))
