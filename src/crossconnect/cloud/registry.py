"""The registry of kinds: all that the store, the API, the command line and OpenAPI know of them."""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.cloud.decisions import vpc
from crossconnect.cloud.kinds import vpc as vpc_types
from crossconnect.cloud.limits import QUOTAS
from crossconnect.cloud.resource import Kind

_ALL = (
    Kind(
        name="vpc",
        path="vpcs",
        prefix="vpc",
        resource=vpc_types.Vpc,
        body=vpc_types.VpcBody,
        patch=vpc_types.VpcPatch,
        references=vpc_types.references,
        create=vpc.create,
        update=vpc.update,
        delete=vpc.delete,
        quota=QUOTAS["vpc"],
        filters=("cidr_blocks",),
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
"""By name."""
