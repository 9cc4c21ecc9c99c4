"""What is named exists. Silent about a region of which some could not be read: it may be there."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding
from crossconnect.intent import codes
from crossconnect.intent.validate.subject import Known, Subject, reference_of
from crossconnect.model.policy import Statement


def reference_findings(subject: Subject) -> Iterator[Finding]:
    """Every name that nothing has."""
    if subject.region.incomplete:
        return
    yield from _fabric(subject)
    yield from _devices(subject)
    yield from _tenancy(subject)
    yield from _edge(subject)


def _fabric(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    sites = Known("site", codes.SITE_UNKNOWN, {site.name for site in region.sites})
    pods = Known("pod", codes.POD_UNKNOWN, {pod.name for pod in region.pods})
    platforms = Known("platform", codes.PLATFORM_UNKNOWN, subject.platforms)
    for pool in region.pools:
        if pool.site:
            yield from sites.unknown(pool.site, subject.place(f"pools/{pool.name}/site"), f"pool {pool.name}")
    for pod in region.pods:
        path, user = f"pods/{pod.name}", f"pod {pod.name}"
        yield from sites.unknown(pod.site, subject.place(f"{path}/site"), user)
        groups = [(pod.spines, "spines"), *((rack, f"racks/{index}") for index, rack in enumerate(pod.racks))]
        if pod.border_leaves is not None:
            groups.append((pod.border_leaves, "border_leaves"))
        for group, field in groups:
            yield from platforms.unknown(group.platform, subject.place(f"{path}/{field}/platform"), user)
    for tier in region.super_spines:
        path, user = f"super_spines/{tier.name}", f"super-spine group {tier.name}"
        yield from sites.unknown(tier.site, subject.place(f"{path}/site"), user)
        yield from platforms.unknown(tier.platform, subject.place(f"{path}/platform"), user)
        for index, name in enumerate(tier.pods):
            yield from pods.unknown(name, subject.place(f"{path}/pods/{index}"), user)
    for device in region.devices:
        path, user = f"devices/{device.name}", f"device {device.name}"
        if device.site:
            yield from sites.unknown(device.site, subject.place(f"{path}/site"), user)
        if device.pod:
            yield from pods.unknown(device.pod, subject.place(f"{path}/pod"), user)
        if device.platform:
            yield from platforms.unknown(device.platform, subject.place(f"{path}/platform"), user)


def _devices(subject: Subject) -> Iterator[Finding]:
    """Ends of cables."""
    region = subject.region
    devices = Known("device", codes.DEVICE_UNKNOWN, subject.switches.keys())
    for index, link in enumerate(region.links):
        for field, end in (("a", link.a), ("b", link.b)):
            user = f"the link from {link.a} to {link.b}"
            yield from devices.unknown(end.partition(":")[0], subject.place(f"links/#{index}/{field}"), user)
    for server in region.servers:
        for index, attachment in enumerate(server.attachments):
            place = subject.place(f"servers/{server.name}/attachments/{index}/port")
            yield from devices.unknown(attachment.port.partition(":")[0], place, f"server {server.name}")
    for peer in region.peers:
        for index, handoff in enumerate(peer.handoffs):
            place = subject.place(f"peers/{peer.name}/handoffs/{index}/border")
            yield from devices.unknown(handoff.border.partition(":")[0], place, f"a handoff of {peer.name}")


def _tenancy(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    segments = Known("segment", codes.SEGMENT_UNKNOWN, {reference_of(path) for path in subject.segments})
    seen: set[tuple[str, int]] = set()
    for host in subject.inventory.hosts:
        for index, port in enumerate(host.segments):
            if (host.path, index) not in seen:  # servers of one group say it once
                seen.add((host.path, index))
                place = subject.place(f"{host.path}/segments/{index}/segment")
                yield from segments.unknown(port.segment, place, f"server {host.name}")
    vrfs = Known("VRF", codes.VRF_UNKNOWN, {reference_of(path) for path in subject.vrfs})
    locations = Known(
        "leaf, rack or pod",
        codes.LOCATION_UNKNOWN,
        {
            "all",
            *(switch.name for switch in subject.switches.values() if switch.role in ("leaf", "border-leaf")),
            *subject.racks,
            *(pod.name for pod in region.pods),
        },
    )
    for path, vrf in subject.vrfs.items():
        for index, name in enumerate(vrf.imports):
            yield from vrfs.unknown(name, subject.place(f"{path}/imports/{index}"), f"VRF {reference_of(path)}")
    for path, segment in subject.segments.items():
        for index, name in enumerate(segment.leaves):
            place = subject.place(f"{path}/leaves/{index}")
            yield from locations.unknown(name, place, f"segment {reference_of(path)}")


def _edge(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    tenants = Known("tenant", codes.TENANT_UNKNOWN, {tenant.name for tenant in region.tenants})
    vrfs = Known("VRF", codes.VRF_UNKNOWN, {reference_of(path) for path in subject.vrfs})
    policies = Known("policy", codes.POLICY_UNKNOWN, {policy.name for policy in region.policies})
    for peer in region.peers:
        for index, handoff in enumerate(peer.handoffs):
            path, user = f"peers/{peer.name}/handoffs/{index}", f"a handoff of {peer.name}"
            tenant = handoff.vrf.partition("/")[0]
            known = vrfs if tenant in tenants.names else tenants
            yield from known.unknown(handoff.vrf if known is vrfs else tenant, subject.place(f"{path}/vrf"), user)
            for field, name in (("import_policy", handoff.import_policy), ("export_policy", handoff.export_policy)):
                if name:
                    yield from policies.unknown(name, subject.place(f"{path}/{field}"), user)
    sets = (
        Known("prefix set", codes.SET_UNKNOWN, {of.name for of in region.prefix_sets}),
        Known("community set", codes.SET_UNKNOWN, {of.name for of in region.community_sets}),
        Known("AS path set", codes.SET_UNKNOWN, {of.name for of in region.as_path_sets}),
    )
    for policy in region.policies:
        for index, statement in enumerate(policy.statements):
            path = f"policies/{policy.name}/statements/#{index}"
            yield from _sets(subject, sets, statement, path, f"policy {policy.name}")


def _sets(
    subject: Subject, sets: tuple[Known, Known, Known], statement: Statement, path: str, policy: str
) -> Iterator[Finding]:
    prefixes, communities, as_paths = sets
    for known, field, name in (
        (prefixes, "match/prefix_set", statement.match.prefix_set),
        (communities, "match/community_set", statement.match.community_set),
        (as_paths, "match/as_path_set", statement.match.as_path_set),
        (communities, "set/communities_remove", statement.set.communities_remove),
    ):
        if name:
            shown = f"{path.rpartition('/')[0]}/{statement.name}/{field}"
            yield from known.unknown(name, subject.place(f"{path}/{field}", shown), policy)
