"""What a change does to the load of links: those that expected traffic fills after it and did not before."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.checks.under_failure import Sweep
from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate.failures import single_failures

SWEPT_SWITCHES_MAX = 64
"""Up to this size loads are also compared under every single failure: each takes following all traffic anew."""


class LinkChange(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A link that is fuller than it should be, and was not."""

    failure: str
    """What has failed; empty while nothing has."""
    link: str
    device: str
    """Who sends into it."""
    before: float
    """Share of its capacity; 0 for a new link or one that carried nothing."""
    after: float
    tenants: tuple[str, ...]


def link_changes(parent: Blueprint | None, new: Blueprint) -> tuple[LinkChange, ...]:
    """Links over the region's threshold while nothing has failed, and over their capacity under single failures."""
    if not new.traffic:
        return ()
    swept = len(new.devices) <= SWEPT_SWITCHES_MAX
    before = {(c.failure, c.link, c.device) for c in _full(parent, swept)} if parent is not None else set()
    was = _shares(parent) if parent is not None else {}
    return tuple(
        sorted(
            msgspec.structs.replace(change, before=was.get((change.link, change.device), 0.0))
            for change in _full(new, swept)
            if (change.failure, change.link, change.device) not in before
        )
    )


def _shares(blueprint: Blueprint) -> dict[tuple[str, str], float]:
    return {(row.link, row.device): row.utilisation for row in Sweep(blueprint, ()).loads}


def _full(blueprint: Blueprint, swept: bool) -> Iterator[LinkChange]:
    sweep = Sweep(blueprint, ())
    for row in sweep.loads:
        if 100 * row.utilisation > blueprint.link_load_max:
            yield _change("", row.link, row.device, row.utilisation, row.tenants)
    for failure in single_failures(blueprint) if swept else ():
        report = sweep.report(failure)
        for row in report.overloaded:
            yield _change(report.name, row.link, row.device, row.utilisation, row.tenants)


def _change(failure: str, link: str, device: str, share: float, tenants: tuple[str, ...]) -> LinkChange:
    return LinkChange(failure=failure, link=link, device=device, before=0.0, after=share, tenants=tenants)
