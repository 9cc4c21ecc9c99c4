"""What a design must know of Junos on QFX5120/5130-class switches, each with its source."""

from __future__ import annotations

from crossconnect.model.interface_names import NAMES
from crossconnect.nos.facts import Breakout, Facts, Limit

_YANG = "Juniper YANG models, junos-qfx 24.4R1"

FACTS = Facts(
    names=NAMES["junos"],
    names_source="Junos Interfaces User Guide for Switches, Interface naming overview: et-fpc/pic/port, from 0",
    bfd_interval_ms_min=150,
    bfd_multiplier_min=3,
    bfd_source="Junos BGP User Guide, BFD for BGP Sessions: QFX5110 to QFX5210 take 150 ms times 3 inline",
    breakout=Breakout(
        command="set chassis fpc 0 pic 0 port {port} channel-speed 25g",
        part="et-0/0/{port}:{n}",
        first=0,
        source="Junos Interfaces User Guide for Switches, Port Settings: channelized interfaces are port:0 to port:3",
    ),
    limits={
        "vrf-name": Limit(value=128, source=f"{_YANG}, routing-instances: a name has 1 to 128 characters"),
        "maximum-paths": Limit(value=128, source=f"{_YANG}, chassis maximum-ecmp: at most 128"),
        "lag-number": Limit(value=999, source=f"{_YANG}, chassis: ae0 and up"),
    },
)
