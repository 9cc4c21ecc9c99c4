"""The ways between VTEPs while nothing has failed: how long, and over how many equal-cost paths."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crossconnect.simulate.arrays import Paths
from crossconnect.simulate.attributes import LOCAL_WEIGHT, Attributes
from crossconnect.simulate.mesh import Mesh, mesh
from crossconnect.simulate.network import Network, Settled
from crossconnect.simulate.shortest_spread import ShortestSpread
from crossconnect.simulate.topology import DEFAULT


class Ways(NamedTuple):
    """Ways between VTEPs, as far as the fabric goes. VTEPs are numbered; `speakers` are theirs, `place` is the number
    by speaker, -1 for others, and `cap` is how many equal-cost paths a VTEP uses."""

    mesh: Mesh | None
    names: list[str]
    numbers: dict[str, int]
    speakers: NDArray[np.intp]
    place: NDArray[np.intp]
    cap: NDArray[np.int16]


def ways_between(network: Network, healthy: Settled, some: Collection[str] | None) -> Ways:
    """Ways between all VTEPs, or some."""
    topology = network.topology
    at = topology.speaker_at
    names = [d.name for d in topology.devices.values() if d.vtep and (d.name, DEFAULT) in at]
    if some is not None:
        names = [name for name in names if name in some]
    indexes = [at[(name, DEFAULT)] for name in names]
    speakers = np.array(indexes, np.intp)
    place = np.full(sum(speaker.vrf == DEFAULT for speaker in topology.speakers), -1, np.intp)
    place[speakers] = np.arange(len(names))
    return Ways(
        mesh=_mesh(network, healthy, names),
        names=names,
        numbers={name: number for number, name in enumerate(names)},
        speakers=speakers,
        place=place,
        cap=np.array([max(1, topology.speakers[s].bgp.maximum_paths) for s in indexes], np.int16),
    )


def _mesh(network: Network, healthy: Settled, vteps: Iterable[str]) -> Mesh | None:
    """The mesh of VTEPs; None where their routes are not decided by length and rank alone, or EVPN and the underlay do
    not go together."""
    visibility, spreads = healthy.overlay.visibility, healthy.spreads["l2vpn-evpn"]
    number = network.table.intern(Attributes(weight=LOCAL_WEIGHT))
    origins: list[int] = []
    found: list[Paths] = []
    for name in vteps:
        speaker = network.topology.speaker_at[(name, DEFAULT)]
        key, _ = visibility.class_of(speaker, number, network.topology.devices[name].vtep)
        settled = spreads.of(key)
        if key.valid is not None or not isinstance(settled, ShortestSpread):
            return None
        origins.append(speaker)
        found.append(settled.paths)
    if healthy.spreads["ipv4-unicast"] is not spreads or not found:
        return None
    together = Paths(np.stack([paths.level for paths in found]), np.stack([paths.via for paths in found]))
    return mesh(spreads.arrays, origins, together)
