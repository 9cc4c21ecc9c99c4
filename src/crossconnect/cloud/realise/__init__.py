"""Keeps OVN's northbound database equal to the rows that the compiler gives.

    units --> Desired: rows and elements by unit     pure
                 | plan: against what is there
                 v
              operations --> writer: one transaction, fenced --> OVN northbound
                                                                     | replica
                 what is there  <------------------------------------'

Invariant: what is to be done follows from the rows that are wanted and those that are there, never from memory of what
was done. A row that is not ours is never changed or deleted.
"""
