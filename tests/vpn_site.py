"""A VPN concentrator and a customer's site in a lab: strongSwan on both, as real IPsec, and a machine behind it.

    provider network --eth0-- concentrator --wan-- customer's router --lan-- office
                              203.0.113.250        198.51.100.9              192.168.7.9, fd00:7::9

This kernel has no ESP: strongSwan does it itself, in UDP, over a TUN device (`kernel-libipsec`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from crossconnect.lab.ovn import Outside, OvnLab
from crossconnect.lab.ovn.underlay import NETWORKS_NODE

OF_OTHERS = "not (ip6 and (src net fe80::/10 or src host ::))"
CONCENTRATOR, CUSTOMER = "203.0.113.250", "198.51.100.9"
INSIDE = ("10.8.255.254/32", "fd00:8:0:ff::1/128")
"""Addresses of the concentrator in what is behind the private gateway: strongSwan's own ESP makes no route without one.
The kernel's needs none."""
OFFICE = Outside(name="office", addresses=("192.168.7.9/24", "fd00:7::9/64"))
SITE = ("192.168.7.0/24", "fd00:7::/64")
PROGRAMS = ("charon-systemd", "swanctl", "tcpdump")
needs_strongswan = pytest.mark.skipif(
    not all(shutil.which(program) for program in PROGRAMS), reason="there is no strongSwan, or no tcpdump"
)

CHARON = """\
charon-systemd {{
  load = random nonce openssl hmac kdf gcm aes sha1 sha2 kernel-libipsec kernel-netlink socket-default vici
  plugins {{
    vici {{
      socket = unix://{socket}
    }}
  }}
}}
"""
LINKS = """\
ip netns add router
ip netns add office
ip link add wan netns {concentrator} type veth peer name wan netns router
ip link add lan netns router type veth peer name eth0 netns office
ip -n {concentrator} addr add {outer}/32 dev wan
ip -n router addr add {customer}/32 dev wan
ip -n {concentrator} addr add {inside[0]} dev lo
ip -n {concentrator} addr add {inside[1]} dev lo nodad
for one in wan lo; do ip -n {concentrator} link set $one up; done
for one in wan lan lo; do ip -n router link set $one up; done
for one in eth0 lo; do ip -n office link set $one up; done
ip -n {concentrator} route add {customer} dev wan src {outer}
ip -n router route add {outer} dev wan src {customer}
ip -n router addr add 192.168.7.1/24 dev lan
ip -n router addr add fd00:7::1/64 dev lan nodad
ip -n office addr add 192.168.7.9/24 dev eth0
ip -n office addr add fd00:7::9/64 dev eth0 nodad
ip -n office route add default via 192.168.7.1
ip -n office route add default via fd00:7::1
for one in {concentrator} router office; do
  nsenter --net=/run/netns/$one sh -c '
    echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
    for each in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $each; done'
done
"""


