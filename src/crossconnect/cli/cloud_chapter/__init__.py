"""The cloud's chapter of `xc demo`: tenants on OVN over the fabric, through the API, proven by packets.

server   `xc serve` as a child, with OVN's northbound database
tenants  what two tenants ask for, over HTTP
names    what machines ask their VPC's resolver
chapter  the lab, the flows, the failures, and what of it goes into the report
"""
