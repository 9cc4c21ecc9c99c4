"""Route limits: how many routes each VRF holds on each device, against what it may."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import ROUTE_LIMIT_EXCEEDED, ROUTE_LIMIT_NEAR
from crossconnect.checks.grouping import names_text
from crossconnect.checks.subject import Subject, device_place
from crossconnect.finding import Finding, Place, found

NEAR_PERCENT = 80
"""From here on there is still time to act before routes are dropped."""


def check_route_limits(subject: Subject) -> Iterator[Finding]:
    """No VRF is over its limit of routes, or near it."""
    for vrf in subject.blueprint.vrfs:
        over: list[tuple[str, int]] = []
        near: list[tuple[str, int]] = []
        for device in vrf.devices if vrf.route_limit > 0 else ():
            count = len(subject.routes.get((device, vrf.name), ()))
            if count > vrf.route_limit:
                over.append((device, count))
            elif count * 100 > vrf.route_limit * NEAR_PERCENT:
                near.append((device, count))
        for code, which in ((ROUTE_LIMIT_EXCEEDED, over), (ROUTE_LIMIT_NEAR, near)):
            if which:
                counts = names_text([f"{count} on {device}" for device, count in which])
                yield found(
                    code,
                    Place(path=vrf.path),
                    f"VRF {vrf.name} may hold {vrf.route_limit} routes and holds {counts}",
                    related=tuple(device_place(device) for device, _ in which),
                )
