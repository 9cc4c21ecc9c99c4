"""A real sshd, a real netconfd behind it, and FRR behind it, for tests: in directories of their own."""

from __future__ import annotations

import getpass
import ipaddress
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crossconnect.transport.credentials import Credential
from crossconnect.transport.target import Target
from ports import free_port

SSHD = Path("/usr/sbin/sshd")
NETCONFD = Path("/usr/sbin/netconfd")
SUBSYSTEM = Path("/usr/sbin/netconf-subsystem")
WAIT_S = 120.0

needs_sshd = pytest.mark.skipif(
    not SSHD.exists() or os.geteuid() != 0, reason="no sshd on this machine, or not root: install openssh-server"
)
needs_netconfd = pytest.mark.skipif(
    not NETCONFD.exists() or os.geteuid() != 0, reason="no NETCONF server on this machine: install netconfd"
)
EMPTY = '<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"/>'


LISTENS = 1 << 16
"""`SO_ACCEPTCON` among the flags in /proc/net/unix."""


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Until it holds; fails after a time that nothing here takes."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def listens(address: str, port: int) -> bool:
    """Whether somebody answers there."""
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


def make_key(path: Path) -> None:
    """A key pair beside `path`."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


class Sshd:
    """sshd with keys of its own. `prefix` runs it elsewhere, in a network namespace for example; `command` is what runs
    whatever is asked for, `$SSH_ORIGINAL_COMMAND`."""

    def __init__(
        self,
        directory: Path,
        *,
        address: str = "127.0.0.1",
        subsystem: str = "",
        prefix: tuple[str, ...] = (),
        command: str = "",
    ) -> None:
        self.directory, self.address, self._prefix = directory, address, prefix
        self.port = free_port()
        directory.mkdir(parents=True, exist_ok=True)
        Path("/run/sshd").mkdir(exist_ok=True)
        make_key(directory / "host")
        make_key(directory / "user")
        kind, key = (directory / "host.pub").read_text().split()[:2]
        self.known_hosts = directory / "known_hosts"
        self.known_hosts.write_text(f"[{address}]:{self.port} {kind} {key}\n")
        lines = (
            f"Port {self.port}",
            f"ListenAddress {address}",
            f"HostKey {directory / 'host'}",
            f"AuthorizedKeysFile {directory / 'user.pub'}",
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
            "PermitRootLogin prohibit-password",
            "PasswordAuthentication no",
            *((f"ForceCommand {command}",) if command else ()),
            *((f"Subsystem netconf {subsystem.replace('PORT', str(self.port))}",) if subsystem else ()),
        )
        (directory / "sshd_config").write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [
                *self._prefix,
                str(SSHD),
                "-D",
                "-f",
                str(self.directory / "sshd_config"),
                "-E",
                str(self.directory / "log"),
            ]
        )
        wait_for(lambda: listens(self.address, self.port), f"sshd does not listen: {self._log()}")

    def _log(self) -> str:
        log = self.directory / "log"
        return log.read_text(errors="replace")[-500:] if log.exists() else ""

    def stop(self) -> None:
        """End it; connections that it has go on."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def target(self, nos: str = "frr", **changes: object) -> Target:
        """How it is reached."""
        fields: dict[str, object] = {
            "device": "leaf-1",
            "nos": nos,
            "address": self.address,
            "port": self.port,
            "known_hosts": str(self.known_hosts),
            "credential": self.credential(),
        }
        return Target(**(fields | changes))  # pyright: ignore[reportArgumentType] - by name

    def credential(self) -> Credential:
        """Whom it lets in."""
        return Credential(user=getpass.getuser(), key=f"file:{self.directory / 'user'}")


class Netconfd:
    """yuma123's netconfd with ietf-system, behind an sshd."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.sock = directory / "netconfd.sock"
        self.sshd = Sshd(directory / "ssh", subsystem=f'"{SUBSYSTEM} --ncxserver-sockname=PORT@{self.sock}"')
        self.startup = directory / "startup.xml"
        self.startup.write_text(EMPTY)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start both, and wait until they listen."""
        self.sock.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                str(NETCONFD),
                f"--superuser={getpass.getuser()}",
                "--target=candidate",
                f"--ncxserver-sockname={self.sock}",
                f"--port={self.sshd.port}",
                f"--startup={self.startup}",
                f"--log={self.directory / 'netconfd.log'}",
                "--access-control=off",
                "--module=ietf-system",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.directory,
        )
        wait_for(self.listens, "netconfd does not listen")
        if not listens(self.sshd.address, self.sshd.port):
            self.sshd.start()

    def listens(self) -> bool:
        """Whether it takes connections. Its socket is there before it does."""
        lines = Path("/proc/net/unix").read_text().splitlines()
        return any(int(line.split()[3], 16) & LISTENS for line in lines if line.endswith(f" {self.sock}"))

    def kill(self) -> None:
        """End netconfd as a power cut would; sshd goes on."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End both."""
        self.kill()
        self.sshd.stop()


def have(*programs: str) -> bool:
    """Whether all are installed."""
    return all(
        shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/lib/frr:/usr/sbin") for program in programs
    )


