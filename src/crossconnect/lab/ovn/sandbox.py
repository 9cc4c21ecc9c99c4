"""OVN in a lab as a whole: bringing it up, machines in it, traffic between them, and taking it down.

with ovn_lab("shop") as lab:
    lab.central.nbctl("ls-add", "s1", ...)                      or a program of one's own at lab.central.northbound
    web = lab.plug(Machine(name="web1", port="web1", chassis="hv1", mac=..., addresses=("10.0.0.11/24",)))
    lab.central.sync()
    assert lab.ping("web1", "db1")
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from crossconnect.design.geneve import tenant_mtu
from crossconnect.errors import BadInput
from crossconnect.lab.flows import FlowSpec, FlowSummary, finish_flows, start_flows, summarise
from crossconnect.lab.handle import Lab, open_lab
from crossconnect.lab.lifecycle import down, up, up_plan
from crossconnect.lab.options import LabOptions
from crossconnect.lab.ovn import machine as machines
from crossconnect.lab.ovn.central import Central, CentralPlan
from crossconnect.lab.ovn.chassis import ChassisPlan
from crossconnect.lab.ovn.gateway_node import start_agent
from crossconnect.lab.ovn.machine import Machine
from crossconnect.lab.ovn.outside import Outside, add_outside
from crossconnect.lab.ovn.software import OvnSoftware, find_software
from crossconnect.lab.ovn.traffic import Connection, Party, Protocol, connect, passes, place
from crossconnect.lab.ovn.underlay import (
    DEFAULT_CHASSIS,
    FLAT_MTU,
    Chassis,
    Fabric,
    central_plan,
    fabric_chassis,
    fabric_gateways,
    fabric_plan,
    flat_chassis,
    flat_plan,
)
from crossconnect.lab.pings import Ping, PingResult, ping_matrix
from crossconnect.lab.runtime import Progress
from crossconnect.net import version_of

RECORD = "ovn.json"
PORTS, BINDINGS = "Logical_Switch_Port", "Port_Binding"
"""Tables of the northbound and southbound database."""
FLOW_PORT = 40_000


class OvnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`ovn.json` of a lab's run directory: what is needed to find its OVN again."""

    format_version: int = 1
    central: CentralPlan
    chassis: tuple[ChassisPlan, ...]
    machines: tuple[Machine, ...] = ()
    outside: tuple[Outside, ...] = ()


