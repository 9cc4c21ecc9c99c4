"""The failure sweep of the checks in the form that the report draws."""

from __future__ import annotations

from crossconnect.checks import UnderFailure
from crossconnect.design.blueprint import Blueprint
from crossconnect.report import Failure, FailureEffect, FailureSweep


def sweep_of(blueprint: Blueprint, under: UnderFailure) -> FailureSweep:
    """Every failure with the scopes that it hurts."""
    scopes = [vrf.name for vrf in blueprint.vrfs] + [s.path for s in blueprint.segments if not s.vrf]
    return FailureSweep(
        scopes=tuple(scopes),
        failures=tuple(
            Failure(
                name=report.name,
                kind="device" if report.failures.devices else "link",
                effects=tuple(
                    FailureEffect(
                        scope=effect.scope,
                        pairs=effect.pairs,
                        lost=effect.lost,
                        attached=effect.attached,
                        promises=effect.promises,
                    )
                    for effect in report.scopes
                    if effect.lost or effect.promises
                ),
            )
            for report in under.reports
        ),
    )