NAMESPACE = """\
set -e
mount --make-rprivate /
mount -t tmpfs none /run/frr
mkdir -p /run/crossconnect
mount -t tmpfs none /run/crossconnect
mount --bind {etc} /etc/frr
chown frr:frr /run/frr
ip link set lo up
hostname leaf-1
for daemon in zebra bgpd; do
    /usr/lib/frr/$daemon -d -A 127.0.0.1
done
VTYSH_HISTFILE=/dev/null vtysh -b
exec "$@"
"""


class FrrHost:
    """FRR 8.4 in a network namespace of its own, behind an sshd that is reached over a cable."""

    def __init__(self, directory: Path, configuration: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.namespace = f"{PREFIX}{os.getpid()}"
        self.near, far = (str(address) for address in free_cable())
        self.etc = directory / "etc"
        self.etc.mkdir()
        for name, content in (("frr.conf", configuration), ("vtysh.conf", "service integrated-vtysh-config\n")):
            (self.etc / name).write_text(content)
            (self.etc / name).chmod(0o640)
            shutil.chown(self.etc / name, "frr", "frr")
        self._script = directory / "start.sh"
        self._script.write_text(NAMESPACE.format(etc=self.etc))
        inside = ("ip", "netns", "exec", self.namespace, "unshare", "--uts", "sh", str(self._script))
        self.sshd = Sshd(directory / "ssh", address=far, prefix=inside)

    def start(self) -> None:
        """Make the namespace and its cable, and start everything. What a test that was killed has left goes first."""
        remove_left()
        near, far = f"{self.namespace}a", f"{self.namespace}b"
        for command in (
            f"ip netns add {self.namespace}",
            f"ip link add {near} type veth peer name {far} netns {self.namespace}",
            f"ip address add {self.near}/30 dev {near}",
            f"ip link set {near} up",
            f"ip -n {self.namespace} address add {self.sshd.address}/30 dev {far}",
            f"ip -n {self.namespace} link set {far} up",
        ):
            subprocess.run(command.split(), check=True)
        self.sshd.start()

    def cut(self, down: bool = True) -> None:
        """Take the cable down, or up again."""
        subprocess.run(["ip", "link", "set", f"{self.namespace}a", "down" if down else "up"], check=True)
        if not down:
            # The kernel says only some time afterwards that the other end is there, and finds its address anew.
            wait_for(lambda: listens(self.sshd.address, self.sshd.port), "nobody is at the other end of the cable")

    def processes(self) -> list[str]:
        """Numbers of what runs in the namespace."""
        return processes_in(self.namespace)

    def stop(self) -> None:
        """End everything that runs in the namespace, and remove it."""
        self.sshd.stop()
        remove_namespace(self.namespace)


PREFIX = "xcssh"
"""Of namespaces and cables; what follows is the number of the process whose they are."""
CABLES = ipaddress.ip_network("169.254.192.0/18")
"""Link-local, and far from where clouds keep their own services (169.254.169.254)."""


def free_cable() -> tuple[ipaddress.IPv4Address, ipaddress.IPv4Address]:
    """The ends of a cable that no interface of this machine has: other tests may run beside us."""
    shown = subprocess.run(["ip", "-4", "-o", "address"], check=True, capture_output=True, text=True).stdout
    while True:
        first = CABLES[4 * random.SystemRandom().randrange(CABLES.num_addresses // 4)]
        if f" {first + 1}/" not in shown:
            return first + 1, first + 2


def processes_in(namespace: str) -> list[str]:
    """Numbers of what runs in a network namespace."""
    listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)
    return listed.stdout.split()


def remove_namespace(namespace: str) -> None:
    """End everything that runs in a namespace, and remove it with its cable."""

    def empty() -> bool:
        for number in processes_in(namespace):
            subprocess.run(["kill", "-9", number], check=False, stderr=subprocess.DEVNULL)
        return not processes_in(namespace)

    def deleted() -> bool:
        """Removing it is refused while mounts of what was killed are still being undone."""
        command = ["ip", "netns", "delete", namespace]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return not Path("/run/netns", namespace).exists()

    wait_for(empty, "something in the namespace does not end")
    # The kernel takes the cable away some time after the namespace, and the next one may have the same name.
    subprocess.run(["ip", "link", "delete", f"{namespace}a"], check=False, stderr=subprocess.DEVNULL)
    wait_for(deleted, "the namespace cannot be removed")


def remove_left() -> None:
    """Remove namespaces of tests that are no more: their processes have ended, or are we."""
    for path in Path("/run/netns").glob(f"{PREFIX}*"):
        number = path.name.removeprefix(PREFIX)
        if number == str(os.getpid()) or not Path("/proc", number).exists():
            remove_namespace(path.name)


needs_frr_host = pytest.mark.skipif(
    os.geteuid() != 0 or not SSHD.exists() or not Path("/usr/lib/frr/frr-reload.py").exists(),
    reason="no FRR or no sshd on this machine, or not root: install frr, frr-pythontools, openssh-server",
)
