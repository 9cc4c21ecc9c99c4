"""Is what was designed sound? Everything here is seen only once the region is expanded and numbered."""

from __future__ import annotations

from crossconnect.design.acl_soundness import acl_findings
from crossconnect.design.cloud_soundness import cloud_findings
from crossconnect.design.context import Context
from crossconnect.design.edge_soundness import edge_findings
from crossconnect.design.fabric_soundness import fabric_findings
from crossconnect.design.mlag_soundness import mlag_findings
from crossconnect.design.tenancy_soundness import tenancy_findings
from crossconnect.finding import Finding


def soundness(context: Context) -> tuple[Finding, ...]:
    """What is wrong with, or unwise in, the design as a whole."""
    findings = [
        *fabric_findings(context),
        *mlag_findings(context),
        *tenancy_findings(context),
        *edge_findings(context),
        *acl_findings(context),
        *cloud_findings(context),
    ]
    return tuple(sorted(findings, key=Finding.sort_key))
