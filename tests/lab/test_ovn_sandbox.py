"""OVN in a lab: tenants' packets go where they are to go, and come back when something broke. Real daemons."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from crossconnect.errors import BadInput, Rejected
from crossconnect.lab.ovn import (
    Chassis,
    Machine,
    OvnLab,
    cut,
    drain,
    kill,
    mend,
    ovn_lab,
    power_off,
    power_on,
    start,
    stop,
    undrain,
    wanted_version,
)
from crossconnect.lab.ovn.chassis import PROCESSES
from crossconnect.lab.ovn.processes import running
from ovn_live import comes_true
from ovn_scenes import (
    ANSWERED_S,
    ELASTIC_ADDRESS,
    OUTSIDE_ADDRESS,
    ROUTER_ADDRESS,
    answers,
    came_through_at_last,
    forget,
    machine,
    measured,
    software,
    tenant,
)

CHASSIS = (Chassis(name="hv1"), Chassis(name="gw1", gateway=True), Chassis(name="gw2", gateway=True))
EVERYWHERE = (
    ("web1", "web2"),
    ("web2", "db1"),
    ("db1", "web1"),
    ("db1", "internet"),
    ("web1", "internet"),
    ("internet", ELASTIC_ADDRESS),
)
RECOVERY_S = 120.0
RATE = 50


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OvnLab]:
    """Three chassis: machines on hv1 and gw2, the gateway on gw1, gw2 in reserve. 23.03, or with `XC_OVN=26` 26.03."""
    version = wanted_version()
    root = str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab(f"ol-{version.replace('.', '-')}", CHASSIS, software=software(version), run_root=root) as lab:
        tenant(lab, ("hv1", "gw2"), ("gw1", "gw2"))
        assert recovered(lab)
        yield lab


def recovered(lab: OvnLab) -> bool:
    """Whether all that should answer does so in the end."""
    deadline = time.monotonic() + RECOVERY_S
    while not all(answers(lab, *EVERYWHERE, attempts=2).values()):
        if time.monotonic() > deadline:
            return False
    return True


def gateway(lab: OvnLab) -> str:
    """The chassis that the gateway port is on; empty while it is on none."""
    row = lab.central.sbctl("--bare", "--columns=chassis", "find", "Port_Binding", "logical_port=cr-r-ext")
    return lab.central.sbctl("--if-exists", "get", "Chassis", row, "name").strip('"') if row else ""


def gateway_comes_to(lab: OvnLab, chassis: str) -> bool:
    """Whether the gateway port is on that chassis before long, and works there."""
    deadline = time.monotonic() + RECOVERY_S
    while gateway(lab) != chassis or not recovered(lab):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_it_runs_what_it_says(sandbox: OvnLab) -> None:
    assert sandbox.software.version.startswith(sandbox.software.wanted)
    assert sandbox.central.running() == ("northbound", "southbound", "northd")
    for chassis in CHASSIS:
        assert running(sandbox.lab, chassis.name, *PROCESSES) == PROCESSES
    assert sandbox.central.sbctl("--bare", "--columns=type", "list", "Encap").split() == ["geneve"] * 3


def test_packets_cross_tunnels_and_translations(sandbox: OvnLab) -> None:
    assert sandbox.connect("web1", "db1", 5432, timeout_s=ANSWERED_S).seen_from == "10.0.1.11"
    assert sandbox.connect("db1", "web1", 53, "udp", timeout_s=ANSWERED_S).seen_from == "10.0.2.13"
    assert sandbox.connect("web2", "internet", 80, timeout_s=ANSWERED_S).seen_from == ROUTER_ADDRESS
    assert sandbox.connect("web1", "internet", 80, timeout_s=ANSWERED_S).seen_from == ELASTIC_ADDRESS
    arrived = sandbox.connect("internet", "web1", 443, to=ELASTIC_ADDRESS, timeout_s=ANSWERED_S)
    assert (arrived.answered_by, arrived.seen_from) == ("web1", OUTSIDE_ADDRESS)
    assert not sandbox.ping("web1", "10.0.2.99", attempts=1)


def test_tunnels_carry_exactly_what_the_arithmetic_says(sandbox: OvnLab) -> None:
    big = Machine(name="big", port="web2", chassis="gw2", mac="02:00:00:00:01:0c", mtu=9000)
    assert sandbox.tenant_mtu == 1600 - 58
    before = sandbox.party("web2")
    assert isinstance(before, Machine)
    sandbox.unplug("web2")
    sandbox.plug(Machine(**{**{f: getattr(before, f) for f in before.__struct_fields__}, "mtu": big.mtu}))
    sandbox.lab.run("hv1", ["ip", "-n", "web1", "link", "set", "eth0", "mtu", "9000"])
    sandbox.settle()
    assert comes_true(lambda: sandbox.passes("web1", "web2", sandbox.tenant_mtu))
    assert not sandbox.passes("web1", "web2", sandbox.tenant_mtu + 1)
    sandbox.lab.run("hv1", ["ip", "-n", "web1", "link", "set", "eth0", "mtu", str(sandbox.tenant_mtu)])


def test_a_security_group_lets_in_what_it_names_and_nothing_else(sandbox: OvnLab) -> None:
    nbctl = sandbox.central.nbctl
    nbctl(
        *("pg-add", "web", "web1", "web2"),
        *("--", "acl-add", "web", "to-lport", "1001", "outport == @web && ip", "drop"),
        *("--", "acl-add", "web", "to-lport", "1002", "outport == @web && tcp.dst == 80", "allow-related"),
        *("--", "acl-add", "web", "to-lport", "1002", "outport == @web && ip4.src == $web_ip4", "allow-related"),
        *("--", "acl-add", "web", "from-lport", "1002", "inport == @web && ip", "allow-related"),
    )
    sandbox.central.sync()
    forget(sandbox)
    try:
        assert sandbox.connect("db1", "web1", 80, timeout_s=ANSWERED_S)
        assert not sandbox.connect("db1", "web1", 81, timeout_s=0.6)
        assert not sandbox.connect("db1", "web1", 80, "udp", timeout_s=0.6)
        assert sandbox.connect("web2", "web1", 81, timeout_s=ANSWERED_S)
        assert sandbox.connect("web1", "db1", 22, timeout_s=ANSWERED_S), "answers to what a member began come back"
    finally:
        nbctl("pg-del", "web")
        sandbox.central.sync()
    assert sandbox.connect("db1", "web1", 81, timeout_s=ANSWERED_S)


def test_a_machine_asks_for_its_address(sandbox: OvnLab) -> None:
    nbctl = sandbox.central.nbctl
    options = nbctl(
        *("create", "dhcp_options", "cidr=10.0.2.0/24", "options:server_id=10.0.2.1"),
        *("options:server_mac=02:00:00:01:00:02", "options:lease_time=3600", "options:router=10.0.2.1"),
        *("options:mtu=1400", 'options:classless_static_route="{10.9.0.0/16,10.0.2.254, 0.0.0.0/0,10.0.2.1}"'),
    )
    guest = Machine(name="guest", port="guest", chassis="hv1", mac="02:00:00:00:02:20", dhcp=True)
    nbctl(
        *("lsp-add", "s2", "guest", "--", "lsp-set-addresses", "guest", f"{guest.mac} 10.0.2.32"),
        *("--", "lsp-set-dhcpv4-options", "guest", options),
    )
    sandbox.plug(guest)
    sandbox.settle()
    lease = sandbox.dhcp("guest")
    assert (lease["address"], lease["mtu"], lease["server"]) == ("10.0.2.32/24", "1400", "10.0.2.1")
    assert "10.9.0.0/16 via 10.0.2.254" in sandbox.run("guest", ["ip", "route"])
    assert "mtu 1400" in sandbox.run("guest", ["ip", "link", "show", "eth0"])
    assert comes_true(lambda: sandbox.ping("guest", "web1"))
    sandbox.unplug("guest")
    nbctl("lsp-del", "guest", "--", "destroy", "dhcp_options", options)
    with pytest.raises(BadInput, match="guest"):
        sandbox.ping("guest", "web1")


def test_a_machine_moves_to_another_chassis(sandbox: OvnLab) -> None:
    sandbox.move("db1", "hv1")
    sandbox.settle()
    assert comes_true(lambda: sandbox.ping("web1", "db1"))
    assert sandbox.party("db1") == machine("db1", "hv1", 2, 13)


def test_another_gateway_takes_over_from_one_that_lost_power(sandbox: OvnLab) -> None:
    assert gateway_comes_to(sandbox, "gw1")

    def strike() -> None:
        power_off(sandbox.lab, "gw1")
        assert gateway_comes_to(sandbox, "gw2")

    flow = measured(sandbox, sandbox.flow("db1", "internet", RATE), strike, 0.0)
    assert 0 < flow.lost < flow.sent
    assert came_through_at_last(flow, RATE)
    power_on(sandbox.lab, "gw1")
    assert recovered(sandbox)


def test_a_gateway_that_is_drained_loses_next_to_nothing(sandbox: OvnLab) -> None:
    taken = []

    def strike() -> None:
        taken.extend(drain(sandbox.central, "gw1"))
        assert comes_true(lambda: gateway(sandbox) == "gw2")

    flow = measured(sandbox, sandbox.flow("db1", "internet", RATE), strike, 3.0)
    assert [each.priority for each in taken] == [100]
    assert flow.received > flow.sent // 2
    undrain(sandbox.central, taken)
    sandbox.central.sync()
    assert recovered(sandbox)


@pytest.mark.parametrize("process", PROCESSES)
def test_each_daemon_of_a_chassis_dies_and_comes_back(sandbox: OvnLab, process: str) -> None:
    chassis = sandbox.chassis("hv1")
    kill(sandbox.lab, chassis, process)
    assert running(sandbox.lab, "hv1", *PROCESSES) == tuple(name for name in PROCESSES if name != process)
    start(sandbox.lab, chassis, process)
    assert running(sandbox.lab, "hv1", *PROCESSES) == PROCESSES
    assert recovered(sandbox)


def test_a_controller_that_ends_in_order_gives_its_gateway_away(sandbox: OvnLab) -> None:
    chassis = sandbox.chassis("gw1")
    stop(sandbox.lab, chassis)
    assert running(sandbox.lab, "gw1", "ovn-controller") == ()
    assert comes_true(lambda: gateway(sandbox) == "gw2")
    start(sandbox.lab, chassis, "ovn-controller")
    assert gateway_comes_to(sandbox, "gw1")


def test_a_cut_cable_is_mended(sandbox: OvnLab) -> None:
    cut(sandbox.lab, "gw1", "phy")
    assert gateway_comes_to(sandbox, "gw2")
    mend(sandbox.lab, "gw1", "phy")
    assert gateway_comes_to(sandbox, "gw1")
    with pytest.raises(BadInput, match="phy9"):
        cut(sandbox.lab, "gw1", "phy9")


def test_the_centre_dies_piece_by_piece_and_nothing_is_lost(sandbox: OvnLab) -> None:
    def strike() -> None:
        sandbox.central.kill("northd")
        sandbox.central.restart("northbound")
        sandbox.central.start("northd")

    flow = measured(sandbox, sandbox.flow("web1", "db1", RATE), strike, 3.0)
    assert flow.lost == 0
    sandbox.central.sync()
    assert sandbox.central.running() == ("northbound", "southbound", "northd")


def test_a_wiped_southbound_database_fills_again(sandbox: OvnLab) -> None:
    sandbox.central.wipe("southbound")
    sandbox.central.wait_ready([chassis.name for chassis in CHASSIS])
    assert recovered(sandbox)


def test_mistakes_are_told(sandbox: OvnLab) -> None:
    with pytest.raises(BadInput, match="has no process 'nothing'"):
        sandbox.central.kill("nothing")
    with pytest.raises(BadInput, match="hv9"):
        sandbox.plug(machine("late", "hv9", 1, 40))
    with pytest.raises(BadInput, match="already"):
        sandbox.plug(machine("web1", "hv1", 1, 11))
    with pytest.raises(Rejected, match="port name not found"):
        sandbox.central.nbctl("lsp-get-up", "nowhere")