class Site:
    """The customer's side, and the concentrator that it knows."""

    def __init__(self, lab: OvnLab, concentrator: str, root: Path) -> None:
        self.lab = lab
        self.concentrator = concentrator
        self.root = root

    def sh(self, script: str, namespace: str = "") -> str:
        """What a script says in the node of the networks, in one of its namespaces."""
        done = self.lab.lab.run(NETWORKS_NODE, ["sh", "-ec", script], namespace=namespace)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def swanctl(self, name: str, *words: str) -> list[str]:
        """The words by which a strongSwan is spoken to."""
        return [*self.lab.lab.enter(NETWORKS_NODE, name), "swanctl", *words, "--uri", f"unix://{self._socket(name)}"]

    def _socket(self, name: str) -> str:
        return f"/run/{name}.vici"

    def start(self, name: str) -> None:
        """A strongSwan in a namespace. It ends with the lab."""
        configuration = self.root / f"{name}.strongswan"
        configuration.write_text(CHARON.format(socket=self._socket(name)))
        log = self.root / f"{name}.log"
        self.sh(f"STRONGSWAN_CONF={configuration} charon-systemd </dev/null >{log} 2>&1 & echo $!", name)
        deadline = time.monotonic() + 60
        while subprocess.run(self.swanctl(name, "--stats"), capture_output=True, check=False).returncode:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)

    def dial(self, key: str, *remote: str) -> None:
        """Have the customer's router know its tunnel to what is in the region, and make it again whenever it ends."""
        children = "\n".join(
            f"v{number} {{\nlocal_ts = {own}\nremote_ts = {theirs}\nesp_proposals = aes256gcm16-ecp384\n"
            "close_action = start\ndpd_action = restart\n}"
            for number, (own, theirs) in enumerate(zip(SITE, remote, strict=False))
        )
        text = (
            "connections {\nregion {\nversion = 2\nkeyingtries = 0\nproposals = aes256gcm16-prfsha384-ecp384\n"
            f"local_addrs = {CUSTOMER}\nremote_addrs = {CONCENTRATOR}\n"
            f"local {{\nauth = psk\nid = {CUSTOMER}\n}}\nremote {{\nauth = psk\nid = {CONCENTRATOR}\n}}\n"
            f"children {{\n{children}\n}}\n}}\n}}\n"
            f'secrets {{\nike-1 {{\nid-1 = {CUSTOMER}\nid-2 = {CONCENTRATOR}\nsecret = "{key}"\n}}\n}}\n'
        )
        file = self.root / "router.swanctl"
        file.write_text(text)
        done = subprocess.run(
            self.swanctl("router", "--load-all", "--clear", "--file", str(file)), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()

    def call(self) -> None:
        """Let the customer's router begin what of its tunnel is not there. strongSwan does not by itself where it was
        refused."""
        listed = subprocess.run(self.swanctl("router", "--list-sas"), capture_output=True, text=True, check=False)
        for child in ("v0", "v1"):
            if not re.search(rf"^ +{child}: .*INSTALLED", listed.stdout, re.MULTILINE):
                words = self.swanctl("router", "--initiate", "--child", child, "--timeout", "5")
                subprocess.run(words, capture_output=True, check=False)

    def is_up(self) -> bool:
        """Whether the concentrator has the tunnel."""
        done = subprocess.run(
            self.swanctl(self.concentrator, "--list-sas"), capture_output=True, text=True, check=False
        )
        return "INSTALLED" in done.stdout

    @contextlib.contextmanager
    def agent(self, southbound: str, network: str) -> Iterator[Path]:
        """The concentrator's agent, while the block runs; the directory of its keys."""
        keys = self.root / "keys"
        keys.mkdir(exist_ok=True)
        words = self.swanctl(self.concentrator)
        told = {
            "network": network,
            "address": CONCENTRATOR,
            "southbound": southbound,
            "keys": str(keys),
            "file": str(self.root / "concentrator.swanctl"),
            "swanctl": words[: words.index("--uri")],
            "socket": f"unix://{self._socket(self.concentrator)}",
        }
        (self.root / "agent.json").write_text(json.dumps(told))
        argv = [sys.executable, "-m", "crossconnect.cloud.concentrator", str(self.root / "agent.json")]
        with (self.root / "agent.log").open("w") as log, subprocess.Popen(argv, stderr=log, env=os.environ) as process:
            try:
                yield keys
            finally:
                process.terminate()

    @contextlib.contextmanager
    def overheard(self) -> Iterator[list[str]]:
        """What passes between the concentrator and the customer's router while the block runs: a line per packet, with
        what it is. What their kernels say of the link itself (duplicate addresses, multicast listeners) is left out."""
        lines: list[str] = []
        listen = ["tcpdump", "-nn", "-l", "--immediate-mode", "-i", "wan", OF_OTHERS]
        argv = [*self.lab.lab.enter(NETWORKS_NODE, "router"), *listen]
        file = self.root / "wan.txt"
        with (
            file.open("w") as out,
            subprocess.Popen(argv, stdout=out, stderr=subprocess.PIPE, text=True) as process,
        ):
            assert process.stderr is not None
            said = ""
            while "listening on" not in said:
                said = process.stderr.readline()
                assert said, "tcpdump ended"
            try:
                yield lines
            finally:
                process.terminate()
                process.wait(120)
        lines += [line for line in file.read_text().splitlines() if re.search(r" IP6? ", line)]


def customer_site(lab: OvnLab, concentrator: str, root: Path) -> Site:
    """The site behind a concentrator, which is a machine outside already. `office` is a party of the lab's traffic."""
    site = Site(lab, concentrator, root)
    site.sh(LINKS.format(concentrator=concentrator, outer=CONCENTRATOR, customer=CUSTOMER, inside=INSIDE))
    for name in (concentrator, "router"):
        site.start(name)
    lab.record = msgspec.structs.replace(lab.record, outside=(*lab.record.outside, OFFICE))
    return site
