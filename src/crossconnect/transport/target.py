"""Which device is spoken to, where, as whom, and how it proves who it is."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.transport.credentials import Credential


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A device as a driver is told of it. Checks of identity are on unless `unchecked` says otherwise."""

    device: str
    """Name in the region: what messages say."""
    nos: str
    """Its network operating system."""
    address: str
    """IP address or host name."""
    over: Literal["", "gnmi"] = ""
    """Another protocol than the one that the system's driver prefers."""
    port: int = 0
    """0 for the protocol's own: 22, 830, 443, and what each system has for gNMI."""
    grpc_port: int = 0
    """SR Linux by JSON-RPC: where its gRPC server listens, which sends pings; 0: it is not asked."""
    credential: Credential
    """As whom."""
    known_hosts: str = ""
    """SSH: path of the file (OpenSSH's format) that has the device's host key."""
    authorities: str = ""
    """TLS: path of a PEM file with the certificates that sign devices'; empty for the system's own."""
    server_name: str = ""
    """TLS: the name that the device's certificate is for; empty for `address`."""
    unchecked: bool = False
    """Take any host key or certificate. For laboratories."""

    @property
    def place(self) -> str:
        """How messages name it."""
        where = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.device} ({where}{f':{self.port}' if self.port else ''})"