class OvnLab:
    """OVN in a lab that runs."""

    def __init__(self, lab: Lab, record: OvnRecord) -> None:
        self.lab = lab
        self.record = record
        self.central = Central(lab, record.central)

    @property
    def software(self) -> OvnSoftware:
        """What it runs."""
        return self.record.central.software

    @property
    def tenant_mtu(self) -> int:
        """What tunnels between any two of its chassis leave to tenants."""
        return min(tenant_mtu(plan.tunnels.mtu, version_of(plan.tunnels.addresses[0])) for plan in self.record.chassis)

    def chassis(self, name: str) -> ChassisPlan:
        """A chassis. Raises BadInput where there is none of that name."""
        for plan in self.record.chassis:
            if plan.name == name:
                return plan
        raise BadInput(f"lab {self.lab.name} has no chassis {name!r}")

    @property
    def routers(self) -> tuple[str, ...]:
        """Nodes that are routing halves of gateway nodes."""
        return tuple(plan.router for plan in self.record.chassis if plan.router)

    def party(self, name: str) -> Party:
        """A machine, or one outside. Raises BadInput where there is none of that name."""
        for party in (*self.record.machines, *self.record.outside):
            if party.name == name:
                return party
        raise BadInput(f"lab {self.lab.name} has no machine {name!r}")

    # --- machines -----------------------------------------------------------------------------------------------------

    def plug(self, machine: Machine) -> Machine:
        """Make a machine and plug it into OVN; `central.sync` says when it is realised."""
        self._free(machine.name)
        self.chassis(machine.chassis)
        machines.plug(self.lab, self.software, machine, machine.mtu or self.tenant_mtu)
        self._write(machines=(*self.record.machines, machine))
        return machine

    def unplug(self, name: str) -> None:
        """Take a machine away."""
        machine = self._machine(name)
        machines.unplug(self.lab, self.software, machine)
        self._write(machines=tuple(m for m in self.record.machines if m.name != name))

    def move(self, name: str, chassis: str) -> Machine:
        """Take a machine away and make it again, with what it had, on another chassis."""
        moved = msgspec.structs.replace(self._machine(name), chassis=chassis)
        self.chassis(chassis)
        self.unplug(name)
        return self.plug(moved)

    def dhcp(self, name: str) -> dict[str, str]:
        """Let a machine ask for an IPv4 address; returns its lease (see `ask_dhcp`), which it has from then on."""
        machine = self._machine(name)
        lease = machines.ask_dhcp(self.lab, machine)
        others = tuple(a for a in machine.addresses if version_of(a) == 6)
        renewed = msgspec.structs.replace(machine, addresses=(lease["address"], *others))
        self._write(machines=tuple(renewed if m.name == name else m for m in self.record.machines))
        return lease

    def outside(self, outside: Outside) -> Outside:
        """Make a machine on a provider network of a flat underlay."""
        self._free(outside.name)
        if not any(port.interface == outside.network for plan in self.record.chassis for port in plan.networks):
            raise BadInput(f"no chassis is plugged into a provider network {outside.network!r} of this lab's own")
        add_outside(self.lab, outside, len(self.record.outside))
        self._write(outside=(*self.record.outside, outside))
        return outside

    def settle(self) -> None:
        """Wait until the port of every machine is up, every gateway port is on some chassis, and every chassis has
        realised all that the northbound database says; `central.sync` alone may return before a port that was just
        plugged in is claimed. Raises Rejected when that takes 90 s: a machine's port does not exist, or its
        chassis does not work."""
        ports = [word for m in self.record.machines for word in ("--", "wait-until", PORTS, m.port, "up=true")]
        if ports:
            self.central.nbctl(*ports)
        self.central.sync()
        gateways = self.central.sbctl("--bare", "--columns=logical_port", "find", BINDINGS, "type=chassisredirect")
        bound = [word for port in gateways.split() for word in ("--", "wait-until", BINDINGS, port, "chassis!=[]")]
        if bound:
            self.central.sbctl(*bound)

    def run(self, name: str, argv: Sequence[str], timeout_s: float = 30.0) -> str:
        """Run a command in a machine, and return what it wrote to either stream, whatever its exit code."""
        node, namespace = place(self.party(name))
        done = self.lab.run(node, ["nsenter", f"--net=/run/netns/{namespace}", *argv], timeout_s=timeout_s)
        return done.stdout + done.stderr

    # --- traffic ------------------------------------------------------------------------------------------------------

    def ping(self, source: str, destination: str, *, version: int = 4, attempts: int = 3) -> bool:
        """Whether a machine's name, or an address, answers a machine."""
        return self.pings([(source, destination)], version=version, attempts=attempts)[0].answered

    def pings(
        self, pairs: Sequence[tuple[str, str]], *, version: int = 4, attempts: int = 3, timeout_s: float = 0.6
    ) -> tuple[PingResult, ...]:
        """Who answers whom, all at once: pairs of a machine, and a machine or an address."""
        asked: list[Ping] = []
        for source, destination in pairs:
            party = self.party(source)
            node, namespace = place(party)
            target = self._address(destination, version)
            own = party.address(version_of(target))
            ping = Ping(
                node=node, namespace=namespace, source=own, destination=target, name=f"{source} > {destination}"
            )
            asked.append(ping)
        return ping_matrix(self.lab, asked, attempts=attempts, timeout_s=timeout_s)

    def connect(
        self,
        source: str,
        destination: str | Sequence[str],
        port: int,
        protocol: Protocol = "tcp",
        *,
        to: str = "",
        timeout_s: float = 2.0,
    ) -> Connection:
        """Whether a machine gets a connection to one of those that listen on a port.

        `to` is the address that it connects to, where that is not the machine's own: an elastic IP, a load balancer's;
        `address:port` (`[address]:port`) where the port differs too.
        """
        names = [destination] if isinstance(destination, str) else list(destination)
        address, outer = _target(to, port) if to else (self._address(names[0], 4), port)
        listeners = [self.party(name) for name in names]
        target = (address, outer, protocol)
        return connect(self.lab, self.party(source), listeners, target, listen_port=port, timeout_s=timeout_s)

    def passes(self, source: str, destination: str, size: int, *, version: int = 4) -> bool:
        """Whether an IP packet of that many octets gets from a machine to another (or an address), unfragmented."""
        return passes(self.lab, self.party(source), self._address(destination, version), size)

    def flow(
        self, source: str, destination: str, packets_per_second: int = 200, *, to: str = "", number: int = 1
    ) -> FlowSpec:
        """A UDP flow between two machines, for `measure` or `lab.start_flows`; `to` as in `connect`."""
        sender, receiver = self.party(source), self.party(destination)
        version = version_of(to) if to else 4 if any(version_of(a) == 4 for a in receiver.addresses) else 6
        (source_node, source_namespace), (node, namespace) = place(sender), place(receiver)
        return FlowSpec(
            number=number,
            source=source_node,
            source_namespace=source_namespace,
            destination=node,
            destination_namespace=namespace,
            source_address=sender.address(version),
            destination_address=to or receiver.address(version),
            listen_address=receiver.address(version),
            source_port=FLOW_PORT + number,
            destination_port=FLOW_PORT + number,
            packets_per_second=packets_per_second,
        )

    def measure(
        self, flows: Sequence[FlowSpec], duration_s: float, meanwhile: Callable[[], object] | None = None
    ) -> tuple[FlowSummary, ...]:
        """Run flows, do something when they are under way, and say what was lost."""
        run = start_flows(self.lab, flows, duration_s)
        try:
            if meanwhile:
                meanwhile()
        except BaseException:
            run.abort()
            raise
        return tuple(summarise(trace) for trace in finish_flows(run))

    def _address(self, destination: str, version: int) -> str:
        known = {party.name: party for party in (*self.record.machines, *self.record.outside)}
        return known[destination].address(version) if destination in known else destination

    def _machine(self, name: str) -> Machine:
        for machine in self.record.machines:
            if machine.name == name:
                return machine
        raise BadInput(f"lab {self.lab.name} has no machine {name!r}")

    def _free(self, name: str) -> None:
        if any(name == party.name for party in (*self.record.machines, *self.record.outside)):
            raise BadInput(f"lab {self.lab.name} has a machine {name!r} already")

    def _write(self, **changed: object) -> None:
        self.record = msgspec.structs.replace(self.record, **changed)
        write_record(self.lab.directory, self.record)


