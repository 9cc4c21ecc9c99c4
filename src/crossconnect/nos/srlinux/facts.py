"""What a design must know of SR Linux 25.3 on 7220 IXR-D2 and D3, each with its source."""

from __future__ import annotations

from crossconnect.model.interface_names import NAMES
from crossconnect.nos.facts import Breakout, Facts, Limit

_YANG = "Nokia YANG models 25.3"

FACTS = Facts(
    names=NAMES["srlinux"],
    names_source=f"SR Linux Interfaces Guide, Interface naming; {_YANG}, srl_nokia-common `interface-all`",
    bfd_interval_ms_min=10,
    bfd_multiplier_min=3,
    bfd_source=f"{_YANG}, srl_nokia-bfd: 10,000 to 100,000,000 microseconds, multiplier 3 to 20; virtual ones from 1 s",
    breakout=Breakout(
        command="/interface {port} breakout-mode num-breakout-ports 4 breakout-port-speed 25G",
        part="{port}/{n}",
        first=1,
        source=f"{_YANG}, srl_nokia-interfaces `breakout-mode`: 7220 IXR-D3 ports 3 to 33, 4x10G and 4x25G",
    ),
    limits={
        "fabric-mtu": Limit(value=9398, source=f"{_YANG}, srl_nokia-interfaces `ip-mtu`: 7220 IXR-D2 and D3"),
        "lag-number": Limit(value=128, source=f"{_YANG}, srl_nokia-common `interface-all`: lag1 to lag128"),
        "maximum-paths": Limit(value=64, source=f"{_YANG}, srl_nokia-bgp-evpn `ecmp`: 1 to 64"),
        "vrf-name": Limit(value=247, source=f"{_YANG}, srl_nokia-common `restricted-name`"),
        "policy-name": Limit(value=255, source=f"{_YANG}, srl_nokia-common `name`"),
        "interface-description": Limit(value=255, source=f"{_YANG}, srl_nokia-common `description`"),
    },
)
