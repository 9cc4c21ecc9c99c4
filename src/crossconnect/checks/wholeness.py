"""Whether hosts reach each other and the outside while nothing has failed, without a state's tables.

What the check of reachability finds in a state, in a network too large to make the tables of: regular realms whose
VTEPs all reach each other are whole, in all others every pair of host classes is followed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from crossconnect.checks.codes import EXTERNAL_UNREACHABLE, HOST_UNREACHABLE
from crossconnect.finding import Finding, Place, found
from crossconnect.simulate.impact import Impacts
from crossconnect.simulate.reachability import ReachabilityRow, reachability


def wholeness(impacts: Impacts, outside: Mapping[str, Collection[str]]) -> tuple[Finding, ...]:
    """One finding per network in which some do not reach others, and per network that misses something outside.
    `outside` has by VRF the prefixes that are announced to it and that its policies accept."""
    findings: list[Finding] = list(impacts.healthy.findings)
    paths = {vrf.name: vrf.path for vrf in impacts.blueprint.vrfs}
    for name in sorted(impacts.realms):
        if impacts.regular(name) and not impacts.realms[name].borders:
            continue
        rows = reachability(impacts.before.tables, among={name})
        open_ = [row for row in rows if row.outcome != "delivered" and row.source_host not in impacts.cut_off]
        place = Place(path=paths.get(name, name))
        inside = [row for row in open_ if row.destination_host and row.destination_host not in impacts.cut_off]
        missed = [row for row in open_ if not row.destination_host and row.destination in outside.get(name, ())]
        if inside:
            pairs = sum(row.pairs for row in inside)
            text = f"in {name}, hosts do not reach each other: {pairs} pairs, the first {_first(inside)}"
            findings.append(found(HOST_UNREACHABLE, place, text))
        if missed:
            prefixes = sorted({row.destination for row in missed})
            text = f"in {name}, hosts do not reach {', '.join(prefixes)}: the first {_first(missed)}"
            findings.append(found(EXTERNAL_UNREACHABLE, place, text))
    return tuple(findings)


def _first(rows: list[ReachabilityRow]) -> str:
    row = rows[0]
    return f"{row.source_host} to {row.destination_host or row.destination}: {row.reason or 'it goes to somebody else'}"
