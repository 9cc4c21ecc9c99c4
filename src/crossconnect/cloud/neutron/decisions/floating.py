"""What becomes of floating IPs: elastic IPs, which need a router with a gateway before the port's subnet."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.decisions import elastic_ip
from crossconnect.cloud.kinds.elastic_ip import ElasticIp, ElasticIpBody, ElasticIpPatch
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.neutron.decisions.project import vpc_id_of
from crossconnect.cloud.neutron.kinds import NeutronRouter
from crossconnect.cloud.resource import Change, Problem, Refused
from crossconnect.cloud.view import Context, View


def create(body: ElasticIpBody, view: View, context: Context) -> Change:
    """A floating IP, associated where the body says so."""
    _refuse_without_gateway(body.network_interface_id, view, context)
    return elastic_ip.create(body, view, context)


def update(found: ElasticIp, patch: ElasticIpPatch, view: View, context: Context) -> Change:
    """Associated with another port, or with none."""
    if patch.network_interface_id is not msgspec.UNSET:
        _refuse_without_gateway(patch.network_interface_id, view, context)
    return elastic_ip.update(found, patch, view, context)


def delete(found: ElasticIp, view: View, context: Context) -> Change:
    """Gone, whatever it is associated with: Neutron's clients do not take it off first."""
    return elastic_ip.delete(
        msgspec.structs.replace(found, network_interface_id="", private_address="", vpc_id=""), view, context
    )


def _refuse_without_gateway(interface_id: str, view: View, context: Context) -> None:
    interface = view.get(NetworkInterface, interface_id) if interface_id else None
    if interface is None or interface.vpc_id != vpc_id_of(context.project_id):
        return
    routers = view.referring(NeutronRouter, interface.subnet_id, "subnet_ids")
    if not any(router.external for router in routers):
        message = f"{interface.subnet_id} has no router with a gateway to the internet"
        raise Refused(404, Problem("internet-gateway.none", message, "/port_id"))
