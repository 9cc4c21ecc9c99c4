"""`?wait=hypervisors` with real ovn-controllers: the answer comes when those have a change that it concerns, and not
before; where one does not follow, it says which.

    acme   shop 10.0.0.0/16: web on hv1, db on hv2        globex   own 10.0.0.0/16: app on hv3
    API (a process of its own) --> northbound, northd, southbound --> ovn-controller of hv1, hv2, hv3
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx
import pytest

from cloud_api import API_YAML, Api
from cloud_stand import within
from crossconnect.lab.ovn import Chassis, Machine, OvnLab, ovn_lab, wanted_version
from crossconnect.lab.ovn.processes import DIRECTORY, control
from ovn_scenes import ANSWERED_S, forget, software

FIRST_PORT = 7000
RULES = 8
"""How many times the answer is held against the next packet."""
REFUSED_S = 0.5
LATE_S = 0.7
"""Longer than it takes to ask both switches what they have: an answer that came too soon is found out."""
STUCK_S = (2, 10, 60)
"""How long an answer is waited for that cannot come: longer, where not even what can come has come in that time, since
the machine does much else."""
PATIENCE_S = 120
TENANTS = {"acme": ("web", "hv1", "db", "hv2"), "globex": ("app", "hv3")}


class Scene(NamedTuple):
    lab: OvnLab
    api: Api
    groups: dict[str, str]
    """By project, the security group of its machines."""

    def rule(self, port: int, wait: str = "", *, project: str = "acme", key: str = "") -> httpx.Response:
        """Let a port in."""
        body = {
            "security_group_id": self.groups[project], "direction": "ingress", "protocol": "tcp",
            "from_port": port, "to_port": port, "peer": "10.0.0.0/16",
        }  # fmt: skip
        headers = {"project-id": project}
        return self.api.call(
            "POST", f"/v1/security-group-rules{wait}", body, key=key or f"{project}/admin", headers=headers
        )

    def xc(self, port: int, seconds: int) -> tuple[int, str]:
        """Let a port in by command, and wait so long; exit code, and what is said."""
        command = [
            sys.executable, "-m", "crossconnect.cli", "cloud", "security-group-rule", "create", "--security-group-id",
            self.groups["acme"], "--direction", "ingress", "--protocol", "tcp", "--from-port", str(port), "--to-port",
            str(port), "--peer", "10.0.0.0/16", "--installed", "--timeout", str(seconds),
        ]  # fmt: skip
        environment = os.environ | {"XC_CLOUD_ENDPOINT": self.api.url, "XC_CLOUD_KEY": self.api.keys["acme/admin"]}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + PATIENCE_S)
        return done.returncode, done.stderr

    def flows(self, port: int, *chassis: str) -> list[bool]:
        """Whether switches have flows that match a port, now."""
        return [f"tp_dst={port} " in self._dump(one) or f"tp_dst={port}," in self._dump(one) for one in chassis]

    def _dump(self, chassis: str) -> str:
        target = f"unix:{DIRECTORY}/br-int.mgmt"
        return control(self.lab.lab, self.lab.software, chassis, "ovs-ofctl", "dump-flows", target)

    def connects(self, port: int) -> bool:
        """Whether web gets a connection to a port of db's, and its first packet gets there, as all that follow. Not by
        the clock: on a machine that does much else an answer is late, and a packet sent twice."""
        sent, got = self._segments("web")[0], self._segments("db")[1]
        if not self.lab.connect("web", "db", port, timeout_s=ANSWERED_S):
            return False
        sent = self._segments("web")[0] - sent
        return within(lambda: self._segments("db")[1] - got >= sent, 10.0)

    def refuses(self, port: int) -> bool:
        """Whether web gets no connection to a port of db's. Open vSwitch says that it has new flows, and takes a moment
        to look at what it cached before."""
        if not self.lab.connect("web", "db", port, timeout_s=REFUSED_S):
            return True
        forget(self.lab)
        return not self.lab.connect("web", "db", port, timeout_s=REFUSED_S)

    def _segments(self, machine: str) -> tuple[int, int]:
        """TCP segments that a machine has sent, those that were sent again too, and that it has got."""
        lines = [line.split() for line in self.lab.run(machine, ["grep", "^Tcp:", "/proc/net/snmp"]).splitlines()]
        counts = dict(zip(*lines, strict=True))
        return int(counts["OutSegs"]) + int(counts["RetransSegs"]), int(counts["InSegs"])

    @contextlib.contextmanager
    def late(self, chassis: str) -> Iterator[list[float]]:
        """The ovn-controller of a chassis, where one is named, does nothing for the first LATE_S of the block. Yields
        when it went on."""
        went_on: list[float] = []
        if not chassis:
            yield went_on
            return

        def go_on() -> None:
            went_on.append(time.monotonic())
            self.signal(chassis, "CONT")

        self.signal(chassis, "STOP")
        timer = threading.Timer(LATE_S, go_on)
        timer.start()
        try:
            yield went_on
        finally:
            timer.join()

    def signal(self, chassis: str, name: str) -> None:
        """Send a signal to the ovn-controller of a chassis."""
        words = ["sh", "-c", f"kill -{name} $(cat {DIRECTORY}/ovn-controller.pid)"]
        assert self.lab.lab.run(chassis, words).returncode == 0


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    chassis = [Chassis(name=f"hv{n}") for n in (1, 2, 3)]
    root = str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab("ol-installed", chassis, software=software(wanted_version()), run_root=root) as lab:
        remotes = ["--northbound", lab.central.northbound, "--southbound", lab.central.southbound]
        api = Api(tmp_path_factory.mktemp("served") / "region", API_YAML, remotes)
        try:
            groups = {project: _machines(lab, api, project, placed) for project, placed in TENANTS.items()}
            lab.settle()
            made = Scene(lab, api, groups)
            made.rule(FIRST_PORT)
            assert within(lambda: made.connects(FIRST_PORT)), "neighbours know each other, below the tunnel too"
            yield made
        finally:
            api.stop()


def _machines(lab: OvnLab, api: Api, project: str, placed: tuple[str, ...]) -> str:
    """A project's VPC with its machines; their security group."""
    key = f"{project}/admin"

    def make(path: str, **body: Any) -> dict[str, Any]:
        return api.make(f"{path}?wait=available", body, key)

    vpc = make("vpcs", cidr_blocks=["10.0.0.0/16"])["id"]
    subnet = make("subnets", vpc_id=vpc, cidr_block="10.0.1.0/24")["id"]
    group = make("security-groups", vpc_id=vpc)["id"]
    for name, chassis in zip(placed[::2], placed[1::2], strict=True):
        port = make("network-interfaces", subnet_id=subnet, security_group_ids=[group])
        address = port["private_addresses"][0]
        lab.plug(
            Machine(
                name=name, port=port["id"], chassis=chassis, mac=port["mac"], addresses=(f"{address}/24",),
                gateways=("10.0.1.1",),
            )
        )  # fmt: skip
    return group


