"""The chapter: a region that carries a cloud in the lab, two tenants, and every flow that must pass or must not.

boot the fabric with OVN on it --> xc serve --> tenants over HTTP --> machines --> flows --> failures
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from crossconnect.cli.cloud_chapter.names import ask_names, start_resolvers
from crossconnect.cli.cloud_chapter.server import Server
from crossconnect.cli.cloud_chapter.tenants import EVERYWHERE, HTTP, METRICS, POSTGRES, Placed, Tenant
from crossconnect.cli.output import say
from crossconnect.cli.region import Ready
from crossconnect.cloud.addresses import gateway
from crossconnect.cloud.kinds.elastic_ip import ElasticIp, ElasticIpPatch
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.security_group import SecurityGroup
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.provided import cloud_of
from crossconnect.lab import down, wait_converged
from crossconnect.lab.flows import FlowSpec, FlowSummary
from crossconnect.lab.options import LabOptions
from crossconnect.lab.ovn import Machine, OvnLab, cloud_fabric, power_off, start_ovn_lab
from crossconnect.lab.plan import MAIN
from crossconnect.net import parse
from crossconnect.report import CloudFlow, CloudName, CloudRun
from crossconnect.simulate import simulate

LAB_NAME = "demo-cloud"
CONVERGENCE_TIMEOUT_S = 90.0
CARRIER, OUTSIDE = "isp", "198.51.100.1"
"""The transit provider's router, and an address in what it announces."""
WITHIN_S = 30.0
ASSOCIATIONS = 5
ATTEMPTS_MAX = 64
"""Connections until both targets of a load balancer must have answered: all go to one of them once in 2^63 times."""
EVERY_S = 0.01
"""Between the carrier's packets to an elastic IP that is waited for."""
FLOW_S = 12.0


