"""What is named exists. Silent about lists of which some could not be read: it may be there."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes, management_codes
from crossconnect.intent.allocate_codes import PORT_UNKNOWN
from crossconnect.intent.validate.subject import Known, Subject, reference_of
from crossconnect.model.platforms import expand_ports, port_set
from crossconnect.model.policy import Statement


def reference_findings(subject: Subject) -> Iterator[Finding]:
    """Every name that nothing has."""
    yield from _fabric(subject)
    yield from _devices(subject)
    yield from _servers(subject)
    yield from _tenancy(subject)
    yield from _handoffs(subject)
    yield from _policies(subject)
    yield from _acls(subject)


def _acls(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    acls = Known(subject, "ACL", management_codes.ACL_UNKNOWN, {acl.name for acl in region.acls}, ("acls",))
    users: list[tuple[str, str, str]] = [(region.management.acl, "the management port", "management/acl")]
    for peer in subject.peers:
        for index, handoff in enumerate(peer.handoffs):
            path = f"peers/{peer.name}/handoffs/{index}"
            users += [
                (handoff.acl_in, f"a handoff of {peer.name}", f"{path}/acl_in"),
                (handoff.acl_out, f"a handoff of {peer.name}", f"{path}/acl_out"),
            ]
    for path, segment in subject.segments.items():
        user = f"segment {reference_of(path)}"
        users += [(segment.acl_in, user, f"{path}/acl_in"), (segment.acl_out, user, f"{path}/acl_out")]
    for name, user, path in users:
        if name:
            yield from acls.unknown(name, user, path)


def _fabric(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    sites = Known(subject, "site", codes.SITE_UNKNOWN, {site.name for site in region.sites}, ("sites",))
    pods = Known(subject, "pod", codes.POD_UNKNOWN, {pod.name for pod in region.pods}, ("pods",))
    platforms = Known(subject, "platform", codes.PLATFORM_UNKNOWN, subject.platforms, ("platforms",))
    for pool in region.pools:
        if pool.site:
            yield from sites.unknown(pool.site, f"pool {pool.name}", f"pools/{pool.name}/site")
    for pod in region.pods:
        path, user = f"pods/{pod.name}", f"pod {pod.name}"
        yield from sites.unknown(pod.site, user, f"{path}/site")
        groups = [(pod.spines, "spines"), *((rack, f"racks/{index}") for index, rack in enumerate(pod.racks))]
        if pod.border_leaves is not None:
            groups.append((pod.border_leaves, "border_leaves"))
        for group, field in groups:
            yield from platforms.unknown(group.platform, user, f"{path}/{field}/platform")
    for tier in region.super_spines:
        path, user = f"super_spines/{tier.name}", f"super-spine group {tier.name}"
        yield from sites.unknown(tier.site, user, f"{path}/site")
        yield from platforms.unknown(tier.platform, user, f"{path}/platform")
        for index, name in enumerate(tier.pods):
            yield from pods.unknown(name, user, f"{path}/pods/{index}")
    for device in region.devices:
        path, user = f"devices/{device.name}", f"device {device.name}"
        for known, field, name in (
            (sites, "site", device.site),
            (pods, "pod", device.pod),
            (platforms, "platform", device.platform),
        ):
            if name:
                yield from known.unknown(name, user, f"{path}/{field}")


def _devices(subject: Subject) -> Iterator[Finding]:
    """Ends of cables."""
    region = subject.region
    devices = Known(subject, "device", codes.DEVICE_UNKNOWN, subject.switches.keys(), ("devices",))
    for index, link in enumerate(region.links):
        for field, end in (("a", link.a), ("b", link.b)):
            user = f"the link from {link.a} to {link.b}"
            yield from devices.unknown(end.partition(":")[0], user, f"links/{index}/{field}")
    anything = {*subject.switches, *(host.name for host in subject.inventory.hosts), *(p.name for p in region.peers)}
    things = Known(subject, "device", codes.DEVICE_UNKNOWN, anything, ("devices", "servers", "peers"))
    for group in region.risk_groups:
        path, user = f"risk_groups/{group.name}", f"risk group {group.name}"
        for index, name in enumerate(group.devices):
            yield from things.unknown(name, user, f"{path}/devices/{index}")
        for index, end in enumerate(group.ports):
            yield from _risky_ports(subject, things, group.name, index, end)
    for server in region.servers:
        for index, attachment in enumerate(server.attachments):
            path = f"servers/{server.name}/attachments/{index}/port"
            yield from devices.unknown(attachment.port.partition(":")[0], f"server {server.name}", path)
    for peer in subject.peers:
        for index, handoff in enumerate(peer.handoffs):
            path = f"peers/{peer.name}/handoffs/{index}/border"
            yield from devices.unknown(handoff.border.partition(":")[0], f"a handoff of {peer.name}", path)


def _risky_ports(subject: Subject, things: Known, group: str, index: int, end: str) -> Iterator[Finding]:
    """Ports of a risk group are on a device that exists, and that has them."""
    device, _, ports = end.partition(":")
    path = f"risk_groups/{group}/ports/{index}"
    yield from things.unknown(device, f"risk group {group}", path)
    switch = subject.switches.get(device)
    if switch is not None:
        lacking = [port for port in expand_ports((ports,)) if port not in port_set(switch.platform)]
        if lacking:
            words = f"risk group {group} names port {lacking[0]} of {device} ({switch.platform.name}), which has none"
            yield found(PORT_UNKNOWN, subject.place(path), words)


def _servers(subject: Subject) -> Iterator[Finding]:
    segments = Known(
        subject, "segment", codes.SEGMENT_UNKNOWN, {reference_of(path) for path in subject.segments}, ("segments",)
    )
    judged: set[str] = set()
    for host in subject.inventory.hosts:
        if host.path not in judged:  # servers of one group say it once
            judged.add(host.path)
            for index, port in enumerate(host.segments):
                path = f"{host.path}/segments/{index}/segment"
                yield from segments.unknown(port.segment, f"server {host.name}", path)


def _tenancy(subject: Subject) -> Iterator[Finding]:
    vrfs = Known(subject, "VRF", codes.VRF_UNKNOWN, {reference_of(path) for path in subject.vrfs}, ("vrfs",))
    locations = Known(
        subject,
        "leaf, rack or pod",
        codes.LOCATION_UNKNOWN,
        {
            "all",
            *(switch.name for switch in subject.switches.values() if switch.role in ("leaf", "border-leaf")),
            *subject.racks,
            *(pod.name for pod in subject.region.pods),
        },
        ("devices", "racks", "pods"),
    )
    for path, vrf in subject.vrfs.items():
        for index, name in enumerate(vrf.imports):
            yield from vrfs.unknown(name, f"VRF {reference_of(path)}", f"{path}/imports/{index}")
    for path, segment in subject.segments.items():
        for index, name in enumerate(segment.leaves):
            yield from locations.unknown(name, f"segment {reference_of(path)}", f"{path}/leaves/{index}")


def _handoffs(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    tenants = Known(subject, "tenant", codes.TENANT_UNKNOWN, {tenant.name for tenant in region.tenants}, ("tenants",))
    vrfs = Known(subject, "VRF", codes.VRF_UNKNOWN, {reference_of(path) for path in subject.vrfs}, ("vrfs",))
    policies = Known(
        subject, "policy", codes.POLICY_UNKNOWN, {policy.name for policy in region.policies}, ("policies",)
    )
    for peer in subject.peers:
        for index, handoff in enumerate(peer.handoffs):
            path, user = f"peers/{peer.name}/handoffs/{index}", f"a handoff of {peer.name}"
            tenant = handoff.vrf.partition("/")[0]
            if tenant in tenants.names:
                yield from vrfs.unknown(handoff.vrf, user, f"{path}/vrf")
            else:
                yield from tenants.unknown(tenant, user, f"{path}/vrf")
            for field, name in (("import_policy", handoff.import_policy), ("export_policy", handoff.export_policy)):
                if name:
                    yield from policies.unknown(name, user, f"{path}/{field}")


def _policies(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    sets = (
        Known(subject, "prefix set", codes.SET_UNKNOWN, {of.name for of in region.prefix_sets}, ("prefix_sets",)),
        Known(
            subject, "community set", codes.SET_UNKNOWN, {of.name for of in region.community_sets}, ("community_sets",)
        ),
        Known(subject, "AS path set", codes.SET_UNKNOWN, {of.name for of in region.as_path_sets}, ("as_path_sets",)),
    )
    for policy in region.policies:
        for index, statement in enumerate(policy.statements):
            yield from _sets(sets, statement, f"policies/{policy.name}/statements", index, f"policy {policy.name}")


def _sets(
    sets: tuple[Known, Known, Known], statement: Statement, statements: str, index: int, policy: str
) -> Iterator[Finding]:
    prefixes, communities, as_paths = sets
    for known, field, name in (
        (prefixes, "match/prefix_set", statement.match.prefix_set),
        (communities, "match/community_set", statement.match.community_set),
        (as_paths, "match/as_path_set", statement.match.as_path_set),
        (communities, "set/communities_remove", statement.set.communities_remove),
    ):
        if name:
            shown = f"{statements}/{statement.name}/{field}"
            yield from known.unknown(name, policy, f"{statements}/#{index}/{field}", shown)
