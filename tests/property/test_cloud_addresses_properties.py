"""Addresses of subnets: never two of one, never a reserved one, and free again when their interface goes."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cloud_memory import Cloud, refused
from crossconnect.cloud.addresses import host_range
from crossconnect.cloud.resource import Refused

SUBNET = ipaddress.ip_network("10.0.0.16/28")
SUBNET6 = ipaddress.ip_network("fd00::/64")
USABLE = {str(SUBNET[n]) for n in range(4, 15)}


@given(st.integers(16, 28), st.integers(0, 2**32 - 1))
def test_five_addresses_of_a_subnet_are_nobodys(length: int, seed: int) -> None:
    block = ipaddress.ip_network((seed, length), strict=False)
    first, last = host_range(str(block))
    assert last - first + 1 == block.num_addresses - 5
    reserved = [*(block[n] for n in range(4)), block[-1]]
    assert all(not first <= int(address) <= last for address in reserved)


class Allocation(RuleBasedStateMachine):
    """Interfaces come, change and go in a subnet with eleven addresses; the model is a set."""

    def __init__(self) -> None:
        super().__init__()
        self.cloud = Cloud()
        vpc = self.cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["fd00::/56"])
        self.subnet = self.cloud.create("subnet", vpc_id=vpc.id, cidr_block=str(SUBNET), ipv6_cidr_block=str(SUBNET6))

    def _taken(self) -> list[str]:
        return [a for i in self.cloud.of("network_interface") for a in i.private_addresses + i.ipv6_addresses]

    @rule()
    def any_address(self) -> None:
        free = sorted(USABLE - set(self._taken()), key=ipaddress.ip_address)
        if not free:
            with pytest.raises(Refused) as error:
                self.cloud.create("network_interface", subnet_id=self.subnet.id)
            assert refused(error)[1] == "address.exhausted"
            return
        made = self.cloud.create("network_interface", subnet_id=self.subnet.id)
        assert made.private_addresses == (free[0],)

    @rule(wanted=st.lists(st.integers(0, 15), min_size=1, max_size=3))
    def these_addresses(self, wanted: list[int]) -> None:
        addresses = [str(SUBNET[n]) for n in wanted]
        good = set(addresses) <= USABLE - set(self._taken()) and len(set(addresses)) == len(addresses)
        try:
            self.cloud.create("network_interface", subnet_id=self.subnet.id, private_addresses=addresses)
        except Refused:
            assert not good
        else:
            assert good

    @rule(data=st.data(), more=st.lists(st.integers(0, 15), max_size=3))
    def other_secondary_addresses(self, data: st.DataObject, more: list[int]) -> None:
        interfaces = self.cloud.of("network_interface")
        if not interfaces:
            return
        chosen = data.draw(st.sampled_from(interfaces))
        addresses = [chosen.private_addresses[0], *(str(SUBNET[n]) for n in more)]
        others = set(self._taken()) - set(chosen.private_addresses)
        good = set(addresses) <= USABLE - others and len(set(addresses)) == len(addresses)
        try:
            self.cloud.update(chosen.id, private_addresses=addresses)
        except Refused:
            assert not good
        else:
            assert good

    @rule(data=st.data())
    def gone(self, data: st.DataObject) -> None:
        interfaces = self.cloud.of("network_interface")
        if interfaces:
            self.cloud.delete(data.draw(st.sampled_from(interfaces)).id)

    @invariant()
    def each_address_is_one_interfaces_and_not_reserved(self) -> None:
        taken = self._taken()
        assert len(set(taken)) == len(taken)
        assert {a for a in taken if ":" not in a} <= USABLE
        claimed = {
            str(ipaddress.ip_address(value))
            for version in (4, 6)
            for value in self.cloud.claims[f"{self.subnet.id}/{version}"]
        }
        assert claimed == set(taken)


TestAllocation = Allocation.TestCase
