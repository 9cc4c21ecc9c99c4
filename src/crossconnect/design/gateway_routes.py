"""What gateway nodes announce of a provider network besides its aggregates, and leaves accept from them.

    region -- policies of leaves                       refuse everything else
    blueprint -- filters of gateway nodes themselves   announce nothing else
              `- which way a packet takes              asks whether a prefix is announced as itself

Host routes, since a gateway node announces where an address lives. A part of a prefix that is neither that nor an
aggregate would draw in traffic for addresses that live elsewhere. On a private network a VPC's block is such a part,
and lives where it is announced: were it an aggregate, which all gateway nodes announce, those without the private
gateway would drop what comes to them.
"""

from __future__ import annotations

from crossconnect.design.blueprint import ProviderNetworkPlan
from crossconnect.device.policy import PrefixRule
from crossconnect.model.cloud import ProviderNetwork, is_private
from crossconnect.net import parse, version_of
from crossconnect.net.address import BITS


def more_specifics(network: ProviderNetwork | ProviderNetworkPlan) -> tuple[PrefixRule, ...]:
    """Host routes, and blocks of VPCs where the network has them; on a private one whatever is within its prefixes."""
    bits = {prefix: BITS[version_of(prefix)] for prefix in network.prefixes}
    if is_private(network.name):
        return tuple(PrefixRule(prefix, parse(prefix).length, bits[prefix]) for prefix in network.prefixes)
    hosts = [PrefixRule(prefix, bits[prefix], bits[prefix]) for prefix in network.prefixes]
    block, v6 = network.vpc_block, [prefix for prefix in network.prefixes if version_of(prefix) == 6]
    return (*hosts, *(PrefixRule(prefix, block, block) for prefix in v6 if parse(prefix).length <= block))
