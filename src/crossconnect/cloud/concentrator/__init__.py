"""A VPN concentrator: where the tunnels of VPN connections end, in the VRF of a provider network.

    southbound --replica--> decision: tunnels --swanctl: text--> file --swanctl --load-all--> strongSwan
                                                    pre-shared keys, a file each --'

One agent per concentrator and provider network, beside a strongSwan of its own (a VRF's addresses mean nothing in
another VRF, so each has a network namespace). What a tunnel is to be is read where gateway nodes read what to announce,
so a VPN connection is `available` when concentrators have been told of it. Keys are not in OVN and not in the cloud's
store: each is a file on the concentrator, named by the connection.

    decision    pure: rows to tunnels
    swanctl     pure: tunnels and keys to strongSwan's configuration
    agent       the southbound database, the files and strongSwan

`python -m crossconnect.cloud.concentrator FILE` runs it; FILE is a `ConcentratorConfiguration` in JSON.
"""

from crossconnect.cloud.concentrator.decision import ConcentratorConfiguration, PortOfNetwork, tunnels_of
from crossconnect.cloud.concentrator.swanctl import rendered

__all__ = ["ConcentratorConfiguration", "PortOfNetwork", "rendered", "tunnels_of"]
