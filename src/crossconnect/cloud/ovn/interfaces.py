"""Network interfaces: a port of the subnet's switch each."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.logical.interfaces import host_name, port_name, port_of
from crossconnect.cloud.logical.subnets import switch_of
from crossconnect.cloud.ovn.inline import other_end, port_options
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.parts import Part, adds, row, unit, within
from crossconnect.cloud.ovn.ports import EVERYBODY, PORT
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH, dhcp_uuid
from crossconnect.transport.ovsdb.types import Atom


@unit
def port(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Switch_Port` named by the interface's id, or by its `iface_id`: what a hypervisor plugs it by. It may
    send from its own MAC and addresses and from the allowed pairs (`port_security`); without the check from all. DHCP
    tells its name (`hostname`), `ip-10-0-1-4` as in AWS. It is a member of `Port_Group` `xc_everybody` and of one per
    security group. An inline appliance's is marked as a network function's."""
    interface = q.ask(port_of, id)
    subnet = q.ask(switch_of, interface.subnet_id)
    own = " ".join((interface.mac, *interface.private_addresses, *interface.ipv6_addresses))
    allowed = [own, *(f"{pair.mac or interface.mac} {pair.cidr}" for pair in interface.allowed_address_pairs)]
    four, six = (bool(found) for found in (interface.private_addresses, interface.ipv6_addresses))
    options = _options(interface)
    if linked := other_end(q, interface):
        options |= port_options(port_name(q.ask(port_of, linked)))
    made = row(
        PORT,
        id,
        id,
        name=port_name(interface),
        type="",
        addresses=frozenset((own,)),
        port_security=frozenset(allowed if interface.source_dest_check else ()),
        dhcpv4_options=dhcp_uuid(subnet.id, 4) if four and subnet.cidr_block else None,
        dhcpv6_options=dhcp_uuid(subnet.id, 6) if six and subnet.ipv6_cidr_block else None,
        options=options,
    )
    yield from within(SWITCH, subnet.id, "ports", made)
    uuid = uuid_of(PORT, id)
    yield adds("Port_Group", EVERYBODY, "ports", uuid)
    for group in interface.security_group_ids:
        yield adds("Port_Group", word(group), "ports", uuid)


def _options(interface: NetworkInterface) -> dict[Atom, Atom]:
    options: dict[Atom, Atom] = {"requested-chassis": interface.host} if interface.host else {}
    if interface.standby_host:
        # ovn-nb(5): the second gets copies at once, and sends nothing until the machine has announced itself there.
        options["requested-chassis"] = f"{interface.host},{interface.standby_host}"
        options["activation-strategy"] = "rarp"
    if interface.private_addresses:
        options["hostname"] = f'"{host_name(interface.private_addresses[0])}"'
    return options
