"""Which pool of public addresses a client wants: Neutron's clients name it as a subnet of the external network."""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.cloud.neutron import render
from crossconnect.cloud.neutron.errors import bad
from crossconnect.net import overlaps


def expect_pool(pools: Sequence[str], uuid: str, address: str, field: str) -> None:
    """Refused where the address would not be of the subnet that is asked for. Of several pools the first free address
    is given; who wants another one's says which address. `uuid` and `address` may be empty: whatever."""
    if not uuid:
        return
    pool = next((pool for n, pool in enumerate(pools) if render.external_subnet_id(n) == uuid), "")
    if not pool:
        raise bad(f"{field}: {uuid[:64]} is no subnet of `internet`", field)
    if not address and len(pools) > 1:
        raise bad(f"of several pools none can be chosen: ask for an address of {pool}", field)
    if address and not _is_of(address, pool):
        raise bad(f"{address[:64]} is not in {pool} of subnet {uuid}", field)


def _is_of(address: str, pool: str) -> bool:
    try:
        return overlaps(address, pool)
    except ValueError:
        return True  # it is refused as no address later
