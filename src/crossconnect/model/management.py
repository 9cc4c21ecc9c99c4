"""Services of devices' management plane. Secrets are references (`env:NAME`, `file:PATH`), never secrets."""

from __future__ import annotations

from typing import Literal

import msgspec


class SnmpUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A user of SNMPv3, always with authentication and privacy (RFC 3414)."""

    name: str
    """Unique among SNMP users."""
    authentication: Literal["sha-1", "sha-256", "sha-512"] = "sha-256"
    """Authentication protocol (RFC 3414, 7860)."""
    authentication_secret: str
    """Reference to the passphrase of at least 8 characters."""
    privacy: Literal["aes-128", "aes-256"] = "aes-128"
    """Privacy protocol (RFC 3826)."""
    privacy_secret: str
    """Reference to the passphrase of at least 8 characters."""


class SnmpReceiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who gets notifications."""

    address: str
    """Its address."""
    user: str
    """SNMP user in whose name they are sent."""


class Snmp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """SNMPv3 agent, read only; versions 1 and 2c stay off."""

    users: tuple[SnmpUser, ...]
    """Who may read."""
    receivers: tuple[SnmpReceiver, ...] = ()
    """Who gets notifications."""
    location: str = ""
    """sysLocation."""
    contact: str = ""
    """sysContact."""


class Gnmi(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """gNMI server, with TLS."""

    port: int = 9339
    """TCP port (IANA: gnmi-gnoi)."""
    tls_profile: str = "gnmi"
    """Name that the server's certificate and key have on devices; how they get there is not configured here."""


class Netconf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """NETCONF over SSH (RFC 6242)."""

    port: int = 830
    """TCP port."""


class AaaServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A server that decides who may log in."""

    address: str
    """Its address."""
    protocol: Literal["tacacs", "radius"] = "tacacs"
    """TACACS+ (RFC 8907) or RADIUS (RFC 2865)."""
    port: int | None = None
    """Its port; none given: 49 or 1812."""
    secret: str
    """Reference to the shared secret."""
    timeout_s: int = 5
    """How long an answer is waited for."""


class Aaa(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Logins are decided by servers, in order; by local users only while no server answers."""

    servers: tuple[AaaServer, ...]
    """All of one protocol."""
    accounting: bool = False
    """Whether sessions and commands are reported to them."""


class User(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A local user of every device."""

    name: str
    """Unique among users."""
    role: Literal["administrator", "operator"] = "operator"
    """An operator may look and change nothing."""
    password: str = ""
    """Reference to the password's hash (`$6$...`, crypt(5)); none given: by key only."""
    ssh_keys: tuple[str, ...] = ()
    """Public keys, `ssh-ed25519 AAAA... comment`."""


class Collector(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where samples or flow records go, by UDP."""

    address: str
    """Its address."""
    port: int | None = None
    """Its port; none given: 6343 for sFlow, 4739 for IPFIX."""


class Sflow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """sFlow version 5, on all ports but the management port."""

    collectors: tuple[Collector, ...]
    """Who gets samples."""
    sample_rate: int = 10000
    """One packet in so many is sampled."""
    polling_s: int = 20
    """How often counters are sent."""


class Ipfix(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """IPFIX (RFC 7011), of what arrives on all ports but the management port."""

    collectors: tuple[Collector, ...]
    """Who gets flow records."""
    sample_rate: int = 1000
    """One packet in so many is looked at."""
    active_timeout_s: int = 60
    """A flow that goes on is reported so often."""
    idle_timeout_s: int = 15
    """A flow without packets for so long is reported as ended."""
