"""Traffic mirrors: never a circle."""

from __future__ import annotations

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused

SOURCE, TARGET = "source_network_interface_id", "target_network_interface_id"


def test_mirrors_that_are_refused() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    a, b, c = (cloud.create("network_interface", subnet_id=subnet.id).id for _ in range(3))
    foreign = cloud.create("network_interface", subnet_id=network(cloud)[1].id).id
    made = cloud.create("traffic_mirror", **{SOURCE: a, TARGET: b})
    for source, target, status, code, field in (
        ("eni-0", b, 404, "network-interface.not-found", SOURCE),
        (a, "eni-0", 404, "network-interface.not-found", TARGET),
        (a, a, 422, "traffic-mirror.itself", TARGET),
        (a, foreign, 422, "traffic-mirror.other-vpc", TARGET),
        (c, a, 409, "traffic-mirror.chain", TARGET),
        (b, c, 409, "traffic-mirror.chain", SOURCE),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("traffic_mirror", **{SOURCE: source, TARGET: target})
        assert refused(error) == (status, code, f"/{field}")
    with pytest.raises(Refused) as error:
        cloud.update(made.id, **{TARGET: foreign})
    assert refused(error)[1] == "traffic-mirror.other-vpc"
    assert cloud.update(made.id, **{TARGET: c}, direction="egress").direction == "egress"
    with pytest.raises(Refused) as error:
        cloud.delete(c)
    assert [use.id for use in error.value.uses] == [made.id]


def test_an_interface_has_three_at_most() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    source, *targets = (cloud.create("network_interface", subnet_id=subnet.id).id for _ in range(5))
    for target in targets[:3]:
        cloud.create("traffic_mirror", **{SOURCE: source, TARGET: target})
    with pytest.raises(Refused) as error:
        cloud.create("traffic_mirror", **{SOURCE: source, TARGET: targets[3]})
    assert refused(error) == (409, "traffic-mirror.too-many", f"/{SOURCE}")
