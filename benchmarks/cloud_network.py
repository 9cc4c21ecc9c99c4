"""The cloud network's figures below its API: from a command to committed rows of the northbound; prints Markdown.

    python benchmarks/cloud_network.py [--vpcs 100] [--subnets 10] [--ports 10] [--single 1000]

The service on SQLite, the compiler, the writer, and a real ovsdb-server with OVN's northbound schema. A VPC has so many
subnets, a group with three rules, and a subnet so many interfaces. `--single`: interfaces made one after the other.
CPU seconds are this process's; the database's server and the disk are beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

from crossconnect.cloud.kinds.network_interface import NetworkInterfaceBody
from crossconnect.cloud.kinds.security_group import SecurityGroupBody, SecurityGroupRuleBody
from crossconnect.cloud.kinds.subnet import SubnetBody
from crossconnect.cloud.kinds.vpc import VpcBody
from crossconnect.cloud.realise.facts import facts_of
from crossconnect.cloud.realise.following import Following, compilers
from crossconnect.cloud.region import CloudRegion, GatewayChassis, ProviderNetwork, Zone
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Caller, Service, Settings
from crossconnect.transport.ovsdb import Session
from ovsdb import server

ROOT = Caller(principal="root", project_id="", admin=True)
TENANT = Caller(principal="tenant", project_id="tenant")
SETTINGS = Settings(
    zones=("a", "b"),
    quotas={"vpc": 10_000, "subnet": 100_000, "network_interface": 1_000_000, "security_group": 100_000},
)
REGION = CloudRegion(
    name="north",
    zones=(Zone(name="a", chassis=("hv1", "hv2")), Zone(name="b", chassis=("hv3",))),
    gateways=tuple(GatewayChassis(name=f"gw{n}") for n in (1, 2, 3)),
    internet=ProviderNetwork(
        name="internet",
        vrf="internet",
        physnet="internet",
        transfer_prefix="192.0.2.0/24",
        next_hop="192.0.2.1",
        transfer_prefix6="2001:db8:ffff::/64",
        next_hop6="2001:db8:ffff::1",
    ),
    public_prefixes=("203.0.113.0/24",),
)


async def fill(service: Service, vpcs: int, subnets: int, ports: int) -> tuple[str, str]:
    """The region's tenant; the last subnet and group."""
    await service.create_project(ROOT, "tenant")
    subnet = group = ""
    for _ in range(vpcs):
        vpc = (await service.create(KINDS["vpc"], TENANT, VpcBody(cidr_blocks=("10.0.0.0/16",)))).document.id
        group = (await service.create(KINDS["security_group"], TENANT, SecurityGroupBody(vpc_id=vpc))).document.id
        for port in (22, 80, 443):
            rule = SecurityGroupRuleBody(
                security_group_id=group,
                direction="ingress",
                protocol="tcp",
                from_port=port,
                to_port=port,
                peer="0.0.0.0/0",
            )
            await service.create(KINDS["security_group_rule"], TENANT, rule)
        for n in range(subnets):
            body = SubnetBody(vpc_id=vpc, cidr_block=f"10.0.{n * 16}.0/20", availability_zone="ab"[n % 2])
            subnet = (await service.create(KINDS["subnet"], TENANT, body)).document.id
            made = [interface(service, subnet, group) for _ in range(ports)]
            await asyncio.gather(*made)
    return subnet, group


async def interface(service: Service, subnet: str, group: str) -> int:
    """One interface; the number of its change."""
    body = NetworkInterfaceBody(subnet_id=subnet, security_group_ids=(group,))
    return (await service.create(KINDS["network_interface"], TENANT, body)).revision


def row(step: str, began: tuple[float, float], more: str = "") -> None:
    """One line of the table."""
    wall, cpu = time.monotonic() - began[0], time.process_time() - began[1]
    print(f"| {step} | {wall:.2f} | {cpu:.2f} | {more} |", flush=True)


def now() -> tuple[float, float]:
    """Wall and CPU."""
    return time.monotonic(), time.process_time()


def spread(latencies: list[float]) -> str:
    """Median and 99th percentile, in ms."""
    latencies = sorted(latencies)
    return f"median {statistics.median(latencies):.1f} ms, p99 {latencies[int(len(latencies) * 0.99)]:.1f} ms"


async def measure(remote: str, scratch: str, a: argparse.Namespace) -> None:
    """All steps."""
    service = await Service.open(str(Path(scratch) / "cloud.db"), KINDS, SETTINGS)
    began = now()
    subnet, group = await fill(service, a.vpcs, a.subnets, a.ports)
    number, _ = await service.position()
    row("commands to the store alone", began, f"{number:,} commands")
    async with Session(remote, "OVN_Northbound") as session:
        began = now()
        async with Following(service, KINDS, session, compilers(REGION), "first") as following:
            await following.realiser.wait(number, timeout_s=600)
            assert not following.realiser.failures, following.realiser.failures
            rows = sum(len(following.realiser.replica.rows(table)) for table in facts_of(session.schema))
            row("all of it to an empty northbound", began, f"{rows:,} rows")
            began, latencies = now(), list[float]()
            for _ in range(a.single):
                at = time.monotonic()
                await following.realiser.wait(await interface(service, subnet, group))
                latencies.append((time.monotonic() - at) * 1000)
            row(f"{a.single:,} interfaces of one subnet, one after the other", began, spread(latencies))
            began, latencies = now(), []
            changes = following.realiser.replica.changes()
            for port in range(5000, 5050):
                at = time.monotonic()
                rule = SecurityGroupRuleBody(
                    security_group_id=group,
                    direction="ingress",
                    protocol="tcp",
                    from_port=port,
                    to_port=port,
                    peer=group,
                )
                made = await service.create(KINDS["security_group_rule"], TENANT, rule)
                await following.realiser.wait(made.revision)
                latencies.append((time.monotonic() - at) * 1000)
            touched = len((await anext(changes)).changes)
            text = f"{spread(latencies)}; {touched} rows touched, of which one is NB_Global's"
            row("50 rules added to the group of these", began, text)
            number, _ = await service.position()
            began = now()
            await following.realiser.compare()
            row("comparison on demand", began)
    began = now()
    async with (
        Session(remote, "OVN_Northbound") as session,
        Following(service, KINDS, session, compilers(REGION), "second") as following,
    ):
        comparison = await following.realiser.compare()
        row(
            "restart: compile everything, compare twice",
            began,
            str(comparison.updated + comparison.inserted) + " operations",
        )
    await service.close()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--vpcs", type=int, default=100)
    parser.add_argument("--subnets", type=int, default=10)
    parser.add_argument("--ports", type=int, default=10)
    parser.add_argument("--single", type=int, default=1000)
    a = parser.parse_args()
    size = f"{a.vpcs} VPCs x {a.subnets} subnets x {a.ports} interfaces"
    print(f"## Cloud network below its API: {size}; load {os.getloadavg()[0]:.1f}\n")
    print("| step | wall s | our CPU s | |\n|---|---|---|---|")
    with server() as (remote, _), tempfile.TemporaryDirectory(prefix="xc-bench-") as scratch:
        asyncio.run(measure(remote, scratch, a))
    print(f"\nPeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB.")


if __name__ == "__main__":
    main()
