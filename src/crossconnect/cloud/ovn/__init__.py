"""The logical network to OVN northbound rows.

    changes --> questions about the logical network --> units that ask them --> rows and contributions --> Delta

Invariant: the rows after any changes are those of a compile from nothing. Nothing here knows a clock, a socket or a
random number; the database's schema arrives as `Features`. What the network is, `crossconnect.cloud.logical` says.
"""
