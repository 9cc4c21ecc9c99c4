"""The OVN compiler by itself: from nothing, a port more, a rule more, what a change of a VPC costs.

    python benchmarks/cloud_ovn.py [VPCS SUBNETS PORTS]

CPU of one process; no database.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.compiler import Compiler, Delta
from crossconnect.cloud.ovn.features import Features

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from cloud_documents import REGION, Cloud

BIG = 1000
"""Members of the group whose rules are counted."""


def _build(vpcs: int, subnets: int, ports: int) -> Cloud:
    cloud = Cloud()
    for v in range(vpcs):
        name = f"v{v}"
        cloud.vpc(name, "10.0.0.0/16")
        cloud.group(f"web{v}", name)
        cloud.rule(f"sgr-web{v}", f"sg-web{v}", "ingress", "0.0.0.0/0", "tcp", (443, 443))
        for s in range(subnets):
            cloud.subnet(f"{name}-{s}", name, f"10.0.{s}.0/24")
            for p in range(ports):
                cloud.port(f"{name}-{s}-{p}", f"{name}-{s}", f"10.0.{s}.{10 + p}", name, f"web{v}")
    return cloud


def _each(what: str, times: int, change: Callable[[int], None], cloud: Cloud, compiler: Compiler) -> None:
    took: list[float] = []
    delta = Delta()
    for n in range(times):
        change(n)
        changes = cloud.take()
        begin = time.perf_counter()
        delta = compiler.apply(changes)
        took.append(time.perf_counter() - begin)
    took.sort()
    rows = sum(len(unit.rows) for unit in delta.units.values() if unit)
    elements = sum(len(unit.contributions) for unit in delta.units.values() if unit)
    print(
        f"{what}: median {took[times // 2] * 1e3:.3f} ms, 99th {took[times * 99 // 100] * 1e3:.3f} ms;"
        f" units {len(delta.units)}, rows {rows}, elements {elements}"
    )


def main() -> None:
    """Print the figures."""
    vpcs, subnets, ports = (int(word) for word in sys.argv[1:]) if sys.argv[1:] else (100, 10, 10)
    cloud = _build(vpcs, subnets, ports)
    changes = cloud.take()
    compiler = Compiler(REGION, Features())
    begin = time.process_time()
    compiler.apply(changes)
    took = time.process_time() - begin
    units = compiler.units().values()
    rows = sum(len(unit.rows) for unit in units)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(changes)} documents, {len(units)} units, {rows} rows: {took:.2f} s CPU, {memory:.0f} MiB")

    def add_port(n: int) -> None:
        cloud.port(f"new{n}", "v0-0", f"10.0.0.{30 + n}")

    _each("a port more", 200, add_port, cloud, compiler)
    for n in range(BIG):
        cloud.port(f"big{n}", f"v1-{n % subnets}", f"10.0.{n % subnets}.{50 + n // subnets}", "v1", "web1")
    compiler.apply(cloud.take())

    def add_rule(n: int) -> None:
        cloud.rule(f"sgr-new{n}", "sg-web1", "ingress", f"10.{n}.0.0/16", "tcp", (80, 80))

    _each(f"a rule more in a group of {BIG + subnets * ports}", 100, add_rule, cloud, compiler)

    def change_vpc(n: int) -> None:
        vpc = cloud.documents["vpc-v1"]
        assert isinstance(vpc, Vpc)
        cloud.put(msgspec.structs.replace(vpc, cidr_blocks=("10.0.0.0/16", f"10.{n + 1}.0.0/16")))

    _each("a CIDR block more in its VPC", 20, change_vpc, cloud, compiler)


if __name__ == "__main__":
    main()