@contextlib.contextmanager
def ovn_lab(
    name: str,
    chassis: Sequence[Chassis] = DEFAULT_CHASSIS,
    *,
    software: OvnSoftware | None = None,
    fabric: Fabric | None = None,
    members: int = 1,
    run_root: str = "",
) -> Iterator[OvnLab]:
    """A lab for as long as the block runs; it is removed however the block ends. See `start_ovn_lab`."""
    lab = start_ovn_lab(LabOptions(name=name, run_root=run_root), chassis, software, fabric, members=members)
    try:
        yield lab
    finally:
        down(name, run_root)


def start_ovn_lab(
    options: LabOptions,
    chassis: Sequence[Chassis] = DEFAULT_CHASSIS,
    software: OvnSoftware | None = None,
    fabric: Fabric | None = None,
    *,
    members: int = 1,
    secrets: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> OvnLab:
    """Bring OVN up, on one bridge or over a region's fabric; `lab.down` removes it as any lab.

    `software`: by default what `XC_OVN` says. Raises BadInput for chassis that cannot be, Unsupported where programs
    are missing or the machine cannot do it, and what `lab.up` raises.
    """
    central = central_plan(software or find_software(), members)
    if fabric is None:
        plans = flat_chassis(chassis, central, FLAT_MTU)
        running = up_plan(flat_plan(central, plans, options.name), options, progress)
    else:
        plans = fabric_chassis(chassis, central, fabric)
        gateways = fabric_gateways(plans, central, fabric, secrets or {})
        # Other backends would need ports of Open vSwitch that are bonds, or VLAN devices of one port.
        options = msgspec.structs.replace(options, backend="namespace", lldp=False)
        running = up(
            fabric.blueprint,
            options,
            secrets=secrets,
            progress=progress,
            extend=lambda plan: fabric_plan(plan, central, plans, gateways),
        )
    record = OvnRecord(central=central, chassis=plans)
    try:
        write_record(running.directory, record)
        lab = OvnLab(running, record)
        lab.central.wait_ready([plan.name for plan in plans])
        for router in lab.routers:
            start_agent(running, router)
    except BaseException:
        if not options.keep:
            down(options.name, options.run_root)
        raise
    return lab


def open_ovn_lab(name: str, run_root: str = "") -> OvnLab:
    """The OVN of a lab that runs, from any process. Raises BadInput when there is none."""
    lab = open_lab(name, run_root)
    try:
        record = msgspec.json.decode((lab.directory / RECORD).read_bytes(), type=OvnRecord)
    except FileNotFoundError:
        raise BadInput(f"lab {name} has no OVN") from None
    return OvnLab(lab, record)


def write_record(directory: Path, record: OvnRecord) -> None:
    """Replace `ovn.json` in one step."""
    temporary = directory / f"{RECORD}.new"
    temporary.write_text(json.dumps(msgspec.to_builtins(record), indent=1), encoding="utf-8")
    temporary.replace(directory / RECORD)


def _target(text: str, port: int) -> tuple[str, int]:
    """`address`, `address:port`, `[address]:port`."""
    if text.startswith("["):
        address, _, own = text[1:].partition("]")
        return address, int(own.removeprefix(":") or port)
    if text.count(":") == 1:
        address, _, own = text.partition(":")
        return address, int(own)
    return text, port
