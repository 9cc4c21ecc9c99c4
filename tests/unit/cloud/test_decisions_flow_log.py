"""Flow logs: of a VPC, a subnet, an interface; each traffic once."""

from __future__ import annotations

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


def test_subscriptions() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    logs = [cloud.create("flow_log", resource_id=r.id) for r in (vpc, subnet, interface)]
    rejects = cloud.create("flow_log", resource_id=vpc.id, traffic="reject")
    for body, status, code, field in (
        ({"resource_id": vpc.id}, 409, "flow-log.duplicate", "/traffic"),
        ({"resource_id": vpc.main_route_table_id}, 422, "flow-log.resource-kind", "/resource_id"),
        ({"resource_id": "vpc-0"}, 404, "vpc.not-found", "/resource_id"),
        ({"resource_id": "eni-0"}, 404, "network-interface.not-found", "/resource_id"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("flow_log", **body)
        assert refused(error) == (status, code, field)
    with pytest.raises(Refused) as error:
        cloud.create("flow_log", project="beta", resource_id=vpc.id)
    assert refused(error) == (404, "vpc.not-found", "/resource_id")
    with pytest.raises(Refused) as error:
        cloud.update(rejects.id, traffic="all")
    assert refused(error) == (409, "flow-log.duplicate", "/traffic")
    assert cloud.update(rejects.id, traffic="accept").traffic == "accept"
    with pytest.raises(Refused) as error:
        cloud.delete(interface.id)
    assert [use.id for use in error.value.uses] == [logs[2].id]
