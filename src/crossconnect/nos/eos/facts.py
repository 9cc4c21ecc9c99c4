"""What a design must know of EOS, each with its source."""

from __future__ import annotations

from crossconnect.model.interface_names import NAMES
from crossconnect.nos.eos.system import INTERNAL_VLANS
from crossconnect.nos.facts import Breakout, Facts, Limit, VlanRange

_MANUAL = "EOS User Manual 4.30"

FACTS = Facts(
    names=NAMES["eos"],
    names_source=f"{_MANUAL}, Interface Configuration",
    vlans_reserved=(
        VlanRange(
            first=INTERNAL_VLANS[0],
            last=INTERNAL_VLANS[1],
            purpose="internal VLANs of routed ports",
            source=f"{_MANUAL}, VLANs, Internal VLANs: the range is configured, here `vlan internal order descending`",
        ),
    ),
    bfd_interval_ms_min=50,
    bfd_multiplier_min=3,
    bfd_source=f"{_MANUAL}, Bidirectional Forwarding Detection, `bfd interval`: 50 to 60000, multiplier 3 to 50",
    breakout=Breakout(
        command="interface Ethernet{port}/1 / speed 25gfull",
        part="Ethernet{port}/{n}",
        first=1,
        source=f"{_MANUAL}, Ethernet Ports, QSFP Modules: lanes are /1 to /4",
    ),
    limits={
        "lag-number": Limit(value=2000, source=f"{_MANUAL}, Port Channels, `interface port-channel`: 1 to 2000"),
        "mlag-number": Limit(value=2000, source=f"{_MANUAL}, Multi-Chassis Link Aggregation, `mlag`: 1 to 2000"),
        "maximum-paths": Limit(value=600, source=f"{_MANUAL}, BGP, `maximum-paths`: 1 to 600"),
    },
)
