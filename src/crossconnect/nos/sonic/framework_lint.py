"""What the tables of the FRR management framework have no place for, as findings about devices that use them.

Sources: see `framework` and `framework_policy`. A field that frrcfgd reads and the YANG models lack counts as missing:
`config apply-patch` refuses what is not in the models.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import PrefixRule
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.net import parse
from crossconnect.nos.sonic.bgp import BFD_DEFAULT
from crossconnect.nos.sonic.framework_policy import unsaid, uses

_NEAREST = "leave the device's role out of `design.sonic_framework`: with `split-unified` `frr.conf` has it"

EVPN = Code(
    "sonic.framework-evpn",
    Severity.ERROR,
    "A segment or VRF has a route distinguisher, route targets or type-5 routes, and SONiC's models of the FRR "
    "management framework have no field for them.",
    _NEAREST,
)
L3VNI = Code(
    "sonic.framework-l3vni",
    Severity.ERROR,
    "A VRF has an L3VNI, and with the FRR management framework FRR loses it at every start of the routing container "
    "(sonic-buildimage issue 21177), and all type-5 routes with it.",
    _NEAREST,
)
SEGMENT = Code(
    "sonic.framework-ethernet-segment",
    Severity.ERROR,
    "A bond is an Ethernet segment, and frrcfgd gives FRR none of `EVPN_ETHERNET_SEGMENT`.",
    _NEAREST,
)
POLICY = Code(
    "sonic.framework-policy",
    Severity.ERROR,
    "A statement of a policy does something that the tables of the FRR management framework cannot say; the policy "
    "would deny everything.",
    f"write the statement without it, or {_NEAREST}",
)
LEAK = Code(
    "sonic.framework-leak",
    Severity.ERROR,
    "A VRF imports from several VRFs; the FRR management framework has a field for one.",
    f"import from one VRF, or {_NEAREST}",
)
PASSWORD = Code(
    "sonic.framework-password",
    Severity.ERROR,
    "A session has a password, and frrcfgd adds the word `encrypted` to it, which FRR takes for a part of the "
    "password; the session is left shut down.",
    f"do without the password, or {_NEAREST}",
)
UNNUMBERED = Code(
    "sonic.framework-unnumbered",
    Severity.ERROR,
    "An unnumbered session is on a port with an IPv4 address, and frrcfgd cannot keep it to IPv6; or it is on a "
    "subinterface, which the models do not take for a neighbour.",
    f"number the link, or {_NEAREST}",
)
START = Code(
    "sonic.framework-start",
    Severity.WARNING,
    "Policies are not whole between the start of the routing container and the moment when frrcfgd has entered its "
    "tables: the templates leave out local preferences, prepending, and some least lengths of prefixes.",
    f"count on it when a switch is restarted, or {_NEAREST}",
)
RESTART = Code(
    "sonic.framework-graceful-restart",
    Severity.WARNING,
    "The FRR management framework cannot turn off RFC 8538, nor graceful restart as a helper, nor set how long a "
    "restarted router waits before it decides: FRR's defaults hold, and routes of a dead neighbour stay longer.",
    _NEAREST,
)
TIMERS = Code(
    "sonic.framework-timers",
    Severity.WARNING,
    "The models have no field for a timer that the design sets; FRR's default holds.",
    _NEAREST,
)

FRAMEWORK_CODES: tuple[Code, ...] = (
    EVPN,
    L3VNI,
    SEGMENT,
    POLICY,
    LEAK,
    PASSWORD,
    UNNUMBERED,
    START,
    RESTART,
    TIMERS,
)


def framework_findings(device: DeviceConfiguration) -> Iterator[Finding]:
    """Everything that the device would lose; nothing where `frr.conf` has its routing."""
    if not device.routing_framework:
        return
    for instance in device.network_instances:
        yield from _overlay(device, instance)
        yield from _sessions(device, instance)
    yield from _interfaces(device)
    yield from _policies(device)
    yield from _timers(device)


def _overlay(device: DeviceConfiguration, instance: NetworkInstance) -> Iterator[Finding]:
    here = Place(path=instance.path or device.path)
    who = f"{device.name}: {instance.name}"
    lost: list[str] = []
    if instance.vni and device.vtep and instance.kind in ("mac-vrf", "l3vrf"):
        lost += [f"the route distinguisher {instance.rd}"] if instance.rd else []
        targets = sorted({*instance.import_rts, *instance.export_rts})
        lost += [f"the route targets {', '.join(targets)}"] if targets else []
    bgp = instance.bgp
    if bgp is not None and bgp.evpn_advertise:
        lost += ["type-5 routes"]
    if lost:
        yield found(EVPN, here, f"{who} has {', '.join(lost)}, and no field of the models takes it")
    if instance.kind == "l3vrf" and instance.vni and device.vtep:
        yield found(L3VNI, here, f"{who} has the L3VNI {instance.vni}, which FRR would lose at its next start")
    if len(instance.imports) > 1:
        yield found(LEAK, here, f"{who} imports from {', '.join(instance.imports)}, and one is possible")


def _sessions(device: DeviceConfiguration, instance: NetworkInstance) -> Iterator[Finding]:
    if instance.bgp is None:
        return
    bare = {
        i.name
        for i in device.interfaces
        if i.kind in ("ethernet", "lag") and all(":" in address for address in i.addresses)
    }
    for neighbor in instance.bgp.neighbors:
        place = f"peers/{neighbor.device}" if neighbor.kind == "external" else device.path
        who = f"{device.name}: the session with {neighbor.device} ({neighbor.key})"
        if neighbor.password:
            yield found(PASSWORD, Place(path=place), f"{who} has a password")
        if neighbor.interface and neighbor.interface not in bare:
            yield found(UNNUMBERED, Place(path=place), f"{who} is unnumbered, and not on a port without IPv4 address")


def _interfaces(device: DeviceConfiguration) -> Iterator[Finding]:
    segments = [i.name for i in device.interfaces if i.esi]
    if segments:
        here = Place(path=device.path)
        yield found(SEGMENT, here, f"{device.name}: FRR would know nothing of the segments at {', '.join(segments)}")


def _policies(device: DeviceConfiguration) -> Iterator[Finding]:
    used = {name for name, _, _ in uses(device)}
    sets = device.routing_policy
    soft = False
    for policy in (p for p in sets.policies if p.name in used):
        for statement in policy.statements:
            here = Place(path=statement.path or device.path)
            lost = list(unsaid(statement, sets))
            if lost:
                words = f"{device.name}: statement {statement.name} of policy {policy.name} cannot be said"
                yield found(POLICY, here, f"{words}: {', '.join(lost)}")
            actions = statement.actions
            soft = soft or (statement.accept and (actions.local_pref is not None or bool(actions.prepend)))
    wider = any(_template_loses_least_length(rule) for s in sets.prefix_sets for rule in s.rules)
    if soft or wider:
        what = [w for w, is_so in (("local preferences and prepending", soft), ("least lengths", wider)) if is_so]
        words = f"{device.name}: {' and '.join(what)} come only when frrcfgd has started"
        yield found(START, Place(path=device.path), words)


def _template_loses_least_length(rule: PrefixRule) -> bool:
    """The template compares the two lengths as text: `16` is not more than `8`."""
    length = parse(rule.prefix).length
    return rule.length_min > length and str(rule.length_min) <= str(length)


def _timers(device: DeviceConfiguration) -> Iterator[Finding]:
    here = Place(path=device.path)
    speakers = [i.bgp for i in device.network_instances if i.bgp is not None]
    if speakers:
        yield found(RESTART, here, f"{device.name}: graceful restart is as FRR has it by default")
    if device.bfd not in (None, BFD_DEFAULT) and any(n.bfd for bgp in speakers for n in bgp.neighbors):
        assert device.bfd is not None
        wanted = f"every {device.bfd.interval_ms} ms, {device.bfd.multiplier} in a row"
        found_words = f"{device.name}: BFD of every {BFD_DEFAULT.interval_ms} ms, {BFD_DEFAULT.multiplier} in a row"
        yield found(TIMERS, here, found_words, expected=wanted)
    if any(i.unnumbered for i in device.interfaces):
        yield found(
            TIMERS,
            here,
            f"{device.name}: router advertisements of unnumbered ports every 10 s",
            expected="every second, lifetime 0",
        )
