"""What a design must know of Junos on QFX5000-class switches, each with its source."""

from __future__ import annotations

from crossconnect.model.interface_names import NAMES
from crossconnect.nos.facts import Breakout, Facts, Limit, VlanRange

FACTS = Facts(
    names=NAMES["junos"],
    names_source="Junos OS Interfaces Fundamentals, Interface Naming Overview: type-fpc/pic/port",
    vlans_reserved=(
        VlanRange(
            first=4093,
            last=4094,
            purpose="internal use",
            source="Junos OS Ethernet Switching User Guide, Configuring VLANs: 1 to 4092 on QFX",
        ),
    ),
    bfd_interval_ms_min=150,
    bfd_multiplier_min=1,
    bfd_source="Junos OS BGP User Guide, bfd-liveness-detection: QFX5000 300 ms software, 150 ms hardware assisted",
    breakout=Breakout(
        command="set chassis fpc 0 pic 0 port {port} channel-speed 25g",
        part="et-0/0/{port}:{n}",
        first=0,
        source="Junos OS Interfaces Guide, Port Speed: channels are :0 to :3",
    ),
    limits={
        "lag-number": Limit(value=999, source="Junos OS Ethernet Interfaces, aggregated-devices device-count"),
        "maximum-paths": Limit(value=128, source="Junos OS BGP User Guide, maximum-ecmp: 16, 32, 64 or 128"),
        "interface-description": Limit(value=255, source="Junos OS Interfaces, description"),
        "policy-name": Limit(value=240, source="Junos OS Routing Policies, policy-statement: 255"),
    },
)
