"""Rules for changes can be met, and name things that exist."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import change_codes, codes
from crossconnect.intent.validate.subject import Known, Subject


def change_findings(subject: Subject) -> Iterator[Finding]:
    """Windows that never open, freezes that end before they begin, rules that demand nothing or the impossible."""
    region = subject.region
    sites = Known(subject, "site", codes.SITE_UNKNOWN, {site.name for site in region.sites}, ("sites",))
    tenants = Known(subject, "tenant", codes.TENANT_UNKNOWN, {t.name for t in region.tenants}, ("tenants",))
    names = {window.name for window in region.change_windows}
    windows = Known(subject, "change window", change_codes.WINDOW_UNKNOWN, names, ("change_windows",))
    for window in region.change_windows:
        path = f"change_windows/{window.name}"
        if not subject.unread(path, "days", "begin", "end") and (not window.days or window.begin == window.end):
            why = "has no days" if not window.days else "ends when it begins"
            yield found(change_codes.WINDOW_EMPTY, subject.place(path), f"change window {window.name} {why}")
    for freeze in region.freezes:
        path = f"freezes/{freeze.name}"
        for index, site in enumerate(freeze.sites):
            yield from sites.unknown(site, f"freeze {freeze.name}", f"{path}/sites/{index}")
        if not subject.unread(path, "begin", "end") and freeze.end <= freeze.begin:
            words = f"freeze {freeze.name} ends at {freeze.end} and begins at {freeze.begin}"
            yield found(change_codes.FREEZE_EMPTY, subject.place(f"{path}/end"), words)
    yield from _objectives(subject, tenants)
    for rule in region.change_rules:
        path, user = f"change_rules/{rule.name}", f"change rule {rule.name}"
        for known, field, wanted in (
            (sites, "sites", rule.sites),
            (tenants, "tenants", rule.tenants),
            (windows, "windows", rule.windows),
        ):
            for index, name in enumerate(wanted):
                yield from known.unknown(name, user, f"{path}/{field}/{index}")
        if subject.unread(path, "approvals", "approvers", "windows", "refuse"):
            continue
        if not (rule.approvals or rule.windows or rule.refuse):
            yield found(change_codes.RULE_WITHOUT_DEMAND, subject.place(path), f"{user} demands nothing")
        elif rule.refuse and (rule.approvals or rule.windows):
            words = f"{user} refuses, and yet wants approvals or a window"
            yield found(change_codes.RULE_NEVER_MET, subject.place(f"{path}/refuse"), words)
        elif rule.approvers and len(set(rule.approvers)) < rule.approvals:
            words = f"{user} wants {rule.approvals} approvals and has {len(set(rule.approvers))} who may give one"
            yield found(change_codes.RULE_NEVER_MET, subject.place(f"{path}/approvals"), words)


def _objectives(subject: Subject, tenants: Known) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for objective in subject.region.objectives:
        path, user = f"objectives/{objective.name}", f"objective {objective.name}"
        if objective.tenant:
            yield from tenants.unknown(objective.tenant, user, f"{path}/tenant")
        if not subject.unread(path, "loss_percent_max", "round_trip_ms_max", "routes_percent_max") and not (
            0 <= objective.loss_percent_max <= 100
            and objective.round_trip_ms_max > 0
            and 0 <= objective.routes_percent_max <= 100
        ):
            words = f"{user} allows {objective.loss_percent_max} % of loss and {objective.round_trip_ms_max} ms"
            if objective.routes_percent_max:
                words += f", {objective.routes_percent_max} % of routes"
            yield found(change_codes.OBJECTIVE_MALFORMED, subject.place(path), words)
        if objective.tenant in first and not subject.unread(path, "tenant"):
            whom = f"tenant {objective.tenant}" if objective.tenant else "all tenants"
            words = f"{user} and objective {first[objective.tenant]} are both about {whom}"
            yield found(change_codes.OBJECTIVE_TWICE, subject.place(path), words)
        first.setdefault(objective.tenant, objective.name)
