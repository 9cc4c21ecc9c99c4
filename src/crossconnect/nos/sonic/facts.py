"""What is known of SONiC, as data, each with its source."""

from __future__ import annotations

from crossconnect.model.interface_names import NAMES
from crossconnect.nos.facts import Facts, Limit, VlanRange
from crossconnect.nos.frr.facts import RANGES
from crossconnect.nos.sonic.names import VRF_NAME_LENGTH_MAX

FACTS = Facts(
    names=NAMES["sonic"],
    names_source="SONiC Configuration database manual, `Port`: Ethernet<first lane>, four lanes a port",
    vlans_reserved=(
        VlanRange(first=1, last=1, purpose="untagged frames of ports without VLAN", source="sonic-vlan.yang, `vlanid`"),
    ),
    bfd_interval_ms_min=RANGES["bfd-interval-ms"][0],
    bfd_multiplier_min=RANGES["bfd-multiplier"][0],
    bfd_source="bfdd_cli.c of FRR 10: SONiC's BFD of BGP sessions is FRR's, in software",
    limits={
        "vrf-name": Limit(
            value=VRF_NAME_LENGTH_MAX, source="sonic-types.yang, `interface_name`, less the prefix `Vrf`"
        ),
        "lag-number": Limit(value=9999, source="sonic-portchannel.yang, `PORTCHANNEL_LIST/name`"),
        "fabric-mtu": Limit(value=9216, source="sonic-port.yang, `mtu`"),
        "interface-description": Limit(value=255, source="sonic-port.yang, `description`"),
        "maximum-paths": Limit(value=RANGES["maximum-paths"][1], source="bgp_vty.c of FRR: MULTIPATH_NUM"),
        "vlans": Limit(value=4093, source="sonic-vlan.yang, `vlanid`: 2 to 4094"),
    },
)
