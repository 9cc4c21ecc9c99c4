"""What becomes of ports: interfaces, with the addresses that Neutron's words ask for and no others."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.decisions import network_interface
from crossconnect.cloud.kinds.network_interface import NetworkInterface, NetworkInterfaceBody
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.neutron.decisions.project import refuse
from crossconnect.cloud.neutron.ids import uuid_of
from crossconnect.cloud.neutron.kinds import NeutronNetwork, NeutronPortBody
from crossconnect.cloud.resource import Change, missing
from crossconnect.cloud.view import Context, View


def create(body: NeutronPortBody, view: View, context: Context) -> Change:
    """A port. `versions` are the IP versions that it is to have; none: those of the network."""
    subnet = view.get(Subnet, f"subnet-{body.digits}")
    if subnet is None:
        if view.get(NeutronNetwork, f"nnet-{body.digits}") is None:
            raise missing("network", f"nnet-{body.digits}", "/network_id")
        raise refuse("port-no-subnet", "the network has no subnet, and a port has an address", "/network_id")
    wish = NetworkInterfaceBody(
        name=body.name,
        description=body.description,
        tags=body.tags,
        subnet_id=subnet.id,
        private_addresses=body.private_addresses,
        ipv6_addresses=body.ipv6_addresses,
        security_group_ids=body.security_group_ids,
        mac=body.mac,
        allowed_address_pairs=body.allowed_address_pairs,
        device_id=body.device_id,
        host=body.host,
    )
    change = network_interface.create(wish, view, context)
    port = change.put[0]
    assert isinstance(port, NetworkInterface)
    port = msgspec.structs.replace(port, iface_id=uuid_of("port", port.id))
    claims = change.claims
    if body.versions and 6 not in body.versions and port.ipv6_addresses:
        port = msgspec.structs.replace(port, ipv6_addresses=())
        claims = tuple(claim for claim in claims if claim.scope != f"{subnet.id}/6")
    if body.versions and 4 not in body.versions and port.private_addresses:
        port = msgspec.structs.replace(port, private_addresses=())
        claims = tuple(claim for claim in claims if claim.scope != f"{subnet.id}/4")
    return msgspec.structs.replace(change, put=(port, *change.put[1:]), claims=claims)
