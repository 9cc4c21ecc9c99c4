"""The guest's file tree and kernel modules, built by its first process.

    /             overlay: the host's files (read-only, hostfs) under a tmpfs
    /proc /sys /dev /run          the guest's own
    EXCHANGE      the host's exchange directory (hostfs), read and written from both sides

Invariant: nothing that the guest does outside the exchange directory reaches the host's files.
"""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

EXCHANGE = "/run/exchange"
"""Where the guest sees the directory that it shares with the host."""

MODULES_ROOT = Path("/usr/lib/uml/modules")

MODULES = (
    "ipv6",
    "veth",
    "bridge",
    "vxlan",
    "vrf",
    "bonding",
    "8021q",
    "dummy",
    "macvlan",
    "macsec",
    "tun",
    "sch_netem",
    "sch_tbf",
    "sch_prio",
    "sch_ingress",
    "cls_u32",
    "cls_matchall",
    "cls_flower",
    "cls_bpf",
    "act_gact",
    "act_mirred",
    "act_skbedit",
    "mpls_router",
    "mpls_iptunnel",
)
"""Loaded at start, in 0.3 s all together: the guest has no modprobe that its kernel could call for one later."""

_MODULE_PARAMETERS = {"bonding.ko": b"max_bonds=0", "dummy.ko": b"numdummies=0"}
"""Without these the modules make a device of their own each, which the lab would find in its way."""

_EMPTY = ("/etc/frr", "/etc/bird", "/var/tmp", "/var/log/frr", "/var/lib/frr")
"""Directories that start empty instead of showing the host's: daemons write there, and an ordinary user of the host
may not even look into some of them."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_MS_NOSUID, _MS_MOVE = 2, 8192
_SYS_FINIT_MODULE = 313
"""On x86-64, the only architecture of Debian's user-mode-linux that we use."""
_EEXIST = 17


def mount(source: str, target: str, kind: str, flags: int = 0, data: str = "") -> None:
    """mount(2). OSError names the target."""
    if _LIBC.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount {kind} on {target}: {os.strerror(code)}")


def load_modules(names: tuple[str, ...]) -> tuple[str, ...]:
    """Load kernel modules and what they depend on (`modules.dep`). Returns those that could not be, and why."""
    base = MODULES_ROOT / platform.release()
    needs: dict[str, list[str]] = {}
    for line in (base / "modules.dep").read_text().splitlines():
        path, _, rest = line.partition(":")
        needs[path] = rest.split()
    paths = {Path(path).name.partition(".ko")[0].replace("-", "_"): path for path in needs}
    loaded: set[str] = set()
    failures: list[str] = []
    for name in names:
        path = paths.get(name.replace("-", "_"))
        if path is None:
            failures.append(f"{name}: this kernel has no such module")
            continue
        # modules.dep lists the nearest need first; a need must be there before what needs it.
        for each in (*reversed(needs[path]), path):
            if each not in loaded:
                loaded.add(each)
                failures += _insert(base / each)
    return tuple(failures)


def _insert(path: Path) -> list[str]:
    parameters = _MODULE_PARAMETERS.get(path.name, b"")
    handle = os.open(path, os.O_RDONLY)
    try:
        if _LIBC.syscall(_SYS_FINIT_MODULE, handle, parameters, 0) != 0 and ctypes.get_errno() != _EEXIST:
            return [f"{path.name}: {os.strerror(ctypes.get_errno())}"]
        return []
    finally:
        os.close(handle)


def build_root(exchange: str) -> None:
    """Replace the root, which is the host's, by a copy-on-write view of it, and mount what a running system has.

    `exchange` is the host's path of the exchange directory.
    """
    mount("proc", "/proc", "proc")
    mount("tmpfs", "/run", "tmpfs")
    for name in ("upper", "work", "root"):
        os.mkdir(f"/run/{name}", 0o755)
    for path in _EMPTY:
        os.makedirs(f"/run/upper{path}", mode=0o755)
        # An opaque directory of the upper layer hides the lower one (kernel documentation, overlayfs).
        os.setxattr(f"/run/upper{path}", "trusted.overlay.opaque", b"y")
    os.chmod("/run/upper/var/tmp", 0o1777)
    load_modules(("overlay",))
    # nosuid: where the host shows its root as nobody (user namespace), its set-user-id programs would run as nobody.
    mount("overlay", "/run/root", "overlay", _MS_NOSUID, "lowerdir=/,upperdir=/run/upper,workdir=/run/work")
    os.chdir("/run/root")
    mount("proc", "proc", "proc")
    mount("sysfs", "sys", "sysfs")
    mount("devtmpfs", "dev", "devtmpfs")
    mount("tmpfs", "run", "tmpfs", _MS_NOSUID, "mode=755")
    # cgroup2 under /dev, which is no mount of the nodes' own: `ip vrf exec` looks for it in the list of mounts.
    for name, kind, data in (("pts", "devpts", ""), ("shm", "tmpfs", "mode=1777"), ("cgroup", "cgroup2", "")):
        os.makedirs(f"dev/{name}", exist_ok=True)
        mount(kind, f"dev/{name}", kind, 0, data)
    for link, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        if not os.path.lexists(f"dev/{link}"):
            os.symlink(target, f"dev/{link}")
    inside = EXCHANGE.lstrip("/")
    os.mkdir(inside, 0o700)
    mount("none", inside, "hostfs", 0, exchange)
    # Moved over `/` and not only chrooted into: processes that enter a mount namespace by setns(2) start at its root.
    mount(".", "/", "none", _MS_MOVE)
    os.chroot(".")
    os.chdir("/")
