"""OVN's tunnels over a region's FRR fabric: Geneve in VXLAN, as far as the arithmetic says and no further."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from crossconnect.design.geneve import region_tenant_mtu
from crossconnect.errors import BadInput
from crossconnect.lab import down, wait_converged
from crossconnect.lab.journal import is_alive, recorded_processes
from crossconnect.lab.options import LabOptions
from crossconnect.lab.ovn import (
    Chassis,
    Fabric,
    Machine,
    find_software,
    open_ovn_lab,
    ovn_lab,
    start_ovn_lab,
)
from crossconnect.simulate import simulate
from ovn_live import comes_true
from ovn_scenes import VERSIONS, port, software, switch
from regions import compiled, small

SEGMENT = "red/v1/s1"


@pytest.mark.parametrize("version", VERSIONS)
def test_tunnels_over_the_fabric(version: str, tmp_path: Path) -> None:
    programs = software(version)  # type: ignore[arg-type]
    region = small(spines=1, leaves=3, segments=1, everywhere=True, underlay="unnumbered")
    blueprint = compiled(region).blueprint
    assert blueprint is not None
    servers = [host.name for host in blueprint.hosts]
    chassis = [Chassis(name=name) for name in servers]
    fabric = Fabric(blueprint=blueprint, tunnels=SEGMENT)
    with ovn_lab("ol-fabric", chassis, software=programs, fabric=fabric, run_root=str(tmp_path)) as lab:
        # The fabric with userspace switches at its ports is the one that was simulated with plain servers.
        settled = wait_converged(lab.lab, simulate(blueprint), timeout_s=180)
        assert settled.converged, settled
        machines = [
            Machine(
                name=f"m{n}",
                port=f"m{n}",
                chassis=name,
                mac=f"02:00:00:00:01:{n:02x}",
                addresses=(f"192.168.1.{10 + n}/24",),
                mtu=9000,
            )
            for n, name in enumerate(servers)
        ]
        lab.central.nbctl(*switch("s1")[1:], *(word for each in machines for word in port("s1", each)))
        for each in machines:
            lab.plug(each)
        lab.settle()
        pairs = [("m0", "m1"), ("m1", "m2"), ("m2", "m0")]
        assert comes_true(lambda: all(r.answered for r in lab.pings(pairs)))
        left = region_tenant_mtu(blueprint, SEGMENT)
        assert left == lab.tenant_mtu == blueprint.hosts[0].mtu - 58
        assert comes_true(lambda: lab.passes("m0", "m1", left))
        assert not lab.passes("m0", "m1", left + 1)


def test_a_killed_lab_is_found_again_and_removed(tmp_path: Path) -> None:
    software("23.03")
    child = os.fork()
    if child == 0:
        try:
            start_ovn_lab(LabOptions(name="ol-cut", run_root=str(tmp_path)), software=find_software("23.03"))
            time.sleep(600)
        finally:
            os._exit(1)
    deadline = time.monotonic() + 300
    while not (tmp_path / "ol-cut" / "ovn.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = open_ovn_lab("ol-cut", str(tmp_path))
    found.central.wait_ready(["hv1", "hv2", "gw1", "gw2"])
    [holder] = recorded_processes(tmp_path / "ol-cut")
    assert down("ol-cut", str(tmp_path))
    assert not is_alive(holder)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadInput, match="no lab"):
        open_ovn_lab("ol-cut", str(tmp_path))


def test_a_cluster_of_three_outlives_its_leader(tmp_path: Path) -> None:
    programs = software("23.03")
    one = (Chassis(name="hv1"),)
    with ovn_lab("ol-raft", one, software=programs, members=3, run_root=str(tmp_path)) as lab:
        leader = lab.central.leader("northbound")
        lab.central.kill(leader)
        assert lab.central.leader("northbound") != leader
        lab.central.nbctl("ls-add", "after")
        lab.central.sync()
        lab.central.start(leader)
        assert leader in lab.central.running()