class CloudChapter:
    """One run. `claim` prints a verdict and keeps it."""

    def __init__(self, root: Path, ready: Ready, claim: Callable[[bool, str], None]) -> None:
        """`root` is the region's directory."""
        self._root, self._ready, self._claim = root, ready, claim
        self._flows: list[CloudFlow] = []
        self._names: list[CloudName] = []
        self._events: list[tuple[str, str]] = []

    def run(self) -> CloudRun:
        """All of it; the lab is removed however it ends. Raises Unsupported where this machine cannot."""
        blueprint = self._ready.blueprint
        fabric, chassis = cloud_fabric(blueprint)
        down(LAB_NAME)
        begin = time.monotonic()
        lab = start_ovn_lab(LabOptions(name=LAB_NAME), chassis, fabric=fabric)
        try:
            settled = wait_converged(lab.lab, simulate(blueprint), timeout_s=CONVERGENCE_TIMEOUT_S)
            took = f"{time.monotonic() - begin:.1f} s"
            names = ", ".join(plan.name for plan in lab.record.chassis)
            self._claim(settled.converged, f"fabric as simulated, OVN on {names}: {took} after the start")
            with (
                tempfile.TemporaryDirectory(prefix="xc-demo-") as directory,
                Server(self._root, Path(directory), lab.central.northbound, lab.central.southbound) as server,
            ):
                say(f"     the API answers at {server.endpoint}")
                self._tenants(lab, server)
        finally:
            down(LAB_NAME)
        return CloudRun(
            region=blueprint.region, flows=tuple(self._flows), names=tuple(self._names), events=tuple(self._events)
        )

    def _tenants(self, lab: OvnLab, server: Server) -> None:
        region = cloud_of(self._ready.blueprint)
        assert region is not None
        north, south = (zone.name for zone in region.zones[:2])
        hypervisors = {zone.name: zone.chassis[0] for zone in region.zones}
        acme, globex = Tenant("acme", server.tenant("acme")), Tenant("globex", server.tenant("globex"))

        shop = acme.vpc("10.0.0.0/16")
        acme.internet(shop)
        private = acme.table(shop)
        web_net = acme.subnet(shop, "10.0.1.0/24", north)
        db_net = acme.subnet(shop, "10.0.2.0/24", south, private.id)
        fw_net = acme.subnet(shop, "10.0.3.0/24", north)
        web, db, fw = (acme.group(shop, name) for name in ("web", "db", "fw"))
        acme.allow(web, "tcp", EVERYWHERE, HTTP)
        acme.allow(web, "icmp", EVERYWHERE)
        acme.allow(db, "tcp", web.id, POSTGRES)
        acme.allow(fw, "all", shop.cidr_blocks[0])
        acme.machine("web1", web_net, web, hypervisors[north])
        acme.machine("web2", web_net, web, hypervisors[south])
        acme.machine("db1", db_net, db, hypervisors[south])
        acme.machine("fw1", fw_net, fw, hypervisors[north], routes=True)

        same = globex.vpc("10.0.0.0/16")
        app_net = globex.subnet(same, "10.0.1.0/24", north)
        app = globex.group(same, "app")
        globex.allow(app, "tcp", EVERYWHERE, HTTP)
        globex.machine("app1", app_net, app, hypervisors[north])
        globex.machine("app2", app_net, app, hypervisors[south])
        for tenant in (acme, globex):
            for name, placed in tenant.machines.items():
                self._plug(lab, name, placed)
        lab.settle()
        say(f"     {len(acme.machines) + len(globex.machines)} machines of two tenants, in two zones, both 10.0.0.0/16")

        self._inside(lab, acme, web, db)
        self._named(lab, (acme, shop), (globex, same))
        self._outside(lab, acme, web_net, private)
        self._balanced(lab, acme, shop, web_net)
        self._peered(lab, acme, shop)
        self._inserted(lab, acme, shop)
        self._gateway_lost(lab, acme)

    # --- the parts ----------------------------------------------------------------------------------------------------

    def _plug(self, lab: OvnLab, name: str, placed: Placed) -> None:
        length = parse(placed.block).length
        lab.plug(
            Machine(
                name=name,
                port=placed.interface.iface_id or placed.interface.id,
                chassis=placed.chassis,
                mac=placed.interface.mac,
                addresses=(f"{placed.address}/{length}",),
                gateways=(gateway(placed.block),),
                mtu=1500,
            )
        )

    def _inside(self, lab: OvnLab, acme: Tenant, web: SecurityGroup, db: SecurityGroup) -> None:
        """Groups, and tenants with the same addresses."""
        db1 = acme.machines["db1"]
        self._try(
            "web1 -> db1, PostgreSQL", "group db lets group web in", True, _connects(lab, "web1", "db1", POSTGRES)
        )
        self._try("web1 -> db1, SSH", "no rule of group db", False, _connects(lab, "web1", "db1", 22))
        begin = time.monotonic()
        acme.allow(db, "tcp", web.id, METRICS, until="hypervisors")
        took = f"{(time.monotonic() - begin) * 1e3:.0f} ms, by ?wait=hypervisors"
        self._try(
            "web1 -> db1, metrics", "a rule just made: its first packet", True, _connects(lab, "web1", "db1", METRICS)
        )
        self._measured("a rule is asked for: until both hypervisors have it", took)
        self._try("db1 -> web1, HTTP", "group web lets everybody in", True, _connects(lab, "db1", "web1", HTTP))
        self._try("app1 -> app2, HTTP", "globex' own", True, _connects(lab, "app1", "app2", HTTP))
        own = lab.connect("app1", ["app2", "web2"], HTTP, to=lab.party("app2").address())
        same = f"{lab.party('app2').address()}, which web2 of acme has, too"
        self._try(f"app1 -> {same}", "another tenant's VPC", True, lambda: own.answered_by == "app2")
        self._try(f"app1 -> {db1.address} (db1)", "acme's only", False, _connects(lab, "app1", "db1", POSTGRES))

    def _named(self, lab: OvnLab, acme: tuple[Tenant, Vpc], globex: tuple[Tenant, Vpc]) -> None:
        """The VPC's resolver: names of interfaces, private zones, public names."""
        start_resolvers(
            lab, sorted({placed.chassis for tenant, _ in (acme, globex) for placed in tenant.machines.values()})
        )
        for name in ask_names(lab, *acme, *globex):
            self._names.append(name)
            self._claim(name.answer == name.wanted, f"{name.what}: {name.answer} ({name.why})")

    def _outside(self, lab: OvnLab, acme: Tenant, web_net: Subnet, private: RouteTable) -> None:
        """Elastic IPs through BGP, and a NAT gateway."""
        seconds: list[float] = []
        reached = True
        web1 = acme.machines["web1"]
        elastic = None
        for _ in range(ASSOCIATIONS):
            if elastic is not None:
                acme.client.collection(ElasticIp).update(elastic.id, ElasticIpPatch(network_interface_id=""), wait_s=30)
                acme.client.collection(ElasticIp).delete(elastic.id, wait_s=30)
            begin = time.monotonic()
            elastic = acme.elastic_ip(web1)
            reached &= _reaches(lab, elastic.address)
            seconds.append(time.monotonic() - begin)
        self._try(
            f"{CARRIER} -> elastic IP of web1",
            f"announced by BGP, {ASSOCIATIONS} times anew",
            True,
            lambda: reached,
        )
        figures = (
            f"median {statistics.median(seconds) * 1e3:.0f} ms, longest {max(seconds) * 1e3:.0f} ms of {ASSOCIATIONS}"
        )
        self._measured("an elastic IP is asked for: until the carrier's first packet passes", figures)
        self._try(f"web1 -> {OUTSIDE}", "by its elastic IP", True, lambda: _pings(lab, "web1", OUTSIDE))
        self._try(f"db1 -> {OUTSIDE}", "no route to a gateway", False, lambda: _pings(lab, "db1", OUTSIDE))
        nat = acme.nat_gateway(web_net, acme.elastic_ip())
        acme.route(private.id, (EVERYWHERE, nat.id))
        self._try(f"db1 -> {OUTSIDE}", "by the NAT gateway", True, lambda: _within(lambda: _pings(lab, "db1", OUTSIDE)))

    def _balanced(self, lab: OvnLab, acme: Tenant, vpc: Vpc, subnet: Subnet) -> None:
        """A load balancer before both web servers."""
        machines = acme.machines["web1"], acme.machines["web2"]
        balancer = acme.load_balancer(vpc, subnet, HTTP, *machines)
        by: set[str] = set()
        attempts = 0
        while by != {"web1", "web2"} and attempts < ATTEMPTS_MAX:
            by.add(lab.connect("db1", ["web1", "web2"], HTTP, to=balancer.addresses[0]).answered_by)
            attempts += 1
        self._try(
            f"db1 -> {balancer.addresses[0]} (load balancer)",
            f"{attempts} connections, answered by both",
            True,
            lambda: by == {"web1", "web2"},
        )

    def _peered(self, lab: OvnLab, acme: Tenant, shop: Vpc) -> None:
        """A second VPC, before and after peering."""
        tools = acme.vpc("10.1.0.0/16")
        net = acme.subnet(tools, "10.1.1.0/24", "")
        ops = acme.group(tools, "ops")
        ops1 = acme.machine("ops1", net, ops, acme.machines["web1"].chassis)
        self._plug(lab, "ops1", ops1)
        lab.settle()
        self._try("ops1 (other VPC) -> web1", "VPCs are apart", False, _connects(lab, "ops1", "web1", HTTP))
        peering = acme.peering(tools, shop)
        acme.route(tools.main_route_table_id, (shop.cidr_blocks[0], peering.id))
        acme.route(shop.main_route_table_id, (tools.cidr_blocks[0], peering.id))
        self._try(
            "ops1 -> web1", "peering, and routes both ways", True, lambda: _within(_connects(lab, "ops1", "web1", HTTP))
        )
        self._try("ops1 -> db1", "db1's table has no way back", False, _connects(lab, "ops1", "db1", POSTGRES))

    def _inserted(self, lab: OvnLab, acme: Tenant, shop: Vpc) -> None:
        """A firewall in the way from web to db, and what happens when it dies."""
        for command in ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.eth0.rp_filter=0"):
            lab.run("fw1", ["sysctl", "-qw", command])
        fw1 = acme.machines["fw1"]
        acme.insertion(shop, fw1, "10.0.1.0/24", "10.0.2.0/24")
        before = _received(lab, "fw1")
        works = _within(_connects(lab, "web1", "db1", POSTGRES))
        through = _received(lab, "fw1") - before
        self._try(
            "web1 -> db1, PostgreSQL",
            f"through firewall fw1, which saw {through} packets",
            True,
            lambda: works and through >= 4,
        )
        lab.unplug("fw1")
        dead = _within(lambda: not _connects(lab, "web1", "db1", POSTGRES)())
        self._try("web1 -> db1, the firewall dead", "declared fail-closed", False, lambda: not dead)
        self._try("ops1 -> web1, HTTP", "not steered to the firewall", True, _connects(lab, "ops1", "web1", HTTP))

    def _gateway_lost(self, lab: OvnLab, acme: Tenant) -> None:
        """The gateway node that carries acme's traffic loses power under it."""
        [address] = [e.address for e in acme.client.collection(ElasticIp).list() if e.private_address]
        flow = _outwards(lab, "web1")
        lost = _active_gateway(lab)
        [seen] = lab.measure([flow], FLOW_S, lambda: (time.sleep(3), power_off(lab.lab, lost)))
        self._measured(f"gateway node {lost} loses power under {flow.packets_per_second} packets/s", _loss(seen, flow))
        again = _reaches(lab, address)
        self._try(f"{CARRIER} -> {address} (web1)", f"without {lost}", True, lambda: again)

    # --- verdicts -----------------------------------------------------------------------------------------------------

    def _try(self, what: str, why: str, wanted: bool, passes: Callable[[], bool]) -> None:
        passed = passes()
        self._flows.append(CloudFlow(what=what, why=why, wanted=wanted, passed=passed))
        self._claim(passed == wanted, f"{what}: {'passes' if passed else 'does not pass'} ({why})")

    def _measured(self, what: str, figures: str) -> None:
        self._events.append((what, figures))
        say(f"     {what}: {figures}")


