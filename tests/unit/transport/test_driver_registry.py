"""The driver of a device by its system, and by the protocol that its target asks for."""

from __future__ import annotations

import msgspec
import pytest

from crossconnect.errors import Unsupported
from crossconnect.nos.registry import known
from crossconnect.transport.credentials import Credential
from crossconnect.transport.drivers.registry import driver
from crossconnect.transport.drivers.srlinux import SrLinuxDriver
from crossconnect.transport.drivers.srlinux_gnmi import SrLinuxGnmiDriver
from crossconnect.transport.target import Target

TARGET = Target(device="leaf1", nos="srlinux", address="192.0.2.1", credential=Credential(user="rollout"))


@pytest.mark.parametrize("nos", sorted({"eos", "frr", "junos", "nxos", "sonic", "srlinux"} & set(known())))
def test_every_system_has_a_driver(nos: str) -> None:
    made = driver(msgspec.structs.replace(TARGET, nos=nos))
    for method in ("prepare", "load", "verify", "confirm", "cancel", "invert", "restore", "give", "look", "ask"):
        assert callable(getattr(made, method))


def test_gnmi_where_a_target_asks_for_it() -> None:
    assert isinstance(driver(TARGET), SrLinuxDriver)
    over = msgspec.structs.replace(TARGET, over="gnmi")
    assert isinstance(driver(over), SrLinuxGnmiDriver)
    with pytest.raises(Unsupported, match="no driver for eos over gNMI"):
        driver(msgspec.structs.replace(over, nos="eos"))


def test_a_system_without_a_driver() -> None:
    with pytest.raises(Unsupported, match="no driver for ios"):
        driver(msgspec.structs.replace(TARGET, nos="ios"))
