"""OVN in a lab: its centre, its chassis, tenants' machines, on a plain bridge or over the FRR fabric of a region.

Invariant: everything is a lab's: one holder process keeps all of it, one run directory has all of it, `lab.down`
removes it. No service, database, bridge or kernel module of the machine is touched.

    software    which OVN: the machine's, or a later one from a private root
    central     northbound, southbound (one server or a RAFT cluster), northd
    chassis     ovs-vswitchd and ovn-controller of a hypervisor or gateway node
    gateway_node  its routing half: FRR, and the agent that announces addresses
    underlay    what carries the tunnels: one bridge, or servers of a region
    machine     a tenant's machine;  outside: one on a provider network
    traffic     pings, connections, packets of a size, flows;  names: DNS;  faults: what breaks
    sandbox     all of it together
"""

from crossconnect.lab.ovn.central import Central
from crossconnect.lab.ovn.chassis import ChassisPlan
from crossconnect.lab.ovn.faults import cut, drain, kill, mend, power_off, power_on, start, stop, undrain
from crossconnect.lab.ovn.machine import Machine
from crossconnect.lab.ovn.outside import Outside
from crossconnect.lab.ovn.sandbox import OvnLab, open_ovn_lab, ovn_lab, start_ovn_lab
from crossconnect.lab.ovn.software import OvnSoftware, find_software, wanted_version
from crossconnect.lab.ovn.traffic import Connection
from crossconnect.lab.ovn.underlay import DEFAULT_CHASSIS, Chassis, Fabric, cloud_fabric

__all__ = [
    "DEFAULT_CHASSIS",
    "Central",
    "Chassis",
    "ChassisPlan",
    "Connection",
    "Fabric",
    "Machine",
    "Outside",
    "OvnLab",
    "OvnSoftware",
    "cloud_fabric",
    "cut",
    "drain",
    "find_software",
    "kill",
    "mend",
    "open_ovn_lab",
    "ovn_lab",
    "power_off",
    "power_on",
    "start",
    "start_ovn_lab",
    "stop",
    "undrain",
    "wanted_version",
]
