"""A device of each system as a model behind real HTTPS, and a change for it: for tests of drivers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from certificates import Authority
from crossconnect.nos.eos.names import MAIN as EOS_MAIN
from crossconnect.nos.nxos.names import MAIN as NXOS_MAIN
from crossconnect.nos.registry import system
from crossconnect.nos.srlinux.tree import MAIN as SRL_MAIN
from crossconnect.transport.change import Change, Driver
from crossconnect.transport.credentials import Credential
from crossconnect.transport.drivers.eos import EosDriver
from crossconnect.transport.drivers.nxos import NxosDriver
from crossconnect.transport.drivers.srlinux import SrLinuxDriver
from crossconnect.transport.drivers.srlinux_gnmi import SrLinuxGnmiDriver
from crossconnect.transport.target import Target
from eos_model import Eos
from gnmi_peer import PeerProcess
from https_peer import PASSWORD, USER, HttpsPeer
from nxos_model import Nxos
from srlinux_model import SrLinux

SECRET = "Tr0ub4dor"
SYSTEMS = ("eos", "eos-4.31", "srlinux", "nxos")

_EOS_OLD = """hostname leaf1
vlan 100
   name blue
interface Ethernet1
   description to spine1
   ip address 10.0.0.1/31
router bgp 65001
   router-id 10.255.0.1
"""
_EOS_NEW = f"""hostname leaf1
vlan 100
   name blue
vlan 200
   name green
interface Ethernet1
   description to spine1
   ip address 10.0.0.1/31
router bgp 65001
   neighbor 10.0.0.0 password 0 {SECRET}
   router-id 10.255.0.1
"""
_NXOS_OLD = """hostname leaf1
vlan 100
  name blue
interface Ethernet1/1
  description to spine1
  ip address 10.0.0.1/31
router bgp 65001
  router-id 10.255.0.1
"""
_NXOS_NEW = f"""hostname leaf1
vlan 100
  name blue
vlan 200
  name green
interface Ethernet1/1
  description to spine1
  ip address 10.0.0.1/31
router bgp 65001
  neighbor 10.0.0.0
    password 0 {SECRET}
    remote-as 65000
  router-id 10.255.0.1
"""
_SRL_OLD = {
    "interface": [{"name": "ethernet-1/1", "description": "to spine1"}],
    "system": {"name": {"host-name": "leaf1"}},
}
_SRL_NEW = {
    "interface": [{"name": "ethernet-1/1", "description": "to spine1"}, {"name": "lo0", "admin-state": "enable"}],
    "network-instance": [
        {
            "name": "default",
            "protocols": {"bgp": {"group": [{"group-name": "up", "authentication": {"password": SECRET}}]}},
        }
    ],
    "system": {"name": {"host-name": "leaf1"}},
}
_TEXTS = {
    "eos": (_EOS_OLD, _EOS_NEW),
    "nxos": (_NXOS_OLD, _NXOS_NEW),
    "srlinux": (json.dumps(_SRL_OLD), json.dumps(_SRL_NEW)),
}
_MAIN = {"eos": EOS_MAIN, "nxos": NXOS_MAIN, "srlinux": SRL_MAIN}
_DRIVERS: dict[str, Callable[[Target], Driver]] = {"eos": EosDriver, "nxos": NxosDriver, "srlinux": SrLinuxDriver}


class GnmiWorld:
    """The gNMI peer with SR Linux's configuration: the same questions as `World`'s, asked over gNMI."""

    def __init__(self, directory: Path) -> None:
        authority = Authority(directory, "authority-gnmi")
        old, new = _TEXTS["srlinux"]
        (directory / "startup.json").write_text(old)
        self.peer = PeerProcess(directory, *authority.certificate("leaf1", "127.0.0.1"))
        self.startup = directory / "startup.json"
        self.old, self.new = json.loads(old), json.loads(new)
        self.change = change_of("srlinux", old, new)
        self.target = Target(
            device="leaf1",
            nos="srlinux",
            address="127.0.0.1",
            port=self.peer.port,
            authorities=str(authority.path),
            credential=Credential(user=USER, password="env:DEVICE_PASSWORD"),
        )

    def do(self, work: Callable[[Driver], Coroutine[Any, Any, Any]]) -> Any:
        """Do something with a driver that is connected."""

        async def run() -> Any:
            async with SrLinuxGnmiDriver(self.target) as driver:
                return await work(driver)

        return asyncio.run(run())

    @property
    def boots(self) -> Any:
        return json.loads(self.startup.read_text())


class World:
    """A model, its server, and what a driver needs to know of them."""

    def __init__(self, which: str, directory: Path, name: str = "leaf1") -> None:
        nos = which.partition("-")[0]
        authority = Authority(directory, f"authority-{name}")
        old, new = _TEXTS[nos]
        self.nos = nos
        self.model: Any = {
            "eos": lambda: Eos(old, old_form=which == "eos-4.31"),
            "nxos": lambda: Nxos(old),
            "srlinux": lambda: SrLinux(old),
        }[nos]()
        self.peer = HttpsPeer(
            lambda path, body: self.model.handle(path, body), *authority.certificate(name, "127.0.0.1")
        )
        self.target = Target(
            device=name,
            nos=nos,
            address="127.0.0.1",
            port=self.peer.port,
            authorities=str(authority.path),
            credential=Credential(user=USER, password="env:DEVICE_PASSWORD"),
        )
        self.change = change_of(nos, old, new)
        self.old, self.new = self._shown(old), self._shown(new)

    def _shown(self, text: str) -> str:
        """A configuration as the model shows it when it runs it."""
        other = type(self.model)(text)
        shown = other.configuration()
        if self.nos == "nxos":
            hashed = Nxos("")
            for line in ("configure terminal", f"password 0 {SECRET}"):
                hashed.run(line)
            shown = shown.replace(f"password 0 {SECRET}", next(iter(hashed.running)))
        return shown

    @property
    def running(self) -> str:
        return self.model.configuration()

    @property
    def boots(self) -> str:
        """What it would run after a reboot."""
        other = type(self.model)("{}" if self.nos == "srlinux" else "")
        other.startup = self.model.startup
        other.reboot()
        return other.configuration()

    def driver(self) -> Driver:
        return _DRIVERS[self.nos](self.target)

    def do(self, work: Callable[[Driver], Coroutine[Any, Any, Any]]) -> Any:
        """Do something with a driver that is connected."""

        async def run() -> Any:
            async with self.driver() as driver:
                return await work(driver)

        return asyncio.run(run())

    def close(self) -> None:
        self.peer.close()


def change_of(nos: str, old: str, new: str) -> Change:
    """The change from one text to the other, in the system's own commands."""
    of = system(nos)
    main = _MAIN[nos]
    trees = [{main: of.parse(main, text)} for text in (old, new)]
    return Change(
        name="xc-1a2b3c4d",
        commands=of.difference(trees[0], trees[1]),
        undo=of.difference(trees[1], trees[0]),
        old={main: old},
        new={main: new},
    )


__all__ = ["PASSWORD", "SECRET", "SYSTEMS", "GnmiWorld", "World", "change_of"]
