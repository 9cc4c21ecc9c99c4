"""Questions about documents, for a database that can do this and that."""

from __future__ import annotations

from crossconnect.cloud.logical import queries
from crossconnect.cloud.logical.world import World
from crossconnect.cloud.ovn.features import Features
from crossconnect.cloud.region import CloudRegion


class Queries(queries.Queries):
    """As those of the logical network; units, and questions about rows, may look at `features`, too."""

    def __init__(self, world: World, region: CloudRegion, features: Features) -> None:
        """About a world; `region` and `features` never change."""
        super().__init__(world, region)
        self.features = features
