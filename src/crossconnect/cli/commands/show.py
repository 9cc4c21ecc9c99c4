"""`xc show`: what a region contains after expansion and numbering."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click
import msgspec

from crossconnect.cli.output import draw, emit, output_option, print_findings, reference_of, say
from crossconnect.cli.region import Ready, load_or_exit, region_option

Rows = tuple[Sequence[str], list[Sequence[object]]]


def _devices(ready: Ready) -> Rows:
    switches = {s.name: s for s in ready.inventory.switches}
    return ("device", "role", "site", "pod", "rack", "platform", "nos", "asn", "loopback"), [
        (d.name, d.role, d.site, d.pod, d.rack, switches[d.name].platform.name, d.nos, bgp.asn, bgp.router_id)
        for d in ready.blueprint.devices
        for i in d.network_instances
        if i.kind == "default" and (bgp := i.bgp) is not None
    ]


def _links(ready: Ready) -> Rows:
    return ("kind", "a", "b", "key"), [
        (w.kind, f"{w.a_device}:{w.a_port}", f"{w.b_device}:{w.b_port}", w.key) for w in ready.blueprint.wires
    ]


def _servers(ready: Ready) -> Rows:
    return ("server", "leaves", "interface", "segment", "vlan", "tagged", "addresses"), [
        (h.name, h.leaves, e.interface, reference_of(e.segment), e.vlan, e.tagged, e.addresses)
        for h in ready.blueprint.hosts
        for e in h.endpoints
    ]


def _vrfs(ready: Ready) -> Rows:
    return ("vrf", "tenant", "vni", "devices", "prefixes", "imports", "route limit"), [
        (v.name, v.tenant, v.vni, len(v.devices), len(v.prefixes), v.imports, v.route_limit or "")
        for v in ready.blueprint.vrfs
    ]


def _segments(ready: Ready) -> Rows:
    return ("segment", "tenant", "vrf", "vni", "devices", "gateways", "mtu"), [
        (reference_of(s.path), s.tenant, s.vrf, s.vni, len(s.devices), s.gateways, s.mtu)
        for s in ready.blueprint.segments
    ]


def _peers(ready: Ready) -> Rows:
    return ("peer", "asn", "device", "vrf", "vlan", "local", "peer address"), [
        (p.name, p.asn, s.device, s.vrf, s.vlan, s.remote_address, s.local_address)
        for p in ready.blueprint.peers
        for s in p.sessions
    ]


def _chassis(ready: Ready) -> Rows:
    headers = ("chassis", "role", "zone", "tunnel address", "router", "provider networks")
    if (cloud := ready.blueprint.cloud) is None:
        return headers, []
    return headers, [
        (c.name, c.role, c.zone, c.tunnel_address, c.router, tuple(n.name for n in cloud.networks if c.router))
        for c in cloud.chassis
    ]


def _numbers(ready: Ready) -> Rows:
    return ("pool", "key", "value"), [
        (pool, key, value) for pool, keys in sorted(ready.lock.numbers.items()) for key, value in sorted(keys.items())
    ]


TOPICS: dict[str, Callable[[Ready], Rows]] = {
    "devices": _devices,
    "links": _links,
    "servers": _servers,
    "vrfs": _vrfs,
    "segments": _segments,
    "peers": _peers,
    "chassis": _chassis,
    "numbers": _numbers,
}


@click.command("show")
@click.argument("topic", type=click.Choice([*TOPICS, "device", "plan"]), metavar="TOPIC")
@click.argument("name", default="")
@region_option
@output_option
def command(topic: str, name: str, root: Path, output: str) -> int:
    """List what TOPIC names: devices, links, servers, vrfs, segments, peers, chassis or numbers; 'device NAME' shows
    one device, 'plan FILE' a saved plan, with what stands in the way of carrying it out now (exit code 1 if something
    does).

    NAME filters the rows: those in which any column contains it.
    """
    if topic == "plan":
        return _show_plan(name, root, output)
    ready = load_or_exit(root)
    if topic == "device":
        return _show_device(ready, name, output)
    headers, rows = TOPICS[topic](ready)
    if name:
        rows = [row for row in rows if any(name in str(cell) for cell in row)]
    records = [dict(zip((h.replace(" ", "_") for h in headers), row, strict=True)) for row in rows]
    emit(records, output, lambda: draw(headers, rows))
    if not rows:
        say(f"no {topic} match '{name}'" if name else f"the region has no {topic}")
    return 0


def _show_plan(name: str, root: Path, output: str) -> int:
    """A saved plan. The rules that hold now are looked at where the region in `root` is its own."""
    from datetime import UTC, datetime

    from crossconnect.cli.plan_saving import read_approvals, read_plan
    from crossconnect.cli.rules_now import declared_now, obstacles_now
    from crossconnect.cli.saved_plan_text import plan_text
    from crossconnect.intent.git import has_commit

    if not name:
        raise click.UsageError("which plan? 'xc plan -o FILE' saves one, 'xc show plan FILE' shows it")
    file = Path(name)
    plan, digest = read_plan(file)
    approvals = read_approvals(file, digest)
    here = bool(plan.new_commit) and has_commit(root, plan.new_commit)
    now = declared_now(root, plan) if here else ()
    obstacles = obstacles_now(plan, approvals, datetime.now(UTC), now)
    document = {"sha256": digest, "plan": plan, "approvals": approvals, "obstacles": obstacles}
    emit(document, output, lambda: plan_text(plan, digest, approvals))
    if output == "table":
        print_findings(obstacles)
        if plan.new_commit and not here:
            say(f"{root} is not the plan's region (-C DIR): rules that came since it was made are not looked at")
        say("something stands in the way of carrying it out now" if obstacles else "nothing stands in its way now")
    return 1 if obstacles else 0


def _show_device(ready: Ready, name: str, output: str) -> int:
    """The vendor-neutral configuration of one device; as a table, its interfaces."""
    found = [d for d in ready.blueprint.devices if d.name == name]
    if not found:
        raise click.UsageError(f"the region has no device '{name}'; 'xc show devices' lists them")
    device = found[0]

    def table() -> str:
        return draw(
            ("interface", "kind", "network instance", "mtu", "addresses", "neighbor"),
            [
                (
                    i.name,
                    i.kind,
                    i.network_instance if not i.members else "bridged",
                    i.mtu,
                    i.addresses or ("unnumbered" if i.unnumbered else ""),
                    f"{i.neighbor.device}:{i.neighbor.port}" if i.neighbor else "",
                )
                for i in device.interfaces
            ],
        )

    emit(msgspec.to_builtins(device), output, table)
    return 0
