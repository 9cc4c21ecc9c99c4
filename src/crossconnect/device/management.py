"""Services of the management plane, in OpenConfig's words (`system`, `sampling`). Secrets are references
(`env:NAME`, `file:PATH`): no configuration, plan or output has the secret itself."""

from __future__ import annotations

from typing import Literal

import msgspec


class SnmpUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user of SNMPv3 with authentication and privacy (RFC 3414, 3826, 7860); others are not configured."""

    name: str
    authentication: Literal["sha-1", "sha-256", "sha-512"]
    authentication_secret: str
    """Reference to the passphrase, 8 characters or more."""
    privacy: Literal["aes-128", "aes-256"]
    privacy_secret: str


class SnmpReceiver(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets notifications, sent in the name of a user."""

    address: str
    user: str


class Snmp(msgspec.Struct, frozen=True, kw_only=True):
    """SNMPv3 agent in the management VRF, read only; versions 1 and 2c stay off."""

    users: tuple[SnmpUser, ...]
    receivers: tuple[SnmpReceiver, ...] = ()
    location: str = ""
    contact: str = ""


class Gnmi(msgspec.Struct, frozen=True, kw_only=True):
    """gNMI server in the management VRF, with TLS. `tls_profile` names the certificate's profile on the device."""

    port: int
    tls_profile: str


class Netconf(msgspec.Struct, frozen=True, kw_only=True):
    """NETCONF over SSH in the management VRF (RFC 6242)."""

    port: int


class AaaServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is asked who may log in (TACACS+ RFC 8907, RADIUS RFC 2865)."""

    protocol: Literal["tacacs", "radius"]
    address: str
    port: int
    secret: str
    timeout_s: int


class Aaa(msgspec.Struct, frozen=True, kw_only=True):
    """Logins are decided by `servers` in order; by local users only when no server answers.

    With `accounting`, commands (TACACS+) and sessions are reported to them.
    """

    servers: tuple[AaaServer, ...]
    accounting: bool = False


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A local user. `password` refers to a hash as crypt(5) has it (`$6$...`), not to a password in clear."""

    name: str
    role: Literal["administrator", "operator"]
    """`operator` may look and change nothing."""
    password: str = ""
    """Empty: logs in by key only."""
    ssh_keys: tuple[str, ...] = ()
    """Public keys, `ssh-ed25519 AAAA... comment`."""


class Collector(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """Where samples or flow records go, from the management VRF by UDP."""

    address: str
    port: int


class Sflow(msgspec.Struct, frozen=True, kw_only=True):
    """sFlow version 5: one packet in `sample_rate` of each of `interfaces`, and their counters."""

    collectors: tuple[Collector, ...]
    sample_rate: int
    polling_s: int
    agent: str
    """Own address that samples carry: the loopback, by which the device is known."""
    interfaces: tuple[str, ...]


class Ipfix(msgspec.Struct, frozen=True, kw_only=True):
    """IPFIX (RFC 7011): flow records of one packet in `sample_rate` that arrive on `interfaces`."""

    collectors: tuple[Collector, ...]
    sample_rate: int
    active_timeout_s: int
    idle_timeout_s: int
    exporter: str
    """Own address that records carry: the loopback."""
    interfaces: tuple[str, ...]
