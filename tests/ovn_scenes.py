"""A tenant's network in OVN, written with `ovn-nbctl`, for tests of the lab and of what runs in it.

two subnets s1 (10.0.1.0/24), s2 (10.0.2.0/24), a router between them, a gateway port on the provider network `external`
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

import pytest

from crossconnect.errors import Unsupported
from crossconnect.lab.flows import FlowSpec, FlowSummary, end_flows, finish_flows, start_flows, summarise
from crossconnect.lab.ovn import Machine, Outside, OvnLab, OvnSoftware, find_software
from crossconnect.lab.ovn.processes import appctl
from crossconnect.lab.ovn.software import OvnVersion

VERSIONS: tuple[OvnVersion, ...] = ("23.03", "26")

ROUTER_ADDRESS = "203.0.113.10"
ELASTIC_ADDRESS = "203.0.113.21"
OUTSIDE_ADDRESS = "203.0.113.1"
ANSWERED_S = 20.0
"""An answer may take so long on a machine that does much else: a segment that is lost is sent again after 1 s, then
after 2, 4 and 8 s (RFC 6298). What is answered sooner is known sooner."""
OVER_S = 20.0
"""An end that is not told, since its way was closed meanwhile, is said again and again for a hundred seconds."""
FLOWS_MAX_S = 600.0
ENDING = ("fin-wait-1", "fin-wait-2", "close-wait", "last-ack", "closing")

Words = list[str]


def software(version: OvnVersion) -> OvnSoftware:
    """The programs, or a skipped test that says which are missing."""
    if os.geteuid() != 0:
        pytest.skip("OVN in a lab needs root")
    try:
        return find_software(version)
    except Unsupported as error:
        pytest.skip(str(error))


def switch(name: str) -> Words:
    return ["--", "ls-add", name]


def port(switch_name: str, machine: Machine) -> Words:
    """A port whose machine may use its own addresses only."""
    addresses = " ".join((machine.mac, *(a.partition("/")[0] for a in machine.addresses)))
    return [
        *("--", "lsp-add", switch_name, machine.port),
        *("--", "lsp-set-addresses", machine.port, addresses),
        *("--", "lsp-set-port-security", machine.port, addresses),
    ]


def router_port(router: str, switch_name: str, mac: str, address: str, **options: str) -> Words:
    ours, theirs = f"{router}-{switch_name}", f"{switch_name}-{router}"
    given = {"router-port": ours, **options}
    return [
        *("--", "lrp-add", router, ours, mac, address),
        *("--", "lsp-add", switch_name, theirs),
        *("--", "lsp-set-type", theirs, "router"),
        *("--", "lsp-set-addresses", theirs, "router"),
        *("--", "lsp-set-options", theirs, *(f"{key}={value}" for key, value in given.items())),
    ]


def provider_switch(name: str, network: str) -> Words:
    return [
        *switch(name),
        *("--", "lsp-add", name, f"{name}-localnet"),
        *("--", "lsp-set-type", f"{name}-localnet", "localnet"),
        *("--", "lsp-set-addresses", f"{name}-localnet", "unknown"),
        *("--", "lsp-set-options", f"{name}-localnet", f"network_name={network}"),
    ]


def gateways(router_port_name: str, chassis: Sequence[str]) -> Words:
    """Gateway chassis, the first one preferred."""
    words: Words = []
    for number, name in enumerate(chassis):
        words += ["--", "lrp-set-gateway-chassis", router_port_name, name, str(100 - 10 * number)]
    return words


def machine(name: str, chassis: str, subnet: int, host: int) -> Machine:
    return Machine(
        name=name,
        port=name,
        chassis=chassis,
        mac=f"02:00:00:00:{subnet:02x}:{host:02x}",
        addresses=(f"10.0.{subnet}.{host}/24",),
        gateways=(f"10.0.{subnet}.1",),
    )


def tenant(lab: OvnLab, chassis: Sequence[str], gateway_chassis: Sequence[str]) -> None:
    """Machines web1, web2 in s1 and db1 in s2, on chassis in turn; SNAT to `ROUTER_ADDRESS`, an elastic IP for web1,
    and the machine `internet` at the provider's end."""
    made = [machine("web1", "", 1, 11), machine("web2", "", 1, 12), machine("db1", "", 2, 13)]
    words = [*switch("s1"), *switch("s2"), *provider_switch("ext", "external"), "--", "lr-add", "r"]
    words += router_port("r", "s1", "02:00:00:01:00:01", "10.0.1.1/24")
    words += router_port("r", "s2", "02:00:00:01:00:02", "10.0.2.1/24")
    nat = {"nat-addresses": "router"}
    words += router_port("r", "ext", "02:00:00:01:00:ee", f"{ROUTER_ADDRESS}/24", **nat)
    words += gateways("r-ext", gateway_chassis)
    words += ["--", "lr-route-add", "r", "0.0.0.0/0", OUTSIDE_ADDRESS]
    words += ["--", "lr-nat-add", "r", "snat", ROUTER_ADDRESS, "10.0.0.0/16"]
    words += ["--", "lr-nat-add", "r", "dnat_and_snat", ELASTIC_ADDRESS, made[0].address()]
    for each in made:
        words += port("s2" if each.name == "db1" else "s1", each)
    lab.central.nbctl(*words[1:])
    lab.outside(Outside(name="internet", addresses=(f"{OUTSIDE_ADDRESS}/24",)))
    for number, each in enumerate(made):
        lab.plug(machine(each.name, chassis[number % len(chassis)], int(each.address().split(".")[2]), 11 + number))
    lab.settle()


def forget(lab: OvnLab) -> None:
    """Let no switch go by what it cached before the last change: Open vSwitch says that it has new flows, and takes a
    moment to look at its cache."""
    for plan in lab.record.chassis:
        appctl(lab.lab, lab.software, plan.name, "ovs-vswitchd", "revalidator/wait")


def are_over(lab: OvnLab, *machines: str) -> bool:
    """Whether no connection of machines is just ending: then no packet of one is under way."""
    states = [word for state in ENDING for word in ("state", state)]
    return not any(lab.run(name, ["ss", "-Htan", *states]).strip() for name in machines)


def measured(lab: OvnLab, flow: FlowSpec, meanwhile: Callable[[], object], seconds: float) -> FlowSummary:
    """A flow for as long as something takes, and so many seconds at the least; it goes on for a second after that."""
    began = time.monotonic()
    run = start_flows(lab.lab, [flow], FLOWS_MAX_S)
    try:
        meanwhile()
        time.sleep(max(1.0, began + seconds - time.monotonic()))
        end_flows(run)
    except BaseException:
        run.abort()
        raise
    [trace] = finish_flows(run)
    found = summarise(trace)
    assert found.sent < FLOWS_MAX_S * flow.packets_per_second, "it took longer"
    print(f"lost {found.lost} of {found.sent}")
    return found


def came_through_at_last(flow: FlowSummary, packets_per_second: int) -> bool:
    """Whether nothing of a flow's last half second was lost."""
    last = 10 * flow.sent // packets_per_second - 5
    return max(flow.lost_by_100_ms, default=0) < last


def answers(lab: OvnLab, *pairs: tuple[str, str], attempts: int = 8) -> dict[tuple[str, str], bool]:
    """Who answers whom; a gateway may need a second or two until its BFD sessions are up."""
    results = lab.pings(list(pairs), attempts=attempts)
    return {pair: result.answered for pair, result in zip(pairs, results, strict=True)}
