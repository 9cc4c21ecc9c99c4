"""Bindings of a port: the hypervisor that has it, and a second one while its machine moves there (Nova's live
migration)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.kinds.network_interface import NetworkInterface, NetworkInterfacePatch
from crossconnect.cloud.neutron import render
from crossconnect.cloud.neutron.errors import absent, bad
from crossconnect.cloud.neutron.facts import answer
from crossconnect.cloud.neutron.ports import INTERFACE, Ports
from crossconnect.cloud.neutron.requests import Reader, parsed
from crossconnect.cloud.resource import conflict

Handler = Callable[[Call], Awaitable[Answer]]


class Bindings:
    """Two at most: an active one, and an inactive one beside it."""

    def __init__(self, ports: Ports) -> None:
        """Over ports."""
        self._ports = ports

    async def list(self, call: Call) -> Answer:
        """GET of all of them, or of those on some hosts."""
        interface = await self._ports.interface(call, call.id)
        hosts = [host for host in _hosts(interface) if host in call.query.get("host", (host,))]
        return answer({"bindings": [render.binding(interface, host) for host in hosts]})

    async def show(self, call: Call) -> Answer:
        """GET of one."""
        return answer({"binding": render.binding(await self._bound(call), call.name)})

    async def create(self, call: Call) -> Answer:
        """POST of one: the active one where there is none, or an inactive one."""
        call.reached = True
        interface = await self._ports.interface(call, call.id)
        wishes, many = parsed(call.body, "binding", "bindings")
        reader = Reader(wishes[0], call.project_id)
        host = reader.text("host")
        reader.only("vnic_type", "normal", why="ports are on Open vSwitch")
        reader.object("profile")
        reader.end()
        if many or not host:
            raise bad("a binding has a host", "host")
        if host in _hosts(interface):
            raise conflict("port-binding.exists", f"port {call.id} has a binding on {host}")
        if interface.standby_host:
            message = f"port {call.id} is on its way to {interface.standby_host}: activate or delete that binding"
            raise conflict("port-binding.second", message)
        patch = NetworkInterfacePatch(standby_host=host) if interface.host else NetworkInterfacePatch(host=host)
        changed = await self._change(call, interface, patch)
        return answer({"binding": render.binding(changed, host)}, status=201)

    async def update(self, call: Call) -> Answer:
        """PUT of one, of which nothing can be other."""
        interface = await self._bound(call)
        wishes, _ = parsed(call.body, "binding", "bindings")
        reader = Reader(wishes[0], call.project_id)
        reader.only("host", call.name, why="a binding is its host's")
        reader.only("vnic_type", "normal", why="ports are on Open vSwitch")
        reader.object("profile")
        reader.end()
        return answer({"binding": render.binding(interface, call.name)})

    async def activate(self, call: Call) -> Answer:
        """PUT of `activate`: the machine has moved, and where it was is inactive."""
        call.reached = True
        interface = await self._bound(call)
        if interface.host == call.name:
            raise conflict("port-binding.active", f"the binding of port {call.id} on {call.name} is active")
        patch = NetworkInterfacePatch(host=call.name, standby_host=interface.host)
        return answer({"binding": render.binding(await self._change(call, interface, patch), call.name)})

    async def delete(self, call: Call) -> Answer:
        """DELETE of one; of the active one where there is no other."""
        call.reached = True
        interface = await self._bound(call)
        if interface.host == call.name and interface.standby_host:
            message = f"the binding on {call.name} is active: activate that on {interface.standby_host} first"
            raise conflict("port-binding.in-use", message)
        gone = NetworkInterfacePatch(standby_host="")
        await self._change(call, interface, NetworkInterfacePatch(host="") if interface.host == call.name else gone)
        return Answer(status=204)

    async def _bound(self, call: Call) -> NetworkInterface:
        """The port, which is bound on the host that the path names."""
        interface = await self._ports.interface(call, call.id)
        if call.name not in _hosts(interface):
            raise absent("port-binding", f"of port {call.id} on {call.name}")
        return interface

    async def _change(self, call: Call, interface: NetworkInterface, patch: NetworkInterfacePatch) -> NetworkInterface:
        outcome = await self._ports.service.update(INTERFACE, call.caller, interface.id, patch)
        found: NetworkInterface = await self._ports.settled(INTERFACE, call, outcome)
        return found


def _hosts(interface: NetworkInterface) -> Sequence[str]:
    return [host for host in (interface.host, interface.standby_host) if host]
