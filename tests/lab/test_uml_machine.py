"""The user-mode-linux machine alone: it starts, does what it is asked, changes nothing outside, and ends completely."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from crossconnect.errors import BadInput, Unreachable, Unsupported
from crossconnect.lab.uml import machine
from crossconnect.lab.uml.machine import Machine
from crossconnect.lab.uml.messages import Command, CommandResult, MachineStatus

LIMIT_S = 120.0
"""For what takes less than a second on a quiet machine."""

pytestmark = [pytest.mark.uml, pytest.mark.skipif(machine.unavailable() != "", reason=machine.unavailable() or "-")]


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    running = machine.boot(tmp_path_factory.mktemp("uml"), memory_mib=256)
    yield running
    machine.end(running)


def run(guest: Machine, *argv: str, timeout_s: float = LIMIT_S) -> CommandResult:
    payload = msgspec.msgpack.encode(Command(argv=argv, timeout_s=timeout_s))
    return msgspec.msgpack.decode(machine.call(guest, "machine.exec", payload), type=CommandResult)


def shell(guest: Machine, script: str) -> str:
    result = run(guest, "sh", "-ec", textwrap.dedent(script))
    assert result.returncode == 0, result
    return result.stdout.decode()


def inside(guest: Machine) -> str:
    """The process namespace that holds everything of a guest."""
    return os.readlink(f"/proc/{guest.process.pid}/ns/pid_for_children")


def processes(namespace: str) -> set[int]:
    """Processes of this host in that process namespace that still live."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(path / "ns/pid") == namespace:
                found.add(int(path.name))
    return found


def gone(namespace: str, within_s: float = LIMIT_S) -> bool:
    end = time.monotonic() + within_s
    while processes(namespace):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_kernel_has_what_the_host_may_lack(guest: Machine) -> None:
    output = shell(
        guest,
        """
        ip link add red type vrf table 10
        ip link add br0 type bridge vlan_filtering 1
        ip link add bond1 type bond mode 802.3ad ad_actor_system 02:e5:00:00:00:01
        ip link add swp1 type veth peer name swp2
        ip link set swp1 master bond1
        ip link add link swp2 name swp2.100 type vlan id 100
        ip link add vni100 type vxlan id 100 dstport 4789 local 127.0.0.1
        bridge vlan add dev br0 vid 100 self
        tc qdisc add dev swp2 root netem delay 10ms
        ip link add ms0 link swp2 type macsec
        ip -6 addr add 2001:db8::1/64 dev swp2
        ip -o link | cut -d: -f2
        """,
    )
    names = {name.strip().partition("@")[0] for name in output.splitlines()}
    assert names == {"lo", "red", "br0", "bond1", "swp1", "swp2", "swp2.100", "vni100", "ms0"}


def test_nothing_written_in_the_guest_reaches_the_host(guest: Machine, tmp_path: Path) -> None:
    existing = tmp_path / "existing"
    existing.write_text("host")
    shell(guest, f"echo guest > {existing}; echo guest > {tmp_path}/new; echo guest > /etc/crossconnect-uml-test")
    assert shell(guest, f"cat {existing} {tmp_path}/new") == "guest\nguest\n"
    assert existing.read_text() == "host"
    assert [path.name for path in tmp_path.iterdir()] == ["existing"]
    assert not Path("/etc/crossconnect-uml-test").exists()


def test_configuration_of_the_hosts_own_router_is_not_seen(guest: Machine) -> None:
    assert shell(guest, "ls -A /etc/frr") == ""


