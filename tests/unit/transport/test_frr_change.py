"""What FRR is given so that it becomes another configuration, and how it is given."""

from __future__ import annotations

import subprocess
from pathlib import Path

from crossconnect.transport.frr_change import LOADER, commands_text

WANTED = "vrf red\n ip route 192.0.2.0/24 blackhole\n vni 5001\nexit-vrf\n!\nvrf mgmt\nexit-vrf\nrouter bgp 2\nexit\n"
SAID = """Lines To Delete
===============
no router bgp 1 vrf red
no router bgp 1

Lines To Add
============
router bgp 2
 bgp router-id 192.0.2.1
"""


def test_an_l3vni_goes_before_its_instance_and_comes_back_last() -> None:
    assert commands_text(SAID, WANTED) == (
        "vrf red\n no vni 5001\nexit-vrf\n"
        "no router bgp 1 vrf red\nno router bgp 1\nrouter bgp 2\n bgp router-id 192.0.2.1\n"
        "vrf red\n vni 5001\nexit-vrf\n"
    )
    assert commands_text(SAID, "vrf mgmt\nexit-vrf\n").startswith("no router bgp 1 vrf red\n"), "it goes for good"
    assert commands_text("", WANTED) == ""


def given(directory: Path, commands: str, shows: int) -> list[str]:
    """What a vtysh of our own is given, a file a line; it shows the L3VNI that often."""
    (directory / "c.conf").write_text(commands)
    vtysh = directory / "vtysh"
    vtysh.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = -f ]; then paste -sd , "$2" >> given; exit; fi\n'
        f"echo shown >> given; [ $(grep -c shown given) -gt {shows} ] || echo '        5001    00:00:00:00:00:00'\n"
    )
    vtysh.chmod(0o700)
    script = f"cd {directory} && PATH={directory}:$PATH\n{LOADER}load c.conf"
    subprocess.run(["sh", "-c", script], check=True, timeout=60)
    return (directory / "given").read_text().splitlines()


def test_what_follows_waits_until_bgpd_has_let_go_of_the_l3vni(tmp_path: Path) -> None:
    commands = "vrf red\n no vni 5001\nexit-vrf\nno router bgp 1 vrf red\nrouter bgp 2\n"
    assert given(tmp_path, commands, 2) == [
        "vrf red, no vni 5001,exit-vrf",
        *["shown"] * 3,
        "no router bgp 1 vrf red,router bgp 2",
    ]


def test_without_an_l3vni_all_is_given_at_once(tmp_path: Path) -> None:
    assert given(tmp_path, "no router bgp 1 vrf red\nrouter bgp 2\n", 0) == ["no router bgp 1 vrf red,router bgp 2"]


def test_changed_policies_count_once_all_is_entered(tmp_path: Path) -> None:
    """bgpd's timer is set to 0 and back to what it was; not where something was not entered, or no policy is."""
    (tmp_path / "c.conf").write_text("route-map in permit 10\nexit\n")
    (tmp_path / "other.conf").write_text("vlan 10\n")
    vtysh = tmp_path / "vtysh"
    vtysh.write_text(
        '#!/bin/sh\necho "$@" >> given\n[ "$1" = -f ] || cat running\n[ "$1" != -f ] || exit "$(cat ends)"\n'
    )
    vtysh.chmod(0o700)

    def given(file: str, running: str = "", ends: int = 0) -> tuple[int, list[str]]:
        (tmp_path / "running").write_text(running)
        (tmp_path / "ends").write_text(str(ends))
        (tmp_path / "given").write_text("")
        script = f"cd {tmp_path} && PATH={tmp_path}:$PATH\n{LOADER}load {file}"
        status = subprocess.run(["sh", "-c", script], stdout=subprocess.DEVNULL, check=False, timeout=60).returncode
        return status, (tmp_path / "given").read_text().splitlines()

    looks = "-d bgpd -c show running-config"
    zero = "-d bgpd -c configure terminal -c bgp route-map delay-timer 0 -c"
    assert given("c.conf") == (0, ["-f c.conf", looks, f"{zero} no bgp route-map delay-timer"])
    own = "bgp route-map delay-timer 20"
    assert given("c.conf", f"router bgp 1\n{own}\n") == (0, ["-f c.conf", looks, f"{zero} {own}"])
    assert given("other.conf") == (0, ["-f other.conf"])
    assert given("c.conf", ends=2) == (2, ["-f c.conf"])
