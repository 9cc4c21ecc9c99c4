"""What this machine can do for a lab, found out by trying, not by version numbers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from crossconnect.lab.switch_node import FRR_DIRECTORY

PROBES: dict[str, tuple[str, ...]] = {
    "namespace": ("link add name xa type veth peer name xb", "link add name xbr type bridge"),
    "vxlan": ("link add name xv type vxlan id 1 dstport 4789 local 192.0.2.1 nolearning",),
    "vrf-device": ("link add name xr type vrf table 99",),
    "bond": ("link add name xo type bond mode 802.3ad",),
    "vlan-device": ("link add name xa type veth peer name xb", "link add link xa name xa.9 type vlan id 9"),
    "vlan-aware-bridge": ("link add name xbr type bridge vlan_filtering 1",),
    "policy-routing": ("rule add from 192.0.2.1 lookup 99",),
    "tcp-md5": (),
}
"""Feature -> `ip` lines that succeed where it exists, each set in a network namespace of its own."""

_USER = "user namespaces are not to be had here (`unshare -Urnm` fails)"


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A machine as the choice of a backend sees it."""

    root: bool
    namespaces: str
    """Empty when this user can make namespaces, else why not."""
    features: frozenset[str]
    """Names out of `PROBES` that work."""
    missing_programs: tuple[str, ...]
    uml: str = ""
    """Empty when user-mode-linux can be booted, else why not."""


def probe_host(uml: str = "not tried") -> HostFacts:
    """Try everything, in scratch namespaces of one short-lived process each. Takes some 100 ms."""
    root = os.geteuid() == 0
    unshare = ["unshare", "-nm"] if root else ["unshare", "-Urnm"]
    reason = ""
    if not shutil.which("unshare"):
        reason = "the program unshare (util-linux) is missing"
    elif not _works([*unshare, "true"]):
        reason = "this process may not make network namespaces (CAP_SYS_ADMIN is missing)" if root else _USER
    features: set[str] = set()
    if not reason and _program("ip"):
        features = {name for name, lines in PROBES.items() if lines and _works([*unshare, "sh", "-ec", _script(lines)])}
        if _works([*unshare, sys.executable, "-I", "-S", "-c", _MD5]):
            features.add("tcp-md5")
    programs = {"ip": "ip", "bridge": "bridge", "nsenter": "nsenter", "vtysh": "vtysh"}
    missing = [name for name, program in programs.items() if not _program(program)]
    missing += [f"{FRR_DIRECTORY}/{name}" for name in ("zebra", "bgpd") if not Path(FRR_DIRECTORY, name).exists()]
    return HostFacts(
        root=root, namespaces=reason, features=frozenset(features), missing_programs=tuple(missing), uml=uml
    )


def available_programs(names: tuple[str, ...]) -> dict[str, bool]:
    """Which programs there are."""
    return {name: _program(name) for name in names}


_MD5 = (
    "import socket, struct; s = socket.socket();"
    " s.setsockopt(6, 14, struct.pack('=HH4s120xBBHi80s', 2, 0, bytes((192, 0, 2, 1)), 0, 0, 1, 0, b'k'))"
)
"""TCP_MD5SIG (14) with a key of one octet for 192.0.2.1: struct tcp_md5sig of linux/tcp.h."""


def _script(lines: tuple[str, ...]) -> str:
    return "\n".join(f"ip {line}" for line in lines)


def _program(name: str) -> bool:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return shutil.which(name, path=path) is not None


def _works(argv: list[str]) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
