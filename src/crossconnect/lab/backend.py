"""Which backend can build a blueprint on a machine, or why none can. Nothing is approximated in silence.

namespace    VRFs as network namespaces, tags as links of their own: needs veth, bridge, VXLAN and nothing more
kernel-vrf   VRF devices, 802.1Q, bonds, one VLAN-aware bridge, as a switch has them
uml          the kernel-vrf backend inside user-mode-linux, where this kernel has not what it needs
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.lab.host import HostFacts
from crossconnect.lab.options import BackendName
from crossconnect.nos.frr import FEATURES, required_features

ORDER: tuple[BackendName, ...] = ("kernel-vrf", "namespace", "uml")
"""What is tried first: the one nearest to hardware that runs at the machine's own speed."""

_NEEDS_KERNEL = {
    "bond": "LACP bonds",
    "ethernet-segment": "Ethernet segments (EVPN multihoming)",
    "vlan-aware-bridge": "a VLAN-aware bridge",
    "vrf-leak": "VRF leaking: FRR's routes between namespaces look installed, and forward to the wrong interface",
}
"""Features that the namespace backend has no faithful form of."""

_KERNEL_PROBES = {
    "vrf": "vrf-device",
    "bond": "bond",
    "ethernet-segment": "bond",
    "vlan-aware-bridge": "vlan-aware-bridge",
    "vlan-subinterface": "vlan-device",
    "tagged-port": "vlan-device",
    "vxlan": "vxlan",
    "tcp-md5": "tcp-md5",
    "host-bond": "bond",
    "host-vlan": "vlan-device",
    "policy-routing": "policy-routing",
    "bridge-domain": "vlan-aware-bridge",
    "bridge-irb": "vlan-device",
}
"""Feature -> what the kernel must have for the kernel-vrf backend."""

_NAMESPACE_PROBES = {"vxlan": "vxlan", "tcp-md5": "tcp-md5", "policy-routing": "policy-routing"}

_LAB_FEATURES = {
    "host-bond": "servers with two cables",
    "host-vlan": "servers with tagged segments",
    "policy-routing": "servers in several VRFs",
    "bridge-domain": "bridge domains",
    "bridge-irb": "IRB interfaces",
}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """No backend can do it: why not, by backend."""

    reasons: dict[str, tuple[str, ...]]

    def text(self) -> str:
        """All reasons, one line each."""
        return "\n".join(f"{backend}: {reason}" for backend, all_ in self.reasons.items() for reason in all_)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The backend to use, and why those before it were passed over."""

    backend: BackendName
    passed_over: dict[str, tuple[str, ...]] = {}


def lab_features(blueprint: Blueprint) -> frozenset[str]:
    """Everything that a lab of the blueprint needs: its devices' features, and its servers' and peers'."""
    needed: set[str] = set()
    for device in blueprint.devices:
        needed |= required_features(device)
        if device.mlag is not None:
            needed.add("mlag")
        if any(i.kind == "mac-vrf" for i in device.network_instances):
            needed.add("bridge-domain")
        if any(i.kind == "irb" for i in device.interfaces):
            needed.add("bridge-irb")
    for host in blueprint.hosts:
        if len(host.ports) > 1:
            needed.add("host-bond")
        if any(e.tagged for e in host.endpoints):
            needed.add("host-vlan")
        if sum(1 for e in host.endpoints if e.gateways) > 1:
            needed.add("policy-routing")
    return frozenset(needed)


def choose_backend(features: Iterable[str], host: HostFacts, wanted: BackendName | None = None) -> Choice | Refusal:
    """The first backend that can do all of `features`; only `wanted`, where given."""
    needed = sorted(features)
    reasons: dict[str, tuple[str, ...]] = {}
    for backend in (wanted,) if wanted else ORDER:
        found = _objections(backend, needed, host)
        if not found:
            return Choice(backend=backend, passed_over=reasons)
        reasons[backend] = tuple(found)
    return Refusal(reasons=reasons)


def _objections(backend: BackendName, needed: list[str], host: HostFacts) -> list[str]:
    if "mlag" in needed:
        return ["it has no MLAG: FRR and Linux have none, each vendor has its own; simulate it"]
    if backend == "uml":
        return [host.uml] if host.uml else []
    if host.namespaces:
        return [host.namespaces]
    found = [f"the program {name} is missing" for name in host.missing_programs]
    if "namespace" not in host.features:
        found.append("this kernel has no veth pairs or no bridges")
    if backend == "namespace":
        found += [f"it cannot do {_NEEDS_KERNEL[name]}" for name in needed if name in _NEEDS_KERNEL]
        if "host-bond" in needed and "bond" not in needed:
            found.append("it cannot do servers with two cables (LACP bonds)")
        probes = _NAMESPACE_PROBES
    else:
        probes = _KERNEL_PROBES
    lacking: dict[str, list[str]] = {}
    for name in needed:
        probe = probes.get(name)
        if probe and probe not in host.features:
            lacking.setdefault(probe, []).append(_LAB_FEATURES.get(name) or FEATURES.get(name, name))
    found += [
        f"this kernel has no {_PROBE_NAMES[probe]}, needed for {'; '.join(why)}" for probe, why in lacking.items()
    ]
    return found


_PROBE_NAMES = {
    "vrf-device": "VRF devices",
    "bond": "bonds",
    "vlan-device": "802.1Q devices",
    "vlan-aware-bridge": "VLAN filtering in bridges",
    "vxlan": "VXLAN",
    "tcp-md5": "TCP MD5 signatures",
    "policy-routing": "policy routing",
}
