"""The cloud network's figures in packets: OVN over the FRR fabric in the lab, seen from the carrier; prints Markdown.

    python benchmarks/cloud_lab.py [--runs 20] [--rate 200]     as root

The region of tests/cloud_region.py: a spine, two leaves, a border, the carrier's router, a hypervisor, two gateway
nodes. "Associated" is the moment before the decision; compiler, writer, OVN, the gateway node's agent and BGP follow.
The carrier sends an echo request every 5 ms all the time, so that figures are as fine as that.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from cloud_stand import OUTSIDE, Stand, fabric_stand, within
from crossconnect.lab.flows import FlowSpec, FlowSummary, finish_flows, start_flows, summarise
from crossconnect.lab.ovn import drain, power_off, power_on, undrain

EVERY_S = 0.005
ASKED_S = 3.0
_REPLY = re.compile(r"^\[(\d+\.\d+)\] \d+ bytes from", re.MULTILINE)


def echo(stand: Stand, address: str) -> bool:
    """Whether the carrier has an answer."""
    words = ["ping", "-n", "-c", "1", "-W", "1", "-I", OUTSIDE[4], address]
    return stand.lab.lab.run("isp", words).returncode == 0


def associated(stand: Stand, interface: Any) -> float:
    """Seconds from an elastic IP's association to the first answer."""
    elastic = stand.cloud.create("elastic_ip")
    stand.realise()
    said: list[str] = []
    count = str(round(ASKED_S / EVERY_S))
    ping = ["ping", "-n", "-D", "-i", str(EVERY_S), "-c", count, "-W", "1", "-I", OUTSIDE[4], elastic.address]
    thread = threading.Thread(target=lambda: said.append(stand.lab.lab.run("isp", ping, timeout_s=30).stdout))
    thread.start()
    time.sleep(0.3)
    began = time.time()
    stand.cloud.update(elastic.id, network_interface_id=interface.id)
    stand.realise("northbound")
    thread.join()
    first = _REPLY.search(said[0])
    assert first is not None, f"{elastic.address} was not reached within {ASKED_S} s: {said[0][-300:]}"
    stand.cloud.update(elastic.id, network_interface_id="")
    stand.cloud.delete(elastic.id)
    stand.realise()
    return float(first[1]) - began


def loss(stand: Stand, address: str, rate: int, seconds: float, strike: Callable[[], object]) -> FlowSummary:
    """What a flow from the carrier loses while something happens."""
    web = stand.lab.party("web")
    flow = FlowSpec(
        number=1,
        source="isp",
        source_namespace="",
        destination="hv1",
        destination_namespace="web",
        source_address=OUTSIDE[4],
        destination_address=address,
        listen_address=web.address(),
        source_port=40_001,
        destination_port=40_001,
        packets_per_second=rate,
    )
    run = start_flows(stand.lab.lab, [flow], seconds)
    try:
        time.sleep(1.0)
        strike()
    except BaseException:
        run.abort()
        raise
    [trace] = finish_flows(run)
    return summarise(trace)


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--rate", type=int, default=200)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xc-bench-") as root, fabric_stand("bench-cloud", root) as stand:
        create = stand.cloud.create
        vpc = create("vpc", cidr_blocks=["10.0.0.0/16"])
        subnet = create("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24")
        gateway = create("internet_gateway", vpc_id=vpc.id)
        stand.cloud.update(vpc.main_route_table_id, routes=[{"destination": "0.0.0.0/0", "target": gateway.id}])
        group = stand.open_group(vpc)
        web = stand.machine("web", subnet, group, "hv1")
        other = stand.machine("other", subnet, group, "hv1")
        kept = create("elastic_ip", network_interface_id=other.id)
        elastic = create("elastic_ip", network_interface_id=web.id)
        stand.settle()
        assert within(lambda: echo(stand, elastic.address) and echo(stand, kept.address))
        third = stand.machine("third", subnet, group, "hv1")
        stand.settle()
        times = sorted(associated(stand, third) for _ in range(wanted.runs))
        load = os.getloadavg()[0]
        measured = f"elastic IP associated until the carrier's first answer, {wanted.runs} times"
        print(f"| {measured} | load {load:.1f} |\n|---|---|")
        for what, seconds in (("median", statistics.median(times)), ("least", times[0]), ("most", times[-1])):
            print(f"| {what} | {1000 * seconds:.0f} ms |")
        home = stand.chassis_of(f"internet-{vpc.id}")
        print(f"\n| its gateway node under {wanted.rate} packets/s to an elastic IP | lost | ms |\n|---|---|---|")
        taken: list[Any] = []
        central = stand.lab.central
        graceful = loss(stand, elastic.address, wanted.rate, 4.0, lambda: taken.extend(drain(central, home)))
        undrain(central, taken)
        assert within(lambda: stand.chassis_of(f"internet-{vpc.id}") == home and echo(stand, elastic.address))
        crash = loss(stand, elastic.address, wanted.rate, 8.0, lambda: power_off(stand.lab.lab, home))
        back = loss(stand, elastic.address, wanted.rate, 10.0, lambda: power_on(stand.lab.lab, home))
        for what, seen in (("drained", graceful), ("loses power", crash), ("comes back", back)):
            print(f"| {what} | {seen.lost} of {seen.sent} | {1000 * seen.lost / wanted.rate:.0f} |")


if __name__ == "__main__":
    main()
