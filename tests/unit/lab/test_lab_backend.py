"""Which backend a blueprint gets on a machine, and with what reasons one is refused."""

from __future__ import annotations

import pytest

from crossconnect.lab.backend import Choice, Refusal, choose_backend, lab_features
from crossconnect.lab.host import PROBES, HostFacts
from regions import compiled, small

EVERYTHING = frozenset(PROBES)
PLAIN = frozenset({"namespace", "vxlan", "tcp-md5", "policy-routing"})
"""A kernel without VRF devices, bonds, 802.1Q and VLAN filtering, as this project was written on."""


def host(features: frozenset[str], namespaces: str = "", uml: str = "not installed") -> HostFacts:
    return HostFacts(root=True, namespaces=namespaces, features=features, missing_programs=(), uml=uml)


def features(**region: object) -> frozenset[str]:
    blueprint = compiled(small(**region)).blueprint  # type: ignore[arg-type]
    assert blueprint is not None
    return lab_features(blueprint)


def test_the_kernels_own_devices_are_preferred() -> None:
    assert choose_backend(features(), host(EVERYTHING)) == Choice(backend="kernel-vrf")


def test_namespaces_serve_where_the_kernel_has_no_vrf_devices() -> None:
    choice = choose_backend(features(), host(PLAIN))
    assert isinstance(choice, Choice)
    assert choice.backend == "namespace"
    assert any("VRF devices" in reason for reason in choice.passed_over["kernel-vrf"])


def test_ethernet_segments_go_to_user_mode_linux_where_the_kernel_has_no_bonds() -> None:
    choice = choose_backend(features(dual_homed=True), host(PLAIN, uml=""))
    assert isinstance(choice, Choice)
    assert choice.backend == "uml"


def test_ethernet_segments_are_refused_with_the_reason_of_every_backend() -> None:
    refusal = choose_backend(features(dual_homed=True), host(PLAIN))
    assert isinstance(refusal, Refusal)
    assert set(refusal.reasons) == {"kernel-vrf", "namespace", "uml"}
    assert "Ethernet segments" in refusal.text()
    assert "not installed" in refusal.text()


def test_leaking_between_vrfs_is_never_built_of_namespaces() -> None:
    refusal = choose_backend({"vrf", "vxlan", "vrf-leak"}, host(PLAIN), wanted="namespace")
    assert isinstance(refusal, Refusal)
    assert "wrong interface" in refusal.text()


def test_a_backend_asked_for_by_name_is_that_one_or_none() -> None:
    assert choose_backend(features(), host(EVERYTHING), wanted="namespace") == Choice(backend="namespace")
    assert isinstance(choose_backend(features(), host(PLAIN), wanted="kernel-vrf"), Refusal)


@pytest.mark.parametrize("reason", ["user namespaces are not to be had here"])
def test_without_namespaces_only_user_mode_linux_is_left(reason: str) -> None:
    assert choose_backend(features(), host(frozenset(), reason, uml="")) == Choice(
        backend="uml", passed_over={"kernel-vrf": (reason,), "namespace": (reason,)}
    )
    refusal = choose_backend(features(), host(frozenset(), reason))
    assert isinstance(refusal, Refusal)


def test_features_come_from_hosts_too() -> None:
    assert "host-bond" in features(dual_homed=True)
    assert "host-bond" not in features()
