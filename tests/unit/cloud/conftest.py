"""Each test of the store and the service runs on SQLite and on PostgreSQL, each of what OVN does with rows on both
versions of OVN."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovn_central import VERSIONS, Central, central
from postgres import BINARIES, Cluster
from steering_stand import Stand


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty database."""
    if request.param == "sqlite":
        yield str(tmp_path / "cloud.db")
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.database()
    yield url
    cluster.drop(url)


@pytest.fixture(params=VERSIONS, scope="module")
def box(request: pytest.FixtureRequest) -> Iterator[Central]:
    """A central of each version, with a hypervisor and a gateway node."""
    with central(request.param) as made:
        made.chassis("hv1", "gw1")
        yield made


@pytest.fixture
def stand(box: Central) -> Iterator[Stand]:
    """A VPC with appliances, of what steers packets through them; modules that need another one have their own."""
    made = Stand(box)
    yield made
    made.clear()