def test_commands_return_output_and_status(guest: Machine) -> None:
    result = run(guest, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert result == CommandResult(returncode=3, stdout=b"out\n", stderr=b"err\n")


def test_a_command_that_runs_too_long_is_killed(guest: Machine) -> None:
    assert run(guest, "sleep", "60", timeout_s=0.2).returncode == 124


def test_errors_arrive_as_what_they_were(guest: Machine) -> None:
    with pytest.raises(BadInput, match="no-such-program"):
        run(guest, "no-such-program")
    with pytest.raises(BadInput, match="no lab is up"):
        machine.call(guest, "lab.nonsense")


def test_requests_do_not_wait_for_each_other(guest: Machine) -> None:
    waiting = "touch /tmp/begun; until [ -e /tmp/go ]; do sleep 0.1; done"
    command = (
        "from crossconnect.lab.uml import machine; from pathlib import Path; import msgspec; "
        "from crossconnect.lab.uml.guest import Command; "
        f"g = machine.find(Path({str(guest.run_dir)!r})); "
        f"command = Command(argv=('sh', '-c', {waiting!r}), timeout_s=600); "
        "machine.call(g, 'machine.exec', msgspec.msgpack.encode(command))"
    )
    slow = subprocess.Popen([sys.executable, "-c", command])
    deadline = time.monotonic() + LIMIT_S
    while run(guest, "test", "-e", "/tmp/begun").returncode:
        assert time.monotonic() < deadline
    assert slow.poll() is None
    shell(guest, "touch /tmp/go")
    assert slow.wait() == 0


def test_a_quick_request_takes_milliseconds(guest: Machine) -> None:
    machine.call(guest, "machine.status")

    def seconds() -> float:
        begin = time.monotonic()
        machine.call(guest, "machine.status")
        return time.monotonic() - begin

    # Any of so many: others may use the processor, and none would be quick if it were waited for in between.
    assert any(seconds() < 0.1 for _ in range(300))


def test_large_payloads_pass_whole(guest: Machine) -> None:
    data = os.urandom(1 << 20)
    payload = msgspec.msgpack.encode(Command(argv=("cat",), stdin=data))
    reply = msgspec.msgpack.decode(machine.call(guest, "machine.exec", payload), type=CommandResult)
    assert reply.stdout == data


def test_status_tells_memory(guest: Machine) -> None:
    status = msgspec.msgpack.decode(machine.call(guest, "machine.status"), type=MachineStatus)
    assert status.kernel == machine.release()
    assert 200 < status.memory_mib <= 256
    assert 0 < status.memory_used_mib < 150


def test_end_leaves_no_process_and_is_repeatable(tmp_path: Path) -> None:
    guest = machine.boot(tmp_path, memory_mib=256)
    namespace = inside(guest)
    assert processes(namespace)
    assert machine.alive(guest)
    machine.end(guest)
    assert gone(namespace)
    assert not machine.alive(guest)
    machine.end(guest)
    with pytest.raises(Unreachable):
        machine.call(guest, "machine.status", timeout_s=5)


def test_a_killed_guest_is_reported_and_leaves_no_process(tmp_path: Path) -> None:
    guest = machine.boot(tmp_path, memory_mib=256)
    namespace = inside(guest)
    os.kill(guest.process.pid, signal.SIGKILL)
    assert gone(namespace)
    with pytest.raises(Unreachable, match="does not run any more"):
        machine.call(guest, "machine.status", timeout_s=5)


def _start_elsewhere(run_dir: Path, with_parent: bool) -> str:
    """Boot a guest from a process that is then killed without warning; returns the guest's process namespace."""
    script = (
        "import os, signal; from pathlib import Path; from crossconnect.lab.uml import machine; "
        f"guest = machine.boot(Path({str(run_dir)!r}), memory_mib=256, with_parent={with_parent}); "
        "print(os.readlink(f'/proc/{guest.process.pid}/ns/pid_for_children'), flush=True); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert done.returncode == -signal.SIGKILL
    return done.stdout.strip()


def test_with_parent_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    assert gone(_start_elsewhere(tmp_path, with_parent=True))


def test_without_parent_it_stays_and_is_found_again_and_ended(tmp_path: Path) -> None:
    namespace = _start_elsewhere(tmp_path, with_parent=False)
    guest = machine.find(tmp_path)
    assert guest is not None
    assert machine.alive(guest)
    machine.call(guest, "machine.status")
    machine.end(guest)
    assert gone(namespace)


def test_a_machine_that_cannot_start_says_what_its_console_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", ["/nonexistent"])
    with pytest.raises(Unreachable, match="crossconnect"):
        machine.boot(tmp_path, memory_mib=256)
    guest = machine.find(tmp_path)
    assert guest is not None
    assert not machine.alive(guest)


def test_a_run_directory_with_a_blank_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "a b"
    place.mkdir()
    with pytest.raises(Unsupported, match="blank"):
        machine.boot(place, memory_mib=256)


def test_two_machines_run_side_by_side(guest: Machine, tmp_path: Path) -> None:
    other = machine.boot(tmp_path, memory_mib=256)
    try:
        shell(guest, "hostname first")
        shell(other, "hostname second")
        assert shell(guest, "hostname") == "first\n"
        for one in (guest, other):
            assert len(os.sched_getaffinity(one.process.pid)) == 1
    finally:
        machine.end(other)