def test_when_the_answer_is_there_the_next_packet_is_judged_by_the_rule(scene: Scene) -> None:
    """Input: rules that are made and deleted, one after the other, while nobody is late, or one of two hypervisors.
    Output: behind each answer the flows are in both switches, or gone, and so it is with the first packet; a switch
    without a machine of the group has none."""
    took: list[float] = []
    wait = f"?wait=hypervisors&timeout={PATIENCE_S}"
    for n in range(RULES):
        port, late = FIRST_PORT + 1 + n, ("", "hv1", "hv2")[n % 3]
        with scene.late(late) as went_on:
            began = time.monotonic()
            made = scene.rule(port, wait)
            answered = time.monotonic()
            took.append(answered - began)
            assert not late or (went_on and answered >= went_on[0])
            has = scene.flows(port, "hv1", "hv2", "hv3")
        assert (made.status_code, made.json()["state"], made.headers.get("not-installed")) == (201, "available", None)
        assert has == [True, True, False]
        assert scene.connects(port)
        with scene.late(late):
            gone = scene.api.call("DELETE", f"/v1/security-group-rules/{made.json()['id']}{wait}")
            has = scene.flows(port, "hv1", "hv2")
        assert (gone.status_code, gone.headers.get("not-installed")) == (204, None)
        assert has == [False, False]
        assert scene.refuses(port)
    quick, slow = took[::3], [*took[1::3], *took[2::3]]
    print(f"until both have a rule: {min(quick) * 1e3:.0f} to {max(quick) * 1e3:.0f} ms; one late: {min(slow):.2f} s")


def test_a_hypervisor_that_does_not_follow_is_named_until_it_does(scene: Scene) -> None:
    """Input: hv2's ovn-controller is stopped. Output: the answer comes when time is over and says that one has not
    installed it, to the operator which; another VPC's change is not kept waiting. When it goes on, who waits is
    answered, and the first packet passes."""
    scene.signal("hv2", "STOP")
    try:
        port, wait = 7100, f"?wait=hypervisors&timeout={PATIENCE_S}"
        for seconds in STUCK_S:
            port += 1
            began = time.monotonic()
            made = scene.rule(port, f"?wait=hypervisors&timeout={seconds}")
            took = time.monotonic() - began
            if made.headers["not-installed"] == "1":
                break
        assert (made.status_code, made.json()["state"], made.headers["not-installed"]) == (201, "available", "1")
        assert "not-installed-at" not in made.headers, "where machines run is nothing that a tenant would know of"
        assert took >= seconds
        assert scene.flows(port, "hv1", "hv2") == [True, False]
        assert scene.refuses(port)
        path = f"/v1/security-group-rules/{made.json()['id']}"
        for seconds in STUCK_S:
            stuck = f"{path}?wait=hypervisors&timeout={seconds}"
            named = scene.api.call("GET", stuck, key="operator", headers={"project-id": "acme"})
            if named.headers["not-installed"] == "1":
                break
        assert (named.headers["not-installed"], named.headers["not-installed-at"]) == ("1", "hv2")
        for number, seconds in enumerate(STUCK_S):
            code, said = scene.xc(port + 10 + number, seconds)
            if "not installed at 1 hypervisor" in said:
                break
        assert (code, "available, but not installed at 1 hypervisor" in said) == (1, True)
        other = scene.rule(port, wait, project="globex")
        assert (other.status_code, other.headers.get("not-installed")) == (201, None)
        assert scene.flows(port, "hv3") == [True]
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(scene.api.call, "GET", f"{path}{wait}")
            time.sleep(1)
            assert not waiting.done()
            scene.signal("hv2", "CONT")
            answer = waiting.result(PATIENCE_S)
        assert (answer.status_code, answer.headers.get("not-installed")) == (200, None)
        assert scene.flows(port, "hv1", "hv2") == [True, True]
        assert scene.connects(port)
        code, said = scene.xc(port + 20, PATIENCE_S)
        assert (code, "created and installed" in said) == (0, True)
    finally:
        scene.signal("hv2", "CONT")
