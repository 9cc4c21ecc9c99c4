"""An external router as a node: BIRD 2 or FRR, with the sessions and announcements that the blueprint expects of it.

It announces exactly what it is said to announce and never passes on what it learns: prefixes of one customer VRF do
not reach another through it. What it learns it installs, so that it answers; the first address of each announced
prefix (default routes aside) is its own, so that something beyond it can be pinged.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossconnect.design.blueprint import PeerPlan, PeerSession
from crossconnect.errors import BadInput
from crossconnect.lab.plan import MAIN, Batch, Daemon, File, NodePlan
from crossconnect.net import address_text, parse

PEER_SYSCTLS: tuple[tuple[str, str], ...] = (
    ("net.ipv4.ip_forward", "1"),
    ("net.ipv6.conf.all.forwarding", "1"),
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.conf.default.rp_filter", "0"),
    ("net.ipv6.conf.all.accept_dad", "0"),
    ("net.ipv6.conf.default.accept_dad", "0"),
    ("net.ipv6.conf.all.keep_addr_on_down", "1"),
    ("net.ipv6.conf.default.keep_addr_on_down", "1"),
)
BIRD_CONFIGURATION = "/run/bird.conf"
BIRD_CONTROL = "/run/bird.ctl"
BFD_INTERVAL_MS = 300
BFD_MULTIPLIER = 3


class PeerNode(msgspec.Struct, frozen=True, kw_only=True):
    """The node and the ends of its links."""

    node: NodePlan
    ports: dict[str, str]
    tags: dict[tuple[str, int], tuple[str, str]]


def peer_node(peer: PeerPlan, secrets: Mapping[str, str], kernel: bool, frr: Mapping[str, str]) -> PeerNode:
    """An external router; `frr` maps FRR daemons to their command lines. Raises BadInput for a missing secret."""
    lines = ["link set lo up"]
    lines += [f"addr replace {address} dev lo" for address in served_addresses(peer)]
    lines += [f"link set {port} up" for port in peer.ports]
    tagged: dict[tuple[str, int], str] = {}
    for session in peer.sessions:
        if session.vlan is not None and session.interface != session.port:
            tagged.setdefault((session.port, session.vlan), session.interface)
    for (port, vlan), name in tagged.items():
        if kernel:
            lines.append(f"link add link {port} name {name} type vlan id {vlan}")
        lines.append(f"link set {name} up")
    addresses = {(s.local_address, s.interface): None for s in peer.sessions}
    lines += [f"addr replace {a} dev {i}" + (" nodad" if ":" in a else "") for a, i in addresses]
    passwords = {s.password: _secret(s.password, secrets) for s in peer.sessions if s.password}
    if peer.daemon == "bird":
        files = (File(path=BIRD_CONFIGURATION, content=bird_configuration(peer, passwords), secret=True),)
        argv = ("bird", "-c", BIRD_CONFIGURATION, "-s", BIRD_CONTROL, "-P", "/run/bird.pid")
        daemons = (Daemon(name="bird", argv=argv),)
        after: tuple[tuple[str, ...], ...] = ()
    else:
        names = ("zebra", "bfdd", "bgpd") if any(s.bfd for s in peer.sessions) else ("zebra", "bgpd")
        files = (
            File(path="/etc/frr/frr.conf", content=frr_configuration(peer, passwords), secret=True),
            File(path="/etc/frr/vtysh.conf", content="service integrated-vtysh-config\n"),
        )
        daemons = tuple(Daemon(name=name, argv=tuple(frr[name].split())) for name in names)
        after = (("vtysh", "-b"),)
    return PeerNode(
        node=NodePlan(
            name=peer.name,
            kind="peer",
            sysctls=PEER_SYSCTLS,
            setup=(Batch(namespace=MAIN, lines=tuple(lines)),),
            clean=(Batch(namespace=MAIN, lines=tuple(f"link del {n}" for n in tagged.values())),) if kernel else (),
            files=files,
            daemons=daemons,
            after=after,
        ),
        ports=dict.fromkeys(peer.ports, MAIN),
        tags={} if kernel else {key: (name, MAIN) for key, name in tagged.items()},
    )


def served_addresses(peer: PeerPlan) -> tuple[str, ...]:
    """Addresses at which the stand-in answers for what it announces, with full length."""
    addresses: list[str] = []
    for prefix in peer.announces:
        version, value, length = parse(prefix)
        bits = 128 if version == 6 else 32
        if length:
            first = value if length >= bits - 1 else value + 1
            addresses.append(f"{address_text(version, first)}/{bits}")
    return tuple(addresses)


def _secret(reference: str, secrets: Mapping[str, str]) -> str:
    secret = secrets.get(reference)
    if secret is None:
        raise BadInput(f"no secret is given for {reference}")
    return secret


def bird_configuration(peer: PeerPlan, passwords: Mapping[str, str]) -> str:
    """`bird.conf` of BIRD 2."""
    lines = [
        "log stderr { warning, error, fatal };",
        f"router id {peer.router_id};",
        "protocol device { scan time 10; }",
    ]
    for version in (4, 6):
        mine = [p for p in peer.announces if (":" in p) == (version == 6)]
        # Not installed in the kernel: a blackhole route there would hide the addresses that answer.
        lines.append(f"protocol static announce{version} {{ ipv{version};")
        lines += [f"  route {prefix} blackhole;" for prefix in mine]
        lines.append("}")
        lines.append(
            f"protocol kernel kernel{version} {{ ipv{version} {{ import none; export where source = RTS_BGP; }};"
            " merge paths yes; }"
        )
    if any(s.bfd for s in peer.sessions):
        lines.append(
            f'protocol bfd {{ interface "*" {{ interval {BFD_INTERVAL_MS} ms; multiplier {BFD_MULTIPLIER}; }}; }}'
        )
    for number, session in enumerate(peer.sessions, 1):
        lines += _bird_session(peer, session, number, passwords)
    return "\n".join(lines) + "\n"


def _bird_session(peer: PeerPlan, session: PeerSession, number: int, passwords: Mapping[str, str]) -> list[str]:
    version = 6 if ":" in session.remote_address else 4
    own = session.local_address.partition("/")[0]
    lines = [
        f"protocol bgp session{number} {{",
        f'  description "{session.device} {session.vrf}";',
        f"  local {own} as {peer.asn};",
        f"  neighbor {session.remote_address} as {session.remote_asn};",
        "  direct;",
        "  connect retry time 2; connect delay time 1; error wait time 1, 5;",
        "  hold time 9; keepalive time 3;",
        # bird would wait for the last of a burst; the lab measures how fast routes move
        f"  ipv{version} {{ import all; export where source = RTS_STATIC; next hop self; }};",
    ]
    if session.password:
        lines.append(f'  password "{_quoted(passwords[session.password])}";')
    if session.bfd:
        lines.append("  bfd yes;")
    return [*lines, "}"]


def _quoted(secret: str) -> str:
    if '"' in secret or "\n" in secret:
        raise BadInput("a BGP password with a double quote or a line break cannot be given to BIRD")
    return secret


def frr_configuration(peer: PeerPlan, passwords: Mapping[str, str]) -> str:
    """`frr.conf` of a peer that FRR stands in for: everything is accepted, only its own is announced."""
    lines = [
        "frr defaults traditional",
        f"hostname {peer.name}",
        "service integrated-vtysh-config",
        "no zebra nexthop kernel enable",
    ]
    if any(s.bfd for s in peer.sessions):
        lines += [
            "bfd",
            " profile peer",
            f"  detect-multiplier {BFD_MULTIPLIER}",
            f"  transmit-interval {BFD_INTERVAL_MS}",
            f"  receive-interval {BFD_INTERVAL_MS}",
            " exit",
            "exit",
        ]
    for version in (4, 6):
        word = "ipv6" if version == 6 else "ip"
        mine = [p for p in peer.announces if (":" in p) == (version == 6)]
        lines += [f"{word} prefix-list announced-v{version} seq {n} permit {p}" for n, p in enumerate(mine, 1)]
        lines.append(f"{word} prefix-list announced-v{version} seq 65535 deny any")
        match = "ipv6" if version == 6 else "ip"
        lines += [
            f"route-map announced-v{version} permit 1",
            f" match {match} address prefix-list announced-v{version}",
            "exit",
            f"route-map any-v{version} permit 1",
            "exit",
        ]
    lines += [
        f"router bgp {peer.asn}",
        f" bgp router-id {peer.router_id}",
        " no bgp default ipv4-unicast",
        " no bgp network import-check",
    ]
    for session in peer.sessions:
        n = f" neighbor {session.remote_address}"
        lines += [f"{n} remote-as {session.remote_asn}", f"{n} timers 3 9", f"{n} timers connect 2"]
        lines += [f"{n} advertisement-interval 0"]
        if session.password:
            lines.append(f"{n} password {passwords[session.password]}")
        if session.bfd:
            lines += [f"{n} bfd", f"{n} bfd profile peer"]
    for version in (4, 6):
        lines.append(f" address-family ipv{version} unicast")
        lines += [f"  network {p}" for p in peer.announces if (":" in p) == (version == 6)]
        for session in peer.sessions:
            if (":" in session.remote_address) == (version == 6):
                n = f"  neighbor {session.remote_address}"
                lines += [f"{n} route-map any-v{version} in", f"{n} route-map announced-v{version} out"]
                lines.append(f"{n} activate")
        lines.append(" exit-address-family")
    return "\n".join([*lines, "exit"]) + "\n"