def _connects(lab: OvnLab, source: str, destination: str, port: int) -> Callable[[], bool]:
    return lambda: bool(lab.connect(source, destination, port))


def _pings(lab: OvnLab, source: str, address: str) -> bool:
    return "1 received" in lab.run(source, ["ping", "-n", "-c", "1", "-W", "1", address])


def _reaches(lab: OvnLab, address: str) -> bool:
    """Whether the carrier's router has an answer from an address before long; returns with the first one."""
    # It ends at once, too, when a router says that there is no way (yet).
    words = ["ping", "-n", "-c", "1", "-i", str(EVERY_S), "-w", str(round(WITHIN_S)), "-I", OUTSIDE, address]
    return _within(lambda: lab.lab.run(CARRIER, words, timeout_s=WITHIN_S + 10).returncode == 0)


def _received(lab: OvnLab, machine: str) -> int:
    """Packets that a machine's port has received so far."""
    # Not from /sys, which shows the chassis' ports.
    [link] = json.loads(lab.run(machine, ["ip", "-json", "-stats", "link", "show", "dev", "eth0"]))
    return int(link["stats64"]["rx"]["packets"])


def _outwards(lab: OvnLab, machine: str) -> FlowSpec:
    """A flow from a machine to the carrier's router."""
    party = lab.party(machine)
    assert isinstance(party, Machine)
    return FlowSpec(
        number=1,
        source=party.chassis,
        source_namespace=party.name,
        destination=CARRIER,
        destination_namespace=MAIN,
        source_address=party.address(),
        destination_address=OUTSIDE,
        listen_address=OUTSIDE,
        source_port=40_001,
        destination_port=40_001,
        packets_per_second=1000,
    )


def _active_gateway(lab: OvnLab) -> str:
    """The gateway node that most gateway ports are on."""
    rows = lab.central.sbctl("--bare", "--columns=chassis", "find", "Port_Binding", "type=chassisredirect").split()
    most = statistics.mode(rows)
    return lab.central.sbctl("get", "Chassis", most, "name").strip().strip('"')


def _loss(seen: FlowSummary, flow: FlowSpec) -> str:
    return f"{seen.lost} of {seen.sent} packets lost, {seen.lost / flow.packets_per_second:.2f} s"


def _within(holds: Callable[[], bool], seconds: float = WITHIN_S) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
