"""Which OVN a lab runs: the machine's own (Debian 12: 23.03), or a later one out of a private root, by chroot."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Literal

import msgspec

from crossconnect.errors import Unsupported

OvnVersion = Literal["23.03", "26"]
DatapathType = Literal["netdev", "system"]

VERSION_VARIABLE = "XC_OVN"
PROGRAMS = ("ovn-northd", "ovn-nbctl", "ovn-controller", "ovsdb-server", "ovsdb-tool", "ovs-vswitchd", "ovs-vsctl")

_NUMBER = re.compile(r"\b\d+\.\d+(?:\.\d+)?\b")


class OvnSoftware(msgspec.Struct, frozen=True, kw_only=True):
    """Programs that were found, and what they say they are."""

    wanted: OvnVersion
    root: str
    """Directory they are run from by chroot; empty for the machine's own."""
    version: str
    """`23.03.1`."""
    switch_version: str
    """Open vSwitch's, `3.1.0`."""
    datapath: DatapathType
    """`system`: the kernel's openvswitch module forwards; `netdev`: ovs-vswitchd itself, where there is none."""

    @property
    def chroot(self) -> tuple[str, ...]:
        """The words before a program of it."""
        return ("chroot", self.root) if self.root else ()


def wanted_version(environment: dict[str, str] | None = None) -> OvnVersion:
    """The version that the environment asks for by `XC_OVN`: `26` or `23.03`, which is also the default."""
    text = (os.environ if environment is None else environment).get(VERSION_VARIABLE, "")
    if not text or text.startswith("23."):
        return "23.03"
    if text.startswith("26"):
        return "26"
    raise Unsupported(f"{VERSION_VARIABLE}={text}: OVN of a lab is 23.03 or 26")


def ovn_root(version: OvnVersion) -> str:
    """Root directory of an OVN that is not the machine's own; empty for the installed one.

    26 is looked for in `XC_OVN26_ROOT`, else where `tools/ovn26-root` unpacks it. Raises Unsupported without one.
    """
    if version == "23.03":
        return ""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = Path(os.environ.get("XC_OVN26_ROOT") or Path(cache, "crossconnect", "ovn26"))
    if not (root / "usr/bin/ovn-northd").exists():
        raise Unsupported(f"there is no OVN 26 in {root}: tools/ovn26-root puts it there")
    return str(root)


def find_software(wanted: OvnVersion | None = None) -> OvnSoftware:
    """The programs of a version, asked who they are; None takes what the environment wants.

    Raises Unsupported where one is missing.
    """
    version = wanted or wanted_version()
    root = ovn_root(version)
    prefix = ["chroot", root] if root else []
    missing = [name for name in PROGRAMS if not _exists(root, name)]
    if missing:
        raise Unsupported(
            f"these programs of OVN and Open vSwitch are missing: {', '.join(missing)}"
            " (Debian: ovn-central, ovn-host, openvswitch-switch)"
        )
    return OvnSoftware(
        wanted=version,
        root=root,
        version=_version([*prefix, "ovn-northd", "--version"]),
        switch_version=_version([*prefix, "ovs-vswitchd", "--version"]),
        datapath="system" if _kernel_forwards(prefix) else "netdev",
    )


def _exists(root: str, name: str) -> bool:
    return any(Path(f"{root}/{place}/{name}").exists() for place in ("usr/bin", "usr/sbin"))


def _version(argv: list[str]) -> str:
    try:
        said = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise Unsupported(f"`{' '.join(argv)}` does not run") from error
    found = _NUMBER.search(said)
    if found is None:
        raise Unsupported(f"`{' '.join(argv)}` does not say its version: {said[:80]!r}")
    return found.group()


def _kernel_forwards(prefix: list[str]) -> bool:
    """Whether a datapath of the kernel can be made, in a network namespace that goes away at once."""
    argv = ["unshare", "-n", *prefix, "ovs-dpctl", "add-dp", "xcprobe"]
    try:
        return subprocess.run(argv, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
