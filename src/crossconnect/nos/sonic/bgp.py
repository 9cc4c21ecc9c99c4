"""`frr.conf` on SONiC: FRR 10 as `nos.frr` renders it, in SONiC's names, without what CONFIG_DB is for.

Sources: docker_init.sh of docker-fpm-frr (with `split-unified` it keeps `/etc/frr/frr.conf`, and appends the two `fpm`
lines where they are missing); supervisord.conf.j2 (the daemons; `vtysh -b` loads the file); FRR user guide ("BGP",
"Zebra", "Route Maps", "EVPN", "BFD").

Left out against `nos.frr`:
- lines that are FRR 10's default in the `traditional` profile, and not shown by `show running-config`: a SONiC release
  has one FRR, so nothing has to be fixed against another version's default
- timers of BFD that are bfdd's own, and `coalesce-time`
- descriptions and `shutdown` of interfaces: CONFIG_DB's, in PORT and INTERFACE
- the management VRF's default routes: `gwaddr` in MGMT_INTERFACE
- `v6only` of unnumbered sessions on ports that have no IPv4 address anyway; `seq` of community and AS-path lists, which
  FRR numbers itself in the order of the lines; words for BLACKHOLE and GRACEFUL_SHUTDOWN, written as numbers: each is
  the form that more readers of FRR's configuration know, and means the same to FRR
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from crossconnect.device.configuration import BfdProfile, DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.frr.parse import parse
from crossconnect.nos.frr.render import render
from crossconnect.nos.frr.text import text
from crossconnect.nos.frr.tree import Block, Entry, Tree
from crossconnect.nos.patterns import prefix_of
from crossconnect.nos.sonic.names import vrf_name

FPM_LINES = ("no fpm use-next-hop-groups", "fpm address 127.0.0.1")
"""How routes get from zebra to the switch (dplane_fpm_sonic)."""

DEFAULTS = (
    "service integrated-vtysh-config",
    "bgp ebgp-requires-policy",
    "bgp suppress-duplicates",
    "bgp hard-administrative-reset",
    "bgp network import-check",
    "no bgp default show-hostname",
    "no bgp default show-nexthop-hostname",
    "neighbor * attribute-unchanged next-hop",
    "neighbor * enforce-first-as",
)
"""Not written: see above."""

LEFT_OUT = ("coalesce-time ",)
"""bgpd adapts it to how many sessions come up together (bgp_update_delay and subgroup coalescing, bgp_updgrp.c)."""

BFD_DEFAULT = BfdProfile(interval_ms=300, multiplier=3)
"""bfdd's timers where no profile says otherwise (bfd.h of FRR: BFD_DEFDETECTMULT, BFD_DEFDESIREDMINTX)."""

_NUMBERED = re.compile(r"^(bgp (?:as-path access-list|(?:large-)?community-list standard) \S+) seq \d+ ")
_LISTS = ("bgp community-list", "set community")
_NUMBERS = {"blackhole": "65535:666", "graceful-shutdown": "65535:0"}


def routing_tree(device: DeviceConfiguration) -> Tree:
    """The tree of `frr.conf`."""
    tree = render(_with_bfd_where_it_differs(in_sonic_names(device)), "10")
    bare = frozenset(
        i.name for i in device.interfaces if i.unnumbered and not any(":" not in address for address in i.addresses)
    )
    entries = [adapted for entry in tree if (adapted := _adapted(entry, bare, "")) is not None]
    head = next((n for n, entry in enumerate(entries) if isinstance(entry, Block)), len(entries))
    at = next((n for n, entry in enumerate(entries) if entry == "log timestamp precision 3"), head - 1)
    return (*entries[: at + 1], *FPM_LINES, *entries[at + 1 :])


def routing_text(tree: Tree) -> str:
    """The file's text. Outermost blocks end with `!`, as in the image's templates: the next one ends them anyway.

    Only `vrf` does not end a `router bgp` before it, for vtysh then takes the VRF's lines for BGP's (seen with 8.4).
    """
    blocks = (*tree[1:], "")
    return text(tuple(_separated(entry, following) for entry, following in zip(tree, blocks, strict=True)))


def _separated(entry: Entry, following: Entry) -> Entry:
    if isinstance(entry, str) or entry.exit != "exit":
        return entry
    if isinstance(following, Block) and following.header.startswith("vrf "):
        return entry
    return Block(entry.header, entry.body, "!")


def parse_routing(written: str) -> Tree:
    """The tree of what `routing_tree` gives as text, or of what `show running-config` shows of it."""
    entries = (_rewritten(entry) if isinstance(entry, str) else _with_body(entry) for entry in parse(written))
    return tuple(entries)


def _with_body(block: Block) -> Block:
    body = tuple(_rewritten(e) if isinstance(e, str) else _with_body(e) for e in block.body)
    return Block(block.header, body, block.exit)


def _with_bfd_where_it_differs(device: DeviceConfiguration) -> DeviceConfiguration:
    return replace(device, bfd=None) if device.bfd == BFD_DEFAULT else device


def in_sonic_names(device: DeviceConfiguration) -> DeviceConfiguration:
    """The device with SONiC's names of its VRFs, and without the management VRF."""
    vrfs = {i.name: vrf_name(i.name) for i in device.network_instances if i.kind == "l3vrf"}

    def renamed(instance: NetworkInstance) -> NetworkInstance:
        return replace(
            instance,
            name=vrfs.get(instance.name, instance.name),
            l3vrf=vrfs.get(instance.l3vrf, instance.l3vrf),
            imports=tuple(vrfs.get(name, name) for name in instance.imports),
        )

    return replace(
        device,
        interfaces=tuple(
            replace(i, network_instance=vrfs.get(i.network_instance, i.network_instance))
            for i in device.interfaces
            if i.kind != "management"
        ),
        network_instances=tuple(renamed(i) for i in device.network_instances if i.kind != "management"),
    )


def _adapted(entry: Entry, bare: frozenset[str], context: str) -> Entry | None:
    """An entry as it is on SONiC, None where it is not."""
    if isinstance(entry, str):
        if context == "interface" and (entry == "shutdown" or entry.startswith("description ")):
            return None
        if prefix_of(DEFAULTS, entry) == entry or entry.startswith(LEFT_OUT):
            return None
        words = entry.split(" ", 5)
        if words[0] == "neighbor" and words[1] in bare:
            if entry.endswith(" capability extended-nexthop"):
                return None  # always on where the peer is an interface (bgp_vty.c, peer_conf_interface_get)
            return _rewritten(entry.replace(" interface v6only remote-as ", " interface remote-as "))
        return _rewritten(entry)
    inner = entry.header.partition(" ")[0]
    body = tuple(adapted for e in entry.body if (adapted := _adapted(e, bare, inner)) is not None)
    if inner == "interface" and not body:
        return None
    return Block(entry.header, body, entry.exit)


def _rewritten(line: str) -> str:
    line = _NUMBERED.sub(r"\1 ", line)
    if line.startswith(_LISTS):
        return " ".join(_NUMBERS.get(word, word) for word in line.split(" "))
    return line
