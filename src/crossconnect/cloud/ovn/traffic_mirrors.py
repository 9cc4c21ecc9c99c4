"""Traffic mirroring."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.traffic_mirror import TrafficMirror
from crossconnect.cloud.logical.interfaces import port_name, port_of
from crossconnect.cloud.logical.queries import Unrealisable
from crossconnect.cloud.ovn.parts import Part, adds, row, unit
from crossconnect.cloud.ovn.ports import PORT
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of

FILTERS = {"ingress": "to-lport", "egress": "from-lport", "both": "both"}
"""OVN looks from the switch."""


@unit
def mirror(q: Queries, id: str) -> Iterator[Part]:
    """`Mirror` of type `lport` at the source's `Logical_Switch_Port`. OVN before 25.03 mirrors only into tunnels that
    end outside of OVN: refused there."""
    mirror = q.need(TrafficMirror, id)
    if not q.features.mirror_lport:
        raise Unrealisable("this OVN mirrors into GRE or ERSPAN tunnels of the provider's only; interfaces need 25.03")
    source = q.ask(port_of, mirror.source_network_interface_id)
    target = q.ask(port_of, mirror.target_network_interface_id)
    yield row(
        "Mirror", id, id, name=id, filter=FILTERS[mirror.direction], sink=port_name(target), type="lport", index=0
    )
    yield adds(PORT, source.id, "mirror_rules", uuid_of("Mirror", id))
