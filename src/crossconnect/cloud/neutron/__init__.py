"""Neutron's Networking API v2.0 over the same resources, for clients that speak nothing else.

    openstackclient, openstacksdk, Terraform, Nova
        --> /identity/v3 (a key becomes a token)   --> /neutron/v2.0 --> gate --> service --> the same documents

Invariant: what Neutron's words cannot say of our resources is not there; what they say and we cannot do is refused as a
whole. The mapping is design note 13.
"""
