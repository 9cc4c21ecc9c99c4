"""`access.yaml`: where devices are reached, as whom, and how they prove who they are. References only, no secrets.

    defaults: {user: xc, key: "file:/etc/xc/id_ed25519", known_hosts: known_hosts}
    systems:  {eos: {password: "env:EOS_PASSWORD", authorities: ca.pem}}
    devices:  {m-leaf1: {address: 192.0.2.7, port: 2222}}

What a device's own entry says counts, then its system's, then the defaults. Paths are seen from the file's directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import BadInput
from crossconnect.nos.registry import known
from crossconnect.transport.credentials import Credential, check_reference
from crossconnect.transport.target import Target

SIZE_MAX = 4 << 20
"""Octets: an entry for each of 10,000 devices is a quarter of it."""


class Way(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to a device, as far as this entry says."""

    address: str | None = None
    """IP address or name; none given: the management port's own."""
    port: int | None = None
    """None given: the protocol's own."""
    grpc_port: int | None = None
    """SR Linux by JSON-RPC: port of its gRPC server, which sends pings; none given: it sends none."""
    user: str | None = None
    """Account on the device."""
    password: str | None = None
    """Reference to its password."""
    key: str | None = None
    """Reference to a private key."""
    passphrase: str | None = None
    """Reference to the key's passphrase."""
    certificate: str | None = None
    """Path of the key's certificate."""
    known_hosts: str | None = None
    """Path of the file with host keys."""
    authorities: str | None = None
    """Path of the certificates that sign devices'."""
    server_name: str | None = None
    """Name in the device's certificate; none given: the address."""
    over: Literal["", "gnmi"] | None = None
    """`gnmi` for systems that have its commit-confirmed extension."""
    unchecked: bool | None = None
    """Take any host key or certificate: for laboratories."""


class Access(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    defaults: Way = Way()
    systems: Mapping[str, Way] = {}
    devices: Mapping[str, Way] = {}


def read_access(file: Path) -> Access:
    """BadInput where it cannot be used."""
    try:
        octets = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error
    if len(octets) > SIZE_MAX:
        raise BadInput(f"{file} has more than {SIZE_MAX} octets")
    try:
        access = msgspec.convert(yaml.safe_load(octets) or {}, Access)
    except (yaml.YAMLError, msgspec.ValidationError, RecursionError) as error:
        # Its value may be a secret that was written where a reference belongs: the place is said, not the line.
        mark = getattr(error, "problem_mark", None)
        words = f"line {mark.line + 1} is no YAML" if mark is not None else str(error)
        raise BadInput(f"{file}: {words}") from None
    if strange := sorted(set(access.systems).difference(known())):
        raise BadInput(f"{file}: there is no system {', '.join(strange)}; there are {', '.join(known())}")
    for where, way in (("defaults", access.defaults), *access.systems.items(), *access.devices.items()):
        for field in ("port", "grpc_port"):
            port: int | None = getattr(way, field)
            if port is not None and not 0 < port < 1 << 16:
                raise BadInput(f"{file}: {field} of {where}: {port} is not from 1 to 65535")
        for field in ("password", "key", "passphrase"):
            reference: str | None = getattr(way, field)
            if reference is not None:
                try:
                    check_reference(reference)
                except BadInput as error:
                    raise BadInput(f"{file}: {field} of {where}: {error}") from None
    return access


def target_of(access: Access, directory: Path, device: DeviceConfiguration) -> Target:
    """How a device is spoken to. BadInput where nothing says where it is, or as whom."""
    ways = (access.devices.get(device.name, Way()), access.systems.get(device.nos, Way()), access.defaults)

    def said(field: str) -> str:
        return next((value for way in ways if (value := getattr(way, field)) is not None), "")

    def path(field: str) -> str:
        return str(directory / found) if (found := said(field)) else ""

    own = (a for i in device.interfaces if i.kind == "management" for a in i.addresses)
    address = said("address") or next(own, "").partition("/")[0]
    user = said("user")
    if not address or not user:
        missing = "user" if address else "address: it has no management address in the design"
        raise BadInput(f"nothing says how {device.name} is reached: no {missing}; say it in the access file")
    return Target(
        device=device.name,
        nos=device.nos,
        address=address,
        port=int(said("port") or 0),
        grpc_port=int(said("grpc_port") or 0),
        credential=Credential(
            user=user,
            password=said("password"),
            key=said("key"),
            passphrase=said("passphrase"),
            certificate=path("certificate"),
        ),
        known_hosts=path("known_hosts"),
        authorities=path("authorities"),
        server_name=said("server_name"),
        over="gnmi" if said("over") == "gnmi" else "",
        unchecked=bool(said("unchecked")),
    )
