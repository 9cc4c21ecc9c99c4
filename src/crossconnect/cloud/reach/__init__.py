"""Whether a packet arrives, over all layers: the VPC's rules, gateway nodes, the fabric, the outside, and back.

    question --> ends --> journey: path (VPCs) -- gateway node -- fabric (simulated) -- outside
                              there, then back with what was translated --> told (what the caller may see)

Invariant: pure but for `Fabric` (`reach.fabric`), which settles a blueprint's fabric once, when it is first asked.
"""

from crossconnect.cloud.reach.analysis import Analyser, reachability
from crossconnect.cloud.reach.hop import Addresses, Hop, Reachability, ReachabilityBody
from crossconnect.cloud.reach.told import told

__all__ = ["Addresses", "Analyser", "Hop", "Reachability", "ReachabilityBody", "reachability", "told"]
