"""`xc explain`: why a device has a route as it has it."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.failure_option import failures_of, failures_options
from crossconnect.cli.output import emit, output_option, reference_of, say
from crossconnect.cli.region import load_or_exit, region_option
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.net import interface_prefix
from crossconnect.simulate.topology import DEFAULT


@click.command("explain")
@click.argument("route", nargs=-1, required=True)
@region_option
@output_option
@failures_options
@click.option("--device", default="", help="At this switch.  [default: all that have it, equal outcomes told once]")
@click.option("--vrf", default="", help="In this VRF: its name on devices, tenant/vrf, or 'default' for the underlay.")
def command(
    route: tuple[str, ...],
    root: Path,
    output: str,
    device: str,
    vrf: str,
    fail_links: tuple[str, ...],
    fail_devices: tuple[str, ...],
) -> int:
    """Explain BGP's decision on ROUTE: every candidate, the step of RFC 4271 9.1.2.2 at which each lost, what never
    became a candidate and why, and to whom the best path is announced.

    ROUTE is a prefix, an address (the longest prefix that covers it), a MAC, MAC/IP, or an EVPN route as TYPE KEY or
    RD TYPE KEY, as in the table evpn_routes.

    Exit code 0 when the route is somewhere, 1 when it is not.
    """
    from crossconnect.cli.explanation_text import explanation_text
    from crossconnect.simulate import Network
    from crossconnect.simulate.explain import explain, grouped, wanted
    from crossconnect.simulate.history import question

    words = " ".join(route)
    what = wanted(words)
    if what is None:
        raise BadInput(f"'{words}' is no prefix, address, MAC, MAC/IP, or EVPN route (RD TYPE KEY){_host_bits(words)}")
    ready = load_or_exit(root)
    blueprint = ready.blueprint
    failures = failures_of(blueprint, fail_links, fail_devices)
    if device and device not in {d.name for d in blueprint.devices}:
        raise BadInput(f"the region has no switch '{device}'; 'xc show devices' lists them")
    if what.key and vrf:
        raise BadInput("EVPN routes are in no VRF: leave out --vrf")
    vrf = _vrf(blueprint, vrf)
    here = next((d for d in blueprint.devices if d.name == device), None)
    if here is not None and vrf and vrf not in {i.name for i in here.network_instances}:
        raise BadInput(f"{device} has no VRF '{vrf}'; 'xc show vrfs' lists where VRFs are")
    settled = Network(blueprint).settle(failures)
    explanations = explain(question(settled, ready.region.place), what, device, vrf)
    groups = grouped(explanations)
    emit({"route": words, "groups": groups}, output, lambda: explanation_text(groups))
    having = {e.device for e in explanations if e.candidates or e.installed}
    if having:
        say(f"{words}: at {len(having)} device{'s' if len(having) > 1 else ''}")
        return 0
    where = " ".join(part for part in (f"at {device}" if device else "", f"in {vrf}" if vrf else "") if part)
    if any(e.refused for e in explanations):
        say(f"{words}: no such route {where or 'anywhere'}; what kept it out is above")
    else:
        say(f"{words}: no such route {where or 'anywhere'}, and nobody announces it{' to there' if where else ''}")
    return 1


def _vrf(blueprint: Blueprint, name: str) -> str:
    """The name on devices of a VRF given by that or as `tenant/vrf`."""
    if name in ("", DEFAULT):
        return name
    names = {plan.name: plan.name for plan in blueprint.vrfs}
    names |= {reference_of(plan.path): plan.name for plan in blueprint.vrfs}
    if name not in names:
        raise BadInput(f"the region has no VRF '{name}'; 'xc show vrfs' lists them")
    return names[name]


def _host_bits(text: str) -> str:
    """The prefix that somebody means who writes an interface's address."""
    try:
        prefix = interface_prefix(text) if "/" in text else ""
    except ValueError:
        prefix = ""
    return f"; the prefix is {prefix}" if prefix else ""
