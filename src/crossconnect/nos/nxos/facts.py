"""What a design must know of NX-OS on Nexus 9000, each with its source."""

from __future__ import annotations

from crossconnect.model.interface_names import NAMES
from crossconnect.nos.facts import Breakout, Facts, Limit, VlanRange
from crossconnect.nos.nxos.names import L3_VLANS

_GUIDE = "Cisco Nexus 9000 Series NX-OS"

FACTS = Facts(
    names=NAMES["nxos"],
    names_source=f"{_GUIDE} Interfaces Configuration Guide 10.3(x), Overview: ethernet slot/port",
    vlans_reserved=(
        VlanRange(
            first=3968,
            last=4094,
            purpose="internal use",
            source=f"{_GUIDE} Layer 2 Switching Configuration Guide 10.3(x), Configuring VLANs: 3968 to 4095 reserved",
        ),
        VlanRange(
            first=L3_VLANS[0],
            last=L3_VLANS[1],
            purpose="VLANs that stand for L3VNIs",
            source=f"{_GUIDE} VXLAN Configuration Guide 10.3(x): a VLAN and an SVI per L3VNI; numbers from nos.nxos",
        ),
    ),
    bfd_interval_ms_min=50,
    bfd_multiplier_min=1,
    bfd_source=f"{_GUIDE} Interfaces Configuration Guide 10.3(x), BFD, `bfd interval`: 50 to 999, multiplier 1 to 50",
    breakout=Breakout(
        command="interface breakout module 1 port {port} map 25g-4x",
        part="Ethernet1/{port}/{n}",
        first=1,
        source=f"{_GUIDE} Interfaces Configuration Guide 10.3(x), Configuring Layer 1, breakout",
    ),
    limits={
        "lag-number": Limit(value=4096, source=f"{_GUIDE} Interfaces Configuration Guide 10.3(x), Port Channels"),
        "mlag-domain": Limit(
            value=1000, source=f"{_GUIDE} Interfaces Configuration Guide 9.3(x), vPCs, `vpc domain`: 1 to 1000"
        ),
        "mlag-number": Limit(value=4096, source=f"{_GUIDE} Interfaces Configuration Guide 9.3(x), vPCs: 1 to 4096"),
        "maximum-paths": Limit(value=64, source=f"{_GUIDE} Unicast Routing Configuration Guide 10.3(x), BGP"),
        "fabric-mtu": Limit(value=9216, source=f"{_GUIDE} Interfaces Configuration Guide 10.3(x), MTU: 576 to 9216"),
        "vrf-name": Limit(value=32, source=f"{_GUIDE} Unicast Routing Configuration Guide 10.3(x), `vrf context`"),
        "policy-name": Limit(value=60, source=f"{_GUIDE} Unicast Routing Configuration Guide 10.3(x), route maps: 63"),
        "interface-description": Limit(value=254, source=f"{_GUIDE} Interfaces Configuration Guide 10.3(x)"),
    },
)
