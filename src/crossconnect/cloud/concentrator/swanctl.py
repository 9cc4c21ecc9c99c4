"""Tunnels as strongSwan's configuration (swanctl.conf(5)): IKEv2 with a pre-shared key, ESP in tunnel mode.

One connection per tunnel, with a child per IP version, whose selectors are what is behind the private gateway and what
is behind the customer gateway. The customer's router begins: it knows a concentrator's address, and its own may be
behind NAT (RFC 7296 2.23). Proposals are the strong ones that routers of all vendors have (RFC 8247, RFC 8221).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping

from crossconnect.cloud.tunnel import Tunnel
from crossconnect.net import version_of

IKE = "aes256gcm16-prfsha384-ecp384, aes256-sha256-ecp256, aes256-sha256-modp2048"
ESP = "aes256gcm16-ecp384, aes256-sha256-ecp256, aes256-sha256-modp2048"
DPD_S = 10
"""Between looks whether a silent customer gateway lives. What it takes to give up is strongSwan's retransmission."""
_BEGINS = re.compile(r"  (?:ike-)?(vpn-[0-9a-f]{17}) \{")
HEAD = "# Written by crossconnect.cloud.concentrator: what is changed here is lost."


def rendered(address: str, tunnels: Mapping[str, Tunnel], keys: Mapping[str, bytes]) -> str:
    """The configuration of the concentrator that has an address. A tunnel without a key is left out: it would never be
    up, and a connection that is there without a secret only says so in strongSwan's log."""
    ready = {id: tunnel for id, tunnel in tunnels.items() if id in keys}
    lines = [HEAD, "connections {"]
    for id, tunnel in ready.items():
        lines += _connection(address, id, tunnel)
    lines += ["}", "secrets {"]
    for id, tunnel in ready.items():
        secret = base64.b64encode(keys[id]).decode()
        lines += [
            f"  ike-{id} {{",
            f"    id-1 = {address}",
            f"    id-2 = {tunnel.customer}",
            f"    secret = 0s{secret}",
        ]
        lines += ["  }"]
    return "\n".join([*lines, "}", ""])


def parts(text: str) -> dict[str, str]:
    """A configuration that is `rendered`, by VPN connection: all that it says of each."""
    found: dict[str, list[str]] = {}
    into: list[str] | None = None
    for line in text.splitlines():
        if begins := _BEGINS.fullmatch(line):
            into = found.setdefault(begins[1], [])
        if into is not None:
            into.append(line)
        if line == "  }":
            into = None
    return {id: "\n".join(lines) for id, lines in found.items()}


def _connection(address: str, id: str, tunnel: Tunnel) -> Iterator[str]:
    yield f"  {id} {{"
    yield "    version = 2"
    yield f"    local_addrs = {address}"
    yield f"    remote_addrs = {tunnel.customer}"
    yield f"    proposals = {IKE}"
    yield "    mobike = no"
    yield f"    dpd_delay = {DPD_S}s"
    for side, own in (("local", address), ("remote", tunnel.customer)):
        yield f"    {side} {{"
        yield "      auth = psk"
        yield f"      id = {own}"
        yield "    }"
    yield "    children {"
    for version in (4, 6):
        local = [prefix for prefix in tunnel.local if version_of(prefix) == version]
        remote = [prefix for prefix in tunnel.remote if version_of(prefix) == version]
        if local and remote:
            yield f"      {id}-ipv{version} {{"
            yield "        mode = tunnel"
            yield f"        local_ts = {', '.join(local)}"
            yield f"        remote_ts = {', '.join(remote)}"
            yield f"        esp_proposals = {ESP}"
            yield "        dpd_action = clear"
            yield "      }"
    yield "    }"
    yield "  }"
