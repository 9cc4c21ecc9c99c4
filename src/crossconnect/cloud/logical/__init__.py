"""The logical network: what tenants' documents mean, in our words, whoever carries it.

    changes --> World (documents, indexes) --> Queries: memoised questions --> routers and their ports, switches, routes
                                               (prefix -> Hop), translations, groups, balancers, insertions

Invariant: pure and typed; nothing here knows a clock, a socket or a random number, nor that it is OVN that carries it:
no tables, columns, matches or options, and nobody asks here what its schema can. What `crossconnect.cloud.ovn` cannot
do it refuses by itself.
"""
