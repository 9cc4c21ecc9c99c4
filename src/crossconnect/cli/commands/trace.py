"""`xc trace`: which way a packet takes."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from crossconnect.cli.explanation_text import why_lines, wrapped
from crossconnect.cli.failure_option import failures_of, failures_options
from crossconnect.cli.flow_options import flow_options, is_end
from crossconnect.cli.output import emit, output_option, reference_of, say
from crossconnect.cli.region import load_or_exit, region_option
from crossconnect.design.blueprint import Blueprint, Endpoint
from crossconnect.errors import BadInput
from crossconnect.net import unroutable
from crossconnect.simulate import Trace
from crossconnect.simulate.reasons import Why


@click.command("trace")
@click.argument("source")
@click.argument("destination")
@region_option
@output_option
@failures_options
@click.option("--brief", is_flag=True, help="Leave out the reasons.")
@click.option("--cloud", "database", default="", help="Database of 'xc serve'.  [default: as cloud/api.yaml says]")
@flow_options
@click.option("--segment", default="", help="Which of the source's segments (part of its path), if it has several.")
def command(
    source: str,
    destination: str,
    root: Path,
    output: str,
    segment: str,
    brief: bool,
    fail_links: tuple[str, ...],
    fail_devices: tuple[str, ...],
    database: str,
    **flow: Any,
) -> int:
    """Follow a packet from host SOURCE to DESTINATION (an address, or another host) hop by hop, every ECMP branch.

    Either may be a tenant's, by its id: a network interface or elastic IP, as DESTINATION also a load balancer or a
    service endpoint. Then the other one is such an id or an address, and the way leads through security groups, network
    ACLs, routes, address translation, gateway node and fabric, and back; the options from --cloud to --network are for
    that.

    Each step has its reason: the route with its equal-cost paths and what decided for it, the policy statements that it
    passed, the encapsulation, and at a drop what is missing and what kept it out.

    Exit code 0 when it is delivered on every branch, 1 otherwise.
    """
    from crossconnect.simulate import Network, fib, forward, state_of
    from crossconnect.simulate.history import question
    from crossconnect.simulate.reasons import reasons

    ready = load_or_exit(root)
    blueprint = ready.blueprint
    failures = failures_of(blueprint, fail_links, fail_devices)
    if is_end(source) or is_end(destination):
        from crossconnect.cli.cloud_reachability import body_of, from_database
        from crossconnect.cli.reachability_text import reachability_text, say_outcome

        answer = from_database(root, database, blueprint, failures, body_of(source, destination, flow))
        emit(answer, output, lambda: reachability_text(answer))
        return say_outcome(answer)
    sender = _endpoint(blueprint, source, segment)
    address = _address(blueprint, destination, sender)
    settled = Network(blueprint).settle(failures)
    tables = fib(blueprint, state_of(settled))
    trace = forward(tables, sender, address)
    whys = [] if brief else [r.why for r in reasons(question(settled, ready.region.place), tables, trace)]
    emit(document(trace, whys), output, lambda: text(trace, whys))
    verdict = trace.steps[0].verdict
    size = "" if verdict.outcome == "dropped" else f", largest packet {verdict.mtu} octets"
    say(f"{source} to {address}: {verdict.outcome}{size}")
    for drop in sorted(verdict.drops):
        say(f"    dropped at {drop.device}: {drop.reason}")
    return 0 if verdict.outcome == "delivered" else 1


def _endpoint(blueprint: Blueprint, host: str, segment: str) -> Endpoint:
    """The endpoint of a host in its only segment, or in the one that is named."""
    found = [e for plan in blueprint.hosts if plan.name == host for e in plan.endpoints]
    if not found:
        raise BadInput(f"the region has no server '{host}' with a segment; 'xc show servers' lists them")
    chosen = [e for e in found if segment in e.segment or segment in reference_of(e.segment)]
    if len(chosen) != 1:
        names = ", ".join(reference_of(e.segment) for e in found)
        if not chosen:
            raise BadInput(f"'{host}' is in no segment '{segment}'; it is in {names}")
        raise BadInput(f"'{host}' is in {len(found)} segments; choose one with --segment: {names}")
    return chosen[0]


def _address(blueprint: Blueprint, destination: str, sender: Endpoint) -> str:
    """An address as given, or the first address of a host, in the sender's VRF where it has one there."""
    try:
        address = ipaddress.ip_address(destination)
    except ValueError:
        endpoints = [e for plan in blueprint.hosts if plan.name == destination for e in plan.endpoints if e.addresses]
    else:
        if "%" in destination:
            raise BadInput(f"'{destination}' has a zone (behind the %), which means something on one machine only")
        if why := unroutable(str(address)):
            raise BadInput(f"{address} is {why}, which routers do not forward; trace follows unicast packets")
        return str(address)
    if not endpoints:
        raise BadInput(f"'{destination}' is neither an address nor a server with one")
    best = min(endpoints, key=lambda e: (e.vrf != sender.vrf, e.segment != sender.segment))
    return best.addresses[0].partition("/")[0]


def document(trace: Trace, whys: Sequence[Why]) -> dict[str, object]:
    """The trace with `why` in every step."""
    plain = msgspec.to_builtins(trace)
    for step, why in zip(plain["steps"], whys, strict=False):
        step["why"] = msgspec.to_builtins(why)
    return plain


def text(trace: Trace, whys: Sequence[Why] = ()) -> str:
    """The branches as an indented tree, each step with its reason; a step that was shown already is referred to by its
    number."""
    lines: list[str] = []
    shown: set[int] = set()

    def walk(number: int, depth: int, how: str) -> None:
        step = trace.steps[number]
        line = f"{number:>3}  {'  ' * depth}{how}{step.device}  {step.action}  {step.detail}"
        if number in shown:
            lines.append(line + "  (as above)")
            return
        shown.add(number)
        lines.append(line)
        for reason in why_lines(whys[number]) if whys else ():
            lines.extend(wrapped(" " * (9 + 2 * depth), reason))
        if step.tunnel >= 0:
            walk(step.tunnel, depth + 1, "underlay: ")
        branches = len(step.next)
        for index, following in enumerate(step.next, 1):
            deeper = depth + 1 if branches > 1 else depth
            walk(following, deeper, f"[{index}/{branches}] " if branches > 1 else "")

    walk(0, 0, "")
    return "\n".join(lines)
