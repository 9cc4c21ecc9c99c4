"""Keeps OVN's northbound database equal to the rows that the compiler gives.

    units --> Desired: rows and elements by unit     pure
                 | plan: against what is there       pure
                 v
              operations --> Term: one transaction, fenced --> OVN northbound
                                                                   | replica
                 what is there  <----------------------------------'

Invariant: what is to be done follows from the rows that are wanted and those that are there, never from memory of what
was done. A row that is not ours is never changed or deleted.
"""

from crossconnect.cloud.realise.fence import NUMBER, WRITER
from crossconnect.cloud.realise.installing import ALL, NORTHD
from crossconnect.cloud.realise.realiser import Deposed, Options, Realised, Realiser, Report
from crossconnect.cloud.realise.term import Comparison
from crossconnect.cloud.realise.unit import Batch, Unit, Units

__all__ = [
    "ALL",
    "NORTHD",
    "NUMBER",
    "WRITER",
    "Batch",
    "Comparison",
    "Deposed",
    "Options",
    "Realised",
    "Realiser",
    "Report",
    "Unit",
    "Units",
]
