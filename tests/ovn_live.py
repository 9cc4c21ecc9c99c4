"""A cloud in OVN that runs: documents are compiled and written, machines are plugged in, packets are counted.

Beside the product's writer, with the tests' own reading of units (`ovn_contents`), so that it is the compiler that is
tested. `look` does what the writer does with what OVN says of interfaces.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from cloud_documents import REGION, Cloud
from crossconnect.cloud.addresses import gateway
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import Features, features_of
from crossconnect.cloud.realise.unit import Units
from crossconnect.cloud.region import CloudRegion
from crossconnect.lab.ovn import Machine, OvnLab
from crossconnect.net import parse
from crossconnect.transport.ovsdb.operations import by_uuid, delete, insert, mutate, update
from crossconnect.transport.ovsdb.schema import Schema, parse_schema
from ovn_contents import Contents
from ovn_scenes import forget

PATIENCE_S = 120.0


class Live:
    """One, in a lab. Its documents are in `cloud`."""

    def __init__(self, lab: OvnLab, region: CloudRegion = REGION) -> None:
        self.lab, self.cloud = lab, Cloud()
        self._schema = _schema(lab, "nb")
        self.features: Features = features_of(self._schema.has, southbound=True)
        self.compiler = Compiler(region, self.features)
        self._contents = Contents()
        path = lab.central.northbound.removeprefix("unix:")
        self._northbound = socket.socket(socket.AF_UNIX)
        self._northbound.connect(path)
        for key, value in self.compiler.options().items():
            lab.central.nbctl("set", "NB_Global", ".", f"options:{key}={value}")

    def write(self) -> None:
        """Compile what changed and write it."""
        self._write(self.compiler.apply(self.cloud.take()).units)

    def look(self) -> None:
        """Tell the compiler which interfaces are down or unwell, and write what is other by that."""
        central, find = self.lab.central, ("--bare", "--format=csv", "--no-headings")
        port = "Logical_Switch_Port"
        said = central.nbctl(*find, "--columns=external_ids", "find", port, "up=false")
        unwell = ""
        for status in ("offline", "error"):
            unwell += (
                central.sbctl(*find, "--columns=logical_port", "find", "Service_Monitor", f"status={status}") + " "
            )
            if self.features.port_health_check:
                words = ("--columns=options", "find", f"{port}_Health_Check", f"status={status}")
                said += " " + central.nbctl(*find, *words)
        down = set(re.findall(r"crossconnect:id=([\w-]+)", said))
        self._write(self.compiler.observe(down | set(unwell.split())).units)

    def _write(self, units: Units) -> None:
        operations = [*self._operations(units)]
        if operations:
            _transact(self._northbound, operations)
        self.lab.central.sync()
        if operations:
            forget(self.lab)

    def _operations(self, units: Units) -> Iterator[dict[str, Any]]:
        delta, table = self._contents.apply(units), self._schema.table
        for one in delta.delete:
            yield delete(table(one.table), by_uuid(one.uuid))
        for one in delta.insert:
            yield insert(table(one.table), one.columns, uuid=one.uuid)  # pyright: ignore
        for one in delta.update:
            yield update(table(one.table), by_uuid(one.uuid), one.columns)  # pyright: ignore
        for one in delta.mutate:
            changes = [(one.column, "delete", one.remove)] if one.remove else []
            changes += [(one.column, "insert", one.add)] if one.add else []
            yield mutate(table(one.table), by_uuid(one.uuid), changes)

    def plug(self, *names: str, chassis: str = "", bare: bool = False) -> None:
        """Plug machines into interfaces, each on its `host` or on `chassis`; `bare` ones have no address."""
        for name in names:
            port = self.cloud.documents[f"eni-{name}"]
            assert isinstance(port, NetworkInterface)
            subnet = self.cloud.documents[port.subnet_id]
            assert isinstance(subnet, Subnet)
            length = parse(subnet.cidr_block).length
            self.lab.plug(
                Machine(
                    name=name,
                    port=port.id,
                    chassis=chassis or port.host,
                    mac=port.mac,
                    addresses=() if bare else tuple(f"{a}/{length}" for a in port.private_addresses),
                    gateways=() if bare else (gateway(subnet.cidr_block),),
                )
            )
        self.lab.settle()


def _schema(lab: OvnLab, name: str) -> Schema:
    return parse_schema(Path(f"{lab.software.root}/usr/share/ovn/ovn-{name}.ovsschema").read_bytes())


def _transact(database: socket.socket, operations: list[dict[str, Any]]) -> list[Any]:
    asked = {"method": "transact", "params": ["OVN_Northbound", *operations], "id": 1}
    database.sendall(msgspec.json.encode(asked))
    text = b""
    while True:
        part = database.recv(1 << 20)
        assert part, "the northbound database's server ended"
        text += part
        try:
            answer = msgspec.json.decode(text)
        except msgspec.DecodeError:
            continue
        assert answer["error"] is None, answer["error"]
        bad = [one for one in answer["result"] if one and "error" in one]
        assert not bad, bad
        return answer["result"]


def comes_true(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Whether something is so in the end."""
    until = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
